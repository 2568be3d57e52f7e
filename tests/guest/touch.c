#include "touch.h"
#include "arena.h"
#include "tar.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_TOUCHES 256
#define ARENA_SIZE ((size_t)8 << 20)
#define TEXT_SIZE ((size_t)4 << 10)
#define SMAPS_SIZE ((size_t)256 << 10)
#define STACK_LOCKED ((size_t)64 << 10)
#define ENTRY_PRESENT ((uint64_t)1 << 63)
#define ENTRY_PFN (((uint64_t)1 << 55) - 1)
#define STUCK_MS 500

/* Events that the kernel counts, if it does: lines of /proc/vmstat. */
static const char *const events[] = {"pswpin", "numa_hint_faults", "pgmajfault", "thp_fault_alloc"};

#define N_EVENTS ARRAY_SIZE(events)

/* What the kernel says of a mapping at one time. */
struct shot {
	uint64_t *entries;  /* pagemap of all of it */
	uint8_t *resident;  /* mincore of all of its file */
	uint64_t page, pfn; /* kpageflags and PFN of the first page that is touched */
	size_t swap_kb;	    /* "Swap" of smaps, of tmpfs only */
	long events[N_EVENTS];
	char *disks; /* diskstats */
};

struct touch {
	struct place place;
	const char *name;
	char op;
	size_t first, count;
	struct shot rest, before, after;
	uint64_t *cache; /* kpageflags of all pages of the file, afterwards; 0: none */
	long minor, major, sigbus, sigsegv, silent; /* silent: touched without any of these */
	int in_thread, tid;
	struct gate gate;
	atomic_int done;
	char state; /* the letter of ps(1) if it got stuck: then where */
	char *stack;
	long stuck_events[N_EVENTS];
};

static struct touch *touches;
static size_t touch_count;
static int pagemap_fd, flags_fd, disks_fd, smaps_fd, events_fd;
static char *smaps;

static _Thread_local sigjmp_buf back;

/* ---- one touch ---- */

static void on_signal(int sig)
{
	siglongjmp(back, sig);
}

/* Returns the signal that it led to, or 0. */
static int touch_page(volatile char *page, char op)
{
	int sig = sigsetjmp(back, 1);

	if (sig)
		return sig;
	if (op == 'w')
		*page = 1;
	else
		(void)*page;
	return 0;
}

static void count_touch(struct touch *t, int sig, const struct rusage *was, const struct rusage *is)
{
	long minor = is->ru_minflt - was->ru_minflt, major = is->ru_majflt - was->ru_majflt;

	t->minor += minor;
	t->major += major;
	t->sigbus += sig == SIGBUS;
	t->sigsegv += sig == SIGSEGV;
	t->silent += !minor && !major && !sig;
}

/* ---- what the kernel says ---- */

static void must_pread(int fd, void *to, size_t len, size_t from)
{
	if (pread(fd, to, len, (off_t)from) != (ssize_t)len)
		fail("read of /proc");
}

static size_t read_text(int fd, char *to, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size - 1 && (n = pread(fd, to + len, size - 1 - len, (off_t)len)) > 0)
		len += (size_t)n;
	to[len] = '\0';
	return len;
}

static uint64_t page_flags(uint64_t pfn)
{
	uint64_t flags;

	must_pread(flags_fd, &flags, sizeof(flags), pfn * sizeof(flags));
	return flags;
}

static void read_pagemap(const char *map, uint64_t *entries, size_t pages)
{
	must_pread(pagemap_fd, entries, pages * sizeof(*entries),
		   (uintptr_t)map / PAGE * sizeof(*entries));
}

/* How much of a mapping is in swap; for tmpfs pagemap does not tell. */
static size_t swap_of(const char *map)
{
	char start[32];
	const char *at;
	size_t kb;

	read_text(smaps_fd, smaps, SMAPS_SIZE);
	snprintf(start, sizeof(start), "\n%lx-", (unsigned long)map);
	at = strstr(smaps, start);
	at = at ? strstr(at, "\nSwap:") : NULL;
	if (!at || sscanf(at, "\nSwap: %zu", &kb) != 1)
		fail("no mapping at %p in smaps", (const void *)map);
	return kb;
}

static void count_events(long counts[N_EVENTS])
{
	static char text[16 << 10];
	char line[48];
	const char *at;

	read_text(events_fd, text, sizeof(text));
	for (size_t i = 0; i < N_EVENTS; i++) {
		snprintf(line, sizeof(line), "\n%s ", events[i]);
		at = strstr(text, line);
		counts[i] = at ? atol(at + strlen(line)) : 0;
	}
}

static void shot_alloc(const struct touch *t, struct shot *shot)
{
	shot->entries = arena_alloc(t->place.pages * sizeof(*shot->entries));
	shot->resident = arena_alloc(t->place.probe_pages + 1);
	shot->disks = arena_alloc(TEXT_SIZE);
}

static void shot_take(const struct touch *t, struct shot *shot)
{
	const struct place *p = &t->place;
	uint64_t entry;

	read_pagemap(p->map, shot->entries, p->pages);
	entry = shot->entries[t->first];
	shot->pfn = entry & ENTRY_PRESENT ? entry & ENTRY_PFN : 0;
	shot->page = shot->pfn ? page_flags(shot->pfn) : 0;
	if (p->probe && mincore(p->probe, p->probe_pages * PAGE, shot->resident) < 0)
		fail("mincore for %s", t->name);
	if (p->shmem)
		shot->swap_kb = swap_of(p->map);
	count_events(shot->events);
	read_text(disks_fd, shot->disks, TEXT_SIZE);
}

static int shots_differ(const struct touch *t, const struct shot *a, const struct shot *b)
{
	return memcmp(a->entries, b->entries, t->place.pages * sizeof(*a->entries)) ||
	       (t->place.probe && memcmp(a->resident, b->resident, t->place.probe_pages)) ||
	       a->swap_kb != b->swap_kb;
}

/* Requests that the disks have not completed. */
static long in_flight(void)
{
	static char text[TEXT_SIZE];
	long sum = 0, n;
	const char *line;

	read_text(disks_fd, text, sizeof(text));
	for (line = text; line && *line; line = strchr(line, '\n'), line += !!line)
		if (sscanf(line, "%*d %*d %*s %*d %*d %*d %*d %*d %*d %*d %*d %ld", &n) == 1)
			sum += n;
	return sum;
}

/* Those that stay: of a disk that was stopped. */
static long others;

/*
 * Until what a touch has started is read, too. A request that is over is not yet a page
 * that is read: btrfs verifies it first, by a worker that has to get a CPU.
 */
static void settle(void)
{
	for (int quiet = 0, i = 0; quiet < 8; i++) {
		if (i == 5000)
			fail("the disks do not come to rest: %ld requests, %ld are others'",
			     in_flight(), others);
		quiet = in_flight() <= others ? quiet + 1 : 0;
		nap(3);
	}
}

/* Flags of the cached pages of the file, by which the marker of readahead is found. */
static void read_cache(struct touch *t)
{
	const struct place *p = &t->place;

	if (!p->probe || p->shmem)
		return;
	for (size_t i = 0; i < p->probe_pages; i++)
		if (t->after.resident[i] & 1)
			(void)((const volatile char *)p->probe)[i * PAGE];
	read_pagemap(p->probe, t->cache, p->probe_pages);
	for (size_t i = 0; i < p->probe_pages; i++)
		t->cache[i] = t->cache[i] & ENTRY_PRESENT ? page_flags(t->cache[i] & ENTRY_PFN) : 0;
}

/* ---- planning ---- */

static void rehearse(void)
{
	char *page = map_anon(2 * PAGE, PROT_RW, MAP_PRIVATE);
	struct touch nothing = {.name = "rehearsal"};
	struct rusage was, is;

	if (mprotect(page + PAGE, PAGE, PROT_NONE) < 0)
		fail("mprotect");
	for (int i = 0; i < 3; i++) {
		getrusage(RUSAGE_THREAD, &was);
		count_touch(&nothing, touch_page(page, i == 1 ? 'w' : 'r'), &was, &was);
		count_touch(&nothing, touch_page(page + PAGE, 'r'), &was, &was);
		getrusage(RUSAGE_THREAD, &is);
	}
	if (nothing.sigsegv != 3 || is.ru_minflt != was.ru_minflt)
		fail("a rehearsal is not like the other: %ld signals, %ld faults", nothing.sigsegv,
		     is.ru_minflt - was.ru_minflt);
	munmap(page, 2 * PAGE);
}

/* The program itself is a file: no fault in it may be counted. */
static void lock_program(void)
{
	extern char __executable_start, end;
	uintptr_t from = (uintptr_t)&__executable_start & ~(PAGE - 1);

	for (uintptr_t at = from; at < (uintptr_t)&end; at += PAGE)
		if (mlock((void *)at, PAGE) < 0 && errno != ENOMEM)
			fail("mlock of the program");
}

static void use_stack(void)
{
	volatile char bytes[STACK_LOCKED];

	for (size_t i = 0; i < sizeof(bytes); i += PAGE)
		bytes[i] = 1;
}

void touch_init(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	arena_init(ARENA_SIZE);
	touches = arena_alloc(MAX_TOUCHES * sizeof(*touches));
	memset(touches, 0, MAX_TOUCHES * sizeof(*touches));
	smaps = arena_alloc(SMAPS_SIZE);
	pagemap_fd = must_open("/proc/self/pagemap", O_RDONLY);
	flags_fd = must_open("/proc/kpageflags", O_RDONLY);
	disks_fd = must_open("/proc/diskstats", O_RDONLY);
	smaps_fd = must_open("/proc/self/smaps", O_RDONLY);
	events_fd = must_open("/proc/vmstat", O_RDONLY);
	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
	lock_program();
	use_stack();
	rehearse();
}

void place_probe(struct place *place, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		fail("fstat");
	place->probe_pages = ((size_t)st.st_size + PAGE - 1) / PAGE;
	place->probe = map_fd(fd, 0, place->probe_pages * PAGE, PROT_READ, MAP_SHARED);
	advise(place->probe, 0, place->probe_pages, MADV_RANDOM);
}

void touch_plan(const struct place *place, const char *name, char op, size_t first, size_t count)
{
	struct touch *t = &touches[touch_count++];

	if (touch_count > MAX_TOUCHES || first + count > place->pages)
		fail("no room for %s", name);
	t->place = *place;
	t->name = name;
	t->op = op;
	t->first = first;
	t->count = count;
	shot_alloc(t, &t->rest);
	shot_alloc(t, &t->before);
	shot_alloc(t, &t->after);
	t->cache = arena_alloc((place->probe_pages + 1) * sizeof(*t->cache));
	memset(t->cache, 0, place->probe_pages * sizeof(*t->cache));
}

/* ---- threads ---- */

static void touch_all(struct touch *t)
{
	struct rusage was, is;
	int sig;

	for (size_t i = t->first; i < t->first + t->count; i++) {
		getrusage(RUSAGE_THREAD, &was);
		sig = touch_page(t->place.map + i * PAGE, t->op);
		getrusage(RUSAGE_THREAD, &is);
		count_touch(t, sig, &was, &is);
		/* The next page of many is to find what this one has had read. */
		if (t->count > 1 && is.ru_minflt + is.ru_majflt > was.ru_minflt + was.ru_majflt)
			settle();
	}
}

static void *thread_main(void *arg)
{
	struct touch *t = arg;

	use_stack();
	rehearse();
	t->tid = (int)syscall(SYS_gettid);
	atomic_store(&t->done, -1);
	gate_wait(&t->gate);
	touch_all(t);
	atomic_store(&t->done, 1);
	sleep_forever();
}

void touch_in_thread(void)
{
	struct touch *t = &touches[touch_count - 1];
	pthread_t thread;

	t->in_thread = 1;
	t->stack = arena_alloc(TEXT_SIZE);
	gate_init(&t->gate);
	if (pthread_create(&thread, NULL, thread_main, t))
		fail("thread");
	while (!atomic_load(&t->done))
		nap(1);
}

/* Comes to an end, or waits: then it is told where. */
static void touch_by_thread(struct touch *t)
{
	char path[64];
	int fd;

	gate_open(&t->gate);
	for (int i = 0; i < STUCK_MS / 10 && atomic_load(&t->done) != 1; i++)
		nap(10);
	if (atomic_load(&t->done) == 1)
		return;
	snprintf(path, sizeof(path), "self/task/%d", t->tid);
	t->state = task_state(path);
	snprintf(path, sizeof(path), "/proc/self/task/%d/stack", t->tid);
	fd = must_open(path, O_RDONLY);
	read_text(fd, t->stack, TEXT_SIZE);
	close(fd);
	count_events(t->stuck_events);
}

/* ---- the turn ---- */

static void finish(struct touch *t)
{
	settle();
	shot_take(t, &t->after);
	read_cache(t);
}

static void perform(struct touch *t)
{
	shot_take(t, &t->before);
	others = in_flight();
	if (!t->in_thread) {
		touch_all(t);
	} else {
		touch_by_thread(t);
		if (t->state) {
			/* It is asked again when it has gone on. */
			shot_take(t, &t->after);
			return;
		}
	}
	finish(t);
}

static void perform_all(void (*release)(void))
{
	for (size_t i = 0; i < touch_count; i++)
		perform(&touches[i]);
	if (!release)
		return;
	release();
	for (size_t i = 0; i < touch_count; i++) {
		if (!touches[i].state)
			continue;
		while (atomic_load(&touches[i].done) != 1)
			nap(10);
		others = 0;
		finish(&touches[i]);
	}
}

static void add(const char *scenario, size_t n, const char *what, const void *data, size_t len)
{
	char name[96];

	snprintf(name, sizeof(name), "touch/%s/%03zu/%s", scenario, n, what);
	tar_add(name, data, len);
}

static void archive_shot(const char *scenario, size_t n, const struct touch *t, const char *when,
			 const struct shot *shot)
{
	const struct place *p = &t->place;
	char what[32];

	snprintf(what, sizeof(what), "pagemap.%s", when);
	add(scenario, n, what, shot->entries, p->pages * sizeof(*shot->entries));
	snprintf(what, sizeof(what), "mincore.%s", when);
	if (p->probe)
		add(scenario, n, what, shot->resident, p->probe_pages);
	snprintf(what, sizeof(what), "diskstats.%s", when);
	add(scenario, n, what, shot->disks, strlen(shot->disks));
}

static void archive(const char *scenario, size_t n, const struct touch *t)
{
	const struct place *p = &t->place;
	char text[1024];
	int len;

	len = snprintf(text, sizeof(text),
		       "name=%s\npid=%d\nop=%c\nmap=%lx\npages=%zu\nfirst=%zu\ncount=%zu\n"
		       "minor=%ld\nmajor=%ld\nsigbus=%ld\nsigsegv=%ld\nsilent=%ld\nsame=%d\n"
		       "flags.before=%llx\nflags.after=%llx\nswap.before=%zu\nswap.after=%zu\n"
		       "state=%c\n",
		       t->name, getpid(), t->op, (unsigned long)p->map, p->pages, t->first,
		       t->count, t->minor, t->major, t->sigbus, t->sigsegv, t->silent,
		       !shots_differ(t, &t->rest, &t->before), (unsigned long long)t->before.page,
		       (unsigned long long)t->after.page, t->before.swap_kb, t->after.swap_kb,
		       t->state ? t->state : '-');
	for (size_t i = 0; i < N_EVENTS; i++)
		len += snprintf(text + len, sizeof(text) - (size_t)len, "%s=%ld\nstuck.%s=%ld\n",
				events[i], t->after.events[i] - t->before.events[i], events[i],
				t->state ? t->stuck_events[i] - t->before.events[i] : 0);
	add(scenario, n, "info", text, (size_t)len);
	archive_shot(scenario, n, t, "before", &t->before);
	archive_shot(scenario, n, t, "after", &t->after);
	if (p->probe && !p->shmem)
		add(scenario, n, "cache", t->cache, p->probe_pages * sizeof(*t->cache));
	if (t->state)
		add(scenario, n, "stack", t->stack, strlen(t->stack));
}

static void archive_all(const char *scenario, long offset)
{
	tar_open_at(TOUCHED_DISK, offset);
	for (size_t n = 0; n < touch_count; n++)
		archive(scenario, n, &touches[n]);
	tar_close();
}

static int make_turn(const char *scenario, const char *which, char path[64])
{
	snprintf(path, 64, "%s/%s.%s", TURNS, scenario, which);
	return mkfifo(path, 0600);
}

_Noreturn void touch_run(const char *scenario, void (*release)(void))
{
	char go[64], end[64], text[32] = "";
	int fd;

	if (make_turn(scenario, "go", go) < 0 || make_turn(scenario, "done", end) < 0)
		fail("FIFO for %s", scenario);
	/* If it has forked, its own pages are to be its own again before they count. */
	use_stack();
	rehearse();
	others = in_flight();
	settle();
	drain_lru();
	/* Twice: the first may itself change something. */
	for (size_t i = 0; i < 2 * touch_count; i++)
		shot_take(&touches[i % touch_count], &touches[i % touch_count].rest);
	report_ready();
	fd = must_open(go, O_RDONLY);
	if (read(fd, text, sizeof(text) - 1) <= 0)
		fail("no turn for %s", scenario);
	close(fd);
	printf("%s: touches\n", scenario);
	perform_all(release);
	archive_all(scenario, atol(text));
	close(must_open(end, O_WRONLY));
	sleep_forever();
}
