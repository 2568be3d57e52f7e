// SPDX-License-Identifier: GPL-2.0-or-later
/* vmlinux_identity.c - does a vmlinux belong to the dump; contract in vmlinux_identity.h */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "vmlinux_identity.h"

#define BANNER_MAX 512
#define BANNER "Linux version "

/* struct new_utsname: sysname, nodename, release, version, machine */
enum {
	UTS_FIELD = 65,
	UTS_RELEASE = 2 * UTS_FIELD,
	UTS_VERSION = 3 * UTS_FIELD,
	UTS_END = 4 * UTS_FIELD,
	UTS_LATEST = 64 /* where in init_uts_ns it may begin */
};

/* ---- symbols of the file ---- */

static bool find(const struct mi_symtab *tab, const char *name, uint64_t *addr)
{
	return tab && mi_symtab_find(tab, name, addr) == MI_SYMBOL_ONE;
}

/* NULL: it has none. Addresses are as in the file. */
static struct mi_symtab *symbols_of(struct mi_vmlinux *vm)
{
	struct mi_symtab *tab = NULL;

	return mi_vmlinux_symbols(vm, 0, &tab, NULL) ? NULL : tab;
}

static uint64_t moved(struct mi_target *t, const struct mi_symtab *tab)
{
	uint64_t offset, in_file, in_dump;

	if (mi_target_number(t, "KERNELOFFSET", &offset))
		return offset;
	if (find(tab, "_stext", &in_file) && mi_target_number(t, "SYMBOL(_stext)", &in_dump))
		return in_dump - in_file;
	return 0;
}

uint64_t mi_vmlinux_moved(struct mi_target *t)
{
	struct mi_symtab *tab = symbols_of(t->vmlinux);
	uint64_t offset = moved(t, tab);

	mi_symtab_free(tab);
	return offset;
}

/* ---- proofs ---- */

struct proof {
	struct mi_target *t;
	struct mi_symtab *tab;
	uint64_t moved;
};

enum verdict {
	AGREES,
	DIFFERS,
	UNKNOWN /* one of the two is not to be had */
};

/* The file's banner: at its symbol, else the first text that looks like one. */
static bool banner_of_file(struct mi_vmlinux *vm, const struct mi_symtab *tab, char buf[BANNER_MAX])
{
	const char *text;
	uint64_t addr;

	memset(buf, 0, BANNER_MAX);
	if (find(tab, "linux_banner", &addr) &&
	    mi_vmlinux_read(vm, addr, buf, BANNER_MAX - 1) > strlen(BANNER) &&
	    !strncmp(buf, BANNER, strlen(BANNER)))
		return true;
	text = mi_vmlinux_banner(vm);
	if (text)
		snprintf(buf, BANNER_MAX, "%s", text);
	return text;
}

static enum verdict by_banner(const struct proof *p)
{
	char in_file[BANNER_MAX], in_dump[BANNER_MAX];
	uint64_t addr;

	if (!banner_of_file(p->t->vmlinux, p->tab, in_file))
		return UNKNOWN;
	if (!mi_symbol(p->t, "linux_banner", &addr)) {
		if (!find(p->tab, "linux_banner", &addr))
			return UNKNOWN;
		addr += p->moved;
	}
	if (mi_read_string(p->t, addr, in_dump, sizeof(in_dump)))
		return UNKNOWN;
	in_file[strcspn(in_file, "\n")] = '\0';
	in_dump[strcspn(in_dump, "\n")] = '\0';
	return strcmp(in_file, in_dump) ? DIFFERS : AGREES;
}

static const char *utsname_in(const char *buf)
{
	int at;

	for (at = 0; at <= UTS_LATEST; at += 4)
		if (!memcmp(buf + at, "Linux", 6))
			return buf + at;
	return NULL;
}

/* Host names change while a kernel runs; the release and the build do not. */
static enum verdict by_utsname(const struct proof *p)
{
	char in_file[UTS_LATEST + UTS_END], in_dump[UTS_LATEST + UTS_END];
	const char *file, *dump;
	uint64_t addr;

	if (!find(p->tab, "init_uts_ns", &addr) ||
	    mi_vmlinux_read(p->t->vmlinux, addr, in_file, sizeof(in_file)) != sizeof(in_file) ||
	    mi_read_virt(p->t, addr + p->moved, in_dump, sizeof(in_dump)))
		return UNKNOWN;
	file = utsname_in(in_file);
	dump = utsname_in(in_dump);
	if (!file || !file[UTS_VERSION])
		return UNKNOWN;
	if (!dump || strncmp(file + UTS_RELEASE, dump + UTS_RELEASE, UTS_FIELD) ||
	    strncmp(file + UTS_VERSION, dump + UTS_VERSION, UTS_FIELD))
		return DIFFERS;
	return AGREES;
}

/* A symbol that lies elsewhere than VMCOREINFO says, NULL: none. */
static const char *displaced(const struct proof *p)
{
	static const char *const names[] = {
		"_stext",	    "init_uts_ns", "swapper_pg_dir", "init_level4_pgt",
		"phys_base",	    "vmlist",	   "mem_section",    "node_online_map",
		"contig_page_data", "node_data",   "vmap_area_list",
	};
	uint64_t in_file, in_dump;
	char key[64];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(key, sizeof(key), "SYMBOL(%s)", names[i]);
		if (find(p->tab, names[i], &in_file) && mi_target_number(p->t, key, &in_dump) &&
		    in_file + p->moved != in_dump)
			return names[i];
	}
	return NULL;
}

static enum mi_status without_build_id(const struct proof *p, const char *path,
				       struct mi_error *err)
{
	const char *how = "linux_banner", *wrong = displaced(p);
	double start = mi_now_ms();
	enum verdict v;

	if (wrong)
		return mi_fail(err, MI_ERR_MISMATCH,
			       "%s does not belong to this dump: its %s lies elsewhere", path,
			       wrong);
	v = by_banner(p);
	if (v == DIFFERS)
		return mi_fail(err, MI_ERR_MISMATCH,
			       "%s does not belong to this dump: another kernel's banner", path);
	if (v == UNKNOWN) {
		how = "init_uts_ns";
		v = by_utsname(p);
	}
	if (v == DIFFERS)
		return mi_fail(err, MI_ERR_MISMATCH,
			       "%s does not belong to this dump: its init_uts_ns is of another "
			       "build",
			       path);
	if (v == UNKNOWN)
		return mi_fail(err, MI_ERR_MISMATCH,
			       "%s: cannot tell whether it belongs to this dump (no build-id in "
			       "VMCOREINFO, no banner, no init_uts_ns)",
			       path);
	mi_source_note(p->t, "vmlinux", true, start, path, "it belongs to the dump, by its %s",
		       how);
	return MI_OK;
}

static void to_hex(const uint8_t *id, size_t n, char *hex)
{
	size_t i;

	for (i = 0; i < n; i++)
		sprintf(hex + 2 * i, "%02x", id[i]);
	hex[2 * n] = '\0';
}

enum mi_status mi_vmlinux_belongs(struct mi_target *t, const char *path, struct mi_error *err)
{
	const char *want = t->facts.build_id;
	char hex[2 * MI_BUILD_ID_MAX + 1];
	struct proof p = {.t = t};
	uint8_t id[MI_BUILD_ID_MAX];
	enum mi_status st;

	if (want) {
		to_hex(id, mi_vmlinux_build_id(t->vmlinux, id), hex);
		if (!strcmp(want, hex))
			return MI_OK;
		return mi_fail(err, MI_ERR_MISMATCH,
			       "%s does not belong to this dump: its build-id is %s, the dump's %s",
			       path, *hex ? hex : "missing", want);
	}
	p.tab = symbols_of(t->vmlinux);
	p.moved = moved(t, p.tab);
	st = without_build_id(&p, path, err);
	mi_symtab_free(p.tab);
	return st;
}

/* ---- instead of VMCOREINFO ---- */

static bool facts_of(struct mi_vmlinux *vm, const struct mi_symtab *tab,
		     struct mi_vmlinux_facts *ret)
{
	static const char *const tables[] = {"init_top_pgt", "init_level4_pgt", "swapper_pg_dir"};
	char banner[BANNER_MAX];
	const char *release;
	size_t i, n;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]) && !ret->top; i++)
		find(tab, tables[i], &ret->top);
	find(tab, "phys_base", &ret->phys_base);
	if (!ret->top || !find(tab, "init_uts_ns", &ret->uts) ||
	    !find(tab, "_stext", &ret->stext) || !banner_of_file(vm, tab, banner))
		return false;
	release = banner + strlen(BANNER);
	n = strcspn(release, " \n");
	if (!n || n >= sizeof(ret->release))
		return false;
	memcpy(ret->release, release, n);
	return true;
}

bool mi_vmlinux_facts(struct mi_vmlinux *vm, struct mi_vmlinux_facts *ret)
{
	struct mi_symtab *tab = symbols_of(vm);
	bool good;

	memset(ret, 0, sizeof(*ret));
	good = tab && facts_of(vm, tab, ret);
	mi_symtab_free(tab);
	return good;
}

char *mi_vmlinux_as_vmcoreinfo(const struct mi_vmlinux_facts *f, uint64_t moved)
{
	enum {
		SIZE = 512
	};
	char *text = malloc(SIZE);
	int n;

	if (!text)
		return NULL;
	n = snprintf(text, SIZE,
		     "OSRELEASE=%s\nPAGESIZE=%u\nSYMBOL(init_uts_ns)=%" PRIx64
		     "\nSYMBOL(swapper_pg_dir)=%" PRIx64 "\nSYMBOL(_stext)=%" PRIx64 "\n",
		     f->release, MI_PAGE_SIZE, f->uts + moved, f->top + moved, f->stext + moved);
	if (f->phys_base)
		snprintf(text + n, (size_t)(SIZE - n), "SYMBOL(phys_base)=%" PRIx64 "\n",
			 f->phys_base + moved);
	return text;
}
