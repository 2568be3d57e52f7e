/*
 * An NFS server in a guest, of which each READ is known.
 */
#ifndef GUEST_NFS_SERVER_H
#define GUEST_NFS_SERVER_H

#include <stdbool.h>
#include <stdint.h>

struct nfs_server {
	uint64_t size; /* of its file */
	/* A READ of it has come. True: it is answered, with bytes of 'n'. */
	bool (*read)(uint32_t xid, uint64_t offset, uint32_t count);
	/* A LOOKUP has come that stays without an answer. */
	void (*lookup)(uint32_t xid);
};

/* Starts it, as a child called nfs-server, and mounts it on /nfs, read-only. */
void nfs_serve(const struct nfs_server *server);

#endif
