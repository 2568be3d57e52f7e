// SPDX-License-Identifier: GPL-2.0-or-later
/* readahead.c - readahead of each open file: its window in the cache, and what comes next */
#include <stdio.h>
#include <stdlib.h>

#include "../kernel/addrmap.h"
#include "join.h"

/* ---- the window ---- */

struct looking {
	struct mi_ra_window *w;
	uint64_t last_head; /* first page of the last folio with a mark; ~0: none */
};

static void count_page(struct looking *l, const struct mi_run *c)
{
	struct mi_ra_window *w = l->w;
	const struct mi_page *pg = &c->slot_page;
	uint64_t head;

	if (!c->has_slot_page || pg->why) {
		w->unknown += c->n;
		return;
	}
	if (pg->flags >> MI_PG_UPTODATE & 1)
		w->uptodate += c->n;
	else if (pg->flags >> MI_PG_LOCKED & 1)
		w->reading += c->n;
	else
		w->not_uptodate += c->n;
	if (!(pg->flags >> MI_PG_READAHEAD & 1))
		return;
	/* The mark is the folio's: a folio that reaches into the window has it, too. */
	head = c->pgoff - (pg->pfn - pg->head_pfn);
	if (head == l->last_head)
		return;
	l->last_head = head;
	if (w->n_markers < MI_RA_MARKERS)
		w->markers[w->n_markers] = head;
	w->n_markers++;
}

static bool count_window(void *arg, const struct mi_run *cells, size_t n)
{
	struct looking *l = arg;
	size_t i;

	for (i = 0; i < n; i++) {
		const struct mi_run *c = &cells[i];

		if (c->beyond_eof)
			continue;
		l->w->pages += c->n;
		switch (c->cached) {
		case MI_CACHED_FOLIO:
			count_page(l, c);
			break;
		case MI_CACHED_NONE:
			l->w->absent += c->n;
			break;
		case MI_CACHED_SHADOW:
			l->w->evicted += c->n;
			break;
		default:
			l->w->unknown += c->n;
			break;
		}
	}
	return true;
}

static enum mi_status load_window(struct mi_process *p, struct mi_join *j, struct mi_open_file *o,
				  struct mi_error *err)
{
	struct looking l = {&o->window, ~0ULL};

	if (o->ra.why || o->ra.wrong || !o->ra.size)
		return MI_OK;
	o->window.startless = mi_readahead_startless(&p->k->l, &o->ra, o->huge_advice);
	if (o->window.startless)
		return MI_OK;
	o->window.known = true;
	return mi_join_range(j, &p->files[o->file].file, o->ra.start, o->ra.size, count_window, &l,
			     err);
}

/* ---- open files ---- */

struct gather {
	struct mi_process *p;
	struct mi_addrmap by_addr;
	size_t room;
};

static bool new_open_file(struct gather *g, const struct mi_mapping *m, size_t *index)
{
	struct mi_process *p = g->p;
	struct mi_open_file *o;

	if (p->n_open_files == g->room) {
		size_t room = g->room ? 2 * g->room : 32;

		o = realloc(p->open_files, room * sizeof(*o));
		if (!o)
			return false;
		p->open_files = o;
		g->room = room;
	}
	if (!mi_addrmap_put(&g->by_addr, m->vma.file, p->n_open_files))
		return false;
	o = &p->open_files[p->n_open_files];
	memset(o, 0, sizeof(*o));
	o->addr = m->vma.file;
	o->file = m->file;
	mi_readahead_load(p->k, o->addr, &o->ra);
	mi_bdi_load(p->k, &p->files[m->file].file, &o->bdi);
	*index = p->n_open_files++;
	return true;
}

static bool gather_mapping(struct gather *g, struct mi_mapping *m)
{
	struct mi_process *p = g->p;
	const struct mi_file *file;

	if (m->kind != MI_MAP_FILE || m->file >= p->n_files)
		return true;
	file = &p->files[m->file].file;
	if (!mi_readahead_applies(p->k, file, &m->vma))
		return true;
	if (!mi_addrmap_get(&g->by_addr, m->vma.file, &m->open_file) &&
	    !new_open_file(g, m, &m->open_file))
		return false;
	m->has_readahead = true;
	p->open_files[m->open_file].n_mappings++;
	p->open_files[m->open_file].huge_advice |= (m->vma.flags & MI_VM_HUGEPAGE) != 0;
	mi_readahead_next(p->k, &p->open_files[m->open_file].ra, file, &m->vma, &m->next);
	return true;
}

enum mi_status mi_process_readahead(struct mi_process *p, struct mi_join *j, struct mi_error *err)
{
	struct gather g = {.p = p};
	enum mi_status st = MI_OK;
	size_t i;

	if (!mi_feature(p->k, MI_F_READAHEAD, NULL) || !mi_feature(p->k, MI_F_FILE, NULL))
		return MI_OK;
	for (i = 0; i < p->n_maps && !st; i++)
		if (!gather_mapping(&g, &p->maps[i]))
			st = mi_fail(err, MI_ERR_NOMEM, "out of memory");
	for (i = 0; i < p->n_open_files && !st; i++)
		st = load_window(p, j, &p->open_files[i], err);
	mi_addrmap_free(&g.by_addr);
	return st;
}

/* ---- words ---- */

const char *mi_miss_word(enum mi_miss_kind kind)
{
	static const char *const words[MI_MISS_KINDS] = {
		[MI_MISS_NONE] = "none",	  [MI_MISS_SEQUENTIAL] = "sequential",
		[MI_MISS_AROUND] = "read-around", [MI_MISS_CODE] = "code",
		[MI_MISS_HUGE] = "huge-pages",	  [MI_MISS_UNKNOWN] = "unknown",
	};

	return kind < MI_MISS_KINDS ? words[kind] : "unknown";
}

static void none_text(const struct mi_next_miss *next, const struct mi_readahead *ra, char *buf,
		      size_t size)
{
	if (strcmp(next->why, "mmap_miss"))
		snprintf(buf, size, "none: %s", next->why);
	else if (ra->mmap_miss > MI_RA_MISSES)
		snprintf(buf, size, "no read-around: mmap_miss %u is above %u", ra->mmap_miss,
			 MI_RA_MISSES);
	else
		snprintf(buf, size, "no read-around: the next miss makes mmap_miss %u, above %u",
			 ra->mmap_miss + 1, MI_RA_MISSES);
}

void mi_miss_text(const struct mi_next_miss *next, const struct mi_readahead *ra, char *buf,
		  size_t size)
{
	unsigned long long pages = next->pages, before = next->before;

	switch (next->kind) {
	case MI_MISS_NONE:
		none_text(next, ra, buf, size);
		return;
	case MI_MISS_SEQUENTIAL:
		snprintf(buf, size, "sequential (%s): up to %llu pages from the fault on",
			 next->why, pages);
		return;
	case MI_MISS_AROUND:
		snprintf(buf, size, "read-around: %llu pages from %llu before the fault", pages,
			 before);
		return;
	case MI_MISS_CODE:
		snprintf(buf, size,
			 "code (%s): up to %llu pages from the fault on, inside the mapping",
			 next->why, pages);
		return;
	case MI_MISS_HUGE:
		snprintf(buf, size,
			 "huge pages (%s): %llu pages from the boundary of one before the fault",
			 next->why, pages);
		return;
	default:
		snprintf(buf, size, "cannot be told: %s", next->why ? next->why : "unknown");
		return;
	}
}
