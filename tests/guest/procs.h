/* What the kernel tells about processes, as text and as page tables. */
#ifndef GUEST_PROCS_H
#define GUEST_PROCS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct blob {
	char *data;
	size_t len;
};

/* One recorded process. maps and pagemap are empty where there is no mm. */
struct proc {
	pid_t pid;
	int mmap_locked; /* nothing of its mappings can be read, ever */
	struct blob cmdline, maps, pagemap;
};

extern struct proc procs[];
extern size_t proc_count;

/* Reads a file to its end into the arena; -1 where it cannot be opened. */
int slurp(const char *path, struct blob *blob);

/* Calls fn for each number that names an entry of a directory. */
void for_each_number(const char *dir, void (*fn)(pid_t number, void *arg), void *arg);

/*
 * Finds all processes (and the threads of one whose leader has exited); reads
 * what may disturb pages (cmdline).
 */
void procs_find(void);

/* Reads maps and pagemap of all into the arena. -1 if one has gone. */
int procs_read(void);

/* Reads again and compares; prints the first difference. 0 = the same. */
int procs_compare(void);

/* Puts maps, pagemap and the texts into the archive. */
void procs_archive(int brief);

/* Calls fn for each non-empty line of maps. */
void for_each_vma(const struct blob *maps,
		  void (*fn)(unsigned long start, unsigned long end, void *arg), void *arg);

#endif
