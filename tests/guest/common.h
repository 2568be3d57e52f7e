/*
 * Shared by the guest's init and its workload. Comes first in each file, for
 * what it defines.
 */
#ifndef GUEST_COMMON_H
#define GUEST_COMMON_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stddef.h>
#include <stdint.h>

#define PAGE ((size_t)4096)
#define HUGE_PAGE ((size_t)2 << 20)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* What the host looks for on the serial console. */
#define MARK_READY "MMAPINFO-GUEST-READY"
#define MARK_FAILED "MMAPINFO-GUEST-FAILED"
#define MARK_SAVED "MMAPINFO-GUEST-SAVED"
#define MARK_THROTTLE "MMAPINFO-GUEST-THROTTLE" /* please, the disk "slow" */
#define MARK_TOUCHED "MMAPINFO-GUEST-TOUCHED"	/* all pages, after the dump */

/* Where init hands out turns: a FIFO to begin by and one to end by for each scenario. */
#define TURNS "/turn"

/* Facts only the workload knows; becomes "notes" in the truth. */
#define NOTES "/notes"

/* The workload reports on this descriptor that it is ready. */
#define THP "/sys/kernel/mm/transparent_hugepage"
#define READY_FD 3

/* Prints the failure mark and the text with errno, and exits. */
_Noreturn void fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Writes a short text into an existing file (sysctl, cgroup); -1 on failure. */
int try_write(const char *path, const char *text);
void must_write(const char *path, const char *text);

/*
 * Empties the per-CPU lists of pages on their way to an LRU list. Until then
 * a page lacks PG_lru, cannot be reclaimed, and will still change its flags.
 */
void drain_lru(void);

/* Sleeps for some milliseconds. */
void nap(int ms);

#endif
