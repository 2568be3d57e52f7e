// SPDX-License-Identifier: GPL-2.0-or-later
/* layout.c - resolves layout.def against a target's types and symbols */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "layout.h"

enum entry_kind {
	STRUCT_SIZE,
	MEMBER,
	ENUMERATOR,
	SYMBOL
};

struct entry {
	enum entry_kind kind;
	const char *key, *tag, *names; /* names: candidates, split by '|' */
	size_t where;		       /* offset in struct mi_layout */
	uint32_t max;
	enum mi_feature feature;
	const char *module; /* that it is of; NULL: of the kernel */
};

static const struct entry entries[] = {
#define MI_STRUCT_OF(module, key, tag, max, feature)                                               \
	{STRUCT_SIZE, #key, tag, "", offsetof(struct mi_layout, size_##key), max, feature, module},
#define MI_MEMBER_OF(module, key, tag, names, feature)                                             \
	{MEMBER, #key, tag, names, offsetof(struct mi_layout, key), 0, feature, module},
#define MI_ENUM_OF(module, key, names, feature)                                                    \
	{ENUMERATOR, #key, NULL, names, offsetof(struct mi_layout, key), 0, feature, module},
#define MI_STRUCT(key, tag, max, feature) MI_STRUCT_OF(NULL, key, tag, max, feature)
#define MI_MEMBER(key, tag, names, feature) MI_MEMBER_OF(NULL, key, tag, names, feature)
#define MI_ENUM(key, names, feature) MI_ENUM_OF(NULL, key, names, feature)
#define MI_SYMBOL(key, names, feature)                                                             \
	{SYMBOL, #key, NULL, names, offsetof(struct mi_layout, sym_##key), 0, feature, NULL},
#include "layout.def"
#undef MI_STRUCT
#undef MI_MEMBER
#undef MI_ENUM
#undef MI_SYMBOL
};

#define N_ENTRIES (sizeof(entries) / sizeof(entries[0]))
#define CANDIDATES 4
#define NAME_MAX_LEN 64

/* The queries of one entry: candidate c of entry e is query[e * CANDIDATES + c]. */
struct work {
	struct mi_type_query query[N_ENTRIES * CANDIDATES];
	char name[N_ENTRIES * CANDIDATES][NAME_MAX_LEN];
	struct mi_type_query packed[N_ENTRIES * CANDIDATES];
	size_t origin[N_ENTRIES * CANDIDATES];
};

/* Copy candidate @c of "a|b|c"; false if there are fewer. */
static bool candidate(const char *names, unsigned int c, char *buf)
{
	size_t len;

	while (c--) {
		names = strchr(names, '|');
		if (!names)
			return false;
		names++;
	}
	len = strcspn(names, "|");
	if (len >= NAME_MAX_LEN)
		return false;
	memcpy(buf, names, len);
	buf[len] = '\0';
	return true;
}

static void make_query(struct work *w, size_t e, unsigned int c)
{
	size_t i = e * CANDIDATES + c;
	struct mi_type_query *q = &w->query[i];

	switch (entries[e].kind) {
	case STRUCT_SIZE:
		q->kind = MI_QUERY_SIZE;
		break;
	case MEMBER:
		q->kind = MI_QUERY_MEMBER;
		break;
	case ENUMERATOR:
		q->kind = MI_QUERY_ENUMERATOR;
		break;
	case SYMBOL:
		return;
	}
	q->type = entries[e].tag;
	q->member = w->name[i];
}

/* Fits what mi_get() can read and lies where a structure can reach. */
static bool usable(const struct mi_type_query *q)
{
	bool scalar = q->cls == MI_TYPE_INT || q->cls == MI_TYPE_ENUM || q->cls == MI_TYPE_POINTER;

	if (q->bit_offset >= 8 * 65536 || q->size > 65536 || q->count > 65536)
		return false;
	if (!scalar)
		return q->bit_offset % 8 == 0;
	if (q->bit_offset % 8 || (q->count == 1 && q->bit_size != q->size * 8))
		return q->count == 1 && q->bit_size && q->bit_offset % 8 + q->bit_size <= 64;
	return q->size == 1 || q->size == 2 || q->size == 4 || q->size == 8;
}

static void set_member(struct mi_member *m, const struct mi_type_query *q)
{
	m->off = (int32_t)(q->bit_offset / 8);
	m->size = (uint32_t)q->size;
	m->count = (uint32_t)q->count;
	m->is_signed = q->is_signed;
	m->cls = q->cls;
	memcpy(m->type_name, q->type_name, sizeof(m->type_name));
	if (m->cls == MI_TYPE_STRUCT || m->cls == MI_TYPE_UNION || m->count != 1)
		return;
	if (q->bit_offset % 8 || q->bit_size != q->size * 8) {
		m->shift = q->bit_offset % 8;
		m->bits = (uint8_t)q->bit_size;
		/* Only the bytes that hold it: the storage unit may reach too far. */
		m->size = (m->shift + m->bits + 7) / 8;
	}
}

static bool take_answer(struct mi_layout *l, const struct entry *e, const struct mi_type_query *q)
{
	void *where = (char *)l + e->where;
	struct mi_enumerator *en = where;

	if (!q->found)
		return false;
	switch (e->kind) {
	case STRUCT_SIZE:
		if (!q->size || q->size > e->max)
			return false;
		*(uint32_t *)where = (uint32_t)q->size;
		return true;
	case MEMBER:
		if (!usable(q))
			return false;
		set_member(where, q);
		return true;
	case ENUMERATOR:
		en->known = true;
		en->value = q->value;
		return true;
	default:
		return false;
	}
}

static bool take_symbol(struct mi_layout *l, struct mi_target *t, const struct entry *e)
{
	char name[NAME_MAX_LEN];
	unsigned int c;

	for (c = 0; c < CANDIDATES && candidate(e->names, c, name); c++)
		if (mi_symbol(t, name, (uint64_t *)((char *)l + e->where)))
			return true;
	return false;
}

static bool is_of(const struct entry *e, const char *module)
{
	return module ? e->module && !strcmp(e->module, module) : !e->module;
}

static void missing(struct mi_layout *l, const struct entry *e)
{
	char first[NAME_MAX_LEN] = "";

	if (e->feature == MI_F_NONE || l->off[e->feature])
		return;
	l->off[e->feature] = true;
	candidate(e->names, 0, first);
	switch (e->kind) {
	case STRUCT_SIZE:
		snprintf(l->why[e->feature], sizeof(l->why[0]), "no usable struct %s", e->tag);
		break;
	case MEMBER:
		snprintf(l->why[e->feature], sizeof(l->why[0]), "struct %s has no member %s",
			 e->tag, first);
		break;
	case ENUMERATOR:
		snprintf(l->why[e->feature], sizeof(l->why[0]), "no enumerator %s", first);
		break;
	case SYMBOL:
		snprintf(l->why[e->feature], sizeof(l->why[0]), "no symbol %s", first);
		break;
	}
}

static size_t pack_queries(struct work *w, const char *module)
{
	size_t e, n = 0;
	unsigned int c;

	for (e = 0; e < N_ENTRIES; e++) {
		for (c = 0; c < CANDIDATES && is_of(&entries[e], module); c++) {
			size_t i = e * CANDIDATES + c;

			if (entries[e].kind == SYMBOL ||
			    !candidate(entries[e].names, c, w->name[i]))
				break;
			make_query(w, e, c);
			w->packed[n] = w->query[i];
			w->origin[n++] = i;
		}
	}
	return n;
}

/* A member that ends beyond its structure is a lie of damaged type data. */
static void check_bounds(struct mi_layout *l)
{
	size_t s, m;

	for (s = 0; s < N_ENTRIES; s++) {
		uint32_t size;

		if (entries[s].kind != STRUCT_SIZE)
			continue;
		size = *(uint32_t *)((char *)l + entries[s].where);
		for (m = 0; m < N_ENTRIES; m++) {
			struct mi_member *mb = (void *)((char *)l + entries[m].where);
			uint64_t end;

			if (entries[m].kind != MEMBER || !mi_has(mb) ||
			    strcmp(entries[m].tag, entries[s].tag))
				continue;
			end = (uint64_t)mb->off + (uint64_t)mb->size * (mb->count ? mb->count : 1);
			if (end > size) {
				mb->off = -1;
				missing(l, &entries[m]);
			}
		}
	}
}

static void init_layout(struct mi_layout *l)
{
	size_t e;

	memset(l, 0, sizeof(*l));
	for (e = 0; e < N_ENTRIES; e++) {
		if (entries[e].kind == MEMBER)
			((struct mi_member *)((char *)l + entries[e].where))->off = -1;
		if (!entries[e].module || entries[e].feature == MI_F_NONE)
			continue;
		l->later[entries[e].feature] = true;
		snprintf(l->why[entries[e].feature], sizeof(l->why[0]),
			 "the types of module %s were not asked for", entries[e].module);
	}
}

/* Those of a module, or (NULL) of the kernel. */
static void take_answers(struct mi_layout *l, struct mi_target *t, const struct work *w,
			 const char *module)
{
	size_t e;

	for (e = 0; e < N_ENTRIES; e++) {
		bool found = false;
		unsigned int c;

		if (!is_of(&entries[e], module))
			continue;
		if (entries[e].module)
			l->later[entries[e].feature] = false;
		if (l->hide && !strcmp(l->hide, entries[e].key))
			found = false;
		else if (entries[e].kind == SYMBOL)
			found = take_symbol(l, t, &entries[e]);
		else
			for (c = 0; c < CANDIDATES && !found; c++)
				found = take_answer(l, &entries[e], &w->query[e * CANDIDATES + c]);
		if (!found)
			missing(l, &entries[e]);
	}
}

/* @btf: where to look; NULL: in the target's own types. */
static enum mi_status resolve(struct mi_layout *l, struct mi_target *t, struct mi_btf *btf,
			      const char *module, struct mi_error *err)
{
	struct work *w = calloc(1, sizeof(*w));
	enum mi_status st;
	size_t n, i;

	if (!w)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	n = pack_queries(w, module);
	st = btf ? mi_btf_resolve(btf, w->packed, n, err) : mi_types_resolve(t, w->packed, n, err);
	if (!st) {
		for (i = 0; i < n; i++)
			w->query[w->origin[i]] = w->packed[i];
		take_answers(l, t, w, module);
		check_bounds(l);
	}
	free(w);
	return st;
}

enum mi_status mi_layout_resolve(struct mi_layout *l, struct mi_target *t, const char *hide,
				 struct mi_error *err)
{
	init_layout(l);
	l->hide = hide;
	return resolve(l, t, NULL, NULL, err);
}

enum mi_status mi_layout_module(struct mi_layout *l, struct mi_target *t, struct mi_btf *btf,
				const char *module, const char *none, struct mi_error *err)
{
	enum mi_status st = resolve(l, t, btf, module, err);
	size_t e;

	for (e = 0; e < N_ENTRIES; e++) {
		enum mi_feature f = entries[e].feature;

		if (!is_of(&entries[e], module) || f == MI_F_NONE)
			continue;
		l->later[f] = false;
		l->off[f] |= st != MI_OK;
		if (l->off[f] && (st || none))
			snprintf(l->why[f], sizeof(l->why[0]), "%.119s", st ? err->text : none);
	}
	return st;
}

enum mi_read mi_read_member(struct mi_target *t, uint64_t addr, const struct mi_member *m,
			    uint64_t *val)
{
	struct mi_member at0 = *m;
	unsigned char buf[16] = {0};
	enum mi_read r;

	r = mi_read_virt(t, addr + (uint64_t)m->off, buf, m->size <= 8 ? m->size : 8);
	if (r)
		return r;
	at0.off = 0;
	*val = mi_get(buf, &at0);
	return MI_READ_OK;
}
