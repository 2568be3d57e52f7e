/*
 * FUSE file systems whose servers do not answer: one answers all but READ and a
 * certain LOOKUP, the other, of which nothing but INIT is ever read, nothing at all.
 * What the server has got and does not answer stands in the notes.
 */
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_PAGES 256
#define FOR_EVER 3600

enum node {
	NODE_ROOT = FUSE_ROOT_ID,
	NODE_FILE,
	NODE_DIRECT, /* read without the page cache */
	NODE_OTHER,
};

static const struct {
	const char *name;
	enum node node;
} names[] = {{"file", NODE_FILE}, {"direct", NODE_DIRECT}, {"other", NODE_OTHER}};

struct request {
	struct fuse_in_header head;
	char body[1 << 18];
};

struct server {
	int fd;
	unsigned int connection;
	bool deaf;
};

/* ---- the server ---- */

static void reply(const struct server *s, const struct request *r, int error, const void *data,
		  size_t size)
{
	char buffer[512];
	struct fuse_out_header head = {
		.len = (uint32_t)(sizeof(head) + size), .error = -error, .unique = r->head.unique};

	memcpy(buffer, &head, sizeof(head));
	if (size)
		memcpy(buffer + sizeof(head), data, size);
	if (write(s->fd, buffer, head.len) != (ssize_t)head.len && errno != ENOENT)
		fail("reply to FUSE operation %u", r->head.opcode);
}

static void note_unanswered(const struct server *s, const struct request *r)
{
	const struct fuse_read_in *in = (const void *)r->body;
	bool reads = r->head.opcode == FUSE_READ;
	int notes = must_open(NOTES, O_WRONLY | O_APPEND);

	dprintf(notes, "fuse-sent %u %llu %u %llu %u %u %lld %u\n", s->connection,
		(unsigned long long)r->head.unique, r->head.opcode,
		(unsigned long long)r->head.nodeid, r->head.pid, r->head.uid,
		reads ? (long long)in->offset : -1, reads ? in->size : 0);
	close(notes);
}

/* Two background requests at once: what comes then must wait in the kernel. */
static void init(const struct server *s, const struct request *r)
{
	struct fuse_init_out out = {
		.major = FUSE_KERNEL_VERSION,
		.minor = 31,
		.max_readahead = 32 * PAGE,
		.flags = FUSE_ASYNC_READ | FUSE_BIG_WRITES,
		.max_background = 2,
		.congestion_threshold = 1,
		.max_write = 32 * PAGE,
		.time_gran = 1,
	};

	reply(s, r, 0, &out, sizeof(out));
}

static struct fuse_attr attributes(uint64_t node)
{
	bool root = node == NODE_ROOT;

	return (struct fuse_attr){
		.ino = node,
		.size = root ? 0 : FILE_PAGES * PAGE,
		.mode = root ? S_IFDIR | 0755 : S_IFREG | 0644,
		.nlink = 1,
		.blksize = PAGE,
	};
}

static void look_up(const struct server *s, const struct request *r)
{
	struct fuse_entry_out out = {.entry_valid = FOR_EVER, .attr_valid = FOR_EVER};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(r->body, names[i].name))
			continue;
		out.nodeid = names[i].node;
		out.attr = attributes(out.nodeid);
		reply(s, r, 0, &out, sizeof(out));
		return;
	}
	if (!strcmp(r->body, "never"))
		note_unanswered(s, r);
	else
		reply(s, r, ENOENT, NULL, 0);
}

static void get_attributes(const struct server *s, const struct request *r)
{
	struct fuse_attr_out out = {.attr_valid = FOR_EVER, .attr = attributes(r->head.nodeid)};

	reply(s, r, 0, &out, sizeof(out));
}

static void open_file(const struct server *s, const struct request *r)
{
	/* Without the first, opening waits for what is in the page cache. */
	struct fuse_open_out out = {.fh = r->head.nodeid, .open_flags = FOPEN_KEEP_CACHE};

	if (r->head.nodeid == NODE_DIRECT)
		out.open_flags = FOPEN_DIRECT_IO;
	reply(s, r, 0, &out, sizeof(out));
}

static void answer(const struct server *s, const struct request *r)
{
	struct fuse_statfs_out statfs = {.st = {.bsize = PAGE, .namelen = 255}};

	switch (r->head.opcode) {
	case FUSE_INIT:
		init(s, r);
		break;
	case FUSE_LOOKUP:
		look_up(s, r);
		break;
	case FUSE_GETATTR:
		get_attributes(s, r);
		break;
	case FUSE_OPEN:
		open_file(s, r);
		break;
	case FUSE_STATFS:
		reply(s, r, 0, &statfs, sizeof(statfs));
		break;
	case FUSE_RELEASE:
		reply(s, r, 0, NULL, 0);
		break;
	case FUSE_READ:
		note_unanswered(s, r);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		reply(s, r, ENOSYS, NULL, 0);
	}
}

static _Noreturn void serve(const struct server *s)
{
	static struct request r;
	ssize_t n;

	for (;;) {
		memset(&r, 0, sizeof(r.head) + 256);
		n = read(s->fd, &r, sizeof(r));
		if (n < (ssize_t)sizeof(r.head))
			fail("read of a FUSE request");
		answer(s, &r);
		if (s->deaf && r.head.opcode == FUSE_INIT)
			sleep_forever();
	}
}

/* The connection's number: that of the mount's device. Nobody is asked for it. */
static unsigned int connection_of(const char *where)
{
	FILE *list = fopen("/proc/self/mountinfo", "re");
	unsigned int minor, found = 0;
	char line[512], point[64];

	while (list && fgets(line, sizeof(line), list))
		if (sscanf(line, "%*d %*d %*u:%u %*s %63s", &minor, point) == 2 &&
		    !strcmp(point, where))
			found = minor;
	if (!found)
		fail("no mount at %s", where);
	fclose(list);
	return found;
}

/* Mounts a file system and has a child serve it. */
static void start_server(const char *where, bool deaf)
{
	struct server s = {.fd = must_open("/dev/fuse", O_RDWR), .deaf = deaf};
	char options[96];

	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other",
		 s.fd);
	mkdir(where, 0755);
	if (mount(deaf ? "deaf" : "mute", where, "fuse", 0, options) < 0)
		fail("cannot mount FUSE on %s", where);
	s.connection = connection_of(where);
	if (fork_as(deaf ? "fuse-deaf" : "fuse-server") == 0)
		serve(&s);
	close(s.fd);
}

/* ---- who waits for them ---- */

static void touch_page(const char *path, size_t page)
{
	read_pages(map_path(path, 0, FILE_PAGES * PAGE, PROT_READ, MAP_SHARED), page, 1);
}

static void fault(void)
{
	touch_page("/fuse/file", 40);
}

static void read_cached(void)
{
	char byte;

	if (pread(must_open("/fuse/file", O_RDONLY), &byte, 1, 120 * PAGE) != 1)
		fail("read of a FUSE file");
}

/* Both background requests are under way: it waits for leave to make a third. */
static void wait_for_slot(void)
{
	touch_page("/fuse/file", 200);
}

static void read_direct(void)
{
	char *buffer = map_anon(4 * PAGE, PROT_RW, MAP_PRIVATE);

	if (pread(must_open("/fuse/direct", O_RDONLY), buffer, 4 * PAGE, 8 * PAGE) < 0)
		fail("direct read of a FUSE file");
}

static void look_up_never(void)
{
	access("/fuse/never", F_OK);
}

static void look_up_deaf(void)
{
	access("/fuse-deaf/anything", F_OK);
}

/* What each waits for: a page, an answer, or a slot; PAGE of the file, or -1. */
static const struct {
	const char *name, *waits_for, *where, *operation;
	void (*run)(void);
	char state;
	int page;
} clients[] = {
	{"fuse-fault", "page", "/fuse", "READ", fault, 'D', 40},
	{"fuse-read", "page", "/fuse", "READ", read_cached, 'D', 120},
	{"fuse-slot", "slot", "/fuse", "READ", wait_for_slot, 'D', 200},
	{"fuse-direct", "answer", "/fuse", "READ", read_direct, 'S', -1},
	{"fuse-lookup", "answer", "/fuse", "LOOKUP", look_up_never, 'S', -1},
	{"fuse-unread", "queued", "/fuse-deaf", "LOOKUP", look_up_deaf, 'S', -1},
};

static void start_client(size_t i)
{
	int pid = fork_as(clients[i].name), notes;
	char task[16];

	if (pid == 0) {
		clients[i].run();
		fail("%s got an answer", clients[i].name);
	}
	snprintf(task, sizeof(task), "%d", pid);
	await_state(task, clients[i].state);
	notes = must_open(NOTES, O_WRONLY | O_APPEND);
	dprintf(notes, "fuse-wait %u %d %s %s %d\n", connection_of(clients[i].where), pid,
		clients[i].waits_for, clients[i].operation, clients[i].page);
	close(notes);
}

static void fuse(void)
{
	start_server("/fuse", false);
	start_server("/fuse-deaf", true);
	/* How many requests each connection has is told there. */
	if (mount("fusectl", "/sys/fs/fuse/connections", "fusectl", 0, NULL) < 0)
		fail("no fusectl");
	if (access("/fuse/other", F_OK))
		fail("no answer from the FUSE server");
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++)
		start_client(i);
	/* Its RELEASE may be made without leave, but must wait for its turn. */
	close(must_open("/fuse/other", O_RDONLY));
	report_ready();
}

const struct scenario fuse_scenarios[] = {
	{"fuse", fuse},
	{NULL, NULL},
};
