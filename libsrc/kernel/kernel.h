/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_KERNEL_H
#define MI_KERNEL_KERNEL_H

#include "../target/target.h"
#include "addrmap.h"
#include "layout.h"
#include "memmodel.h"
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
	bool known;	      /* false: types above nr_files are reported by number */
	unsigned int element; /* bytes of one in swap_info[]: a pointer, or the area itself */
	/* Not inverted: which forms may be this kernel's; see swapform.h. */
	unsigned int forms;  /* bits 1 << MI_SWAP_* */
	uint64_t learned_mm; /* looked through last for telling them apart */
};

/* The modules whose types were asked for: each is looked up once; see module_types.h. */
struct mi_module_types {
	char asked[16][56];
	size_t n;
};

/* How the tree of an address_space tells nodes from what it holds; see pagecache.c. */
enum mi_cache_form {
	MI_CACHE_XARRAY, /* 4.20 */
	MI_CACHE_TAGGED, /* a radix tree whose nodes are all marked: 4.7, RHEL 7 */
	MI_CACHE_HEIGHT, /* only the root's is: before */
};

/* Forms of arm64's page table entries; see pte_arm64.c. */
struct mi_arm64_entries {
	uint64_t no_access; /* the bit that a page without access has; 0: not known */
	uint64_t write;	    /* the bit of the right to write; 0: there is one that forbids it */
};

/* The same of arm's; see pte_arm_ops.c. */
struct mi_arm_entries {
	uint64_t rdonly; /* the bit that forbids to write; 0: there is one that allows it */
	bool has_exec;	 /* a bit allows execution, none forbids it */
	/* That bit is the hardware's own: who is allowed to write may do so at once (LPAE). */
	bool write_is_hw;
};

/* Page tables of the mm walked last, and the places where they were met. */
struct mi_pt_met {
	uint64_t mm;
	struct mi_addrmap at;
};

struct mi_kernel {
	struct mi_target *t;
	const struct mi_pte_ops *pte;	  /* what page table entries say; pagetable.h */
	const struct mi_pt_shape *tables; /* how the tables are laid out */
	struct mi_layout l;
	struct mi_problems problems;

	struct mi_module_types module_types;
	uint32_t unused; /* features that the answer under way does not use: bits 1 << MI_F_* */
	struct mi_memmodel memmodel; /* where struct pages lie */
	enum mi_cache_form cache_form;
	bool nonlinear;	  /* a kernel with nonlinear mappings: before 4.0 */
	uint64_t max_pfn; /* bound for believable frames */
	struct mi_swap_types swap;
	struct mi_arm64_entries arm64;
	struct mi_arm_entries arm;
	const char *vma_flag[64]; /* names of VMA flags; NULL: not sure */
	uint64_t pa_mask;	  /* address bits of a PTE */
	uint64_t pac_mask;	  /* bits that sign return addresses (arm64); see mi_code_addr() */
	unsigned int pfn_swap_bits; /* width of the PFN in a migration entry */

	/* Made when first asked for; NULL until then. */
	struct mi_modules *modules;   /* modules.c */
	struct mi_unwinder *unwinder; /* unwind.c */
	struct mi_clocks *clocks;     /* sched.c */
	struct mi_pt_met pt_met;      /* pagetable.c */
};

/* A return address as it would be without its signature; other kernel addresses as they are. */
static inline uint64_t mi_code_addr(const struct mi_kernel *k, uint64_t word)
{
	return word >> 55 & 1 ? word | k->pac_mask : word;
}

/* Takes nothing over: close the target after the kernel. @hide: see mi_layout_resolve(). */
enum mi_status mi_kernel_open(struct mi_target *t, const char *hide, struct mi_kernel **ret,
			      struct mi_error *err);
void mi_kernel_close(struct mi_kernel *k);

/* False if @f is switched off; *why (optional) then names the missing entry. */
bool mi_feature(const struct mi_kernel *k, enum mi_feature f, const char **why);
/* Switched off, and the answer under way would use it. */
bool mi_feature_missed(const struct mi_kernel *k, enum mi_feature f, const char **why);
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
