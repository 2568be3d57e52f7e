// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kallsyms_scan.c - kallsyms that VMCOREINFO does not point to
 *
 * One part has a form that nothing else has: the index of the 256 tokens, u16
 * offsets that must agree, each one, with the NULs of the token table in front
 * of it. The other parts lie around these two in one of two orders
 * (scripts/kallsyms.c; [] not in all versions):
 *
 *   until 6.3: offsets  base  num_syms  names  markers  [seqs]  tokens  index
 *   since 6.4: num_syms  names  markers  tokens  index  offsets  [base]  [seqs]
 *
 * Where addresses are absolute, 8-byte addresses stand for offsets and base.
 * Parts are aligned to 8 bytes, since 7.0 to 4. The markers, an ascending array
 * that starts with 0, are looked for backwards from the tokens; they tell how
 * long the names are, and the number in front of the names must fit both.
 *
 * All this only proposes. mi_kallsyms_load() proves: every name must decode and
 * the names end where the markers begin, each marker must be right, addresses must
 * ascend and give _stext and other symbols that VMCOREINFO names.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols.h"

#define PAGE 4096
#define N_TOKENS 256
#define INDEX_BYTES (N_TOKENS * 2)
/* The longest token that scripts/kallsyms.c can make is a whole name. */
#define TOKEN_MAX 512
#define MARKER_STEP 256
/* Names have 2 to some hundred bytes, type and length included. */
#define STEP_MIN (2 * MARKER_STEP)
#define STEP_MAX (514 * MARKER_STEP)
#define MARKERS_MAX (16384)
/* Between markers and tokens: 3 or 4 bytes for each symbol. */
#define BACK_MAX (16U << 20)
/* What lies can cause: indices, and work in units of one word looked at. */
#define INDICES_MAX 32
#define WORK_MAX (16U << 20)
#define WORK_NAMES 64
#define WORK_PROPOSAL (1U << 16)

/* One page of memory, kept for reading words one after the other. */
struct view {
	const struct mi_kallsyms_source *src;
	uint64_t va; /* page-aligned; 1: nothing yet */
	bool ok;
	uint8_t data[PAGE];
};

struct scan {
	const struct mi_kallsyms_source *src;
	uint64_t start, end;
	uint64_t indices[INDICES_MAX];
	size_t n_indices, more_indices;
	uint32_t work;
	struct view near, far;

	/* The proposal: what mi_kallsyms_load() is told. */
	uint64_t num_syms, names, tokens, index, offsets, base;
	bool absolute, has_base;
	uint32_t count;

	struct mi_symtab *found;
	uint64_t found_at;
	bool ambiguous;
	struct mi_error why; /* of a proposal that failed */
	bool nearly;	     /* that one was right in all but a symbol */
};

static uint32_t get_le16(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8;
}

static uint32_t get_le32(const uint8_t *p)
{
	return get_le16(p) | get_le16(p + 2) << 16;
}

static bool view_page(struct view *v, uint64_t va)
{
	if (v->va != va) {
		v->va = va;
		v->ok = v->src->read(v->src->arg, va, v->data, PAGE);
	}
	return v->ok;
}

/* The word at @va, a multiple of 4: never crosses a page. */
static bool word_at(struct view *v, uint64_t va, uint32_t *word)
{
	if (!view_page(v, va & ~(uint64_t)(PAGE - 1)))
		return false;
	*word = get_le32(v->data + (va & (PAGE - 1)));
	return true;
}

/* ---- token index and token table ---- */

static bool is_index(const uint8_t *p)
{
	uint32_t last = 0;

	if (get_le16(p))
		return false;
	for (unsigned int i = 1; i < N_TOKENS; i++) {
		uint32_t at = get_le16(p + 2 * i);

		if (at <= last || at - last > TOKEN_MAX)
			return false;
		last = at;
	}
	return true;
}

static bool see_piece(void *arg, uint64_t va, const uint8_t *data, size_t fresh, size_t len)
{
	struct scan *s = arg;

	for (size_t pos = -va & 3; pos < fresh && pos + INDEX_BYTES <= len; pos += 4) {
		if (!is_index(data + pos))
			continue;
		if (s->n_indices == INDICES_MAX)
			s->more_indices++;
		else
			s->indices[s->n_indices++] = va + pos;
	}
	return true;
}

/* Do the strings at @table, @room bytes before the index, begin where it says? */
static bool tokens_agree(const uint8_t *table, size_t room, const uint8_t *index)
{
	size_t last = get_le16(index + 2 * (N_TOKENS - 1));
	size_t end;

	for (unsigned int i = 0; i + 1 < N_TOKENS; i++) {
		size_t at = get_le16(index + 2 * i);
		size_t len = get_le16(index + 2 * i + 2) - at - 1;

		if (at + len >= room || strnlen((const char *)table + at, len + 1) != len)
			return false;
		/* What names are made of stands for itself; all kernels have digits in names. */
		if (i >= '0' && i <= '9' && (len != 1 || table[at] != i))
			return false;
	}
	end = last + strnlen((const char *)table + last, room - last);
	if (end >= room || room - end > 8)
		return false;
	while (++end < room)
		if (table[end])
			return false;
	return true;
}

/* The table ends right before the index; where it starts, its last string decides. */
static bool find_tokens(struct scan *s, uint64_t index_va)
{
	uint8_t *data, index[INDEX_BYTES];
	size_t last, most;
	bool found = false;

	if (!s->src->read(s->src->arg, index_va, index, sizeof(index)))
		return false;
	last = get_le16(index + 2 * (N_TOKENS - 1));
	most = (last + TOKEN_MAX + 8) & ~(size_t)3;
	data = malloc(most);
	if (!data)
		return false;
	for (size_t room = (last + 4) & ~(size_t)3; room <= most && !found; room += 4) {
		if (!s->src->read(s->src->arg, index_va - room, data, room))
			break;
		found = tokens_agree(data, room, index);
		s->tokens = index_va - room;
	}
	s->index = index_va;
	free(data);
	return found;
}

/* ---- addresses ---- */

/* VMCOREINFO as it would be if it named the proposal. */
static bool proposed_line(void *arg, const char *key, uint64_t *value)
{
	struct scan *s = arg;

	if (strncmp(key, "SYMBOL(kallsyms_", 16))
		return s->src->vmcoreinfo(s->src->arg, key, value);
	if (!strcmp(key, "SYMBOL(kallsyms_names)"))
		*value = s->names;
	else if (!strcmp(key, "SYMBOL(kallsyms_num_syms)"))
		*value = s->num_syms;
	else if (!strcmp(key, "SYMBOL(kallsyms_token_table)"))
		*value = s->tokens;
	else if (!strcmp(key, "SYMBOL(kallsyms_token_index)"))
		*value = s->index;
	else if (!strcmp(key, "SYMBOL(kallsyms_offsets)") && !s->absolute)
		*value = s->offsets;
	else if (!strcmp(key, "SYMBOL(kallsyms_addresses)") && s->absolute)
		*value = s->offsets;
	else if (!strcmp(key, "SYMBOL(kallsyms_relative_base)") && s->has_base)
		*value = s->base;
	else
		return false;
	return true;
}

static bool proposed_read(void *arg, uint64_t va, void *buf, size_t len)
{
	struct scan *s = arg;

	return s->src->read(s->src->arg, va, buf, len);
}

/* No symbol that VMCOREINFO names may be elsewhere. _stext was looked at before. */
static enum mi_status contradicts(const struct scan *s, const struct mi_symtab *tab,
				  struct mi_error *err)
{
	static const char *const names[] = {
		"init_uts_ns",	  "init_top_pgt", "init_level4_pgt", "swapper_pg_dir", "node_data",
		"vmap_area_list", "prb",	  "log_buf",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint64_t want, is;
		char key[64];

		snprintf(key, sizeof(key), "SYMBOL(%s)", names[i]);
		if (!s->src->vmcoreinfo(s->src->arg, key, &want) ||
		    mi_symtab_find(tab, names[i], &is) != MI_SYMBOL_ONE || is == want)
			continue;
		return mi_fail(err, MI_ERR_FORMAT, "%s is at %llx, VMCOREINFO says %llx", names[i],
			       (unsigned long long)is, (unsigned long long)want);
	}
	return MI_OK;
}

static bool try_proposal(struct scan *s)
{
	const struct mi_kallsyms_source src = {.read = proposed_read,
					       .vmcoreinfo = proposed_line,
					       .arg = s,
					       .prove = true,
					       .narrow = s->src->narrow};
	struct mi_symtab *tab;
	struct mi_error e;
	enum mi_status st;

	s->work += WORK_PROPOSAL + 4 * s->count;
	st = mi_kallsyms_load(&src, &tab, &e);
	if (st) {
		/* That a wrong place cannot be read says less than other reasons. */
		if (st != MI_ERR_READ && !s->nearly)
			s->why = e;
		return false;
	}
	st = contradicts(s, tab, &e);
	if (st) {
		mi_symtab_free(tab);
		s->why = e;
		s->nearly = true;
		return false;
	}
	if (s->found) {
		s->ambiguous = true;
		mi_symtab_free(tab);
		return true;
	}
	s->found = tab;
	s->found_at = s->names;
	return true;
}

/* A base is the lowest address: at _stext or below, as far as offsets reach. */
static bool base_fits(struct scan *s, uint64_t va)
{
	uint32_t low, high = 0;
	uint64_t stext, base;

	if (!word_at(&s->near, va, &low) ||
	    (!s->src->narrow && !word_at(&s->near, va + 4, &high)) ||
	    !s->src->vmcoreinfo(s->src->arg, "SYMBOL(_stext)", &stext))
		return false;
	base = low | (uint64_t)high << 32;
	return stext - base < 1ULL << 32;
}

static bool try_with_base(struct scan *s, uint64_t offsets, uint64_t base)
{
	if (!base_fits(s, base))
		return false;
	s->offsets = offsets;
	s->base = base;
	s->absolute = false;
	s->has_base = true;
	return try_proposal(s);
}

static bool try_without_base(struct scan *s, uint64_t offsets, bool absolute)
{
	s->offsets = offsets;
	s->absolute = absolute;
	s->has_base = false;
	return try_proposal(s);
}

static uint64_t align(uint64_t va, unsigned int to)
{
	return (va + to - 1) & ~(uint64_t)(to - 1);
}

/* Before num_syms in the old order, behind the index in the new one. */
static bool try_addresses(struct scan *s)
{
	uint64_t bytes = 4 * (uint64_t)s->count, after = s->index + INDEX_BYTES;
	unsigned int word = s->src->narrow ? 4 : 8;
	uint64_t before = s->num_syms - word;

	return try_with_base(s, before - align(bytes, word), before) ||
	       try_with_base(s, align(after, word), align(align(after, word) + bytes, word)) ||
	       try_without_base(s, after, false) ||
	       try_without_base(s, s->num_syms - word * (uint64_t)s->count, true) ||
	       try_without_base(s, align(after, word), true);
}

/* ---- names and markers ---- */

/* Does the marker of the 257th name fit the names at @names, with either form of length? */
static bool first_names_fit(struct scan *s, uint64_t names, uint32_t marker)
{
	uint8_t *data = malloc(marker);
	bool fits = false;

	s->work += WORK_NAMES;
	if (!data || !s->src->read(s->src->arg, names, data, marker)) {
		free(data);
		return false;
	}
	for (int big = 0; big < 2 && !fits; big++) {
		size_t pos = 0;
		unsigned int i;

		for (i = 0; i < MARKER_STEP && pos < marker; i++) {
			size_t n = data[pos++];

			if (big && n & 0x80 && pos < marker)
				n = (n & 0x7f) | (size_t)data[pos++] << 7;
			if (!n)
				break;
			pos += n;
		}
		fits = i == MARKER_STEP && pos == marker;
	}
	free(data);
	return fits;
}

/* Markers and tokens are neighbours, or have an entry for each symbol between them. */
static bool reach_tokens(const struct scan *s, uint64_t markers_end, uint32_t count)
{
	uint64_t gap = s->tokens - markers_end;

	for (unsigned int width = 0; width <= 4; width = width ? width + 1 : 3)
		if (gap - (uint64_t)width * count < (width ? 16 : 8))
			return true;
	return false;
}

/*
 * Names that end at the markers at @markers, of which @last is the last: they
 * start so far before as that and up to 256 names more, and have their number in
 * front.
 */
static bool try_names(struct scan *s, uint64_t markers, unsigned int width, uint32_t n_markers,
		      uint32_t first, uint32_t last)
{
	uint64_t markers_end = markers + (uint64_t)width * n_markers;
	uint64_t highest = (markers - last - 2) & ~(uint64_t)3;

	for (uint64_t va = highest; va > highest - STEP_MAX && s->work < WORK_MAX; va -= 4) {
		s->work++;
		/* Aligned to 8, the number is padded to 8. */
		for (unsigned int back = 4; back <= 8; back += 4) {
			uint32_t n;

			if (!word_at(&s->near, va - back, &n) || !n ||
			    (n - 1) / MARKER_STEP + 1 != n_markers ||
			    !reach_tokens(s, markers_end, n) || !first_names_fit(s, va, first))
				continue;
			s->count = n;
			s->names = va;
			s->num_syms = va - back;
			if (try_addresses(s))
				return true;
		}
	}
	return false;
}

/* Entry @i of the markers at @va, which are longs before 4.20. */
static bool marker_at(struct scan *s, uint64_t va, unsigned int width, uint32_t i, uint32_t *value)
{
	uint32_t high;

	va += (uint64_t)i * width;
	if (va >= s->tokens || !word_at(&s->near, va, value))
		return false;
	return width == 4 || (word_at(&s->near, va + 4, &high) && !high);
}

/* Are there markers at @va, where a zero is? */
static bool try_markers(struct scan *s, uint64_t va, unsigned int width)
{
	uint32_t n = 1, first = 0, last = 0, before = 0, value;

	while (n < MARKERS_MAX && marker_at(s, va, width, n, &value) && value >= last + STEP_MIN &&
	       value - last <= STEP_MAX) {
		if (n++ == 1)
			first = value;
		before = last;
		last = value;
	}
	if (n < 2)
		return false;
	/* What follows may look like one more. */
	return try_names(s, va, width, n, first, last) ||
	       (n > 2 && try_names(s, va, width, n - 1, first, before));
}

static void try_index(struct scan *s, uint64_t index_va)
{
	uint64_t lowest;
	uint32_t word;

	if (!find_tokens(s, index_va)) {
		mi_fail(&s->why, MI_ERR_FORMAT, "no token table fits an index at %llx",
			(unsigned long long)index_va);
		return;
	}
	mi_fail(&s->why, MI_ERR_FORMAT, "no names fit the tokens at %llx",
		(unsigned long long)s->tokens);
	lowest = s->tokens > s->start + BACK_MAX ? s->tokens - BACK_MAX : s->start;
	for (uint64_t va = s->tokens - 4; va >= lowest && s->work < WORK_MAX; va -= 4)
		if (word_at(&s->far, va, &word) && !word &&
		    (try_markers(s, va, 4) || try_markers(s, va, 8)))
			return;
}

static enum mi_status result(struct scan *s, size_t pages, struct mi_error *err)
{
	if (s->ambiguous)
		return mi_fail(err, MI_ERR_FORMAT,
			       "the kernel's image holds kallsyms twice, and both fit");
	if (s->found)
		return MI_OK;
	if (s->work >= WORK_MAX || s->more_indices)
		return mi_fail(err, MI_ERR_FORMAT,
			       "too much in the kernel's image looks like kallsyms");
	if (!s->n_indices)
		return mi_fail(err, MI_ERR_MISSING, "none in %zu pages of the kernel's image",
			       pages);
	return mi_fail(err, MI_ERR_FORMAT, "what looks like kallsyms is none: %s", s->why.text);
}

enum mi_status mi_kallsyms_scan(const struct mi_kallsyms_source *src, const struct mi_image *image,
				struct mi_symtab **ret, uint64_t *names, struct mi_error *err)
{
	struct scan *s = calloc(1, sizeof(*s));
	enum mi_status st;
	size_t pages;

	*ret = NULL;
	if (!s)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory for kallsyms");
	s->src = src;
	s->start = image->start;
	s->near.src = s->far.src = src;
	s->near.va = s->far.va = 1;
	st = mi_image_walk(image, INDEX_BYTES - 1, see_piece, s, &pages, err);
	/* To the end, also when one is found: it must be the only one. */
	for (size_t i = 0; !st && i < s->n_indices; i++)
		try_index(s, s->indices[i]);
	if (!st)
		st = result(s, pages, err);
	if (st) {
		mi_symtab_free(s->found);
	} else {
		*ret = s->found;
		*names = s->found_at;
	}
	free(s);
	return st;
}
