// SPDX-License-Identifier: GPL-2.0
/* The state of readahead has an order of folios. */
#include <linux/fs.h>

unsigned int probe(struct file_ra_state *ra)
{
	return ra->order;
}
