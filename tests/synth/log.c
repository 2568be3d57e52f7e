// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * log.c - what the kernel said, in its log; the oldest of it is overwritten
 *
 * The writers are those of kernel/printk.c (2.6.32) and kernel/printk/printk.c (3.10).
 */
#include <stdarg.h>
#include <string.h>

#include "printk.h"
#include "world.h"

struct s_log_record *s_log;
uint64_t s_log_gone; /* records that were overwritten */

static struct s_log_record **last = &s_log;

static struct s_log_record *note(uint64_t time_ns, unsigned int facility, unsigned int level,
				 const char *text)
{
	struct s_log_record *r = note_alloc(sizeof(*r));

	*r = (struct s_log_record){.time_ns = time_ns, .facility = facility, .level = level};
	strncpy(r->text, text, sizeof(r->text) - 1);
	*last = r;
	last = &r->next;
	return r;
}

static void forget_oldest(void)
{
	s_log = s_log->next;
	s_log_gone++;
}

#ifdef K_LOG_BYTES

static void put(char c)
{
	unsigned int *end = SYM(unsigned int, log_end), *chars = SYM(unsigned int, logged_chars);

	SYM(char, __log_buf)[*end % K_LOG_BUF_LEN] = c;
	++*end;
	if (*chars < K_LOG_BUF_LEN)
		++*chars;
}

/* Lines begin with a level each; @dict is of later kernels. */
static void say(uint64_t time_ns, unsigned int facility, unsigned int level, const char *text,
		const char *dict)
{
	const unsigned int *end = SYM(unsigned int, log_end);
	char head[64], line[sizeof(s_log->text)];
	uint64_t us = time_ns / 1000;
	struct s_log_record *r;
	size_t n;

	(void)dict;
	(void)facility;
	for (;; text += n + 1) {
		n = strcspn(text, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)n, text);
		r = note(us * 1000, 0, level, line);
		r->at = *end;
		snprintf(head, sizeof(head), "<%u>[%5lu.%06lu] ", level,
			 (unsigned long)(us / 1000000), (unsigned long)(us % 1000000));
		for (const char *c = head; *c; c++)
			put(*c);
		for (const char *c = line; *c; c++)
			put(*c);
		put('\n');
		if (!text[n])
			break;
	}
	/* A line that has just its first byte where the oldest one is looks like one cut. */
	while (*end >= K_LOG_BUF_LEN && s_log->at <= *end - K_LOG_BUF_LEN)
		forget_oldest();
}

static void start(void)
{
	*SYM(int, log_buf_len) = K_LOG_BUF_LEN;
	*SYM(char *, log_buf) = K(SYM(char, __log_buf));
}

#else

typedef struct K_LOG_RECORD record;

/* Only where that is efficient may they lie anywhere. */
#if defined(K_ARM) || defined(K_ARM64)
#define ALIGNMENT _Alignof(record)
#else
#define ALIGNMENT 4U
#endif

static record *record_at(u32 at)
{
	return (record *)(SYM(char, __log_buf) + at);
}

static u32 behind(u32 at)
{
	/* An empty head: the next is at the beginning. */
	u32 here = record_at(at)->len ? at : 0;

	return here + record_at(here)->len;
}

static u32 room(u32 first, u32 next)
{
	u32 at_end = K_LOG_BUF_LEN - next;

	if (next <= first)
		return first - next;
	return at_end > first ? at_end : first;
}

static void make_room(u32 size)
{
	u32 *first = SYM(u32, log_first_idx);
	const u32 *next = SYM(u32, log_next_idx);

	while (*SYM(u64, log_first_seq) < *SYM(u64, log_next_seq) && room(*first, *next) <= size) {
		*first = behind(*first);
		++*SYM(u64, log_first_seq);
		forget_oldest();
	}
}

static void say(uint64_t time_ns, unsigned int facility, unsigned int level, const char *text,
		const char *dict)
{
	u32 *next = SYM(u32, log_next_idx), text_len = (u32)strlen(text);
	u32 dict_len = dict ? (u32)strlen(dict) : 0;
	u32 size = (u32)(sizeof(record) + text_len + dict_len + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	record *r;

	make_room(size + (u32)sizeof(record));
	if (*next + size + sizeof(record) >= K_LOG_BUF_LEN) {
		memset(record_at(*next), 0, sizeof(record));
		*next = 0;
	}
	r = record_at(*next);
	memset(r, 0, size);
	memcpy(r + 1, text, text_len);
	if (dict)
		memcpy((char *)(r + 1) + text_len, dict, dict_len);
	*r = (record){.ts_nsec = time_ns,
		      .len = (u16)size,
		      .text_len = (u16)text_len,
		      .dict_len = (u16)dict_len,
		      .facility = (u8)facility,
		      .flags = 2, /* LOG_NEWLINE */
		      .level = (u8)(level & 7)};
	note(time_ns, facility, level, text)->seq = *SYM(u64, log_next_seq);
	*next += size;
	++*SYM(u64, log_next_seq);
}

static void start(void)
{
	*SYM(u32, log_buf_len) = K_LOG_BUF_LEN;
	*SYM(char *, log_buf) = K(SYM(char, __log_buf));
}

#endif

void log_write(void)
{
	char text[128];
	uint64_t ns = 0;

	start();
	say(0, 0, 5, "Linux version " K_RELEASE, NULL);
	/* More than twice around. */
	for (unsigned int i = 0; i < 300; i++) {
		ns += 10111213 + i * 1000;
		snprintf(text, sizeof(text), "pci 0000:%02x:%02x.0: %.*s", i / 32, i % 32,
			 (int)(i * 7 % 60),
			 "reg 10: [mem 0xfebf0000-0xfebf0fff] pref, PME# supported from D0");
		say(ns, 0, i % 8, text, i % 3 ? NULL : "SUBSYSTEM=pci");
	}
	say(ns + 1000, 3, 6, "init: Entering runlevel 2", NULL);
	say(ns + 2000, 0, 4, "two lines:\n  the second, \"quoted\"", NULL);
	say(ns + 3000, 0, 4, "", NULL);
	say(ns + 4000, 0, 4, "odd: \x1b[31m\ttab \\ and \xff\xc3\xa9", NULL);
	say(12345678901234ULL, 0, 1, S_TROUBLE, NULL);
	say(12345678902234ULL, 0, 1, "IP: [<ffffffff81000000>] filemap_fault+0x0/0x1", NULL);
	say(12345678903234ULL, 0, 0, "Oops: 0002 [#1] SMP ", NULL);
	say(12345679901234ULL, 0, 0, "Kernel panic - not syncing: " S_PANIC, NULL);
	say(12345679902234ULL, 0, 0, "Pid: 720, comm: reader", NULL);
}
