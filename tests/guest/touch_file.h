/* Touches of file mappings that are told by a table. */
#ifndef GUEST_TOUCH_FILE_H
#define GUEST_TOUCH_FILE_H

#include "workload.h"

/* Limits of readahead, in KiB. By itself a device may have another one in each kernel. */
#define USUAL_KB 128
#define NONE_KB (-1)
#define DEVICE_KB (-2)

#define EXT4 "/mnt"
#define SHARED_RO PROT_READ, MAP_SHARED
#define SHARED PROT_RW, MAP_SHARED
#define PRIVATE PROT_RW, MAP_PRIVATE
#define CODE (PROT_READ | PROT_EXEC), MAP_PRIVATE
#define ALL 0, 0

/*
 * Each case has a file and an open file of its own, so readahead's state is its own, too.
 * Its history is told in words, each a letter and pages ("c10-20" or "c10"), pages counted
 * in the file:
 *   c  cached, by a reader that reads these pages and nothing else
 *   d  written by write(2)     D  in part: with blocks smaller than a page, the rest is not read
 *   e  dropped from the cache
 *   f  cached by a reader that reads from the first of them on, with readahead
 *   s  the same through the open file that is mapped
 *   S  written back
 * and in pages of the mapping:
 *   r, w  touched     z  unmapped again, and left in the cache
 *   m  so many misses     p  protected against writing     n  PROT_NONE
 *   l  locked
 * Touches are words, too: r or w; "r0-63" is a walk.
 */
struct file_case {
	const char *name, *dir;
	size_t file_pages, tail; /* and so many bytes more; larger ones than 2048 pages are holes */
	size_t first, pages;	 /* that are mapped; ALL: all of the file */
	int prot, flags, advice;
	const char *history, *touches;
	int ahead_kb;  /* of the disk when the file is opened; 0: USUAL_KB */
	size_t border; /* so many pages of the mapping lie before a page table's end; 0: anywhere */
	int fadvice;   /* and 1, as no advice is 0 but the usual one */
};

/* Sets up all cases, and touches when it is this scenario's turn. */
_Noreturn void touch_table(const char *scenario, const struct file_case *table, size_t count);

#endif
