/* With /hurt.ko (tests/recorder/hurt): what cannot be waited for. */
#include "common.h"
#include "abuse.h"
#include "rec.h"
#include "scenes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HURT_MODULE "/hurt.ko"
#define PARAMETERS "/sys/module/hurt/parameters/"
#define MAX_CALLS 1000
#define PAGES ((size_t)64)

static void hurt_load(const char *parameters)
{
	int fd = open(HURT_MODULE, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, parameters, 0) < 0)
		fail("cannot load %s", HURT_MODULE);
	close(fd);
}

static void hurt_unload(void)
{
	if (syscall(SYS_delete_module, "hurt", 0) < 0)
		fail("cannot unload %s", HURT_MODULE);
}

/* ---- allocations that fail ---- */

static unsigned long number_in(const char *path, const char *word)
{
	char text[8192], *at = text;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (len < 0)
		fail("cannot read %s", path);
	close(fd);
	text[len] = '\0';
	if (word)
		at = strstr(text, word);
	if (!at)
		fail("no %s in %s", word, path);
	return strtoul(at + (word ? strlen(word) : 0), NULL, 10);
}

struct failures {
	unsigned int calls, refused, with_less, wrong;
	int hit; /* by the latest load */
	/* KiB that are mapped by vmalloc() and vmap(), after the first time and at the end. */
	unsigned long used_first, used;
};

/* One load with this call failing. 0: it is loaded. */
static int load_without(unsigned int nth, struct failures *f)
{
	char text[16];
	int err;

	snprintf(text, sizeof(text), "%u", nth);
	must_write(PARAMETERS "nth", text);
	err = rec_load("kib=8") < 0 ? errno : 0;
	f->hit = number_in(PARAMETERS "hits", NULL) != 0;
	must_write(PARAMETERS "nth", "0");
	if (err) {
		f->refused++;
		f->wrong += err != ENOMEM || !access(REC_DEVICE, F_OK) || !access(REC_STATUS, F_OK);
		return 1;
	}
	return 0;
}

/* Some memory only the check of prototypes takes: then hooks are left out, and say so. */
static int runs_with_less(struct failures *f)
{
	const char *status = abuse_status();

	if (!f->hit)
		return 0;
	f->with_less++;
	f->wrong += !strstr(status, "no BTF of this kernel") || !strstr(status, "state: running");
	return 1;
}

static void fail_each(struct failures *f)
{
	int more = 1;

	for (; more && f->calls < MAX_CALLS; f->calls++) {
		if (load_without(f->calls + 1, f))
			continue;
		more = runs_with_less(f);
		abuse_unload();
		f->used = number_in("/proc/meminfo", "VmallocUsed:");
		if (!f->used_first)
			f->used_first = f->used;
	}
}

static void allocations_fail(void)
{
	struct failures f = {0};

	hurt_load("");
	fail_each(&f);
	printf("# %u calls: %u refused, %u with less\n", f.calls, f.refused, f.with_less);
	printf("# mapped: %lu KiB, then %lu\n", f.used_first, f.used);
	ok(f.refused > 10 && f.calls < MAX_CALLS, "each allocation of loading fails once: refused");
	ok(!f.wrong, "with the reason, and nothing stays; or it runs with less, and says so");
	ok(f.used <= f.used_first + 64, "and nothing stays mapped");
	hurt_unload();
}

/* ---- a task dies in a fault ---- */

_Noreturn void hurt_die(void)
{
	int fd = open("/mnt/evict.dat", O_RDONLY | O_CLOEXEC);
	char *map;

	if (fd < 0)
		fail("no file to die in");
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	map = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		fail("mmap");
	madvise(map, PAGES * PAGE, MADV_RANDOM);
	prctl(PR_SET_NAME, HURT_NAME);
	printf("HURT %d %lx\n", getpid(), (unsigned long)(map + 7 * PAGE));
	fflush(stdout);
	(void)*(volatile char *)(map + 7 * PAGE);
	fail("the fault came to its end");
}

void hurt_hang(void)
{
	unsigned long hung = 0;

	hurt_load("hang=1");
	for (int i = 0; i < 400 && !hung; i++) {
		nap(50);
		hung = number_in(PARAMETERS "hung", NULL);
	}
	if (!hung)
		fail("nothing hangs");
	printf("HUNG %lu\n", hung);
	fflush(stdout);
}

void hurt_prepare(void)
{
	hurt_load("oops=" HURT_NAME);
}

struct last {
	unsigned int tid, begun, ended;
};

static void see_last(const struct mmaprec_slot *slot, void *arg)
{
	struct last *l = arg;

	if (slot->tid != l->tid)
		return;
	l->begun += slot->event == REC_fault_begin;
	l->ended += slot->event == REC_fault_end;
}

static void task_dies(void)
{
	struct last last = {0};
	struct rec_map map;
	int status;
	pid_t pid;

	if (rec_load("kib=256 classes=fault") < 0)
		fail("cannot load the recorder");
	rec_must("majors on");
	hurt_prepare();
	rec_must("mark 1");
	pid = fork();
	if (!pid)
		hurt_die();
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status), "a task dies in a fault");
	last.tid = (unsigned int)pid;
	rec_map(&map);
	rec_after_mark(map.dir, 1, see_last, &last);
	ok(last.begun == last.ended + 1, "the fault is there, and has no end");
	rec_unmap(&map);
	rec_must("classes all");
	rec_must("classes none");
	ok(rec_unload() < 0, "its way back leads into the module, which therefore stays");
}

void hurt_run(void)
{
	allocations_fail();
}

void hurt_end(void)
{
	task_dies();
}
