// SPDX-License-Identifier: GPL-2.0-or-later
/* fskind.c - which file systems read through block queues */
#include <string.h>

#include "fskind.h"

static const struct {
	const char *type;
	enum mi_fs_way way;
} kinds[] = {
#define MI_FS_KIND(name, way) {name, MI_FS_##way},
#include "fs_kinds.def"
#undef MI_FS_KIND
};

enum mi_fs_way mi_fs_way(struct mi_kernel *k, const char *type, uint64_t sb)
{
	uint64_t bdev;
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].type, type))
			return kinds[i].way;
	if (sb && mi_has(&k->l.sb_bdev) && !mi_read_member(k->t, sb, &k->l.sb_bdev, &bdev) && bdev)
		return MI_FS_BLOCK;
	return MI_FS_UNKNOWN;
}

bool mi_fs_may_use_queue(enum mi_fs_way way)
{
	/* Overlay shows pages of its own only for what is written; swap is a block device. */
	return way != MI_FS_NETWORK && way != MI_FS_SERVER;
}

const char *mi_fs_way_word(enum mi_fs_way way)
{
	static const char *const words[MI_FS_WAY_NR] = {"unknown", "block", "network",
							"server",  "lower", "memory"};

	return words[way < MI_FS_WAY_NR ? way : MI_FS_UNKNOWN];
}

const char *mi_fs_way_text(enum mi_fs_way way)
{
	static const char *const text[MI_FS_WAY_NR] = {
		"where this file system reads from is not known",
		"a block device",
		"a server on the network",
		"a server outside the kernel",
		"the file systems below it",
		"memory and swap",
	};

	return text[way < MI_FS_WAY_NR ? way : MI_FS_UNKNOWN];
}
