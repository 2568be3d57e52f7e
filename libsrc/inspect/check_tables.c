// SPDX-License-Identifier: GPL-2.0-or-later
/* check_tables.c - the rules about page tables themselves: how many, and where there is no VMA */
#include <inttypes.h>
#include <stdlib.h>

#include "check_private.h"

/* Those of a running kernel may change into circles: of an mm no more stretches than this. */
#define EXTENTS_MAX (1U << 24)

struct tables {
	struct mi_check_run *r;
	const struct mi_process *p;
	struct mi_pt_walk walk;
	size_t next;	 /* the first of the VMAs that do not end below the walk */
	size_t told;	 /* the gap before this VMA has its finding: an entry may be one of many */
	bool outside;	 /* look for entries that lie in no VMA */
	bool unreadable; /* some */
	uint64_t last[MI_PT_LEVELS + 1];
	int64_t n; /* tables */
};

static void found_outside(struct tables *t, uint64_t va, uint64_t entry)
{
	struct mi_found *f = mi_check_add(t->r, MI_RULE_PTE_OUTSIDE_VMA, "mm_struct", t->p->mm.addr,
					  t->p->task.pid);

	t->told = t->next;
	mi_check_say(f, "%" PRIx64 " lies in no VMA, and its entry is %#" PRIx64, va, entry);
	mi_check_address(f, "address", va);
	mi_check_address(f, "entry", entry);
}

/* Where the gap ends in which @va lies; @va itself if a VMA has it. */
static uint64_t gap_end(struct tables *t, uint64_t va)
{
	while (t->next < t->p->n_maps && t->p->maps[t->next].vma.end <= va)
		t->next++;
	if (t->next == t->p->n_maps || t->p->maps[t->next].vma.start <= va)
		return va;
	return t->p->maps[t->next].vma.start;
}

static void check_extent(struct tables *t, const struct mi_extent *ext)
{
	bool huge = ext->kind == MI_EXTENT_HUGE;
	uint64_t va = ext->start, end, step, entry;

	while (va < ext->end) {
		end = gap_end(t, va);
		if (end == va) {
			/* Nor behind the last one: there the kernel's own may begin. */
			if (t->next == t->p->n_maps)
				return;
			va = t->p->maps[t->next].vma.end;
			continue;
		}
		/* One is told of each gap. A huge entry is the same throughout. */
		end = end < ext->end ? end : ext->end;
		for (step = huge ? end - va : MI_PAGE_SIZE; va < end && t->told != t->next;
		     va += step) {
			entry = huge ? ext->entry
				     : ext->entries[(va - ext->start) >> MI_PAGE_SHIFT];
			if (entry)
				found_outside(t, va, entry);
		}
		va = end;
	}
}

/*
 * Tables of entries, and of tables of these, two levels up; not the root, nor P4Ds, which the
 * kernel does not count.
 */
static void count_tables(struct tables *t)
{
	const struct mi_pt_walk *w = &t->walk;
	unsigned int level;

	for (level = 1; level < w->shape->levels && level <= 3; level++) {
		t->n += w->table[level] && w->table[level] != t->last[level];
		t->last[level] = w->table[level] ? w->table[level] : t->last[level];
	}
}

/* False: it has no end. */
static bool walk_tables(struct tables *t)
{
	uint64_t va, end = t->p->maps[t->p->n_maps - 1].vma.end;
	struct mi_extent ext;
	uint32_t left = EXTENTS_MAX;

	for (va = 0; va < end && !mi_target_interrupted(t->r->c->k->t); va = ext.end) {
		if (!left--)
			return false;
		mi_pt_next(&t->walk, va, end, &ext);
		t->unreadable |= ext.kind == MI_EXTENT_UNREADABLE;
		count_tables(t);
		if (t->outside && (ext.kind == MI_EXTENT_TABLE || ext.kind == MI_EXTENT_HUGE))
			check_extent(t, &ext);
	}
	return true;
}

/* @deposited: tables that are kept in store. */
static void check_count(const struct tables *t, int64_t deposited)
{
	const struct mi_member *m = &t->r->c->k->l.mm_pgtables;
	int64_t n = t->n + deposited;
	struct mi_found *f;
	uint64_t bytes;

	if (!mi_has(m) || mi_read_member(t->r->c->k->t, t->p->mm.addr, m, &bytes)) {
		mi_check_cannot(t->r, MI_RULE_PGTABLES, "pgtables_bytes is not to be had");
		return;
	}
	if (t->unreadable || !mi_check_apply(t->r, MI_RULE_PGTABLES) ||
	    (uint64_t)n * MI_PAGE_SIZE == bytes)
		return;
	f = mi_check_add(t->r, MI_RULE_PGTABLES, "mm_struct", t->p->mm.addr, t->p->task.pid);
	mi_check_say(f, "%" PRId64 " tables were found, pgtables_bytes is %" PRIu64 ": %" PRIu64, n,
		     bytes, bytes / MI_PAGE_SIZE);
	mi_check_number(f, "tables", n);
	mi_check_number(f, "mm_struct.pgtables_bytes", (int64_t)bytes);
}

static bool asked(const struct mi_check_run *r, enum mi_rule rule)
{
	return r->c->ask.asked[rule] && !r->c->why_not[rule];
}

void mi_check_tables(struct mi_check_run *r, const struct mi_process *p, int64_t deposited)
{
	struct tables *t;

	if (!p->n_maps || (!asked(r, MI_RULE_PTE_OUTSIDE_VMA) && !asked(r, MI_RULE_PGTABLES)))
		return;
	t = calloc(1, sizeof(*t));
	if (!t) {
		r->no_memory = true;
		return;
	}
	t->r = r;
	t->p = p;
	t->told = p->n_maps;
	if (mi_pt_start(&t->walk, r->c->k, &p->mm, NULL)) {
		mi_check_cannot(r, MI_RULE_PTE_OUTSIDE_VMA, "page tables cannot be read");
		mi_check_cannot(r, MI_RULE_PGTABLES, "page tables cannot be read");
	} else {
		t->outside = mi_check_apply(r, MI_RULE_PTE_OUTSIDE_VMA);
		if (walk_tables(t)) {
			if (!mi_target_interrupted(r->c->k->t))
				check_count(t, deposited);
		} else {
			mi_check_cannot(r, MI_RULE_PTE_OUTSIDE_VMA, "page tables have no end");
			mi_check_cannot(r, MI_RULE_PGTABLES, "page tables have no end");
		}
	}
	free(t);
}
