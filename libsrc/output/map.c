// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * map.c - a map of each file: where in it the process has which pages
 *
 * One character stands for a power of two of pages and shows the most telling
 * state among them. The map covers the part of the file that is mapped, or all
 * of it if that needs no coarser scale.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../inspect/predict.h"
#include "escape.h"
#include "output.h"

#define LINES_MAX 16
#define CELLS_PER_LINE_MIN 16
#define CELLS_PER_LINE_MAX 256
#define LABEL_WIDTH 12
#define GAP_MIN 3 /* lines of nothing that are worth cutting out */

/* Most telling first: of the pages of a cell, the smallest value wins. */
enum {
	ST_READING,
	ST_ERROR,
	ST_WRITEBACK,
	ST_DIRTY,
	ST_LOCKED,
	ST_PRIVATE,
	ST_SWAPPED,
	ST_UNKNOWN,
	ST_READAHEAD,
	ST_MAPPED,
	ST_CACHED,
	ST_EVICTED,
	ST_ABSENT,
	ST_BEYOND,
	ST_UNMAPPED,
	ST_NR,
};

struct letter {
	char letter;
	const char *text;
};

static const struct letter states[ST_NR] = {
	[ST_READING] = {'R', "being read"},
	[ST_ERROR] = {'!', "in error"},
	[ST_WRITEBACK] = {'W', "writeback"},
	[ST_DIRTY] = {'D', "dirty"},
	[ST_LOCKED] = {'L', "locked"},
	[ST_PRIVATE] = {'P', "private copy"},
	[ST_SWAPPED] = {'S', "swapped"},
	[ST_UNKNOWN] = {'?', "not to be had"},
	[ST_READAHEAD] = {'a', "readahead marker"},
	[ST_MAPPED] = {'M', "mapped"},
	[ST_CACHED] = {'c', "cached"},
	[ST_EVICTED] = {'e', "evicted"},
	[ST_ABSENT] = {'.', "absent"},
	[ST_BEYOND] = {'~', "beyond EOF"},
	[ST_UNMAPPED] = {' ', "not mapped"},
};

/* Of the second map, in the same order: what the next read of a page does. */
enum {
	NX_SIGSEGV,
	NX_SIGBUS,
	NX_UNKNOWN,
	NX_USERFAULTFD,
	NX_MAJOR,
	NX_SWAP,
	NX_WAIT,
	NX_ASYNC,
	NX_HUGETLB,
	NX_NEW,
	NX_ZERO,
	NX_MINOR,
	NX_NONE,
	NX_UNMAPPED,
	NX_NR,
};

static const struct letter touches[NX_NR] = {
	[NX_SIGSEGV] = {'X', "SIGSEGV"},
	[NX_SIGBUS] = {'B', "SIGBUS"},
	[NX_UNKNOWN] = {'?', "cannot be told"},
	[NX_USERFAULTFD] = {'U', "userfaultfd"},
	[NX_MAJOR] = {'R', "reads the page"},
	[NX_SWAP] = {'S', "swap-in"},
	[NX_WAIT] = {'w', "waits"},
	[NX_ASYNC] = {'a', "from the cache, reads ahead"},
	[NX_HUGETLB] = {'H', "hugetlbfs"},
	[NX_NEW] = {'n', "new page"},
	[NX_ZERO] = {'z', "zero page"},
	[NX_MINOR] = {'c', "from the cache"},
	[NX_NONE] = {'-', "no fault"},
	[NX_UNMAPPED] = {' ', "not mapped"},
};

struct map {
	const struct letter *letters;
	unsigned char unmapped, dull; /* states from dull on are not worth a line */
	uint64_t first, end;	      /* in pages of the file */
	unsigned int shift;	      /* pages in a cell: 1 << shift */
	unsigned int per_line;
	bool unordered;
	size_t n;
	unsigned char *cells; /* ST_* */
};

/* ---- the state of a page ---- */

static bool flag(const struct mi_page *page, enum mi_page_flag f)
{
	return page->flags >> f & 1;
}

/* What struct page says; ST_NR: nothing of note. */
static int page_state(const struct mi_page *page)
{
	if (page->why)
		return ST_UNKNOWN;
	if (flag(page, MI_PG_LOCKED) && !flag(page, MI_PG_UPTODATE))
		return ST_READING;
	if (flag(page, MI_PG_HWPOISON) || flag(page, MI_PG_ERROR))
		return ST_ERROR;
	if (flag(page, MI_PG_WRITEBACK))
		return ST_WRITEBACK;
	if (flag(page, MI_PG_DIRTY))
		return ST_DIRTY;
	return flag(page, MI_PG_LOCKED) ? ST_LOCKED : ST_NR;
}

static int slot_state(const struct mi_run *run)
{
	int st;

	switch (run->cached) {
	case MI_CACHED_FOLIO:
		st = run->has_slot_page ? page_state(&run->slot_page) : ST_NR;
		if (st != ST_NR)
			return st;
		return run->has_slot_page && flag(&run->slot_page, MI_PG_READAHEAD) ? ST_READAHEAD
										    : ST_CACHED;
	case MI_CACHED_DAX:
		return ST_CACHED;
	case MI_CACHED_SHADOW:
		return ST_EVICTED;
	case MI_CACHED_SWAP:
		return ST_SWAPPED;
	case MI_CACHED_UNKNOWN:
		return ST_UNKNOWN;
	default:
		return run->beyond_eof ? ST_BEYOND : ST_ABSENT;
	}
}

static int pte_state(const struct mi_run *run)
{
	switch (run->pte) {
	case MI_PTE_NONE:
	case MI_PTE_FILE:
		return ST_NR;
	case MI_PTE_PRESENT:
	case MI_PTE_PROT_NONE:
	case MI_PTE_NUMA_HINT:
	case MI_PTE_MIGRATION:
	case MI_PTE_DEVICE:
		if (run->relation == MI_REL_OTHER)
			return ST_ERROR;
		if (run->relation == MI_REL_PRIVATE)
			return ST_PRIVATE;
		return run->relation == MI_REL_SAME && run->pte_bits & MI_PTE_DIRTY ? ST_DIRTY
										    : ST_MAPPED;
	case MI_PTE_SWAP:
		return ST_SWAPPED;
	case MI_PTE_UNREADABLE:
	case MI_PTE_UNKNOWN:
		return ST_UNKNOWN;
	case MI_PTE_MARKER:
		return run->swap_offset & MI_MARKER_POISONED ? ST_ERROR : ST_NR;
	default:
		return ST_ERROR;
	}
}

static bool mark_pages(struct map *m, uint64_t pgoff, uint64_t n, unsigned char st)
{
	uint64_t from = pgoff, end = pgoff + n, i;

	/* Pages of a nonlinear mapping come in no order. */
	if (from >= m->end)
		return m->unordered;
	from = from > m->first ? from : m->first;
	end = end < m->end ? end : m->end;
	if (from >= end)
		return true;
	for (i = (from - m->first) >> m->shift; i <= (end - 1 - m->first) >> m->shift; i++)
		if (st < m->cells[i])
			m->cells[i] = st;
	return true;
}

static bool mark(void *arg, const struct mi_run *run)
{
	int pte = pte_state(run), slot = slot_state(run);

	return mark_pages(arg, run->pgoff, run->n, (unsigned char)(pte < slot ? pte : slot));
}

static unsigned char touch_of(const struct mi_prediction *r)
{
	static const unsigned char of[MI_NEXT_KINDS] = {
		[MI_NEXT_NONE] = NX_NONE,
		[MI_NEXT_ACCESS] = NX_MINOR,
		[MI_NEXT_MINOR] = NX_MINOR,
		[MI_NEXT_WAIT] = NX_WAIT,
		[MI_NEXT_MAJOR] = NX_MAJOR,
		[MI_NEXT_ZERO] = NX_ZERO,
		[MI_NEXT_NEW] = NX_NEW,
		/* these are of writes */
		[MI_NEXT_COW] = NX_UNKNOWN,
		[MI_NEXT_REUSE] = NX_UNKNOWN,
		[MI_NEXT_MKWRITE] = NX_UNKNOWN,
		[MI_NEXT_SWAP] = NX_SWAP,
		[MI_NEXT_SWAP_CACHED] = NX_MINOR,
		[MI_NEXT_NUMA] = NX_MINOR,
		[MI_NEXT_HUGETLB] = NX_HUGETLB,
		[MI_NEXT_USERFAULTFD] = NX_USERFAULTFD,
		[MI_NEXT_SIGBUS] = NX_SIGBUS,
		[MI_NEXT_SIGSEGV] = NX_SIGSEGV,
		[MI_NEXT_UNKNOWN] = NX_UNKNOWN,
	};

	return r->has_async ? NX_ASYNC : of[r->what];
}

static bool mark_touch(void *arg, const struct mi_next_run *run)
{
	return mark_pages(arg, run->pgoff, run->n, touch_of(&run->read));
}

/* ---- the frame ---- */

static unsigned int cells_per_line(unsigned int width, FILE *out)
{
	struct winsize ws;
	unsigned int n = CELLS_PER_LINE_MIN;

	if (!width && isatty(fileno(out)) && !ioctl(fileno(out), TIOCGWINSZ, &ws))
		width = ws.ws_col;
	if (!width)
		width = 80;
	while (2 * n + LABEL_WIDTH <= width && n < CELLS_PER_LINE_MAX)
		n *= 2;
	return n;
}

static uint64_t saturating_add(uint64_t a, uint64_t b)
{
	return a > ~0ULL - b ? ~0ULL : a + b;
}

/* From the first page mapped to the last, or the whole file if it is small. */
static void find_range(const struct mi_process *p, size_t file, struct map *m)
{
	uint64_t size = mi_bytes_to_pages(p->files[file].file.size), end;
	size_t i;

	m->first = ~0ULL;
	m->end = 0;
	m->unordered = false;
	for (i = 0; i < p->n_maps; i++) {
		const struct mi_vma *vma = &p->maps[i].vma;

		if (p->maps[i].file != file)
			continue;
		end = saturating_add(vma->pgoff, (vma->end - vma->start) / MI_PAGE_SIZE);
		m->first = vma->pgoff < m->first ? vma->pgoff : m->first;
		m->end = end > m->end ? end : m->end;
		if (!mi_vma_nonlinear(p->k, vma))
			continue;
		/* Any page of the file may be in it. */
		m->unordered = true;
		m->first = 0;
		m->end = size > m->end ? size : m->end;
	}
	if ((size > m->end ? size : m->end) <= (uint64_t)m->per_line * LINES_MAX) {
		m->first = 0;
		m->end = size > m->end ? size : m->end;
	}
}

static enum mi_status frame(const struct mi_process *p, size_t file, struct map *m,
			    struct mi_error *err)
{
	uint64_t cells = (uint64_t)m->per_line * LINES_MAX;

	find_range(p, file, m);
	m->shift = 0;
	for (;;) {
		/* Lines begin at multiples of the pages they hold, so that labels are round. */
		m->first &= ~(((uint64_t)m->per_line << m->shift) - 1);
		if ((m->end - m->first - 1) >> m->shift < cells)
			break;
		m->shift++;
	}
	m->n = (size_t)((m->end - m->first - 1) >> m->shift) + 1;
	m->cells = malloc(m->n);
	if (!m->cells)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	memset(m->cells, m->unmapped, m->n);
	return MI_OK;
}

static enum mi_status fill(struct mi_process *p, size_t file, struct map *m, struct mi_error *err)
{
	enum mi_status st = MI_OK;
	size_t i;

	/* What lies between the mappings has a state in the cache, too. */
	if (p->files[file].cache_known)
		st = mi_file_pages(p, &p->files[file], false, mark, m, err);
	for (i = 0; i < p->n_maps && !st; i++)
		if (p->maps[i].file == file)
			st = mi_mapping_pages(p, &p->maps[i], false, mark, m, err);
	return st;
}

static enum mi_status fill_touches(struct mi_process *p, size_t file, struct map *m,
				   struct mi_error *err)
{
	enum mi_status st = MI_OK;
	size_t i;

	for (i = 0; i < p->n_maps && !st; i++)
		if (p->maps[i].file == file)
			st = mi_next_runs(p, &p->maps[i], mark_touch, m, err);
	return st;
}

/* ---- printing ---- */

static void put_legend(const struct mi_process *p, size_t file, const struct map *m, FILE *out)
{
	const char *path = p->files[file].path;
	bool seen[ST_NR + NX_NR] = {false};
	size_t i;

	for (i = 0; i < m->n; i++)
		seen[m->cells[i]] = true;
	fputc('\n', out);
	mi_put_escaped(out, *path ? path : "?");
	fprintf(out, "%s  (1 char = %llu page%s)\n",
		m->letters == touches ? ": what the next read does" : "", 1ULL << m->shift,
		m->shift ? "s" : "");
	fprintf(out, "%*s", LABEL_WIDTH - 2, "");
	for (i = 0; i < m->unmapped; i++)
		if (seen[i])
			fprintf(out, "  %c %s", m->letters[i].letter, m->letters[i].text);
	if (seen[m->unmapped])
		fputs("  blank: not mapped", out);
	fputc('\n', out);
}

/* All of line @line is absent, unmapped or behind the end; or of no interest as a touch. */
static bool nothing_in(const struct map *m, size_t line)
{
	size_t i, end = (line + 1) * m->per_line;

	for (i = line * m->per_line; i < end && i < m->n; i++)
		if (m->cells[i] < m->dull)
			return false;
	return true;
}

static void put_line(const struct map *m, size_t line, FILE *out)
{
	size_t i = line * m->per_line, end = i + m->per_line;

	end = end < m->n ? end : m->n;
	while (end > i && m->cells[end - 1] == m->unmapped)
		end--;
	fprintf(out, "%*" PRIu64 "%s", LABEL_WIDTH - 1, m->first + ((uint64_t)i << m->shift),
		end > i ? " " : "");
	for (; i < end; i++)
		fputc(m->letters[m->cells[i]].letter, out);
	fputc('\n', out);
}

static void put_lines(const struct map *m, FILE *out)
{
	size_t lines = (m->n + m->per_line - 1) / m->per_line, line, gap;

	for (line = 0; line < lines; line++) {
		for (gap = 0; line + gap < lines && nothing_in(m, line + gap); gap++)
			;
		/* The first line of a gap shows of which kind it is. */
		put_line(m, line, out);
		if (gap >= GAP_MIN) {
			fprintf(out, "%*s\n", LABEL_WIDTH - 1, "...");
			line += gap - 1;
		}
	}
}

static enum mi_status put_map(struct mi_process *p, size_t file, bool next, struct map *m,
			      FILE *out, struct mi_error *err)
{
	enum mi_status st;

	m->letters = next ? touches : states;
	m->unmapped = next ? NX_UNMAPPED : ST_UNMAPPED;
	m->dull = next ? NX_NONE : ST_ABSENT;
	st = frame(p, file, m, err);
	if (st)
		return st;
	st = next ? fill_touches(p, file, m, err) : fill(p, file, m, err);
	if (!st) {
		put_legend(p, file, m, out);
		put_lines(m, out);
	}
	free(m->cells);
	return st;
}

enum mi_status mi_text_maps(struct mi_process *p, unsigned int width, bool next, FILE *out,
			    struct mi_error *err)
{
	struct map m = {.per_line = cells_per_line(width, out)};
	enum mi_status st = MI_OK;
	size_t i;

	for (i = 0; i < p->n_files && !st && !ferror(out); i++) {
		st = put_map(p, i, false, &m, out, err);
		if (!st && next)
			st = put_map(p, i, true, &m, out, err);
	}
	return st;
}
