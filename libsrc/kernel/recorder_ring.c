// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * recorder_ring.c - slots of a recorder's rings, each judged by itself
 *
 * No head pointer is needed: the slot of a sequence number is known, so the valid ones
 * tell how far the CPU had come. Of each ring only the sequence numbers are kept; records
 * are read again when their turn comes.
 */
#include <stdlib.h>
#include <string.h>

#include "recorder.h"

static const char effect[] = "of the recorded history something is missing";

enum mi_slot_state mi_slot_judge(const struct mmaprec_slot *s, uint64_t place, uint64_t slots)
{
	if (!s->seq_begin && !s->seq_end)
		return MI_SLOT_NEVER;
	if (s->seq_begin != s->seq_end || (s->seq_begin & (slots - 1)) != place ||
	    s->length > MMAPREC_PAYLOAD_SIZE || mmaprec_check(s) != s->check)
		return MI_SLOT_TORN;
	return MI_SLOT_VALID;
}

/* ---- what each ring has ---- */

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Valid ones grow the list by doubling: no memory is taken for what is not there. */
static bool keep(struct mi_rec_cpu *c, uint64_t seq)
{
	uint64_t *more;

	if (!(c->valid & (c->valid - 1)) || !c->valid) {
		more = realloc(c->seq, (c->valid ? 2 * c->valid : 1) * sizeof(*more));
		if (!more)
			return false;
		c->seq = more;
	}
	c->seq[c->valid++] = seq;
	return true;
}

static bool index_page(struct mi_recorder *rec, struct mi_rec_cpu *c, const unsigned char *page,
		       uint64_t first)
{
	uint64_t i, n = rec->head.page_size / MMAPREC_SLOT_SIZE;
	struct mmaprec_slot s;

	for (i = 0; i < n; i++) {
		memcpy(&s, page + i * sizeof(s), sizeof(s));
		switch (mi_slot_judge(&s, first + i, rec->slots)) {
		case MI_SLOT_NEVER:
			c->never++;
			break;
		case MI_SLOT_TORN:
			c->torn++;
			break;
		case MI_SLOT_VALID:
			if (!keep(c, s.seq_begin))
				return false;
			break;
		}
	}
	return true;
}

/* What is between the oldest that a whole ring would have and the start, less what is there. */
static void count_overwritten(const struct mi_recorder *rec, struct mi_rec_cpu *c)
{
	uint64_t i, gone;

	c->last = c->valid ? c->seq[c->valid - 1] : 0;
	if (c->own.head > c->last)
		c->last = c->own.head;
	gone = c->last > rec->slots ? c->last - rec->slots : 0;
	for (i = 0; i < c->valid && c->seq[i] <= gone; i++)
		;
	c->overwritten = gone - i;
}

static enum mi_status index_cpu(struct mi_recorder *rec, size_t cpu, unsigned char *page,
				struct mi_target *t, struct mi_error *err)
{
	struct mi_rec_cpu *c = &rec->cpus[cpu];
	uint32_t size = rec->head.page_size;
	uint64_t off;
	enum mi_read r;

	for (off = 0; off < rec->head.ring_bytes; off += size) {
		if (t && !(off & ((1U << 20) - 1)) && mi_target_interrupted(t))
			return mi_fail(err, MI_ERR_INTERRUPTED, "interrupted");
		r = rec->io.ring(rec->io.arg, rec, cpu, off, page, size);
		if (r) {
			c->absent[r] += size / MMAPREC_SLOT_SIZE;
			mi_problem_read(rec->problems, "page of a recorder's ring", off, r, effect);
		} else if (!index_page(rec, c, page, off / MMAPREC_SLOT_SIZE)) {
			return mi_fail(err, MI_ERR_NOMEM, "out of memory for recorded events");
		}
	}
	if (c->valid)
		qsort(c->seq, c->valid, sizeof(*c->seq), by_value);
	count_overwritten(rec, c);
	return MI_OK;
}

static bool has_ring(const struct mi_rec_cpu *c)
{
	return c->frames || c->own.n_frames || c->own.mmap_offset;
}

static void add_up(struct mi_recorder *rec)
{
	size_t i;
	int why;

	rec->valid = rec->never = rec->torn = rec->absent = rec->overwritten = 0;
	rec->lost_nested = rec->lost_torn = rec->lost_overload = 0;
	rec->filtered = rec->sampled_out = 0;
	for (i = 0; i < rec->n_cpus; i++) {
		const struct mi_rec_cpu *c = &rec->cpus[i];

		rec->valid += c->valid;
		rec->never += c->never;
		rec->torn += c->torn;
		rec->overwritten += c->overwritten;
		for (why = 0; why < MI_READ_NR; why++)
			rec->absent += c->absent[why];
		rec->lost_nested += c->own.lost_nested;
		rec->lost_torn += c->own.lost_torn;
		rec->lost_overload += c->own.lost_overload;
		rec->filtered += c->own.filtered;
		rec->sampled_out += c->own.sampled_out;
	}
}

enum mi_status mi_recorder_index(struct mi_recorder *rec, struct mi_target *t, struct mi_error *err)
{
	unsigned char *page = malloc(rec->head.page_size);
	enum mi_status st = page ? MI_OK : mi_fail(err, MI_ERR_NOMEM, "out of memory");
	size_t i;

	for (i = 0; i < rec->n_cpus && !st; i++) {
		struct mi_rec_cpu *c = &rec->cpus[i];

		free(c->seq);
		c->seq = NULL;
		c->valid = c->never = c->torn = 0;
		memset(c->absent, 0, sizeof(c->absent));
		if (has_ring(c))
			st = index_cpu(rec, i, page, t, err);
	}
	free(page);
	add_up(rec);
	return st;
}

/* ---- all of them, by time ---- */

struct mi_records_cpu {
	size_t cpu;
	uint64_t at;  /* of seq[]: the one after next */
	uint64_t key; /* the latest time so far */
	struct mi_record next;
};

static bool load_record(struct mi_recorder *rec, size_t cpu, uint64_t seq, struct mi_record *ret)
{
	uint64_t place = seq & (rec->slots - 1);
	struct mmaprec_slot s;

	/* What runs may have come round since. */
	if (rec->io.ring(rec->io.arg, rec, cpu, place * sizeof(s), &s, sizeof(s)) ||
	    mi_slot_judge(&s, place, rec->slots) != MI_SLOT_VALID || s.seq_begin != seq)
		return false;
	ret->event = mi_recorder_event(rec, s.event);
	ret->id = s.event;
	ret->context = s.context;
	ret->length = s.length;
	ret->cpu = rec->cpus[cpu].own.cpu;
	ret->cpu_index = cpu;
	ret->tid = s.tid;
	ret->tgid = s.tgid;
	ret->seq = seq;
	ret->raw = s.time;
	memcpy(ret->payload, s.payload, sizeof(ret->payload));
	return true;
}

static bool advance(struct mi_records *w, struct mi_records_cpu *c)
{
	const struct mi_rec_cpu *cpu = &w->rec->cpus[c->cpu];

	while (c->at < cpu->valid) {
		if (load_record(w->rec, c->cpu, cpu->seq[c->at++], &c->next)) {
			if (c->next.raw > c->key)
				c->key = c->next.raw;
			return true;
		}
		w->gone++;
	}
	return false;
}

static bool earlier(const struct mi_records_cpu *a, const struct mi_records_cpu *b)
{
	return a->key != b->key ? a->key < b->key : a->cpu < b->cpu;
}

static void sift_down(struct mi_records *w, size_t i)
{
	struct mi_records_cpu swap;
	size_t least, child;

	for (;; i = least) {
		least = i;
		for (child = 2 * i + 1; child <= 2 * i + 2 && child < w->n; child++)
			if (earlier(&w->heap[child], &w->heap[least]))
				least = child;
		if (least == i)
			return;
		swap = w->heap[i];
		w->heap[i] = w->heap[least];
		w->heap[least] = swap;
	}
}

enum mi_status mi_records_start(struct mi_records *w, struct mi_recorder *rec, struct mi_error *err)
{
	size_t i;

	memset(w, 0, sizeof(*w));
	w->rec = rec;
	w->heap = calloc(rec->n_cpus + 1, sizeof(*w->heap));
	if (!w->heap)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory for recorded events");
	for (i = 0; i < rec->n_cpus; i++) {
		w->heap[w->n].cpu = i;
		if (advance(w, &w->heap[w->n]))
			w->n++;
		else
			memset(&w->heap[w->n], 0, sizeof(*w->heap));
	}
	for (i = w->n / 2; i-- > 0;)
		sift_down(w, i);
	return MI_OK;
}

bool mi_records_next(struct mi_records *w, struct mi_record *ret)
{
	if (!w->n)
		return false;
	*ret = w->heap[0].next;
	if (!advance(w, &w->heap[0]))
		w->heap[0] = w->heap[--w->n];
	sift_down(w, 0);
	return true;
}

void mi_records_end(struct mi_records *w)
{
	free(w->heap);
	w->heap = NULL;
	w->n = 0;
}

/* ---- fields ---- */

bool mi_record_field(const struct mi_record *r, const struct mi_rec_field *f, uint64_t *value)
{
	uint64_t v = 0;

	if (f->type == MMAPREC_T_TEXT || !f->size || f->size > 8 || f->size & (f->size - 1) ||
	    f->offset + f->size > r->length)
		return false;
	memcpy(&v, r->payload + f->offset, f->size);
	if (f->type == MMAPREC_T_INT && f->size < 8 && v >> (8 * f->size - 1))
		v |= ~0ULL << (8 * f->size);
	*value = v;
	return true;
}

bool mi_record_get(const struct mi_record *r, enum mi_rec_known f, uint64_t *value)
{
	return r->event && r->event->known[f] && mi_record_field(r, r->event->known[f], value);
}

bool mi_record_text(const struct mi_record *r, const struct mi_rec_field *f, char *buf, size_t room)
{
	size_t n = f->size < room - 1 ? f->size : room - 1;

	if (f->type != MMAPREC_T_TEXT || f->offset + f->size > r->length)
		return false;
	memcpy(buf, r->payload + f->offset, n);
	buf[n] = '\0';
	return true;
}
