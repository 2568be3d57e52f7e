// SPDX-License-Identifier: GPL-2.0-or-later
/* fsreq.c - mounted file systems whose requests are not block requests */
#include <stdlib.h>

#include "fsreq.h"

#define SUPER_BLOCKS_MAX 262144
#define CONNS_MAX 16384
#define WAITS_MAX 131072

const char *mi_fs_state_word(enum mi_fs_state state)
{
	static const char *const words[MI_FS_RQ_NR] = {"queued", "slot",    "copying",
						       "sent",	 "running", "other"};

	return state < MI_FS_RQ_NR ? words[state] : NULL;
}

const char *mi_fs_state_text(enum mi_fs_state state)
{
	static const char *const text[MI_FS_RQ_NR] = {
		"queued", "waits for a slot", "being copied", "sent to server", "running", "waits",
	};

	return state < MI_FS_RQ_NR ? text[state] : "?";
}

/* ---- lists that grow ---- */

/* Room for one more, which doubles at each power of two; zeroed. */
static void *another(struct mi_fs_requests *r, void **list, size_t n, size_t size)
{
	if (!(n & (n - 1)) && (n == 0 || n >= 16)) {
		void *more = realloc(*list, (n ? 2 * n : 16) * size);

		if (!more) {
			r->no_memory = true;
			return NULL;
		}
		*list = more;
	}
	return memset((char *)*list + n * size, 0, size);
}

struct mi_fs_conn *mi_fs_add_conn(struct mi_kernel *k, struct mi_fs_requests *r,
				  const struct mi_fs_conn *conn)
{
	struct mi_fs_conn *c;
	size_t i;

	/* Several super blocks may share one. */
	for (i = 0; i < r->n_conn; i++)
		if (r->conn[i].addr == conn->addr)
			return NULL;
	if (r->n_conn == CONNS_MAX) {
		mi_problem_bad(&k->problems, "connection of a file system", conn->addr,
			       "is one of more than can be held", "requests are missing");
		return NULL;
	}
	c = another(r, (void **)&r->conn, r->n_conn, sizeof(*c));
	if (!c)
		return NULL;
	*c = *conn;
	r->n_conn++;
	return c;
}

struct mi_fs_rq *mi_fs_add_rq(struct mi_kernel *k, struct mi_fs_requests *r)
{
	struct mi_fs_rq *rq;

	if (r->n_rq == MI_FS_RQ_MAX) {
		mi_problem_bad(&k->problems, "requests of file systems", r->rq[0].addr,
			       "are more than can be held", "requests are missing");
		return NULL;
	}
	rq = another(r, (void **)&r->rq, r->n_rq, sizeof(*rq));
	r->n_rq += rq != NULL;
	return rq;
}

void mi_fs_add_wait(struct mi_kernel *k, struct mi_fs_requests *r, const struct mi_task *task,
		    size_t conn, size_t rq)
{
	struct mi_fs_wait *w;

	if (r->n_wait == WAITS_MAX) {
		mi_problem_bad(&k->problems, "tasks that wait for answers", task->addr,
			       "are more than can be held", "a waiting task is missing");
		return;
	}
	w = another(r, (void **)&r->wait, r->n_wait, sizeof(*w));
	if (w)
		*w = (struct mi_fs_wait){.task = *task, .conn = conn, .rq = rq};
	r->n_wait += w != NULL;
}

/* ---- super blocks ---- */

static void visit(struct mi_kernel *k, struct mi_fs_requests *r, uint64_t sb)
{
	const struct mi_layout *l = &k->l;
	uint64_t type, name;
	enum mi_read why;
	char fs[32];

	why = mi_read_member(k->t, sb, &l->sb_type, &type);
	if (!why)
		why = mi_read_member(k->t, type, &l->fs_type_name, &name);
	if (!why)
		why = mi_read_string(k->t, name, fs, sizeof(fs));
	if (why)
		mi_problem_read(&k->problems, "super_block", sb, why,
				"requests of a file system may be missing");
	else if (!strcmp(fs, "fuse") || !strcmp(fs, "fuseblk") || !strcmp(fs, "virtiofs"))
		mi_fuse_requests(k, r, sb, fs);
	else if (!strcmp(fs, "nfs") || !strcmp(fs, "nfs4"))
		mi_nfs_requests(k, r, sb, fs);
}

enum mi_status mi_fs_requests(struct mi_kernel *k, struct mi_fs_requests *r, struct mi_error *err)
{
	uint64_t node, steps = 0;
	struct mi_list li;

	memset(r, 0, sizeof(*r));
	if (!mi_feature(k, MI_F_FSREQ, NULL) || !mi_feature(k, MI_F_FILE, NULL))
		return MI_OK; /* features_off says it */
	mi_list_start(&li, k, k->l.sym_super_blocks, "list of super blocks");
	while (!r->no_memory && mi_list_next(&li, &node)) {
		if (++steps > SUPER_BLOCKS_MAX) {
			mi_problem_bad(&k->problems, "list of super blocks", node,
				       "is longer than it can be", "requests are missing");
			break;
		}
		visit(k, r, node - (uint64_t)k->l.sb_list.off);
	}
	mi_nfs_waits(k, r);
	if (!r->no_memory)
		return MI_OK;
	mi_fs_requests_free(r);
	return mi_fail(err, MI_ERR_NOMEM, "out of memory");
}

void mi_fs_requests_free(struct mi_fs_requests *r)
{
	free(r->conn);
	free(r->rq);
	free(r->wait);
	memset(r, 0, sizeof(*r));
}

bool mi_fs_rq_pages(struct mi_kernel *k, const struct mi_fs_requests *r, const struct mi_fs_rq *rq,
		    mi_fs_pages_fn fn, void *arg)
{
	if (!rq->data)
		return true;
	return r->conn[rq->conn].nfs ? mi_nfs_pages(k, rq, fn, arg) : mi_fuse_pages(k, rq, fn, arg);
}
