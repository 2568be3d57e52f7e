// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nfs.c - the RPC tasks of NFS mounts (include/linux/sunrpc/sched.h, nfs_page.h)
 *
 * nfs_server (of the super block) -> rpc_clnt -> its tasks. The task of a read or write
 * lies in the nfs_pgio_header that has the pages: it says so itself, by its data.
 */
#include <stdlib.h>

#include "fsreq.h"
#include "module_types.h"
#include "waitqueue.h"

static void lost(struct mi_kernel *k, const char *what, uint64_t addr, enum mi_read why)
{
	mi_problem_read(&k->problems, what, addr, why, "requests of NFS are missing");
}

/* The string that the pointer at @addr + @m leads to. */
static enum mi_read read_name(struct mi_kernel *k, uint64_t addr, const struct mi_member *m,
			      char *buf, size_t size)
{
	uint64_t at;
	enum mi_read why = mi_read_member(k->t, addr, m, &at);

	buf[0] = '\0';
	if (!why && at)
		why = mi_read_string(k->t, at, buf, size);
	return why;
}

/* ---- one task ---- */

static enum mi_fs_state state_of(const char *queue)
{
	static const struct {
		const char *queue;
		enum mi_fs_state state;
	} known[] = {
		{"", MI_FS_RQ_RUNNING},
		{"xprt_pending", MI_FS_RQ_SENT},
		{"xprt_sending", MI_FS_RQ_QUEUED},
		{"xprt_backlog", MI_FS_RQ_SLOT},
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(known[i].queue, queue))
			return known[i].state;
	return MI_FS_RQ_OTHER;
}

static void set_procedure(struct mi_kernel *k, uint64_t proc, struct mi_fs_rq *rq)
{
	const struct mi_layout *l = &k->l;
	uint64_t number;

	if (!proc)
		return;
	if (mi_read_member(k->t, proc, &l->rpc_proc_number, &number) ||
	    read_name(k, proc, &l->rpc_proc_name, rq->operation, sizeof(rq->operation))) {
		mi_problem_bad(&k->problems, "rpc_procinfo", proc, "cannot be read",
			       "the operation of a request is missing");
		rq->operation[0] = '\0';
		return;
	}
	rq->number = (uint32_t)number;
}

static void set_xid(struct mi_kernel *k, uint64_t rqst, struct mi_fs_rq *rq)
{
	uint64_t xid;

	if (rqst && mi_has(&k->l.rpc_rqst_xid) &&
	    !mi_read_member(k->t, rqst, &k->l.rpc_rqst_xid, &xid))
		rq->unique = __builtin_bswap32((uint32_t)xid);
}

static void add_task(struct mi_kernel *k, struct mi_fs_requests *r, size_t conn, uint64_t addr)
{
	const struct mi_layout *l = &k->l;
	unsigned char raw[512];
	struct mi_fs_rq *rq;
	uint64_t queue, data;
	enum mi_read why;

	why = mi_read_virt(k->t, addr, raw, l->size_rpc_task);
	if (why) {
		lost(k, "rpc_task", addr, why);
		return;
	}
	if (mi_get(raw, &l->rpc_task_client) != r->conn[conn].addr) {
		mi_problem_bad(&k->problems, "rpc_task", addr, "is of another client",
			       "requests of NFS are missing");
		return;
	}
	rq = mi_fs_add_rq(k, r);
	if (!rq)
		return;
	rq->addr = addr;
	rq->conn = conn;
	queue = mi_get(raw, &l->rpc_task_queue);
	if (queue && read_name(k, queue, &l->rpc_queue_name, rq->queue, sizeof(rq->queue)))
		memcpy(rq->queue, "?", 2);
	rq->state = state_of(rq->queue);
	set_procedure(k, mi_get(raw, &l->rpc_task_proc), rq);
	set_xid(k, mi_get(raw, &l->rpc_task_rqst), rq);
	rq->pid = (int32_t)mi_get(raw, &l->rpc_task_owner);
	rq->uid = -1;
	rq->status = (int32_t)mi_get(raw, &l->rpc_task_status);
	rq->start_ns = mi_get(raw, &l->rpc_task_start);
	data = mi_get(raw, &l->rpc_task_data);
	if (data && data + (uint64_t)l->nfs_hdr_task.off == addr)
		rq->data = data;
}

/* ---- clients ---- */

static void add_client(struct mi_kernel *k, struct mi_fs_requests *r, const struct mi_fs_conn *from,
		       uint64_t clnt)
{
	const struct mi_layout *l = &k->l;
	struct mi_fs_conn conn = *from;
	size_t number = r->n_conn;
	uint64_t node, steps = 0;
	struct mi_list li;
	enum mi_read why;

	/* An error number stands for a client that could not be made. */
	if (!clnt || clnt >= -4096ULL)
		return;
	conn.addr = clnt;
	why = mi_read_member(k->t, clnt, &l->rpc_clnt_clid, &conn.number);
	if (why) {
		lost(k, "rpc_clnt", clnt, why);
		return;
	}
	if (!mi_fs_add_conn(k, r, &conn))
		return;
	mi_list_start(&li, k, clnt + (uint64_t)l->rpc_clnt_tasks.off, "list of RPC tasks");
	while (mi_list_next(&li, &node)) {
		if (++steps > MI_FS_RQ_MAX) {
			mi_problem_bad(&k->problems, "list of RPC tasks", node,
				       "is longer than it can be", "requests of NFS are missing");
			return;
		}
		add_task(k, r, number, node - (uint64_t)l->rpc_task_list.off);
	}
}

void mi_nfs_requests(struct mi_kernel *k, struct mi_fs_requests *r, uint64_t sb, const char *fs)
{
	const struct mi_layout *l = &k->l;
	struct mi_fs_conn conn = {.nfs = true, .sb = sb};
	uint64_t server, nfs = 0, clnt[3] = {0};
	enum mi_read why;
	size_t i;

	mi_module_types(k, "nfs");
	if (!mi_feature(k, MI_F_NFS, NULL))
		return; /* features_off says it */
	why = mi_read_member(k->t, sb, &l->sb_fs_info, &server);
	if (!why && !server)
		return;
	if (!why)
		why = mi_read_member(k->t, server, &l->nfs_server_client, &clnt[0]);
	if (!why)
		why = mi_read_member(k->t, server, &l->nfs_server_nfs, &nfs);
	if (!why && nfs)
		why = mi_read_member(k->t, nfs, &l->nfs_client_rpc, &clnt[1]);
	if (!why && mi_has(&l->nfs_server_acl))
		why = mi_read_member(k->t, server, &l->nfs_server_acl, &clnt[2]);
	if (why) {
		lost(k, "nfs_server", sb, why);
		return;
	}
	memcpy(conn.fs, fs, strlen(fs) + 1);
	if (nfs && mi_has(&l->nfs_client_host) &&
	    read_name(k, nfs, &l->nfs_client_host, conn.server, sizeof(conn.server)))
		conn.server[0] = '\0';
	for (i = 0; i < 3; i++)
		add_client(k, r, &conn, clnt[i]);
}

/* ---- who waits for a task's end ---- */

struct index {
	struct mi_kernel *k;
	struct mi_fs_requests *r;
	struct entry {
		uint64_t word; /* tk_runstate of the task */
		size_t rq;
	} * list;
	size_t n;
};

static int by_word(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->word < y->word ? -1 : x->word > y->word;
}

static void bit_waiter(void *arg, const struct mi_task *task, uint64_t word)
{
	struct index *ix = arg;
	struct entry key = {.word = word}, *e;

	e = bsearch(&key, ix->list, ix->n, sizeof(key), by_word);
	if (e)
		mi_fs_add_wait(ix->k, ix->r, task, ix->r->rq[e->rq].conn, e->rq);
}

void mi_nfs_waits(struct mi_kernel *k, struct mi_fs_requests *r)
{
	struct index ix = {.k = k, .r = r};
	size_t i;

	for (i = 0; i < r->n_rq; i++)
		ix.n += r->conn[r->rq[i].conn].nfs;
	if (!ix.n)
		return;
	ix.list = calloc(ix.n, sizeof(*ix.list));
	if (!ix.list) {
		r->no_memory = true;
		return;
	}
	for (i = 0, ix.n = 0; i < r->n_rq; i++)
		if (r->conn[r->rq[i].conn].nfs)
			ix.list[ix.n++] = (struct entry){
				r->rq[i].addr + (uint64_t)k->l.rpc_task_runstate.off, i};
	qsort(ix.list, ix.n, sizeof(*ix.list), by_word);
	if (!mi_wait_bits(k, bit_waiter, &ix) && mi_feature(k, MI_F_WAIT, NULL))
		mi_problem_unknown(&k->problems, "waits for bits", k->l.sym_bit_wait_table,
				   "cannot be told from others in this kernel",
				   "waiting tasks are missing");
	free(ix.list);
}

/* ---- pages ---- */

bool mi_nfs_pages(struct mi_kernel *k, const struct mi_fs_rq *rq, mi_fs_pages_fn fn, void *arg)
{
	const struct mi_layout *l = &k->l;
	uint64_t node, page, base, bytes, steps = 0;
	struct mi_list li;
	enum mi_read why;

	mi_list_start(&li, k, rq->data + (uint64_t)l->nfs_hdr_pages.off, "pages of an NFS request");
	while (mi_list_next(&li, &node)) {
		uint64_t at = node - (uint64_t)l->nfs_page_list.off;

		if (++steps > MI_FS_PAGES_MAX) {
			mi_problem_bad(&k->problems, "pages of an NFS request", node,
				       "are more than can be looked at", "pages are missing");
			return false;
		}
		why = mi_read_member(k->t, at, &l->nfs_page_page, &page);
		if (!why)
			why = mi_read_member(k->t, at, &l->nfs_page_base, &base);
		if (!why)
			why = mi_read_member(k->t, at, &l->nfs_page_bytes, &bytes);
		if (why) {
			mi_problem_read(&k->problems, "nfs_page", at, why,
					"pages of a request are missing");
			return false;
		}
		if (!fn(arg, page, base, bytes))
			return false;
	}
	return true;
}
