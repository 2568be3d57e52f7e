// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuse.c - the requests of FUSE (fs/fuse/fuse_i.h, dev.c)
 *
 * A request goes from the list "bg_queue" (if it is a background one and its turn has
 * not come) to "pending", and, when the server reads it, over "io" into the hash
 * "processing" of the server's open device. virtiofs has one such device for each of
 * its virtqueues.
 */
#include "fsreq.h"
#include "module_types.h"
#include "tick.h"
#include "waitqueue.h"

#define PQ_HASH 256 /* FUSE_PQ_HASH_SIZE, a macro */
#define DEVICES_MAX 65536

/* The queues of a connection, wherever this kernel has them. */
struct channel {
	uint64_t iq_pending, bg_queue, devices, blocked;
	uint64_t owner; /* what its requests name as theirs; 0: not compared */
};

struct walk {
	struct mi_kernel *k;
	struct mi_fs_requests *r;
	size_t conn;
	struct channel ch;
	uint64_t steps;
};

static const char *operation_name(uint32_t number)
{
	switch (number) {
#define MI_FUSE_OP(name, n)                                                                        \
	case n:                                                                                    \
		return #name;
#include "fuse_names.def"
#undef MI_FUSE_OP
	default:
		return "";
	}
}

static void lost(struct mi_kernel *k, const char *what, uint64_t addr, enum mi_read why)
{
	mi_problem_read(&k->problems, what, addr, why, "requests of FUSE are missing");
}

static void odd(struct mi_kernel *k, const char *what, uint64_t addr, const char *why)
{
	mi_problem_bad(&k->problems, what, addr, why, "requests of FUSE are missing");
}

/* ---- one request ---- */

static bool is_ours(const struct walk *w, const void *raw)
{
	const struct mi_layout *l = &w->k->l;
	uint64_t fm, fc;

	if (mi_has(&l->fuse_req_chan))
		return mi_get(raw, &l->fuse_req_chan) == w->ch.owner;
	if (!mi_has(&l->fuse_req_fm))
		return true;
	fm = mi_get(raw, &l->fuse_req_fm);
	return !mi_read_member(w->k->t, fm, &l->fuse_mount_fc, &fc) &&
	       fc == w->r->conn[w->conn].addr;
}

static void set_age(struct mi_kernel *k, const void *raw, struct mi_fs_rq *rq)
{
	const struct mi_layout *l = &k->l;
	uint64_t since;

	if (!mi_has(&l->fuse_req_created))
		return;
	since = mi_get(raw, &l->fuse_req_created);
	rq->age_known = since && mi_ticks_ago(k, since, l->fuse_req_created.size, &rq->age_ns);
}

static bool has_flag(uint64_t flags, const struct mi_enumerator *bit)
{
	return flags >> (bit->value & 63) & 1;
}

static void set_data(struct mi_kernel *k, uint64_t args, struct mi_fs_rq *rq)
{
	const struct mi_layout *l = &k->l;
	uint64_t in, out;
	enum mi_read why;

	if (!args)
		return;
	why = mi_read_member(k->t, args, &l->fuse_args_in_pages, &in);
	if (!why)
		why = mi_read_member(k->t, args, &l->fuse_args_out_pages, &out);
	if (why)
		mi_problem_read(&k->problems, "fuse_args", args, why,
				"pages of a request are missing");
	else if (in || out)
		rq->data = args;
}

struct waiting {
	struct walk *w;
	size_t rq;
};

static void add_wait(void *arg, const struct mi_task *task, uint64_t object)
{
	struct waiting *a = arg;

	(void)object;
	mi_fs_add_wait(a->w->k, a->w->r, task, a->w->conn, a->rq);
}

static void add_request(struct walk *w, uint64_t addr, enum mi_fs_state state)
{
	const struct mi_layout *l = &w->k->l;
	struct waiting a = {w, w->r->n_rq};
	unsigned char raw[512];
	struct mi_fs_rq *rq;
	enum mi_read why;
	uint64_t flags;

	why = mi_read_virt(w->k->t, addr, raw, l->size_fuse_req);
	if (why) {
		lost(w->k, "fuse_req", addr, why);
		return;
	}
	if (!is_ours(w, raw)) {
		odd(w->k, "fuse_req", addr, "is of another connection");
		return;
	}
	rq = mi_fs_add_rq(w->k, w->r);
	if (!rq)
		return;
	flags = mi_get(raw, &l->fuse_req_flags);
	rq->addr = addr;
	rq->conn = w->conn;
	rq->state = state;
	rq->number = (uint32_t)mi_get(raw, &l->fuse_req_opcode);
	memcpy(rq->operation, operation_name(rq->number), strlen(operation_name(rq->number)) + 1);
	rq->unique = mi_get(raw, &l->fuse_req_unique);
	rq->nodeid = mi_get(raw, &l->fuse_req_nodeid);
	rq->pid = (uint32_t)mi_get(raw, &l->fuse_req_pid);
	rq->uid = (uint32_t)mi_get(raw, &l->fuse_req_uid);
	rq->background = has_flag(flags, &l->FR_BACKGROUND);
	rq->interrupted = has_flag(flags, &l->FR_INTERRUPTED);
	set_age(w->k, raw, rq);
	set_data(w->k, mi_get(raw, &l->fuse_req_args), rq);
	mi_wait_queue(w->k, addr + (uint64_t)l->fuse_req_waitq.off, addr, add_wait, &a);
}

static void add_list(struct walk *w, uint64_t head, enum mi_fs_state state)
{
	struct mi_list li;
	uint64_t node;

	mi_list_start(&li, w->k, head, "list of FUSE requests");
	while (mi_list_next(&li, &node)) {
		if (++w->steps > MI_FS_RQ_MAX) {
			odd(w->k, "list of FUSE requests", node, "is longer than it can be");
			return;
		}
		add_request(w, node - (uint64_t)w->k->l.fuse_req_list.off, state);
	}
}

/* ---- open devices of servers ---- */

static void add_device(struct walk *w, uint64_t dev)
{
	const struct mi_layout *l = &w->k->l;
	uint64_t hash, i;
	enum mi_read why;

	add_list(w, dev + (uint64_t)l->fuse_dev_io.off, MI_FS_RQ_COPYING);
	why = mi_read_member(w->k->t, dev, &l->fuse_dev_processing, &hash);
	if (why) {
		lost(w->k, "fuse_dev", dev, why);
		return;
	}
	for (i = 0; hash && i < PQ_HASH; i++)
		add_list(w, hash + i * 2 * mi_word_size(w->k->t), MI_FS_RQ_SENT);
}

static void add_devices(struct walk *w)
{
	uint64_t node, n = 0;
	struct mi_list li;

	mi_list_start(&li, w->k, w->ch.devices, "list of FUSE devices");
	while (mi_list_next(&li, &node)) {
		if (++n > DEVICES_MAX) {
			odd(w->k, "list of FUSE devices", node, "is longer than it can be");
			return;
		}
		add_device(w, node - (uint64_t)w->k->l.fuse_dev_entry.off);
	}
}

/* ---- a connection ---- */

/* Two places for each of the members: one kernel has all of them in one. */
struct form {
	const struct mi_member *iq, *bg_queue, *devices, *waiting, *max, *background, *connected,
		*blocked, *ring;
};

static struct form form_of(const struct mi_layout *l)
{
	if (mi_has(&l->fuse_conn_chan))
		return (struct form){&l->fuse_chan_iq,
				     &l->fuse_chan_bg_queue,
				     &l->fuse_chan_devices,
				     &l->fuse_chan_num_waiting,
				     &l->fuse_chan_max_background,
				     &l->fuse_chan_num_background,
				     &l->fuse_chan_connected,
				     &l->fuse_chan_blocked_waitq,
				     &l->fuse_chan_ring};
	return (struct form){&l->fuse_conn_iq,
			     &l->fuse_conn_bg_queue,
			     &l->fuse_conn_devices,
			     &l->fuse_conn_num_waiting,
			     &l->fuse_conn_max_background,
			     &l->fuse_conn_num_background,
			     &l->fuse_conn_connected,
			     &l->fuse_conn_blocked_waitq,
			     &l->fuse_conn_ring};
}

static void set_counts(struct mi_kernel *k, const struct form *f, uint64_t at,
		       struct mi_fs_conn *conn)
{
	uint64_t connected = 0;

	if (!mi_has(f->waiting) || !mi_has(f->max) || !mi_has(f->background) ||
	    !mi_has(f->connected))
		return;
	conn->counts_known = !mi_read_member(k->t, at, f->waiting, &conn->waiting) &&
			     !mi_read_member(k->t, at, f->max, &conn->max_background) &&
			     !mi_read_member(k->t, at, f->background, &conn->background) &&
			     !mi_read_member(k->t, at, f->connected, &connected);
	conn->connected = connected;
}

/* Requests over io_uring are in queues of their own. */
static void check_ring(struct mi_kernel *k, const struct form *f, uint64_t at)
{
	uint64_t ring;

	if (mi_has(f->ring) && !mi_read_member(k->t, at, f->ring, &ring) && ring)
		odd(k, "fuse_ring", ring, "has requests over io_uring, which are not looked at");
}

static bool set_channel(struct mi_kernel *k, const struct form *f, uint64_t at, struct channel *ch)
{
	if (!mi_has(f->iq) || !mi_has(f->bg_queue) || !mi_has(f->devices)) {
		odd(k, "fuse_conn", at, "has its queues where they are not known");
		return false;
	}
	ch->owner = at;
	ch->iq_pending = at + (uint64_t)f->iq->off + (uint64_t)k->l.fuse_iq_pending.off;
	ch->bg_queue = at + (uint64_t)f->bg_queue->off;
	ch->devices = at + (uint64_t)f->devices->off;
	if (mi_has(f->blocked) && mi_has(&k->l.wait_head))
		ch->blocked = at + (uint64_t)f->blocked->off + (uint64_t)k->l.wait_head.off;
	else
		mi_problem_unknown(&k->problems, "fuse_conn", at,
				   "has a wait queue where it is not known",
				   "a waiting task is missing");
	return true;
}

static void add_conn(struct mi_kernel *k, struct mi_fs_requests *r, struct mi_fs_conn *conn)
{
	const struct form f = form_of(&k->l);
	struct walk w = {.k = k, .r = r, .conn = r->n_conn};
	struct waiting blocked = {&w, SIZE_MAX};
	uint64_t at = conn->addr;
	enum mi_read why = MI_READ_OK;

	if (mi_has(&k->l.fuse_conn_chan))
		why = mi_read_member(k->t, at, &k->l.fuse_conn_chan, &at);
	if (why) {
		lost(k, "fuse_conn", conn->addr, why);
		return;
	}
	if (!set_channel(k, &f, at, &w.ch))
		return;
	set_counts(k, &f, at, conn);
	if (!mi_fs_add_conn(k, r, conn))
		return;
	check_ring(k, &f, at);
	add_list(&w, w.ch.bg_queue, MI_FS_RQ_SLOT);
	add_list(&w, w.ch.iq_pending, MI_FS_RQ_QUEUED);
	add_devices(&w);
	if (w.ch.blocked)
		mi_wait_queue(k, w.ch.blocked, conn->addr, add_wait, &blocked);
}

void mi_fuse_requests(struct mi_kernel *k, struct mi_fs_requests *r, uint64_t sb, const char *fs)
{
	const struct mi_layout *l = &k->l;
	struct mi_fs_conn conn = {.sb = sb};
	uint64_t fm;
	enum mi_read why;

	mi_module_types(k, "fuse");
	if (!mi_feature(k, MI_F_FUSE, NULL))
		return; /* features_off says it */
	why = mi_read_member(k->t, sb, &l->sb_fs_info, &fm);
	if (!why && !fm)
		return; /* being mounted, or gone */
	if (!why)
		why = mi_read_member(k->t, fm, &l->fuse_mount_fc, &conn.addr);
	if (!why)
		why = mi_read_member(k->t, conn.addr, &l->fuse_conn_dev, &conn.number);
	if (why) {
		lost(k, "super_block", sb, why);
		return;
	}
	memcpy(conn.fs, fs, strlen(fs) + 1);
	add_conn(k, r, &conn);
}

/* ---- pages ---- */

struct desc {
	const struct mi_member *len, *off;
	uint64_t size;
};

static bool desc_form(const struct mi_layout *l, struct desc *d)
{
	if (mi_has(&l->fuse_folio_desc_len) && mi_has(&l->fuse_folio_desc_off)) {
		d->len = &l->fuse_folio_desc_len;
		d->off = &l->fuse_folio_desc_off;
	} else if (mi_has(&l->fuse_page_desc_len) && mi_has(&l->fuse_page_desc_off)) {
		d->len = &l->fuse_page_desc_len;
		d->off = &l->fuse_page_desc_off;
	} else {
		return false;
	}
	d->size = d->len->size + d->off->size;
	return true;
}

bool mi_fuse_pages(struct mi_kernel *k, const struct mi_fs_rq *rq, mi_fs_pages_fn fn, void *arg)
{
	const struct mi_layout *l = &k->l;
	uint64_t ap = rq->data - (uint64_t)l->fuse_ap_args.off, pages, descs, n, i;
	struct desc d;
	enum mi_read why;

	why = mi_read_member(k->t, ap, &l->fuse_ap_pages, &pages);
	if (!why)
		why = mi_read_member(k->t, ap, &l->fuse_ap_descs, &descs);
	if (!why)
		why = mi_read_member(k->t, ap, &l->fuse_ap_num, &n);
	if (why || n > MI_FS_PAGES_MAX || !desc_form(l, &d)) {
		mi_problem_bad(&k->problems, "fuse_args_pages", ap, "cannot be made out",
			       "pages of a request are missing");
		return false;
	}
	for (i = 0; i < n; i++) {
		uint64_t page, len, off;

		why = mi_read_ulong(k->t, pages + i * mi_word_size(k->t), &page);
		if (!why)
			why = mi_read_member(k->t, descs + i * d.size, d.len, &len);
		if (!why)
			why = mi_read_member(k->t, descs + i * d.size, d.off, &off);
		if (why) {
			mi_problem_read(&k->problems, "fuse_args_pages", ap, why,
					"pages of a request are missing");
			return false;
		}
		if (!fn(arg, page, off, len))
			return false;
	}
	return true;
}
