// SPDX-License-Identifier: GPL-2.0-or-later
/* check_refaults.c - pages of mapped files that were reclaimed, and came again: as recorded */
#include <inttypes.h>

#include "../kernel/recorder.h"
#include "check_private.h"

#define WITHIN_S 60	    /* before the end of what is recorded */
#define AGAIN_MANY 1024	    /* 4 MiB */
#define LEFT_MAX (1U << 20) /* pages that are followed; of more, less is told */
#define RECLAIMED 2	    /* set why_left of the recorder */

struct refaults {
	struct mi_check_run *r;
	struct mi_recorder *rec;
	uint64_t now;		/* raw */
	struct mi_addrmap left; /* page_key(): 1 if it was reclaimed, 0 once it came again */
};

static uint64_t get(const struct mi_record *r, enum mi_rec_known f)
{
	uint64_t v = 0;

	mi_record_get(r, f, &v);
	return v;
}

/* Of a page of a file; 0: of one that is not followed. */
static uint64_t page_key(size_t cache, uint64_t index)
{
	return cache < 1U << 19 && index < 1ULL << 44 ? ((uint64_t)cache + 1) << 44 | index : 0;
}

/* The cache that a record is about, if it is of a file that a process maps now. */
static struct mi_cache_seen *cache_of(const struct refaults *f, const struct mi_record *r,
				      size_t *i)
{
	struct mi_cache_seen *c;
	uint64_t mapping = get(r, MI_R_MAPPING);

	if (!mapping || !mi_addrmap_get(&f->r->mappings, mapping, i))
		return NULL;
	/* Its memory may have been another's then. */
	c = &f->r->caches[*i];
	return c->ino == get(r, MI_R_INO) && c->dev == get(r, MI_R_DEV) ? c : NULL;
}

static bool is_recent(const struct refaults *f, uint64_t raw)
{
	uint64_t ns;

	return raw >= f->now ||
	       (mi_recorder_span(f->rec, raw, f->now, &ns) && ns <= WITHIN_S * 1000000000ULL);
}

/* Out of memory: false. */
static bool note_page(struct refaults *f, struct mi_cache_seen *c, uint64_t key, bool came)
{
	size_t left = 0;
	bool known = mi_addrmap_get(&f->left, key, &left);

	if (came) {
		c->again += left;
		if (known)
			mi_addrmap_set(&f->left, key, 0);
		return true;
	}
	c->reclaimed++;
	if (known)
		mi_addrmap_set(&f->left, key, 1);
	else if (f->left.used < LEFT_MAX)
		return mi_addrmap_put(&f->left, key, 1);
	return true;
}

static bool note(struct refaults *f, const struct mi_record *r)
{
	bool came = mi_record_kind(r) == MI_E_CACHE_ADD;
	uint64_t i, key, index, pages = get(r, MI_R_PAGES);
	struct mi_cache_seen *c;
	size_t cache;

	if (!came && (mi_record_kind(r) != MI_E_CACHE_DELETE || get(r, MI_R_WHY_LEFT) != RECLAIMED))
		return true;
	c = cache_of(f, r, &cache);
	if (!c || pages > LEFT_MAX || !is_recent(f, r->raw))
		return true;
	index = get(r, MI_R_INDEX);
	for (i = 0; i < pages; i++) {
		key = page_key(cache, index + i);
		if (key && !note_page(f, c, key, came))
			return false;
	}
	return true;
}

static enum mi_status look_through(struct refaults *f, struct mi_error *err)
{
	struct mi_records w;
	struct mi_record r;
	bool ok = true;
	enum mi_status st = mi_records_start(&w, f->rec, err);

	if (st)
		return st;
	while (ok && mi_records_next(&w, &r))
		ok = note(f, &r);
	mi_records_end(&w);
	return ok ? MI_OK : mi_fail(err, MI_ERR_NOMEM, "out of memory for recorded events");
}

static void tell(struct mi_check_run *r, const struct mi_cache_seen *c)
{
	struct mi_found *f;

	/* Where readahead cannot be told, this can. */
	mi_check_apply(r, MI_RULE_READAHEAD_THRASH);
	if (c->again < AGAIN_MANY || c->again * 2 < c->reclaimed)
		return;
	f = mi_check_add(r, MI_RULE_READAHEAD_THRASH, "address_space", c->mapping, c->pid);
	mi_check_say(f,
		     "%" PRIu64 " pages of inode %" PRIu64
		     " came again after they were reclaimed, of %" PRIu64
		     ", in the last %u s that a recorder has",
		     c->again, c->ino, c->reclaimed, WITHIN_S);
	mi_check_number(f, "came_again", (int64_t)c->again);
	mi_check_number(f, "reclaimed", (int64_t)c->reclaimed);
}

/* As for all other answers: a damaged recorder is no reason to tell nothing of the state. */
static enum mi_status no_recorder(struct mi_check_run *r, enum mi_status st, struct mi_error *err,
				  const struct mi_error *why)
{
	if (st == MI_ERR_NOMEM || st == MI_ERR_INTERRUPTED)
		return mi_fail(err, st, "%s", why->text);
	if (st != MI_ERR_NOT_FOUND)
		mi_problem_bad(&r->c->k->problems, "recorder's directory", 0, "cannot be used",
			       "what was recorded is not told");
	return MI_OK;
}

enum mi_status mi_check_refaults(struct mi_check_run *r, struct mi_error *err)
{
	struct refaults f = {.r = r};
	struct mi_recorder_found found = {0};
	struct mi_error why;
	enum mi_status st;
	size_t i;

	if (!r->c->ask.asked[MI_RULE_READAHEAD_THRASH])
		return MI_OK;
	st = mi_recorder_find(r->c->k, false, &found, &why);
	if (st)
		return no_recorder(r, st, err, &why);
	f.rec = found.rec;
	st = mi_recorder_index(f.rec, r->c->k->t, &why);
	if (!st) {
		f.now = mi_recorder_now(f.rec);
		st = look_through(&f, &why);
	}
	for (i = 0; !st && i < r->n_caches; i++)
		tell(r, &r->caches[i]);
	mi_addrmap_free(&f.left);
	mi_recorder_close(f.rec);
	return st ? no_recorder(r, st, err, &why) : MI_OK;
}
