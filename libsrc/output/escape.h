/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_OUTPUT_ESCAPE_H
#define MI_OUTPUT_ESCAPE_H

#include <stddef.h>
#include <stdio.h>

/*
 * Names from a kernel are bytes: a file name may hold a newline or an escape
 * sequence for the terminal, and need not be UTF-8.
 */

/*
 * Bytes of the valid UTF-8 sequence at @s (not empty), or 0 if there is none.
 * No overlong forms, no surrogates, nothing above U+10FFFF.
 */
size_t mi_utf8_length(const char *s);

/*
 * For text: UTF-8 stays; control characters (C0, DEL, C1), bytes that are not
 * UTF-8 and the backslash become \ooo, three octal digits for each byte.
 */
void mi_put_escaped(FILE *out, const char *s);

/* The same of @n bytes, of which some may be NUL; behind them there is a NUL or a newline. */
void mi_put_escaped_bytes(FILE *out, const char *s, size_t n);

/* The same with nothing but ASCII left as it is. malloc'd; NULL: out of memory. */
char *mi_escaped_ascii(const char *s);

#endif
