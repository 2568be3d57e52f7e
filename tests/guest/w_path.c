/* Files whose names or places are unusual. */
#include "workload.h"

#include <fcntl.h>
#include <unistd.h>

static char *fresh(const char *path, size_t pages)
{
	int fd = make_file(path, pages * PAGE);
	char *map = map_fd(fd, 0, pages * PAGE, PROT_RW, MAP_SHARED);

	close(fd);
	write_pages(map, 0, pages / 2);
	return map;
}

/* Nested directories, a bind mount, and a mount below a mount. */
static void paths(void)
{
	fresh("/mnt/a/b/c/deep.dat", 8);
	fresh("/bind/b/c/bound.dat", 8);
	fresh("/mnt/a/b/inner/crossed.dat", 8);
	report_ready();
}

static void odd_names(void)
{
	fresh("/mnt/with space.dat", 4);
	fresh("/mnt/with\nnewline.dat", 4);
	fresh("/mnt/with\xff"
	      "byte.dat",
	      4);
	fresh("/mnt/with \xc3\xa4 \"quote\" back\\slash", 4);
	report_ready();
}

/* Still mapped, no name left; one of them was never closed. */
static void deleted(void)
{
	int fd;

	fresh("/mnt/deleted.dat", 16);
	unlink("/mnt/deleted.dat");
	fd = make_file("/shm/deleted.dat", 8 * PAGE);
	write_pages(map_fd(fd, 0, 8 * PAGE, PROT_RW, MAP_SHARED), 0, 4);
	unlink("/shm/deleted.dat");
	report_ready();
}

const struct scenario path_scenarios[] = {
	{"paths", paths},
	{"odd-names", odd_names},
	{"deleted", deleted},
	{NULL, NULL},
};
