// SPDX-License-Identifier: GPL-2.0-or-later
/* log.c - which form the kernel's log has, and what the readers of all forms need */
#include <stdlib.h>

#include "log_forms.h"

#define NO_RECORDS "no record of the kernel's log is told of"
#define SOME_RECORDS "records of the kernel's log are missing"

static const char *const form_words[MI_LOG_FORMS] = {
	[MI_LOG_NONE] = "",
	[MI_LOG_RING] = "printk_ringbuffer",
	[MI_LOG_RECORDS] = "printk_log",
	[MI_LOG_BYTES] = "bytes",
};

const char *mi_log_form_word(enum mi_log_form form)
{
	return form < MI_LOG_FORMS ? form_words[form] : "";
}

/* ---- which form ---- */

uint64_t mi_log_symbol(const struct mi_kernel *k, uint64_t found, const char *name)
{
	char key[40];
	uint64_t va;

	snprintf(key, sizeof(key), "SYMBOL(%s)", name);
	return found ? found : mi_target_number(k->t, key, &va) ? va : 0;
}

struct need {
	bool there;
	const char *lacks;
};

static const char *first_lacking(const struct need *need, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!need[i].there)
			return need[i].lacks;
	return NULL;
}

#define LACKING(need) first_lacking(need, sizeof(need) / sizeof(need[0]))

static const char *ring_lacks(const struct mi_layout *l)
{
	const struct need need[] = {
		{l->size_prb, "no usable struct printk_ringbuffer"},
		{mi_has(&l->prb_count_bits), "struct prb_desc_ring has no member count_bits"},
		{mi_has(&l->prb_descs), "struct prb_desc_ring has no member descs"},
		{mi_has(&l->prb_infos), "struct prb_desc_ring has no member infos"},
		{mi_has(&l->prb_head), "struct prb_desc_ring has no member head_id"},
		{mi_has(&l->prb_tail), "struct prb_desc_ring has no member tail_id"},
		{mi_has(&l->prb_size_bits), "struct prb_data_ring has no member size_bits"},
		{mi_has(&l->prb_data), "struct prb_data_ring has no member data"},
		{l->size_prb_desc, "no usable struct prb_desc"},
		{mi_has(&l->prb_desc_state), "struct prb_desc has no member state_var"},
		{mi_has(&l->prb_desc_begin), "struct prb_data_blk_lpos has no member begin"},
		{mi_has(&l->prb_desc_next), "struct prb_data_blk_lpos has no member next"},
		{l->size_printk_info, "no usable struct printk_info"},
		{mi_has(&l->printk_info_seq), "struct printk_info has no member seq"},
		{mi_has(&l->printk_info_ts), "struct printk_info has no member ts_nsec"},
		{mi_has(&l->printk_info_text_len), "struct printk_info has no member text_len"},
		{mi_has(&l->printk_info_facility), "struct printk_info has no member facility"},
		{mi_has(&l->printk_info_level), "struct printk_info has no member level"},
		{mi_has(&l->printk_info_caller), "struct printk_info has no member caller_id"},
	};

	return LACKING(need);
}

static const char *records_lack(const struct mi_kernel *k)
{
	const struct mi_layout *l = &k->l;
	bool old = !l->size_printk_log;
	const struct need need[] = {
		{mi_log_symbol(k, l->sym_log_next_idx, "log_next_idx"), "no symbol log_next_idx"},
		{mi_log_symbol(k, l->sym_log_buf_len, "log_buf_len"), "no symbol log_buf_len"},
		{!old || l->size_old_log, "no usable struct printk_log"},
		{mi_has(old ? &l->old_log_ts : &l->printk_log_ts),
		 "struct printk_log has no member ts_nsec"},
		{mi_has(old ? &l->old_log_len : &l->printk_log_len),
		 "struct printk_log has no member len"},
		{mi_has(old ? &l->old_log_text_len : &l->printk_log_text_len),
		 "struct printk_log has no member text_len"},
		{mi_has(old ? &l->old_log_level : &l->printk_log_level),
		 "struct printk_log has no member level"},
		/* In 3.5 it is a part of the level, which is no bitfield there. */
		{mi_has(old ? &l->old_log_facility : &l->printk_log_facility) ||
			 !(old ? &l->old_log_level : &l->printk_log_level)->bits,
		 "struct printk_log has no member facility"},
	};

	return LACKING(need);
}

static enum mi_log_form form_of(const struct mi_kernel *k)
{
	const struct mi_layout *l = &k->l;

	if (mi_log_symbol(k, l->sym_prb, "prb"))
		return MI_LOG_RING;
	/* Kernels with a ring of descriptors still have these two. */
	if (!mi_log_symbol(k, l->sym_log_buf, "log_buf"))
		return MI_LOG_NONE;
	if (mi_log_symbol(k, l->sym_log_first_idx, "log_first_idx"))
		return MI_LOG_RECORDS;
	return mi_log_symbol(k, l->sym_log_end, "log_end") ? MI_LOG_BYTES : MI_LOG_NONE;
}

const char *mi_log_lacks(const struct mi_kernel *k)
{
	switch (form_of(k)) {
	case MI_LOG_RING:
		return ring_lacks(&k->l);
	case MI_LOG_RECORDS:
		return records_lack(k);
	case MI_LOG_BYTES:
		return mi_log_symbol(k, k->l.sym_log_buf_len, "log_buf_len")
			       ? NULL
			       : "no symbol log_buf_len";
	default:
		return "no symbol prb";
	}
}

/* ---- copies ---- */

enum mi_status mi_log_copy(struct mi_kernel *k, uint64_t va, uint64_t size, struct mi_log_copy *ret,
			   struct mi_error *err)
{
	uint64_t first = va >> MI_PAGE_SHIFT, pages, at, part;

	pages = ((va + size - 1) >> MI_PAGE_SHIFT) - first + 1;
	*ret = (struct mi_log_copy){calloc(1, size + 1), calloc(1, pages), va, size};
	if (!ret->bytes || !ret->why) {
		mi_log_copy_free(ret);
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	}
	for (at = 0; at < size; at += part) {
		part = MI_PAGE_SIZE - ((va + at) & (MI_PAGE_SIZE - 1));
		part = part < size - at ? part : size - at;
		ret->why[((va + at) >> MI_PAGE_SHIFT) - first] =
			(unsigned char)mi_read_virt(k->t, va + at, ret->bytes + at, part);
		if (mi_target_interrupted(k->t)) {
			mi_log_copy_free(ret);
			return mi_fail(err, MI_ERR_INTERRUPTED, "interrupted");
		}
	}
	return MI_OK;
}

void mi_log_copy_free(struct mi_log_copy *c)
{
	free(c->bytes);
	free(c->why);
	*c = (struct mi_log_copy){0};
}

enum mi_read mi_log_copy_why(const struct mi_log_copy *c, uint64_t off, uint64_t len)
{
	uint64_t first = c->va >> MI_PAGE_SHIFT, page = (c->va + off) >> MI_PAGE_SHIFT;
	uint64_t last = len ? (c->va + off + len - 1) >> MI_PAGE_SHIFT : page;

	for (; page <= last; page++)
		if (c->why[page - first])
			return (enum mi_read)c->why[page - first];
	return MI_READ_OK;
}

bool mi_log_word(struct mi_kernel *k, uint64_t va, uint64_t *val)
{
	enum mi_read r = mi_read_ulong(k->t, va, val);

	if (r)
		mi_problem_read(&k->problems, "kernel log", va, r, NO_RECORDS);
	return !r;
}

bool mi_log_u32(struct mi_kernel *k, uint64_t va, uint32_t *val)
{
	enum mi_read r = mi_read_u32(k->t, va, val);

	if (r)
		mi_problem_read(&k->problems, "kernel log", va, r, NO_RECORDS);
	return !r;
}

void mi_log_no_ring(struct mi_kernel *k, uint64_t addr, const char *why)
{
	mi_problem_bad(&k->problems, "kernel log", addr, why, NO_RECORDS);
}

/* ---- records ---- */

enum mi_status mi_log_add(struct mi_log *log, const struct mi_log_record *r, struct mi_error *err)
{
	struct mi_log_record *more;

	/* Room for 1024, and twice as many each time it is full. */
	if (log->n < 1024 ? !log->n : !(log->n & (log->n - 1))) {
		more = reallocarray(log->records, log->n ? 2 * log->n : 1024, sizeof(*more));
		if (!more)
			return mi_fail(err, MI_ERR_NOMEM, "out of memory");
		log->records = more;
	}
	log->records[log->n++] = *r;
	return MI_OK;
}

void mi_log_torn(struct mi_kernel *k, struct mi_log *log, uint64_t addr, const char *why)
{
	log->torn++;
	mi_problem_bad(&k->problems, "record of the kernel's log", addr, why, SOME_RECORDS);
}

void mi_log_unread(struct mi_kernel *k, struct mi_log *log, uint64_t addr, enum mi_read why)
{
	log->unread++;
	mi_problem_read(&k->problems, "record of the kernel's log", addr, why, SOME_RECORDS);
}

/* Only now: what follows a text may be the head of the next record. */
static void end_texts(struct mi_log *log)
{
	size_t i;

	for (i = 0; i < log->n; i++)
		log->bytes[(size_t)(log->records[i].text - log->bytes) + log->records[i].len] = 0;
}

enum mi_status mi_log_open(struct mi_kernel *k, struct mi_log **ret, struct mi_error *err)
{
	static enum mi_status (*const read[MI_LOG_FORMS])(struct mi_kernel *, struct mi_log *,
							  struct mi_error *) = {
		[MI_LOG_RING] = mi_log_read_ring,
		[MI_LOG_RECORDS] = mi_log_read_records,
		[MI_LOG_BYTES] = mi_log_read_bytes,
	};
	struct mi_log *log = calloc(1, sizeof(*log));
	enum mi_status st = MI_OK;

	if (!log)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	if (mi_feature(k, MI_F_LOG, NULL))
		log->form = form_of(k);
	if (read[log->form])
		st = read[log->form](k, log, err);
	if (st) {
		mi_log_close(log);
		return st;
	}
	end_texts(log);
	mi_log_find_reason(log);
	*ret = log;
	return MI_OK;
}

size_t mi_log_first(const struct mi_log *log, uint64_t last)
{
	return last && last < log->n ? log->n - (size_t)last : 0;
}

void mi_log_close(struct mi_log *log)
{
	if (!log)
		return;
	free(log->records);
	free(log->bytes);
	free(log);
}
