// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * recorder_find.c - the recorder in the memory of a dump
 *
 * By its module, by a pointer in that module's data, or by a look at all pages. However it is
 * found, the directory's own checks decide, and its lists of page frames lead to the rest:
 * neither page tables nor the offsets of per-CPU variables are needed.
 */
#include <stdlib.h>
#include <string.h>

#include "../target/page_scan.h"
#include "modules.h"
#include "recorder.h"

#define MODULE "mmaprec"
#define DATA_MAX (1U << 20)
#define CANDIDATES_MAX 64

static const char effect[] = "of the recorded history something is missing";

/* ---- pages of a dump ---- */

struct dump_pages {
	struct mi_kernel *k;
	uint64_t at; /* physical address of the header */
};

/* A page frame of a directory or list: what it says may be anything. */
static bool believable(const struct mi_kernel *k, uint64_t frame, uint32_t page_size)
{
	return frame && frame < (1ULL << 52) / page_size &&
	       (!k->max_pfn || frame * (page_size / MI_PAGE_SIZE) <= k->max_pfn);
}

static enum mi_read read_directory(void *arg, const struct mmaprec_header *h, uint32_t page,
				   void *buf, size_t len)
{
	const struct dump_pages *d = arg;

	if (!h)
		return mi_read_phys(d->k->t, d->at, buf, len);
	/* The first page is the one that was found, whatever the list says. */
	if (page && !believable(d->k, h->dir_frame[page], h->page_size))
		return MI_READ_DAMAGED;
	return mi_read_phys(d->k->t, page ? h->dir_frame[page] * h->page_size : d->at, buf, len);
}

static enum mi_read read_ring(void *arg, const struct mi_recorder *rec, size_t cpu, uint64_t off,
			      void *buf, size_t len)
{
	const struct dump_pages *d = arg;
	uint32_t size = rec->head.page_size;
	uint64_t frame = rec->cpus[cpu].frames[off / size];

	if (frame == MI_REC_NO_FRAME)
		return MI_READ_DAMAGED;
	return mi_read_phys(d->k->t, frame * size + off % size, buf, len);
}

/* The frames of the ring's pages that one page of the list names. */
static void read_list(struct dump_pages *d, struct mi_recorder *rec, uint64_t list,
		      uint64_t *frames, uint64_t n)
{
	uint32_t size = rec->head.page_size;
	enum mi_read r = MI_READ_DAMAGED;
	uint64_t i;

	if (believable(d->k, list, size))
		r = mi_read_phys(d->k->t, list * size, frames, n * sizeof(*frames));
	if (r)
		mi_problem_read(rec->problems, "recorder's list of page frames", list, r, effect);
	for (i = 0; i < n; i++)
		if (r || !believable(d->k, frames[i], size))
			frames[i] = MI_REC_NO_FRAME;
}

static bool load_frames(struct dump_pages *d, struct mi_recorder *rec, struct mi_rec_cpu *c)
{
	const struct mmaprec_section *s = &rec->head.section[MMAPREC_S_FRAMES - 1];
	uint64_t i, n, pages = rec->head.ring_bytes / rec->head.page_size;
	uint64_t in_page = rec->head.page_size / sizeof(uint64_t), list;

	if (!c->own.n_frames)
		return true;
	c->frames = malloc(pages * sizeof(*c->frames));
	if (!c->frames)
		return false;
	memset(c->frames, 0xff, pages * sizeof(*c->frames));
	for (i = 0; i < c->own.n_frames && i * in_page < pages; i++) {
		memcpy(&list, rec->dir + s->offset + (c->own.first_frame + i) * s->entry_size,
		       sizeof(list));
		n = pages - i * in_page < in_page ? pages - i * in_page : in_page;
		read_list(d, rec, list, c->frames + i * in_page, n);
	}
	return true;
}

struct frame_use {
	uint64_t frame, *where;
};

static int by_frame(const void *a, const void *b)
{
	const struct frame_use *x = a, *y = b;

	return x->frame < y->frame ? -1 : x->frame > y->frame;
}

/*
 * A page belongs to one place of one ring. Lists that name one twice are damaged; and what is
 * kept of the records is bounded by the memory there is.
 */
static bool refuse_shared(struct mi_recorder *rec)
{
	uint64_t i, j, n = 0, pages = rec->head.ring_bytes / rec->head.page_size;
	struct frame_use *use;

	for (i = 0; i < rec->n_cpus; i++)
		n += rec->cpus[i].frames ? pages : 0;
	use = malloc((n + 1) * sizeof(*use));
	if (!use)
		return false;
	n = 0;
	for (i = 0; i < rec->n_cpus; i++)
		for (j = 0; rec->cpus[i].frames && j < pages; j++)
			if (rec->cpus[i].frames[j] != MI_REC_NO_FRAME)
				use[n++] = (struct frame_use){rec->cpus[i].frames[j],
							      &rec->cpus[i].frames[j]};
	qsort(use, n, sizeof(*use), by_frame);
	for (i = 0; i + 1 < n; i++) {
		if (use[i].frame != use[i + 1].frame)
			continue;
		mi_problem_bad(rec->problems, "page of a recorder's ring",
			       use[i].frame * rec->head.page_size, "is named twice", effect);
		*use[i].where = *use[i + 1].where = MI_REC_NO_FRAME;
	}
	free(use);
	return true;
}

static enum mi_status attach(void *arg, struct mi_recorder *rec, struct mi_error *err)
{
	size_t i;

	for (i = 0; i < rec->n_cpus; i++)
		if (!load_frames(arg, rec, &rec->cpus[i]))
			return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	if (!refuse_shared(rec))
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	return MI_OK;
}

static enum mi_status open_at(struct mi_kernel *k, uint64_t pa, struct mi_problems *problems,
			      struct mi_recorder **ret, struct mi_error *err)
{
	struct mi_recorder_io io = {.name = "dump",
				    .directory = read_directory,
				    .attach = attach,
				    .ring = read_ring,
				    .close = free};
	struct dump_pages *d = malloc(sizeof(*d));

	if (!d)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	d->k = k;
	d->at = pa;
	io.arg = d;
	return mi_recorder_open(&io, problems, ret, err);
}

/*
 * The directory at @pa; or, where that is damaged, its other copy. Problems are those of the
 * one that is taken.
 */
static enum mi_status open_either(struct mi_kernel *k, uint64_t pa, struct mi_recorder_found *ret,
				  struct mi_error *err)
{
	struct mi_problems before = k->problems;
	struct mmaprec_header h;
	enum mi_status st = open_at(k, pa, &k->problems, &ret->rec, err);
	struct mi_error second;

	ret->at = pa;
	if (st != MI_ERR_FORMAT && st != MI_ERR_READ)
		return st;
	if (mi_read_phys(k->t, pa, &h, sizeof(h)) || !mi_recorder_magic(&h) ||
	    h.page_size < MI_PAGE_SIZE || !believable(k, h.other_frame[0], h.page_size))
		return st;
	k->problems = before;
	pa = h.other_frame[0] * h.page_size;
	if (open_at(k, pa, &k->problems, &ret->rec, &second))
		return st;
	ret->at = pa;
	return MI_OK;
}

/* ---- by the module ---- */

static bool magic_at(struct mi_kernel *k, uint64_t va)
{
	unsigned char buf[MI_RECORDER_MAGIC];

	return va % MI_PAGE_SIZE == 0 && !mi_read_virt(k->t, va, buf, sizeof(buf)) &&
	       mi_recorder_magic(buf);
}

/* The symbol is a pointer to the directory, or the directory itself. */
static bool by_symbol(struct mi_kernel *k, const struct mi_module *m, uint64_t *va)
{
	uint64_t at;

	if (!mi_module_find(k, m, MMAPREC_SYMBOL, &at))
		return false;
	*va = at;
	if (magic_at(k, at))
		return true;
	return !mi_read_u64(k->t, at, va) && magic_at(k, *va);
}

/* The next pointer to a directory in the module's data, from *@at on. */
static bool by_data(struct mi_kernel *k, uint64_t *at, uint64_t end, uint64_t *va)
{
	for (; *at + 8 <= end; *at += 8)
		if (!mi_read_u64(k->t, *at, va) && *va && magic_at(k, *va)) {
			*at += 8;
			return true;
		}
	return false;
}

static const struct mi_module *find_module(struct mi_kernel *k)
{
	const struct mi_module *list;
	size_t i, n;

	if (!mi_modules_known(k))
		return NULL;
	list = mi_module_list(k, &n);
	for (i = 0; i < n; i++)
		if (!strcmp(list[i].name, MODULE))
			return &list[i];
	return NULL;
}

static enum mi_status find_by_module(struct mi_kernel *k, struct mi_recorder_found *ret,
				     struct mi_error *err)
{
	const struct mi_module *m = find_module(k);
	enum mi_status st = MI_ERR_NOT_FOUND;
	uint64_t va, pa, at, end;

	if (!m)
		return mi_fail(err, MI_ERR_NOT_FOUND, "the module " MODULE " is not loaded");
	mi_fail(err, st, "the module " MODULE " leads to no directory");
	ret->how = MI_RECORDER_SYMBOL;
	if (by_symbol(k, m, &va) && !mi_virt_to_phys(k->t, va, &pa))
		st = open_either(k, pa, ret, err);
	if (!st || st == MI_ERR_NOMEM || !mi_module_data(k, m, &at, &end))
		return st;
	ret->how = MI_RECORDER_MODULE;
	if (end - at > DATA_MAX)
		end = at + DATA_MAX;
	while (st && st != MI_ERR_NOMEM && by_data(k, &at, end, &va))
		if (!mi_virt_to_phys(k->t, va, &pa))
			st = open_either(k, pa, ret, err);
	return st;
}

/* ---- by its magic ---- */

struct candidates {
	uint64_t pa[CANDIDATES_MAX];
	size_t n;
	uint64_t more;
};

static bool look(void *arg, uint64_t pa, const uint8_t *head)
{
	struct candidates *c = arg;

	if (!mi_recorder_magic(head))
		return true;
	if (c->n < CANDIDATES_MAX)
		c->pa[c->n++] = pa;
	else
		c->more++;
	return true;
}

/* What a directory is worth: of this kernel, in use, the latest. */
static bool better(const struct mi_kernel *k, const struct mi_recorder *a,
		   const struct mi_recorder *b)
{
	const char *release = mi_target_facts(k->t)->release;
	bool a_own = !strncmp(a->head.release, release, sizeof(a->head.release));
	bool b_own = !strncmp(b->head.release, release, sizeof(b->head.release));
	bool a_used = a->head.state != MMAPREC_UNLOADED;
	bool b_used = b->head.state != MMAPREC_UNLOADED;

	if (a_own != b_own)
		return a_own;
	if (a_used != b_used)
		return a_used;
	return a->head.loaded_real > b->head.loaded_real;
}

static bool copies_of_one(const struct mi_recorder *a, const struct mi_recorder *b)
{
	return a->head.loaded_mono == b->head.loaded_mono &&
	       a->head.loaded_real == b->head.loaded_real &&
	       (a->head.other_frame[0] == b->head.dir_frame[0] ||
		a->head.dir_frame[0] == b->head.dir_frame[0]);
}

static void note_other(struct mi_recorder_found *ret, const struct mi_recorder *rec)
{
	struct mi_recorder_other *o;
	size_t i;

	if (ret->n_others == MI_RECORDER_OTHERS) {
		ret->more_others++;
		return;
	}
	o = &ret->others[ret->n_others++];
	memset(o, 0, sizeof(*o));
	o->frame = rec->head.dir_frame[0];
	o->state = rec->head.state;
	o->loaded_real = rec->head.loaded_real;
	for (i = 0; i < sizeof(rec->head.release) && rec->head.release[i]; i++)
		o->release[i] = rec->head.release[i];
}

/* Of two copies of one directory the first counts. */
static void take(struct mi_kernel *k, struct mi_recorder_found *ret, struct mi_recorder *rec,
		 uint64_t pa)
{
	struct mi_recorder *loser = rec;

	if (ret->rec && copies_of_one(ret->rec, rec)) {
		mi_recorder_close(rec);
		return;
	}
	if (!ret->rec || better(k, rec, ret->rec)) {
		loser = ret->rec;
		ret->rec = rec;
		ret->at = pa;
	}
	if (loser)
		note_other(ret, loser);
	mi_recorder_close(loser);
}

static enum mi_status judge(struct mi_kernel *k, const struct candidates *c,
			    struct mi_recorder_found *ret, struct mi_error *err)
{
	struct mi_problems unwanted = {0};
	struct mi_recorder *rec = NULL;
	enum mi_status st;
	size_t i;

	ret->refused = c->more;
	for (i = 0; i < c->n; i++) {
		st = open_at(k, c->pa[i], &unwanted, &rec, err);
		if (st == MI_ERR_NOMEM)
			return st;
		if (st)
			ret->refused++;
		else
			take(k, ret, rec, c->pa[i]);
	}
	if (!ret->rec)
		return c->n ? mi_fail_in(err, "the page at %llx",
					 (unsigned long long)c->pa[c->n - 1])
			    : mi_fail(err, MI_ERR_NOT_FOUND,
				      "no recorder was found: the module " MODULE
				      " is not loaded, and none of %llu pages in the dump "
				      "begins with its directory",
				      (unsigned long long)ret->pages);
	mi_recorder_close(ret->rec);
	ret->rec = NULL;
	/* Once more, for its problems. */
	return open_at(k, ret->at, &k->problems, &ret->rec, err);
}

static enum mi_status find_by_scan(struct mi_kernel *k, struct mi_recorder_found *ret,
				   struct mi_error *err)
{
	struct candidates c = {.n = 0};
	struct mi_page_search s;
	enum mi_status st = mi_target_scan(k->t, MI_RECORDER_MAGIC, look, &c, &s, err);

	if (st)
		return st;
	ret->how = MI_RECORDER_SCAN;
	ret->pages = s.pages;
	st = judge(k, &c, ret, err);
	if (st == MI_ERR_NOT_FOUND && s.ended)
		mi_fail_in(err, "%s", s.ended);
	return st;
}

enum mi_status mi_recorder_find(struct mi_kernel *k, bool scan, struct mi_recorder_found *ret,
				struct mi_error *err)
{
	struct mi_problems before = k->problems;
	bool listed = k->modules;
	struct mi_error own, by_pages;
	enum mi_status st, other;

	err = err ? err : &own;
	memset(ret, 0, sizeof(*ret));
	st = find_by_module(k, ret, err);
	if (st && st != MI_ERR_NOMEM && scan) {
		k->problems = before;
		other = find_by_scan(k, ret, &by_pages);
		/* Where memory cannot be searched, why the module led to none is the better answer.
		 */
		if (other != MI_ERR_MISSING) {
			st = other;
			*err = by_pages;
		}
	}
	if (st) {
		/* Who asks for modules next is to meet their problems himself. */
		if (!listed) {
			mi_modules_free(k->modules);
			k->modules = NULL;
		}
		k->problems = before;
		return st;
	}
	ret->second = ret->rec->head.copy != 0;
	return MI_OK;
}
