// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * btf.c - taking in a BTF blob: contract in types.h, format in btf_format.h
 *
 * Header, then sections, then the place of every record, then every record's
 * own contents: names, ids, offsets. After that the rest of the code need not
 * check anything but loops among the types.
 */
#include <stdlib.h>

#include "btf_format.h"
#include "types.h"

static bool section_fits(const struct mi_btf *btf, uint32_t hdr_len, uint32_t off, uint32_t len)
{
	return (uint64_t)hdr_len + off + len <= btf->size;
}

static enum mi_status parse_header(struct mi_btf *btf, struct mi_error *err)
{
	const uint8_t *hdr = btf->blob;
	uint32_t hdr_len, off;

	if (btf->size < BTF_HDR_SIZE || btf->size > UINT32_MAX)
		return mi_fail(err, MI_ERR_FORMAT, "BTF of %zu bytes", btf->size);
	if (btf_get16(hdr + BTF_HDR_MAGIC) == BTF_MAGIC_SWAPPED)
		return mi_fail(err, MI_ERR_UNSUPPORTED, "BTF of the other byte order");
	if (btf_get16(hdr + BTF_HDR_MAGIC) != BTF_MAGIC)
		return mi_fail(err, MI_ERR_FORMAT, "no BTF: magic is %04x",
			       btf_get16(hdr + BTF_HDR_MAGIC));
	if (hdr[BTF_HDR_VERSION] != BTF_VERSION || hdr[BTF_HDR_FLAGS])
		return mi_fail(err, MI_ERR_UNSUPPORTED, "BTF version %u, flags %x",
			       hdr[BTF_HDR_VERSION], hdr[BTF_HDR_FLAGS]);
	hdr_len = btf_get32(hdr + BTF_HDR_LEN);
	if (hdr_len < BTF_HDR_SIZE || hdr_len > btf->size)
		return mi_fail(err, MI_ERR_FORMAT, "BTF header of %u bytes", hdr_len);

	off = btf_get32(hdr + BTF_HDR_TYPE_OFF);
	btf->types_len = btf_get32(hdr + BTF_HDR_TYPE_LEN);
	if (!section_fits(btf, hdr_len, off, btf->types_len))
		return mi_fail(err, MI_ERR_FORMAT, "BTF types end outside the blob");
	btf->types = hdr + hdr_len + off;

	off = btf_get32(hdr + BTF_HDR_STR_OFF);
	btf->strings_len = btf_get32(hdr + BTF_HDR_STR_LEN);
	if (!section_fits(btf, hdr_len, off, btf->strings_len))
		return mi_fail(err, MI_ERR_FORMAT, "BTF strings end outside the blob");
	btf->strings = (const char *)hdr + hdr_len + off;
	/* What goes on from another has no empty string of its own. */
	if (!btf->strings_len || btf->strings[btf->strings_len - 1] ||
	    (!btf->base && btf->strings[0]))
		return mi_fail(err, MI_ERR_FORMAT, "BTF strings do not start and end with NUL");

	if (hdr_len < BTF_HDR_SIZE_LAYOUT)
		return MI_OK;
	off = btf_get32(hdr + BTF_HDR_LAYOUT_OFF);
	btf->layout_len = btf_get32(hdr + BTF_HDR_LAYOUT_LEN);
	if (!section_fits(btf, hdr_len, off, btf->layout_len))
		return mi_fail(err, MI_ERR_FORMAT, "BTF layout table ends outside the blob");
	btf->layout = hdr + hdr_len + off;
	return MI_OK;
}

/* Bytes that follow the record of a kind: fixed, and for each element. */
static const struct {
	uint8_t fixed, element;
} kind_sizes[BTF_N_KINDS] = {
	[BTF_INT] = {4, 0},	[BTF_ARRAY] = {12, 0},	 [BTF_STRUCT] = {0, 12},
	[BTF_UNION] = {0, 12},	[BTF_ENUM] = {0, 8},	 [BTF_FUNC_PROTO] = {0, 8},
	[BTF_VAR] = {4, 0},	[BTF_DATASEC] = {0, 12}, [BTF_DECL_TAG] = {4, 0},
	[BTF_ENUM64] = {0, 12},
};

/* Size of the record, 0 if its kind is unknown. */
static uint64_t record_size(const struct mi_btf *btf, uint32_t kind, uint32_t vlen)
{
	if (kind > BTF_VOID && kind < BTF_N_KINDS)
		return BTF_TYPE_SIZE + kind_sizes[kind].fixed +
		       (uint64_t)vlen * kind_sizes[kind].element;
	/* Made by a newer kernel: its layout table tells how to skip it. */
	if (kind >= BTF_N_KINDS && ((uint64_t)kind + 1) * BTF_LAYOUT_SIZE <= btf->layout_len) {
		const uint8_t *entry = btf->layout + (size_t)kind * BTF_LAYOUT_SIZE;

		return BTF_TYPE_SIZE + entry[0] + (uint64_t)vlen * entry[1];
	}
	return 0;
}

/* Store the offset of each record if @at is given; count them anyway. */
static enum mi_status index_types(const struct mi_btf *btf, uint32_t *at, uint32_t *count,
				  struct mi_error *err)
{
	uint32_t pos = 0, id = btf->first_id;

	while (pos < btf->types_len) {
		uint32_t left = btf->types_len - pos;
		uint32_t info;
		uint64_t size;

		if (left < BTF_TYPE_SIZE)
			return mi_fail(err, MI_ERR_FORMAT, "BTF type %u is cut", id);
		info = btf_get32(btf->types + pos + 4);
		size = record_size(btf, info >> 24 & 0x7f, info & 0xffffff);
		if (!size)
			return mi_fail(err, MI_ERR_FORMAT, "BTF type %u is of unknown kind %u", id,
				       info >> 24 & 0x7f);
		if (size > left)
			return mi_fail(err, MI_ERR_FORMAT, "BTF type %u is cut", id);
		if (at)
			at[id - btf->first_id] = pos;
		id++;
		pos += (uint32_t)size;
	}
	*count = id;
	return MI_OK;
}

static bool name_ok(const struct mi_btf *btf, uint32_t off)
{
	return off < (uint64_t)btf->first_string + btf->strings_len;
}

/* Elements that start with a name; @type_at is where each has a type id, or 0. */
static bool elements_ok(const struct mi_btf *btf, const struct btf_type *type, uint32_t width,
			uint32_t type_at)
{
	const uint8_t *p = type->extra;

	for (uint32_t i = 0; i < type->vlen; i++, p += width) {
		if (!name_ok(btf, btf_get32(p)))
			return false;
		if (type_at && btf_get32(p + type_at) >= btf->n_types)
			return false;
	}
	return true;
}

static bool members_ok(const struct mi_btf *btf, const struct btf_type *type)
{
	uint64_t bits = (uint64_t)type->size * 8;

	if (!elements_ok(btf, type, 12, 4))
		return false;
	for (uint32_t i = 0; i < type->vlen; i++) {
		struct btf_member member;

		btf_unpack_member(btf, type, i, &member);
		if ((uint64_t)member.bit_offset + member.bits > bits)
			return false;
	}
	return true;
}

static bool int_ok(const struct btf_type *type)
{
	uint32_t word = btf_get32(type->extra);
	uint32_t bits = word & 0xff, offset = word >> 16 & 0xff;

	return type->size && type->size <= 16 && offset + bits <= type->size * 8;
}

static bool contents_ok(const struct mi_btf *btf, const struct btf_type *type)
{
	switch (type->kind) {
	case BTF_INT:
		return int_ok(type);
	case BTF_ARRAY:
		return btf_get32(type->extra) < btf->n_types &&
		       btf_get32(type->extra + 4) < btf->n_types;
	case BTF_STRUCT:
	case BTF_UNION:
		return members_ok(btf, type);
	case BTF_ENUM:
	case BTF_ENUM64:
		return type->size && type->size <= 8 &&
		       elements_ok(btf, type, kind_sizes[type->kind].element, 0);
	case BTF_FUNC_PROTO:
		return type->size < btf->n_types && elements_ok(btf, type, 8, 4);
	case BTF_PTR:
	case BTF_TYPEDEF:
	case BTF_VOLATILE:
	case BTF_CONST:
	case BTF_RESTRICT:
	case BTF_FUNC:
	case BTF_VAR:
	case BTF_DECL_TAG:
	case BTF_TYPE_TAG:
		return type->size < btf->n_types; /* is a type id here */
	default:
		return true; /* forward, float, section, unknown: nothing is used */
	}
}

static bool is_ulong(const struct btf_type *type)
{
	return type->kind == BTF_INT && (type->size == 4 || type->size == 8) &&
	       (!strcmp(type->name, "long unsigned int") || !strcmp(type->name, "unsigned long"));
}

static enum mi_status check_types(struct mi_btf *btf, struct mi_error *err)
{
	for (uint32_t id = btf->first_id; id < btf->n_types; id++) {
		struct btf_type type;

		if (!name_ok(btf, btf_get32(btf->types + btf->at[id - btf->first_id])))
			return mi_fail(err, MI_ERR_FORMAT, "BTF type %u has its name outside", id);
		btf_unpack(btf, id, &type);
		if (!contents_ok(btf, &type))
			return mi_fail(err, MI_ERR_FORMAT, "BTF type %u (kind %u) is damaged", id,
				       type.kind);
		if (type.kflag && (type.kind == BTF_ENUM || type.kind == BTF_ENUM64))
			btf->marks_signed_enums = true;
		if (is_ulong(&type))
			btf->pointer_bytes = (uint8_t)type.size;
	}
	return MI_OK;
}

static enum mi_status parse(struct mi_btf *btf, struct mi_error *err)
{
	enum mi_status status = parse_header(btf, err);

	if (!status)
		status = index_types(btf, NULL, &btf->n_types, err);
	if (status)
		return status;
	btf->at = calloc((size_t)(btf->n_types - btf->first_id) + 1, sizeof(*btf->at));
	if (!btf->at)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory for %u BTF types", btf->n_types);
	status = index_types(btf, btf->at, &btf->n_types, err);
	return status ? status : check_types(btf, err);
}

/* Where @btf begins, after all of @base. */
static void go_on(struct mi_btf *btf, const struct mi_btf *base)
{
	btf->first_id = 1;
	btf->pointer_bytes = 8;
	if (!base)
		return;
	btf->base = base;
	btf->first_id = base->n_types;
	btf->first_string = base->strings_len;
	btf->marks_signed_enums = base->marks_signed_enums;
	btf->pointer_bytes = base->pointer_bytes;
}

enum mi_status mi_btf_parse_on(const struct mi_btf *base, void *blob, size_t size,
			       struct mi_btf **ret, struct mi_error *err)
{
	struct mi_btf *btf = calloc(1, sizeof(*btf));
	enum mi_status status;

	*ret = NULL;
	if (!btf) {
		free(blob);
		return mi_fail(err, MI_ERR_NOMEM, "out of memory for BTF");
	}
	if (base && base->base) {
		free(btf);
		free(blob);
		return mi_fail(err, MI_ERR_INVALID, "BTF of a module on that of another");
	}
	btf->blob = blob;
	btf->size = size;
	go_on(btf, base);
	status = parse(btf, err);
	if (status) {
		mi_btf_free(btf);
		return status;
	}
	*ret = btf;
	return MI_OK;
}

enum mi_status mi_btf_parse(void *blob, size_t size, struct mi_btf **ret, struct mi_error *err)
{
	return mi_btf_parse_on(NULL, blob, size, ret, err);
}

void mi_btf_end(const struct mi_btf *btf, uint32_t *next_id, uint32_t *next_string)
{
	*next_id = btf->n_types;
	*next_string = btf->first_string + btf->strings_len;
}

void mi_btf_free(struct mi_btf *btf)
{
	if (!btf)
		return;
	free(btf->at);
	free(btf->blob);
	free(btf);
}

void mi_btf_info(const struct mi_btf *btf, struct mi_type_source_info *info)
{
	info->types = btf->n_types - btf->first_id;
	info->bytes = btf->size;
}
