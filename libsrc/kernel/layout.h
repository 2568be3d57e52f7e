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
	MI_F_NONE,  /* nothing: optional, or one of several forms */
	MI_F_TASK,  /* finding tasks: without it nothing works */
	MI_F_MM,    /* mm and VMAs: without it nothing works */
	MI_F_PTE,   /* page tables */
	MI_F_FILE,  /* inode, device, size of mapped files */
	MI_F_PATH,  /* path names */
	MI_F_CACHE, /* the page cache trees */
	MI_F_PAGE,  /* struct page: flags, counts */
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

	bool off[MI_F_NR];	/* feature cannot be had */
	char why[MI_F_NR][120]; /* the first missing entry, for people */
};

/*
 * @hide: key of one entry to treat as missing (tests); NULL: none. Fails only
 * if a source of types is damaged: what is missing is left to mi_feature().
 */
enum mi_status mi_layout_resolve(struct mi_layout *l, struct mi_target *t, const char *hide,
				 struct mi_error *err);

static inline bool mi_has(const struct mi_member *m)
{
	return m->off >= 0;
}

/*
 * The value of scalar member @m in @obj, a copy of the whole structure.
 * Element @i of an array: the caller keeps it below m->count. Sizes other
 * than 1, 2, 4, 8 do not get through mi_layout_resolve() as scalars.
 */
static inline uint64_t mi_get_at(const void *obj, const struct mi_member *m, uint32_t i)
{
	const unsigned char *p = (const unsigned char *)obj + m->off + (size_t)i * m->size;
	uint64_t v = 0;

	memcpy(&v, p, m->size <= 8 ? m->size : 8);
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
