// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * log_ring.c - the log as struct printk_ringbuffer keeps it
 *
 * From kernel/printk/printk_ringbuffer.[ch]. A descriptor has a state and an ID in one word, and
 * the positions of its text in a ring of bytes; a struct printk_info beside it has the rest. IDs
 * and positions only ever grow, and wrap at the end of a word; descriptor and byte are what is
 * left of them modulo the power of two that is the size. A text begins with the ID of its
 * descriptor. So a record proves itself: by the ID in both places, by its sequence number, which
 * is the ID modulo their count, and by a text that is not longer than its block.
 */
#include <stdlib.h>

#include "log_forms.h"

/* Two bits at the top of the word: enum desc_state. */
enum {
	DESC_RESERVED,
	DESC_COMMITTED,
	DESC_FINALIZED,
	DESC_REUSABLE
};

#define DATALESS 1ULL	/* BLK_DATALESS(): positions of text are of whole words */
#define NO_TEXT 1ULL	/* FAILED_LPOS */
#define EMPTY_LINE 3ULL /* EMPTY_LINE_LPOS, NO_LPOS: nothing but a newline */

struct ring {
	struct mi_kernel *k;
	struct mi_log *log;
	uint64_t mask; /* of a word */
	uint64_t count, size;
	unsigned int size_bits;
	uint64_t head, tail;
	uint64_t descs_va, infos_va, data_va;
	struct mi_log_copy descs, data;
	/* Of a running kernel: all infos, and descs again, after all else was read. */
	struct mi_log_copy infos, again;
};

static uint64_t id_mask(const struct ring *r)
{
	return r->mask >> 2;
}

static unsigned int state_of(const struct ring *r, uint64_t sv)
{
	return (unsigned int)((sv & r->mask) / ((r->mask >> 2) + 1));
}

/* ---- the ring as such ---- */

static bool range_is_kernels(const struct ring *r, uint64_t va, uint64_t size)
{
	return va <= r->mask && size <= r->mask - va && mi_is_kernel_address(r->k->t, va);
}

static bool read_head(struct ring *r)
{
	const struct mi_layout *l = &r->k->l;
	unsigned char buf[512];
	uint64_t va, count_bits, size_bits;
	enum mi_read why;

	if (!mi_log_word(r->k, mi_log_symbol(r->k, l->sym_prb, "prb"), &va))
		return false;
	why = mi_read_virt(r->k->t, va, buf, l->size_prb);
	if (why) {
		mi_problem_read(&r->k->problems, "printk_ringbuffer", va, why,
				"no record of the kernel's log is told of");
		return false;
	}
	count_bits = mi_get(buf, &l->prb_count_bits);
	size_bits = mi_get(buf, &l->prb_size_bits);
	r->head = mi_get(buf, &l->prb_head) & id_mask(r);
	r->tail = mi_get(buf, &l->prb_tail) & id_mask(r);
	r->descs_va = mi_get(buf, &l->prb_descs) & r->mask;
	r->infos_va = mi_get(buf, &l->prb_infos) & r->mask;
	r->data_va = mi_get(buf, &l->prb_data) & r->mask;
	if (!count_bits || 1ULL << (count_bits & 63) > MI_LOG_RECORDS_MAX || count_bits > 63 ||
	    size_bits < 4 || size_bits > 63 || 1ULL << (size_bits & 63) > MI_LOG_TEXT_MAX) {
		mi_log_no_ring(r->k, va, "has a size that cannot be");
		return false;
	}
	r->count = 1ULL << count_bits;
	r->size_bits = (unsigned int)size_bits;
	r->size = 1ULL << size_bits;
	if (!range_is_kernels(r, r->descs_va, r->count * l->size_prb_desc) ||
	    !range_is_kernels(r, r->infos_va, r->count * l->size_printk_info) ||
	    !range_is_kernels(r, r->data_va, r->size)) {
		mi_log_no_ring(r->k, va, "points to what is not the kernel's");
		return false;
	}
	return true;
}

static enum mi_status read_descs(struct ring *r, struct mi_log_copy *to, struct mi_error *err)
{
	return mi_log_copy(r->k, r->descs_va, r->count * r->k->l.size_prb_desc, to, err);
}

/* ---- one record ---- */

/*
 * Where the block from @begin to before @next lies in the ring. One that does not fit before the
 * end is at the ring's beginning as a whole; one that just fits, @next being 0 then, does so in
 * newer kernels only, where the others leave the end empty.
 */
static bool block_at(const struct ring *r, uint64_t begin, uint64_t next, uint64_t *off,
		     uint64_t *len)
{
	uint64_t word = mi_word_size(r->k->t), last = (next - 1) & r->mask;
	uint64_t wrap = begin >> r->size_bits, last_wrap = last >> r->size_bits;

	if (begin % word || next % word)
		return false;
	if (wrap == last_wrap) {
		*off = begin & (r->size - 1);
		*len = last - begin + 1;
		return last >= begin && *len >= word;
	}
	*off = 0;
	*len = next & (r->size - 1);
	return ((wrap + 1) & (r->mask >> r->size_bits)) == last_wrap && *len >= word;
}

/* The text of descriptor @id; NULL: it is not all there, which is counted. */
static const char *text_of(struct ring *r, const unsigned char *desc, uint64_t id, uint64_t len)
{
	const struct mi_layout *l = &r->k->l;
	uint64_t begin = mi_get(desc, &l->prb_desc_begin) & r->mask;
	uint64_t next = mi_get(desc, &l->prb_desc_next) & r->mask;
	uint64_t word = mi_word_size(r->k->t), off, room;
	uint64_t at = r->descs_va + (uint64_t)(desc - r->descs.bytes);
	enum mi_read why;

	if (begin & DATALESS) {
		if (begin == EMPTY_LINE && next == EMPTY_LINE && !len)
			return r->log->bytes + r->size;
		r->log->lost++;
		return NULL;
	}
	if (!block_at(r, begin, next, &off, &room)) {
		mi_log_torn(r->k, r->log, at, "has a text without a place");
		return NULL;
	}
	if (len > room - word) {
		mi_log_torn(r->k, r->log, at, "has a text longer than its place");
		return NULL;
	}
	why = mi_log_copy_why(&r->data, off, word + len);
	if (why) {
		mi_log_unread(r->k, r->log, r->data_va + off, why);
		return NULL;
	}
	if (mi_word_at(r->k->t, r->data.bytes + off) != id) {
		mi_log_torn(r->k, r->log, at, "has the text of another");
		return NULL;
	}
	return (const char *)r->data.bytes + off + word;
}

/* It was the same before and after all of it was read. */
static bool still_there(const struct ring *r, uint64_t off, uint64_t sv)
{
	const struct mi_layout *l = &r->k->l;

	return !r->again.bytes || (!mi_log_copy_why(&r->again, off, l->size_prb_desc) &&
				   mi_get(r->again.bytes + off, &l->prb_desc_state) == sv);
}

static enum mi_status add_record(struct ring *r, uint64_t id, const unsigned char *info,
				 const unsigned char *desc, struct mi_error *err)
{
	const struct mi_layout *l = &r->k->l;
	struct mi_log_record rec = {
		.seq = mi_get(info, &l->printk_info_seq),
		.time_ns = mi_get(info, &l->printk_info_ts),
		.len = mi_get(info, &l->printk_info_text_len),
		.caller = (uint32_t)mi_get(info, &l->printk_info_caller),
		.level = mi_get(info, &l->printk_info_level) & 7,
		.facility = (uint16_t)mi_get(info, &l->printk_info_facility),
		.has = MI_LOG_SEQ | MI_LOG_TIME | MI_LOG_LEVEL | MI_LOG_CALLER,
	};

	if ((rec.seq ^ id) & (r->count - 1)) {
		mi_log_torn(r->k, r->log, r->infos_va + (id & (r->count - 1)) * l->size_printk_info,
			    "has the number of another");
		return MI_OK;
	}
	rec.text = text_of(r, desc, id, rec.len);
	return rec.text ? mi_log_add(r->log, &rec, err) : MI_OK;
}

/*
 * A descriptor whose word has another ID: of a CPU that has just taken the next ID, but not yet
 * its descriptor, which is then as the record that was there left it.
 */
static void not_its_own(struct ring *r, uint64_t at, uint64_t id, uint64_t sv)
{
	uint64_t before = (id - r->count) & id_mask(r);

	if (!sv || ((sv & id_mask(r)) == before && state_of(r, sv) == DESC_REUSABLE))
		r->log->reserved++;
	else if (r->again.bytes)
		r->log->reused++;
	else
		mi_log_torn(r->k, r->log, at, "is not the one that should be there");
}

static enum mi_read read_info(struct ring *r, uint64_t off, unsigned char *info)
{
	uint32_t size = r->k->l.size_printk_info;
	enum mi_read why;

	if (!r->infos.bytes)
		return mi_read_virt(r->k->t, r->infos_va + off, info, size);
	why = mi_log_copy_why(&r->infos, off, size);
	if (!why)
		memcpy(info, r->infos.bytes + off, size);
	return why;
}

/* The last descriptor is the tail until the ring is full once, and has no record until then. */
static bool never_used(const struct ring *r, uint64_t id, const unsigned char *desc,
		       const unsigned char *info)
{
	const struct mi_layout *l = &r->k->l;

	return id == r->tail && (id & (r->count - 1)) == r->count - 1 &&
	       mi_get(desc, &l->prb_desc_begin) == NO_TEXT &&
	       mi_get(desc, &l->prb_desc_next) == NO_TEXT && !mi_get(info, &l->printk_info_seq);
}

static enum mi_status one_record(struct ring *r, uint64_t id, struct mi_error *err)
{
	const struct mi_layout *l = &r->k->l;
	uint64_t nr = id & (r->count - 1), off = nr * l->size_prb_desc, sv;
	const unsigned char *desc = r->descs.bytes + off;
	unsigned char info[512];
	enum mi_read why = mi_log_copy_why(&r->descs, off, l->size_prb_desc);

	if (!why)
		why = read_info(r, nr * l->size_printk_info, info);
	if (why) {
		mi_log_unread(r->k, r->log, r->descs_va + off, why);
		return MI_OK;
	}
	sv = mi_get(desc, &l->prb_desc_state);
	if ((sv & id_mask(r)) != id) {
		not_its_own(r, r->descs_va + off, id, sv & r->mask);
		return MI_OK;
	}
	switch (state_of(r, sv)) {
	case DESC_RESERVED:
		r->log->reserved++;
		return MI_OK;
	case DESC_REUSABLE:
		r->log->reused += !never_used(r, id, desc, info);
		return MI_OK;
	default:
		break;
	}
	if (still_there(r, off, sv))
		return add_record(r, id, info, desc, err);
	r->log->reused++;
	return MI_OK;
}

/* From the tail to the head, no more than there are descriptors. */
static enum mi_status all_records(struct ring *r, struct mi_error *err)
{
	uint64_t n = ((r->head - r->tail) & id_mask(r)) + 1, i;
	enum mi_status st = MI_OK;

	if (n > r->count) {
		mi_problem_bad(&r->k->problems, "printk_ringbuffer", r->tail,
			       "its tail is further behind than it is long",
			       "records of the kernel's log may be missing");
		n = r->count;
	}
	for (i = 0; !st && i < n; i++) {
		st = one_record(r, (r->head - (n - 1) + i) & id_mask(r), err);
		if (!st && !(i % 1024) && mi_target_interrupted(r->k->t))
			st = mi_fail(err, MI_ERR_INTERRUPTED, "interrupted");
	}
	return st;
}

/* Descriptors change first and last: what they are before and after, all else was in between. */
static enum mi_status look_again(struct ring *r, struct mi_error *err)
{
	enum mi_status st;

	st = mi_log_copy(r->k, r->infos_va, r->count * r->k->l.size_printk_info, &r->infos, err);
	if (st)
		return st;
	mi_look_again(r->k->t);
	st = read_descs(r, &r->again, err);
	mi_look_end(r->k->t, false);
	return st;
}

enum mi_status mi_log_read_ring(struct mi_kernel *k, struct mi_log *log, struct mi_error *err)
{
	struct ring r = {.k = k, .log = log, .mask = mi_word_mask(k->t)};
	enum mi_status st;

	if (!read_head(&r))
		return MI_OK;
	st = read_descs(&r, &r.descs, err);
	if (!st)
		st = mi_log_copy(k, r.data_va, r.size, &r.data, err);
	if (!st && mi_target_facts(k->t)->live)
		st = look_again(&r, err);
	if (!st) {
		log->bytes = (char *)r.data.bytes;
		st = all_records(&r, err);
		r.data.bytes = NULL;
	}
	mi_log_copy_free(&r.descs);
	mi_log_copy_free(&r.infos);
	mi_log_copy_free(&r.data);
	mi_log_copy_free(&r.again);
	return st;
}
