// SPDX-License-Identifier: GPL-2.0
/* A request has a disk of its own, not its queue's. */
#include <linux/blkdev.h>

void *probe(struct request *rq)
{
	return rq->rq_disk;
}
