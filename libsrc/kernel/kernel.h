/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_KERNEL_H
#define MI_KERNEL_KERNEL_H

#include "../target/target.h"
#include "layout.h"
#include "problem.h"

/*
 * The kernel of a target: its layout, the constants derived from it once, and
 * the problems met so far. Everything in this layer takes one as its first
 * argument. It knows what Linux's structures mean and never prints.
 */

/* How a non-present PTE's swap types are dealt out; see mi_kernel_open(). */
struct mi_swap_types {
	bool inverted;	       /* x86 with the L1TF mitigation (form D) */
	unsigned int nr_files; /* types below are swap areas */
	/* First type of each kind and how many; 0 many: not configured. */
	unsigned int hwpoison, n_hwpoison;
	unsigned int migration, n_migration;
	unsigned int device, n_device;
	unsigned int marker, n_marker;
	unsigned int error, n_error;
	bool known; /* false: types above nr_files are reported by number */
};

struct mi_kernel {
	struct mi_target *t;
	struct mi_layout l;
	struct mi_problems problems;

	uint64_t vmemmap; /* address of the struct page of frame 0 */
	uint64_t max_pfn; /* bound for believable frames */
	struct mi_swap_types swap;
	const char *vma_flag[64];   /* names of VMA flags; NULL: not sure */
	uint64_t pa_mask;	    /* address bits of a PTE */
	unsigned int pfn_swap_bits; /* width of the PFN in a migration entry */
};

/* Takes nothing over: close the target after the kernel. @hide: see mi_layout_resolve(). */
enum mi_status mi_kernel_open(struct mi_target *t, const char *hide, struct mi_kernel **ret,
			      struct mi_error *err);
void mi_kernel_close(struct mi_kernel *k);

/* False if @f is switched off; *why (optional) then names the missing entry. */
bool mi_feature(const struct mi_kernel *k, enum mi_feature f, const char **why);
/* "the page cache", ... : what is lost without @f. */
const char *mi_feature_text(enum mi_feature f);
/* "page_cache", ... : the same as one word, stable, for JSON. */
const char *mi_feature_word(enum mi_feature f);

/*
 * Walk a circular list. @head is the address of the list_head to start from
 * and end at. Cycles that miss the head are found (Brent), so the walk always
 * ends. Where a node cannot be read, as in a dump that was cut short, it goes on
 * from the head backwards, to the other side of the gap; what is missing between
 * is a problem.
 *
 *     struct mi_list li;
 *     for (mi_list_start(&li, k, head); mi_list_next(&li, &node); )
 */
struct mi_list {
	struct mi_kernel *k;
	uint64_t head, node, tortoise;
	uint64_t steps, power;
	uint64_t gap;	  /* the node that could not be read; 0: none so far */
	const char *what; /* for the problem: "task list" */
};

void mi_list_start(struct mi_list *li, struct mi_kernel *k, uint64_t head, const char *what);
bool mi_list_next(struct mi_list *li, uint64_t *node);

#endif
