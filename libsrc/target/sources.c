// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sources.c - which source gives symbols and types, best first
 *
 * Symbols: kallsyms in the dump, the provider's own, .symtab of a vmlinux.
 * Types: BTF in the dump, .BTF of a vmlinux, its DWARF. What lies in the dump
 * cannot be of another kernel; a vmlinux must prove itself by its build-id.
 *
 * kallsyms that VMCOREINFO does not point to (all kernels before 6.0) and BTF
 * without symbols are looked for in the kernel's image.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* The largest kernel BTF seen is 7 MB. */
#define BTF_SIZE_MAX (64U << 20)

static bool read_for_kallsyms(void *arg, uint64_t va, void *buf, size_t len)
{
	return mi_read_virt(arg, va, buf, len) == MI_READ_OK;
}

/*
 * Where the kernel's image can be: from _stext a little down and far up, in the
 * range that is kept for it. It is mapped as a whole; what lies beside it, in
 * the same range, is not mapped.
 */
#define IMAGE_BELOW (16ULL << 20)
#define IMAGE_ABOVE (256ULL << 20)
#define START_KERNEL_MAP 0xffffffff80000000ULL
#define KERNEL_MAP_SIZE (1ULL << 30)

static bool read_image(void *arg, uint64_t va, void *buf, size_t len)
{
	struct mi_target *t = arg;

	return !mi_target_interrupted(t) && mi_read_virt(t, va, buf, len) == MI_READ_OK;
}

static bool is_constant(void *arg, uint64_t va)
{
	struct mi_target *t = arg;

	return mi_xlat_is_constant(t, &t->xlat, va);
}

/*
 * What is looked for is constant, and less than half of the image is. But a kernel
 * that died young has not protected it yet: then all is looked at (@all).
 */
static bool kernel_image(struct mi_target *t, bool all, struct mi_image *image)
{
	uint64_t size = KERNEL_MAP_SIZE, stext;

	if (!mi_target_number(t, "SYMBOL(_stext)", &stext) || stext < START_KERNEL_MAP)
		return false;
	/* What follows is for modules. */
	if (mi_target_number(t, "NUMBER(KERNEL_IMAGE_SIZE)", &size) && size > KERNEL_MAP_SIZE)
		size = KERNEL_MAP_SIZE;
	stext &= ~(uint64_t)(MI_PAGE_SIZE - 1);
	image->read = read_image;
	image->want = all ? NULL : is_constant;
	image->arg = t;
	image->start =
		stext - START_KERNEL_MAP > IMAGE_BELOW ? stext - IMAGE_BELOW : START_KERNEL_MAP;
	image->end = START_KERNEL_MAP + size;
	if (image->end > stext + IMAGE_ABOVE)
		image->end = stext + IMAGE_ABOVE;
	return image->start < image->end;
}

static bool number_for_kallsyms(void *arg, const char *key, uint64_t *value)
{
	return mi_target_number(arg, key, value);
}

/* ---- vmlinux ---- */

static void to_hex(const uint8_t *id, size_t n, char *hex)
{
	size_t i;

	for (i = 0; i < n; i++)
		sprintf(hex + 2 * i, "%02x", id[i]);
	hex[2 * n] = '\0';
}

/*
 * The build-id of the dump's kernel: VMCOREINFO has it since 5.9. Before, the
 * banner, which holds compiler, host and time of the build, must do.
 */
static enum mi_status check_vmlinux(struct mi_target *t, const char *path, struct mi_error *err)
{
	uint8_t id[MI_BUILD_ID_MAX];
	char hex[2 * MI_BUILD_ID_MAX + 1];
	const char *want = t->facts.build_id, *banner;
	char in_dump[512];
	uint64_t addr;

	to_hex(id, mi_vmlinux_build_id(t->vmlinux, id), hex);
	if (want) {
		if (!strcmp(want, hex))
			return MI_OK;
		return mi_fail(err, MI_ERR_MISMATCH,
			       "%s does not belong to this dump: its build-id is %s, the dump's %s",
			       path, *hex ? hex : "missing", want);
	}
	banner = mi_vmlinux_banner(t->vmlinux);
	if (!banner || !mi_symbol(t, "linux_banner", &addr))
		return mi_fail(err, MI_ERR_MISMATCH,
			       "%s: cannot tell whether it belongs to this dump (no build-id in "
			       "VMCOREINFO, no banner)",
			       path);
	if (mi_read_string(t, addr, in_dump, sizeof(in_dump)) ||
	    strncmp(in_dump, banner, strcspn(in_dump, "\n")))
		return mi_fail(err, MI_ERR_MISMATCH,
			       "%s does not belong to this dump: another kernel's banner", path);
	return MI_OK;
}

/* ---- searching the kernel's image ---- */

typedef enum mi_status (*scan_fn)(struct mi_target *t, const struct mi_image *image, uint64_t *at,
				  struct mi_error *err);

/* First what is constant, then all; @where tells, for --sources, where it was found. */
static bool by_scan(struct mi_target *t, const char *what, const char *name, scan_fn scan,
		    char *where, size_t size)
{
	double start = mi_now_ms();
	struct mi_image image;
	struct mi_error e;
	uint64_t at = 0;

	if (!kernel_image(t, false, &image))
		return false;
	snprintf(where, size, "%s by search", name);
	if (scan(t, &image, &at, &e) && kernel_image(t, true, &image) && scan(t, &image, &at, &e)) {
		mi_source_note(t, what, false, start, where, "%s", e.text);
		return false;
	}
	snprintf(where, size, "%s by search, found at 0x%llx", name, (unsigned long long)at);
	return true;
}

/* ---- symbols ---- */

static bool symbols_from_dump(struct mi_target *t)
{
	const struct mi_kallsyms_source src = {read_for_kallsyms, number_for_kallsyms, t, false};
	double start = mi_now_ms();
	struct mi_error e;

	if (mi_kallsyms_load(&src, &t->symbols, &e)) {
		mi_source_note(t, "symbols", false, start, "kallsyms in the dump", "%s", e.text);
		return false;
	}
	mi_source_note(t, "symbols", true, start, "kallsyms in the dump", "%zu symbols",
		       mi_symtab_count(t->symbols));
	return true;
}

static enum mi_status scan_kallsyms(struct mi_target *t, const struct mi_image *image, uint64_t *at,
				    struct mi_error *err)
{
	const struct mi_kallsyms_source src = {read_for_kallsyms, number_for_kallsyms, t, true};

	return mi_kallsyms_scan(&src, image, &t->symbols, at, err);
}

static bool symbols_by_scan(struct mi_target *t)
{
	double start = mi_now_ms();
	char where[80];

	if (!by_scan(t, "symbols", "kallsyms", scan_kallsyms, where, sizeof(where)))
		return false;
	mi_source_note(t, "symbols", true, start, where, "%zu symbols",
		       mi_symtab_count(t->symbols));
	return true;
}

static bool symbols_from_vmlinux(struct mi_target *t, const char *path)
{
	double start = mi_now_ms();
	struct mi_error e;
	uint64_t kaslr = 0;

	mi_target_number(t, "KERNELOFFSET", &kaslr);
	if (mi_vmlinux_symbols(t->vmlinux, kaslr, &t->symbols, &e)) {
		mi_source_note(t, "symbols", false, start, path, "%s", e.text);
		return false;
	}
	mi_source_note(t, "symbols", true, start, path, "%zu symbols", mi_symtab_count(t->symbols));
	return true;
}

/* ---- types ---- */

static void note_btf(struct mi_target *t, double start, const char *where)
{
	struct mi_type_source_info info;

	mi_btf_info(t->btf, &info);
	mi_source_note(t, "types", true, start, where, "%llu types, %llu bytes",
		       (unsigned long long)info.types, (unsigned long long)info.bytes);
}

static bool types_parse(struct mi_target *t, void *blob, size_t size, const char *where)
{
	double start = mi_now_ms();
	struct mi_error e;

	if (mi_btf_parse(blob, size, &t->btf, &e)) {
		mi_source_note(t, "types", false, start, where, "%s", e.text);
		return false;
	}
	note_btf(t, start, where);
	return true;
}

static bool types_from_dump(struct mi_target *t)
{
	double now = mi_now_ms();
	uint64_t start, stop;
	enum mi_read r;
	void *blob;

	if (!mi_symbol(t, "__start_BTF", &start) || !mi_symbol(t, "__stop_BTF", &stop)) {
		mi_source_note(t, "types", false, now, "BTF in the dump", "no symbol __start_BTF");
		return false;
	}
	if (stop <= start || stop - start > BTF_SIZE_MAX) {
		mi_source_note(t, "types", false, now, "BTF in the dump", "implausible size");
		return false;
	}
	blob = malloc(stop - start);
	if (!blob)
		return false;
	r = mi_read_virt(t, start, blob, stop - start);
	if (r) {
		free(blob);
		mi_source_note(t, "types", false, now, "BTF in the dump", "%s", mi_read_text(r));
		return false;
	}
	return types_parse(t, blob, stop - start, "BTF in the dump");
}

static enum mi_status scan_btf(struct mi_target *t, const struct mi_image *image, uint64_t *at,
			       struct mi_error *err)
{
	return mi_btf_scan(image, &t->btf, at, err);
}

static bool types_by_scan(struct mi_target *t)
{
	double start = mi_now_ms();
	char where[80];

	if (!by_scan(t, "types", "BTF", scan_btf, where, sizeof(where)))
		return false;
	note_btf(t, start, where);
	return true;
}

static bool types_from_vmlinux_btf(struct mi_target *t, const char *path)
{
	double start = mi_now_ms();
	struct mi_error e;
	char where[160];
	size_t size;
	void *blob;

	snprintf(where, sizeof(where), ".BTF of %s", path);
	if (mi_vmlinux_btf(t->vmlinux, &blob, &size, &e)) {
		mi_source_note(t, "types", false, start, where, "%s", e.text);
		return false;
	}
	return types_parse(t, blob, size, where);
}

static bool types_from_dwarf(struct mi_target *t, const char *path)
{
	double start = mi_now_ms();
	struct mi_error e;
	char where[160];

	snprintf(where, sizeof(where), "DWARF of %s", path);
	if (mi_vmlinux_dwarf(t->vmlinux, &t->dwarf, &e)) {
		mi_source_note(t, "types", false, start, where, "%s", e.text);
		return false;
	}
	mi_source_note(t, "types", true, start, where, "read when asked");
	return true;
}

/* Nothing is taken from a vmlinux before it has proved itself. */
static enum mi_status open_vmlinux(struct mi_target *t, const char *path, struct mi_error *err)
{
	enum mi_status st = mi_vmlinux_open(path, &t->vmlinux, err);

	return st ? st : check_vmlinux(t, path, err);
}

static const char *last_detail(const struct mi_target *t)
{
	return t->n_sources ? t->sources[t->n_sources - 1].detail : "";
}

enum mi_status mi_sources_open(struct mi_target *t, const struct mi_target_options *opt,
			       struct mi_error *err)
{
	const char *path = opt->vmlinux;
	enum mi_status st;
	bool ok;

	ok = !opt->no_dump_types &&
	     ((!opt->no_pointers && symbols_from_dump(t)) || symbols_by_scan(t));
	if (path) {
		st = open_vmlinux(t, path, err);
		if (st)
			return st;
	}
	ok = ok || (path && symbols_from_vmlinux(t, path)) || t->provider->ops->symbol;
	if (!ok)
		return mi_fail(err, MI_ERR_MISSING, "no symbols: %s%s", last_detail(t),
			       path ? "" : "; give the kernel's vmlinux with -s");
	ok = !opt->no_dump_types && ((!opt->no_pointers && types_from_dump(t)) || types_by_scan(t));
	if (!ok && path)
		ok = (!opt->no_vmlinux_btf && types_from_vmlinux_btf(t, path)) ||
		     types_from_dwarf(t, path);
	if (!ok)
		return mi_fail(err, MI_ERR_MISSING, "no type information: %s%s", last_detail(t),
			       path ? "" : "; give the kernel's vmlinux with -s");
	return MI_OK;
}

void mi_sources_close(struct mi_target *t)
{
	mi_symtab_free(t->symbols);
	mi_btf_free(t->btf);
	mi_dwarf_close(t->dwarf);
	mi_vmlinux_close(t->vmlinux);
}

/* ---- asking ---- */

bool mi_symbol(struct mi_target *t, const char *name, uint64_t *addr)
{
	if (t->symbols && mi_symtab_find(t->symbols, name, addr) == MI_SYMBOL_ONE)
		return true;
	return t->provider->ops->symbol && t->provider->ops->symbol(t->provider, name, addr);
}

const char *mi_symbol_name(struct mi_target *t, uint64_t addr, uint64_t *offset)
{
	return t->symbols ? mi_symtab_name(t->symbols, addr, offset) : NULL;
}

uint64_t mi_symbol_room(struct mi_target *t, uint64_t addr)
{
	uint64_t next = t->symbols ? mi_symtab_next(t->symbols, addr) : 0;

	return next > addr ? next - addr : 0;
}

enum mi_status mi_types_resolve(struct mi_target *t, struct mi_type_query *queries, size_t n,
				struct mi_error *err)
{
	if (t->btf)
		return mi_btf_resolve(t->btf, queries, n, err);
	return mi_dwarf_resolve(t->dwarf, queries, n, err);
}
