/*
 * The workload: each scenario is a process whose comm is the scenario's name.
 * It brings its pages into the state it is about, reports ready, and sleeps.
 */
#ifndef GUEST_WORKLOAD_H
#define GUEST_WORKLOAD_H

#include "common.h"

#include <sys/mman.h>

#define PROT_RW (PROT_READ | PROT_WRITE)

struct scenario {
	const char *name;
	void (*run)(void);
};

/* Tables of scenarios, one per source file, each ended by a NULL name. */
extern const struct scenario file_scenarios[];
extern const struct scenario path_scenarios[];
extern const struct scenario reclaim_scenarios[];
extern const struct scenario shmem_scenarios[];
extern const struct scenario anon_scenarios[];
extern const struct scenario vma_scenarios[];
extern const struct scenario task_scenarios[];
extern const struct scenario many_scenarios[];
extern const struct scenario large_scenarios[];
extern const struct scenario marks_scenarios[];
extern const struct scenario numa_scenarios[];
extern const struct scenario fs_scenarios[];
extern const struct scenario readahead_scenarios[];
extern const struct scenario slow_scenarios[];
extern const struct scenario fault_scenarios[];
extern const struct scenario lock_scenarios[];
extern const struct scenario aging_scenarios[];
extern const struct scenario swap_scenarios[];
extern const struct scenario disks_setup_scenarios[];
extern const struct scenario disks_scenarios[];
extern const struct scenario crowd_scenarios[];
extern const struct scenario plug_scenarios[];
extern const struct scenario stack_setup_scenarios[];
extern const struct scenario stacked_scenarios[];
extern const struct scenario fuse_scenarios[];
extern const struct scenario nfs_scenarios[];
extern const struct scenario nonlinear_scenarios[];
extern const struct scenario prefault_scenarios[];
extern const struct scenario touch_file_scenarios[];
extern const struct scenario touch_anon_scenarios[];
extern const struct scenario touch_wait_scenarios[];
extern const struct scenario touch_chance_scenarios[];

/* Opens or fails. */
int must_open(const char *path, int flags);

/* Creates a file of a size, without blocks. */
int make_file(const char *path, uint64_t size);

/* mmap, failing loudly. map_path opens the file, maps it and closes it. */
char *map_fd(int fd, uint64_t offset, size_t len, int prot, int flags);
char *map_path(const char *path, uint64_t offset, size_t len, int prot, int flags);
char *map_anon(size_t len, int prot, int flags);

/* Anonymous memory that starts on a huge page. */
char *map_anon_huge(size_t len);

/* Touches pages [first, first + count), every one of them. */
void read_pages(const char *map, size_t first, size_t count);
void write_pages(char *map, size_t first, size_t count);

/* Reads from where the file stands, in pieces. */
void read_bytes(int fd, size_t len);

/* madvise, failing loudly. */
void advise(char *map, size_t first, size_t count, int advice);

/* Reclaims pages; they go to swap if they are anonymous or tmpfs. */
void page_out(char *map, size_t first, size_t count);

/* Adds a line to the notes about pages of an open file. */
void note_pages(const char *what, int fd, uint64_t first, size_t count);

/* Adds a line to the notes: what the page table entries of these pages are. */
void note_entries(const char *kind, const char *start, size_t count);

/*
 * Adds a line to the notes: a thread waits in a fault at @address. @call: the system
 * call it came by, or "-"; @page: of the file, -1: there is none.
 */
void note_fault(int tid, const char *address, const char *access, const char *call, long page);

/*
 * w_readahead.c: the limit of readahead that files of the file system at @dir get which are
 * opened from now on. Returns what it was.
 */
int set_read_ahead(const char *dir, int kb);

/* w_slow.c: the letter of ps(1) for a task ("PID", as in /proc). */
char task_state(const char *task);

/* w_slow.c: until a task ("PID", as in /proc) waits in @state. */
void await_state(const char *task, char state);

/*
 * w_numa.c: NUMA balancing looks at processes that are made from now on; and until it has
 * marked all pages of this one, which needs a second thread. Then it looks at none.
 */
void numa_begin(void);
void numa_scan(void);

/*
 * w_numa.c: a device on a disk that can be stopped, so that what is then asked of it waits,
 * and go on. They take what the first one returns.
 */
#define STOPPABLE "/dev/dm-0"
int stoppable_make(const char *disk);
void stoppable_stop(int control);
void stoppable_go(int control);

/* Moves this process into a memory cgroup of its own, and reclaims there. */
void enter_cgroup(const char *name, const char *memory_max);
void reclaim_cgroup(const char *name, const char *amount);

/* Starts a child with another comm; 0 in the child. */
int fork_as(const char *comm);

/* A child's "I am ready" to the process that waits for it. */
struct gate {
	int fds[2];
};

void gate_init(struct gate *gate);
void gate_open(struct gate *gate);
void gate_wait(struct gate *gate);

/* Reports to init, once for the whole scenario. */
void report_ready(void);
_Noreturn void sleep_forever(void);

#endif
