// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kallsyms.c - the symbol table that a kernel carries in its memory
 *
 * Names are compressed: each is a length and that many bytes, each byte an
 * index into 256 tokens; the first character that comes out is nm's letter.
 *
 *   num_syms  names                    markers              tokens, offsets
 *   +----+    +---+-----+---+-----+..  +---+-----+-----+..
 *   | n  |    |len|bytes|len|bytes|    | 0 | m1  | m2  |    (order varies)
 *   +----+    +---+-----+---+-----+..  +---+-----+-----+..
 *
 * What changed (scripts/kallsyms.c, kernel/kallsyms.c), and how it is told:
 *   length: since 6.1 (73bbb94466fd) bit 7 means two bytes, before it was the
 *     length's own top bit. The markers that follow the names (the offset of
 *     every 256th) fit one reading only.
 *   address: absolute (until 6.11); base-relative with absolute per-cpu
 *     symbols (x86 until 6.15); plain base-relative; relative to the place of
 *     the offset (7.0). The one that yields the known _stext is taken.
 */
#include <stdlib.h>
#include <string.h>

#include "symbols.h"

#define MAX_SYMS (4U << 20)
#define MAX_NAMES_BYTES (64U << 20)
/* KSYM_NAME_LEN is 512; there is no need to be strict. */
#define MAX_NAME 1024
#define N_TOKENS 256
#define MARKER_STEP 256
/* As much as is read in one go, and the granularity at which memory may end. */
#define READ_CHUNK (64U << 10)
#define READ_PAGE (4U << 10)

enum length_form {
	LENGTH_BIG_BIT, /* two bytes if bit 7 is set */
	LENGTH_LITERAL,
};

enum address_form {
	ADDRESS_ABSOLUTE,
	ADDRESS_BASE_PERCPU,
	ADDRESS_BASE,
	ADDRESS_PLACE,
	N_ADDRESS_FORMS,
};

/* A stretch of target memory of unknown length, read on demand. */
struct stretch {
	const struct mi_kallsyms_source *src;
	uint64_t va;
	uint8_t *data;
	size_t len, capacity, limit;
	bool ended; /* what follows cannot be read */
};

struct kallsyms {
	struct mi_packed_names packed; /* a table of symbols owns it when all are told */
	const struct mi_kallsyms_source *src;
	uint32_t n_syms;
	enum length_form length_form;
	enum address_form address_form;

	struct stretch names;
	struct stretch tokens;
	uint16_t token_at[N_TOKENS];
	uint16_t token_len[N_TOKENS];
	bool token_odd[N_TOKENS];  /* has characters that no name has */
	bool token_type[N_TOKENS]; /* begins with a type */
	/* Of the whole, and of what is behind the letter that begins a name. */
	struct mi_name_hash token_hash[N_TOKENS], tail_hash[N_TOKENS];

	uint8_t *offsets; /* n_syms entries of 4 bytes, or words if absolute */
	uint64_t offsets_va;
	uint64_t base;
};

static uint32_t get_le16(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8;
}

static uint32_t get_le32(const uint8_t *p)
{
	return get_le16(p) | get_le16(p + 2) << 16;
}

static uint64_t get_le64(const uint8_t *p)
{
	return get_le32(p) | (uint64_t)get_le32(p + 4) << 32;
}

static size_t word_size(const struct kallsyms *ks)
{
	return ks->src->narrow ? 4 : 8;
}

static uint64_t get_word(const struct kallsyms *ks, const uint8_t *p)
{
	return ks->src->narrow ? get_le32(p) : get_le64(p);
}

/* ---- reading ---- */

static bool stretch_reserve(struct stretch *s, size_t len)
{
	size_t capacity = s->capacity ? s->capacity : READ_CHUNK;
	uint8_t *data;

	if (len <= s->capacity)
		return true;
	while (capacity < len)
		capacity *= 2;
	data = realloc(s->data, capacity);
	if (!data)
		return false;
	s->data = data;
	s->capacity = capacity;
	return true;
}

/*
 * Make the first @len bytes of the stretch available. Reads run ahead, but
 * never let a missing page behind the needed ones spoil these.
 */
static bool stretch_need(struct stretch *s, size_t len)
{
	if (len <= s->len)
		return true;
	if (len > s->limit || s->ended)
		return false;
	while (s->len < len) {
		uint64_t va = s->va + s->len;
		size_t chunk = READ_CHUNK - (va & (READ_CHUNK - 1));

		if (!stretch_reserve(s, s->len + chunk))
			return false;
		if (!s->src->read(s->src->arg, va, s->data + s->len, chunk)) {
			chunk = READ_PAGE - (va & (READ_PAGE - 1));
			if (!s->src->read(s->src->arg, va, s->data + s->len, chunk)) {
				s->ended = true;
				return false;
			}
		}
		s->len += chunk;
	}
	return true;
}

static bool find_va(const struct mi_kallsyms_source *src, const char *key, uint64_t *va)
{
	return src->vmcoreinfo(src->arg, key, va);
}

static enum mi_status need_va(const struct mi_kallsyms_source *src, const char *key, uint64_t *va,
			      struct mi_error *err)
{
	if (!find_va(src, key, va))
		return mi_fail(err, MI_ERR_MISSING, "VMCOREINFO has no %s", key);
	return MI_OK;
}

static enum mi_status read_va(const struct mi_kallsyms_source *src, uint64_t va, void *buf,
			      size_t len, const char *what, struct mi_error *err)
{
	if (src->read(src->arg, va, buf, len))
		return MI_OK;
	return mi_fail(err, MI_ERR_READ, "cannot read %s at %llx", what, (unsigned long long)va);
}

static enum mi_status read_count(struct kallsyms *ks, struct mi_error *err)
{
	enum mi_status status;
	uint8_t raw[4];
	uint64_t va;

	status = need_va(ks->src, "SYMBOL(kallsyms_num_syms)", &va, err);
	if (!status)
		status = read_va(ks->src, va, raw, sizeof(raw), "kallsyms_num_syms", err);
	if (status)
		return status;
	ks->n_syms = get_le32(raw);
	if (!ks->n_syms || ks->n_syms > MAX_SYMS)
		return mi_fail(err, MI_ERR_FORMAT, "kallsyms_num_syms is %u", ks->n_syms);
	return MI_OK;
}

/* Symbols are of graphic ASCII; what else might come is let through. */
static bool is_odd(uint8_t c)
{
	return c <= ' ' || c == 0x7f;
}

static bool is_type(char c)
{
	return c && strchr("aAbBcCdDgGiInNpPrRsStTuUvVwW-?", c);
}

static void set_token(struct kallsyms *ks, unsigned int i, size_t at, size_t len)
{
	const char *text = (const char *)ks->tokens.data + at;

	ks->token_at[i] = (uint16_t)at;
	ks->token_len[i] = (uint16_t)len;
	ks->token_hash[i] = mi_name_hash_of(text, len);
	ks->token_type[i] = is_type(text[0]);
	ks->tail_hash[i] = mi_name_hash_of(text + 1, len ? len - 1 : 0);
	for (size_t c = 0; c < len; c++)
		ks->token_odd[i] |= is_odd((uint8_t)text[c]);
}

/* The token table's length is written nowhere: its last token's NUL ends it. */
static enum mi_status read_tokens(struct kallsyms *ks, struct mi_error *err)
{
	uint8_t index[N_TOKENS * 2];
	enum mi_status status;
	uint64_t va;

	status = need_va(ks->src, "SYMBOL(kallsyms_token_index)", &va, err);
	if (!status)
		status = read_va(ks->src, va, index, sizeof(index), "kallsyms_token_index", err);
	if (!status)
		status = need_va(ks->src, "SYMBOL(kallsyms_token_table)", &ks->tokens.va, err);
	if (status)
		return status;
	ks->tokens.src = ks->src;
	ks->tokens.limit = UINT16_MAX + MAX_NAME + 1;
	for (unsigned int i = 0; i < N_TOKENS; i++) {
		size_t at = get_le16(index + 2 * i);
		size_t len = 0;

		while (stretch_need(&ks->tokens, at + len + 1) && ks->tokens.data[at + len])
			if (++len > MAX_NAME)
				return mi_fail(err, MI_ERR_FORMAT, "kallsyms token %u has no end",
					       i);
		if (ks->tokens.len <= at + len)
			return mi_fail(err, MI_ERR_READ, "cannot read kallsyms_token_table");
		set_token(ks, i, at, len);
	}
	return MI_OK;
}

/* ---- names ---- */

static bool is_long(const struct kallsyms *ks, enum length_form form, size_t pos)
{
	return form == LENGTH_BIG_BIT && ks->names.data[pos] & 0x80;
}

/* The length at @pos, which is there, and the place of what is as long. */
static void read_length(const struct kallsyms *ks, enum length_form form, size_t pos, size_t *at,
			size_t *len)
{
	*len = ks->names.data[pos];
	*at = pos + 1;
	if (is_long(ks, form, pos)) {
		*len = (*len & 0x7f) | (size_t)ks->names.data[pos + 1] << 7;
		*at = pos + 2;
	}
}

/* The compressed name at @pos: sets its place and length, returns the place of the next. */
static size_t next_name(struct kallsyms *ks, enum length_form form, size_t pos, size_t *at,
			size_t *len)
{
	const size_t ahead = 2 + MAX_NAME;

	/* Ask for more than the length: most names then cost one check. */
	if (!stretch_need(&ks->names, pos + ahead) &&
	    (!stretch_need(&ks->names, pos + 1) ||
	     (is_long(ks, form, pos) && !stretch_need(&ks->names, pos + 2))))
		return 0;
	read_length(ks, form, pos, at, len);
	if (!*len || *len > MAX_NAME || !stretch_need(&ks->names, *at + *len))
		return 0;
	return *at + *len;
}

/* Expand a name with its leading type letter into buf; returns the length, 0 if it is none. */
static size_t expand_name(const struct kallsyms *ks, size_t at, size_t len,
			  char buf[static MAX_NAME + 1])
{
	const uint8_t *in = ks->names.data + at;
	size_t out = 0;

	for (size_t i = 0; i < len; i++) {
		size_t n = ks->token_len[in[i]];

		if (out + n > MAX_NAME || ks->token_odd[in[i]])
			return 0;
		memcpy(buf + out, ks->tokens.data + ks->token_at[in[i]], n);
		out += n;
	}
	buf[out] = '\0';
	return out >= 2 && is_type(buf[0]) ? out : 0;
}

/*
 * What expand_name() tells of a name without writing it: whether it is one, its type, and the hash
 * of what is behind that.
 */
static bool hash_name(const struct kallsyms *ks, size_t at, size_t len, char *type, uint64_t *sum)
{
	const uint8_t *in = ks->names.data + at, *end = in + len;
	uint8_t first;
	size_t out;
	bool odd;

	/* An empty token hides no type: the next one has it. */
	while (in < end && !ks->token_len[*in])
		in++;
	if (in == end)
		return false;
	first = *in;
	out = ks->token_len[first];
	odd = ks->token_odd[first];
	*sum = ks->tail_hash[first].sum;
	while (++in < end) {
		*sum = *sum * ks->token_hash[*in].power + ks->token_hash[*in].sum;
		out += ks->token_len[*in];
		odd |= ks->token_odd[*in];
	}
	*type = (char)ks->tokens.data[ks->token_at[first]];
	return ks->token_type[first] && !odd && out >= 2 && out <= MAX_NAME;
}

/*
 * Do the markers of every 256th name follow at @end? They were longs before
 * 4.20, and are aligned to their size or to 8.
 */
static bool markers_follow(struct kallsyms *ks, const uint32_t *markers, size_t n, size_t end)
{
	for (unsigned int width = 4; width <= 8; width += 4) {
		for (unsigned int align = width; align <= 8; align += 4) {
			uint64_t va = (ks->names.va + end + align - 1) & ~(uint64_t)(align - 1);
			size_t pos = va - ks->names.va;
			size_t i;

			if (!stretch_need(&ks->names, pos + n * width))
				continue;
			for (i = 0; i < n; i++) {
				const uint8_t *p = ks->names.data + pos + i * width;

				if (get_le32(p) != markers[i] || (width == 8 && get_le32(p + 4)))
					break;
			}
			if (i == n)
				return true;
		}
	}
	return false;
}

enum fit {
	FIT_NONE,    /* cannot be read this way */
	FIT_NAMES,   /* names as they should be, but no markers behind them */
	FIT_MARKERS, /* certain */
};

/* How well do the names read with this form of length? */
static enum fit try_lengths(struct kallsyms *ks, enum length_form form, uint32_t *markers,
			    bool *has_long)
{
	char name[MAX_NAME + 1];
	size_t n_markers = 0;
	size_t pos = 0;

	*has_long = false;
	for (uint32_t i = 0; i < ks->n_syms; i++) {
		size_t at, len, start = pos;
		bool high_bit;

		if (i % MARKER_STEP == 0)
			markers[n_markers++] = (uint32_t)start;
		pos = next_name(ks, form, start, &at, &len);
		if (!pos)
			return FIT_NONE;
		high_bit = ks->names.data[start] & 0x80;
		*has_long |= high_bit;
		/* Expanding is the costly part: the doubtful ones and a sample do. */
		if ((high_bit || i % 64 == 0) && !expand_name(ks, at, len, name))
			return FIT_NONE;
	}
	return markers_follow(ks, markers, n_markers, pos) ? FIT_MARKERS : FIT_NAMES;
}

static enum mi_status settle_lengths(struct kallsyms *ks, struct mi_error *err)
{
	size_t n_markers = ks->n_syms / MARKER_STEP + 1;
	uint32_t *markers = calloc(n_markers, sizeof(*markers));
	enum fit big, literal = FIT_NONE;
	bool has_long;

	if (!markers)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory for kallsyms");
	big = try_lengths(ks, LENGTH_BIG_BIT, markers, &has_long);
	/* Without a length of 128 or more both readings are the same. */
	if (big == FIT_NONE || (big == FIT_NAMES && has_long))
		literal = try_lengths(ks, LENGTH_LITERAL, markers, &has_long);
	free(markers);
	ks->length_form = literal > big ? LENGTH_LITERAL : LENGTH_BIG_BIT;
	if (big == FIT_NONE && literal == FIT_NONE)
		return mi_fail(err, MI_ERR_FORMAT, "kallsyms_names holds no %u names%s", ks->n_syms,
			       ks->names.ended ? " (not all of it can be read)" : "");
	if (big == literal)
		return mi_fail(err, MI_ERR_FORMAT, "kallsyms_names can be read in two ways");
	if (ks->src->prove && big != FIT_MARKERS && literal != FIT_MARKERS)
		return mi_fail(err, MI_ERR_FORMAT, "no markers behind %u names", ks->n_syms);
	return MI_OK;
}

/* ---- addresses ---- */

static uint64_t wide_address_of(const struct kallsyms *ks, enum address_form form, uint32_t i)
{
	int32_t value;

	if (form == ADDRESS_ABSOLUTE)
		return get_word(ks, ks->offsets + word_size(ks) * i);
	value = (int32_t)get_le32(ks->offsets + 4 * (size_t)i);
	switch (form) {
	case ADDRESS_BASE_PERCPU:
		return value >= 0 ? (uint64_t)value : ks->base - 1 - (uint64_t)(int64_t)value;
	case ADDRESS_BASE:
		return ks->base + (uint32_t)value;
	default:
		return ks->offsets_va + 4 * (uint64_t)i + (uint64_t)(int64_t)value;
	}
}

static uint64_t address_of(const struct kallsyms *ks, enum address_form form, uint32_t i)
{
	uint64_t address = wide_address_of(ks, form, i);

	return ks->src->narrow ? (uint32_t)address : address;
}

static enum mi_status read_offsets(struct kallsyms *ks, bool *absolute, bool *has_base,
				   struct mi_error *err)
{
	size_t width = 4, bytes;
	enum mi_status status;
	uint8_t raw[8];
	uint64_t va;

	*has_base = false;
	*absolute = !find_va(ks->src, "SYMBOL(kallsyms_offsets)", &ks->offsets_va);
	if (*absolute) {
		if (!find_va(ks->src, "SYMBOL(kallsyms_addresses)", &ks->offsets_va))
			return mi_fail(err, MI_ERR_MISSING,
				       "VMCOREINFO has no SYMBOL(kallsyms_offsets)");
		width = word_size(ks);
	} else if (find_va(ks->src, "SYMBOL(kallsyms_relative_base)", &va)) {
		status = read_va(ks->src, va, raw, word_size(ks), "kallsyms_relative_base", err);
		if (status)
			return status;
		ks->base = get_word(ks, raw);
		*has_base = true;
	}
	bytes = ks->n_syms * width;
	ks->offsets = malloc(bytes);
	if (!ks->offsets)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory for kallsyms");
	return read_va(ks->src, ks->offsets_va, ks->offsets, bytes,
		       *absolute ? "kallsyms_addresses" : "kallsyms_offsets", err);
}

static enum mi_status find_stext(struct kallsyms *ks, uint32_t *index, struct mi_error *err)
{
	char name[MAX_NAME + 1];
	size_t pos = 0;

	for (uint32_t i = 0; i < ks->n_syms; i++) {
		size_t at, len;

		pos = next_name(ks, ks->length_form, pos, &at, &len);
		/* settle_lengths() has walked here */
		if (!pos || !expand_name(ks, at, len, name))
			return mi_fail(err, MI_ERR_FORMAT, "kallsyms name %u is damaged", i);
		if (!strcmp(name + 1, "_stext")) {
			*index = i;
			return MI_OK;
		}
	}
	return mi_fail(err, MI_ERR_FORMAT, "kallsyms has no _stext");
}

static enum mi_status settle_addresses(struct kallsyms *ks, struct mi_error *err)
{
	bool absolute, has_base;
	enum mi_status status;
	uint32_t index = 0;
	uint64_t stext = 0;

	status = need_va(ks->src, "SYMBOL(_stext)", &stext, err);
	if (!status)
		status = read_offsets(ks, &absolute, &has_base, err);
	if (!status)
		status = find_stext(ks, &index, err);
	if (status)
		return status;
	for (int form = 0; form < N_ADDRESS_FORMS; form++) {
		bool with_base = form == ADDRESS_BASE || form == ADDRESS_BASE_PERCPU;

		if ((form == ADDRESS_ABSOLUTE) != absolute || (with_base && !has_base))
			continue;
		if (address_of(ks, form, index) != stext)
			continue;
		ks->address_form = form;
		return MI_OK;
	}
	return mi_fail(err, MI_ERR_FORMAT, "no known form of kallsyms addresses has _stext at %llx",
		       (unsigned long long)stext);
}

/* ---- all together ---- */

/* The name whose length is at @where, as add_symbols() has met it: all of it is there. */
static size_t unpack(const struct mi_packed_names *packed, uint64_t where,
		     char buf[static MI_SYMBOL_MAX + 1])
{
	const struct kallsyms *ks = (const struct kallsyms *)packed;
	char name[MAX_NAME + 1];
	size_t at, len;

	read_length(ks, ks->length_form, where, &at, &len);
	len = expand_name(ks, at, len, name);
	if (!len)
		return 0;
	memcpy(buf, name + 1, len);
	return len - 1;
}

static void free_kallsyms(struct mi_packed_names *packed)
{
	struct kallsyms *ks = (struct kallsyms *)packed;

	free(ks->offsets);
	free(ks->names.data);
	free(ks->tokens.data);
	free(ks);
}

static enum mi_status add_symbols(struct kallsyms *ks, struct mi_symtab *tab, struct mi_error *err)
{
	uint64_t addr, sum, last = 0;
	enum mi_status status;
	size_t pos = 0;
	char type;

	mi_symtab_expect(tab, ks->n_syms);
	for (uint32_t i = 0; i < ks->n_syms; i++, last = addr) {
		size_t at, len, where = pos;

		pos = next_name(ks, ks->length_form, pos, &at, &len);
		if (!pos || !hash_name(ks, at, len, &type, &sum))
			return mi_fail(err, MI_ERR_FORMAT, "kallsyms name %u is damaged", i);
		addr = address_of(ks, ks->address_form, i);
		if (ks->src->prove && addr < last)
			return mi_fail(err, MI_ERR_FORMAT, "kallsyms address %u does not ascend",
				       i);
		status = mi_symtab_add_packed(tab, where, sum, type, addr, err);
		if (status)
			return status;
	}
	return MI_OK;
}

static enum mi_status load(struct kallsyms *ks, struct mi_symtab *tab, struct mi_error *err)
{
	enum mi_status status;

	status = need_va(ks->src, "SYMBOL(kallsyms_names)", &ks->names.va, err);
	if (!status)
		status = read_count(ks, err);
	if (!status)
		status = read_tokens(ks, err);
	if (status)
		return status;
	ks->names.src = ks->src;
	ks->names.limit = MAX_NAMES_BYTES;
	status = settle_lengths(ks, err);
	if (!status)
		status = settle_addresses(ks, err);
	if (!status)
		status = add_symbols(ks, tab, err);
	return status;
}

enum mi_status mi_kallsyms_load(const struct mi_kallsyms_source *src, struct mi_symtab **ret,
				struct mi_error *err)
{
	struct kallsyms *ks = calloc(1, sizeof(*ks));
	struct mi_symtab *tab = mi_symtab_new();
	enum mi_status status;

	*ret = NULL;
	if (!ks || !tab) {
		free(ks);
		mi_symtab_free(tab);
		return mi_fail(err, MI_ERR_NOMEM, "out of memory for kallsyms");
	}
	ks->packed.unpack = unpack;
	ks->packed.free = free_kallsyms;
	ks->src = src;
	mi_symtab_set_packed(tab, &ks->packed);
	status = load(ks, tab, err);
	if (status) {
		mi_symtab_free(tab);
		return status;
	}
	/* Nothing is read from now on. */
	free(ks->offsets);
	ks->offsets = NULL;
	ks->src = ks->names.src = ks->tokens.src = NULL;
	*ret = tab;
	return MI_OK;
}
