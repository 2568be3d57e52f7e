// SPDX-License-Identifier: GPL-2.0
/* The life of bios and requests, as the block layer's tracepoints tell it. */
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/blk-mq.h>
#include <trace/events/block.h>

#include "filter.h"
#include "hooks.h"
#include "page.h"
#include "state.h"

/* ---- disks ---- */

static __always_inline dev_t disk_of_request(const struct request *rq)
{
#ifdef MR_HAVE_RQ_DISK
	return rq->rq_disk ? disk_devt(rq->rq_disk) : 0;
#else
	return rq->q->disk ? disk_devt(rq->q->disk) : 0;
#endif
}

/* The tracepoints run before a bio has a device in few odd cases. */
static __always_inline dev_t whole_disk_of_bio(const struct bio *bio)
{
#ifdef MR_HAVE_BIO_DISK
	return bio->bi_disk ? disk_devt(bio->bi_disk) : 0;
#else
	return bio->bi_bdev ? disk_devt(bio->bi_bdev->bd_disk) : 0;
#endif
}

static __always_inline dev_t part_of_bio(const struct bio *bio)
{
#ifdef MR_HAVE_BIO_DISK
	return whole_disk_of_bio(bio);
#else
	return bio->bi_bdev ? bio->bi_bdev->bd_dev : 0;
#endif
}

/* What its sector is of: a bio for a partition keeps that, and a flag tells that it was moved. */
static __always_inline dev_t disk_of_bio(const struct bio *bio)
{
#ifdef MR_HAVE_BIO_DISK
	return whole_disk_of_bio(bio);
#else
	return bio->bi_flags & (1U << BIO_REMAPPED) ? whole_disk_of_bio(bio) : part_of_bio(bio);
#endif
}

/*
 * Requests and bios go on in interrupts, in threads of the kernel, in other tasks: those of a
 * task cannot be told from others, so filters of tasks do not apply to them, only to bio_queue.
 */
static __always_inline bool bio_wanted(const struct bio *bio)
{
	return mr_wanted(MMAPREC_CLASS_BLOCK) &&
	       !mr_filtered(mr_block_passes(whole_disk_of_bio(bio), part_of_bio(bio)));
}

static __always_inline bool request_wanted(const struct request *rq)
{
	return mr_wanted(MMAPREC_CLASS_BLOCK) &&
	       !mr_filtered(mr_block_passes(disk_of_request(rq), disk_of_request(rq)));
}

/* Most have none, and the kernel's table is behind a call. */
static __always_inline int error_of(blk_status_t status)
{
	return likely(!status) ? 0 : blk_status_to_errno(status);
}

/* ---- bios ---- */

#define FILL_BIO(e, bio_)                                                                          \
	do {                                                                                       \
		(e)->bio = (unsigned long)(bio_);                                                  \
		(e)->sector = (bio_)->bi_iter.bi_sector;                                           \
		(e)->bytes = (bio_)->bi_iter.bi_size;                                              \
		(e)->disk = disk_of_bio(bio_);                                                     \
		(e)->flags = (__force u32)(bio_)->bi_opf;                                          \
	} while (0)

static struct mr_page first_page(const struct bio *bio)
{
	struct mr_page none = {};

	if (!bio->bi_io_vec || !bio->bi_iter.bi_size || !bio_has_data((struct bio *)bio))
		return none;
	return mr_page_of_page(bvec_iter_page(bio->bi_io_vec, bio->bi_iter));
}

static void on_bio_queue(void *hook, struct bio *bio)
{
	struct mr_record rec;
	struct mr_e_bio_queue *e;
	struct mr_page p;

	mr_called(hook);
	if (!bio_wanted(bio) || mr_filtered(mr_task_passes()))
		return;
	e = mr_begin(&rec);
	if (!e)
		return;
	p = first_page(bio);
	FILL_BIO(e, bio);
	e->mapping = (unsigned long)p.mapping;
	e->index = p.mapping ? p.index : 0;
	e->in_fault = mr_in_fault();
	e->reserved = 0;
	mr_done(&rec, bio_queue, (struct mr_hook *)hook);
}

static void on_bio_split(void *hook, struct bio *bio, unsigned int sector)
{
	struct mr_record rec;
	struct mr_e_bio_split *e;

	mr_called(hook);
	if (!bio_wanted(bio))
		return;
	e = mr_begin(&rec);
	if (!e)
		return;
	FILL_BIO(e, bio);
	e->other_sector = sector;
	mr_done(&rec, bio_split, (struct mr_hook *)hook);
}

static void on_bio_remap(void *hook, struct bio *bio, dev_t from, sector_t sector)
{
	struct mr_record rec;
	struct mr_e_bio_remap *e;

	mr_called(hook);
	if (!bio_wanted(bio))
		return;
	e = mr_begin(&rec);
	if (!e)
		return;
	FILL_BIO(e, bio);
	/* Its flag comes after this. */
	if (from == part_of_bio(bio))
		e->disk = whole_disk_of_bio(bio);
	e->other_sector = sector;
	e->other_disk = from;
	e->reserved = 0;
	mr_done(&rec, bio_remap, (struct mr_hook *)hook);
}

/* Handlers that tell of a bio what all bios have. */
#define BIO_HANDLER(name_)                                                                         \
	static void on_##name_(void *hook, struct bio *bio)                                        \
	{                                                                                          \
		struct mr_record rec;                                                              \
		struct mr_e_##name_ *e;                                                            \
                                                                                                   \
		mr_called(hook);                                                                   \
		if (!bio || !bio_wanted(bio))                                                      \
			return;                                                                    \
		e = mr_begin(&rec);                                                                \
		if (!e)                                                                            \
			return;                                                                    \
		FILL_BIO(e, bio);                                                                  \
		mr_done(&rec, name_, (struct mr_hook *)hook);                                      \
	}
BIO_HANDLER(bio_backmerge)
BIO_HANDLER(bio_frontmerge)
BIO_HANDLER(rq_alloc)

static void on_bio_complete(void *hook, struct request_queue *q, struct bio *bio)
{
	struct mr_record rec;
	struct mr_e_bio_complete *e;

	mr_called(hook);
	if (!bio_wanted(bio))
		return;
	e = mr_begin(&rec);
	if (!e)
		return;
	FILL_BIO(e, bio);
	e->error = error_of(bio->bi_status);
	e->reserved = 0;
	mr_done(&rec, bio_complete, (struct mr_hook *)hook);
}

/* Before 5.11 tracepoints of bios have the queue as well, or the request. */
static void on_q_bio_queue(void *hook, struct request_queue *q, struct bio *bio)
{
	on_bio_queue(hook, bio);
}

static void on_q_bio_split(void *hook, struct request_queue *q, struct bio *bio,
			   unsigned int sector)
{
	on_bio_split(hook, bio, sector);
}

static void on_q_bio_remap(void *hook, struct request_queue *q, struct bio *bio, dev_t from,
			   sector_t sector)
{
	on_bio_remap(hook, bio, from, sector);
}

static void on_q_bio_backmerge(void *hook, struct request_queue *q, struct request *rq,
			       struct bio *bio)
{
	on_bio_backmerge(hook, bio);
}

static void on_q_bio_frontmerge(void *hook, struct request_queue *q, struct request *rq,
				struct bio *bio)
{
	on_bio_frontmerge(hook, bio);
}

static void on_q_rq_alloc(void *hook, struct request_queue *q, struct bio *bio, int rw)
{
	on_rq_alloc(hook, bio);
}

/* ---- requests ---- */

/* Flushes and the like are at no place. */
static __always_inline u64 sector_of(const struct request *rq)
{
	sector_t sector = blk_rq_pos(rq);

	return sector == (sector_t)-1 ? 0 : sector;
}

#define FILL_RQ(e, rq_)                                                                            \
	do {                                                                                       \
		(e)->request = (unsigned long)(rq_);                                               \
		(e)->sector = sector_of(rq_);                                                      \
		(e)->tag = (rq_)->tag;                                                             \
		(e)->internal_tag = (rq_)->internal_tag;                                           \
		(e)->disk = disk_of_request(rq_);                                                  \
		(e)->flags = (__force u32)(rq_)->cmd_flags;                                        \
	} while (0)

#define RQ_HANDLER(name_)                                                                          \
	static void on_##name_(void *hook, struct request *rq)                                     \
	{                                                                                          \
		struct mr_record rec;                                                              \
		struct mr_e_##name_ *e;                                                            \
                                                                                                   \
		mr_called(hook);                                                                   \
		if (!request_wanted(rq))                                                           \
			return;                                                                    \
		e = mr_begin(&rec);                                                                \
		if (!e)                                                                            \
			return;                                                                    \
		FILL_RQ(e, rq);                                                                    \
		e->bio = (unsigned long)rq->bio;                                                   \
		e->bytes = blk_rq_bytes(rq);                                                       \
		mr_done(&rec, name_, (struct mr_hook *)hook);                                      \
	}
RQ_HANDLER(rq_insert)
RQ_HANDLER(rq_issue)
RQ_HANDLER(rq_requeue)

/* With the queue as well: before 5.11, and before it was taken back into 5.10. */
static void on_q_rq_insert(void *hook, struct request_queue *q, struct request *rq)
{
	on_rq_insert(hook, rq);
}

static void on_q_rq_issue(void *hook, struct request_queue *q, struct request *rq)
{
	on_rq_issue(hook, rq);
}

static void on_q_rq_requeue(void *hook, struct request_queue *q, struct request *rq)
{
	on_rq_requeue(hook, rq);
}

static __always_inline void record_complete(struct mr_hook *hook, struct request *rq, int error,
					    unsigned int bytes)
{
	struct mr_record rec;
	struct mr_e_rq_complete *e;

	mr_called(hook);
	if (!request_wanted(rq))
		return;
	e = mr_begin(&rec);
	if (!e)
		return;
	FILL_RQ(e, rq);
	e->bytes = bytes;
	e->error = error;
	e->reserved = 0;
	mr_done(&rec, rq_complete, hook);
}

static void on_rq_complete(void *hook, struct request *rq, blk_status_t error, unsigned int bytes)
{
	record_complete(hook, rq, error_of(error), bytes);
}

static void on_rq_complete_errno(void *hook, struct request *rq, int error, unsigned int bytes)
{
	record_complete(hook, rq, error, bytes);
}

/* ---- the table ---- */

static const struct mr_variant bio_queue_is[] = {
	MR_PROBE(block_bio_queue, on_bio_queue, struct bio *),
	MR_PROBE(block_bio_queue, on_q_bio_queue, struct request_queue *, struct bio *),
	MR_END,
};
static const struct mr_variant split_is[] = {
	MR_PROBE(block_split, on_bio_split, struct bio *, unsigned int),
	MR_PROBE(block_split, on_q_bio_split, struct request_queue *, struct bio *, unsigned int),
	MR_END,
};
static const struct mr_variant remap_is[] = {
	MR_PROBE(block_bio_remap, on_bio_remap, struct bio *, dev_t, sector_t),
	MR_PROBE(block_bio_remap, on_q_bio_remap, struct request_queue *, struct bio *, dev_t,
		 sector_t),
	MR_END,
};
static const struct mr_variant backmerge_is[] = {
	MR_PROBE(block_bio_backmerge, on_bio_backmerge, struct bio *),
	MR_PROBE(block_bio_backmerge, on_q_bio_backmerge, struct request_queue *, struct request *,
		 struct bio *),
	MR_END,
};
static const struct mr_variant frontmerge_is[] = {
	MR_PROBE(block_bio_frontmerge, on_bio_frontmerge, struct bio *),
	MR_PROBE(block_bio_frontmerge, on_q_bio_frontmerge, struct request_queue *,
		 struct request *, struct bio *),
	MR_END,
};
static const struct mr_variant getrq_is[] = {
	MR_PROBE(block_getrq, on_rq_alloc, struct bio *),
	MR_PROBE(block_getrq, on_q_rq_alloc, struct request_queue *, struct bio *, int),
	MR_END,
};
static const struct mr_variant insert_is[] = {
	MR_PROBE(block_rq_insert, on_rq_insert, struct request *),
	MR_PROBE(block_rq_insert, on_q_rq_insert, struct request_queue *, struct request *),
	MR_END,
};
static const struct mr_variant issue_is[] = {
	MR_PROBE(block_rq_issue, on_rq_issue, struct request *),
	MR_PROBE(block_rq_issue, on_q_rq_issue, struct request_queue *, struct request *),
	MR_END,
};
static const struct mr_variant requeue_is[] = {
	MR_PROBE(block_rq_requeue, on_rq_requeue, struct request *),
	MR_PROBE(block_rq_requeue, on_q_rq_requeue, struct request_queue *, struct request *),
	MR_END,
};
static const struct mr_variant rq_complete_is[] = {
	MR_PROBE(block_rq_complete, on_rq_complete, struct request *, blk_status_t, unsigned int),
	MR_PROBE(block_rq_complete, on_rq_complete_errno, struct request *, int, unsigned int),
	MR_END,
};
static const struct mr_variant bio_complete_is[] = {
	MR_PROBE(block_bio_complete, on_bio_complete, struct request_queue *, struct bio *),
	MR_END,
};

#define HOOK(name_, is)                                                                            \
	{                                                                                          \
		.name = #name_, .kind = MR_TRACEPOINT, .klass = MMAPREC_CLASS_BLOCK,               \
		.variant = is,                                                                     \
	}
struct mr_hook mr_block_hooks[] = {
	HOOK(block_bio_queue, bio_queue_is),	   HOOK(block_split, split_is),
	HOOK(block_bio_remap, remap_is),	   HOOK(block_bio_backmerge, backmerge_is),
	HOOK(block_bio_frontmerge, frontmerge_is), HOOK(block_getrq, getrq_is),
	HOOK(block_rq_insert, insert_is),	   HOOK(block_rq_issue, issue_is),
	HOOK(block_rq_requeue, requeue_is),	   HOOK(block_rq_complete, rq_complete_is),
	HOOK(block_bio_complete, bio_complete_is), MR_END,
};
