// SPDX-License-Identifier: GPL-2.0-or-later
/* predict.c - what the next touch of a page does: what the mapping and the PTE say of it */
#include <stdlib.h>
#include <sys/stat.h>

#include "../kernel/pagetable.h"
#include "join.h"
#include "predict_rules.h"

#define PKEY_BITS (0xfULL << 32)  /* x86: VM_PKEY_BIT0 ... */
#define SHADOW_STACK (1ULL << 37) /* x86, 6.6 and later */
#define HIGH_BITS (0x7fULL << 32) /* arm64: memory tags, keys, shadow stacks; they moved */
#define HIGH_FLAGS (~0ULL << 32)  /* arm: flags had 32 bits for long, and it has none there */
/* Where userfaultfd's flags are, in kernels that have them. */
#define UFFD_BITS (1ULL << 9 | 1ULL << 12 | 1ULL << 41 | 1ULL << 43)
#define ACCESSIBLE (MI_VM_READ | MI_VM_WRITE | MI_VM_EXEC)

const char *mi_next_word(enum mi_next_what what)
{
	static const char *const words[MI_NEXT_KINDS] = {
		[MI_NEXT_NONE] = "none",
		[MI_NEXT_ACCESS] = "access",
		[MI_NEXT_MINOR] = "minor",
		[MI_NEXT_WAIT] = "wait",
		[MI_NEXT_MAJOR] = "major",
		[MI_NEXT_ZERO] = "zero",
		[MI_NEXT_NEW] = "new",
		[MI_NEXT_COW] = "cow",
		[MI_NEXT_REUSE] = "reuse",
		[MI_NEXT_MKWRITE] = "mkwrite",
		[MI_NEXT_SWAP] = "swap",
		[MI_NEXT_SWAP_CACHED] = "swap-cached",
		[MI_NEXT_NUMA] = "numa",
		[MI_NEXT_HUGETLB] = "hugetlb",
		[MI_NEXT_USERFAULTFD] = "userfaultfd",
		[MI_NEXT_SIGBUS] = "sigbus",
		[MI_NEXT_SIGSEGV] = "sigsegv",
		[MI_NEXT_UNKNOWN] = "unknown",
	};

	return what < MI_NEXT_KINDS ? words[what] : "unknown";
}

/* ---- what is the same for all pages ---- */

static uint64_t uffd_flags(const struct mi_kernel *k, uint64_t vm_flags)
{
	static const struct {
		const char *name;
		uint64_t flag;
	} names[] = {
		{"uffd_missing", MI_UFFD_MISSING},
		{"uffd_wp", MI_UFFD_WP},
		{"uffd_minor", MI_UFFD_MINOR},
		{"uffd_rwp", MI_UFFD_RWP},
	};
	uint64_t flags = 0;
	unsigned int bit;
	size_t i;

	for (bit = 0; bit < 64; bit++) {
		const char *name = vm_flags >> bit & 1 ? mi_vma_flag(k, bit) : NULL;

		for (i = 0; name && i < sizeof(names) / sizeof(names[0]); i++)
			if (!strcmp(name, names[i].name))
				flags |= names[i].flag;
	}
	return flags;
}

static void load_readahead(struct mi_predictor *pr)
{
	const struct mi_process *p = pr->p;
	const struct mi_readahead *ra;

	pr->no_ra = "readahead is not to be had in this kernel";
	if (!pr->m->has_readahead || pr->m->open_file >= p->n_open_files)
		return;
	ra = &p->open_files[pr->m->open_file].ra;
	pr->no_ra = ra->why ? mi_read_text(ra->why) : ra->wrong ? "f_ra cannot be right" : NULL;
	pr->ra = *ra;
	/* 6.17 or so: folios of a size that the architecture wishes, of which no type tells. */
	if (pr->p->k->pte && pr->p->k->pte->arch == MI_ARCH_ARM64 &&
	    mi_has(&pr->p->k->l.ra_order) && pr->m->vma.flags & MI_VM_EXEC && !pr->no_ra)
		pr->no_ra = "how arm64 reads code ahead is not known here";
}

static uint64_t end_of(const struct mi_file *f)
{
	return (f->size >> MI_PAGE_SHIFT) + ((f->size & (MI_PAGE_SIZE - 1)) != 0);
}

static bool hugetlb_fits(const struct mi_predictor *pr)
{
	const struct mi_layout *l = &pr->p->k->l;
	struct mi_target *t = pr->p->k->t;
	uint64_t sb, bits;

	return pr->file && pr->file->hugetlbfs && mi_has(&l->sb_blocksize_bits) &&
	       !mi_read_member(t, pr->file->inode, &l->inode_sb, &sb) &&
	       !mi_read_member(t, sb, &l->sb_blocksize_bits, &bits) && bits < 64 &&
	       1ULL << bits == MI_SPOTS * MI_PAGE_SIZE;
}

static enum mi_status load_file(struct mi_predictor *pr, struct mi_error *err)
{
	const struct mi_vma *vma = &pr->m->vma;
	struct mi_ra_env *env = &pr->env;
	enum mi_status st;

	if (!pr->file ||
	    (pr->handlers.fault != MI_HANDLER_CACHE && pr->handlers.fault != MI_HANDLER_SHMEM))
		return MI_OK;
	st = mi_cachemap_new(pr->p->k, pr->file, &pr->cache, err);
	if (st)
		return st;
	env->l = &pr->p->k->l;
	mi_cachemap_look(pr->cache, &env->look);
	env->vm_flags = vma->flags;
	env->vm_first = vma->pgoff;
	env->vm_end = vma->pgoff + ((vma->end - vma->start) >> MI_PAGE_SHIFT);
	env->eof = pr->eof;
	mi_ra_folio_orders(pr->p->k, pr->file->mapping, &env->min_order, &env->max_order);
	load_readahead(pr);
	return MI_OK;
}

enum mi_status mi_predictor_new(struct mi_process *p, const struct mi_mapping *m,
				struct mi_predictor **ret, struct mi_error *err)
{
	struct mi_predictor *pr = calloc(1, sizeof(*pr));
	unsigned int bit;
	enum mi_status st;

	if (!pr)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	pr->p = p;
	pr->m = m;
	pr->file = m->file < p->n_files ? &p->files[m->file].file : NULL;
	pr->eof = pr->file ? end_of(pr->file) : ~0ULL;
	mi_fault_rules_load(p->k, &pr->rules);
	mi_vma_handlers_load(p->k, &m->vma, &pr->handlers);
	pr->hugetlb_fits = hugetlb_fits(pr);
	pr->uffd = uffd_flags(p->k, m->vma.flags);
	for (bit = 0; bit < 64; bit++)
		pr->named |= (uint64_t)(mi_vma_flag(p->k, bit) != NULL) << bit;
	mi_predict_thp(pr);
	pr->swapcache = mi_swapcache_new(p->k);
	st = pr->swapcache ? load_file(pr, err) : mi_fail(err, MI_ERR_NOMEM, "out of memory");
	if (st) {
		mi_predictor_free(pr);
		return st;
	}
	*ret = pr;
	return MI_OK;
}

void mi_predictor_free(struct mi_predictor *pr)
{
	if (!pr)
		return;
	mi_cachemap_free(pr->cache);
	mi_swapcache_free(pr->swapcache);
	free(pr);
}

/* ---- what the mapping allows ---- */

static enum mi_arch arch_of(const struct mi_predictor *pr)
{
	return pr->p->k->pte ? pr->p->k->pte->arch : MI_ARCH_X86_64;
}

/* True: that settles it. */
static bool by_arch(const struct mi_predictor *pr, bool is_write, struct mi_prediction *r)
{
	uint64_t flags = pr->m->vma.flags;

	switch (arch_of(pr)) {
	case MI_ARCH_ARM:
		if (!(flags & HIGH_FLAGS))
			return false;
		mi_predict_unknown(r, "vm-flags", "what its flags allow is not known");
		return true;
	case MI_ARCH_ARM64:
		if (flags & HIGH_BITS)
			mi_predict_unknown(r, "vm-flags", "what tags or keys allow is not known");
		else if (!is_write && (flags & ACCESSIBLE) == MI_VM_EXEC)
			mi_predict_unknown(r, "exec-only", "whether code can be read is not known");
		else
			return false;
		return true;
	default:
		if (flags & PKEY_BITS)
			mi_predict_unknown(r, "pkey",
					   "a protection key: the thread's PKRU decides");
		else if (is_write && flags & SHADOW_STACK)
			mi_predict_unknown(r, "bit-37",
					   "may be a shadow stack, which no store can write");
		else
			return false;
		return true;
	}
}

/* The same. */
static bool by_mapping(const struct mi_predictor *pr, bool is_write, struct mi_prediction *r)
{
	uint64_t flags = pr->m->vma.flags;

	if (is_write ? !(flags & MI_VM_WRITE) : !(flags & ACCESSIBLE)) {
		mi_predict_set(r, MI_NEXT_SIGSEGV, flags & ACCESSIBLE ? "read-only" : "no-access");
		return true;
	}
	if (by_arch(pr, is_write, r))
		return true;
	if (flags & UFFD_BITS & ~pr->named) {
		mi_predict_unknown(r, "uffd", "whether userfaultfd watches is not known");
		return true;
	}
	if (pr->uffd & MI_UFFD_RWP) {
		mi_predict_unknown(r, "uffd-rwp", "userfaultfd protects from reads, too");
		return true;
	}
	return false;
}

/* ---- what the PTE says ---- */

#define VM_NORESERVE 0x200000ULL
#define CONTIGUOUS_ORDER 4 /* of folios whose entries arm64 may take together */

/* A huge page that is there, or was reserved for this mapping: the fault finds one. */
static void hugetlb(const struct mi_predictor *pr, const struct mi_run *c, struct mi_prediction *r)
{
	const struct mi_vma *vma = &pr->m->vma;
	const struct mi_member *m = &pr->p->k->l.vma_private_data;
	uint64_t owner = 0;

	if (!pr->file || !S_ISREG(pr->file->mode)) {
		mi_predict_unknown(r, "file", "the file is not to be had");
		return;
	}
	if (c->pgoff >= pr->eof) {
		mi_predict_set(r, MI_NEXT_SIGBUS, "beyond-eof");
		return;
	}
	if (pr->uffd & (MI_UFFD_MISSING | MI_UFFD_MINOR)) {
		mi_predict_set(r, MI_NEXT_USERFAULTFD, "uffd");
		return;
	}
	mi_predict_set(r, MI_NEXT_HUGETLB, "hugetlb");
	if (vma->flags & MI_VM_SHARED)
		owner = 1;
	else if (mi_has(m) && mi_read_member(pr->p->k->t, vma->addr, m, &owner))
		owner = 0;
	r->counted = c->cached != MI_CACHED_UNKNOWN &&
		     (pr->rules.hugetlb_free || (owner && !(vma->flags & VM_NORESERVE)));
	r->minor = r->counted;
	/* Else each of its pages may be SIGBUS. */
	if (r->counted)
		r->huge = pr->hugetlb_fits ? MI_YES : MI_NOT_KNOWN;
}

static void nothing_mapped(const struct mi_predictor *pr, const struct mi_run *c, bool is_write,
			   struct mi_prediction *r)
{
	unsigned int bits = mi_cachemap_bits(c);

	switch (pr->handlers.fault) {
	case MI_HANDLER_ANON:
		mi_predict_anon(pr, c, is_write, r);
		return;
	case MI_HANDLER_CACHE:
		mi_predict_cached(pr, c, bits, is_write, r);
		return;
	case MI_HANDLER_SHMEM:
		mi_predict_shmem(pr, c, bits, is_write, r);
		return;
	case MI_HANDLER_HUGETLB:
		hugetlb(pr, c, r);
		return;
	case MI_HANDLER_NOBODY:
		mi_predict_set(r, MI_NEXT_SIGBUS, "no-handler");
		return;
	case MI_HANDLER_OTHER:
		mi_predict_unknown(r, "handler", "a handler of its own");
		return;
	default:
		mi_predict_unknown(r, "handler", "whose handler it is is not known");
		return;
	}
}

static bool numa_writable(const struct mi_predictor *pr, const struct mi_run *c)
{
	return pr->rules.numa_upgrades && !(pr->m->vma.flags & MI_VM_SHARED) &&
	       !(c->pte_bits & MI_PTE_UFFD_WP) && c->has_page && !c->page.why &&
	       c->page.anon_exclusive;
}

/* The entry allows it; but is to have a note of it. */
static void allowed(const struct mi_predictor *pr, const struct mi_run *c, bool is_write,
		    struct mi_prediction *r)
{
	bool young = c->pte_bits & MI_PTE_YOUNG, dirty = !is_write || c->pte_bits & MI_PTE_DIRTY;
	enum mi_known use = young ? MI_YES : pr->rules.notes_use;
	enum mi_known write = dirty ? MI_YES : pr->rules.notes_write;

	if (use == MI_NO || write == MI_NO) {
		mi_predict_minor(r, MI_NEXT_ACCESS, use == MI_NO ? "access-flag" : "dirty-bit");
		if (pr->rules.contiguous && c->level < 2 &&
		    (!c->has_page || c->page.why || c->page.order >= CONTIGUOUS_ORDER))
			r->huge = MI_NOT_KNOWN;
	} else if (use == MI_NOT_KNOWN || write == MI_NOT_KNOWN) {
		mi_predict_unknown(r, "cpu",
				   "whether the CPU itself notes that pages are used is not known");
	} else {
		mi_predict_set(r, MI_NEXT_NONE, "mapped");
		r->counted = true;
	}
}

static void mapped(const struct mi_predictor *pr, const struct mi_run *c, bool is_write,
		   struct mi_prediction *r)
{
	if (c->pte == MI_PTE_NUMA_HINT && arch_of(pr) == MI_ARCH_ARM) {
		mi_predict_unknown(r, "pte", "an entry without access, and arm has no NUMA hints");
	} else if (c->pte == MI_PTE_NUMA_HINT) {
		mi_predict_set(r, MI_NEXT_NUMA, "numa-hint");
		/* A page that is then still read-only faults once more. */
		r->counted = !is_write || c->pte_bits & MI_PTE_WRITE || numa_writable(pr, c);
		r->minor = r->counted;
	} else if (!is_write || c->pte_bits & MI_PTE_WRITE) {
		allowed(pr, c, is_write, r);
	} else {
		mi_predict_protected(pr, c, r);
	}
}

static void marker(const struct mi_predictor *pr, const struct mi_run *c, bool is_write,
		   struct mi_prediction *r)
{
	if (c->swap_offset & MI_MARKER_GUARD) {
		mi_predict_set(r, MI_NEXT_SIGSEGV, "guard");
	} else if (c->swap_offset & MI_MARKER_POISONED) {
		mi_predict_set(r, MI_NEXT_SIGBUS, "poisoned");
	} else if (c->swap_offset != MI_MARKER_UFFD_WP) {
		mi_predict_unknown(r, "marker", "a marker of an unknown kind");
	} else if (is_write && pr->uffd & MI_UFFD_WP) {
		mi_predict_set(r, MI_NEXT_USERFAULTFD, "uffd-wp");
	} else {
		nothing_mapped(pr, c, is_write, r);
	}
}

static void by_pte(const struct mi_predictor *pr, const struct mi_run *c, bool is_write,
		   struct mi_prediction *r)
{
	switch (c->pte) {
	case MI_PTE_NONE:
		nothing_mapped(pr, c, is_write, r);
		return;
	case MI_PTE_PRESENT:
	case MI_PTE_NUMA_HINT:
		mapped(pr, c, is_write, r);
		return;
	case MI_PTE_SWAP:
		mi_predict_swap(pr, c->swap_type, c->swap_offset, r);
		return;
	case MI_PTE_MIGRATION:
		mi_predict_set(r, MI_NEXT_WAIT, "migration");
		return;
	case MI_PTE_HWPOISON:
		mi_predict_set(r, MI_NEXT_SIGBUS, "hwpoison");
		return;
	case MI_PTE_SWAP_ERROR:
		mi_predict_set(r, MI_NEXT_SIGBUS, "swap-error");
		return;
	case MI_PTE_MARKER:
		marker(pr, c, is_write, r);
		return;
	case MI_PTE_FILE:
		/* Its neighbours are not those of the file: no rule here goes by them. */
		mi_predict_unknown(r, "pte", "the entry names a page of the file (nonlinear)");
		return;
	case MI_PTE_UNREADABLE:
		mi_predict_unknown(r, "page-table", "its page table is not to be had");
		return;
	default:
		mi_predict_unknown(r, "pte", "an entry of a kind that is not known here");
		return;
	}
}

void mi_predict_cell(const struct mi_predictor *pr, const struct mi_run *c,
		     struct mi_prediction *read, struct mi_prediction *write)
{
	if (!by_mapping(pr, false, read))
		by_pte(pr, c, false, read);
	if (!by_mapping(pr, true, write))
		by_pte(pr, c, true, write);
}
