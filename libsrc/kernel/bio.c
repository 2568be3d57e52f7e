// SPDX-License-Identifier: GPL-2.0-or-later
/* bio.c - what a request is about: operation, flags, the pages of its bios, and its age */
#include "request.h"
#include "single.h"

#define BIOS_MAX 65536
#define VECTORS_MAX 65536 /* of one bio; bi_vcnt has 16 bits */

/* ---- operation and flags ---- */

/* Flags begin where the operation ends: REQ_OP_BITS is the first of them. */
static unsigned int op_bits(const struct mi_kernel *k)
{
	const struct mi_enumerator *first = &k->l.REQ_FAILFAST_DEV;

	/* Zero: up to 4.9 the operation had the highest bits. */
	return first->known && first->value > 0 && first->value < 32 ? (unsigned int)first->value
								     : 0;
}

unsigned int mi_rq_operation_number(const struct mi_kernel *k, const struct mi_rq *rq)
{
	return op_bits(k) ? (unsigned int)(rq->flags & ((1ULL << op_bits(k)) - 1))
			  : MI_RQ_NO_NUMBER;
}

const char *mi_rq_operation(const struct mi_kernel *k, const struct mi_rq *rq)
{
	const struct {
		const struct mi_enumerator *e;
		const char *name;
	} ops[] = {
#define MI_REQ_OP(name) {&k->l.REQ_OP_##name, #name},
#include "block_names.def"
	};
	int64_t op = mi_rq_operation_number(k, rq);
	size_t i;

	if (mi_single_operation(k, rq->flags))
		return mi_single_operation(k, rq->flags);
	if (!op_bits(k))
		return NULL;
	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (ops[i].e->known && ops[i].e->value == op)
			return ops[i].name;
	return NULL;
}

void mi_rq_flags(const struct mi_kernel *k, const struct mi_rq *rq,
		 void (*fn)(void *arg, const char *name, uint64_t bits), void *arg)
{
	const struct {
		const struct mi_enumerator *e;
		const char *name;
	} flags[] = {
#define MI_REQ_FLAG(name) {&k->l.REQ_##name, #name},
#include "block_names.def"
	};
	uint64_t left = rq->flags & ~((1ULL << op_bits(k)) - 1), bit;
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (!flags[i].e->known || flags[i].e->value < 0 || flags[i].e->value > 63)
			continue;
		bit = 1ULL << flags[i].e->value;
		if (left & bit)
			fn(arg, flags[i].name, bit);
		left &= ~bit;
	}
	if (left)
		fn(arg, NULL, left);
}

bool mi_rq_has_data(const struct mi_kernel *k, const struct mi_rq *rq)
{
	static const char *const without[] = {
		"FLUSH",     "DISCARD",	   "SECURE_ERASE", "WRITE_ZEROES", "WRITE_SAME",
		"ZONE_OPEN", "ZONE_CLOSE", "ZONE_FINISH",  "ZONE_RESET",   "ZONE_RESET_ALL"};
	const char *op = mi_rq_operation(k, rq);
	size_t i;

	for (i = 0; op && i < sizeof(without) / sizeof(without[0]); i++)
		if (!strcmp(op, without[i]))
			return false;
	return true;
}

const char *mi_rq_state_text(enum mi_rq_state state)
{
	static const char *const text[MI_RQ_NR] = {
		"being submitted", "in plug",	"in software queue", "in scheduler",
		"dispatched",	   "requeued",	"waits for flush",   "in driver",
		"completing",	   "held back",
	};

	return state < MI_RQ_NR ? text[state] : "?";
}

const char *mi_rq_state_word(enum mi_rq_state state)
{
	static const char *const word[MI_RQ_NR] = {
		"submitted", "plugged", "software_queue", "scheduler",	"dispatched",
		"requeued",  "flush",	"driver",	  "completing", "held",
	};

	return state < MI_RQ_NR ? word[state] : NULL;
}

/* ---- bios ---- */

static bool bad(struct mi_kernel *k, uint64_t addr, const char *why)
{
	mi_problem_bad(&k->problems, "bio", addr, why, "pages of a request are missing");
	return false;
}

static bool unreadable(struct mi_kernel *k, const char *what, uint64_t addr, enum mi_read r)
{
	mi_problem_read(&k->problems, what, addr, r, "pages of a request are missing");
	return false;
}

/* What is left of one bio: from its iterator on, not from its first vector. */
static bool walk_vectors(struct mi_kernel *k, uint64_t bio, const void *raw, mi_bvec_fn fn,
			 void *arg, bool *stop)
{
	const struct mi_layout *l = &k->l;
	uint64_t left = mi_get(raw, &l->bio_size);
	uint64_t done = mi_has(&l->bio_done) ? mi_get(raw, &l->bio_done) : 0;
	uint64_t vec = mi_get(raw, &l->bio_vec) + mi_get(raw, &l->bio_idx) * l->size_bio_vec;
	unsigned char v[64];
	uint64_t n, len;
	enum mi_read r;

	for (n = 0; left; n++, vec += l->size_bio_vec, done = 0) {
		if (n == VECTORS_MAX)
			return bad(k, bio, "has too many vectors");
		r = mi_read_virt(k->t, vec, v, l->size_bio_vec);
		if (r)
			return unreadable(k, "bio_vec", vec, r);
		len = mi_get(v, &l->bv_len);
		if (len <= done)
			return bad(k, bio, "has a vector that ends before it begins");
		len = len - done < left ? len - done : left;
		if (!fn(arg, bio, mi_get(v, &l->bv_page),
			(uint32_t)(mi_get(v, &l->bv_offset) + done), (uint32_t)len)) {
			*stop = true;
			return true;
		}
		left -= len;
	}
	return true;
}

bool mi_rq_bvecs(struct mi_kernel *k, const struct mi_rq *rq, mi_bvec_fn fn, void *arg,
		 uint64_t *bios)
{
	const struct mi_layout *l = &k->l;
	bool data = mi_rq_has_data(k, rq), stop = false, whole = true;
	unsigned char raw[512];
	uint64_t bio = rq->bio;
	enum mi_read r;

	/* A circle of bios ends at the bound. */
	for (*bios = 0; bio && !stop; bio = mi_get(raw, &l->bio_next)) {
		if (++*bios > BIOS_MAX)
			return bad(k, bio, "is one of too many");
		r = mi_read_virt(k->t, bio, raw, l->size_bio);
		if (r)
			return unreadable(k, "bio", bio, r);
		if (data)
			whole &= walk_vectors(k, bio, raw, fn, arg, &stop);
		/* What follows it in a list of such is not of the same I/O. */
		if (rq->state == MI_RQ_HELD)
			break;
	}
	return whole && !stop;
}

bool mi_rq_bios(struct mi_kernel *k, const struct mi_rq *rq, mi_bio_fn fn, void *arg)
{
	const struct mi_layout *l = &k->l;
	unsigned char raw[512];
	uint64_t bio = rq->bio;
	size_t n;

	/* What is wrong with them mi_rq_bvecs() has said. */
	for (n = 0; bio && n < BIOS_MAX; n++, bio = mi_get(raw, &l->bio_next)) {
		if (mi_read_virt(k->t, bio, raw, l->size_bio))
			break;
		if (!fn(arg, bio, mi_has(&l->bio_private) ? mi_get(raw, &l->bio_private) : 0))
			return false;
	}
	return true;
}

/* So many a bio that is made has room for: BIO_MAX_VECS, include/linux/bio.h */
#define FILLED_MAX 256
#define SECTOR 512

bool mi_bio_filled(struct mi_kernel *k, uint64_t addr, mi_bvec_fn fn, void *arg)
{
	const struct mi_layout *l = &k->l;
	unsigned char raw[512], v[FILLED_MAX * 64];
	uint64_t left, vec, bytes, done = 0, offset;
	size_t n = 0, i;

	if (!mi_feature(k, MI_F_BLOCK, NULL) || mi_read_virt(k->t, addr, raw, l->size_bio))
		return false;
	left = mi_get(raw, &l->bio_size);
	vec = mi_get(raw, &l->bio_vec);
	if (!left || left % SECTOR || mi_get(raw, &l->bio_idx) ||
	    (mi_has(&l->bio_done) && mi_get(raw, &l->bio_done)) || !mi_is_kernel_address(k->t, vec))
		return false;
	/* All of it must fit before any of it is believed. */
	for (; done < left; done += bytes, n++) {
		if (n == FILLED_MAX || mi_read_virt(k->t, vec + n * l->size_bio_vec,
						    v + n * l->size_bio_vec, l->size_bio_vec))
			return false;
		bytes = mi_get(v + n * l->size_bio_vec, &l->bv_len);
		offset = mi_get(v + n * l->size_bio_vec, &l->bv_offset);
		if (!bytes || bytes > left - done || offset >> 32)
			return false;
	}
	for (i = 0; i < n; i++)
		if (!fn(arg, addr, mi_get(v + i * l->size_bio_vec, &l->bv_page),
			(uint32_t)mi_get(v + i * l->size_bio_vec, &l->bv_offset),
			(uint32_t)mi_get(v + i * l->size_bio_vec, &l->bv_len)))
			break;
	return true;
}

/* ---- the clock ---- */

bool mi_clock_ns(struct mi_kernel *k, uint64_t *ns)
{
	const struct mi_layout *l = &k->l;
	uint64_t tk = l->sym_shadow_timekeeper, base, nsec, shift;

	if (!tk && l->sym_tk_core && mi_has(&l->tk_data_shadow))
		tk = l->sym_tk_core + (uint64_t)l->tk_data_shadow.off;
	if (k->nonlinear)
		return mi_single_clock(k, ns);
	if (!tk || !mi_has(&l->tk_base) || !mi_has(&l->tk_nsec) || !mi_has(&l->tk_shift) ||
	    mi_read_member(k->t, tk, &l->tk_base, &base) ||
	    mi_read_member(k->t, tk, &l->tk_nsec, &nsec) ||
	    mi_read_member(k->t, tk, &l->tk_shift, &shift) || shift > 32)
		return false;
	*ns = base + (nsec >> shift);
	return *ns < 1ULL << 62 && *ns;
}
