/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_BTF_FORMAT_H
#define MI_TARGET_BTF_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * BTF as it lies in memory (Documentation/bpf/btf.rst), and the parsed blob.
 * Private to btf.c and btf_resolve.c.
 *
 *   header | types: record record record ... | strings: "\0" "int\0" ...
 *
 * A record is 12 bytes (name, info, size or type) and what its kind adds.
 * Ids count records from 1; id 0 is void. Offsets in the header count from
 * its end, and the header's length is in it: it grew from 24 to 32 bytes in
 * 2026, by the place of a table that tells the record sizes of each kind.
 */
#define BTF_MAGIC 0xeb9f
#define BTF_MAGIC_SWAPPED 0x9feb
#define BTF_VERSION 1

/* Offsets in the header. */
#define BTF_HDR_MAGIC 0
#define BTF_HDR_VERSION 2
#define BTF_HDR_FLAGS 3
#define BTF_HDR_LEN 4
#define BTF_HDR_TYPE_OFF 8
#define BTF_HDR_TYPE_LEN 12
#define BTF_HDR_STR_OFF 16
#define BTF_HDR_STR_LEN 20
#define BTF_HDR_SIZE 24
#define BTF_HDR_LAYOUT_OFF 24
#define BTF_HDR_LAYOUT_LEN 28
#define BTF_HDR_SIZE_LAYOUT 32

#define BTF_TYPE_SIZE 12
/* Entry of the layout table, one a kind: u8 fixed part, u8 per element, u16 flags. */
#define BTF_LAYOUT_SIZE 4

enum btf_kind {
	BTF_VOID,
	BTF_INT,
	BTF_PTR,
	BTF_ARRAY,
	BTF_STRUCT,
	BTF_UNION,
	BTF_ENUM,
	BTF_FWD,
	BTF_TYPEDEF,
	BTF_VOLATILE,
	BTF_CONST,
	BTF_RESTRICT,
	BTF_FUNC,
	BTF_FUNC_PROTO,
	BTF_VAR,
	BTF_DATASEC,
	BTF_FLOAT,
	BTF_DECL_TAG,
	BTF_TYPE_TAG,
	BTF_ENUM64,
	BTF_N_KINDS,
};

#define BTF_INT_SIGNED 1

/* A record, unpacked. */
struct btf_type {
	const char *name; /* "" if it has none */
	uint32_t kind;
	uint32_t vlen; /* elements; of a function its linkage */
	bool kflag;    /* bitfields are marked; enum is signed */
	uint32_t size; /* or the type it refers to */
	const uint8_t *extra;
};

/* One element of a struct or union. */
struct btf_member {
	const char *name;
	uint32_t type;
	uint32_t bit_offset;
	uint32_t bits; /* width of a bitfield, else 0 */
};

struct mi_btf {
	uint8_t *blob;
	size_t size;
	const uint8_t *types;
	uint32_t types_len;
	const char *strings;
	uint32_t strings_len;
	const uint8_t *layout;
	uint32_t layout_len;

	/*
	 * A module's blob goes on where that of the kernel ends: ids and string
	 * offsets below these are the base's. NULL, 1 and 0 if it stands alone.
	 */
	const struct mi_btf *base;
	uint32_t first_id, first_string;

	uint32_t *at;	  /* id, counted from first_id, to offset into types */
	uint32_t n_types; /* ids are below this; those of the base and void included */
	/* pahole before 1.24 marked no enum as signed: then all may be. */
	bool marks_signed_enums;
	uint8_t pointer_bytes; /* BTF does not say: as many as an unsigned long has */
};

static inline uint16_t btf_get16(const void *p)
{
	uint16_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

static inline uint32_t btf_get32(const void *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

/* Below: only for what mi_btf_parse() has checked. */

static inline const char *btf_string(const struct mi_btf *btf, uint32_t off)
{
	if (off < btf->first_string)
		return btf->base->strings + off;
	return btf->strings + (off - btf->first_string);
}

static inline void btf_unpack(const struct mi_btf *btf, uint32_t id, struct btf_type *type)
{
	const uint8_t *p;
	uint32_t info;

	if (!id) {
		memset(type, 0, sizeof(*type));
		type->name = "";
		return;
	}
	if (id < btf->first_id)
		btf = btf->base;
	p = btf->types + btf->at[id - btf->first_id];
	info = btf_get32(p + 4);
	type->name = btf_string(btf, btf_get32(p));
	/* 16 and 5 bits until 2026; what lay between was zero. */
	type->vlen = info & 0xffffff;
	type->kind = info >> 24 & 0x7f;
	type->kflag = info >> 31;
	type->size = btf_get32(p + 8);
	type->extra = p + BTF_TYPE_SIZE;
}

static inline void btf_unpack_member(const struct mi_btf *btf, const struct btf_type *type,
				     uint32_t i, struct btf_member *member)
{
	const uint8_t *p = type->extra + 12 * (size_t)i;
	uint32_t offset = btf_get32(p + 8);

	member->name = btf_string(btf, btf_get32(p));
	member->type = btf_get32(p + 4);
	member->bit_offset = type->kflag ? offset & 0xffffff : offset;
	member->bits = type->kflag ? offset >> 24 : 0;
}

#endif
