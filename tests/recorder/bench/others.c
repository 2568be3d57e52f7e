/* ftrace, and the kernel's side of perf record: the same tracepoints into their buffers. */
#include "bench.h"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRACING "/sys/kernel/tracing/"

static const char *event_path(const char *event, const char *what)
{
	static char path[256];

	snprintf(path, sizeof(path), TRACING "events/%s/%s", event, what);
	return path;
}

/* ---- ftrace ---- */

static uint64_t ftrace_seen;

static uint64_t ftrace_total(void)
{
	FILE *stats = fopen(TRACING "per_cpu/cpu0/stats", "re");
	unsigned long long entries = 0, overrun = 0;
	char line[128];

	if (!stats)
		fail("no statistics of ftrace");
	while (fgets(line, sizeof(line), stats)) {
		sscanf(line, "entries: %llu", &entries);
		sscanf(line, "overrun: %llu", &overrun);
	}
	fclose(stats);
	return entries + overrun;
}

static uint64_t ftrace_count(void)
{
	uint64_t total = ftrace_total(), n = total - ftrace_seen;

	ftrace_seen = total;
	return n;
}

static int ftrace_begin(const char *const *events)
{
	must_write(TRACING "buffer_size_kb", "4096");
	for (; *events; events++)
		if (try_write(event_path(*events, "enable"), "1") < 0)
			return -1;
	must_write(TRACING "tracing_on", "1");
	ftrace_seen = ftrace_total();
	return 0;
}

static void ftrace_end(void)
{
	must_write(TRACING "tracing_on", "0");
	must_write(TRACING "events/enable", "0");
	must_write(TRACING "trace", "0");
}

const struct recording with_ftrace = {ftrace_begin, ftrace_count, ftrace_end};

/* ---- perf: as "perf record -a" opens tracepoints ---- */

#define PERF_MAX 32
#define PERF_PAGES 1024

static int perf_fd[PERF_MAX];
static size_t perf_n;
static struct perf_event_mmap_page *perf_ring;
static uint64_t perf_seen;

static uint64_t perf_total(void)
{
	uint64_t sum = 0, n;

	for (size_t i = 0; i < perf_n; i++) {
		if (read(perf_fd[i], &n, sizeof(n)) != (ssize_t)sizeof(n))
			fail("cannot read a counter of perf");
		sum += n;
	}
	return sum;
}

/* What has been counted is taken out of the ring, too: a full one would lose, which is cheap. */
static uint64_t perf_count(void)
{
	uint64_t total = perf_total(), n = total - perf_seen;

	perf_seen = total;
	__atomic_store_n(&perf_ring->data_tail,
			 __atomic_load_n(&perf_ring->data_head, __ATOMIC_ACQUIRE),
			 __ATOMIC_RELEASE);
	return n;
}

static int perf_open(uint64_t id)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = id,
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME |
			       PERF_SAMPLE_CPU | PERF_SAMPLE_PERIOD | PERF_SAMPLE_RAW |
			       PERF_SAMPLE_IDENTIFIER,
		.disabled = 1,
		.watermark = 1,
		.wakeup_watermark = PERF_PAGES * PAGE / 2,
	};

	return (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
}

static int perf_add(const char *event)
{
	FILE *file = fopen(event_path(event, "id"), "re");
	unsigned long long id = 0;
	int fd;

	if (!file)
		return -1;
	if (fscanf(file, "%llu", &id) != 1)
		fail("no id of %s", event);
	fclose(file);
	fd = perf_open(id);
	if (fd < 0)
		return -1;
	perf_fd[perf_n++] = fd;
	if (perf_n > 1)
		return ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, perf_fd[0]);
	perf_ring = mmap(NULL, (PERF_PAGES + 1) * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return perf_ring == MAP_FAILED ? -1 : 0;
}

static int perf_begin(const char *const *events)
{
	perf_n = 0;
	for (; *events; events++)
		if (perf_n == PERF_MAX || perf_add(*events) < 0)
			return -1;
	for (size_t i = 0; i < perf_n; i++)
		if (ioctl(perf_fd[i], PERF_EVENT_IOC_ENABLE, 0) < 0)
			return -1;
	perf_seen = perf_total();
	return 0;
}

static void perf_end(void)
{
	if (perf_ring && perf_ring != MAP_FAILED)
		munmap(perf_ring, (PERF_PAGES + 1) * PAGE);
	perf_ring = NULL;
	while (perf_n)
		close(perf_fd[--perf_n]);
}

const struct recording with_perf = {perf_begin, perf_count, perf_end};
