/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_OUTPUT_SESSION_H
#define MI_OUTPUT_SESSION_H

#include "../kernel/kernel.h"

/* Of the public interface, what its parts need of each other. */

struct mi_kernel *mi_session_kernel(struct mi_session *s);

/* A caller's request, whose structure may be older or newer than ours. */
enum mi_status mi_request_take(struct mi_request *ret, const struct mi_request *req,
			       struct mi_error *err);

/* @ask's PID becomes one of the initial namespace. */
enum mi_status mi_request_translate(struct mi_kernel *k, struct mi_request *ask,
				    struct mi_error *err);

/* The end of an answer that came to @st: flushed, and what could not be written is an error. */
enum mi_status mi_answer_written(FILE *out, enum mi_status st, struct mi_error *err);

#endif
