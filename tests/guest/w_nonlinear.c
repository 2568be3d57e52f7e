/*
 * Files mapped in pieces whose order is not the file's: by remap_file_pages(2), which
 * kernels since 4.0 emulate with mappings, and by mmap(MAP_FIXED). And what looks a
 * little like it, and is none. Nobody writes down what is where: maps says it.
 */
#include "workload.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILE_PAGES ((size_t)64)
#define MANY ((size_t)3000)
#define MANY_PAGES ((size_t)1024)

/* Shows @count pages of the file, from @page on, at page @at of the window. */
typedef void (*place_fn)(char *window, int fd, size_t at, size_t page, size_t count);

static void place_by_remap(char *window, int fd, size_t at, size_t page, size_t count)
{
	(void)fd;
	if (syscall(SYS_remap_file_pages, window + at * PAGE, count * PAGE, 0, page, 0) < 0)
		fail("remap_file_pages of page %zu at %zu", page, at);
}

static void place_by_mmap(char *window, int fd, size_t at, size_t page, size_t count)
{
	if (mmap(window + at * PAGE, count * PAGE, PROT_RW, MAP_SHARED | MAP_FIXED, fd,
		 (off_t)(page * PAGE)) == MAP_FAILED)
		fail("mmap of page %zu at %zu", page, at);
}

/* A linear mapping with a page of nothing on either side, so that no two windows meet. */
static char *linear(int fd, size_t pages, int flags)
{
	char *room = map_anon((pages + 2) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_NORESERVE);
	char *window = mmap(room + PAGE, pages * PAGE, PROT_RW, flags | MAP_FIXED, fd, 0);

	if (window == MAP_FAILED)
		fail("mmap of %zu pages", pages);
	return window;
}

static void reversed(int fd, place_fn place)
{
	char *window = linear(fd, 16, MAP_SHARED);

	for (size_t i = 0; i < 16; i++)
		place(window, fd, i, 15 - i, 1);
	write_pages(window, 3, 2);
}

static void swapped_pairs(int fd, place_fn place)
{
	char *window = linear(fd, 12, MAP_SHARED);

	for (size_t i = 0; i < 12; i += 2) {
		place(window, fd, i, i + 1, 1);
		place(window, fd, i + 1, i, 1);
	}
	read_pages(window, 0, 5);
}

static void one_page_everywhere(int fd, place_fn place)
{
	char *window = linear(fd, 10, MAP_SHARED);

	for (size_t i = 0; i < 10; i++)
		place(window, fd, i, 3, 1);
	write_pages(window, 9, 1);
}

static void one_page_elsewhere(int fd, place_fn place)
{
	char *window = linear(fd, 9, MAP_SHARED);

	place(window, fd, 4, 20, 1);
	read_pages(window, 3, 3);
}

static void pieces_of_four(int fd, place_fn place)
{
	char *window = linear(fd, 40, MAP_SHARED);

	for (size_t i = 0; i < 10; i++)
		place(window, fd, 4 * i, 4 * (i * 3 % 10), 4);
	write_pages(window, 10, 20);
}

/* Flags of a part only: it is one window all the same. */
static void advised_in_part(int fd, place_fn place)
{
	char *window = linear(fd, 24, MAP_SHARED);

	advise(window, 0, 24, MADV_DONTFORK);
	for (size_t i = 0; i < 24; i += 2)
		place(window, fd, i, 40 + i / 2, 1);
	advise(window, 12, 6, MADV_RANDOM);
	if (mlock(window + 4 * PAGE, 2 * PAGE) < 0)
		fail("mlock");
}

static void all_patterns(const char *path, place_fn place)
{
	int fd = make_file(path, FILE_PAGES * PAGE);

	reversed(fd, place);
	swapped_pairs(fd, place);
	one_page_everywhere(fd, place);
	one_page_elsewhere(fd, place);
	pieces_of_four(fd, place);
	advised_in_part(fd, place);
}

static void nonlinear_remap(void)
{
	all_patterns("/shm/remapped.dat", place_by_remap);
	all_patterns("/mnt/remapped.dat", place_by_remap);
	report_ready();
}

static void nonlinear_own(void)
{
	all_patterns("/shm/placed.dat", place_by_mmap);
	all_patterns("/mnt/placed.dat", place_by_mmap);
	report_ready();
}

/* As a database would: a window of 3000 pages, none of them beside its neighbour. */
static void nonlinear_many(void)
{
	int fd = make_file("/shm/many.dat", MANY_PAGES * PAGE);
	char *window = map_fd(fd, 0, MANY * PAGE, PROT_RW, MAP_SHARED);

	for (size_t i = 0; i < MANY; i++)
		place_by_remap(window, fd, i, i * 389 % MANY_PAGES, 1);
	report_ready();
}

/* ---- what is none ---- */

/* Two open files, so that the kernel does not join them: the offsets go on. */
static void linear_in_two(const char *path)
{
	int one = must_open(path, O_RDWR), two = must_open(path, O_RDWR);
	char *map = linear(one, 16, MAP_SHARED);

	place_by_mmap(map, two, 8, 8, 8);
	read_pages(map, 0, 16);
}

static void apart(int fd)
{
	char *map = linear(fd, 20, MAP_SHARED);

	for (size_t i = 0; i < 20; i += 2)
		place_by_mmap(map, fd, i, 50 - i, 1);
	for (size_t i = 1; i < 20; i += 2)
		if (munmap(map + i * PAGE, PAGE) < 0)
			fail("munmap");
}

static void two_files_in_turn(int one, int two)
{
	char *map = linear(one, 16, MAP_SHARED);

	for (size_t i = 0; i < 16; i++)
		place_by_mmap(map, i & 1 ? one : two, i, 30 - i, 1);
	write_pages(map, 4, 4);
}

static void private_pieces(int fd)
{
	char *map = linear(fd, 16, MAP_PRIVATE);

	for (size_t i = 0; i < 16; i++)
		if (mmap(map + i * PAGE, PAGE, PROT_RW, MAP_PRIVATE | MAP_FIXED, fd,
			 (off_t)((15 - i) * PAGE)) == MAP_FAILED)
			fail("mmap");
	write_pages(map, 2, 3);
}

static void protected_in_turn(int fd)
{
	char *map = linear(fd, 16, MAP_SHARED);

	for (size_t i = 0; i < 16; i++) {
		place_by_mmap(map, fd, i, 40 - i, 1);
		if (i & 1 && mprotect(map + i * PAGE, PAGE, PROT_READ) < 0)
			fail("mprotect");
	}
}

/* Seven pieces, one behind the other as plain mmap() calls would put them. */
static void side_by_side(int fd)
{
	char *map = linear(fd, 28, MAP_SHARED);

	for (size_t i = 0; i < 7; i++)
		place_by_mmap(map, fd, 4 * i, 4 * (6 - i), 4);
}

static void nonlinear_none(void)
{
	int one = make_file("/mnt/linear.dat", FILE_PAGES * PAGE);
	int two = make_file("/shm/linear.dat", FILE_PAGES * PAGE);

	linear_in_two("/mnt/linear.dat");
	linear_in_two("/shm/linear.dat");
	apart(one);
	apart(two);
	two_files_in_turn(one, two);
	private_pieces(one);
	private_pieces(two);
	protected_in_turn(two);
	side_by_side(one);
	report_ready();
}

const struct scenario nonlinear_scenarios[] = {
	{"nonlinear-remap", nonlinear_remap},
	{"nonlinear-own", nonlinear_own},
	{"nonlinear-many", nonlinear_many},
	{"nonlinear-none", nonlinear_none},
	{NULL, NULL},
};
