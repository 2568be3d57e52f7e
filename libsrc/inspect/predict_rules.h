/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_INSPECT_PREDICT_RULES_H
#define MI_INSPECT_PREDICT_RULES_H

#include "../kernel/swapcache.h"
#include "cachemap.h"
#include "predict.h"

/* Internal to predict*.c: one mapping, and all that decides its faults. */
struct mi_predictor {
	struct mi_process *p;
	const struct mi_mapping *m;
	const struct mi_file *file; /* NULL: none, or nothing is known of it */
	struct mi_fault_rules rules;
	struct mi_vma_handlers handlers;
	struct mi_cachemap *cache; /* CACHE and SHMEM alone; else NULL */
	struct mi_ra_env env;
	struct mi_readahead ra; /* f_ra, of a mapping that is read ahead */
	const char *no_ra;	/* why nothing can be said of what is read ahead; or NULL */
	uint64_t eof;		/* of the file, in pages; ~0: none */
	struct mi_swapcache *swapcache;
	enum mi_known thp; /* huge pages of anonymous memory */
	bool hugetlb_fits; /* a page of this file of hugetlbfs is as large as a page table maps */
	uint64_t named;	   /* bits of vm_flags whose meaning is sure */
	uint64_t uffd;	   /* the flags that say so: MI_UFFD_* */
};

#define MI_UFFD_MISSING 1
#define MI_UFFD_WP 2
#define MI_UFFD_MINOR 4
#define MI_UFFD_RWP 8

enum mi_status mi_predictor_new(struct mi_process *p, const struct mi_mapping *m,
				struct mi_predictor **ret, struct mi_error *err);
void mi_predictor_free(struct mi_predictor *pr);

/*
 * What the page of cell @c does by itself: what it reads, what fault-around does beside it, comes
 * by the next. Of a cell of several pages: each.
 */
void mi_predict_cell(const struct mi_predictor *pr, const struct mi_run *c,
		     struct mi_prediction *read, struct mi_prediction *write);

/* predict_file.c: a fault in a file's page @bits (MI_CM_*), which no PTE maps. */
void mi_predict_cached(const struct mi_predictor *pr, const struct mi_run *c, unsigned int bits,
		       bool is_write, struct mi_prediction *ret);
/* A page of tmpfs. */
void mi_predict_shmem(const struct mi_predictor *pr, const struct mi_run *c, unsigned int bits,
		      bool is_write, struct mi_prediction *ret);
/* The window of a fault that finds nothing, or the marker, at page @index. */
void mi_predict_window(const struct mi_predictor *pr, uint64_t index, unsigned int bits,
		       struct mi_prediction *ret);
/* The counts of a fault on a page with the marker, which readahead heeds. */
void mi_predict_marked(const struct mi_predictor *pr, unsigned int bits, struct mi_prediction *ret);
/* Does a read fault look at its neighbours? */
enum mi_known mi_predict_around(const struct mi_predictor *pr);
/* May fault-around map a page with these bits? */
static inline bool mi_predict_mappable(unsigned int bits)
{
	return (bits & (MI_CM_PAGE | MI_CM_UNKNOWN | MI_CM_UPTODATE | MI_CM_LOCKED | MI_CM_MARKER |
			MI_CM_POISON)) == (MI_CM_PAGE | MI_CM_UPTODATE);
}

/* predict_anon.c: a fault in anonymous memory that no PTE maps. */
void mi_predict_anon(const struct mi_predictor *pr, const struct mi_run *c, bool is_write,
		     struct mi_prediction *ret);
/* A write to what is mapped without write permission. */
void mi_predict_protected(const struct mi_predictor *pr, const struct mi_run *c,
			  struct mi_prediction *ret);
/* A page in a swap area. */
void mi_predict_swap(const struct mi_predictor *pr, unsigned int type, uint64_t offset,
		     struct mi_prediction *ret);
/* Loads pr->thp. */
void mi_predict_thp(struct mi_predictor *pr);

/* ---- predict_blocks.c: the pages of one page table at a time ---- */

#define MI_SPOTS 512 /* pages of a page table */

/* A page, as the dump has it. */
struct mi_spot {
	struct mi_prediction read, write;
	unsigned int bits; /* MI_CM_* */
	bool empty;	   /* no PTE: fault-around may fill it */
	bool no_table;	   /* and no page table either */
	bool huge;	   /* the entry of a huge page */
};

struct mi_spot_fns {
	/* @n pages from @va on, all that the mapping has in one page table. False: stop. */
	bool (*block)(void *arg, uint64_t va, const struct mi_spot *spots, uint64_t n);
	/* @n pages, whole page tables of them, of which neither PTEs nor cache know anything. */
	bool (*stretch)(void *arg, uint64_t va, uint64_t n, const struct mi_spot *spot);
	void *arg;
};

enum mi_status mi_predict_blocks(struct mi_predictor *pr, const struct mi_spot_fns *fns,
				 struct mi_error *err);

/* Pages of a block, by number. */
struct mi_spot_set {
	uint64_t bits[MI_SPOTS / 64];
};

static inline bool mi_spot_in(const struct mi_spot_set *set, uint64_t i)
{
	return set->bits[i / 64] >> i % 64 & 1;
}

static inline void mi_spot_add(struct mi_spot_set *set, uint64_t i)
{
	set->bits[i / 64] |= 1ULL << i % 64;
}

/*
 * predict_map.c: what a fault at page @i of a block maps, whose page is then in the cache and
 * found: itself, neighbours of a read, and the folios of both as far as the kernel does that.
 * @simulated: ask pr->cache what it has, which is not what the spots say.
 */
struct mi_fault_at {
	const struct mi_predictor *pr;
	uint64_t va; /* of the block */
	const struct mi_spot *spots;
	uint64_t n, i;
	bool is_write, simulated;
	bool unmarks; /* the marker is taken off the page's folio before the second try */
};

/* False: cannot be told. *@found, if not NULL: pages that fault-around looked at and took. */
bool mi_predict_maps(const struct mi_fault_at *f, struct mi_spot_set *set);

/*
 * The pages [*@from, *@to) of the block at @va with @n pages that a read fault at its page @i
 * looks at.
 */
void mi_predict_around_of(const struct mi_predictor *pr, uint64_t va, uint64_t n, uint64_t i,
			  uint64_t *from, uint64_t *to);

static inline uint64_t mi_predict_pgoff(const struct mi_predictor *pr, uint64_t va)
{
	return pr->m->vma.pgoff + ((va - pr->m->vma.start) >> MI_PAGE_SHIFT);
}

/* ---- putting predictions together ---- */

static inline void mi_predict_set(struct mi_prediction *r, enum mi_next_what what, const char *rule)
{
	memset(r, 0, sizeof(*r));
	r->what = what;
	r->rule = rule;
}

static inline void mi_predict_unknown(struct mi_prediction *r, const char *rule, const char *why)
{
	mi_predict_set(r, MI_NEXT_UNKNOWN, rule);
	r->why = why;
}

static inline void mi_predict_minor(struct mi_prediction *r, enum mi_next_what what,
				    const char *rule)
{
	mi_predict_set(r, what, rule);
	r->counted = true;
	r->minor = 1;
}

static inline void mi_predict_major(struct mi_prediction *r, enum mi_next_what what,
				    const char *rule)
{
	mi_predict_set(r, what, rule);
	r->counted = true;
	r->major = 1;
}

/* Done at the second try, and nothing was read in the first: how that counts differs. */
static inline void mi_predict_retried(const struct mi_predictor *pr, struct mi_prediction *r)
{
	r->counted = pr->rules.retry_is_major != MI_NOT_KNOWN;
	r->minor = r->counted && pr->rules.retry_is_major == MI_NO;
	r->major = r->counted && pr->rules.retry_is_major == MI_YES;
}

#endif
