// SPDX-License-Identifier: GPL-2.0-or-later
/* escape.c - bytes from the kernel, made fit for a terminal */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"

static bool is_tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

size_t mi_utf8_length(const char *s)
{
	const unsigned char *c = (const unsigned char *)s;

	/* Every test fails on the final NUL, so nothing behind it is read. */
	if (c[0] < 0x80)
		return 1;
	if (c[0] >= 0xc2 && c[0] <= 0xdf)
		return is_tail(c[1]) ? 2 : 0;
	if (c[0] >= 0xe0 && c[0] <= 0xef) {
		if (!is_tail(c[1]) || !is_tail(c[2]) || (c[0] == 0xe0 && c[1] < 0xa0) ||
		    (c[0] == 0xed && c[1] > 0x9f))
			return 0;
		return 3;
	}
	if (c[0] >= 0xf0 && c[0] <= 0xf4) {
		if (!is_tail(c[1]) || !is_tail(c[2]) || !is_tail(c[3]) ||
		    (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f))
			return 0;
		return 4;
	}
	return 0;
}

/* How many bytes at @s can stay as they are; 0: the first must be escaped. */
static size_t plain_length(const char *s)
{
	unsigned char c = (unsigned char)s[0];
	size_t n = mi_utf8_length(s);

	if (c < 0x20 || c == 0x7f || c == '\\')
		return 0;
	if (c == 0xc2 && n == 2 && (unsigned char)s[1] < 0xa0) /* C1: U+0080 to U+009F */
		return 0;
	return n;
}

/* One step: the next character of *s into @buf; returns its length. */
static size_t escape_one(const char **s, bool ascii, char buf[5])
{
	size_t n = plain_length(*s);

	if (n == 1 || (n && !ascii)) {
		memcpy(buf, *s, n);
		*s += n;
		return n;
	}
	snprintf(buf, 5, "\\%03o", (unsigned char)**s);
	*s += 1;
	return 4;
}

void mi_put_escaped_bytes(FILE *out, const char *s, size_t n)
{
	const char *end = s + n;
	char buf[5];

	while (s < end) {
		n = escape_one(&s, false, buf);
		fwrite(buf, 1, n, out);
	}
}

void mi_put_escaped(FILE *out, const char *s)
{
	mi_put_escaped_bytes(out, s, strlen(s));
}

char *mi_escaped_ascii(const char *s)
{
	char *text = malloc(4 * strlen(s) + 5);
	char *to = text;

	while (text && *s)
		to += escape_one(&s, true, to);
	if (text)
		*to = '\0';
	return text;
}
