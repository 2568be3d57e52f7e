// SPDX-License-Identifier: GPL-2.0-or-later
/* text_latency.c - histograms of what was recorded, as the tools of BPF show them */
#include <inttypes.h>

#include "escape.h"
#include "history.h"
#include "output.h"

#define BAR 40
#define FILES_SHOWN 10

static void title(const struct mi_history *h, const struct mi_latency *l, struct mi_words *w)
{
	switch (l->what) {
	case MI_LAT_FAULT:
		mi_words_add(w, "%s faults", mi_words_of_set(h, MI_R_FAULT_CLASS, l->key));
		break;
	case MI_LAT_FILE:
		mi_words_add(w, "major faults of ");
		mi_words_history_file(h, l->file, w);
		break;
	case MI_LAT_REQUEST:
	case MI_LAT_QUEUE:
		mi_words_add(w, "%s of ", mi_words_of_set(h, MI_R_OP, l->key));
		mi_words_history_disk(h, l->disk, w);
		mi_words_add(w, l->what == MI_LAT_REQUEST ? ", from issue to completion"
							  : ", from the first bio to completion");
		break;
	case MI_LAT_RECLAIM:
		mi_words_add(w, "reclaim");
		break;
	}
}

static void put_bar(uint64_t n, uint64_t max, FILE *out)
{
	uint64_t len = n * BAR / max, i;

	fputc('|', out);
	for (i = 0; i < BAR; i++)
		fputc(i < len ? '*' : ' ', out);
	fputs("|\n", out);
}

static void put_buckets(const struct mi_latency *l, FILE *out)
{
	unsigned int i, first = 0, last = MI_LATENCY_BUCKETS - 1;
	uint64_t max = 0;

	while (!l->bucket[first])
		first++;
	while (!l->bucket[last])
		last--;
	for (i = first; i <= last; i++)
		if (l->bucket[i] > max)
			max = l->bucket[i];
	fprintf(out, "  %15s    %-15s %10s\n", "NS", "", "COUNT");
	for (i = first; i <= last; i++) {
		fprintf(out, "  %15llu -> %-15llu %10" PRIu64 " ", i ? 1ULL << i : 0ULL,
			(1ULL << (i + 1)) - 1, l->bucket[i]);
		put_bar(l->bucket[i], max, out);
	}
}

static void put_one(const struct mi_history *h, const struct mi_latency *l, FILE *out)
{
	struct mi_words w = {0};

	title(h, l, &w);
	fputc('\n', out);
	mi_put_escaped(out, w.text);
	w.n = 0;
	mi_words_add(&w, ": %" PRIu64 ", mean ", l->n);
	mi_words_duration(&w, l->sum / l->n);
	mi_words_add(&w, ", longest ");
	mi_words_duration(&w, l->max);
	fprintf(out, "%s\n", w.text);
	put_buckets(l, out);
}

enum mi_status mi_text_latency(const struct mi_history_ask *a, FILE *out, struct mi_error *err)
{
	struct mi_latencies l;
	enum mi_status st = mi_history_latency(a->h, &a->filter, &l, err);
	size_t i, files = 0;

	if (st)
		return st;
	mi_text_recorder(a->h, out);
	fputs("\nLATENCY\n", out);
	for (i = 0; i < l.n; i++) {
		files += l.list[i].what == MI_LAT_FILE;
		if (l.list[i].what != MI_LAT_FILE || files <= FILES_SHOWN)
			put_one(a->h, &l.list[i], out);
	}
	if (files > FILES_SHOWN)
		fprintf(out, "\nand %zu more files, with less time in major faults\n",
			files - FILES_SHOWN);
	if (!l.n)
		fputs("nothing that ended is recorded\n", out);
	if (l.unknown)
		fprintf(out, "\n%" PRIu64 " ended whose begin is not recorded\n", l.unknown);
	mi_history_latency_free(&l);
	if (!a->h->k)
		return MI_OK;
	mi_text_not_read(a->h->k, out);
	return a->ask->sources ? mi_text_sources(a->h->k, out, err) : MI_OK;
}
