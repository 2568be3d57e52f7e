// SPDX-License-Identifier: GPL-2.0
/*
 * Prototypes of functions and tracepoints, out of the running kernel's BTF. All of it was
 * made with the kernel and is the kernel's, but it is read like any other file: nothing
 * leads outside of the buffer.
 */
#include <uapi/linux/btf.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "hooks.h"
#include "identity.h"

#define BTF_FILE "/sys/kernel/btf/vmlinux"
#define BTF_MAX (64UL << 20)
#define TRACE_PREFIX "btf_trace_"
#define DEPTH_MAX 8

/* Not in the headers of all kernels. */
#define KIND_FLOAT 16
#define KIND_DECL_TAG 17
#define KIND_TYPE_TAG 18
#define KIND_ENUM64 19

struct btf_file {
	char *data;
	size_t size;
	const char *strings;
	u32 string_size;
	const char *types;
	u32 type_size;
	u32 *offset; /* of each type; type 0 is void */
	u32 n;
};

static const char *name_of(const struct btf_file *f, u32 off)
{
	return off < f->string_size ? f->strings + off : "";
}

static const struct btf_type *type_of(const struct btf_file *f, u32 id)
{
	if (!id || id >= f->n)
		return NULL;
	return (const void *)(f->types + f->offset[id]);
}

/* What follows struct btf_type; less than 0: a kind not known. */
static int bytes_behind(const struct btf_type *t)
{
	u32 vlen = BTF_INFO_VLEN(t->info);

	switch ((t->info >> 24) & 0x1f) {
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case KIND_FLOAT:
	case KIND_TYPE_TAG:
		return 0;
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return 12;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
	case KIND_ENUM64:
		return 12 * vlen;
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
		return 8 * vlen;
	}
	return -1;
}

static u32 kind_of(const struct btf_type *t)
{
	return (t->info >> 24) & 0x1f;
}

/* ---- reading ---- */

static int read_all(struct btf_file *f)
{
	ssize_t got;

	/* Its size is not told by reading; it is some megabytes. */
	for (f->size = 8UL << 20; f->size <= BTF_MAX; f->size *= 2) {
		f->data = vmalloc(f->size);
		if (!f->data)
			return -ENOMEM;
		got = mr_read_file(BTF_FILE, f->data, f->size);
		if (got < 0)
			return got;
		if (got < f->size) {
			f->size = got;
			return 0;
		}
		vfree(f->data);
		f->data = NULL;
	}
	return -EFBIG;
}

static int parse_header(struct btf_file *f)
{
	const struct btf_header *h = (const void *)f->data;

	if (f->size < sizeof(*h) || h->magic != BTF_MAGIC || h->hdr_len > f->size)
		return -EINVAL;
	f->types = f->data + h->hdr_len + h->type_off;
	f->strings = f->data + h->hdr_len + h->str_off;
	f->type_size = h->type_len;
	f->string_size = h->str_len;
	if ((u64)h->hdr_len + h->type_off + h->type_len > f->size ||
	    (u64)h->hdr_len + h->str_off + h->str_len > f->size || !h->str_len ||
	    f->strings[h->str_len - 1])
		return -EINVAL;
	return 0;
}

/* Calls count, or fills offset[]. */
static int walk(struct btf_file *f, bool fill)
{
	u32 at = 0, n = 1;

	while (at + sizeof(struct btf_type) <= f->type_size) {
		int behind = bytes_behind((const void *)(f->types + at));

		if (behind < 0)
			return -EINVAL;
		if (fill)
			f->offset[n] = at;
		n++;
		at += sizeof(struct btf_type) + behind;
	}
	if (at != f->type_size)
		return -EINVAL;
	f->n = n;
	return 0;
}

static int index_types(struct btf_file *f)
{
	int err = walk(f, false);

	if (err)
		return err;
	f->offset = vmalloc((size_t)f->n * sizeof(*f->offset));
	return f->offset ? walk(f, true) : -ENOMEM;
}

/* ---- writing prototypes as text ---- */

struct text {
	char *to;
	size_t left;
};

static void put(struct text *t, const char *s)
{
	size_t n = strlen(s);

	n = min(n, t->left);
	memcpy(t->to, s, n);
	t->to += n;
	t->left -= n;
	*t->to = '\0';
}

static void put_type(struct text *out, const struct btf_file *f, u32 id)
{
	const char *const words[] = {
		[BTF_KIND_STRUCT] = "struct ", [BTF_KIND_UNION] = "union ",
		[BTF_KIND_ENUM] = "enum ",     [KIND_ENUM64] = "enum ",
		[BTF_KIND_FWD] = "struct ",
	};
	const struct btf_type *t;
	unsigned int stars = 0, depth;

	for (depth = 0; depth < DEPTH_MAX; depth++) {
		t = type_of(f, id);
		if (!t)
			break;
		if (kind_of(t) == BTF_KIND_PTR)
			stars++;
		else if (kind_of(t) == BTF_KIND_CONST)
			put(out, "const ");
		else if (kind_of(t) != KIND_TYPE_TAG)
			break;
		id = t->type;
	}
	if (!t) {
		put(out, "void");
	} else {
		if (kind_of(t) < ARRAY_SIZE(words) && words[kind_of(t)])
			put(out, words[kind_of(t)]);
		put(out, name_of(f, t->name_off));
	}
	if (stars)
		put(out, " ");
	while (stars--)
		put(out, "*");
}

static void put_proto(char *to, const struct btf_file *f, const struct btf_type *proto)
{
	const struct btf_param *param = (const void *)(proto + 1);
	struct text out = {to, MR_PROTO_MAX - 1};
	u32 i, n = BTF_INFO_VLEN(proto->info);

	put_type(&out, f, proto->type);
	put(&out, "(");
	for (i = 0; i < n; i++) {
		if (i)
			put(&out, ", ");
		put_type(&out, f, param[i].type);
	}
	put(&out, ")");
}

/* ---- looking up ---- */

/* A function's prototype; or that of a tracepoint's handlers, by btf_trace_NAME. */
static const struct btf_type *proto_of(const struct btf_file *f, const struct btf_type *t)
{
	if (kind_of(t) == BTF_KIND_TYPEDEF) {
		t = type_of(f, t->type);
		if (!t || kind_of(t) != BTF_KIND_PTR)
			return NULL;
	}
	t = type_of(f, t->type);
	return t && kind_of(t) == BTF_KIND_FUNC_PROTO ? t : NULL;
}

static void answer(struct mr_btf_query *query, const struct btf_file *f, const struct btf_type *t)
{
	const struct btf_type *proto = proto_of(f, t);
	char text[MR_PROTO_MAX];

	if (!proto)
		return;
	put_proto(text, f, proto);
	if (query->found && !strcmp(query->proto, text))
		return;
	query->found++;
	strscpy(query->proto, text, sizeof(query->proto));
}

/* Names asked for, by their first two characters: most others are left aside by these. */
struct beginnings {
	u64 second[256]; /* bits of the second character, modulo 64, by the first */
};

static bool may_begin(const struct beginnings *b, const char *name)
{
	return name[0] && (b->second[(u8)name[0]] >> (name[1] & 63) & 1);
}

static void note_beginnings(struct beginnings *b, const struct mr_btf_query *query, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (query[i].name && !query[i].of)
			b->second[(u8)query[i].name[0]] |= 1ULL << (query[i].name[1] & 63);
}

/* What this type is the prototype of: the name of a function or tracepoint, or NULL. */
static const char *asked_name(const struct btf_file *f, const struct btf_type *t)
{
	const size_t prefix = strlen(TRACE_PREFIX);
	const char *name;

	if (kind_of(t) == BTF_KIND_FUNC)
		return name_of(f, t->name_off);
	if (kind_of(t) != BTF_KIND_TYPEDEF)
		return NULL;
	name = name_of(f, t->name_off);
	return strncmp(name, TRACE_PREFIX, prefix) ? NULL : name + prefix;
}

static void look_into(const struct btf_file *f, const struct btf_type *t,
		      struct mr_btf_query *query)
{
	const struct btf_member *m = (const void *)(t + 1);
	u32 i, n = BTF_INFO_VLEN(t->info);

	for (i = 0; i < n; i++) {
		const struct btf_type *is = type_of(f, m[i].type);

		if (!strcmp(name_of(f, m[i].name_off), query->name) && is &&
		    kind_of(is) == BTF_KIND_PTR)
			answer(query, f, is);
	}
}

static void look_up_members(const struct btf_file *f, const struct btf_type *t,
			    struct mr_btf_query *query, unsigned int n)
{
	const char *name = name_of(f, t->name_off);
	unsigned int i;

	for (i = 0; i < n; i++)
		if (query[i].name && query[i].of && !strcmp(query[i].of, name))
			look_into(f, t, &query[i]);
}

static void look_up(const struct btf_file *f, struct mr_btf_query *query, unsigned int n)
{
	static struct beginnings beginnings;
	unsigned int i;
	u32 id;

	note_beginnings(&beginnings, query, n);
	for (id = 1; id < f->n; id++) {
		const struct btf_type *t = type_of(f, id);
		const char *name = asked_name(f, t);
		bool tracepoint = kind_of(t) == BTF_KIND_TYPEDEF;

		if (kind_of(t) == BTF_KIND_STRUCT)
			look_up_members(f, t, query, n);
		if (!name || !may_begin(&beginnings, name))
			continue;
		for (i = 0; i < n; i++)
			if (query[i].name && !query[i].of && query[i].tracepoint == tracepoint &&
			    !strcmp(query[i].name, name))
				answer(&query[i], f, t);
	}
}

int mr_btf_lookup(struct mr_btf_query *query, unsigned int n)
{
	struct btf_file f = {};
	int err = read_all(&f);

	if (!err)
		err = parse_header(&f);
	if (!err)
		err = index_types(&f);
	if (!err)
		look_up(&f, query, n);
	vfree(f.offset);
	vfree(f.data);
	return err;
}
