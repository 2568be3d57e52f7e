// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * btf_scan.c - the kernel's BTF where no symbol leads to it
 *
 * Its header can stand at any byte: the linker aligns .BTF only since 2025. What
 * begins like one and has its sections in order is parsed in full, and must
 * describe the kernel's own structures: BPF programs that the kernel brings along
 * have BTF, too, with cut-down copies of some.
 */
#include <stdlib.h>
#include <string.h>

#include "btf_format.h"
#include "types.h"

/* The largest kernel BTF seen is 7 MB. */
#define SIZE_MAX_BTF (64U << 20)
/* Headers grow in time. */
#define HDR_SIZE_MAX 64
#define CANDIDATES_MAX 256
/* Bytes that may be read for those that turn out to be none. */
#define WORK_MAX (512U << 20)

struct candidate {
	uint64_t va;
	size_t size;
};

struct scan {
	const struct mi_image *image;
	struct candidate found[CANDIDATES_MAX];
	size_t n;
	bool too_many;
	struct mi_error why; /* of the last that was none */
};

/* How far the sections of the header at @p reach; 0 if it is no header. */
static size_t size_by_header(const uint8_t *p)
{
	uint64_t hdr_len = btf_get32(p + BTF_HDR_LEN), types_end, strings_end, end;

	if (btf_get16(p) != BTF_MAGIC || p[BTF_HDR_VERSION] != BTF_VERSION || p[BTF_HDR_FLAGS] ||
	    hdr_len < BTF_HDR_SIZE || hdr_len > HDR_SIZE_MAX || hdr_len % 4)
		return 0;
	types_end = (uint64_t)btf_get32(p + BTF_HDR_TYPE_OFF) + btf_get32(p + BTF_HDR_TYPE_LEN);
	strings_end = (uint64_t)btf_get32(p + BTF_HDR_STR_OFF) + btf_get32(p + BTF_HDR_STR_LEN);
	if (!btf_get32(p + BTF_HDR_TYPE_LEN) || !btf_get32(p + BTF_HDR_STR_LEN) ||
	    btf_get32(p + BTF_HDR_STR_OFF) < types_end)
		return 0;
	end = strings_end;
	if (hdr_len >= BTF_HDR_SIZE_LAYOUT) {
		uint64_t layout_end = (uint64_t)btf_get32(p + BTF_HDR_LAYOUT_OFF) +
				      btf_get32(p + BTF_HDR_LAYOUT_LEN);

		end = layout_end > end ? layout_end : end;
	}
	return hdr_len + end <= SIZE_MAX_BTF ? hdr_len + end : 0;
}

static bool see_piece(void *arg, uint64_t va, const uint8_t *data, size_t fresh, size_t len)
{
	static const uint8_t magic[] = {BTF_MAGIC & 0xff, BTF_MAGIC >> 8, BTF_VERSION, 0};
	const uint8_t *p = data, *end = data + len;
	struct scan *s = arg;
	size_t size;

	while ((p = memmem(p, (size_t)(end - p), magic, sizeof(magic)))) {
		if ((size_t)(p - data) >= fresh || end - p < BTF_HDR_SIZE_LAYOUT)
			break;
		size = size_by_header(p);
		if (size && s->n == CANDIDATES_MAX)
			s->too_many = true;
		else if (size)
			s->found[s->n++] = (struct candidate){va + (uint64_t)(p - data), size};
		p++;
	}
	return true;
}

/* What only the kernel's own types have all of. */
static bool is_of_kernel(struct mi_btf *btf)
{
	struct mi_type_query q[] = {
		{.kind = MI_QUERY_MEMBER, .type = "task_struct", .member = "tasks"},
		{.kind = MI_QUERY_MEMBER, .type = "task_struct", .member = "mm"},
		{.kind = MI_QUERY_MEMBER, .type = "task_struct", .member = "pid"},
		{.kind = MI_QUERY_MEMBER, .type = "task_struct", .member = "comm"},
		{.kind = MI_QUERY_MEMBER, .type = "mm_struct", .member = "pgd"},
		{.kind = MI_QUERY_MEMBER, .type = "vm_area_struct", .member = "vm_start"},
		{.kind = MI_QUERY_MEMBER, .type = "page", .member = "flags"},
		{.kind = MI_QUERY_MEMBER, .type = "list_head", .member = "next"},
		{.kind = MI_QUERY_SIZE, .type = "file"},
		{.kind = MI_QUERY_SIZE, .type = "inode"},
		{.kind = MI_QUERY_SIZE, .type = "super_block"},
	};
	const size_t n = sizeof(q) / sizeof(q[0]);

	if (mi_btf_resolve(btf, q, n, NULL))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!q[i].found)
			return false;
	return true;
}

/* The strings begin and end with NUL: most of what is none is told by that. */
static bool strings_fit(struct scan *s, const struct candidate *c)
{
	uint8_t hdr[BTF_HDR_SIZE], first, last;
	uint64_t at;

	if (!s->image->read(s->image->arg, c->va, hdr, sizeof(hdr)))
		return false;
	at = c->va + btf_get32(hdr + BTF_HDR_LEN) + btf_get32(hdr + BTF_HDR_STR_OFF);
	return s->image->read(s->image->arg, at, &first, 1) && !first &&
	       s->image->read(s->image->arg, at + btf_get32(hdr + BTF_HDR_STR_LEN) - 1, &last, 1) &&
	       !last;
}

static struct mi_btf *prove(struct scan *s, const struct candidate *c)
{
	struct mi_btf *btf;
	void *blob;

	blob = malloc(c->size);
	if (!blob) {
		mi_fail(&s->why, MI_ERR_NOMEM, "out of memory");
		return NULL;
	}
	if (!s->image->read(s->image->arg, c->va, blob, c->size)) {
		free(blob);
		mi_fail(&s->why, MI_ERR_READ, "cannot read all of it at %llx",
			(unsigned long long)c->va);
		return NULL;
	}
	if (mi_btf_parse(blob, c->size, &btf, &s->why))
		return NULL;
	if (is_of_kernel(btf))
		return btf;
	mi_btf_free(btf);
	mi_fail(&s->why, MI_ERR_FORMAT, "that at %llx does not describe the kernel",
		(unsigned long long)c->va);
	return NULL;
}

static enum mi_status choose(struct scan *s, struct mi_btf **ret, uint64_t *va,
			     struct mi_error *err)
{
	uint64_t work = 0;

	for (size_t i = 0; i < s->n; i++) {
		struct mi_btf *btf;

		if (!strings_fit(s, &s->found[i]))
			continue;
		work += s->found[i].size;
		if (work > WORK_MAX)
			s->too_many = true;
		if (s->too_many)
			break;
		btf = prove(s, &s->found[i]);
		if (!btf)
			continue;
		/* To the end: it must be the only one. */
		if (*ret) {
			mi_btf_free(btf);
			return mi_fail(err, MI_ERR_FORMAT,
				       "the kernel's image holds BTF of a kernel twice, at %llx "
				       "and %llx",
				       (unsigned long long)*va, (unsigned long long)s->found[i].va);
		}
		*ret = btf;
		*va = s->found[i].va;
	}
	if (s->too_many)
		return mi_fail(err, MI_ERR_FORMAT, "too much in the kernel's image looks like BTF");
	return MI_OK;
}

enum mi_status mi_btf_scan(const struct mi_image *image, struct mi_btf **ret, uint64_t *va,
			   struct mi_error *err)
{
	struct scan *s = calloc(1, sizeof(*s));
	enum mi_status st;
	size_t pages;

	*ret = NULL;
	if (!s)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory for BTF");
	s->image = image;
	st = mi_image_walk(image, BTF_HDR_SIZE_LAYOUT - 1, see_piece, s, &pages, err);
	if (!st)
		st = choose(s, ret, va, err);
	if (!st && !*ret)
		st = s->why.status ? mi_fail(err, MI_ERR_FORMAT, "what looks like BTF is none: %s",
					     s->why.text)
				   : mi_fail(err, MI_ERR_MISSING,
					     "none in %zu pages of the kernel's image", pages);
	if (st) {
		mi_btf_free(*ret);
		*ret = NULL;
	}
	free(s);
	return st;
}
