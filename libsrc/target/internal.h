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
 * 32 MiB hold the page tables and struct pages of a 1.5 GiB mapping.
 */
#define MI_CACHE_WAYS 4
#define MI_CACHE_SETS 2048

/* Translations of single kernel pages; large mappings are entered per 4 KiB. */
#define MI_TLB_SIZE 4096

struct mi_cache_set {
	uint64_t tag[MI_CACHE_WAYS]; /* page frame + 1; 0: empty */
	unsigned int next;	     /* way to replace next */
};

struct mi_tlb_entry {
	uint64_t vpn; /* virtual page + 1; 0: empty */
	uint64_t pa;
};

#define MI_SOURCES_MAX 16

struct mi_target {
	struct mi_provider *provider;
	struct mi_target_facts facts;
	struct mi_read_stats stats;

	unsigned char *frames; /* MI_CACHE_SETS * MI_CACHE_WAYS pages */
	struct mi_cache_set *sets;
	struct mi_tlb_entry *tlb;

	struct mi_vmcoreinfo *vmcoreinfo;
	struct mi_xlat xlat;
	bool xlat_ready;

	struct mi_symtab *symbols;
	struct mi_btf *btf;
	struct mi_dwarf *dwarf;
	struct mi_vmlinux *vmlinux;
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

/* Note a source for --sources. @start from mi_now_ms(). */
double mi_now_ms(void);
void mi_source_note(struct mi_target *t, const char *what, bool ok, double start, const char *where,
		    const char *fmt, ...) __attribute__((format(printf, 6, 7)));

#endif
