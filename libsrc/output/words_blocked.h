/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_OUTPUT_WORDS_BLOCKED_H
#define MI_OUTPUT_WORDS_BLOCKED_H

#include "../inspect/blocked.h"

/*
 * What a stuck task is doing and waits for, in words, the same for text and JSON.
 * Paths are bytes as the kernel has them: escape what is printed.
 */
struct mi_words {
	size_t n;
	char text[MI_PATH_MAX + 512]; /* cut if too long */
};

void mi_words_add(struct mi_words *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void mi_words_seconds(struct mi_words *w, uint64_t ns);

/* The page fault it is in, if that is sure; else NULL. */
const struct mi_fault_seen *mi_sure_fault(const struct mi_blocked *t);

/* "read fault", "fsync", "kernel thread" */
void mi_words_doing(const struct mi_blocked *t, struct mi_words *w);
/* "the lock of page 128 of /data/db" */
void mi_words_waits_for(const struct mi_blocked_set *set, const struct mi_blocked *t,
			struct mi_words *w);
/* "page 128 of /data/db": of a task that waits for one. */
void mi_words_page(const struct mi_blocked_set *set, const struct mi_blocked *t,
		   struct mi_words *w);
/* "READ of vdd, sector 3240, 131072 bytes, in driver for 3.343 s, hardware queue 0, tag 27" */
void mi_words_request(const struct mi_pending *p, size_t i, struct mi_words *w);
/* "READ" */
const char *mi_words_operation(const struct mi_pending *p, const struct mi_rq *rq);
/* "waits for vdd: the driver or the device has the READ for 3.343 s" */
void mi_words_verdict(const struct mi_blocked_set *set, const struct mi_blocked *t,
		      struct mi_words *w);
/* "balance_dirty_pages: throttled: too many dirty pages" */
void mi_words_sleep(const struct mi_blocked *t, struct mi_words *w);
/* words_lock.c: "mmap_lock of PID 312"; " (to write)" with it; "PID 313 (java) has it" */
void mi_words_lock(const struct mi_blocked_set *set, const struct mi_lock *lock,
		   struct mi_words *w);
void mi_words_lock_of(const struct mi_blocked_set *set, const struct mi_blocked *t,
		      struct mi_words *w);
void mi_words_owner(const struct mi_lock *lock, struct mi_words *w);
/* What a chain to a request would have, and this one has not; nothing if it is whole. */
void mi_words_missing(const struct mi_blocked_set *set, const struct mi_blocked *t,
		      struct mi_words *w);
/* "fuse 27", "nfs 127.0.0.1": a file system's server, as long as there is no better name. */
void mi_words_server(const struct mi_fs_conn *c, struct mi_words *w);
/* "READ to fuse 27, sent to server": what a task of verdict SERVER waits for. */
void mi_words_fs_request(const struct mi_pending *p, const struct mi_blocked *t,
			 struct mi_words *w);
void mi_words_finding(const struct mi_wait *wait, struct mi_words *w);

#endif
