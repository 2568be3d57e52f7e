/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_LAYOUT_H
#define MI_KERNEL_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "../target/target.h"

/*
 * Where things lie in this target's kernel: layout.def, resolved in one sweep
 * over the type source. Nothing else in the program knows an offset, and
 * nothing asks for a kernel version.
 */

/* What is lost if an entry of the table is missing. */
enum mi_feature {
	MI_F_NONE,	/* nothing: optional, or one of several forms */
	MI_F_TASK,	/* finding tasks: without it nothing works */
	MI_F_MM,	/* mm and VMAs: without it nothing works */
	MI_F_PTE,	/* page tables */
	MI_F_FILE,	/* inode, device, size of mapped files */
	MI_F_PATH,	/* path names */
	MI_F_CACHE,	/* the page cache trees */
	MI_F_PAGE,	/* struct page: flags, counts */
	MI_F_BLOCK,	/* block devices and their requests: of --requests alone */
	MI_F_MQ,	/* of these, those of hardware queues, where there are others */
	MI_F_WAIT,	/* who waits for pages: of --requests alone */
	MI_F_READAHEAD, /* what readahead has decided for an open file */
	MI_F_FAULT,	/* the page fault that a task waits in */
	MI_F_STACK,	/* the functions on a kernel stack */
	MI_F_ORC,	/* the tables by which x86 unwinds: a part of STACK, never told alone */
	MI_F_HOLDERS,	/* which block devices a disk stands on; this and what follows: */
	MI_F_HELD,	/* bios that are held back before there is a request, */
	MI_F_THROTTLE,	/* by the limits of a cgroup, */
	MI_F_DM,	/* by the device mapper, and what its devices are, */
	MI_F_DM_DELAY,	/* and by its target "delay"; */
	MI_F_MD,	/* what md's devices are, */
	MI_F_LOOP,	/* and what file is behind a loop device: of --requests alone */
	MI_F_FSREQ,	/* mounted file systems and their own requests: of --requests alone */
	MI_F_FUSE,	/* of these, FUSE's */
	MI_F_NFS,	/* and NFS's */
	MI_F_RMAP,	/* who maps the pages of requests: of --requests alone */
	MI_F_LOG,	/* the kernel's log: of --log alone */
	MI_F_NR,
};

struct mi_member {
	int32_t off;   /* byte offset in its structure; -1: this kernel has none */
	uint8_t shift; /* bitfields: first bit in the byte at off */
	uint8_t bits;  /* bitfields: width; 0: no bitfield */
	bool is_signed;
	enum mi_type_class cls;
	uint32_t size;	    /* bytes of one element */
	uint32_t count;	    /* elements; 1: no array; 0: flexible array */
	char type_name[40]; /* see struct mi_type_query */
};

struct mi_enumerator {
	bool known;
	int64_t value;
};

struct mi_layout {
#define MI_STRUCT(key, tag, max, feature) uint32_t size_##key; /* 0: unknown */
#define MI_MEMBER(key, tag, names, feature) struct mi_member key;
#define MI_ENUM(key, names, feature) struct mi_enumerator key;
#define MI_SYMBOL(key, names, feature) uint64_t sym_##key; /* 0: unknown */
#include "layout.def"
#undef MI_STRUCT
#undef MI_MEMBER
#undef MI_ENUM
#undef MI_SYMBOL

	/* What one entry above the page tables maps has 1 << this pages. 0: not set, see below. */
	unsigned int pmd_order;

	bool off[MI_F_NR];	/* feature cannot be had */
	bool later[MI_F_NR];	/* of a module that was not asked for yet: neither had nor lost */
	char why[MI_F_NR][120]; /* the first missing entry, for people */
	const char *hide;	/* see mi_layout_resolve() */
};

/*
 * @hide: key of one entry to treat as missing (tests); NULL: none. Fails only
 * if a source of types is damaged: what is missing is left to mi_feature().
 */
enum mi_status mi_layout_resolve(struct mi_layout *l, struct mi_target *t, const char *hide,
				 struct mi_error *err);

/*
 * The entries of a module, from its types: @btf, or NULL: those of the kernel. @none:
 * why there are none of its own, which is then why its features are off; or NULL.
 */
enum mi_status mi_layout_module(struct mi_layout *l, struct mi_target *t, struct mi_btf *btf,
				const char *module, const char *none, struct mi_error *err);

/* Of a huge page: 9, of i386 without PAE 10. */
static inline unsigned int mi_huge_order(const struct mi_layout *l)
{
	return l->pmd_order ? l->pmd_order : 9;
}

static inline bool mi_has(const struct mi_member *m)
{
	return m->off >= 0;
}

/* Sizes that are known are one instruction; a memcpy() of any size is a loop, or a call. */
static inline uint64_t mi_load(const unsigned char *p, uint32_t size)
{
	uint64_t v = 0;
	uint32_t word;

	switch (size) {
	case 8:
		memcpy(&v, p, 8);
		return v;
	case 4:
		memcpy(&word, p, 4);
		return word;
	default:
		memcpy(&v, p, size <= 8 ? size : 8);
		return v;
	}
}

/*
 * The value of scalar member @m in @obj, a copy of the whole structure.
 * Element @i of an array: the caller keeps it below m->count. Sizes other
 * than 1, 2, 4, 8 do not get through mi_layout_resolve() as scalars.
 */
static inline uint64_t mi_get_at(const void *obj, const struct mi_member *m, uint32_t i)
{
	const unsigned char *p = (const unsigned char *)obj + m->off + (size_t)i * m->size;
	uint64_t v = mi_load(p, m->size);

	if (m->bits)
		return v >> m->shift & (~0ULL >> (64 - m->bits));
	if (m->is_signed && m->size < 8 && v >> (8 * m->size - 1))
		v |= ~0ULL << (8 * m->size);
	return v;
}

static inline uint64_t mi_get(const void *obj, const struct mi_member *m)
{
	return mi_get_at(obj, m, 0);
}

/* Read one scalar member of the object at @addr from the target. */
enum mi_read mi_read_member(struct mi_target *t, uint64_t addr, const struct mi_member *m,
			    uint64_t *val);

#endif
