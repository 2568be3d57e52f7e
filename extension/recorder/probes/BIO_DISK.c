// SPDX-License-Identifier: GPL-2.0
/* A bio has a disk and the number of a partition. */
#include <linux/blk_types.h>

void *probe(struct bio *bio)
{
	return bio->bi_disk;
}
