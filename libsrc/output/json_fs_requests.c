// SPDX-License-Identifier: GPL-2.0-or-later
/* json_fs_requests.c - requests of file systems without a block queue, as JSON */
#include "json_parts.h"

static void put_number(struct mi_json *w, const char *key, bool known, uint64_t v)
{
	if (known)
		mi_json_u64(w, key, v);
	else
		mi_json_null(w, key);
}

void mi_json_fs_conn(struct mi_json *w, const char *key, const struct mi_fs_conn *c)
{
	mi_json_line_object(w, key);
	mi_json_bytes(w, "fs", c->fs);
	mi_json_u64(w, "number", c->number);
	mi_json_hex(w, "address", c->addr);
	mi_json_hex(w, "super_block", c->sb);
	if (c->nfs) {
		mi_json_bytes(w, "server", c->server);
	} else {
		if (c->counts_known)
			mi_json_bool(w, "connected", c->connected);
		else
			mi_json_null(w, "connected");
		put_number(w, "counted", c->counts_known, c->waiting);
		put_number(w, "max_background", c->counts_known, c->max_background);
		put_number(w, "background", c->counts_known, c->background);
	}
	mi_json_object_end(w);
}

static void put_fuse(struct mi_json *w, const struct mi_fs_rq *rq)
{
	mi_json_u64(w, "unique", rq->unique);
	mi_json_u64(w, "nodeid", rq->nodeid);
	mi_json_i64(w, "uid", rq->uid);
	mi_json_bool(w, "background", rq->background);
	mi_json_bool(w, "interrupted", rq->interrupted);
	put_number(w, "age_ns", rq->age_known, rq->age_ns);
}

static void put_nfs(struct mi_json *w, const struct mi_pending *p, const struct mi_fs_rq *rq)
{
	bool aged = p->clock_known && rq->start_ns && rq->start_ns <= p->clock_ns;

	if (rq->unique)
		mi_json_hex(w, "xid", rq->unique);
	else
		mi_json_null(w, "xid");
	mi_json_bytes(w, "queue", rq->queue);
	mi_json_i64(w, "status", rq->status);
	put_number(w, "start_ns", rq->start_ns != 0, rq->start_ns);
	put_number(w, "age_ns", aged, p->clock_ns - rq->start_ns);
}

static void put_what(struct mi_json *w, const struct mi_pending *p, size_t i)
{
	const struct mi_fs_rq *rq = &p->fs.all.rq[i];

	mi_json_hex(w, "request", rq->addr);
	mi_json_text(w, "operation", *rq->operation ? rq->operation : NULL);
	mi_json_u64(w, "operation_number", rq->number);
	mi_json_text(w, "state", mi_fs_state_word(rq->state));
	mi_json_i64(w, "pid", rq->pid);
	if (p->fs.all.conn[rq->conn].nfs)
		put_nfs(w, p, rq);
	else
		put_fuse(w, rq);
}

void mi_json_fs_request(struct mi_json *w, const char *key, const struct mi_pending *p, size_t i)
{
	mi_json_object(w, key);
	put_what(w, p, i);
	mi_json_object_end(w);
}

static void put_request(struct mi_json *w, const struct mi_pending *p, size_t i)
{
	const struct mi_pending_fs_rq *more = &p->fs.rq[i];
	size_t n;

	mi_json_object(w, NULL);
	mi_json_u64(w, "connection", p->fs.all.rq[i].conn);
	put_what(w, p, i);
	mi_json_bool(w, "pages_complete", more->whole);
	mi_json_array(w, "pages");
	for (n = 0; n < more->n; n++)
		mi_json_rq_pages(w, p, &p->fs.pages[more->first + n]);
	mi_json_array_end(w);
	mi_json_object_end(w);
}

static void put_wait(struct mi_json *w, const struct mi_fs_wait *wait)
{
	mi_json_object(w, NULL);
	mi_json_task(w, &wait->task);
	mi_json_u64(w, "connection", wait->conn);
	put_number(w, "request", wait->rq != MI_NO_INDEX, wait->rq);
	mi_json_object_end(w);
}

void mi_json_fs_requests(struct mi_json *w, const struct mi_pending *p)
{
	const struct mi_fs_requests *all = &p->fs.all;
	size_t i;

	if (!p->fs.known) {
		mi_json_null(w, "fs_connections");
		mi_json_null(w, "fs_requests");
		mi_json_null(w, "fs_waiting");
		return;
	}
	mi_json_array(w, "fs_connections");
	for (i = 0; i < all->n_conn && !mi_json_failed(w); i++)
		mi_json_fs_conn(w, NULL, &all->conn[i]);
	mi_json_array_end(w);
	mi_json_array(w, "fs_requests");
	for (i = 0; i < all->n_rq && !mi_json_failed(w); i++)
		put_request(w, p, i);
	mi_json_array_end(w);
	mi_json_array(w, "fs_waiting");
	for (i = 0; i < all->n_wait && !mi_json_failed(w); i++)
		put_wait(w, &all->wait[i]);
	mi_json_array_end(w);
}
