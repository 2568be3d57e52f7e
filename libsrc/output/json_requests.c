// SPDX-License-Identifier: GPL-2.0-or-later
/* json_requests.c - what is pending on block devices, as JSON */
#include "json_parts.h"

static void put_index(struct mi_json *w, const char *key, size_t index)
{
	if (index == MI_NO_INDEX)
		mi_json_null(w, key);
	else
		mi_json_u64(w, key, index);
}

static void put_device(struct mi_json *w, const struct mi_pending *p, size_t disk)
{
	const struct mi_disk *d = &p->disks[disk];

	mi_json_line_object(w, NULL);
	mi_json_text(w, "name", d->name);
	mi_json_u64(w, "dev_major", d->major);
	mi_json_u64(w, "dev_minor", d->minor);
	mi_json_text(w, "kind", d->mq ? "blk-mq" : d->single ? "single-queue" : "bio");
	mi_json_u64(w, "hw_queues", d->n_hctx);
	if (d->elevator)
		mi_json_text(w, "scheduler", *d->scheduler ? d->scheduler : "?");
	else
		mi_json_null(w, "scheduler");
	mi_json_hex(w, "disk", d->addr);
	mi_json_hex(w, "queue", d->queue);
	mi_json_stacked(w, p, disk);
	mi_json_object_end(w);
}

/* ---- requests ---- */

static void put_flag(void *arg, const char *name, uint64_t bits)
{
	if (name)
		mi_json_text(arg, NULL, name);
	else
		mi_json_hex(arg, NULL, bits);
}

static void put_ns(struct mi_json *w, const char *key, uint64_t ns)
{
	if (ns)
		mi_json_u64(w, key, ns);
	else
		mi_json_null(w, key);
}

static void put_age(struct mi_json *w, const char *key, const struct mi_pending *p, uint64_t since)
{
	if (p->clock_known && since && since <= p->clock_ns)
		mi_json_u64(w, key, p->clock_ns - since);
	else
		mi_json_null(w, key);
}

static void put_times(struct mi_json *w, const struct mi_pending *p, const struct mi_rq *rq)
{
	put_ns(w, "start_ns", rq->start_ns);
	put_ns(w, "issue_ns", rq->issue_ns);
	put_age(w, "age_ns", p, rq->start_ns);
	put_age(w, "issue_age_ns", p, rq->issue_ns);
}

static void put_tag(struct mi_json *w, const char *key, int64_t tag)
{
	if (tag >= 0)
		mi_json_i64(w, key, tag);
	else
		mi_json_null(w, key);
}

static void put_what(struct mi_json *w, const struct mi_pending *p, const struct mi_rq *rq)
{
	unsigned int number = mi_rq_operation_number(p->k, rq);

	mi_json_text(w, "operation", mi_rq_operation(p->k, rq));
	put_index(w, "operation_number", number == MI_RQ_NO_NUMBER ? MI_NO_INDEX : number);
	mi_json_line_array(w, "flags");
	mi_rq_flags(p->k, rq, put_flag, w);
	mi_json_array_end(w);
	if (rq->sector == MI_RQ_NO_SECTOR)
		mi_json_null(w, "sector");
	else
		mi_json_u64(w, "sector", rq->sector);
	mi_json_u64(w, "size_bytes", rq->bytes);
}

static const char *owner_word(const struct mi_rq_pages *r)
{
	switch (r->owner) {
	case MI_OWNER_FILE:
		return "file";
	case MI_OWNER_ANON:
	case MI_OWNER_KSM:
		return r->swapcache ? "swap_cache" : "anon";
	default:
		return "kernel";
	}
}

static void put_mappers(struct mi_json *w, const struct mi_pending *p, const struct mi_rq_pages *r)
{
	const struct mi_mappers *set;
	size_t i;

	if (r->mapped_by == MI_NO_INDEX) {
		mi_json_null(w, "mapped_by");
		mi_json_null(w, "mapped_by_count");
		return;
	}
	set = &p->mapped.sets[r->mapped_by];
	mi_json_line_array(w, "mapped_by");
	for (i = 0; i < set->n; i++)
		mi_json_i64(w, NULL, p->mapped.pids[set->first + i]);
	mi_json_array_end(w);
	mi_json_u64(w, "mapped_by_count", set->count);
}

void mi_json_rq_pages(struct mi_json *w, const struct mi_pending *p, const struct mi_rq_pages *r)
{
	mi_json_line_object(w, NULL);
	mi_json_hex(w, "pfn", r->pfn);
	mi_json_u64(w, "n", r->n);
	if (r->why) {
		mi_json_text(w, "unreadable", mi_read_word(r->why));
	} else {
		mi_json_text(w, "owner", owner_word(r));
		if (r->owner == MI_OWNER_FILE) {
			put_index(w, "file", r->file);
			mi_json_u64(w, "index", r->index);
		}
		mi_json_u64(w, "locked", r->locked);
		mi_json_u64(w, "writeback", r->writeback);
		mi_json_u64(w, "uptodate", r->uptodate);
		put_mappers(w, p, r);
	}
	mi_json_object_end(w);
}

void mi_json_request(struct mi_json *w, const struct mi_pending *p, const struct mi_pending_rq *r)
{
	const struct mi_rq *rq = &r->rq;
	const struct mi_disk *d = &p->disks[rq->disk];
	char part[MI_DISK_NAME];

	if (rq->state == MI_RQ_HELD)
		mi_json_null(w, "request");
	else
		mi_json_hex(w, "request", rq->addr);
	if (rq->bio)
		mi_json_hex(w, "first_bio", rq->bio);
	else
		mi_json_null(w, "first_bio");
	mi_json_text(w, "device", d->name);
	mi_part_name(d->name, rq->part, part);
	mi_json_text(w, "partition", rq->part_known ? part : NULL);
	put_what(w, p, rq);
	mi_json_text(w, "state", mi_rq_state_word(rq->state));
	if (rq->state == MI_RQ_PLUGGED)
		mi_json_i64(w, "plug_pid", rq->plug_pid);
	if (r->unstable)
		mi_json_bool(w, "unstable", true);
	mi_json_way(w, p, r);
	put_tag(w, "hw_queue", rq->hctx);
	put_tag(w, "tag", rq->tag);
	put_tag(w, "scheduler_tag", rq->sched_tag);
	put_times(w, p, rq);
}

static void put_request(struct mi_json *w, const struct mi_pending *p,
			const struct mi_pending_rq *r)
{
	size_t i;

	mi_json_object(w, NULL);
	mi_json_request(w, p, r);
	mi_json_u64(w, "bios", r->bios);
	mi_json_bool(w, "pages_complete", r->whole);
	mi_json_array(w, "pages");
	for (i = r->first; i < r->first + r->n; i++)
		mi_json_rq_pages(w, p, &p->pages[i]);
	mi_json_array_end(w);
	mi_json_object_end(w);
}

/* ---- files and waiting tasks ---- */

void mi_json_pending_file(struct mi_json *w, const char *key, const struct mi_pending *p,
			  const struct mi_pending_file *f)
{
	mi_json_line_object(w, key);
	mi_json_hex(w, "mapping", f->file.mapping);
	mi_json_text(w, "kind", !f->known ? NULL : f->device ? "device" : "file");
	if (f->known) {
		mi_json_hex(w, "inode", f->file.inode);
		mi_json_u64(w, "ino", f->file.name.ino);
		mi_json_u64(w, "dev_major", f->file.name.dev_major);
		mi_json_u64(w, "dev_minor", f->file.name.dev_minor);
		mi_json_bytes(w, "fs", f->file.name.fs);
		mi_json_u64(w, "size_bytes", f->file.size);
	}
	mi_json_bytes(w, f->device ? "device" : "path_in_fs", f->path);
	mi_json_tops(w, p, f);
	mi_json_object_end(w);
}

void mi_json_wait(struct mi_json *w, const struct mi_wait *wait)
{
	char text[160];

	mi_json_text(w, "waits_for", mi_wait_word(wait->waiter.what));
	mi_json_i64(w, "bit", wait->waiter.bit);
	mi_json_hex(w, "pfn", wait->waiter.pfn);
	if (wait->waiter.what == MI_WAIT_BUFFER)
		mi_json_hex(w, "buffer", wait->waiter.buffer);
	if (wait->file != MI_NO_INDEX) {
		mi_json_u64(w, "index", wait->page.index);
		mi_json_u64(w, "n", 1ULL << wait->page.order);
	}
	mi_json_bool(w, "woken", wait->waiter.woken);
	mi_json_hex(w, "entry", wait->waiter.entry);
	mi_json_text(w, "finding", mi_finding_word(wait->finding));
	if (wait->finding) {
		mi_finding_text(wait, text, sizeof(text));
		mi_json_text(w, "finding_text", text);
	}
	if (wait->finding == MI_FINDING_IN_HAND) {
		mi_json_object(w, "in_hand_of");
		mi_json_task(w, &wait->hand);
		mi_json_text(w, "by", mi_inhand_word(wait->hand_how));
		mi_json_hex(w, "stack_address", wait->hand_at);
		mi_json_object_end(w);
	}
}

static void put_wait(struct mi_json *w, const struct mi_wait *wait)
{
	mi_json_object(w, NULL);
	mi_json_task(w, &wait->waiter.task);
	put_index(w, "file", wait->file);
	put_index(w, "request", wait->request);
	put_index(w, "fs_request", wait->fs_request);
	mi_json_text(w, "reads_from", mi_fs_way_word(wait->way));
	mi_json_wait(w, wait);
	mi_json_object_end(w);
}

static void put_waits(struct mi_json *w, const struct mi_pending *p)
{
	size_t i;

	if (!p->waits_known) {
		mi_json_null(w, "waiting");
		mi_json_null(w, "other_waits");
		return;
	}
	mi_json_array(w, "waiting");
	for (i = 0; i < p->n_waits && !mi_json_failed(w); i++)
		put_wait(w, &p->waits[i]);
	mi_json_array_end(w);
	mi_json_u64(w, "other_waits", p->other_waits);
}

enum mi_status mi_json_requests(const struct mi_pending *p, const struct mi_request *ask, FILE *out,
				struct mi_error *err)
{
	struct mi_json *w;
	enum mi_status st;
	size_t i;

	st = mi_json_new(out, &w, err);
	if (st)
		return st;
	mi_json_head(w, p->k);
	put_ns(w, "clock_ns", p->clock_known ? p->clock_ns : 0);
	mi_json_array(w, "devices");
	for (i = 0; i < p->n_disks; i++)
		put_device(w, p, i);
	mi_json_array_end(w);
	mi_json_array(w, "requests");
	for (i = 0; i < p->n_rq && !mi_json_failed(w); i++)
		put_request(w, p, &p->rq[i]);
	mi_json_array_end(w);
	mi_json_fs_requests(w, p);
	put_waits(w, p);
	mi_json_tags(w, p);
	mi_json_array(w, "request_files");
	for (i = 0; i < p->n_files; i++)
		mi_json_pending_file(w, NULL, p, &p->files[i]);
	mi_json_array_end(w);
	mi_json_tail(w, p->k, ask->sources, NULL);
	return mi_json_end(w, err);
}
