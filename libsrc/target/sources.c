// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sources.c - which source gives symbols and types, best first
 *
 * Symbols: kallsyms in memory, /proc/kallsyms of the running kernel, .symtab of a vmlinux, the
 * provider's own. Types: BTF in memory, which sysfs has of the running kernel, .BTF of a vmlinux,
 * its DWARF. What lies in the dump
 * cannot be of another kernel; a vmlinux must prove itself (vmlinux_identity.c).
 *
 * kallsyms that VMCOREINFO does not point to (all kernels before 6.0) and BTF
 * without symbols are looked for in the kernel's image.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"
#include "vmlinux_identity.h"

/* Of the running kernel. */
#define PROC_KALLSYMS "/proc/kallsyms"
#define SYSFS_BTF "/sys/kernel/btf/vmlinux"

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
	uint64_t first = t->arch->image_first, size = t->arch->image_size, stext, max;

	if (!mi_target_number(t, "SYMBOL(_stext)", &stext) || stext < first ||
	    stext - first >= size)
		return false;
	if (mi_target_number(t, "NUMBER(KERNEL_IMAGE_SIZE)", &max) && max < size)
		size = max;
	stext &= ~(uint64_t)(MI_PAGE_SIZE - 1);
	image->read = read_image;
	image->want = all ? NULL : is_constant;
	image->arg = t;
	image->start = stext - first > IMAGE_BELOW ? stext - IMAGE_BELOW : first;
	image->end = first + size;
	if (image->end > stext && image->end - stext > IMAGE_ABOVE)
		image->end = stext + IMAGE_ABOVE;
	return image->start < image->end;
}

static bool number_for_kallsyms(void *arg, const char *key, uint64_t *value)
{
	return mi_target_number(arg, key, value);
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
	const struct mi_kallsyms_source src = {read_for_kallsyms, number_for_kallsyms, t, false,
					       mi_word_size(t) == 4};
	double start = mi_now_ms();
	struct mi_error e;
	char in[80];

	if (mi_kallsyms_load(&src, &t->symbols, &e)) {
		mi_source_note(t, "symbols", false, start, mi_source_inside(t, "kallsyms", in),
			       "%s", e.text);
		return false;
	}
	mi_source_note(t, "symbols", true, start, mi_source_inside(t, "kallsyms", in),
		       "%zu symbols", mi_symtab_count(t->symbols));
	return true;
}

static enum mi_status scan_kallsyms(struct mi_target *t, const struct mi_image *image, uint64_t *at,
				    struct mi_error *err)
{
	const struct mi_kallsyms_source src = {read_for_kallsyms, number_for_kallsyms, t, true,
					       mi_word_size(t) == 4};

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
	struct mi_symtab *tab;
	struct mi_error e;

	if (mi_vmlinux_symbols(t->vmlinux, mi_vmlinux_moved(t), &tab, &e)) {
		mi_source_note(t, "symbols", false, start, path, "%s", e.text);
		return false;
	}
	mi_symtab_free(t->symbols);
	t->symbols = tab;
	mi_source_note(t, "symbols", true, start, path, "%zu symbols", mi_symtab_count(t->symbols));
	return true;
}

/* Where nothing in its memory leads to its kallsyms (before 6.0). */
static bool symbols_of_running(struct mi_target *t)
{
	double start = mi_now_ms();
	struct mi_error e;

	if (mi_proc_kallsyms(&t->symbols, &e)) {
		mi_source_note(t, "symbols", false, start, PROC_KALLSYMS, "%s", e.text);
		return false;
	}
	mi_source_note(t, "symbols", true, start, PROC_KALLSYMS, "%zu symbols",
		       mi_symtab_count(t->symbols));
	return true;
}

/* Without CONFIG_KALLSYMS_ALL the kernel keeps the names of functions alone. */
static bool has_variables(struct mi_target *t)
{
	uint64_t addr;

	return mi_symtab_find(t->symbols, "init_task", &addr) != MI_SYMBOL_NONE;
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

/* The BTF that __start_BTF leads to. */
static enum mi_status btf_from_dump(struct mi_target *t, struct mi_btf **ret, struct mi_error *err)
{
	uint64_t start, stop;
	enum mi_read r;
	void *blob;

	if (!mi_symbol(t, "__start_BTF", &start) || !mi_symbol(t, "__stop_BTF", &stop))
		return mi_fail(err, MI_ERR_MISSING, "no symbol __start_BTF");
	if (stop <= start || stop - start > BTF_SIZE_MAX)
		return mi_fail(err, MI_ERR_FORMAT, "implausible size");
	blob = malloc(stop - start);
	if (!blob)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	r = mi_read_virt(t, start, blob, stop - start);
	if (r) {
		free(blob);
		return mi_fail(err, MI_ERR_READ, "%s", mi_read_text(r));
	}
	return mi_btf_parse(blob, stop - start, ret, err);
}

static bool types_from_dump(struct mi_target *t)
{
	double now = mi_now_ms();
	struct mi_error e;
	char in[80];

	if (btf_from_dump(t, &t->btf, &e)) {
		mi_source_note(t, "types", false, now, mi_source_inside(t, "BTF", in), "%s",
			       e.text);
		return false;
	}
	note_btf(t, now, mi_source_inside(t, "BTF", in));
	return true;
}

/* The same bytes as in memory, in one read. */
static bool types_of_running(struct mi_target *t)
{
	int fd = open(SYSFS_BTF, O_RDONLY | O_CLOEXEC);
	ssize_t n, done = 0;
	struct stat st;
	void *blob = NULL;
	bool ok;

	if (fd < 0)
		return false;
	ok = !fstat(fd, &st) && st.st_size > 0 && st.st_size <= BTF_SIZE_MAX;
	if (ok)
		blob = malloc((size_t)st.st_size);
	/* sysfs hands out a page at a time. */
	for (; blob && done < st.st_size; done += n) {
		n = pread(fd, (char *)blob + done, (size_t)(st.st_size - done), done);
		if (n <= 0)
			break;
	}
	ok = blob && done == st.st_size;
	close(fd);
	if (!ok) {
		free(blob);
		return false;
	}
	return types_parse(t, blob, (size_t)st.st_size, SYSFS_BTF);
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

/* All places that were looked at, and why each gave nothing. */
static enum mi_status none_of(const struct mi_target *t, const char *what, const char *name,
			      bool hint, struct mi_error *err)
{
	char text[sizeof(err->text)] = "";
	const struct mi_source *s;
	size_t used = 0;

	for (s = t->sources; s < t->sources + t->n_sources; s++)
		if (!strcmp(s->what, what) && used < sizeof(text))
			used += snprintf(text + used, sizeof(text) - used, "%s%s: %s",
					 used ? "; " : "", s->where, s->detail);
	return mi_fail(err, MI_ERR_MISSING, "no %s: %s%s", name, text,
		       hint ? "; give the kernel's vmlinux with -s" : "");
}

static enum mi_status open_symbols(struct mi_target *t, const struct mi_target_options *opt,
				   struct mi_error *err)
{
	bool live = t->provider->live && !t->provider->ops->symbol;
	const char *path = opt->vmlinux;
	enum mi_status st;
	bool ok;

	ok = !opt->no_dump_types && ((!opt->no_pointers && symbols_from_dump(t)) ||
				     (live && symbols_of_running(t)) || symbols_by_scan(t));
	if (path) {
		/* Nothing is taken from a vmlinux before it has proved itself. */
		st = mi_vmlinux_belongs(t, path, err);
		if (st)
			return st;
	}
	if (path && !(ok && has_variables(t)))
		ok = symbols_from_vmlinux(t, path) || ok;
	ok = ok || t->provider->ops->symbol;
	if (ok && !path && !t->provider->ops->symbol && !has_variables(t))
		return mi_fail(
			err, MI_ERR_MISSING,
			"the kernel keeps the names of functions alone (it was built without "
			"CONFIG_KALLSYMS_ALL); give its vmlinux with -s");
	return ok ? MI_OK : none_of(t, "symbols", "symbols", !path, err);
}

static enum mi_status open_types(struct mi_target *t, const struct mi_target_options *opt,
				 struct mi_error *err)
{
	bool live = t->provider->live && !t->provider->ops->symbol;
	const char *path = opt->vmlinux;
	bool ok;

	ok = !opt->no_dump_types && ((live && types_of_running(t)) ||
				     (!opt->no_pointers && types_from_dump(t)) || types_by_scan(t));
	if (!ok && path)
		ok = (!opt->no_vmlinux_btf && types_from_vmlinux_btf(t, path)) ||
		     types_from_dwarf(t, path);
	return ok ? MI_OK : none_of(t, "types", "type information", !path, err);
}

enum mi_status mi_sources_open(struct mi_target *t, const struct mi_target_options *opt,
			       struct mi_error *err)
{
	enum mi_status st;

	st = mi_debugger_take(t, opt->vmlinux, err);
	if (st || t->debugger)
		return st;
	st = open_symbols(t, opt, err);
	return st ? st : open_types(t, opt, err);
}

void mi_sources_close(struct mi_target *t)
{
	mi_symtab_free(t->symbols);
	mi_btf_free(t->btf);
	mi_btf_free(t->btf_in_dump);
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

const char *mi_symbol_first(struct mi_target *t, uint64_t addr, uint64_t *offset)
{
	return t->symbols ? mi_symtab_first(t->symbols, addr, offset) : NULL;
}

uint64_t mi_symbol_room(struct mi_target *t, uint64_t addr)
{
	uint64_t next = t->symbols ? mi_symtab_next(t->symbols, addr) : 0;

	return next > addr ? next - addr : 0;
}

enum mi_status mi_types_resolve(struct mi_target *t, struct mi_type_query *queries, size_t n,
				struct mi_error *err)
{
	if (t->debugger)
		return t->debugger->types(t->provider, queries, n, err);
	if (t->btf)
		return mi_btf_resolve(t->btf, queries, n, err);
	return mi_dwarf_resolve(t->dwarf, queries, n, err);
}

const struct mi_btf *mi_types_base(struct mi_target *t, struct mi_error *err)
{
	if (t->btf)
		return t->btf;
	if (!t->btf_in_dump && btf_from_dump(t, &t->btf_in_dump, err))
		return NULL;
	return t->btf_in_dump;
}
