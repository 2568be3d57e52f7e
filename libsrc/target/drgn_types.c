// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * drgn_types.c - what libdrgn knows once it has debug information: types, symbols, stacks
 *
 * The answers are those of dwarf.c, member for member, by another reader of the same DWARF.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "drgn.h"
#include "wanted.h"

#define MAX_CHAIN 64
#define MAX_SYMBOLS (16U << 20)
#define NO_KERNEL (1ULL << 20) /* no kernel is linked below: per-cpu offsets */

static struct mi_drgn *to_drgn(struct mi_provider *p)
{
	return (struct mi_drgn *)p;
}

/* True: it worked; what an error says is of no interest. */
static bool fine(struct mi_drgn *d, struct drgn_error *e)
{
	if (e)
		d->api.error_destroy(e);
	return !e;
}

static bool is_aggregate(uint8_t kind)
{
	return kind == MI_DRGN_STRUCT || kind == MI_DRGN_UNION || kind == MI_DRGN_CLASS;
}

/* ---- types ---- */

static struct drgn_type *peel(struct mi_drgn *d, struct drgn_type *type)
{
	int i;

	for (i = 0; i < MAX_CHAIN && d->api.type_kind(type) == MI_DRGN_TYPEDEF; i++)
		type = d->api.type_type(type).type;
	return type;
}

/* The element of an array; one of unknown length has 0. */
static bool peel_arrays(struct mi_drgn *d, struct drgn_type **type, uint64_t *count)
{
	uint64_t n;
	int i;

	*count = 1;
	for (i = 0; i < MAX_CHAIN; i++) {
		*type = peel(d, *type);
		if (d->api.type_kind(*type) != MI_DRGN_ARRAY)
			return true;
		n = d->api.type_is_complete(*type) ? d->api.type_length(*type) : 0;
		if (__builtin_mul_overflow(*count, n, count))
			return false;
		*type = d->api.type_type(*type).type;
	}
	return false;
}

static void take_tag(struct mi_drgn *d, struct drgn_type *type, struct mi_type_query *query)
{
	uint8_t kind = d->api.type_kind(type);
	const char *tag = NULL;

	if (is_aggregate(kind) || kind == MI_DRGN_ENUM)
		tag = d->api.type_tag(type);
	if (tag)
		mi_wanted_tag(query, tag);
}

static void describe_enum(struct mi_drgn *d, struct drgn_type *type, struct mi_type_query *query)
{
	struct drgn_type *as = d->api.type_type(type).type;

	query->cls = MI_TYPE_ENUM;
	as = as ? peel(d, as) : NULL;
	query->is_signed = as && d->api.type_kind(as) == MI_DRGN_INT && d->api.type_is_signed(as);
	take_tag(d, type, query);
}

/* Class, size, sign and tag of an element type; false if it is incomplete. */
static bool describe(struct mi_drgn *d, struct drgn_type *type, struct mi_type_query *query)
{
	query->cls = MI_TYPE_OTHER;
	query->size = 0;
	query->is_signed = false;
	query->type_name[0] = '\0';
	if (d->api.type_kind(type) == MI_DRGN_VOID || d->api.type_kind(type) == MI_DRGN_FUNCTION)
		return true;
	if (!d->api.type_is_complete(type) || !fine(d, d->api.type_sizeof(type, &query->size)))
		return false;
	switch (d->api.type_kind(type)) {
	case MI_DRGN_INT:
		query->is_signed = d->api.type_is_signed(type);
		query->cls = MI_TYPE_INT;
		break;
	case MI_DRGN_BOOL:
		query->cls = MI_TYPE_INT;
		break;
	case MI_DRGN_ENUM:
		describe_enum(d, type, query);
		break;
	case MI_DRGN_POINTER:
		query->cls = MI_TYPE_POINTER;
		take_tag(d, peel(d, d->api.type_type(type).type), query);
		break;
	case MI_DRGN_STRUCT:
		query->cls = MI_TYPE_STRUCT;
		take_tag(d, type, query);
		break;
	case MI_DRGN_UNION:
		query->cls = MI_TYPE_UNION;
		take_tag(d, type, query);
		break;
	}
	return true;
}

static bool answer_size(struct mi_drgn *d, struct drgn_type *type, struct mi_type_query *query)
{
	return peel_arrays(d, &type, &query->count) && describe(d, type, query) &&
	       mi_wanted_whole(query);
}

static bool fill_member(struct mi_drgn *d, struct drgn_type *type, uint64_t field,
			struct mi_type_query *query)
{
	if (!peel_arrays(d, &type, &query->count) || !describe(d, type, query))
		return false;
	query->bit_size = field;
	return field || mi_wanted_member_bits(query);
}

static bool answer_member(struct mi_drgn *d, struct drgn_type *type, struct mi_type_query *query)
{
	const char *path = query->member;
	uint64_t sum = 0, at, field, count;
	struct drgn_type_member *member;
	struct mi_drgn_type of;

	for (;;) {
		size_t len = mi_wanted_component(path);

		type = peel(d, type);
		if (!is_aggregate(d->api.type_kind(type)) || !len ||
		    !fine(d, d->api.type_find_member_len(type, path, len, &member, &at)) ||
		    !fine(d, d->api.member_type(member, &of, &field)))
			return false;
		sum += at;
		type = of.type;
		if (!path[len])
			break;
		if (!peel_arrays(d, &type, &count))
			return false;
		path += len + 1;
	}
	query->bit_offset = sum;
	return fill_member(d, type, field, query);
}

/* A name alone is a typedef's to drgn. */
static bool answer_type(struct mi_drgn *d, struct mi_type_query *query)
{
	static const char *const forms[] = {"struct ", "union ", ""};
	struct mi_type_query answer;
	struct mi_drgn_type found;
	char name[128];
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", forms[i], query->type);
		if (!fine(d, d->api.program_find_type(d->prog, name, NULL, &found)))
			continue;
		answer = *query;
		answer.found = query->kind == MI_QUERY_SIZE ? answer_size(d, found.type, &answer)
							    : answer_member(d, found.type, &answer);
		if (answer.found) {
			*query = answer;
			return true;
		}
	}
	return false;
}

static void answer_enumerator(struct mi_drgn *d, struct mi_type_query *query)
{
	struct mi_drgn_object obj;
	uint64_t number;

	d->api.object_init(&obj, d->prog);
	if (fine(d, d->api.program_find_object(d->prog, query->member, NULL, MI_DRGN_CONSTANT,
					       &obj)) &&
	    fine(d, d->api.object_sizeof(&obj, &query->size))) {
		query->found = fine(d, d->api.object_read_signed(&obj, &query->value));
		if (!query->found && fine(d, d->api.object_read_unsigned(&obj, &number))) {
			query->value = (int64_t)number;
			query->found = true;
		}
	}
	if (query->found) {
		query->cls = MI_TYPE_ENUM;
		mi_wanted_enumerator(query, query->value);
	}
	d->api.object_deinit(&obj);
}

static enum mi_status drgn_types(struct mi_provider *p, struct mi_type_query *queries, size_t n,
				 struct mi_error *err)
{
	struct mi_drgn *d = to_drgn(p);
	size_t i;

	(void)err;
	for (i = 0; i < n; i++) {
		if (queries[i].found)
			continue;
		if (queries[i].kind == MI_QUERY_ENUMERATOR)
			answer_enumerator(d, &queries[i]);
		else
			answer_type(d, &queries[i]);
	}
	return MI_OK;
}

/* ---- debug information ---- */

static enum mi_status drgn_load(struct mi_provider *p, const char *path, struct mi_error *err)
{
	struct mi_drgn *d = to_drgn(p);
	struct mi_drgn_type page;
	struct drgn_error *e;

	/* This file alone: nothing is searched for, so nothing is downloaded. */
	e = d->api.program_load_debug_info(d->prog, &path, 1, false, false);
	if (!e)
		e = d->api.program_find_type(d->prog, "struct page", NULL, &page);
	return e ? mi_drgn_fail(&d->api, e, MI_ERR_MISSING, err) : MI_OK;
}

/* ---- symbols ---- */

/* nm's letter, as far as it can be told without the sections. */
static char letter_of(struct mi_drgn *d, struct drgn_symbol *s)
{
	uint8_t binding = d->api.symbol_binding(s);
	char letter = d->api.symbol_kind(s) == MI_DRGN_FUNC ? 'T' : 'D';

	if (binding == MI_DRGN_WEAK)
		return letter == 'T' ? 'W' : 'V';
	return binding == MI_DRGN_LOCAL ? (char)tolower(letter) : letter;
}

/* drgn moves all symbols by as much as the kernel lies higher than it was linked, offsets, too. */
static enum mi_status add_symbol(struct mi_drgn *d, struct drgn_symbol *s, uint64_t moved,
				 struct mi_symtab *tab, struct mi_error *err)
{
	const char *name = d->api.symbol_name(s);
	uint64_t addr = d->api.symbol_address(s);
	uint8_t kind = d->api.symbol_kind(s);
	char letter = letter_of(d, s);

	if (kind == MI_DRGN_FILE || kind == MI_DRGN_SECTION || !name || !*name || *name == '$' ||
	    !strncmp(name, ".L", 2))
		return MI_OK;
	if (addr < NO_KERNEL || addr - moved < NO_KERNEL) {
		letter = 'A';
		addr = addr < NO_KERNEL ? addr : addr - moved;
	}
	return mi_symtab_add(tab, name, strlen(name), letter, addr, err);
}

static enum mi_status drgn_symbols(struct mi_provider *p, uint64_t moved, struct mi_symtab **ret,
				   struct mi_error *err)
{
	struct mi_drgn *d = to_drgn(p);
	enum mi_status st = MI_OK;
	struct drgn_symbol **all;
	struct drgn_error *e;
	size_t i, n;

	e = d->api.program_find_symbols_by_name(d->prog, NULL, &all, &n);
	if (e)
		return mi_drgn_fail(&d->api, e, MI_ERR_MISSING, err);
	*ret = mi_symtab_new();
	if (!*ret)
		st = mi_fail(err, MI_ERR_NOMEM, "out of memory");
	else if (!n || n > MAX_SYMBOLS)
		st = mi_fail(err, MI_ERR_MISSING, "drgn: %zu symbols", n);
	for (i = 0; i < n && !st; i++)
		st = add_symbol(d, all[i], moved, *ret, err);
	d->api.symbols_destroy(all, n);
	if (st) {
		mi_symtab_free(*ret);
		*ret = NULL;
	}
	return st;
}

/* ---- stacks ---- */

static enum mi_status drgn_stack(struct mi_provider *p, int32_t tid, uint64_t *pcs, size_t *n,
				 struct mi_error *err)
{
	struct mi_drgn *d = to_drgn(p);
	struct drgn_stack_trace *trace;
	struct drgn_error *e;
	size_t i, frames, got = 0;

	e = d->api.program_stack_trace(d->prog, (uint32_t)tid, &trace);
	if (e)
		return mi_drgn_fail(&d->api, e, MI_ERR_MISSING, err);
	frames = d->api.stack_trace_num_frames(trace);
	/* Functions that were inlined have no frame of their own. */
	for (i = 0; i < frames && got < *n; i++)
		if (!d->api.stack_frame_is_inline(trace, i) &&
		    d->api.stack_frame_pc(trace, i, &pcs[got]))
			got++;
	d->api.stack_trace_destroy(trace);
	*n = got;
	return MI_OK;
}

const struct mi_debugger_ops mi_drgn_debugger = {
	.load = drgn_load,
	.symbols = drgn_symbols,
	.types = drgn_types,
	.stack = drgn_stack,
};
