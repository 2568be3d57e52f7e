// SPDX-License-Identifier: GPL-2.0-or-later
/* text_readahead.c - readahead of the open files, a few lines for each that has something to say */
#include <inttypes.h>

#include "escape.h"
#include "output.h"

#define NOTABLE_MISSES (MI_RA_MISSES / 2)

static bool plain(const struct mi_next_miss *next)
{
	return next->kind == MI_MISS_AROUND || next->kind == MI_MISS_CODE;
}

/* Anything but a window that was read as a whole and plain read-around. */
static bool notable(const struct mi_process *p, size_t i)
{
	const struct mi_open_file *o = &p->open_files[i];
	size_t m;

	if (o->ra.why || o->ra.wrong || o->window.uptodate < o->window.pages || o->ra.random ||
	    o->ra.mmap_miss >= NOTABLE_MISSES ||
	    (o->bdi.known && o->bdi.ra_pages != o->ra.ra_pages))
		return true;
	for (m = 0; m < p->n_maps; m++)
		if (p->maps[m].has_readahead && p->maps[m].open_file == i &&
		    !plain(&p->maps[m].next))
			return true;
	return false;
}

static void part(FILE *out, const char **sep, uint64_t n, const char *what)
{
	if (!n)
		return;
	fprintf(out, "%s%" PRIu64 " %s", *sep, n, what);
	*sep = ", ";
}

static void put_markers(const struct mi_open_file *o, FILE *out)
{
	const struct mi_ra_window *w = &o->window;
	const char *sep = "; marker at ";
	uint64_t i, expected;

	if (w->n_markers) {
		for (i = 0; i < w->n_markers && i < MI_RA_MARKERS; i++, sep = ", ")
			fprintf(out, "%s%" PRIu64, sep, w->markers[i]);
		if (w->n_markers > MI_RA_MARKERS)
			fputs(", ...", out);
	} else if (mi_readahead_marker(&o->ra, &expected)) {
		fprintf(out, "; no marker (was for %" PRIu64 ")", expected);
	}
}

static void put_window(const struct mi_open_file *o, FILE *out)
{
	const struct mi_readahead *ra = &o->ra;
	const struct mi_ra_window *w = &o->window;
	const char *sep = ": ";

	if (!ra->size) {
		fputs("  no window yet", out);
		return;
	}
	if (w->startless) {
		fprintf(out,
			"  window of %u pages, huge ones: the kernel keeps not where it begins",
			ra->size);
		return;
	}
	fprintf(out, "  window %" PRIu64 "-%" PRIu64 " (%u page%s)", ra->start,
		ra->start + ra->size - 1, ra->size, ra->size == 1 ? "" : "s");
	part(out, &sep, w->uptodate, "cached");
	part(out, &sep, w->reading, "being read");
	part(out, &sep, w->not_uptodate, "not uptodate");
	part(out, &sep, w->evicted, "evicted");
	part(out, &sep, w->absent, "absent");
	part(out, &sep, w->unknown, "not known");
	part(out, &sep, ra->size - w->pages, "beyond EOF");
	put_markers(o, out);
}

static void put_limits(const struct mi_open_file *o, FILE *out)
{
	fprintf(out, "; misses %u of %u; limit %u", o->ra.mmap_miss, MI_RA_MISSES, o->ra.ra_pages);
	if (o->bdi.known && o->bdi.ra_pages != o->ra.ra_pages)
		fprintf(out, ", %" PRIu64 " for who opens it now", o->bdi.ra_pages);
	if (o->ra.random)
		fputs("; POSIX_FADV_RANDOM, which faults do not heed", out);
	fputc('\n', out);
}

static bool same_next(const struct mi_next_miss *a, const struct mi_next_miss *b)
{
	return a->kind == b->kind && a->why == b->why && a->pages == b->pages;
}

/* Once for all mappings of the open file, or for each stretch of them that differ. */
static void put_next(const struct mi_process *p, size_t i, FILE *out)
{
	const struct mi_open_file *o = &p->open_files[i];
	const struct mi_mapping *last = NULL;
	char text[200];
	bool several = false;
	size_t m;

	for (m = 0; m < p->n_maps; m++) {
		const struct mi_mapping *map = &p->maps[m];

		if (!map->has_readahead || map->open_file != i)
			continue;
		several |= last && !same_next(&map->next, &last->next);
		last = map;
	}
	last = NULL;
	for (m = 0; m < p->n_maps; m++) {
		const struct mi_mapping *map = &p->maps[m];

		if (!map->has_readahead || map->open_file != i ||
		    (last && same_next(&map->next, &last->next)))
			continue;
		mi_miss_text(&map->next, &o->ra, text, sizeof(text));
		if (several)
			fprintf(out, "  next miss from %" PRIx64 " on: %s\n", map->vma.start, text);
		else
			fprintf(out, "  next miss: %s\n", text);
		last = map;
	}
}

static void put_open_file(const struct mi_process *p, size_t i, FILE *out)
{
	const struct mi_open_file *o = &p->open_files[i];
	const char *path = p->files[o->file].path;

	mi_put_escaped(out, *path ? path : "?");
	fputc('\n', out);
	if (o->ra.why || o->ra.wrong) {
		fprintf(out, "  %s%s\n", o->ra.wrong ? "implausible: " : "",
			o->ra.wrong ? o->ra.wrong : mi_read_text(o->ra.why));
		return;
	}
	put_window(o, out);
	put_limits(o, out);
	put_next(p, i, out);
}

void mi_text_readahead(const struct mi_process *p, bool all, FILE *out)
{
	bool head = false;
	size_t i;

	for (i = 0; i < p->n_open_files; i++) {
		if (!all && !notable(p, i))
			continue;
		if (!head)
			fputs("\nREADAHEAD (of open files; in pages)\n", out);
		head = true;
		put_open_file(p, i, out);
	}
}
