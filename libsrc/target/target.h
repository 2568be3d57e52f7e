/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_TARGET_H
#define MI_TARGET_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "arch.h"
#include "debugger.h"
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
#define MI_RUN_MAX 64 /* pages that a provider is asked for at once */

/* Why memory could not be read. Zeroes never stand for absent data. */
enum mi_read {
	MI_READ_OK,
	MI_READ_UNMAPPED,   /* the kernel's page tables map nothing there */
	MI_READ_EXCLUDED,   /* RAM that the dump's filter left out */
	MI_READ_HOLE,	    /* no RAM at this address */
	MI_READ_INCOMPLETE, /* it should be there: the dump was cut short, or is a part of one */
	MI_READ_DAMAGED,    /* it is there and does not decompress or parse */
	MI_READ_IO,	    /* the dump's file could not be read */
	MI_READ_UNSTABLE,   /* of a running kernel: no two looks at it agreed */
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
	/* Optional: @len bytes of one page, where that is cheaper than all of it. */
	enum mi_read (*read_part)(struct mi_provider *p, uint64_t pa, void *buf, size_t len);
	/*
	 * Optional: @n whole pages that follow each other from @pa on, one to each of @iov, for
	 * whom a call costs more than a page. All of them or nothing.
	 */
	enum mi_read (*read_run)(struct mi_provider *p, uint64_t pa, const struct iovec *iov,
				 size_t n);
	/* Optional: the user wants the walk to stop (^C). */
	bool (*interrupted)(struct mi_provider *p);
	/* Optional: it is a debugger, which knows types and symbols once it has a vmlinux. */
	const struct mi_debugger_ops *debugger;
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
	bool phys_base_told;	  /* the headers say where the kernel lies: */
	uint64_t phys_base;	  /* its address, less the one it was linked to; a hint */
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

/*
 * Open the running kernel by its /proc/kcore: kcore.c. What is missing or forbidden is told in one
 * line. Needs the right to read it (root, CAP_SYS_RAWIO), which may be given up afterwards.
 */
enum mi_status mi_kcore_open(struct mi_provider **ret, struct mi_error *err);

/* ---- a running kernel ---- */

/*
 * A running kernel changes while it is read. What was read once stays as it was then, until
 * mi_target_refresh(): so an answer tells the same thing twice in the same way. That it was ever
 * true at one moment is shown by a second look: what is equal at both was there in between.
 *
 *	first = walk(t);
 *	mi_look_again(t);
 *	second = walk(t);
 *	mi_look_end(t, first != second);
 *
 * Between the two, reads go to memory anew. If @changed, the pages of the second look are read
 * anew by the next walk, too. Looks may be nested: then the outermost counts. Of a dump all this
 * does nothing, and costs nothing: see mi_target_facts()->live before walking twice.
 */
void mi_target_refresh(struct mi_target *t);
void mi_look_again(struct mi_target *t);
void mi_look_end(struct mi_target *t, bool changed);
/* Read @n pages (of MI_PAGE_SIZE) from kernel virtual @va on anew, together where they lie
 * together. */
void mi_target_reread(struct mi_target *t, uint64_t va, size_t n);

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

/* Little helpers for single words; all targets are little-endian. */
enum mi_read mi_read_u64(struct mi_target *t, uint64_t va, uint64_t *val);
enum mi_read mi_read_u32(struct mi_target *t, uint64_t va, uint32_t *val);

/*
 * A machine word is what holds a pointer, and an unsigned long: 8 bytes, of a narrow target
 * 4. Addresses are numbers of 64 bits here, those of a narrow target below 1 << 32.
 */
unsigned int mi_word_size(const struct mi_target *t);
/* All bits of a word set: the largest address. */
uint64_t mi_word_mask(const struct mi_target *t);
/* The word at @at, in a copy of what the target has. */
uint64_t mi_word_at(const struct mi_target *t, const void *at);
/* @n words in a row, each as 64 bits. */
enum mi_read mi_read_ulongs(struct mi_target *t, uint64_t va, uint64_t *val, size_t n);
enum mi_read mi_read_ulong(struct mi_target *t, uint64_t va, uint64_t *val);
/* Could @va be an address of the kernel, rather than a number? */
bool mi_is_kernel_address(const struct mi_target *t, uint64_t va);

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
/* The same, as the kernel chooses of several: mi_symtab_first(). */
const char *mi_symbol_first(struct mi_target *t, uint64_t addr, uint64_t *offset);
/* Bytes from @addr to the next symbol; 0 if unknown. */
uint64_t mi_symbol_room(struct mi_target *t, uint64_t addr);
/* Ask all type sources, best first; see types.h. */
enum mi_status mi_types_resolve(struct mi_target *t, struct mi_type_query *queries, size_t n,
				struct mi_error *err);
/*
 * The kernel's BTF, which that of modules goes on from; NULL with the reason in @err.
 * Where types come from DWARF it is read from the dump: a vmlinux has no modules' types.
 */
const struct mi_btf *mi_types_base(struct mi_target *t, struct mi_error *err);
/* Where the BTF of a module lies in the dump, and where the kernel says that it begins. */
struct mi_module_btf {
	const char *module;
	uint64_t addr, size;
	uint64_t first_id, first_string;
};
/* Read and parse it. Free *ret with mi_btf_free(), before the target is closed. */
enum mi_status mi_types_of_module(struct mi_target *t, const struct mi_module_btf *from,
				  struct mi_btf **ret, struct mi_error *err);
/*
 * The stack of task @tid as the provider's debugger unwinds it, with debug information: see
 * debugger.h. MI_ERR_UNSUPPORTED, without a text: there is no such debugger, or it was given none.
 */
enum mi_status mi_debugger_stack(struct mi_target *t, int32_t tid, uint64_t *pcs, size_t *n,
				 struct mi_error *err);
/* "VMCOREINFO" number, e.g. "NUMBER(phys_base)". */
bool mi_target_number(struct mi_target *t, const char *key, uint64_t *value);

/* ---- facts ---- */

struct mi_target_facts {
	const char *release; /* "6.1.0-56-cloud-amd64"; never NULL */
	enum mi_arch arch_id;
	const char *arch;	 /* "x86_64", "aarch64" */
	const char *build_id;	 /* hexadecimal; NULL if not known */
	const char *provider;	 /* "libkdumpfile" */
	const char *dump_format; /* NULL if not known */
	int dump_level;		 /* -1: not known */
	bool absent_may_be_zero;
	bool incomplete;
	const char *why_incomplete; /* NULL: it is not */
	bool live;
	unsigned int page_shift;
	unsigned int pointer_bytes;	  /* of a word: see mi_word_size() */
	const struct mi_pt_shape *tables; /* of the kernel's processes, as it reads them itself */
	unsigned int paging_levels;	  /* tables->levels */
	uint64_t lowmem_pfn; /* arm: where its memory begins, and one array of struct page */
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
	uint64_t pages_read; /* pages fetched from the provider, or as much in parts */
	uint64_t cache_hits;
	uint64_t failed[MI_READ_NR]; /* pages asked for and not got, by reason */
};

const struct mi_read_stats *mi_target_stats(const struct mi_target *t);

bool mi_target_interrupted(struct mi_target *t);

/* After a failure that an incomplete dump may explain: put that in front. */
enum mi_status mi_target_blame(const struct mi_target *t, enum mi_status status,
			       struct mi_error *err);

#endif
