// SPDX-License-Identifier: GPL-2.0-or-later
/* history_block.c - the life of requests: from the bio to the completion */
#include <stdlib.h>
#include <string.h>

#include "history.h"

/*
 * Room for one more; counts are the powers of two at which the array grows. Addresses are
 * used again and again, so there are no more entries than bios and requests at one time.
 */
static bool grow(void **list, size_t n, size_t size)
{
	void *more;

	if (n & (n - 1))
		return true;
	more = realloc(*list, (n ? 2 * n : 1) * size);
	if (more)
		*list = more;
	return more;
}

static struct mi_history_bio *bio_entry(struct mi_history_block *b, uint64_t addr)
{
	size_t i;

	if (mi_addrmap_get(&b->by_bio, addr, &i))
		return &b->bio[i];
	if (!grow((void **)&b->bio, b->n_bio, sizeof(*b->bio)) ||
	    !mi_addrmap_put(&b->by_bio, addr, b->n_bio))
		return NULL;
	return &b->bio[b->n_bio++];
}

static void forget(struct mi_history_rq *rq)
{
	memset(rq, 0, sizeof(*rq));
	rq->file = MI_NO_INDEX;
}

static struct mi_history_rq *rq_entry(struct mi_history_block *b, uint64_t addr)
{
	size_t i;

	if (mi_addrmap_get(&b->by_rq, addr, &i))
		return &b->rq[i];
	if (!grow((void **)&b->rq, b->n_rq, sizeof(*b->rq)) ||
	    !mi_addrmap_put(&b->by_rq, addr, b->n_rq))
		return NULL;
	forget(&b->rq[b->n_rq]);
	return &b->rq[b->n_rq++];
}

static void place_bio(struct mi_history_bio *bio, const struct mi_record *r)
{
	uint64_t disk = 0;

	mi_record_get(r, MI_R_DISK, &disk);
	bio->disk = (uint32_t)disk;
	mi_record_get(r, MI_R_SECTOR, &bio->sector);
	mi_record_get(r, MI_R_BYTES, &bio->bytes);
}

static bool queue_bio(const struct mi_history *h, struct mi_history_block *b, uint64_t addr,
		      const struct mi_happening *e)
{
	struct mi_history_bio *bio = bio_entry(b, addr);

	if (!bio)
		return false;
	b->recent[b->n_recent++ % MI_RECENT_BIOS] = (size_t)(bio - b->bio);
	memset(bio, 0, sizeof(*bio));
	place_bio(bio, &e->r);
	bio->queued = e->r.raw;
	/* An interrupt may queue what a driver goes on with; nobody's doing is known of that. */
	if (e->task_known) {
		bio->tid = e->r.tid;
		bio->tgid = e->r.tgid;
	}
	bio->file = e->file;
	mi_record_get(&e->r, MI_R_INDEX, &bio->index);
	bio->start = bio->sector;
	bio->first = bio->index;
	bio->whole_pages = bio->bytes % h->rec->head.page_size == 0;
	return true;
}

/* A partition's becomes one of its disk, without being queued once more. */
static void move_bio(struct mi_history_block *b, uint64_t addr, const struct mi_record *r)
{
	struct mi_history_bio *bio;
	uint64_t was;
	size_t i;

	if (!mi_addrmap_get(&b->by_bio, addr, &i))
		return;
	bio = &b->bio[i];
	was = bio->sector;
	place_bio(bio, r);
	bio->start += bio->sector - was;
}

/* The one that something at this place was cut off from; NULL: it was not recorded. */
static struct mi_history_bio *find_whole(struct mi_history_block *b,
					 const struct mi_history_bio *front, uint64_t addr)
{
	struct mi_history_bio *whole;
	uint64_t back;
	size_t at;

	for (back = 1; back <= MI_RECENT_BIOS && back <= b->n_recent; back++) {
		at = b->recent[(b->n_recent - back) % MI_RECENT_BIOS];
		whole = &b->bio[at];
		if (whole->disk == front->disk && whole->sector == front->sector &&
		    whole->bytes > front->bytes)
			return mi_addrmap_get(&b->by_bio, addr, &back) && back == at ? NULL : whole;
	}
	return NULL;
}

/*
 * What is in front is a bio of its own from here on, and the one that was queued is what remains:
 * it begins at a page further on, which is known if it is of whole pages.
 */
static bool split_bio(struct mi_history *h, struct mi_history_block *b, uint64_t addr,
		      struct mi_happening *e)
{
	struct mi_history_bio front = {.file = MI_NO_INDEX}, *whole, *to;
	uint64_t cut = 0;

	place_bio(&front, &e->r);
	whole = find_whole(b, &front, addr);
	if (!whole || !mi_record_get(&e->r, MI_R_OTHER_SECTOR, &cut) || cut <= whole->sector)
		return true;
	front = *whole;
	place_bio(&front, &e->r);
	whole->bytes -= front.bytes;
	whole->sector = cut;
	whole->index = whole->first + (cut - whole->start) * 512 / h->rec->head.page_size;
	if (!whole->whole_pages)
		whole->file = MI_NO_INDEX;
	e->file = front.file;
	e->index = front.index;
	to = bio_entry(b, addr);
	if (to)
		*to = front;
	return to;
}

static void take_bio(struct mi_history_block *b, struct mi_history_rq *rq,
		     const struct mi_record *r)
{
	const struct mi_history_bio *bio;
	uint64_t addr = 0;
	size_t i;

	if (!mi_record_get(r, MI_R_BIO, &addr) || !addr || !mi_addrmap_get(&b->by_bio, addr, &i))
		return;
	bio = &b->bio[i];
	if (!bio->queued || bio->queued > r->raw)
		return;
	rq->queued = bio->queued;
	rq->tid = bio->tid;
	rq->tgid = bio->tgid;
	rq->owner_known = bio->tgid != 0;
	rq->file = bio->file;
	rq->index = bio->index;
}

static void issue(struct mi_history_block *b, struct mi_history_rq *rq, const struct mi_record *r)
{
	uint64_t disk = 0;

	if (rq->in_flight || !rq->inserted)
		forget(rq);
	if (!rq->queued)
		take_bio(b, rq, r);
	rq->in_flight = true;
	rq->issued = r->raw;
	rq->at = (struct mi_record_at){r->cpu_index, r->seq};
	rq->left = 0;
	mi_record_get(r, MI_R_BYTES, &rq->left);
	mi_record_get(r, MI_R_DISK, &disk);
	rq->disk = (uint32_t)disk;
}

static void complete(struct mi_history *h, struct mi_history_rq *rq, struct mi_happening *e)
{
	uint64_t bytes = 0;

	if (rq->in_flight) {
		e->began = rq->issued;
		e->took_known = mi_recorder_span(h->rec, rq->issued, e->r.raw, &e->took_ns);
	}
	if (rq->queued)
		e->waited_known = mi_recorder_span(h->rec, rq->queued, e->r.raw, &e->waited_ns);
	mi_record_get(&e->r, MI_R_BYTES, &bytes);
	rq->left = bytes < rq->left ? rq->left - bytes : 0;
	if (rq->left)
		return;
	forget(rq);
}

bool mi_history_block(struct mi_history *h, struct mi_history_block *b, struct mi_happening *e)
{
	struct mi_history_rq *rq;
	uint64_t addr = 0;

	if (mi_record_get(&e->r, MI_R_BIO, &addr) && addr) {
		if (e->kind == MI_E_BIO_QUEUE)
			return queue_bio(h, b, addr, e);
		if (e->kind == MI_E_BIO_SPLIT)
			return split_bio(h, b, addr, e);
		if (e->kind == MI_E_BIO_REMAP)
			move_bio(b, addr, &e->r);
	}
	if (!mi_record_get(&e->r, MI_R_REQUEST, &addr) || !addr)
		return true;
	rq = rq_entry(b, addr);
	if (!rq)
		return false;
	if (e->kind == MI_E_RQ_INSERT && !rq->in_flight) {
		forget(rq);
		take_bio(b, rq, &e->r);
		rq->inserted = e->r.raw;
	} else if (e->kind == MI_E_RQ_ISSUE) {
		issue(b, rq, &e->r);
	} else if (e->kind == MI_E_RQ_REQUEUE) {
		/* A driver may refuse one before it counts as issued. */
		if (!rq->queued)
			take_bio(b, rq, &e->r);
		rq->in_flight = false;
	}
	e->task_known = rq->owner_known;
	e->tid = rq->tid;
	e->tgid = rq->tgid;
	e->file = rq->file;
	e->index = rq->index;
	if (e->kind == MI_E_RQ_COMPLETE)
		complete(h, rq, e);
	return true;
}

void mi_history_block_free(struct mi_history_block *b)
{
	mi_addrmap_free(&b->by_bio);
	mi_addrmap_free(&b->by_rq);
	free(b->bio);
	free(b->rq);
	memset(b, 0, sizeof(*b));
}
