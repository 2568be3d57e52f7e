// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * log_records.c - the log as records that lie one behind the other in a buffer
 *
 * From kernel/printk/printk.c of 3.5 to 5.9: struct printk_log (struct log up to 3.10), then the
 * text, then a dictionary; len is of all three. Where the next record does not fit before the end
 * there is one with len 0, and the next one is at the beginning. The writer moves log_first_idx
 * over what it is going to overwrite, and log_next_idx behind what it has written.
 */
#include "log_forms.h"

struct form {
	uint32_t size; /* of the head */
	const struct mi_member *ts, *len, *text_len, *facility, *level, *caller;
};

struct records {
	struct mi_kernel *k;
	struct mi_log *log;
	struct form f;
	uint64_t buf;
	uint32_t size, first, next;
	bool has_seq;
	uint64_t seq;
	struct mi_log_copy copy;
	/* Of a running kernel: where the log began after it was copied. */
	bool changed;
	uint32_t first_again;
	uint64_t seq_again;
};

static struct form form_of(const struct mi_layout *l)
{
	if (l->size_printk_log)
		return (struct form){l->size_printk_log,      &l->printk_log_ts,
				     &l->printk_log_len,      &l->printk_log_text_len,
				     &l->printk_log_facility, &l->printk_log_level,
				     &l->printk_log_caller};
	return (struct form){l->size_old_log,	   &l->old_log_ts,	 &l->old_log_len,
			     &l->old_log_text_len, &l->old_log_facility, &l->old_log_level,
			     &l->old_log_caller};
}

static bool read_start(struct records *r, uint32_t *first, uint64_t *seq)
{
	const struct mi_layout *l = &r->k->l;

	if (!mi_log_u32(r->k, mi_log_symbol(r->k, l->sym_log_first_idx, "log_first_idx"), first))
		return false;
	r->has_seq = l->sym_log_first_seq && !mi_read_u64(r->k->t, l->sym_log_first_seq, seq);
	return true;
}

static bool read_head(struct records *r)
{
	const struct mi_layout *l = &r->k->l;

	if (!read_start(r, &r->first, &r->seq) ||
	    !mi_log_u32(r->k, mi_log_symbol(r->k, l->sym_log_next_idx, "log_next_idx"), &r->next) ||
	    !mi_log_u32(r->k, mi_log_symbol(r->k, l->sym_log_buf_len, "log_buf_len"), &r->size) ||
	    !mi_log_word(r->k, mi_log_symbol(r->k, l->sym_log_buf, "log_buf"), &r->buf))
		return false;
	if (!r->size || r->size & (r->size - 1) || r->size > MI_LOG_TEXT_MAX) {
		mi_log_no_ring(r->k, r->buf, "has a size that cannot be");
		return false;
	}
	if (!mi_is_kernel_address(r->k->t, r->buf) || r->size > mi_word_mask(r->k->t) - r->buf ||
	    r->first >= r->size || r->next > r->size) {
		mi_log_no_ring(r->k, r->buf, "points to what is not its own");
		return false;
	}
	return true;
}

/* What was overwritten meanwhile is in front of where it begins now. */
static void look_again(struct records *r)
{
	mi_look_again(r->k->t);
	r->changed = true;
	if (!read_start(r, &r->first_again, &r->seq_again))
		r->first_again = r->size;
	mi_look_end(r->k->t, false);
}

static bool overwritten(struct records *r, uint32_t at)
{
	if (!r->changed)
		return false;
	if (r->has_seq)
		return r->seq < r->seq_again;
	if (at == r->first_again)
		r->changed = false;
	return r->changed;
}

static enum mi_status add_record(struct records *r, const unsigned char *head, uint32_t at,
				 uint32_t len, struct mi_error *err)
{
	uint64_t level = mi_get(head, r->f.level);
	bool apart = mi_has(r->f.facility);
	struct mi_log_record rec = {
		.seq = r->has_seq ? r->seq : 0,
		.time_ns = mi_get(head, r->f.ts),
		.text = r->log->bytes + at + r->f.size,
		.len = len,
		.caller = mi_has(r->f.caller) ? (uint32_t)mi_get(head, r->f.caller) : 0,
		.level = level & 7,
		.facility = (uint16_t)(apart ? mi_get(head, r->f.facility) : level >> 3),
		.has = MI_LOG_TIME | MI_LOG_LEVEL,
	};
	enum mi_read why = mi_log_copy_why(&r->copy, at, r->f.size + len);

	rec.has |= r->has_seq ? MI_LOG_SEQ : 0;
	rec.has |= mi_has(r->f.caller) ? MI_LOG_CALLER : 0;
	if (why) {
		mi_log_unread(r->k, r->log, r->buf + at, why);
		return MI_OK;
	}
	if (overwritten(r, at)) {
		r->log->reused++;
		return MI_OK;
	}
	return mi_log_add(r->log, &rec, err);
}

/* A record whose head says nothing leads nowhere: there the walk ends. */
static bool head_at(struct records *r, uint32_t at, uint32_t *len, uint32_t *text_len)
{
	const unsigned char *head = r->copy.bytes + at;
	enum mi_read why;

	if (r->f.size > r->size - at) {
		mi_log_torn(r->k, r->log, r->buf + at, "reaches over the end");
		return false;
	}
	why = mi_log_copy_why(&r->copy, at, r->f.size);
	if (why) {
		mi_log_unread(r->k, r->log, r->buf + at, why);
		return false;
	}
	*len = (uint32_t)mi_get(head, r->f.len);
	*text_len = (uint32_t)mi_get(head, r->f.text_len);
	if (!*len || (*len >= r->f.size && *len <= r->size - at && *text_len <= *len - r->f.size))
		return true;
	mi_log_torn(r->k, r->log, r->buf + at, "has a length that cannot be");
	return false;
}

static enum mi_status all_records(struct records *r, struct mi_error *err)
{
	uint32_t at = r->first, len, text_len;
	enum mi_status st = MI_OK;
	bool wrapped = false;

	while (!st && at != r->next && head_at(r, at, &len, &text_len)) {
		/* Once around, and not past where it began. */
		if ((!len && wrapped) || (wrapped && at >= r->first)) {
			mi_log_torn(r->k, r->log, r->buf + at, "runs in a circle");
			break;
		}
		if (!len) {
			wrapped = true;
			at = 0;
			continue;
		}
		st = add_record(r, r->copy.bytes + at, at, text_len, err);
		at += len;
		r->seq++;
		if (at == r->size && at != r->next) {
			mi_log_torn(r->k, r->log, r->buf + at, "reaches over the end");
			break;
		}
	}
	return st;
}

enum mi_status mi_log_read_records(struct mi_kernel *k, struct mi_log *log, struct mi_error *err)
{
	struct records r = {.k = k, .log = log, .f = form_of(&k->l)};
	enum mi_status st;

	if (!read_head(&r))
		return MI_OK;
	st = mi_log_copy(k, r.buf, r.size, &r.copy, err);
	if (!st && mi_target_facts(k->t)->live)
		look_again(&r);
	if (!st) {
		log->bytes = (char *)r.copy.bytes;
		st = all_records(&r, err);
		r.copy.bytes = NULL;
	}
	mi_log_copy_free(&r.copy);
	return st;
}
