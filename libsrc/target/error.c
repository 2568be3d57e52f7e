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
	char old[sizeof(err->text)];
	va_list ap;
	int n;

	if (!err)
		return MI_ERR_INVALID;
	memcpy(old, err->text, sizeof(old));
	va_start(ap, fmt);
	n = vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(err->text))
		snprintf(err->text + n, sizeof(err->text) - (size_t)n, ": %s", old);
	return err->status;
}
