// SPDX-License-Identifier: GPL-2.0-or-later
/* block.c - a disk, its single queue, requests and their bios */
#include <stdlib.h>
#include <string.h>

#include "world.h"

#define REQ_STARTED (1U << __REQ_STARTED)
#define REQ_SORTED (1U << __REQ_SORTED)

struct s_request *s_requests;

static const char *const states[] = {
	[IN_PLUG] = "plugged",
	[IN_QUEUE] = "dispatched",
	[IN_DRIVER] = "driver",
};
static struct super_block *bdev_sb;
static struct s_fs *bdev_fs;

/* The file system of block devices: its inodes lead to all disks. */
void block_init(void)
{
	bdev_fs = fs_mount("bdev", "/", NULL, 0, 6);
	bdev_sb = bdev_fs->sb;
	*SYM(struct super_block *, blockdev_superblock) = K(bdev_sb);
}

static void bdev_new(struct gendisk *disk)
{
	struct bdev_inode *bi = ram_alloc(sizeof(*bi));

	bi->bdev.bd_dev = (unsigned int)disk->major << 20 | (unsigned int)disk->first_minor;
	bi->bdev.bd_openers = 1;
	bi->bdev.bd_inode = K(&bi->vfs_inode);
	bi->bdev.bd_disk = K(disk);
	bi->bdev.bd_part = K(&disk->part0);
	bi->bdev.bd_contains = K(&bi->bdev);
	bi->bdev.bd_block_size = 4096;
	list_init(&bi->bdev.bd_inodes);
	bi->vfs_inode.i_sb = K(bdev_sb);
	bi->vfs_inode.i_mode = 0060000;
	bi->vfs_inode.i_ino = bi->bdev.bd_dev;
	bi->vfs_inode.i_rdev = bi->bdev.bd_dev;
	bi->vfs_inode.i_size = 64LL << 20;
	bi->vfs_inode.i_bdev = K(&bi->bdev);
	bi->vfs_inode.i_mapping = K(&bi->vfs_inode.i_data);
	bi->vfs_inode.i_data.host = K(&bi->vfs_inode);
	bi->vfs_inode.i_data.a_ops = K(bdev_fs->aops);
	list_init(&bi->vfs_inode.i_data.i_mmap_nonlinear);
	list_add_tail(&bi->vfs_inode.i_sb_list, &bdev_sb->s_inodes);
	disk->private_data = K(bi);
}

struct block_device *disk_bdev(struct gendisk *disk)
{
	return &((struct bdev_inode *)H(disk->private_data))->bdev;
}

static struct request_queue *queue_new(void)
{
	struct request_queue *q = ram_alloc(sizeof(*q));
	struct elevator_type *type = ram_alloc(sizeof(*type));

	strcpy(type->elevator_name, "cfq");
	q->elevator = ram_alloc(sizeof(*q->elevator));
#ifdef K_ELEVATOR_TYPE_MEMBER
	q->elevator->elevator_type = K(type);
#else
	q->elevator->type = K(type);
#endif
#ifdef K_ELEVATOR_HASH_POINTER
	q->elevator->hash = K((struct hlist_head *)ram_alloc(64 * sizeof(struct hlist_head)));
#endif
	q->elevator = K(q->elevator);
	list_init(&q->queue_head);
	list_init(&q->timeout_list);
	list_init(&q->tag_busy_list);
#ifdef K_FLUSH_QUEUE
	list_init(&q->flush_queue[0]);
	list_init(&q->flush_queue[1]);
	list_init(&q->flush_data_in_flight);
#endif
	q->request_fn = FN(scsi_request_fn);
	q->backing_dev_info.ra_pages = 32;
	q->backing_dev_info.name = K(ram_string("block"));
	return q;
}

struct gendisk *disk_new(const char *name, unsigned int major, unsigned int minor)
{
	struct gendisk *disk = ram_alloc(sizeof(*disk));

	disk->major = (int)major;
	disk->first_minor = (int)minor;
	disk->minors = 16;
	strcpy(disk->disk_name, name);
	disk->part0.nr_sects = 64ULL << 11;
	disk->queue = K(queue_new());
	bdev_new(disk);
	return disk;
}

static void bio_place(struct bio *bio, uint64_t sector, unsigned int bytes, bool write)
{
#ifdef K_BIO_ITER
	bio->bi_iter.bi_sector = sector;
	bio->bi_iter.bi_size = bytes;
#else
	bio->bi_sector = sector;
	bio->bi_size = bytes;
#endif
	bio->bi_rw = write;
}

/* One bio with a vector for each page. */
static struct bio *bio_new(struct gendisk *disk, bool write, uint64_t sector, struct s_file *f,
			   uint64_t index, unsigned int pages)
{
	struct bio *bio = ram_alloc(sizeof(*bio) + pages * sizeof(struct bio_vec));

	bio_place(bio, sector, pages * 4096, write);
	bio->bi_bdev = K(disk_bdev(disk));
	bio->bi_vcnt = (unsigned short)pages;
	bio->bi_max_vecs = K_BIO_MAX(pages);
	bio->bi_io_vec = K(&bio->bi_inline_vecs[0]);
	bio->bi_end_io = FN(mpage_end_io);
	for (unsigned int i = 0; i < pages; i++) {
		struct s_entry *e = cache_find(f, index + i);

		bio->bi_inline_vecs[i].bv_page = K(page_of(e->pfn));
		bio->bi_inline_vecs[i].bv_len = 4096;
	}
	return bio;
}

static struct request *make_request(struct gendisk *disk, bool write, uint64_t sector,
				    struct bio *first, struct bio *last, unsigned int pages)
{
	struct request *rq = ram_alloc(sizeof(*rq));

	rq->q = disk->queue;
	rq->cmd_flags = write | REQ_SORTED;
	rq->cmd_type = REQ_TYPE_FS;
	rq->__data_len = pages * 4096;
	rq->__sector = sector;
	first->bi_next = first != last ? K(last) : NULL;
	rq->bio = K(first);
	rq->biotail = K(last);
	rq->rq_disk = K(disk);
#ifdef K_REQUEST_PART
	rq->part = K(&disk->part0);
#endif
	rq->start_time = *SYM(unsigned long, jiffies) - 250;
	rq->tag = -1;
#ifdef K_REQUEST_REF
	rq->ref_count = 1;
#endif
	list_init(&rq->timeout_list);
	list_init(&rq->queuelist);
	return rq;
}

#ifdef K_PLUG
static struct blk_plug *plug;

/* On the stack of who submits. */
void plug_start(struct s_task *t)
{
	plug = task_stack_at(t, 900);
#ifdef K_PLUG_MAGIC
	plug->magic = 0x91827364;
#endif
	list_init(&plug->list);
	list_init(&plug->cb_list);
#ifdef K_PLUG_MQ
	list_init(&plug->mq_list);
#endif
	t->task->plug = K(plug);
}
#endif

void request_new(struct gendisk *disk, enum where where, bool write, uint64_t sector,
		 struct s_file *f, uint64_t index, unsigned int pages)
{
	struct request_queue *q = H(disk->queue);
	/* The first page came alone, the others were merged. */
	struct bio *first = bio_new(disk, write, sector, f, index, 1);
	struct bio *last =
		pages > 1 ? bio_new(disk, write, sector + 8, f, index + 1, pages - 1) : first;
	struct request *rq = make_request(disk, write, sector, first, last, pages);
	struct s_request *r = note_alloc(sizeof(*r));

#ifdef K_PLUG
	if (where == IN_PLUG)
		list_add_tail(&rq->queuelist, &plug->list);
	else
#endif
		if (where == IN_DRIVER) {
		rq->cmd_flags |= REQ_STARTED;
		rq->deadline = *SYM(unsigned long, jiffies) + 7500;
		list_add_tail(&rq->timeout_list, &q->timeout_list);
		q->in_flight[1]++;
	} else {
		list_add_tail(&rq->queuelist, &q->queue_head);
	}
	*r = (struct s_request){.rq = rq,
				.disk = disk->disk_name,
				.state = states[where],
				.write = write,
				.sector = sector,
				.file = f,
				.index = index,
				.pages = pages,
				.next = s_requests};
	s_requests = r;
}
