#include "common.h"
#include "abuse.h"
#include "rec.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define MINOR 1
#define MAJOR 2
#define READ_AROUND 1

/* Values of in_fault. */
enum {
	NO,
	YES,
	UNKNOWN,
	IN_FAULT_VALUES
};

/* What came after the mark. */
struct seen {
	unsigned int all, faults, minors, majors, weights, others_tgid, others_ino, of_child,
		of_grandchild, files, around;
	unsigned int in_fault[IN_FAULT_VALUES];
	unsigned int tgid[2];
	unsigned long long ino;
};

static void see_file(struct seen *s, unsigned long long ino)
{
	s->files++;
	if (ino != s->ino)
		s->others_ino++;
}

static void see_fault(struct seen *s, const struct ev_fault_end *e)
{
	s->faults++;
	s->minors += e->fault_class == MINOR;
	s->majors += e->fault_class == MAJOR;
	if (e->fault_class == MINOR)
		s->weights += e->weight;
	see_file(s, e->ino);
}

/* What may be part of a fault. Blocks of metadata are read by whoever needs them first. */
static void see_in_fault(struct seen *s, const struct mmaprec_slot *slot)
{
	const struct ev_read *r = (const void *)slot->payload;
	const struct ev_readahead *ra = (const void *)slot->payload;

	if (slot->event == REC_read && r->ino == s->ino && r->in_fault < IN_FAULT_VALUES)
		s->in_fault[r->in_fault]++;
	if (slot->event == REC_readahead && ra->ino == s->ino && ra->in_fault < IN_FAULT_VALUES)
		s->in_fault[ra->in_fault]++;
}

static void see(const struct mmaprec_slot *slot, void *arg)
{
	const void *payload = slot->payload;
	struct seen *s = arg;

	if (slot->event == REC_control)
		return;
	s->all++;
	see_in_fault(s, slot);
	if (slot->event == REC_filemap_fault)
		s->around += ((const struct ev_filemap_fault *)payload)->decision == READ_AROUND;
	s->of_child += slot->tgid == s->tgid[0];
	s->of_grandchild += slot->tgid == s->tgid[1];
	s->others_tgid += slot->tgid != s->tgid[0] && slot->tgid != s->tgid[1];
	if (slot->event == REC_fault_end)
		see_fault(s, payload);
	else if (slot->event == REC_fault_begin)
		see_file(s, ((const struct ev_fault_begin *)payload)->ino);
	else if (slot->event == REC_filemap_fault)
		see_file(s, ((const struct ev_filemap_fault *)payload)->ino);
	else if (slot->event == REC_read)
		see_file(s, ((const struct ev_read *)payload)->ino);
	else if (slot->event == REC_cache_add)
		see_file(s, ((const struct ev_cache_add *)payload)->ino);
}

static void look(unsigned int mark, struct seen *s)
{
	struct rec_map map;

	rec_map(&map);
	rec_after_mark(map.dir, mark, see, s);
	rec_unmap(&map);
}

static void touch_anon(unsigned int pages)
{
	char *map = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);

	if (map == MAP_FAILED)
		fail("mmap");
	for (size_t i = 0; i < pages; i++)
		*(volatile char *)(map + i * PAGE) = 1;
	munmap(map, pages * PAGE);
}

/* Pages that are not in memory, each by a fault. */
static void touch_file(const char *path, unsigned int pages)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *map;

	if (fd < 0)
		fail("no %s", path);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	map = mmap(NULL, pages * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		fail("mmap");
	madvise(map, pages * PAGE, MADV_RANDOM);
	for (size_t i = 0; i < pages; i++)
		(void)*(volatile char *)(map + i * PAGE);
	munmap(map, pages * PAGE);
	close(fd);
}

/* The other way to the same pages. */
static void read_file(const char *path, size_t pages)
{
	static char buffer[PAGE];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail("no %s", path);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	for (size_t i = 0; i < pages; i++)
		if (read(fd, buffer, PAGE) != (ssize_t)PAGE)
			fail("cannot read %s", path);
	close(fd);
}

/* Copies of pages that are cached: minor faults, which filemap_fault() has to find. */
static void copy_file(const char *path, size_t pages)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *map;

	read_file(path, pages + 64);
	map = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (fd < 0 || map == MAP_FAILED)
		fail("cannot map %s", path);
	for (size_t i = 0; i < pages; i++)
		*(volatile char *)(map + i * PAGE) = 1;
	munmap(map, pages * PAGE);
	close(fd);
}

/* One page of a file that is not in memory. */
static void touch_around(const char *path, size_t page)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *map;

	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	map = mmap(NULL, 1 << 20, PROT_READ, MAP_SHARED, fd, 0);
	if (fd < 0 || map == MAP_FAILED)
		fail("cannot map %s", path);
	(void)*(volatile char *)(map + page * PAGE);
	munmap(map, 1 << 20);
	close(fd);
}

static void touch_shared(size_t pages)
{
	char *map =
		mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		fail("mmap");
	for (size_t i = 0; i < pages; i++)
		*(volatile char *)(map + i * PAGE) = 1;
	munmap(map, pages * PAGE);
}

static unsigned long long inode_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		fail("no %s", path);
	return (unsigned long long)st.st_ino;
}

static void classes_none(void)
{
	struct seen s = {0};

	rec_must("classes none");
	rec_must("mark 1");
	touch_anon(64);
	touch_file("/mnt/random.dat", 16);
	look(1, &s);
	ok(!s.all, "no class: nothing is recorded");
	rec_must("classes all");
	rec_must("mark 2");
	touch_anon(64);
	s = (struct seen){0};
	look(2, &s);
	ok(s.faults >= 64, "and all again");
}

/* A child with a child of its own, that wait until they are filtered. */
static void only_family(void)
{
	struct seen s = {0};
	int go[2], told[2];
	char command[32], byte;
	unsigned int pid;
	pid_t child;

	if (pipe(go) < 0 || pipe(told) < 0)
		fail("pipe");
	child = fork();
	if (!child) {
		pid_t grandchild;

		if (read(go[0], &byte, 1) != 1)
			_exit(1);
		touch_anon(16);
		grandchild = fork();
		if (!grandchild) {
			touch_anon(16);
			pid = (unsigned int)getpid();
			_exit(write(told[1], &pid, sizeof(pid)) != sizeof(pid));
		}
		waitpid(grandchild, NULL, 0);
		_exit(0);
	}
	snprintf(command, sizeof(command), "tgid +%d", child);
	rec_must(command);
	rec_must("classes fault,map,task");
	rec_must("mark 3");
	if (write(go[1], "g", 1) != 1 || read(told[0], &pid, sizeof(pid)) != sizeof(pid))
		fail("the family is lost");
	touch_anon(64);
	waitpid(child, NULL, 0);
	s.tgid[0] = (unsigned int)child;
	s.tgid[1] = pid;
	look(3, &s);
	ok(s.of_child >= 16 && s.of_grandchild >= 16,
	   "of a process and its children: they are there");
	ok(!s.others_tgid, "and nobody else");
	rec_must("clear filters");
	rec_must("classes all");
}

static void only_majors(void)
{
	struct seen s = {0};

	rec_must("classes fault");
	rec_must("majors on");
	ok(strstr(abuse_status(), "\nfilemap_fault fault wrapped ") != NULL &&
		   strstr(abuse_status(), "\nshmem_fault fault wrapped ") != NULL,
	   "majors on: calls of no interest are left alone");
	rec_must("mark 4");
	touch_anon(64);
	touch_shared(16);
	touch_file("/mnt/around.dat", 8);
	look(4, &s);
	ok(s.majors >= 8, "majors on: they are there");
	ok(!s.minors, "and no minor one");
	rec_must("mark 14");
	copy_file("/mnt/around.dat", 16);
	s = (struct seen){0};
	look(14, &s);
	ok(!s.all, "nor those that filemap_fault() finds");
	rec_must("classes fault,readahead");
	rec_must("mark 24");
	touch_around("/mnt/around.dat", 100);
	s = (struct seen){0};
	look(24, &s);
	ok(s.majors >= 1 && s.around >= 1, "the decision of a major one is there");
	rec_must("clear filters");
}

/* Reads of both ways, by what is said of being part of a fault. */
static void in_faults(unsigned int mark, const char *classes, struct seen *faulted,
		      struct seen *called)
{
	static const char path[] = "/mnt/random.dat";
	char command[32];

	*faulted = *called = (struct seen){.ino = inode_of(path)};
	rec_must(classes);
	snprintf(command, sizeof(command), "mark %u", mark);
	rec_must(command);
	touch_file(path, 8);
	look(mark, faulted);
	snprintf(command, sizeof(command), "mark %u", mark + 1);
	rec_must(command);
	read_file(path, 8);
	look(mark + 1, called);
}

static int all_are(const struct seen *s, unsigned int value)
{
	for (unsigned int i = 0; i < IN_FAULT_VALUES; i++)
		if (!s->in_fault[i] != (i != value))
			return 0;
	return 1;
}

static void part_of_fault(void)
{
	struct seen faulted, called;

	in_faults(31, "classes fault,read", &faulted, &called);
	ok(all_are(&faulted, YES) && all_are(&called, NO),
	   "class fault: what is read tells whether a fault wanted it");
	in_faults(33, "classes read", &faulted, &called);
	ok(all_are(&faulted, UNKNOWN) && all_are(&called, UNKNOWN), "without it that is unknown");
	in_faults(35, "classes read,readahead", &faulted, &called);
	ok(all_are(&faulted, YES) && all_are(&called, UNKNOWN),
	   "with readahead it is known of files' faults");
	rec_must("majors on");
	in_faults(37, "classes fault,read", &faulted, &called);
	ok(all_are(&faulted, YES) && all_are(&called, UNKNOWN), "and with majors on");
	rec_must("clear filters");
	rec_must("classes all");
}

static void one_of_many(void)
{
	struct seen s = {0};

	rec_must("sample 8");
	rec_must("mark 5");
	touch_anon(800);
	look(5, &s);
	ok(s.minors >= 90 && s.minors <= 140 && s.weights == 8 * s.minors,
	   "one of eight minor faults, which stands for eight");
	rec_must("clear filters");
	rec_must("classes all");
}

static void only_file(void)
{
	struct seen s = {0};
	struct stat st;
	char command[64];

	if (stat("/mnt/sequential.dat", &st) < 0)
		fail("stat");
	snprintf(command, sizeof(command), "inode %u:%u:%llu", major(st.st_dev), minor(st.st_dev),
		 (unsigned long long)st.st_ino);
	rec_must(command);
	rec_must("mark 6");
	touch_file("/mnt/evict.dat", 8);
	touch_file("/mnt/sequential.dat", 8);
	touch_anon(8);
	s.ino = (unsigned long long)st.st_ino;
	look(6, &s);
	ok(s.files >= 24 && s.faults >= 8, "of a file: its faults and reads are there");
	ok(!s.others_ino, "and no other's");
	rec_must("clear filters");
}

void filters_run(void)
{
	classes_none();
	only_family();
	only_majors();
	part_of_fault();
	one_of_many();
	only_file();
}
