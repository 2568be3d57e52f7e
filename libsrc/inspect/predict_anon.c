// SPDX-License-Identifier: GPL-2.0-or-later
/* predict_anon.c - what a fault does whose page is, or becomes, anonymous */
#include "predict_rules.h"

#define NO_HUGE 24	     /* mm->flags: MMF_DISABLE_THP, since 3.15 */
#define FREE_ENOUGH 8	     /* free huge pages, of which one more is surely had */
#define NO_HUGE_UNADVISED 23 /* since the flags are a struct: but for VM_HUGEPAGE */

/* ---- huge pages ---- */

static enum mi_known of_mm(const struct mi_predictor *pr)
{
	const struct mi_layout *l = &pr->p->k->l;
	bool bitmap = mi_has(&l->mm_flags_bitmap);
	const struct mi_member *m = bitmap ? &l->mm_flags_bitmap : &l->mm_flags;
	uint64_t flags;

	if (!mi_has(m) || m->cls != MI_TYPE_INT ||
	    mi_read_member(pr->p->k->t, pr->p->mm.addr, m, &flags))
		return MI_NOT_KNOWN;
	/* Before, the second bit said that the process had the huge zero page. */
	if (flags >> NO_HUGE & 1 ||
	    (bitmap && flags >> NO_HUGE_UNADVISED & 1 && !(pr->m->vma.flags & MI_VM_HUGEPAGE)))
		return MI_NO;
	return MI_YES;
}

static uint64_t pages_of(const struct mi_predictor *pr)
{
	return (pr->m->vma.end - pr->m->vma.start) >> MI_PAGE_SHIFT;
}

void mi_predict_thp(struct mi_predictor *pr)
{
	const struct mi_fault_rules *r = &pr->rules;
	uint64_t flags = pr->m->vma.flags;

	pr->thp = MI_NO;
	if (pr->handlers.fault != MI_HANDLER_ANON || flags & MI_VM_NOHUGEPAGE)
		return;
	if (!r->thp_known)
		pr->thp = MI_NOT_KNOWN;
	else if (r->thp_small)
		pr->thp = flags & MI_VM_HUGEPAGE || r->thp_always ? MI_NOT_KNOWN : MI_NO;
	else if (r->thp_always || (r->thp_madvise && flags & MI_VM_HUGEPAGE))
		pr->thp = of_mm(pr);
	/* Else it depends on whether memory can be gathered. */
	if (pr->thp == MI_YES && r->thp_free < FREE_ENOUGH + pages_of(pr) / MI_SPOTS)
		pr->thp = MI_NOT_KNOWN;
}

/* The whole block of a page table that is not there yet. */
static bool in_huge_page(const struct mi_predictor *pr, uint64_t va)
{
	const struct mi_vma *vma = &pr->m->vma;
	uint64_t size = MI_SPOTS * MI_PAGE_SIZE, start = va / size * size;

	return start >= vma->start && start + size <= vma->end;
}

void mi_predict_anon(const struct mi_predictor *pr, const struct mi_run *c, bool is_write,
		     struct mi_prediction *r)
{
	if (pr->m->vma.flags & MI_VM_SHARED) {
		mi_predict_set(r, MI_NEXT_SIGBUS, "no-handler");
		return;
	}
	if (pr->uffd & MI_UFFD_MISSING) {
		mi_predict_set(r, MI_NEXT_USERFAULTFD, "uffd-missing");
		return;
	}
	mi_predict_minor(r, is_write ? MI_NEXT_NEW : MI_NEXT_ZERO, "untouched");
	if (c->level || pr->thp == MI_NO || !in_huge_page(pr, c->va))
		return;
	r->huge = pr->thp;
	if (pr->thp != MI_YES) {
		/* A huge page would be one of its own, a small one the zero page. */
		if (!is_write && !(pr->rules.thp_known && pr->rules.thp_zero))
			mi_predict_unknown(r, "huge-page",
					   "whether a huge page is had is not known");
		return;
	}
	r->rule = "huge-page";
	if (!is_write && !pr->rules.thp_zero)
		r->what = MI_NEXT_NEW;
}

/* ---- writes to what is mapped read-only ---- */

/* Pages that nobody else can have: what all kernels agree on, and what one form decides. */
static void by_counts(const struct mi_predictor *pr, const struct mi_page *pg, bool huge,
		      struct mi_prediction *r)
{
	bool sole = pg->refcount == 1 && pg->mapcount == 1;

	if (sole)
		mi_predict_minor(r, MI_NEXT_REUSE, "sole-owner");
	else if (pg->mapcount > 1 || (pr->rules.reuse == MI_REUSE_COUNTS && !huge))
		mi_predict_minor(r, MI_NEXT_COW, pg->mapcount > 1 ? "shared" : "referenced");
	else
		mi_predict_unknown(r, "references",
				   "whose references they are decides, which is not known");
}

/* 5.19 and later, of a page without the mark. */
static void not_exclusive(const struct mi_predictor *pr, const struct mi_page *pg, bool huge,
			  struct mi_prediction *r)
{
	bool swapcache = pg->flags >> MI_PG_SWAPCACHE & 1, lru = pg->flags >> MI_PG_LRU & 1;
	/* A page on its way to the LRU lists has a reference for that, which may be dropped. */
	int64_t least = pg->refcount - !lru;
	const struct mi_layout *l = &pr->p->k->l;

	if (!l->PG_swapcache.known || !l->PG_lru.known) {
		mi_predict_unknown(r, "references", "flags of the page are not known");
		return;
	}
	/* Since 6.15 a large folio may be taken over in its place. */
	if (huge && pg->refcount == 1 && !(pg->flags >> MI_PG_LOCKED & 1))
		mi_predict_minor(r, MI_NEXT_REUSE, "sole-owner");
	else if (pg->refcount > 3 && (!pg->order || (!mi_has(&pr->p->k->l.folio_mm_ids) &&
						     pr->p->k->l.ra_mmap_miss.size > 2)))
		mi_predict_minor(r, MI_NEXT_COW, "referenced");
	else if (pg->mapcount > 1 || (!pg->order && least > 1 + swapcache))
		mi_predict_minor(r, MI_NEXT_COW, pg->mapcount > 1 ? "shared" : "referenced");
	else if (!pg->order && pg->refcount == 1 && !(pg->flags >> MI_PG_LOCKED & 1))
		mi_predict_minor(r, MI_NEXT_REUSE, "sole-owner");
	else
		mi_predict_unknown(r, "references",
				   "whose references they are decides, which is not known");
}

static void anonymous(const struct mi_predictor *pr, const struct mi_run *c,
		      struct mi_prediction *r)
{
	const struct mi_page *pg = &c->page;

	if (pg->owner == MI_OWNER_KSM)
		mi_predict_minor(r, MI_NEXT_COW, "ksm");
	else if (pg->anon_exclusive)
		mi_predict_minor(r, MI_NEXT_REUSE, "exclusive");
	else if (pr->rules.reuse == MI_REUSE_EXCLUSIVE)
		not_exclusive(pr, pg, c->level > 1, r);
	else
		by_counts(pr, pg, c->level > 1 || pg->order, r);
}

static void shared(const struct mi_predictor *pr, const struct mi_run *c, struct mi_prediction *r)
{
	bool dirty = c->has_page && c->page.flags >> MI_PG_DIRTY & 1;

	if (pr->handlers.mkwrite == MI_NOT_KNOWN) {
		mi_predict_unknown(r, "handler", "whether it has page_mkwrite is not known");
		return;
	}
	mi_predict_minor(r, MI_NEXT_MKWRITE,
			 pr->handlers.mkwrite == MI_YES ? "page-mkwrite" : "write-enable");
	if (pr->rules.dirty_retries == MI_NO || (pr->handlers.mkwrite == MI_NO && dirty))
		return;
	mi_predict_retried(pr, r);
	r->counted &= pr->rules.dirty_retries == MI_YES;
}

void mi_predict_protected(const struct mi_predictor *pr, const struct mi_run *c,
			  struct mi_prediction *r)
{
	bool hugetlb = pr->handlers.fault == MI_HANDLER_HUGETLB;

	if (c->pte_bits & MI_PTE_UFFD_WP && pr->uffd & MI_UFFD_WP) {
		mi_predict_set(r, MI_NEXT_USERFAULTFD, "uffd-wp");
	} else if (hugetlb) {
		mi_predict_set(r, MI_NEXT_HUGETLB, "hugetlb-protected");
	} else if (c->relation == MI_REL_ZERO) {
		mi_predict_minor(r, MI_NEXT_NEW, "zero-page");
	} else if (!c->has_page || c->page.why) {
		mi_predict_unknown(r, "page", "struct page is not to be had");
	} else if (pr->m->vma.flags & MI_VM_SHARED) {
		shared(pr, c, r);
	} else if (c->page.owner == MI_OWNER_ANON || c->page.owner == MI_OWNER_KSM) {
		anonymous(pr, c, r);
	} else if (c->page.owner == MI_OWNER_FILE) {
		mi_predict_minor(r, MI_NEXT_COW, "private");
	} else {
		mi_predict_unknown(r, "page", "whose page it is is not known");
	}
}

/* ---- swap ---- */

void mi_predict_swap(const struct mi_predictor *pr, unsigned int type, uint64_t offset,
		     struct mi_prediction *r)
{
	struct mi_page page;
	uint64_t pfn;

	switch (mi_swapcache_find(pr->swapcache, type, offset, &pfn)) {
	case MI_SWAPPED_OUT:
		mi_predict_major(r, MI_NEXT_SWAP, "swapped");
		return;
	case MI_SWAPPED_CACHED:
		mi_pages_load(pr->p->k, &pfn, 1, &page);
		break;
	default:
		page.why = MI_READ_HOLE;
		break;
	}
	if (page.why) {
		mi_predict_unknown(r, "swap", "whether the swap cache has it is not to be had");
		return;
	}
	if (page.flags >> MI_PG_LOCKED & 1) {
		mi_predict_set(r, MI_NEXT_WAIT, "swap-locked");
		mi_predict_retried(pr, r);
	} else if (page.flags >> MI_PG_UPTODATE & 1) {
		mi_predict_minor(r, MI_NEXT_SWAP_CACHED, "swap-cache");
	} else {
		mi_predict_set(r, MI_NEXT_SIGBUS, "swap-error");
	}
}
