/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_LOG_FORMS_H
#define MI_KERNEL_LOG_FORMS_H

#include "log.h"

/* What the readers of the three forms share: log.c has it, nobody else uses it. */

#define MI_LOG_TEXT_MAX (64ULL << 20)
#define MI_LOG_RECORDS_MAX (1ULL << 21)

/* A range of the kernel's memory, copied page by page; pages that could not be read are zero. */
struct mi_log_copy {
	unsigned char *bytes; /* one more than size, for a NUL behind the last text */
	unsigned char *why;   /* enum mi_read of each page that the range touches */
	uint64_t va, size;
};

enum mi_status mi_log_copy(struct mi_kernel *k, uint64_t va, uint64_t size, struct mi_log_copy *ret,
			   struct mi_error *err);
void mi_log_copy_free(struct mi_log_copy *c);
/* Why bytes @off to @off + @len of it are not there; MI_READ_OK: they are. */
enum mi_read mi_log_copy_why(const struct mi_log_copy *c, uint64_t off, uint64_t len);

/* The symbol of layout.def, or what VMCOREINFO has of it for who has no table of symbols. */
uint64_t mi_log_symbol(const struct mi_kernel *k, uint64_t found, const char *name);

/* One more record, all of it known; its text is in log->bytes. */
enum mi_status mi_log_add(struct mi_log *log, const struct mi_log_record *r, struct mi_error *err);
/* A record that contradicts itself, or is not in the dump. */
void mi_log_torn(struct mi_kernel *k, struct mi_log *log, uint64_t addr, const char *why);
void mi_log_unread(struct mi_kernel *k, struct mi_log *log, uint64_t addr, enum mi_read why);
/* The log as such cannot be read: no record is told of. */
void mi_log_no_ring(struct mi_kernel *k, uint64_t addr, const char *why);
/* A pointer or number that leads to it; false, and a problem, if it cannot be read. */
bool mi_log_word(struct mi_kernel *k, uint64_t va, uint64_t *val);
bool mi_log_u32(struct mi_kernel *k, uint64_t va, uint32_t *val);

/* The forms. What is wrong with the log as such is a problem, and MI_OK. */
enum mi_status mi_log_read_ring(struct mi_kernel *k, struct mi_log *log, struct mi_error *err);
enum mi_status mi_log_read_records(struct mi_kernel *k, struct mi_log *log, struct mi_error *err);
enum mi_status mi_log_read_bytes(struct mi_kernel *k, struct mi_log *log, struct mi_error *err);

#endif
