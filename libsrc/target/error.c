// SPDX-License-Identifier: GPL-2.0-or-later
/* error.c - setting and extending error texts; the contract is in error.h */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "error.h"

enum mi_status mi_fail(struct mi_error *err, enum mi_status status, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return status;
	err->status = status;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return status;
}

enum mi_status mi_fail_in(struct mi_error *err, const char *fmt, ...)
{
	char clause[sizeof(err->text)];
	size_t n, left;
	va_list ap;

	if (!err)
		return MI_ERR_INVALID;
	va_start(ap, fmt);
	vsnprintf(clause, sizeof(clause) - 2, fmt, ap);
	va_end(ap);
	n = strlen(clause);
	memcpy(clause + n, ": ", 2);
	n += 2;
	/* What does not fit is cut at the end: the clauses in front say where it was. */
	left = sizeof(err->text) - n - 1;
	memmove(err->text + n, err->text, left);
	err->text[sizeof(err->text) - 1] = '\0';
	memcpy(err->text, clause, n);
	return err->status;
}
