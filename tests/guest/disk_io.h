/*
 * I/O on raw disks that is not meant to come back, and notes of each: what the block
 * layer's debugfs does not tell (sectors, sizes, who waits).
 */
#ifndef GUEST_DISK_IO_H
#define GUEST_DISK_IO_H

#include "common.h"

#define SECTOR 512
#define DISK_NAME 32

enum io_kind {
	IO_READ,
	IO_WRITE,
	IO_WRITE_FUA,
	IO_FLUSH, /* fsync of a raw disk: an empty write with PREFLUSH */
	IO_DISCARD,
	IO_ZEROES,
	IO_BIG_READ, /* 64 KiB */
	IO_BIG_WRITE,
	IO_CACHED_READ, /* of one page, through the page cache */
};

/* Writes /sys/block/DISK/ATTR. */
void disk_attr(const char *disk, const char *attr, const char *value);

/* No request of this disk may ever time out: error handling would end it. */
void never_time_out(const char *disk);

/* Waits for the Nth disk of a prefix whose /sys/block/DISK/device/vendor begins so (NULL: any). */
void find_disk(const char *prefix, const char *vendor, int nth, char name[DISK_NAME]);

/* Makes partition 1; its name goes into @name. */
void add_partition(const char *disk, uint64_t start, uint64_t bytes, char name[DISK_NAME]);

/* A thread that does one operation of one page, or 64 KiB, and gets stuck in it. */
void io_thread(const char *disk, enum io_kind kind, uint64_t sector);

/*
 * A thread that reads a page of a disk through the page cache, and one that then waits for that
 * page: by the request, if there is one already, or by the first thread's bio.
 */
void io_same_page(const char *disk, uint64_t sector);

/* The same @count times, each @step sectors further on. */
void io_threads(const char *disk, enum io_kind kind, uint64_t sector, uint64_t step, int count);

/* Reads or writes by one io_submit(2) after the other, from CPU @cpu. */
void io_async(const char *disk, enum io_kind kind, uint64_t sector, uint64_t step, int count,
	      int cpu);

/* Reads sector 0 until that gets stuck: the host has throttled the disk, but for a burst. */
void io_until_stuck(const char *disk);

/* Until all threads made so far are stuck for good. */
void io_await(void);

/* From now on this thread, and those it makes, run on this CPU: one hardware queue. -1: on any. */
void io_cpu(int cpu);

/* w_disks.c: makes a null_blk without a scheduler; all it gets comes back at once. */
void null_plain(char name[DISK_NAME]);

/* Adds a line to the notes. */
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
