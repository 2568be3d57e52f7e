/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_OUTPUT_EXPECT_H
#define MI_OUTPUT_EXPECT_H

#include "../inspect/check.h"

/*
 * A user's own conditions, in jq's language, over the documents that --json prints:
 * docs/checks/expectations.md. What they find is shown behind what the rules found.
 *
 *	mi_expects_new(text, false, &set, &err);
 *	mi_expects_run(set, c, &err);
 *	... set->list[i].found ...
 *	mi_expects_free(set);
 *
 * What is libjq's stays in expect_file.c, expect_doc.c, expect_value.c and expect_run.c.
 */

/* What an expectation is about: the document that its program gets. */
enum mi_about {
	MI_ABOUT_PROCESS, /* one document for each process with memory */
	MI_ABOUT_PROCESSES,
	MI_ABOUT_REQUESTS,
	MI_ABOUT_BLOCKED,
	MI_ABOUT_CHECK,
	MI_ABOUT_NR,
};

/* Of the documents of processes: options of the same name. */
#define MI_WITH_PAGES 1U
#define MI_WITH_STACK 2U
#define MI_WITH_PREFAULT 4U
#define MI_WITH_NEXT 8U
#define MI_WITH_NR 4

enum mi_scalar {
	MI_SCALAR_NULL,
	MI_SCALAR_FALSE,
	MI_SCALAR_TRUE,
	MI_SCALAR_NUMBER,
	MI_SCALAR_STRING,
};

/* A value that goes with a finding. */
struct mi_detail {
	char *name;
	enum mi_scalar kind;
	char *text; /* as JSON has it, but a string without quotes */
};

#define MI_DETAILS_MAX 16
/* Bytes of a finding's text, and of a value; what is longer is cut, and ends in "...". */
#define MI_UNMET_TEXT 1000

struct mi_unmet {
	char *text;
	struct mi_task task;			  /* about a process; else addr is 0 */
	struct mi_detail details[MI_DETAILS_MAX]; /* by name; what is more is left out */
	size_t n_details;
};

/* Of a running kernel, a finding that a second look must confirm. */
struct mi_marks {
	uint64_t *list;
	size_t n, room;
};

struct mi_expect {
	char *name, *message;
	enum mi_severity severity;
	enum mi_about about;
	unsigned int with; /* MI_WITH_* */
	bool finds;	   /* its outputs are findings; else what must be true */
	char *program;
	struct jq_state *jq; /* the program, compiled; NULL: it could not be applied */

	/* What came of it. */
	uint64_t documents, incomplete; /* that were judged; of these, not complete */
	uint64_t count;			/* findings */
	struct mi_unmet *found;		/* the first MI_FOUND_MAX of them */
	size_t n_found;
	char *why_not; /* NULL: it could be applied, to all documents */
	struct mi_marks marks, confirmed;
};

struct mi_expects {
	struct mi_expect *list;
	size_t n;
};

#define MI_EXPECTS_MAX 256
#define MI_EXPECT_TEXT_MAX (1U << 20)
/* Who finds more than that says something else than what it should. */
#define MI_UNMET_MAX (1U << 20)

/*
 * expect_file.c: a file's text into *ret, which is the caller's. MI_ERR_FORMAT, with the
 * expectation and why: not JSON, other members than there are, a program that does not compile.
 * @errors_only: warnings are looked at, and left out.
 */
enum mi_status mi_expects_new(const char *text, bool errors_only, struct mi_expects **ret,
			      struct mi_error *err);
/* @set may be NULL. */
void mi_expects_free(struct mi_expects *set);
/* "process", "requests"; "pages", "stack" of the bit MI_WITH_* number @bit. */
const char *mi_about_word(enum mi_about about);
const char *mi_with_word(unsigned int bit);

/*
 * expect_run.c: apply all to @c's kernel. @c: what the rules of the same request found. Of a
 * running kernel it looks twice; what is not found both times is forgotten. MI_OK, whatever was
 * found.
 */
enum mi_status mi_expects_run(struct mi_expects *set, const struct mi_check *c,
			      struct mi_error *err);
/* Findings of all of them. @set may be NULL: none. */
uint64_t mi_expects_count(const struct mi_expects *set, enum mi_severity severity);

#endif
