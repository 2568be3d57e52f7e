/* What the processes of the guest do while it is recorded. */
#ifndef RECORDER_SCENES_H
#define RECORDER_SCENES_H

#include <stddef.h>

/* Runs all, each in a process of its own that stays. */
void scenes_run(void);
/* That of reclaim, with generations of pages, where the kernel has them. */
void scenes_run_generations(void);
/* blocks.c: one of the scenes. */
void scene_blocks(void);
/* nfs.c: another. */
void scene_nfs(void);
/* stuck.c: one that waits for ever, on a disk of its own. */
void scene_stuck(void);

/* A line for the notes, which a scene writes when it is over. */
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The dev and ino of a file, as the kernel has them; "0 0" for none. Good until the next call. */
const char *file_name(int fd);
/* Reads or writes one page of a mapping, and notes what getrusage(2) counts of it. */
void touch(char *map, size_t page, char op, int fd);

/* Processes that fault, read, write and map without end; and their end. */
void load_start(unsigned int processes);
void load_stop(void);

#endif
