/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_INTERNAL_H
#define MI_TARGET_INTERNAL_H

/* What memory.c, sources.c and target.c share; nobody else includes this. */

#include "target.h"
#include "vmcoreinfo.h"
#include "vmlinux.h"
#include "xlat.h"

/*
 * Page cache: 4-way sets of whole pages. libkdumpfile's own is a linear list
 * (160 to 1,500 ns a hit), crash's has 16 pages; a hit here is some 10 ns.
 * 32 MiB hold the page tables and struct pages of a 1.5 GiB mapping. Of a running
 * kernel all that an answer rests on should stay, so that its parts agree: 256 MiB.
 */
#define MI_CACHE_WAYS 4
#define MI_CACHE_SETS 2048
#define MI_CACHE_SETS_LIVE 16384
#define MI_CACHE_SETS_AGAIN 1024

/* Translations of single kernel pages; large mappings are entered per 4 KiB. */
#define MI_TLB_SIZE 4096

/* A second look is at few bytes of many pages, and those of a running kernel are dear. */
#define MI_PART_SIZE 512
#define MI_PARTS (MI_PAGE_SIZE / MI_PART_SIZE)
#define MI_PARTS_ALL ((1U << MI_PARTS) - 1)

struct mi_cache_set {
	uint64_t tag[MI_CACHE_WAYS]; /* epoch and page frame; 0: empty */
	uint8_t part[MI_CACHE_WAYS]; /* a bit for each MI_PART_SIZE bytes that were read */
	unsigned int next;	     /* way to replace next */
};

struct mi_tlb_entry {
	uint64_t vpn; /* virtual page + 1; 0: empty */
	uint64_t pa;
	uint64_t epoch;
};

/* What was read of memory, at one look. */
struct mi_page_cache {
	unsigned char *frames; /* n_sets * MI_CACHE_WAYS pages */
	struct mi_cache_set *sets;
	struct mi_tlb_entry *tlb;
	size_t n_sets;
	uint64_t epoch; /* from 1; entries of others are forgotten */
};

#define MI_SOURCES_MAX 16

struct mi_target {
	struct mi_provider *provider;
	const struct mi_arch_ops *arch; /* NULL: not known before mi_identify() */
	struct mi_target_facts facts;
	struct mi_read_stats stats;

	struct mi_page_cache first, again; /* again: of a second look at a running kernel */
	struct mi_page_cache *cache;	   /* the one in use */
	unsigned int looks;		   /* second looks begun and not ended */
	unsigned int parts_read;	   /* not yet counted as a page */
	uint64_t next_pfn, run; /* the frame after the last read, and how many in a row */

	struct mi_vmcoreinfo *vmcoreinfo;
	struct mi_xlat xlat;
	bool xlat_ready;

	struct mi_symtab *symbols;
	struct mi_btf *btf;
	struct mi_btf *btf_in_dump; /* for modules, where types come from DWARF; NULL: not asked */
	struct mi_dwarf *dwarf;
	struct mi_vmlinux *vmlinux;
	const struct mi_debugger_ops *debugger; /* types and symbols are its; NULL: they are not */
	char build_id[2 * MI_BUILD_ID_MAX + 1];

	struct mi_source sources[MI_SOURCES_MAX];
	size_t n_sources;
};

enum mi_status mi_memory_init(struct mi_target *t, struct mi_error *err);
void mi_memory_free(struct mi_target *t);

/* VMCOREINFO and the translation that proves it; after memory works. */
enum mi_status mi_identify(struct mi_target *t, struct mi_error *err);

/* Symbols and types, in the order of preference; after memory works. */
enum mi_status mi_sources_open(struct mi_target *t, const struct mi_target_options *opt,
			       struct mi_error *err);
void mi_sources_close(struct mi_target *t);

/*
 * If the provider is a debugger, let it have the vmlinux, and take symbols and types from it:
 * t->debugger is then set. If it has neither, a line of the sources says why. Only a vmlinux of
 * another kernel is an error.
 */
enum mi_status mi_debugger_take(struct mi_target *t, const char *path, struct mi_error *err);

/* The table that /proc/kallsyms shows; MI_ERR_MISSING if it hides the addresses. */
enum mi_status mi_proc_kallsyms(struct mi_symtab **ret, struct mi_error *err);

/* "kallsyms in the dump", of a running kernel "kallsyms in memory". */
const char *mi_source_inside(const struct mi_target *t, const char *what, char buf[80]);
/* Note a source for --sources. @start from mi_now_ms(). */
double mi_now_ms(void);
void mi_source_note(struct mi_target *t, const char *what, bool ok, double start, const char *where,
		    const char *fmt, ...) __attribute__((format(printf, 6, 7)));

#endif
