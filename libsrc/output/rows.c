// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rows.c - the pages of the mappings, a line for each run
 *
 * A mapping can have a billion pages, so lines go out as they come: columns
 * have fixed widths, and nothing is kept.
 */
#include <inttypes.h>

#include "output.h"

#define WHERE_SIZE 64
#define STATE_WIDTH 36 /* wide enough for nearly all */

/* "pfn 1a2b3c", "pfn 1a2b3c-1a2b47", "pfn 1a2b3c scattered": hexadecimal, of the first page. */
static void put_where(char buf[WHERE_SIZE], const char *what, uint64_t first,
		      const struct mi_run *run, unsigned int flag)
{
	if (run->n == 1 || (run->relation == MI_REL_ZERO && !(run->flags & flag)))
		snprintf(buf, WHERE_SIZE, "%s%" PRIx64, what, first);
	else if (run->flags & flag)
		snprintf(buf, WHERE_SIZE, "%s%" PRIx64 "-%" PRIx64, what, first,
			 first + run->n - 1);
	else
		snprintf(buf, WHERE_SIZE, "%s%" PRIx64 " scattered", what, first);
}

static void put_swap(char buf[WHERE_SIZE], unsigned int type, uint64_t offset,
		     const struct mi_run *run, unsigned int flag)
{
	char what[32];

	snprintf(what, sizeof(what), "swap %u:", type);
	put_where(buf, what, offset, run, flag);
}

/* When the (first) page was evicted, as well as it can be told. */
static void shadow_where(char buf[WHERE_SIZE], const struct mi_run *run)
{
	const struct mi_shadow *s = &run->shadow;

	if (s->distance_known)
		snprintf(buf, WHERE_SIZE, "evicted %" PRIu64 " pages ago", s->distance);
	else if (s->generation_known)
		snprintf(buf, WHERE_SIZE, "evicted, generation %" PRIu64 " of %" PRIu64,
			 s->generation, s->youngest);
	else
		snprintf(buf, WHERE_SIZE, "shadow %" PRIx64, run->slot_value);
}

/* Where the cache has the page. */
static void slot_where(char buf[WHERE_SIZE], const struct mi_run *run)
{
	switch (run->cached) {
	case MI_CACHED_FOLIO:
		put_where(buf, "pfn ", run->slot_pfn, run, MI_RUN_SLOT_PFN_CONSECUTIVE);
		break;
	case MI_CACHED_SHADOW:
		shadow_where(buf, run);
		break;
	case MI_CACHED_DAX:
		snprintf(buf, WHERE_SIZE, "dax %" PRIx64, run->slot_value);
		break;
	case MI_CACHED_SWAP:
		put_swap(buf, run->slot_swap_type, run->slot_swap_offset, run,
			 MI_RUN_SLOT_SWAP_CONSECUTIVE);
		break;
	case MI_CACHED_UNKNOWN:
		snprintf(buf, WHERE_SIZE, "%s", run->slot_why ? mi_read_word(run->slot_why) : "?");
		break;
	default:
		snprintf(buf, WHERE_SIZE, ".");
		break;
	}
}

/* Where the PTE says it is. */
static void pte_where(char buf[WHERE_SIZE], const struct mi_run *run)
{
	if (run->has_pfn)
		put_where(buf, "pfn ", run->pfn, run, MI_RUN_PFN_CONSECUTIVE);
	else if (run->pte == MI_PTE_SWAP || run->pte == MI_PTE_UNKNOWN)
		put_swap(buf, run->swap_type, run->swap_offset, run, MI_RUN_SWAP_CONSECUTIVE);
	else if (run->pte == MI_PTE_FILE)
		snprintf(buf, WHERE_SIZE, "file page %" PRIu64, run->swap_offset);
	else if (run->pte == MI_PTE_MARKER)
		snprintf(buf, WHERE_SIZE, "marker %" PRIx64, run->swap_offset);
	else if (run->pte == MI_PTE_UNREADABLE)
		snprintf(buf, WHERE_SIZE, "%s", mi_read_word(run->pte_why));
	else
		snprintf(buf, WHERE_SIZE, ".");
}

/* "ydwxsu--2": one letter for each bit, and the level if it is a huge entry. */
static void pte_letters(const struct mi_run *run, char buf[12])
{
	static const struct {
		unsigned int bit;
		char letter;
	} names[] = {
		{MI_PTE_YOUNG, 'y'},   {MI_PTE_DIRTY, 'd'},	 {MI_PTE_WRITE, 'w'},
		{MI_PTE_EXEC, 'x'},    {MI_PTE_SOFT_DIRTY, 's'}, {MI_PTE_UFFD_WP, 'u'},
		{MI_PTE_SPECIAL, 'p'}, {MI_PTE_EXCLUSIVE, 'e'},
	};
	size_t i, n = sizeof(names) / sizeof(names[0]);

	if (run->pte == MI_PTE_NONE || run->pte == MI_PTE_UNREADABLE) {
		snprintf(buf, 12, ".");
		return;
	}
	for (i = 0; i < n; i++)
		buf[i] = run->pte_bits & names[i].bit ? names[i].letter : '-';
	if (run->level > 1)
		buf[i++] = (char)('0' + run->level % 10);
	buf[i] = '\0';
}

static void put_figures(const struct mi_page *page, const char *where, FILE *out)
{
	if (page && !page->why)
		fprintf(out, "%-30s %3u %5" PRId64 " %5" PRId64, where, page->order, page->refcount,
			page->mapcount);
	else
		fprintf(out, "%-30s %3s %5s %5s", where, page ? "?" : ".", page ? "?" : ".",
			page ? "?" : ".");
}

/* The end of the line: state and flags. */
static void put_state(const char *words, const struct mi_page *page, FILE *out)
{
	const char *comma = "";
	int f;

	if (!page || page->why) {
		fprintf(out, "  %s", words);
		if (page)
			fprintf(out, "  struct page: %s", mi_read_word(page->why));
		fputc('\n', out);
		return;
	}
	fprintf(out, "  %-*s  ", STATE_WIDTH, words);
	for (f = 0; f < MI_PG_NR; f++) {
		if (!(page->flags >> f & 1))
			continue;
		fprintf(out, "%s%s", comma, mi_page_flag_name((enum mi_page_flag)f));
		comma = ",";
	}
	if (page->hugetlb) {
		fprintf(out, "%shugetlb", comma);
		comma = ",";
	}
	if (page->anon_exclusive)
		fprintf(out, "%sanon_exclusive", comma);
	fputc('\n', out);
}

/* The file's own page, where the process sees another. */
static void put_slot(const struct mi_run *run, FILE *out)
{
	const struct mi_page *page = run->has_slot_page ? &run->slot_page : NULL;
	char where[WHERE_SIZE];

	slot_where(where, run);
	fprintf(out, "%16s %10s %8s %-9s ", "", "", "", "in cache");
	put_figures(page, where, out);
	put_state(mi_cached_word(run->cached), page, out);
}

static bool put_row(void *arg, const struct mi_run *run)
{
	FILE *out = arg;
	bool by_pte = run->pte != MI_PTE_NONE;
	const struct mi_page *page = run->has_page	  ? &run->page
				     : by_pte		  ? NULL
				     : run->has_slot_page ? &run->slot_page
							  : NULL;
	char where[WHERE_SIZE], letters[12], words[256];

	if (by_pte)
		pte_where(where, run);
	else
		slot_where(where, run);
	pte_letters(run, letters);
	mi_run_words(run, words, sizeof(words));
	fprintf(out, "%16" PRIx64 " %10" PRIu64 " %8" PRIu64 " %-9s ", run->va, run->pgoff, run->n,
		letters);
	put_figures(page, where, out);
	put_state(words, page, out);
	if (by_pte && run->relation != MI_REL_SAME && run->cached != MI_CACHED_NONE)
		put_slot(run, out);
	return !ferror(out);
}

static void put_title(const struct mi_mapping *m, FILE *out)
{
	mi_text_title(m, out);
	fprintf(out, "  %" PRIu64 " pages", m->totals.pages);
	if (m->vma.file)
		fprintf(out, " from page %" PRIu64 " (byte %" PRIu64 ") of the file", m->vma.pgoff,
			m->vma.pgoff * MI_PAGE_SIZE);
	fprintf(out, "\n%16s %10s %8s %-9s %-30s %3s %5s %5s  %-*s  %s\n", "VA", "PGOFF", "PAGES",
		"PTE", "WHERE", "ORD", "REF", "MAP", STATE_WIDTH, "STATE", "FLAGS");
}

enum mi_status mi_text_pages(struct mi_process *p, bool each, FILE *out, struct mi_error *err)
{
	enum mi_status st = MI_OK;
	size_t i;

	fputs("\nPAGES\n", out);
	for (i = 0; i < p->n_maps && !st && !ferror(out); i++) {
		put_title(&p->maps[i], out);
		st = mi_mapping_pages(p, &p->maps[i], each, put_row, out, err);
	}
	return st;
}
