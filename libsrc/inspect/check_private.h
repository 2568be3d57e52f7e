/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_INSPECT_CHECK_PRIVATE_H
#define MI_INSPECT_CHECK_PRIVATE_H

#include "../kernel/addrmap.h"
#include "check.h"

/* Shared by check*.c. */

enum mi_seen_how {
	MI_SEEN_PAGE,	/* a folio of one page */
	MI_SEEN_PART,	/* of a larger folio this page, by an entry of its own */
	MI_SEEN_WHOLE,	/* a folio as a whole, at its head */
	MI_SEEN_SHARED, /* the same, by a page table that processes may share */
};

/* A page that a process maps, or that is in a file's cache. */
struct mi_seen {
	uint64_t pfn : 56, how : 8; /* enum mi_seen_how */
	int32_t mapcount;	    /* as struct page has it */
	int32_t pid;		    /* of a process that maps it; 0: seen in the cache */
};

/* The cache of a file. */
struct mi_cache_seen {
	uint64_t mapping, ino;
	uint32_t dev;		   /* as a recorder has it */
	int32_t pid;		   /* of a process that maps it */
	uint64_t cached, evicted;  /* pages */
	uint64_t reclaimed, again; /* pages, in what a recorder has of the last minute */
};

struct mi_check_run {
	struct mi_check *c;
	struct mi_addrmap mms, mappings, open_files; /* that were looked at */
	struct mi_addrmap freed;		     /* struct pages that have their finding */
	struct mi_cache_seen *caches;		     /* of mappings */
	size_t n_caches, room_caches;
	struct mi_seen *seen;
	size_t n_seen, room_seen;
	struct mi_folio_seen *folio; /* of mi_check_folio() */
	bool all_seen;		     /* nothing that may map a page was left out */
	struct mi_page *busy;	     /* in the caches of files: locked, or under writeback */
	size_t n_busy, room_busy;
	bool no_memory;
};

/* A finding to fill in; its evidence is added to it. NULL: enough of this rule, or no memory. */
struct mi_found *mi_check_add(struct mi_check_run *r, enum mi_rule rule, const char *object,
			      uint64_t addr, int32_t pid);
void mi_check_say(struct mi_found *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void mi_check_number(struct mi_found *f, const char *name, int64_t value);
void mi_check_address(struct mi_found *f, const char *name, uint64_t value);
/* @rule is applied to one object more. False: it was not asked for, or cannot be. */
bool mi_check_apply(struct mi_check_run *r, enum mi_rule rule);
/* @rule cannot be applied; the first reason stays. */
void mi_check_cannot(struct mi_check_run *r, enum mi_rule rule, const char *why);

enum mi_status mi_check_processes(struct mi_check_run *r, struct mi_error *err);
/* Its page tables; @deposited: tables kept in store for its huge entries. */
void mi_check_tables(struct mi_check_run *r, const struct mi_process *p, int64_t deposited);
/* The files that it maps, each only once, and how it reads them. */
enum mi_status mi_check_files(struct mi_check_run *r, struct mi_process *p, struct mi_error *err);
/* What a recorder has of the files that were seen. */
enum mi_status mi_check_refaults(struct mi_check_run *r, struct mi_error *err);
/* Is a page, mapped by @pid or (0) in a file's cache, one that was freed? */
void mi_check_freed(struct mi_check_run *r, const struct mi_page *page, int32_t pid);
/* A process maps it by an entry that is @huge or not, of a page table that may be @shared. */
void mi_check_see(struct mi_check_run *r, const struct mi_page *page, bool huge, bool shared,
		  int32_t pid);
/* A slot of a file's cache has it. */
void mi_check_see_cached(struct mi_check_run *r, const struct mi_page *page);
/* A page of a file's cache that something is done with. */
void mi_check_busy(struct mi_check_run *r, const struct mi_page *page);
/* When all processes and files were seen. */
void mi_check_mapcounts(struct mi_check_run *r);
/* Of @n in the order of frames, those of the first one's folio; returns how many these are. */
size_t mi_check_folio(struct mi_check_run *r, const struct mi_seen *s, size_t n);
enum mi_status mi_check_pending(struct mi_check_run *r, struct mi_error *err);
/* Tasks that sleep for pages. */
enum mi_status mi_check_waiters(struct mi_check_run *r, struct mi_error *err);

#endif
