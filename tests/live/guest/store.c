#include "live.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCK ((size_t)512)
#define CHUNK ((size_t)16 << 20)

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12];
	char chksum[8], typeflag, linkname[100], magic[6], version[2];
	char rest[247];
};

_Static_assert(sizeof(struct header) == BLOCK, "a tar header is one block");

static char *chunk;		 /* what is not on the disk yet */
static size_t fill;		 /* of it */
static off_t chunk_at, begun_at; /* on the disk: the chunk, the header of the open file */
static char file_name[100];
static size_t file_len;
static int disk_fd = -1;

void store_open(const char *disk)
{
	disk_fd = open(disk, O_WRONLY | O_DIRECT | O_CLOEXEC);
	if (disk_fd < 0)
		fail("cannot open %s for the answers", disk);
	chunk = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (chunk == MAP_FAILED)
		fail("no memory for answers");
	/* Now, and not while something is being looked at. */
	memset(chunk, 0, CHUNK);
}

static void write_at(const void *data, size_t len, off_t at)
{
	if (len && pwrite(disk_fd, data, len, at) != (ssize_t)len)
		fail("cannot write %zu bytes of answers", len);
}

static void flush_chunk(void)
{
	write_at(chunk, fill, chunk_at);
	chunk_at += (off_t)fill;
	fill = 0;
}

static void put(const void *data, size_t len)
{
	const char *from = data;
	size_t part;

	while (len) {
		part = CHUNK - fill < len ? CHUNK - fill : len;
		memcpy(chunk + fill, from, part);
		fill += part;
		from += part;
		len -= part;
		if (fill == CHUNK)
			flush_chunk();
	}
}

void store_begin(const char *name)
{
	static const char room[BLOCK];

	if (strlen(name) >= sizeof(file_name))
		fail("name too long for tar: %s", name);
	strcpy(file_name, name);
	file_len = 0;
	begun_at = chunk_at + (off_t)fill;
	put(room, BLOCK);
}

void store_put(const void *data, size_t len)
{
	file_len += len;
	put(data, len);
}

static void make_header(struct header *h)
{
	const unsigned char *bytes = (const unsigned char *)h;
	unsigned int sum = 0;

	memset(h, 0, sizeof(*h));
	strcpy(h->name, file_name);
	strcpy(h->mode, "0000644");
	strcpy(h->uid, "0000000");
	strcpy(h->gid, "0000000");
	strcpy(h->mtime, "00000000000");
	snprintf(h->size, sizeof(h->size), "%011zo", file_len);
	memset(h->chksum, ' ', sizeof(h->chksum));
	h->typeflag = '0';
	memcpy(h->magic, "ustar", 6);
	memcpy(h->version, "00", 2);
	for (size_t i = 0; i < sizeof(*h); i++)
		sum += bytes[i];
	snprintf(h->chksum, sizeof(h->chksum), "%06o", sum & 0777777);
}

/* The header comes last: the length is known now. It may be on the disk already. */
void store_end(void)
{
	static struct header h __attribute__((aligned(4096)));
	static const char zeros[BLOCK];

	put(zeros, (BLOCK - fill % BLOCK) % BLOCK);
	make_header(&h);
	if (begun_at >= chunk_at)
		memcpy(chunk + (begun_at - chunk_at), &h, sizeof(h));
	else
		write_at(&h, sizeof(h), begun_at);
	if (fill >= CHUNK / 2)
		flush_chunk();
}

void store_text(const char *name, const char *text)
{
	store_begin(name);
	store_put(text, strlen(text));
	store_end();
}

void store_close(void)
{
	static const char end[2 * BLOCK];

	put(end, sizeof(end));
	flush_chunk();
	/* It stays open: a kernel before 5.11 has a disk on no list that nobody has open. */
	fsync(disk_fd);
}

static void store_args(const char *dir, const struct run *run)
{
	char name[100];

	snprintf(name, sizeof(name), "%s/args", dir);
	store_begin(name);
	for (int i = 1; run->argv[i]; i++) {
		store_put(run->argv[i], strlen(run->argv[i]));
		store_put("\n", 1);
	}
	store_end();
}

static void store_info(const char *dir, const struct run *run, const char *more)
{
	char name[100], text[512];

	snprintf(name, sizeof(name), "%s/info", dir);
	snprintf(text, sizeof(text),
		 "pid=%d\nstatus=%d\nsignal=%d\ntimed_out=%d\nms=%ld\nmaxrss_kb=%ld\n"
		 "err_bytes=%zu\n%s",
		 run->pid, WIFEXITED(run->status) ? WEXITSTATUS(run->status) : -1,
		 WIFSIGNALED(run->status) ? WTERMSIG(run->status) : 0, run->timed_out, run->ms,
		 run->maxrss_kb, run->err_len, more ? more : "");
	store_text(name, text);
}

void store_run(const char *dir, struct run *run, const char *more)
{
	char name[100];

	store_args(dir, run);
	snprintf(name, sizeof(name), "%s/out", dir);
	store_begin(name);
	run_command(run);
	store_end();
	snprintf(name, sizeof(name), "%s/err", dir);
	store_begin(name);
	store_put(run->err, run->err_len < ERR_KEPT ? run->err_len : ERR_KEPT);
	store_end();
	store_info(dir, run, more);
}
