/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_OUTPUT_HISTORY_H
#define MI_OUTPUT_HISTORY_H

#include "../inspect/history.h"
#include "json_writer.h"
#include "words_blocked.h"

/*
 * Recorded history as text, as JSON, and as a trace that viewers open.
 *
 * history_options.c makes a filter of a request, words_history.c has the words, and
 * run_history.c the way from a request to its answer.
 */

struct mi_history_ask {
	struct mi_history *h;
	const struct mi_request *ask;
	struct mi_history_filter filter;
	struct mi_history_page page; /* filter.page points to it, or is NULL */
	char *page_file;
	uint64_t skip; /* of what passes: a limit leaves the last */
	/* Only what is new of a recorder that runs; NULL: all. */
	const struct mi_history_reader *reader;
};

/* @p: the process of a story of an address; NULL: none is asked for. */
enum mi_status mi_history_ask(struct mi_history *h, const struct mi_request *ask,
			      const struct mi_process *p, struct mi_history_ask *ret,
			      struct mi_error *err);
void mi_history_ask_free(struct mi_history_ask *a);

/* run_history.c. @k: NULL: of a file alone. */
enum mi_status mi_run_history(struct mi_kernel *k, const struct mi_request *ask, FILE *out,
			      struct mi_error *err);

/* The choice that @ask makes; a page of a process is looked for in @k. */
enum mi_status mi_history_run_ask(struct mi_kernel *k, struct mi_history *h,
				  const struct mi_request *ask, struct mi_history_ask *ret,
				  struct mi_error *err);
/* What a question about history needs of @k, which is read anew. */
void mi_history_prepare(struct mi_kernel *k);

/* text_history.c, text_latency.c, json_history.c, perfetto.c */
enum mi_status mi_text_history(const struct mi_history_ask *a, FILE *out, struct mi_error *err);
/* What is new: with the head if the recorder is, then rows. */
enum mi_status mi_text_new_history(const struct mi_history_ask *a, FILE *out, struct mi_error *err);
enum mi_status mi_text_latency(const struct mi_history_ask *a, FILE *out, struct mi_error *err);
enum mi_status mi_json_history(const struct mi_history_ask *a, FILE *out, struct mi_error *err);
enum mi_status mi_perfetto(const struct mi_history_ask *a, FILE *out, struct mi_error *err);
/* The recorder itself: state, what was lost, hooks that are not attached. */
void mi_text_recorder(const struct mi_history *h, FILE *out);
void mi_json_recorder(struct mi_json *w, const char *key, const struct mi_history *h);

/* ---- words_history.c ---- */

/* "page 300 of /data/db": what happened, but not when and by whom. */
void mi_words_happening(const struct mi_history *h, const struct mi_happening *e,
			struct mi_words *w);
/* "/data/db", "254:1 inode 131" */
void mi_words_history_file(const struct mi_history *h, size_t file, struct mi_words *w);
/* "vda", "254:0" */
void mi_words_history_disk(const struct mi_history *h, uint32_t dev, struct mi_words *w);
/* "1.234 ms", "12.000 s", "850 ns" */
void mi_words_duration(struct mi_words *w, uint64_t ns);
/* "fault_end", "event 4711" */
void mi_words_event(const struct mi_record *r, char *buf, size_t size);
/* The name of a value of a field that is known by name; "?" if it has none. */
const char *mi_words_value(const struct mi_history *h, const struct mi_record *r,
			   enum mi_rec_known f);

/* The name of a value in the set that a field has, in whatever event has it. */
const char *mi_words_of_set(const struct mi_history *h, enum mi_rec_known field, uint64_t v);

/* ---- parts of other answers ---- */

/* text_history_state.c: the last faults of each mapping; what was recorded of a stuck task. */
enum mi_status mi_text_mapping_history(const struct mi_process *p, const struct mi_history *h,
				       const struct mi_mapping_history *list, FILE *out,
				       struct mi_error *err);
void mi_words_stuck_history(const struct mi_history *h, const struct mi_stuck_history *s,
			    size_t line, struct mi_words *w);
void mi_json_mapping_history(struct mi_json *w, const struct mi_history *h,
			     const struct mi_mapping_history *m);
void mi_json_stuck_history(struct mi_json *w, const struct mi_history *h,
			   const struct mi_stuck_history *s);

#endif
