// SPDX-License-Identifier: GPL-2.0-or-later
/* text_history.c - the recorder, and what it kept as a time line, a line for each record */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "escape.h"
#include "history.h"
#include "output.h"

#define NS_PER_S UINT64_C(1000000000)

/* ---- the recorder ---- */

static void put_seconds(uint64_t ns, FILE *out)
{
	fprintf(out, "%" PRIu64 ".%06" PRIu64, ns / NS_PER_S, ns % NS_PER_S / 1000);
}

static void put_wall(uint64_t real, FILE *out)
{
	time_t t = (time_t)(real / NS_PER_S);
	char text[64];
	struct tm tm;

	if (gmtime_r(&t, &tm) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
		fprintf(out, " (%s.%06" PRIu64 " UTC)", text, real % NS_PER_S / 1000);
}

static void put_moment(const struct mi_history *h, const char *what, uint64_t raw, FILE *out)
{
	struct mi_rec_time t = mi_recorder_time(h->rec, raw);

	if (!t.known)
		return;
	fprintf(out, "%s ", what);
	put_seconds(t.mono, out);
	fputs(" s", out);
	if (t.real)
		put_wall(t.real, out);
}

static const char *how_text(enum mi_recorder_how how)
{
	switch (how) {
	case MI_RECORDER_SYMBOL:
		return "by its symbol";
	case MI_RECORDER_MODULE:
		return "by its module's data";
	case MI_RECORDER_SCAN:
		return "by a look at all pages";
	default:
		return "in a file";
	}
}

static void put_counts(const struct mi_recorder *rec, FILE *out)
{
	fprintf(out, "  %" PRIu64 " records; %" PRIu64 " slots were never used", rec->valid,
		rec->never);
	if (rec->torn)
		fprintf(out, ", %" PRIu64 " are torn", rec->torn);
	if (rec->absent)
		fprintf(out, ", %" PRIu64 " lie in pages that are not to be had", rec->absent);
	fputc('\n', out);
	fprintf(out, "  %" PRIu64 " older events were overwritten", rec->overwritten);
	if (rec->lost_nested)
		fprintf(out, "; lost: %" PRIu64 " nested too deep", rec->lost_nested);
	if (rec->lost_torn)
		fprintf(out, "; lost: %" PRIu64 " overtaken while they were written",
			rec->lost_torn);
	if (rec->lost_overload)
		fprintf(out, "; lost: %" PRIu64 " while the brake was on", rec->lost_overload);
	if (rec->filtered)
		fprintf(out, "; %" PRIu64 " not asked for", rec->filtered);
	if (rec->sampled_out)
		fprintf(out, "; %" PRIu64 " minor faults sampled out", rec->sampled_out);
	fputc('\n', out);
}

static void put_hooks(const struct mi_recorder *rec, FILE *out)
{
	size_t i;

	for (i = 0; i < rec->n_hooks; i++) {
		const struct mi_rec_hook *k = &rec->hooks[i];

		if (k->mechanism == MMAPREC_M_ABSENT)
			fprintf(out, "  not recorded: %s: %s\n", k->name,
				*k->reason ? k->reason : "no reason is told");
		else if (k->missed)
			fprintf(out, "  %s missed %" PRIu64 " calls\n", k->name, k->missed);
	}
}

static void put_filter(const struct mmaprec_filter *f, FILE *out)
{
	switch (f->kind) {
	case MMAPREC_F_TGID:
		fprintf(out, "process %llu and its children", f->value);
		break;
	case MMAPREC_F_DEVICE:
		fprintf(out, "device %u:%u", mi_dev_major((uint32_t)f->value),
			mi_dev_minor((uint32_t)f->value));
		break;
	case MMAPREC_F_INODE:
		fprintf(out, "inode %llu of %u:%u", f->value, mi_dev_major((uint32_t)f->value2),
			mi_dev_minor((uint32_t)f->value2));
		break;
	case MMAPREC_F_SAMPLE:
		fprintf(out, "one of %llu minor faults", f->value);
		break;
	case MMAPREC_F_MAJOR_ONLY:
		fputs("major faults only", out);
		break;
	default:
		fprintf(out, "kind %u, %llu, %llu", f->kind, f->value, f->value2);
		break;
	}
}

static void put_filters(const struct mi_recorder *rec, FILE *out)
{
	size_t i;

	if (!rec->n_filters)
		return;
	fputs("  only:", out);
	for (i = 0; i < rec->n_filters; i++) {
		fputs(i ? ", " : " ", out);
		put_filter(&rec->filters[i], out);
	}
	fputc('\n', out);
}

static void put_others(const struct mi_recorder_found *f, FILE *out)
{
	size_t i;

	for (i = 0; i < f->n_others; i++) {
		const char *state = mi_recorder_state(f->others[i].state);

		fprintf(out,
			"  another recorder, %s, of %s, has its directory in page frame %" PRIx64
			"\n",
			state ? state : "of unknown state", f->others[i].release,
			f->others[i].frame);
	}
	if (f->more_others)
		fprintf(out, "  and %" PRIu64 " more\n", f->more_others);
	if (f->refused)
		fprintf(out, "  %" PRIu64 " pages begin as a directory and are none\n", f->refused);
}

void mi_text_recorder(const struct mi_history *h, FILE *out)
{
	const struct mi_recorder *rec = h->rec;
	const char *state = mi_recorder_state(rec->head.state);

	fprintf(out, "RECORDER mmaprec %.32s (format %u.%u) on %.64s, %s, found %s%s\n",
		rec->head.version, rec->head.abi_major, rec->head.abi_minor, rec->head.release,
		state ? state : "in a state that is not known", how_text(h->found.how),
		h->found.second ? ": the second copy of its directory" : "");
	if (rec->head.state == MMAPREC_UNLOADED)
		fputs("  These are the remains of a recorder that was unloaded; pages of its rings "
		      "may be used for something else.\n",
		      out);
	put_counts(rec, out);
	put_filters(rec, out);
	put_hooks(rec, out);
	put_others(&h->found, out);
	put_moment(h, "  first record at", h->first_raw, out);
	put_moment(h, "; end at", h->end_raw, out);
	fputc('\n', out);
}

/* ---- the time line ---- */

static void put_time(const struct mi_happening *e, FILE *out)
{
	char text[48];

	if (e->time.known)
		snprintf(text, sizeof(text), "%" PRIu64 ".%06" PRIu64 "%s", e->time.mono / NS_PER_S,
			 e->time.mono % NS_PER_S / 1000, e->time.extrapolated ? "~" : "");
	else
		snprintf(text, sizeof(text), "raw %" PRIx64, e->r.raw);
	fprintf(out, "%16s", text);
}

static void put_task(const struct mi_happening *e, FILE *out)
{
	if (!e->task_known) {
		fprintf(out, " %9s %-15s", "-", "(interrupt)");
		return;
	}
	fprintf(out, " %9u ", e->tid);
	if (e->comm) {
		char *text = mi_escaped_ascii(e->comm);

		fprintf(out, "%-15s", text ? text : "?");
		free(text);
	} else {
		fprintf(out, "%-15s", "?");
	}
}

static void put_row(const struct mi_history *h, const struct mi_happening *e, FILE *out)
{
	char event[48];
	struct mi_words w;

	w.n = 0;
	*w.text = '\0';
	put_time(e, out);
	fprintf(out, " %3u", e->r.cpu);
	put_task(e, out);
	mi_words_event(&e->r, event, sizeof(event));
	fprintf(out, " %-15s ", event);
	mi_words_happening(h, e, &w);
	mi_put_escaped(out, w.text);
	fputc('\n', out);
}

static void put_title(const struct mi_history_ask *a, FILE *out)
{
	if (a->filter.page && a->page_file)
		fprintf(out, "\nSTORY of page %" PRIu64 " of %s\n", a->page.index, a->page_file);
	else if (a->filter.page)
		fprintf(out, "\nSTORY of the page at %" PRIx64 " of PID %u\n", a->page.address,
			a->page.tgid);
	else
		fputs("\nHISTORY (times: seconds of CLOCK_MONOTONIC)\n", out);
	if (a->skip)
		fprintf(out, "  %" PRIu64 " earlier ones are left out\n", a->skip);
	fprintf(out, "%16s %3s %9s %-15s %-15s %s\n", "TIME", "CPU", "TASK", "COMMAND", "EVENT",
		"WHAT");
}

/* The end of what began just now may be recorded later. */
enum mi_status mi_text_new_history(const struct mi_history_ask *a, FILE *out, struct mi_error *err)
{
	struct mi_history_walk *w = NULL;
	struct mi_happening e;
	uint64_t n = 0;
	enum mi_status st;

	if (a->reader->fresh) {
		mi_text_recorder(a->h, out);
		put_title(a, out);
	}
	if (a->reader->lost)
		fprintf(out,
			"%16s %" PRIu64 " records are lost: they were overwritten before they "
			"could be read\n",
			"-", a->reader->lost);
	if (!a->reader->n)
		return MI_OK;
	st = mi_history_start(a->h, &a->filter, &w, err);
	while (!st && !ferror(out) && !(st = mi_history_next(w, &e, err))) {
		e.open = false;
		if (n++ >= a->skip)
			put_row(a->h, &e, out);
	}
	mi_history_end(w);
	return st == MI_ERR_NOT_FOUND ? MI_OK : st;
}

enum mi_status mi_text_history(const struct mi_history_ask *a, FILE *out, struct mi_error *err)
{
	struct mi_history_walk *w;
	struct mi_happening e;
	bool extrapolated = false;
	uint64_t n = 0;
	enum mi_status st;

	st = mi_history_start(a->h, &a->filter, &w, err);
	if (st)
		return st;
	mi_text_recorder(a->h, out);
	put_title(a, out);
	while (!ferror(out) && !(st = mi_history_next(w, &e, err))) {
		if (n++ < a->skip)
			continue;
		put_row(a->h, &e, out);
		extrapolated |= e.time.extrapolated;
	}
	mi_history_end(w);
	if (st && st != MI_ERR_NOT_FOUND)
		return st;
	fprintf(out, "\n%" PRIu64 " of %" PRIu64 " records\n", n - a->skip, a->h->rec->valid);
	if (extrapolated)
		fputs("~: before the first, or behind the last sample of the clocks: by the rate "
		      "of the two nearest\n",
		      out);
	if (a->h->k) {
		mi_text_not_read(a->h->k, out);
		if (a->ask->sources)
			return mi_text_sources(a->h->k, out, err);
	}
	return MI_OK;
}
