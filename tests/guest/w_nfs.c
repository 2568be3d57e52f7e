/*
 * An NFS file system whose server, a child here, has stopped to read: it answers all
 * but READ and the LOOKUP of a certain name. What it has got and does not answer
 * stands in the notes.
 */
#include "nfs_server.h"
#include "workload.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define FILE_PAGES 256

/* ---- who waits for it ---- */

static void fault(void)
{
	read_pages(map_path("/nfs/file", 0, FILE_PAGES * PAGE, PROT_READ, MAP_SHARED), 72, 1);
}

static void look_up_never(void)
{
	access("/nfs/never", F_OK);
}

static const struct {
	const char *name, *waits_for, *operation;
	void (*run)(void);
	int page;
} clients[] = {
	{"nfs-fault", "page", "READ", fault, 72},
	{"nfs-lookup", "answer", "LOOKUP", look_up_never, -1},
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
	await_state(task, 'D');
	notes = must_open(NOTES, O_WRONLY | O_APPEND);
	dprintf(notes, "nfs-wait %d %s %s %d\n", pid, clients[i].waits_for, clients[i].operation,
		clients[i].page);
	close(notes);
}

static void note_sent(uint32_t xid, const char *procedure, uint64_t offset, uint32_t count)
{
	int notes = must_open(NOTES, O_WRONLY | O_APPEND);

	dprintf(notes, "nfs-sent %08x %s %llu %u\n", xid, procedure, (unsigned long long)offset,
		count);
	close(notes);
}

static bool note_read(uint32_t xid, uint64_t offset, uint32_t count)
{
	note_sent(xid, "READ", offset, count);
	return false;
}

static void note_lookup(uint32_t xid)
{
	note_sent(xid, "LOOKUP", 0, 0);
}

static void nfs(void)
{
	nfs_serve(&(struct nfs_server){
		.size = FILE_PAGES * PAGE, .read = note_read, .lookup = note_lookup});
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++)
		start_client(i);
	report_ready();
}

const struct scenario nfs_scenarios[] = {
	{"nfs", nfs},
	{NULL, NULL},
};
