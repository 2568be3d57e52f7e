/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_LOG_H
#define MI_KERNEL_LOG_H

#include "kernel.h"

/*
 * The kernel's log, as printk() left it in memory: what dmesg(1) would show.
 *
 * It has had three forms, told apart by which symbols there are. Whatever the form, a record is
 * told of only if it is whole: what a CPU was still writing, what has been overwritten, and what
 * contradicts itself is counted. Of a running kernel the ring changes while it is read; then each
 * record is looked at before and after, and what is not the same is counted as overwritten.
 *
 * Sizes that the target tells are bounds of our memory: 64 MiB of text (CONFIG_LOG_BUF_SHIFT ends
 * at 32 MiB), 1 << 21 records. What claims to be larger is refused.
 */

enum mi_log_form {
	MI_LOG_NONE,	/* cannot be had in this kernel: the feature MI_F_LOG is off */
	MI_LOG_RING,	/* descriptors and a ring of text: kernel/printk/printk_ringbuffer.c */
	MI_LOG_RECORDS, /* records one behind the other: struct printk_log */
	MI_LOG_BYTES,	/* lines of text, "<6>[    0.000000] text" */
	MI_LOG_FORMS,
};

/* "printk_ringbuffer", ...: stable, for JSON. */
const char *mi_log_form_word(enum mi_log_form form);

/* Bits of mi_log_record.has: what this kernel keeps of a record, or this line begins with. */
#define MI_LOG_SEQ 1U
#define MI_LOG_TIME 2U
#define MI_LOG_LEVEL 4U
#define MI_LOG_CALLER 8U

struct mi_log_record {
	uint64_t seq;
	uint64_t time_ns; /* since boot, of the clock of printk: local_clock() */
	const char *text; /* bytes; NUL-terminated, and may have a NUL; lines split by \n */
	size_t len;
	uint32_t caller;   /* a PID, or with bit MI_LOG_CPU the number of a CPU */
	uint8_t level;	   /* 0 (emergency) to 7 (debug) */
	uint16_t facility; /* of syslog; 0: the kernel */
	uint8_t has;
};

#define MI_LOG_CPU 0x80000000U

/* A line of the log that says what went wrong. */
struct mi_log_line {
	const char *text; /* NULL: there is none */
	size_t len;
	size_t record; /* that it is in */
};

struct mi_log {
	enum mi_log_form form;
	struct mi_log_record *records; /* the oldest first */
	size_t n;

	/* Places of records that there is no text of: */
	uint64_t reused;   /* overwritten, or about to be: as in any ring that is full */
	uint64_t reserved; /* a CPU was writing it: not yet committed */
	uint64_t lost;	   /* there was no room for its text: the kernel lost it */
	uint64_t torn;	   /* it contradicts itself; also a problem */
	uint64_t unread;   /* it cannot be read; also a problem */

	/* What follows "Kernel panic - not syncing: " where it was said last. */
	struct mi_log_line panic;
	/*
	 * The last line with which an oops, or a complaint of a watchdog, begins; also where a
	 * panic followed, which may say but "Fatal exception".
	 */
	struct mi_log_line trouble;

	char *bytes; /* what all text points into */
};

/*
 * Read all of it. MI_OK with form MI_LOG_NONE and no records: the feature is off. What cannot be
 * read or believed is in k->problems; MI_ERR_NOMEM, MI_ERR_INTERRUPTED else.
 */
enum mi_status mi_log_open(struct mi_kernel *k, struct mi_log **ret, struct mi_error *err);
void mi_log_close(struct mi_log *log);
/* The first of the last @last records; of all, if @last is 0. */
size_t mi_log_first(const struct mi_log *log, uint64_t last);

/* What is missing of the form that this kernel should have; NULL: nothing. */
const char *mi_log_lacks(const struct mi_kernel *k);

/* log_reason.c: sets @panic and @trouble from the records. */
void mi_log_find_reason(struct mi_log *log);

#endif
