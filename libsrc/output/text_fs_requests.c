// SPDX-License-Identifier: GPL-2.0-or-later
/* text_fs_requests.c - requests of file systems without a block queue, as tables */
#include <inttypes.h>

#include "output.h"
#include "table.h"

#define NS_PER_MS 1000000

static void age_cell(struct mi_table *t, const struct mi_pending *p, const struct mi_fs_rq *rq)
{
	uint64_t ns = rq->age_ns;
	bool known = rq->age_known;

	if (rq->start_ns && p->clock_known && rq->start_ns <= p->clock_ns) {
		ns = p->clock_ns - rq->start_ns;
		known = true;
	}
	if (known)
		mi_table_cell(t, "%" PRIu64 ".%03" PRIu64 " s", ns / NS_PER_MS / 1000,
			      ns / NS_PER_MS % 1000);
	else
		mi_table_cell(t, "?");
}

/* "fuse 27", "nfs 127.0.0.1" */
static void conn_cell(struct mi_table *t, const struct mi_fs_conn *c)
{
	char text[120];

	if (c->nfs && *c->server)
		snprintf(text, sizeof(text), "%s %s", c->fs, c->server);
	else
		snprintf(text, sizeof(text), "%s %" PRIu64, c->fs, c->number);
	mi_table_bytes(t, text);
}

static void operation_cell(struct mi_table *t, const struct mi_fs_rq *rq)
{
	if (*rq->operation)
		mi_table_bytes(t, rq->operation);
	else
		mi_table_cell(t, "%" PRIu32 "?", rq->number);
}

static void state_cell(struct mi_table *t, const struct mi_fs_rq *rq)
{
	if (rq->state == MI_FS_RQ_OTHER)
		mi_table_bytes(t, rq->queue);
	else
		mi_table_cell(t, "%s", mi_fs_state_text(rq->state));
}

static void file_cells(struct mi_table *t, const struct mi_pending *p,
		       const struct mi_pending_fs_rq *more)
{
	const struct mi_rq_pages *r = more->n ? &p->fs.pages[more->first] : NULL;
	const struct mi_pending_file *f = NULL;

	if (r && !r->why && r->owner == MI_OWNER_FILE) {
		mi_table_cell(t, "%" PRIu64, r->index);
		f = r->file < p->n_files ? &p->files[r->file] : NULL;
		mi_table_name(t, f && f->known && *f->path ? f->path : "?");
	} else {
		mi_table_cell(t, ".");
		mi_table_name(t, r ? "memory of a process, or of the kernel" : ".");
	}
}

static void request_row(struct mi_table *t, const struct mi_pending *p, size_t i)
{
	const struct mi_fs_rq *rq = &p->fs.all.rq[i];
	const struct mi_pending_fs_rq *more = &p->fs.rq[i];
	uint64_t pages = 0;
	size_t n;

	for (n = 0; n < more->n; n++)
		pages += p->fs.pages[more->first + n].n;
	mi_table_row(t);
	mi_table_cell(t, "%zu", i);
	conn_cell(t, &p->fs.all.conn[rq->conn]);
	operation_cell(t, rq);
	state_cell(t, rq);
	age_cell(t, p, rq);
	if (p->fs.all.conn[rq->conn].nfs)
		mi_table_cell(t, "%08" PRIx64, rq->unique);
	else
		mi_table_cell(t, "%" PRIu64, rq->unique);
	mi_table_cell(t, "%" PRId64, rq->pid);
	mi_table_count(t, pages, more->whole);
	mi_table_count(t, more->n_waits, p->waits_known);
	mi_table_cell(t, "%" PRIx64, rq->addr);
	file_cells(t, p, more);
}

static enum mi_status put_requests(const struct mi_pending *p, FILE *out, struct mi_error *err)
{
	struct mi_table *t = mi_table_new();
	size_t i;

	if (!t)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	mi_table_right(t, "F");
	mi_table_left(t, "SERVER");
	mi_table_left(t, "OP");
	mi_table_left(t, "STATE");
	mi_table_right(t, "AGE");
	mi_table_right(t, "UNIQUE");
	mi_table_right(t, "BY");
	mi_table_right(t, "PAGES");
	mi_table_right(t, "WAITING");
	mi_table_left(t, "REQUEST");
	mi_table_right(t, "PAGE");
	mi_table_names(t, "FILE");
	for (i = 0; i < p->fs.all.n_rq; i++)
		request_row(t, p, i);
	return mi_table_put(t,
			    "REQUESTS TO SERVERS OF FILE SYSTEMS (they never reach a block queue)",
			    out, err);
}

static enum mi_status put_waits(const struct mi_pending *p, FILE *out, struct mi_error *err)
{
	const struct mi_fs_requests *all = &p->fs.all;
	struct mi_table *t = mi_table_new();
	size_t i;

	if (!t)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	mi_table_right(t, "F");
	mi_table_right(t, "PID");
	mi_table_left(t, "S");
	mi_table_left(t, "COMMAND");
	mi_table_left(t, "SERVER");
	mi_table_left(t, "WAITS FOR");
	for (i = 0; i < all->n_wait; i++) {
		const struct mi_fs_wait *w = &all->wait[i];

		mi_table_row(t);
		if (w->rq == MI_NO_INDEX)
			mi_table_cell(t, ".");
		else
			mi_table_cell(t, "%zu", w->rq);
		mi_table_cell(t, "%d", w->task.pid);
		mi_table_cell(t, "%c", w->task.state);
		mi_table_bytes(t, w->task.comm);
		conn_cell(t, &all->conn[w->conn]);
		mi_table_cell(t, "%s",
			      w->rq == MI_NO_INDEX ? "leave to make a request" : "the answer");
	}
	return mi_table_put(t, "TASKS THAT WAIT FOR SERVERS (F: the request)", out, err);
}

enum mi_status mi_text_fs_requests(const struct mi_pending *p, FILE *out, struct mi_error *err)
{
	enum mi_status st = MI_OK;

	if (p->fs.all.n_rq)
		st = put_requests(p, out, err);
	if (!st && p->fs.all.n_wait)
		st = put_waits(p, out, err);
	return st;
}
