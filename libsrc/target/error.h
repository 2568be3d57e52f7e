/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_ERROR_H
#define MI_TARGET_ERROR_H

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

enum mi_status {
	MI_OK = 0,
	MI_ERR_NOMEM,	    /* out of memory, or a bound on memory was reached */
	MI_ERR_IO,	    /* a file of this machine: cannot open, read, write */
	MI_ERR_FORMAT,	    /* the file is not what it should be, or is damaged */
	MI_ERR_READ,	    /* memory of the target could not be read */
	MI_ERR_MISSING,	    /* symbol, type or member unknown: feature off */
	MI_ERR_NOT_FOUND,   /* the thing asked for does not exist in the target */
	MI_ERR_STATE,	    /* it exists, but is in a state without an answer */
	MI_ERR_MISMATCH,    /* vmlinux and dump do not belong together */
	MI_ERR_UNSUPPORTED, /* known, and not supported: architecture, format */
	MI_ERR_INVALID,	    /* the caller asked for nonsense */
	MI_ERR_INTERRUPTED, /* the user said stop */
};

struct mi_error {
	enum mi_status status;
	char text[640]; /* no newline, no final full stop; cut if too long */
};

/* Set the text and return @status. @err may be NULL. */
enum mi_status mi_fail(struct mi_error *err, enum mi_status status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Put "clause: " in front of what is there; returns the status already set. */
enum mi_status mi_fail_in(struct mi_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
