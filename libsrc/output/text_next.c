// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * text_next.c - what the next touches of the mappings would do, and what it costs to touch all
 *
 * Rows go out as they come: columns have fixed widths, and nothing is kept. Pages that do the
 * same share a row though what they read begins elsewhere, or is more or less of it: that is
 * told as a range.
 */
#include <inttypes.h>

#include "../inspect/predict.h"
#include "output.h"

#define DEED_SIZE 160
#define DEED_WIDTH 44

/* A row: pages whose touches do the same. */
struct row {
	FILE *out;
	struct mi_next_run first;
	uint64_t n;
	struct range {
		uint64_t least, most;
	} read, mapped[2]; /* pages that are read, pages that a read and a write map */
};

/* ---- words ---- */

static const char *deed_word(const struct mi_prediction *r)
{
	static const char *const words[MI_NEXT_KINDS] = {
		[MI_NEXT_NONE] = "-",
		[MI_NEXT_ACCESS] = "marked as used",
		[MI_NEXT_MINOR] = "from the cache",
		[MI_NEXT_WAIT] = "waits",
		[MI_NEXT_MAJOR] = "",
		[MI_NEXT_ZERO] = "zero page",
		[MI_NEXT_NEW] = "new page",
		[MI_NEXT_COW] = "private copy",
		[MI_NEXT_REUSE] = "made writable in its place",
		[MI_NEXT_MKWRITE] = "made writable",
		[MI_NEXT_SWAP] = "swap-in",
		[MI_NEXT_SWAP_CACHED] = "from the swap cache",
		[MI_NEXT_NUMA] = "NUMA hint",
		[MI_NEXT_HUGETLB] = "hugetlbfs",
		[MI_NEXT_USERFAULTFD] = "asks userfaultfd",
		[MI_NEXT_SIGBUS] = "SIGBUS",
		[MI_NEXT_SIGSEGV] = "SIGSEGV",
		[MI_NEXT_UNKNOWN] = "?",
	};

	return words[r->what];
}

static const char *window_word(const struct mi_prediction *r)
{
	switch (r->kind) {
	case MI_MISS_AROUND:
		return "read-around";
	case MI_MISS_SEQUENTIAL:
		return "sequential";
	case MI_MISS_CODE:
		return "code";
	case MI_MISS_HUGE:
		return "huge pages";
	case MI_MISS_UNKNOWN:
		return "how many cannot be told";
	default:
		return r->kind_why ? r->kind_why : "alone";
	}
}

static size_t put_range(char *buf, size_t size, const struct range *n)
{
	int len = n->least == n->most
			  ? snprintf(buf, size, "%" PRIu64, n->most)
			  : snprintf(buf, size, "%" PRIu64 "-%" PRIu64, n->least, n->most);

	return len < 0 || (size_t)len >= size ? size - 1 : (size_t)len;
}

/* "reads 16-32 pages (read-around)" */
static void put_read(char *buf, size_t size, const struct mi_prediction *r,
		     const struct range *read)
{
	char n[48];

	if (r->kind == MI_MISS_UNKNOWN) {
		snprintf(buf, size, "reads pages: %s", window_word(r));
		return;
	}
	put_range(n, sizeof(n), read);
	snprintf(buf, size, "reads %s page%s (%s)", n, read->most == 1 ? "" : "s", window_word(r));
}

/* Words that the rule adds to what the deed says. */
static const char *rule_word(const struct mi_prediction *r)
{
	static const struct {
		const char *rule, *word;
	} words[] = {
		{"read-in-flight", "a read is in flight"},
		{"locked", "somebody has it locked"},
		{"migration", "it is being moved"},
		{"not-uptodate", "a read has failed"},
		{"zero-page", "in the place of the zero page"},
		{"page-mkwrite", "page_mkwrite"},
		{"beyond-eof", "beyond the end of the file"},
		{"hwpoison", "memory failure"},
		{"poisoned", "memory failure"},
		{"guard", "guard page"},
		{"read-only", "the mapping is read-only"},
		{"no-access", "the mapping allows nothing"},
		{"no-handler", "nobody handles its faults"},
		{"ksm", "the page is merged"},
		{"shared", "others map it"},
		{"referenced", "others have references"},
		{"hole", "a hole"},
	};
	size_t i;

	if (r->what == MI_NEXT_UNKNOWN)
		return r->why;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i].rule, r->rule))
			return words[i].word;
	return NULL;
}

static void add(char *buf, const char *sep, const char *text)
{
	size_t n = strlen(buf);

	snprintf(buf + n, DEED_SIZE - n, "%s%s", n ? sep : "", text);
}

static void put_deed(const struct row *row, const struct mi_prediction *r, bool is_write,
		     char buf[DEED_SIZE])
{
	char part[DEED_SIZE], n[48];
	const char *rule = rule_word(r);

	buf[0] = '\0';
	if (r->counted && (r->major || r->minor))
		snprintf(buf, DEED_SIZE, "%s", r->major ? "major" : "minor");
	add(buf, ": ", deed_word(r));
	if (r->has_window) {
		put_read(part, sizeof(part), r, &row->read);
		add(buf, r->what == MI_NEXT_MAJOR ? "" : ", ", part);
	}
	if (rule)
		add(buf, r->what == MI_NEXT_WAIT || r->what == MI_NEXT_UNKNOWN ? ": " : ", ", rule);
	if (r->has_async) {
		snprintf(part, sizeof(part), "reads ahead %" PRIu64 " pages from %" PRIu64,
			 r->async_pages, r->async_start);
		add(buf, ", ", part);
	}
	if (row->mapped[is_write].most > 1) {
		put_range(n, sizeof(n), &row->mapped[is_write]);
		snprintf(part, sizeof(part), "maps %s", n);
		add(buf, ", ", part);
	}
}

/* ---- rows ---- */

static bool same_deed(const struct mi_prediction *a, const struct mi_prediction *b)
{
	return a->what == b->what && a->rule == b->rule && a->why == b->why &&
	       a->counted == b->counted && a->minor == b->minor && a->major == b->major &&
	       a->has_window == b->has_window && a->kind == b->kind && a->kind_why == b->kind_why &&
	       a->has_async == b->has_async && (!a->has_async || a->async_start == b->async_start);
}

static void widen(struct range *r, uint64_t n, bool first)
{
	if (first || n < r->least)
		r->least = n;
	if (first || n > r->most)
		r->most = n;
}

static void flush(struct row *row)
{
	char read[DEED_SIZE], write[DEED_SIZE];

	if (!row->n)
		return;
	put_deed(row, &row->first.read, false, read);
	put_deed(row, &row->first.write, true, write);
	fprintf(row->out, "%16" PRIx64 " %10" PRIu64 " %8" PRIu64 "  %-*s  %s\n", row->first.va,
		row->first.pgoff, row->n, DEED_WIDTH, read, write);
	row->n = 0;
}

static bool take_run(void *arg, const struct mi_next_run *run)
{
	struct row *row = arg;
	const struct mi_prediction *window = run->read.has_window ? &run->read : &run->write;
	bool first = !row->n || !same_deed(&row->first.read, &run->read) ||
		     !same_deed(&row->first.write, &run->write);

	if (first) {
		flush(row);
		row->first = *run;
	}
	widen(&row->read, window->read, first);
	widen(&row->mapped[0], run->read.mapped, first);
	widen(&row->mapped[1], run->write.mapped, first);
	row->n += run->n;
	return !ferror(row->out);
}

/* ---- totals ---- */

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void put_reads(const struct mi_next_totals *t, FILE *out)
{
	if (t->reads)
		fprintf(out, ", %" PRIu64 " KiB read in %" PRIu64 " read%s", t->bytes_read / 1024,
			t->reads, plural(t->reads));
}

static void put_totals(const char *how, const struct mi_next_totals *t, FILE *out)
{
	fprintf(out, "  %s all of it: %" PRIu64 " major fault%s, %" PRIu64 " minor fault%s", how,
		t->major, plural(t->major), t->minor, plural(t->minor));
	put_reads(t, out);
	if (t->sigbus)
		fprintf(out, ", SIGBUS on %" PRIu64 " page%s", t->sigbus, plural(t->sigbus));
	if (t->sigsegv)
		fprintf(out, ", SIGSEGV on %" PRIu64 " page%s", t->sigsegv, plural(t->sigsegv));
	if (t->unknown)
		fprintf(out, "; not told: %" PRIu64 " page%s", t->unknown, plural(t->unknown));
	fputc('\n', out);
}

static void put_costs(const struct mi_next_costs *costs, uint64_t pages, FILE *out)
{
	put_totals("reading", &costs->read, out);
	if (costs->write.sigsegv < pages)
		put_totals("writing", &costs->write, out);
}

/* ---- mappings ---- */

static void put_title(const struct mi_mapping *m, FILE *out)
{
	mi_text_title(m, out);
	fprintf(out, "  %" PRIu64 " page%s\n", m->totals.pages, plural(m->totals.pages));
	fprintf(out, "%16s %10s %8s  %-*s  %s\n", "VA", "PGOFF", "PAGES", DEED_WIDTH, "NEXT READ",
		"NEXT WRITE");
}

enum mi_status mi_text_next(struct mi_process *p, FILE *out, struct mi_error *err)
{
	struct mi_next_costs costs;
	enum mi_status st = MI_OK;
	size_t i;

	fputs("\nNEXT TOUCH (of each page by itself; \"major\" and \"minor\" as the kernel counts "
	      "faults)\n",
	      out);
	for (i = 0; i < p->n_maps && !st && !ferror(out); i++) {
		const struct mi_mapping *m = &p->maps[i];
		struct row row = {.out = out};

		put_title(m, out);
		st = mi_next_runs(p, m, take_run, &row, err);
		flush(&row);
		if (!st)
			st = mi_next_count(p, m, &costs, err);
		if (!st)
			put_costs(&costs, m->totals.pages, out);
	}
	return st;
}
