#include "rec.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int rec_load(const char *parameters)
{
	int fd = open(REC_MODULE, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		fail("no %s", REC_MODULE);
	err = (int)syscall(SYS_finit_module, fd, parameters, 0);
	close(fd);
	return err;
}

int rec_unload(void)
{
	return (int)syscall(SYS_delete_module, "mmaprec", O_NONBLOCK);
}

int rec_command(const char *command)
{
	int fd = open(REC_DEVICE, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, command, strlen(command));
	close(fd);
	return n == (ssize_t)strlen(command) ? 0 : -1;
}

void rec_must(const char *command)
{
	if (rec_command(command) < 0)
		fail("the recorder refuses '%s'", command);
}

static const struct mmaprec_header *map_bytes(int fd, size_t size)
{
	void *at = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		fail("cannot map %zu bytes of %s", size, REC_DEVICE);
	return at;
}

void rec_map(struct rec_map *map)
{
	const struct mmaprec_header *first;

	map->fd = open(REC_DEVICE, O_RDONLY | O_CLOEXEC);
	if (map->fd < 0)
		fail("no %s", REC_DEVICE);
	first = map_bytes(map->fd, 2 * PAGE);
	map->size = first->dir_pages * PAGE + first->n_cpus * first->ring_bytes;
	munmap((void *)first, 2 * PAGE);
	map->dir = map_bytes(map->fd, map->size);
}

void rec_unmap(struct rec_map *map)
{
	munmap((void *)map->dir, map->size);
	close(map->fd);
}

const void *rec_entry(const struct mmaprec_header *dir, enum mmaprec_section_id id, unsigned int i)
{
	const struct mmaprec_section *s = &dir->section[id - 1];

	return (const char *)dir + s->offset + (size_t)i * s->entry_size;
}

const struct mmaprec_slot *rec_ring(const struct mmaprec_header *dir, unsigned int nth_cpu)
{
	const struct mmaprec_cpu *cpu = rec_entry(dir, MMAPREC_S_CPUS, nth_cpu);

	return (const void *)((const char *)dir + cpu->mmap_offset);
}

int rec_valid(const struct mmaprec_header *dir, const struct mmaprec_slot *slot, size_t nth)
{
	return slot->seq_begin && slot->seq_begin == slot->seq_end &&
	       (slot->seq_begin & ((1ULL << dir->ring_order) - 1)) == nth &&
	       slot->check == mmaprec_check(slot);
}

#define MARK 9 /* of the values of control */

static void each(const struct mmaprec_header *dir,
		 void (*fn)(const struct mmaprec_slot *slot, void *arg), void *arg)
{
	for (unsigned int cpu = 0; cpu < dir->n_cpus; cpu++)
		for (size_t i = 0; i < 1ULL << dir->ring_order; i++) {
			struct mmaprec_slot slot = rec_ring(dir, cpu)[i];

			if (rec_valid(dir, &slot, i))
				fn(&slot, arg);
		}
}

struct after {
	unsigned long long mark, time;
	void (*fn)(const struct mmaprec_slot *slot, void *arg);
	void *arg;
};

static void find_mark(const struct mmaprec_slot *slot, void *arg)
{
	const struct ev_control *c = (const void *)slot->payload;
	struct after *a = arg;

	if (slot->event == REC_control && c->what == MARK && c->value == a->mark &&
	    slot->time > a->time)
		a->time = slot->time;
}

static void pass_on(const struct mmaprec_slot *slot, void *arg)
{
	const struct after *a = arg;

	if (slot->time > a->time)
		a->fn(slot, a->arg);
}

void rec_after_mark(const struct mmaprec_header *dir, unsigned long long mark,
		    void (*fn)(const struct mmaprec_slot *slot, void *arg), void *arg)
{
	struct after after = {.mark = mark, .fn = fn, .arg = arg};

	each(dir, find_mark, &after);
	if (!after.time)
		fail("mark %llu is not there", mark);
	each(dir, pass_on, &after);
}
