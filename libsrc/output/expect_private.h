/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_OUTPUT_EXPECT_PRIVATE_H
#define MI_OUTPUT_EXPECT_PRIVATE_H

#include <jq.h>
#include <string.h>

#include "expect.h"
#include "output.h"

/* Shared by expect_file.c, expect_doc.c, expect_value.c, expect_run.c. */

/* Which document. */
struct mi_source_of_document {
	const struct mi_check *c; /* about the check; of its kernel */
	enum mi_about about;
	const struct mi_task *task; /* about a process */
	unsigned int with;
};

/* Text of a document: more is refused. libjq keeps about ten times as much. */
#define MI_DOCUMENT_MAX (256ULL << 20)

/*
 * expect_doc.c: the document into *@ret, which is the caller's. What fails, fails as the command
 * would; MI_ERR_UNSUPPORTED: it is too large.
 */
enum mi_status mi_expect_document(const struct mi_source_of_document *from, jv *ret,
				  struct mi_error *err);

/*
 * expect_value.c: an output of @e's program, about @task or NULL, is a finding or none. @value is
 * freed. MI_ERR_NOMEM.
 */
enum mi_status mi_expect_output(struct mi_expect *e, jv value, const struct mi_task *task,
				struct mi_error *err);
/* @e cannot be applied; the first reason stays. */
enum mi_status mi_expect_cannot(struct mi_expect *e, const struct mi_task *task, const char *why,
				struct mi_error *err);
/* What is found from now on must have been found before, too. */
void mi_expect_look_again(struct mi_expect *e);
void mi_expect_forget(struct mi_expect *e);

/* A string that can be one of C's. */
static inline bool mi_jv_is_text(jv v)
{
	return jv_get_kind(v) == JV_KIND_STRING &&
	       strlen(jv_string_value(v)) == (size_t)jv_string_length_bytes(jv_copy(v));
}

#endif
