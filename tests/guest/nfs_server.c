/*
 * A server of NFS 3 (RFC 1813) over ONC RPC (RFC 5531) over TCP with one file, "file". A name
 * "never" is never looked up.
 */
#include "common.h"
#include "nfs_server.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define PORT 2049
#define MOUNT_PROGRAM 100005
#define NFS_PROGRAM 100003

enum {
	NFS_GETATTR = 1,
	NFS_LOOKUP = 3,
	NFS_ACCESS = 4,
	NFS_READ = 6,
	NFS_FSSTAT = 18,
	NFS_FSINFO = 19,
	NFS_PATHCONF = 20,
	MOUNT_MNT = 1,
};

#define READ_MOST (32 * PAGE)

static struct nfs_server it;

/* Files are known by a handle of one word. */
enum file {
	FILE_ROOT = 2,
	FILE_DATA,
};

/* A message, in words of the wire's byte order. */
struct message {
	uint32_t word[1024 + READ_MOST / 4];
	size_t n;  /* words it has */
	size_t at; /* next to be taken */
};

static uint32_t take(struct message *m)
{
	return m->at < m->n ? ntohl(m->word[m->at++]) : 0;
}

/* Opaque data behind its length; the address of the bytes. */
static const char *take_bytes(struct message *m, uint32_t *len)
{
	const char *bytes;

	*len = take(m);
	bytes = (const char *)&m->word[m->at];
	m->at += (*len + 3) / 4;
	if (m->at > m->n)
		fail("an RPC message is cut");
	return bytes;
}

static void put(struct message *m, uint32_t value)
{
	m->word[m->n++] = htonl(value);
}

static void put64(struct message *m, uint64_t value)
{
	put(m, (uint32_t)(value >> 32));
	put(m, (uint32_t)value);
}

/* ---- the server's answers ---- */

static void put_attributes(struct message *m, enum file file)
{
	bool dir = file == FILE_ROOT;

	put(m, dir ? 2 : 1);
	put(m, dir ? 0755 : 0644);
	put(m, dir ? 2 : 1);
	put(m, 0);
	put(m, 0);
	put64(m, dir ? PAGE : it.size); /* size */
	put64(m, dir ? PAGE : it.size); /* used */
	put64(m, 0);			/* device number */
	put64(m, 1);			/* file system */
	put64(m, file);
	for (int i = 0; i < 3; i++) /* times */
		put64(m, 1ULL << 32);
}

static void put_post_attributes(struct message *m, enum file file)
{
	put(m, 1);
	put_attributes(m, file);
}

static void put_handle(struct message *m, enum file file)
{
	put(m, 4);
	put(m, file);
}

static void put_fsinfo(struct message *m)
{
	for (int i = 0; i < 2; i++) { /* reading and writing: most, best, multiple of */
		put(m, READ_MOST);
		put(m, READ_MOST);
		put(m, PAGE);
	}
	put(m, PAGE);	      /* readdir */
	put64(m, 1ULL << 40); /* largest file */
	put64(m, 1ULL << 32); /* time_delta: 1 s */
	put(m, 8);	      /* homogeneous */
}

static void put_fsstat(struct message *m)
{
	for (int i = 0; i < 6; i++)
		put64(m, 1 << 20);
	put(m, 0);
}

static void put_pathconf(struct message *m)
{
	put(m, 32000);
	put(m, 255);
	for (int i = 0; i < 4; i++)
		put(m, 1);
}

/* False if it is to stay without an answer. */
static bool look_up(struct message *in, struct message *out)
{
	uint32_t len;
	const char *name;

	take_bytes(in, &len);
	name = take_bytes(in, &len);
	if (len == 5 && !memcmp(name, "never", 5))
		return false;
	if (len != 4 || memcmp(name, "file", 4)) {
		put(out, 2); /* no such file */
		put_post_attributes(out, FILE_ROOT);
		return true;
	}
	put(out, 0);
	put_handle(out, FILE_DATA);
	put_post_attributes(out, FILE_DATA);
	put_post_attributes(out, FILE_ROOT);
	return true;
}

static enum file take_handle(struct message *in)
{
	uint32_t len;

	take_bytes(in, &len);
	return ntohl(in->word[in->at - 1]) == FILE_DATA ? FILE_DATA : FILE_ROOT;
}

/* What lies behind the end is not read. */
static bool read_file(uint32_t xid, struct message *in, struct message *out)
{
	uint64_t offset = (uint64_t)take(in) << 32, end;
	uint32_t count, got = 0;

	offset |= take(in);
	count = take(in);
	if (count > READ_MOST)
		fail("an NFS READ of %u bytes", count);
	if (!it.read(xid, offset, count))
		return false;
	end = offset + count < it.size ? offset + count : it.size;
	if (offset < end)
		got = (uint32_t)(end - offset);
	put(out, 0);
	put_post_attributes(out, FILE_DATA);
	put(out, got);
	put(out, offset + got == it.size);
	put(out, got);
	for (uint32_t i = 0; i < got; i += 4)
		put(out, 0x6e6e6e6e);
	return true;
}

static bool nfs_call(uint32_t procedure, uint32_t xid, struct message *in, struct message *out)
{
	enum file file;

	if (procedure == NFS_LOOKUP) {
		if (look_up(in, out))
			return true;
		it.lookup(xid);
		return false;
	}
	if (!procedure)
		return true;
	file = take_handle(in);
	if (procedure == NFS_READ)
		return read_file(xid, in, out);
	put(out, 0);
	if (procedure == NFS_GETATTR) {
		put_attributes(out, file);
		return true;
	}
	put_post_attributes(out, file);
	if (procedure == NFS_ACCESS)
		put(out, take(in));
	else if (procedure == NFS_FSINFO)
		put_fsinfo(out);
	else if (procedure == NFS_FSSTAT)
		put_fsstat(out);
	else if (procedure == NFS_PATHCONF)
		put_pathconf(out);
	else
		fail("NFS procedure %u is not known", procedure);
	return true;
}

static void mount_call(uint32_t procedure, struct message *out)
{
	if (procedure != MOUNT_MNT)
		return;
	put(out, 0);
	put_handle(out, FILE_ROOT);
	put(out, 1); /* one flavour of authentication: AUTH_SYS */
	put(out, 1);
}

/* False: no answer. */
static bool call(struct message *in, struct message *out)
{
	uint32_t xid = take(in), program, procedure, len;

	if (take(in) != 0 || take(in) != 2)
		fail("no RPC call");
	program = take(in);
	take(in); /* version */
	procedure = take(in);
	for (int i = 0; i < 2; i++) { /* credentials and verifier */
		take(in);
		take_bytes(in, &len);
	}
	put(out, xid);
	put(out, 1); /* a reply */
	put(out, 0); /* accepted */
	put64(out, 0);
	if (program != NFS_PROGRAM && program != MOUNT_PROGRAM) {
		put(out, 1); /* no such program here */
		return true;
	}
	put(out, 0);
	if (program == NFS_PROGRAM)
		return nfs_call(procedure, xid, in, out);
	mount_call(procedure, out);
	return true;
}

/* ---- the wire: each message behind a word with its length ---- */

static bool receive(int fd, void *data, size_t len)
{
	return recv(fd, data, len, MSG_WAITALL) == (ssize_t)len;
}

static _Noreturn void serve(int fd)
{
	static struct message in, out;
	uint32_t mark;

	while (receive(fd, &mark, sizeof(mark))) {
		mark = ntohl(mark) & 0x7fffffff;
		if (mark > sizeof(in.word) || !receive(fd, in.word, mark))
			fail("an RPC message of %u bytes", mark);
		in.n = mark / 4;
		in.at = out.n = 0;
		put(&out, 0);
		if (!call(&in, &out))
			continue;
		out.word[0] = htonl(0x80000000 | (uint32_t)(out.n - 1) * 4);
		if (send(fd, out.word, out.n * 4, 0) != (ssize_t)(out.n * 4))
			fail("send");
	}
	_exit(0);
}

static int listen_here(void)
{
	struct sockaddr_in here = {.sin_family = AF_INET,
				   .sin_port = htons(PORT),
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr) < 0)
		fail("no loopback network");
	if (bind(fd, (struct sockaddr *)&here, sizeof(here)) < 0 || listen(fd, 8) < 0)
		fail("cannot listen");
	return fd;
}

static int child(const char *comm)
{
	int pid = fork();

	if (pid < 0)
		fail("fork");
	if (!pid)
		prctl(PR_SET_NAME, comm);
	return pid;
}

/* A process for each connection: of mounting, and of the mount. */
static void start_server(void)
{
	int fd = listen_here();

	if (child("nfs-server") == 0) {
		for (;;) {
			int peer = accept(fd, NULL, NULL);

			if (peer < 0)
				fail("accept");
			if (child("nfs-peer") == 0)
				serve(peer);
			close(peer);
		}
	}
	close(fd);
}

/* Timeouts so long that nothing is sent a second time before the dump. */
void nfs_serve(const struct nfs_server *server)
{
	it = *server;
	start_server();
	mkdir("/nfs", 0755);
	if (mount("127.0.0.1:/export", "/nfs", "nfs", MS_RDONLY,
		  "vers=3,proto=tcp,addr=127.0.0.1,port=2049,mountaddr=127.0.0.1,mountport=2049,"
		  "mountvers=3,mountproto=tcp,sec=sys,nolock,noacl,hard,timeo=6000,retrans=3,"
		  "actimeo=3600") < 0)
		fail("cannot mount NFS");
}
