/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_OUTPUT_JSON_WRITER_H
#define MI_OUTPUT_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../target/error.h"

/*
 * Writes JSON as it comes, through yajl; nothing is kept in memory. The key of
 * a member comes first; inside an array it is NULL.
 *
 * Layout: one member a line, two blanks deeper for each level, but a structure
 * opened with a function named line stands on one line: a page, a thread.
 */
struct mi_json;

enum mi_status mi_json_new(FILE *out, struct mi_json **ret, struct mi_error *err);
/* Ends the document with a newline. MI_ERR_INVALID: it was not put together right. */
enum mi_status mi_json_end(struct mi_json *w, struct mi_error *err);

void mi_json_object(struct mi_json *w, const char *key);
void mi_json_line_object(struct mi_json *w, const char *key);
void mi_json_object_end(struct mi_json *w);
void mi_json_line_array(struct mi_json *w, const char *key);
void mi_json_array(struct mi_json *w, const char *key);
void mi_json_array_end(struct mi_json *w);

void mi_json_u64(struct mi_json *w, const char *key, uint64_t v);
void mi_json_i64(struct mi_json *w, const char *key, int64_t v);
void mi_json_bool(struct mi_json *w, const char *key, bool v);
void mi_json_null(struct mi_json *w, const char *key);
/* A number as JSON has it, "-1.5e+300". */
void mi_json_digits(struct mi_json *w, const char *key, const char *digits);
void mi_json_hex(struct mi_json *w, const char *key, uint64_t v); /* "0xffff888..." */
void mi_json_ms(struct mi_json *w, const char *key, double ms);
/* Microseconds, with the nanoseconds behind the point. */
void mi_json_us(struct mi_json *w, const char *key, uint64_t ns);
/* A string of ours: ASCII. NULL becomes null. */
void mi_json_text(struct mi_json *w, const char *key, const char *text);
/*
 * A string from the kernel. Bytes that are not UTF-8 become U+FFFD, each, and a
 * second member "<key>_hex" holds all bytes then. NULL becomes null.
 */
void mi_json_bytes(struct mi_json *w, const char *key, const char *bytes);
/* The same of @n bytes, of which some may be NUL; behind them there is a NUL or a newline. */
void mi_json_bytes_n(struct mi_json *w, const char *key, const char *bytes, size_t n);

/* The output takes no more: stop early. */
bool mi_json_failed(const struct mi_json *w);

#endif
