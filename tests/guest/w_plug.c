/*
 * A task that runs in the kernel for minutes, inside one io_uring_enter(2): it has begun
 * with reads of a disk, which its plug collects, and goes on with reads of /dev/urandom. Nothing
 * hands the plug on until it sleeps or returns. Comes last: it keeps a CPU busy.
 */
#include "disk_io.h"
#include "workload.h"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define ENTRIES 4096
#define READS 5
#define PIECES 1024 /* of one read of /dev/urandom; UIO_MAXIOV */
#define PIECE ((size_t)1 << 20)
#define APART 256

struct ring {
	int fd;
	unsigned int *tail, *mask, *array;
	struct io_uring_sqe *sqes;
};

static void open_ring(struct ring *r)
{
	struct io_uring_params p = {0};
	char *sq;

	r->fd = (int)syscall(SYS_io_uring_setup, ENTRIES, &p);
	if (r->fd < 0)
		fail("no io_uring");
	sq = mmap(NULL, p.sq_off.array + p.sq_entries * sizeof(unsigned int), PROT_RW, MAP_SHARED,
		  r->fd, IORING_OFF_SQ_RING);
	r->sqes = mmap(NULL, p.sq_entries * sizeof(*r->sqes), PROT_RW, MAP_SHARED, r->fd,
		       IORING_OFF_SQES);
	if (sq == MAP_FAILED || r->sqes == MAP_FAILED)
		fail("no ring");
	r->tail = (unsigned int *)(sq + p.sq_off.tail);
	r->mask = (unsigned int *)(sq + p.sq_off.ring_mask);
	r->array = (unsigned int *)(sq + p.sq_off.array);
}

static void add_read(struct ring *r, int fd, uint64_t offset, const struct iovec *vec,
		     unsigned int n)
{
	unsigned int tail = *r->tail, i = tail & *r->mask;
	struct io_uring_sqe *sqe = &r->sqes[i];

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = IORING_OP_READV;
	sqe->fd = fd;
	sqe->off = offset;
	sqe->addr = (uint64_t)(uintptr_t)vec;
	sqe->len = n;
	r->array[i] = i;
	__atomic_store_n(r->tail, tail + 1, __ATOMIC_RELEASE);
}

/* Does not come back for a long time. */
static _Noreturn void collect(const char *disk)
{
	static struct iovec one, many[PIECES];
	struct sched_param none = {0};
	struct ring ring;
	char path[64];
	int fd, random = must_open("/dev/urandom", O_RDONLY | O_NONBLOCK);

	snprintf(path, sizeof(path), "/dev/%s", disk);
	fd = must_open(path, O_RDONLY | O_DIRECT);
	one = (struct iovec){map_anon(PAGE, PROT_RW, MAP_PRIVATE), PAGE};
	write_pages(one.iov_base, 0, 1);
	for (int i = 0; i < PIECES; i++)
		many[i] = (struct iovec){
			i ? many[0].iov_base : map_anon(PIECE, PROT_RW, MAP_PRIVATE), PIECE};
	write_pages(many[0].iov_base, 0, PIECE / PAGE);
	open_ring(&ring);
	for (uint64_t i = 0; i < READS; i++)
		add_read(&ring, fd, i * APART * SECTOR, &one, 1);
	for (int i = READS; i < ENTRIES; i++)
		add_read(&ring, random, 0, many, PIECES);
	/* The rest of the guest goes first, and has the other CPU. */
	io_cpu(1);
	sched_setscheduler(0, SCHED_IDLE, &none);
	note("plug %d %s %d\n", getpid(), disk, READS);
	note("io %s READ 0 %zu %d %d\n", disk, PAGE, READS, APART);
	syscall(SYS_io_uring_enter, ring.fd, ENTRIES, 0, 0, NULL, 0);
	fail("the plug was handed on");
}

static void plugged(void)
{
	char disk[DISK_NAME];
	pid_t pid;

	null_plain(disk);
	pid = fork_as("collector");
	if (pid == 0)
		collect(disk);
	nap(2000);
	if (kill(pid, 0) < 0)
		fail("the collector has gone");
	report_ready();
}

const struct scenario plug_scenarios[] = {
	{"plugged", plugged},
	{NULL, NULL},
};
