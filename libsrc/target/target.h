/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_TARGET_H
#define MI_TARGET_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "symbols.h"
#include "types.h"

/*
 * The target: where bytes, symbols and types come from.
 *
 * A provider (libkdumpfile here, crash from outside) can do little: hand out
 * whole pages of physical memory, each with a reason if it cannot, and the
 * VMCOREINFO text. All else is built here, once, on top of that, so that every
 * way in gives the same answer: a page cache, the translation of kernel
 * virtual addresses, kallsyms, BTF, and a vmlinux as fall-back.
 *
 * Ownership: mi_target_open() takes the provider over, also when it fails.
 * Threads: a target and all that stands on it belong to one thread at a time.
 */

#define MI_PAGE_SHIFT 12 /* unit of the provider's reads and of the cache */
#define MI_PAGE_SIZE (1U << MI_PAGE_SHIFT)

/* Why memory could not be read. Zeroes never stand for absent data. */
enum mi_read {
	MI_READ_OK,
	MI_READ_UNMAPPED,   /* the kernel's page tables map nothing there */
	MI_READ_EXCLUDED,   /* RAM that the dump's filter left out */
	MI_READ_HOLE,	    /* no RAM at this address */
	MI_READ_INCOMPLETE, /* it should be there: the dump was cut short, or is a part of one */
	MI_READ_DAMAGED,    /* it is there and does not decompress or parse */
	MI_READ_IO,	    /* the dump's file could not be read */
	MI_READ_NR,
};

/* "not in the dump (filtered out)", ... for messages; never NULL. */
const char *mi_read_text(enum mi_read why);
/* "excluded", ... one word, stable: for JSON. */
const char *mi_read_word(enum mi_read why);

struct mi_provider;

struct mi_provider_ops {
	/* Read the page at physical @pa (page-aligned) into @page. */
	enum mi_read (*read_page)(struct mi_provider *p, uint64_t pa, void *page);
	/* VMCOREINFO, malloc'd, any length, into *text; MI_ERR_MISSING if none. */
	enum mi_status (*vmcoreinfo)(struct mi_provider *p, char **text, size_t *len,
				     struct mi_error *err);
	/* Optional: a symbol from the provider's own table. */
	bool (*symbol)(struct mi_provider *p, const char *name, uint64_t *addr);
	/*
	 * Optional, for who looks for something in memory: the run of stored pages that
	 * holds *@pa or is the next above it. Pages of zeroes may be left out. Sets *@pa
	 * and *@end; false if there is none.
	 */
	bool (*next_run)(struct mi_provider *p, uint64_t *pa, uint64_t *end);
	/* Optional: @len bytes at the start of a page, where that is cheaper than all of it. */
	enum mi_read (*read_head)(struct mi_provider *p, uint64_t pa, void *buf, size_t len);
	/* Optional: the user wants the walk to stop (^C). */
	bool (*interrupted)(struct mi_provider *p);
	void (*close)(struct mi_provider *p);
};

/* Embedded in the provider's own structure as its first member. */
struct mi_provider {
	const struct mi_provider_ops *ops;
	const char *name;	  /* "libkdumpfile", "crash" */
	const char *arch;	  /* "x86_64", as the dump's headers say; NULL: unknown */
	const char *dump_format;  /* "elf", "kdump-compressed", NULL if unknown */
	int dump_level;		  /* of makedumpfile; -1 if not known */
	bool absent_may_be_zero;  /* format cannot tell a filtered page from zeroes */
	bool incomplete;	  /* it lacks what it should have ... */
	char why_incomplete[240]; /* ... because "it is cut at 4096 of 16384 bytes" */
	char form[160];		  /* what was done to open it, for --sources; may be empty */
	double form_ms;
	bool live;
};

struct mi_target_options {
	const char *vmlinux; /* NULL: none. Mismatch with the dump is refused. */
	bool no_dump_types;  /* use neither BTF nor kallsyms of the dump (tests) */
	bool no_vmlinux_btf; /* of a vmlinux, use DWARF (tests) */
	bool no_pointers;    /* search the dump as if nothing led to its kallsyms and BTF (tests) */
};

struct mi_target;

enum mi_status mi_target_open(struct mi_provider *provider, const struct mi_target_options *opt,
			      struct mi_target **ret, struct mi_error *err);
void mi_target_close(struct mi_target *t);

/* Called now and then during work that may take long. */
typedef void (*mi_progress_fn)(void *arg, uint64_t done, uint64_t of);

/* A vmcore: one file, or the parts of a dump that makedumpfile split, in any order. */
struct mi_kdump_files {
	const char *const *paths;
	size_t n;
	mi_progress_fn progress; /* may be NULL */
	void *progress_arg;
};

/*
 * Open a vmcore by libkdumpfile: kdump.c. What cannot be opened is refused with
 * the command that mends it, if there is one.
 */
enum mi_status mi_kdump_open_files(const struct mi_kdump_files *files, struct mi_provider **ret,
				   struct mi_error *err);
/* The same for one file. */
enum mi_status mi_kdump_open(const char *path, struct mi_provider **ret, struct mi_error *err);

/* ---- memory ---- */

enum mi_read mi_read_phys(struct mi_target *t, uint64_t pa, void *buf, size_t len);
enum mi_read mi_read_virt(struct mi_target *t, uint64_t va, void *buf, size_t len);

/*
 * Point *@ptr at @len bytes of kernel virtual or physical memory inside the
 * page cache: no copy. The range must lie in one page. Valid until the next
 * call on this target.
 */
enum mi_read mi_borrow_virt(struct mi_target *t, uint64_t va, size_t len, const void **ptr);
enum mi_read mi_borrow_phys(struct mi_target *t, uint64_t pa, size_t len, const void **ptr);

/* Little helpers for single words; the target is little-endian, 64-bit. */
enum mi_read mi_read_u64(struct mi_target *t, uint64_t va, uint64_t *val);
enum mi_read mi_read_u32(struct mi_target *t, uint64_t va, uint32_t *val);

/*
 * A string of at most @size - 1 bytes; always NUL-terminated. It may cross
 * pages: if a later page is missing, what was got is kept and the reason
 * returned.
 */
enum mi_read mi_read_string(struct mi_target *t, uint64_t va, char *buf, size_t size);

/* Kernel virtual to physical. MI_READ_OK, MI_READ_UNMAPPED or why a table is not to be had. */
enum mi_read mi_virt_to_phys(struct mi_target *t, uint64_t va, uint64_t *pa);

/* ---- symbols and types ---- */

bool mi_symbol(struct mi_target *t, const char *name, uint64_t *addr);
const char *mi_symbol_name(struct mi_target *t, uint64_t addr, uint64_t *offset);
/* Bytes from @addr to the next symbol; 0 if unknown. */
uint64_t mi_symbol_room(struct mi_target *t, uint64_t addr);
/* Ask all type sources, best first; see types.h. */
enum mi_status mi_types_resolve(struct mi_target *t, struct mi_type_query *queries, size_t n,
				struct mi_error *err);
/* "VMCOREINFO" number, e.g. "NUMBER(phys_base)". */
bool mi_target_number(struct mi_target *t, const char *key, uint64_t *value);

/* ---- facts ---- */

struct mi_target_facts {
	const char *release;	 /* "6.1.0-56-cloud-amd64"; never NULL */
	const char *arch;	 /* "x86_64" */
	const char *build_id;	 /* hexadecimal; NULL if not known */
	const char *provider;	 /* "libkdumpfile" */
	const char *dump_format; /* NULL if not known */
	int dump_level;		 /* -1: not known */
	bool absent_may_be_zero;
	bool incomplete;
	const char *why_incomplete; /* NULL: it is not */
	bool live;
	unsigned int page_shift;
	unsigned int paging_levels; /* of the running kernel: 4 or 5 */
	uint64_t pa_mask;	    /* address bits of a page table entry, encryption bit removed */
};

const struct mi_target_facts *mi_target_facts(const struct mi_target *t);

/* One line per source asked: what it gave, how long it took. For --sources. */
struct mi_source {
	char what[16];	  /* "vmcoreinfo", "symbols", "types", "translation" */
	char where[200];  /* "kallsyms in the dump", "DWARF of /path/vmlinux" */
	char detail[160]; /* "87347 symbols", or why it failed */
	bool ok;
	double ms;
};

size_t mi_target_sources(const struct mi_target *t, const struct mi_source **ret);

struct mi_read_stats {
	uint64_t pages_read; /* pages fetched from the provider */
	uint64_t cache_hits;
	uint64_t failed[MI_READ_NR]; /* pages asked for and not got, by reason */
};

const struct mi_read_stats *mi_target_stats(const struct mi_target *t);

bool mi_target_interrupted(struct mi_target *t);

/* After a failure that an incomplete dump may explain: put that in front. */
enum mi_status mi_target_blame(const struct mi_target *t, enum mi_status status,
			       struct mi_error *err);

#endif
