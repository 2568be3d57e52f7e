/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_ERROR_H
#define MI_TARGET_ERROR_H

#include "../include/mmapinfo.h" /* enum mi_status, struct mi_error: also the callers' */

/*
 * Errors: one type for every layer.
 *
 * A function that can fail returns enum mi_status and takes a caller-owned
 * struct mi_error as its last argument. Nothing is allocated, so reporting
 * an error cannot fail. The innermost function sets the text with mi_fail();
 * callers that know more put their clause in front with mi_fail_in():
 *
 *     reading mm_struct of PID 105: ffff8cf8810a1180 is not in the dump
 *
 * Where a single object of many cannot be read, that is no error but a
 * problem (see kernel/problem.h): it is counted, shown, and the walk goes on.
 */

/* Set the text and return @status. @err may be NULL. */
enum mi_status mi_fail(struct mi_error *err, enum mi_status status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Put "clause: " in front of what is there; returns the status already set. */
enum mi_status mi_fail_in(struct mi_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
