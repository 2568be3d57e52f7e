// SPDX-License-Identifier: GPL-2.0-or-later
/* pending.c - joins requests, their pages, files, and waiting tasks */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pending.h"

#define PAGES_MAX 4194304 /* struct pages looked at: 16 GiB in flight */
#define RANGES_MAX 1048576
#define ALL_BIOS_MAX 1048576
#define FILES_MAX 16384 /* each may have a path of 4 KiB */

const char *mi_finding_word(enum mi_finding finding)
{
	static const char *const words[MI_FINDING_NR] = {
		NULL,	     "page_unreadable", "bit_clear",	  "no_request",
		"own_pages", "untold_device",	"no_block_queue", "in_hand"};

	return finding < MI_FINDING_NR ? words[finding] : NULL;
}

void mi_finding_text(const struct mi_wait *w, char *buf, size_t size)
{
	static const char *const state[MI_WAIT_NR] = {"locked", "under writeback", "private_2",
						      "locked", "in that state"};
	const char *what = w->waiter.what == MI_WAIT_BUFFER ? "the buffer" : "the page";
	const char *is = state[w->waiter.what];

	switch (w->finding) {
	case MI_FINDING_PAGE_UNREADABLE:
		snprintf(buf, size, "the state of the page is unknown: %s",
			 mi_read_text(w->page.why));
		break;
	case MI_FINDING_BIT_CLEAR:
		snprintf(buf, size, "%s is not %s%s", what, is,
			 w->waiter.woken ? ": the task was woken and has not run yet" : "");
		break;
	case MI_FINDING_NO_REQUEST:
		snprintf(buf, size, "%s is %s, but no pending request has it", what, is);
		break;
	case MI_FINDING_OWN_PAGES:
		snprintf(buf, size,
			 "%s is %s; no pending request has it: %s does I/O from pages of its own",
			 what, is, w->through);
		break;
	case MI_FINDING_UNTOLD_DEVICE:
		snprintf(buf, size,
			 "%s is %s; no pending request has it: what %s does with I/O is not known",
			 what, is, w->through);
		break;
	case MI_FINDING_NO_QUEUE:
		snprintf(buf, size,
			 "%s is %s; this file system reads from %s, never through a block queue",
			 what, is, mi_fs_way_text(w->way));
		break;
	case MI_FINDING_IN_HAND:
		snprintf(buf, size, "%s is %s; no pending request has it: PID %d %s", what, is,
			 w->hand.pid, mi_inhand_text(w->hand_how));
		break;
	default:
		buf[0] = '\0';
	}
}

/* ---- files ---- */

static enum mi_status no_memory(struct mi_error *err)
{
	return mi_fail(err, MI_ERR_NOMEM, "out of memory");
}

static bool room_for(void **list, size_t n, size_t size)
{
	void *more;

	/* Room doubles at each power of two. */
	if (n & (n - 1) || (n && n < 16))
		return true;
	more = realloc(*list, (n ? 2 * n : 16) * size);
	if (!more)
		return false;
	*list = more;
	return true;
}

static void name_file(struct mi_kernel *k, struct mi_pending_file *f, char buf[MI_PATH_MAX])
{
	struct mi_error ignored;

	buf[0] = '\0';
	f->known = !mi_mapping_load(k, f->file.mapping, &f->file, &ignored);
	if (!f->known)
		return;
	f->device = !strcmp(f->file.name.fs, "bdev");
	if (f->device)
		mi_bdev_inode_name(k, f->file.inode, buf);
	else
		mi_inode_path(k, f->file.inode, buf);
}

/* The file of @mapping. Few files have requests at one time: the last ones are looked at first. */
bool mi_pending_file(struct mi_pending *p, uint64_t mapping, size_t *ret)
{
	struct mi_pending_file *f;
	char path[MI_PATH_MAX];
	size_t i;

	for (i = p->n_files; i > 0; i--) {
		if (p->files[i - 1].file.mapping == mapping) {
			*ret = i - 1;
			return true;
		}
	}
	*ret = MI_NO_INDEX;
	if (p->n_files == FILES_MAX) {
		mi_problem_bad(&p->k->problems, "address_space", mapping,
			       "is one of more than can be held", "a file has no name");
		return true;
	}
	if (!room_for((void **)&p->files, p->n_files, sizeof(*p->files)))
		return false;
	f = &p->files[p->n_files];
	memset(f, 0, sizeof(*f));
	f->file.mapping = mapping;
	name_file(p->k, f, path);
	f->file.mapping = mapping;
	f->path = strdup(path);
	if (!f->path)
		return false;
	*ret = p->n_files++;
	return !f->known || mi_devices_of_file(p->devices, &f->file, &f->tops);
}

/* ---- pages of requests ---- */

struct walk {
	struct mi_pending *p;
	const struct mi_rq *all;
	struct mi_pending_rq *rq;
	size_t number; /* of the request among all */
	bool wanted;   /* of the device asked for */
	bool no_memory;
};

static bool same_kind(const struct mi_rq_pages *last, const struct mi_rq_pages *next)
{
	return last->why == next->why && last->owner == next->owner && last->file == next->file &&
	       last->swapcache == next->swapcache;
}

/* Blocks that are smaller than a page: what follows begins in the page where @last ends. */
static void drop_repeated(const struct mi_rq_pages *last, struct mi_rq_pages *next)
{
	bool file = !next->why && next->owner == MI_OWNER_FILE;

	if (!same_kind(last, next) || (file ? last->index + last->n != next->index + 1
					    : last->pfn + last->n != next->pfn + 1))
		return;
	next->n--;
	next->index += file;
	next->pfn++;
	next->locked -= next->locked != 0;
	next->writeback -= next->writeback != 0;
	next->uptodate -= next->uptodate != 0;
}

bool mi_rq_pages_follow(const struct mi_rq_pages *last, const struct mi_rq_pages *next)
{
	if (!same_kind(last, next))
		return false;
	if (last->why || last->owner != MI_OWNER_FILE)
		return last->pfn + last->n == next->pfn;
	return last->index + last->n == next->index;
}

static bool add_pages(struct walk *w, const struct mi_rq_pages *next)
{
	struct mi_pending *p = w->p;
	struct mi_rq_pages *last = w->rq->n ? &p->pages[p->n_pages - 1] : NULL;

	if (last && mi_rq_pages_follow(last, next)) {
		last->n += next->n;
		last->locked += next->locked;
		last->writeback += next->writeback;
		last->uptodate += next->uptodate;
		return true;
	}
	if (p->n_pages == RANGES_MAX) {
		mi_problem_bad(&p->k->problems, "pages of requests", w->rq->rq.addr,
			       "are more than can be held", "pages are missing");
		return false;
	}
	if (!room_for((void **)&p->pages, p->n_pages, sizeof(*p->pages))) {
		w->no_memory = true;
		return false;
	}
	p->pages[p->n_pages++] = *next;
	w->rq->n++;
	return true;
}

/* The first wait for a page of the folio that begins at @head; they are sorted by frame. */
static size_t first_wait(const struct mi_pending *p, uint64_t head)
{
	size_t lo = 0, hi = p->n_waits;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (p->waits[mid].waiter.pfn < head)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

void mi_pending_waits_for(struct mi_pending *p, const struct mi_page *pg, uint64_t n,
			  void (*fn)(void *arg, struct mi_wait *w), void *arg)
{
	size_t i;

	for (i = first_wait(p, pg->head_pfn);
	     i < p->n_waits && p->waits[i].waiter.pfn < pg->pfn + n; i++) {
		/* Who waits for a folio waits for all of it, who waits for a buffer for one page.
		 */
		if (p->waits[i].waiter.pfn != pg->head_pfn && p->waits[i].waiter.pfn < pg->pfn)
			continue;
		fn(arg, &p->waits[i]);
	}
}

static void link_wait(void *arg, struct mi_wait *wait)
{
	struct walk *w = arg;

	/* Of two that have it, the lower one: the other one waits for that. */
	if (wait->request != MI_NO_INDEX &&
	    !mi_devices_above(w->p->devices, w->all[wait->request].disk, w->all[w->number].disk))
		return;
	wait->request = w->number;
	wait->elsewhere = !w->wanted;
}

struct mi_rq_pages mi_rq_pages_of(const struct mi_page *pg, uint64_t n)
{
	bool file = !pg->why && pg->owner == MI_OWNER_FILE;

	return (struct mi_rq_pages){.why = pg->why,
				    .owner = pg->owner,
				    .swapcache = pg->flags >> MI_PG_SWAPCACHE & 1,
				    .file = MI_NO_INDEX,
				    .mapped_by = MI_NO_INDEX,
				    .index = file ? pg->index : 0,
				    .pfn = pg->pfn,
				    .n = n,
				    .locked = pg->flags >> MI_PG_LOCKED & 1 ? n : 0,
				    .writeback = pg->flags >> MI_PG_WRITEBACK & 1 ? n : 0,
				    .uptodate = pg->flags >> MI_PG_UPTODATE & 1 ? n : 0};
}

static bool take_folio(void *arg, const struct mi_page *pg, uint64_t n)
{
	struct walk *w = arg;
	bool file = !pg->why && pg->owner == MI_OWNER_FILE;
	struct mi_rq_pages next = mi_rq_pages_of(pg, n);

	mi_pending_waits_for(w->p, pg, n, link_wait, w);
	if (!w->wanted)
		return true;
	if (file && !mi_pending_file(w->p, pg->mapping, &next.file)) {
		w->no_memory = true;
		return false;
	}
	if (w->rq->n)
		drop_repeated(&w->p->pages[w->p->n_pages - 1], &next);
	return !next.n || add_pages(w, &next);
}

bool mi_pending_folios(struct mi_kernel *k, const struct mi_frames *f, uint64_t *looked_at,
		       bool (*fn)(void *arg, const struct mi_page *pg, uint64_t n), void *arg)
{
	uint64_t pfn = f->pfn + (f->offset >> MI_PAGE_SHIFT), n, step;
	struct mi_page pg;

	n = ((f->offset & (MI_PAGE_SIZE - 1)) + f->bytes + MI_PAGE_SIZE - 1) >> MI_PAGE_SHIFT;
	for (; n; n -= step, pfn += step) {
		if (++*looked_at > PAGES_MAX) {
			mi_problem_bad(&k->problems, "pages of requests", f->rq,
				       "are more than can be looked at", "pages are missing");
			return false;
		}
		mi_pages_load(k, &pfn, 1, &pg);
		step = pg.why ? 1 : (1ULL << pg.order) - (pg.pfn - pg.head_pfn);
		if (step > n || !step || step > 1ULL << pg.order)
			step = step > n ? n : 1;
		if (!fn(arg, &pg, step))
			return false;
	}
	return true;
}

/* The pages of one vector, folio by folio. */
static bool take_vector(void *arg, uint64_t bio, uint64_t page, uint32_t offset, uint32_t bytes)
{
	struct walk *w = arg;
	struct mi_kernel *k = w->p->k;
	struct mi_frames frames;
	uint64_t pfn;

	if (!mi_page_to_pfn(k, page, &pfn)) {
		mi_problem_bad(&k->problems, "bio", bio, "has a vector without a page",
			       "pages of a request are missing");
		w->rq->whole = false;
		return true;
	}
	frames = (struct mi_frames){
		.rq = w->rq->rq.addr, .pfn = pfn, .offset = offset, .bytes = bytes};
	return mi_pending_folios(k, &frames, &w->p->pages_looked_at, take_folio, w);
}

/* ---- devices ---- */

static bool is_device(const struct mi_disk *d, const struct mi_rq *rq, const char *name)
{
	char part[MI_DISK_NAME];

	if (!strcmp(d->name, name) || !strcmp(rq->bound_for, name))
		return true;
	if (!rq->part_known || !rq->part)
		return false;
	mi_part_name(d->name, rq->part, part);
	return !strcmp(part, name);
}

/* Is it a disk, or can it be a partition of one? */
static bool exists(const struct mi_pending *p, const char *name)
{
	char part[MI_DISK_NAME];
	uint32_t nr;
	size_t i;

	for (i = 0; i < p->n_disks; i++) {
		if (!strcmp(p->disks[i].name, name))
			return true;
		if (strncmp(p->disks[i].name, name, strlen(p->disks[i].name)))
			continue;
		for (nr = 1; nr < 256; nr++) {
			mi_part_name(p->disks[i].name, nr, part);
			if (!strcmp(part, name))
				return true;
		}
	}
	return false;
}

/* ---- waits ---- */

static enum mi_status load_waits(struct mi_pending *p, struct mi_error *err)
{
	struct mi_waiter *list = NULL;
	struct mi_error ignored;
	enum mi_status st;
	size_t i, n = 0;

	st = mi_waiters(p->k, &list, &n, &p->other_waits, &ignored);
	if (st == MI_ERR_MISSING)
		return MI_OK; /* features_off says it */
	if (st)
		return mi_fail(err, st, "%s", ignored.text);
	p->waits_known = true;
	p->waits = calloc(n + 1, sizeof(*p->waits));
	if (!p->waits) {
		free(list);
		return no_memory(err);
	}
	for (i = 0; i < n; i++) {
		struct mi_wait *w = &p->waits[i];

		w->waiter = list[i];
		w->request = MI_NO_INDEX;
		w->file = MI_NO_INDEX;
		w->fs_request = MI_NO_INDEX;
		mi_pages_load(p->k, &w->waiter.pfn, 1, &w->page);
	}
	p->n_waits = n;
	free(list);
	return MI_OK;
}

static bool bit_is_set(struct mi_kernel *k, const struct mi_wait *w)
{
	bool locked;

	switch (w->waiter.what) {
	case MI_WAIT_LOCKED:
		return w->page.flags >> MI_PG_LOCKED & 1;
	case MI_WAIT_WRITEBACK:
		return w->page.flags >> MI_PG_WRITEBACK & 1;
	case MI_WAIT_PRIVATE_2:
		return w->page.flags >> MI_PG_PRIVATE_2 & 1;
	case MI_WAIT_BUFFER:
		return !mi_buffer_locked(k, w->waiter.buffer, &locked) || locked;
	default:
		return true;
	}
}

/* No request has the page: is there a device on the way that would explain it? */
static void blame_device(const struct mi_pending *p, struct mi_wait *w)
{
	const struct mi_tops *tops = &p->files[w->file].tops;
	bool known;
	size_t i, disk;

	for (i = 0; i < tops->n; i++) {
		if (!mi_devices_own_pages(p->devices, tops->list[i], &disk, &known))
			continue;
		w->finding = known ? MI_FINDING_OWN_PAGES : MI_FINDING_UNTOLD_DEVICE;
		mi_part_name(p->disks[disk].name, 0, w->through);
		return;
	}
}

static bool name_wait(struct mi_pending *p, struct mi_wait *w)
{
	if (w->page.why || w->page.owner != MI_OWNER_FILE || w->elsewhere)
		return true;
	if (!mi_pending_file(p, w->page.mapping, &w->file))
		return false;
	if (w->file != MI_NO_INDEX)
		w->way = mi_pending_way(p->k, &p->files[w->file]);
	return true;
}

static bool judge_wait(struct mi_pending *p, struct mi_wait *w)
{
	if (!name_wait(p, w))
		return false;
	if (w->page.why)
		w->finding = MI_FINDING_PAGE_UNREADABLE;
	else if (!bit_is_set(p->k, w))
		w->finding = MI_FINDING_BIT_CLEAR;
	else if (w->request == MI_NO_INDEX && !mi_fs_may_use_queue(w->way))
		w->finding = w->fs_request == MI_NO_INDEX ? MI_FINDING_NO_QUEUE : MI_FINDING_NONE;
	else if (w->request == MI_NO_INDEX && w->fs_request == MI_NO_INDEX)
		w->finding = MI_FINDING_NO_REQUEST;
	if (w->finding == MI_FINDING_NO_REQUEST && w->file != MI_NO_INDEX)
		blame_device(p, w);
	/* Of a device they are not, whatever it is. */
	w->elsewhere |= !p->fs.known && !mi_fs_may_use_queue(w->way);
	return true;
}

/* Any of pages @first to @last: of a folio, a request may have some. */
static bool has_page(const struct mi_rq_pages *list, size_t n, size_t file, uint64_t first,
		     uint64_t last)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!list[i].why && list[i].owner == MI_OWNER_FILE && list[i].file == file &&
		    list[i].index <= last &&
		    (list[i].index >= first || first - list[i].index < list[i].n))
			return true;
	return false;
}

bool mi_pending_page(struct mi_pending *p, const struct mi_page *page, enum mi_finding *ret)
{
	struct mi_wait w = {.waiter = {.what = page->flags >> MI_PG_LOCKED & 1 ? MI_WAIT_LOCKED
									       : MI_WAIT_WRITEBACK,
				       .pfn = page->pfn},
			    .page = *page,
			    .file = MI_NO_INDEX,
			    .request = MI_NO_INDEX,
			    .fs_request = MI_NO_INDEX};
	uint64_t last = page->index + (1ULL << page->order) - 1;

	if (!judge_wait(p, &w))
		return false;
	if (w.finding == MI_FINDING_NO_REQUEST && w.file != MI_NO_INDEX &&
	    (has_page(p->pages, p->n_pages, w.file, page->index, last) ||
	     has_page(p->fs.pages, p->fs.n_pages, w.file, page->index, last)))
		w.finding = MI_FINDING_NONE;
	*ret = w.finding;
	return true;
}

static int by_request(const void *a, const void *b)
{
	const struct mi_wait *x = a, *y = b;

	if (x->elsewhere != y->elsewhere)
		return x->elsewhere ? 1 : -1;
	if (x->request != y->request)
		return x->request < y->request ? -1 : 1;
	if (x->waiter.pfn != y->waiter.pfn)
		return x->waiter.pfn < y->waiter.pfn ? -1 : 1;
	if (x->waiter.what != y->waiter.what)
		return x->waiter.what < y->waiter.what ? -1 : 1;
	return x->waiter.entry < y->waiter.entry ? -1 : x->waiter.entry > y->waiter.entry;
}

/* Numbers of requests from those of all to those kept; then each gets its waits. */
static bool settle_waits(struct mi_pending *p, const size_t *kept)
{
	size_t i;

	for (i = 0; i < p->n_waits; i++) {
		struct mi_wait *w = &p->waits[i];

		if (w->request != MI_NO_INDEX)
			w->request = w->elsewhere ? MI_NO_INDEX : kept[w->request];
	}
	for (i = 0; i < p->n_waits; i++) {
		struct mi_wait *w = &p->waits[i];

		if (!judge_wait(p, w))
			return false;
	}
	if (p->n_waits)
		qsort(p->waits, p->n_waits, sizeof(*p->waits), by_request);
	/* Those that belong to another device's requests are at the end. */
	while (p->n_waits && p->waits[p->n_waits - 1].elsewhere)
		p->n_waits--;
	for (i = p->n_waits; i > 0; i--) {
		struct mi_wait *w = &p->waits[i - 1];

		if (w->request == MI_NO_INDEX)
			continue;
		p->rq[w->request].first_wait = i - 1;
		p->rq[w->request].n_waits++;
	}
	return true;
}

/* ---- pages that no request has ---- */

static bool may_be_in_hand(const struct mi_wait *w)
{
	return w->finding == MI_FINDING_NO_REQUEST &&
	       (w->waiter.what == MI_WAIT_LOCKED || w->waiter.what == MI_WAIT_WRITEBACK);
}

/* Those who wait for one page are beside each other. */
static bool same_as_before(const struct mi_wait *w, const struct mi_inhand *h)
{
	return h->page.head_pfn == w->page.head_pfn &&
	       h->writeback == (w->waiter.what == MI_WAIT_WRITEBACK);
}

static void tell_hands(struct mi_pending *p, const struct mi_inhand *list)
{
	const struct mi_inhand *h = NULL;
	size_t i;

	for (i = 0; i < p->n_waits; i++) {
		struct mi_wait *w = &p->waits[i];

		if (!may_be_in_hand(w))
			continue;
		if (!h)
			h = list;
		else if (!same_as_before(w, h))
			h++;
		if (!h->how)
			continue;
		w->finding = MI_FINDING_IN_HAND;
		w->hand = h->task;
		w->hand_how = h->how;
		w->hand_at = h->at;
	}
}

static enum mi_status find_hands(struct mi_pending *p, struct mi_error *err)
{
	struct mi_inhand *list = calloc(p->n_waits + 1, sizeof(*list));
	struct mi_waiter *waiters = calloc(p->n_waits + 1, sizeof(*waiters));
	enum mi_status st = MI_OK;
	size_t i, n = 0;

	if (!list || !waiters)
		st = no_memory(err);
	for (i = 0; !st && i < p->n_waits; i++) {
		const struct mi_wait *w = &p->waits[i];

		waiters[i] = w->waiter;
		if (!may_be_in_hand(w) || (n && same_as_before(w, &list[n - 1])))
			continue;
		list[n].page = w->page;
		list[n++].writeback = w->waiter.what == MI_WAIT_WRITEBACK;
	}
	if (!st)
		st = mi_inhand_find(p->k, waiters, p->n_waits, list, n, err);
	if (!st)
		tell_hands(p, list);
	free(waiters);
	free(list);
	return st;
}

/* ---- the answer ---- */

static enum mi_status join(struct mi_pending *p, const struct mi_rq *all, size_t n,
			   const char *device, struct mi_error *err)
{
	size_t *kept = calloc(n + 1, sizeof(*kept)), i;
	struct walk w = {.p = p, .all = all};
	bool good = true;

	p->rq = calloc(n + 1, sizeof(*p->rq));
	if (!kept || !p->rq) {
		free(kept);
		return no_memory(err);
	}
	for (i = 0; i < n && !w.no_memory; i++) {
		struct mi_pending_rq *rq = &p->rq[p->n_rq];

		*rq = (struct mi_pending_rq){.rq = all[i], .first = p->n_pages, .whole = true};
		w.rq = rq;
		w.number = i;
		w.wanted = !device || is_device(&p->disks[all[i].disk], &all[i], device);
		/* Others' pages count for who waits: to know that it is not for these. */
		rq->whole &= mi_rq_bvecs(p->k, &all[i], take_vector, &w, &rq->bios);
		kept[i] = p->n_rq;
		p->n_rq += w.wanted;
		p->n_held += w.wanted && all[i].state == MI_RQ_HELD;
		if (mi_target_interrupted(p->k->t)) {
			free(kept);
			return mi_fail(err, MI_ERR_INTERRUPTED, "interrupted");
		}
	}
	good = !w.no_memory && settle_waits(p, kept);
	free(kept);
	return good ? MI_OK : no_memory(err);
}

/* Is @name the disk, or a partition of it? A partition's number is not known of what is no request.
 */
static bool concerns(const struct mi_pending *p, size_t disk, const char *name)
{
	struct mi_rq rq = {.part_known = true};

	if (!name || disk >= p->n_disks)
		return true;
	for (; rq.part < 256; rq.part++)
		if (is_device(&p->disks[disk], &rq, name))
			return true;
	return false;
}

/* Requests with tags that plugs have in store; the others are among the requests. */
static void keep_stored(struct mi_pending *p, struct mi_plugged *plugged, size_t n,
			const char *device)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (plugged[i].stored && plugged[i].disk != MI_PLUG_NO_DISK &&
		    concerns(p, plugged[i].disk, device))
			plugged[p->n_stored++] = plugged[i];
	p->stored = plugged;
}

static enum mi_status load_tag_waits(struct mi_pending *p, const char *device, struct mi_error *err)
{
	struct mi_error why = {0};
	enum mi_status st;
	size_t i, n = 0;

	st = mi_tag_waits(p->k, p->disks, p->n_disks, &p->tag_waits, &n, &p->queues_waiting, &why);
	if (st && st != MI_ERR_MISSING)
		return mi_fail(err, st, "%s", why.text);
	if (st) {
		snprintf(p->why_no_tag_waits, sizeof(p->why_no_tag_waits), "%.159s", why.text);
		return MI_OK;
	}
	p->tag_waits_known = true;
	for (i = 0; i < n; i++)
		if (concerns(p, p->tag_waits[i].disk, device))
			p->tag_waits[p->n_tag_waits++] = p->tag_waits[i];
	return MI_OK;
}

static enum mi_status load_requests(struct mi_pending *p, const char *device, struct mi_rq **all,
				    size_t *n, struct mi_error *err)
{
	struct mi_plugged *plugged = NULL;
	enum mi_status st;
	size_t n_plugged = 0;

	st = mi_plugs(p->k, &plugged, &n_plugged, err);
	if (!st)
		st = mi_requests(p->k, p->disks, p->n_disks, plugged, n_plugged, all, n, err);
	if (st)
		free(plugged);
	else
		keep_stored(p, plugged, n_plugged, device);
	return st;
}

/* The files behind loop devices are files of the answer: waits for their pages are found. */
static enum mi_status load_backing(struct mi_pending *p, struct mi_error *err)
{
	struct mi_error ignored;
	char path[MI_PATH_MAX];
	struct mi_file file;
	uint64_t addr;
	size_t i;

	p->backing = calloc(p->n_disks + 1, sizeof(*p->backing));
	if (!p->backing)
		return no_memory(err);
	for (i = 0; i < p->n_disks; i++) {
		p->backing[i].file = MI_NO_INDEX;
		addr = p->devices->stacked[i].file;
		if (!addr)
			continue;
		mi_file_path(p->k, addr, path);
		p->backing[i].path = strdup(path);
		if (!p->backing[i].path)
			return no_memory(err);
		if (!mi_file_load(p->k, addr, &file, &ignored) &&
		    !mi_pending_file(p, file.mapping, &p->backing[i].file))
			return no_memory(err);
	}
	return MI_OK;
}

static enum mi_status fill(struct mi_pending *p, const char *device, struct mi_error *err)
{
	struct mi_rq *all = NULL;
	enum mi_status st;
	size_t n = 0;

	st = mi_disks(p->k, &p->disks, &p->n_disks, err);
	if (!st && device && !exists(p, device))
		st = mi_fail(err, MI_ERR_NOT_FOUND, "no block device is called '%s'", device);
	if (!st)
		st = load_requests(p, device, &all, &n, err);
	if (!st)
		st = load_tag_waits(p, device, err);
	if (!st)
		st = mi_devices_open(p->k, p->disks, p->n_disks, &p->devices, err);
	if (!st)
		st = mi_held_bios(p->k, p->disks, p->devices->stacked, p->n_disks, &all, &n, err);
	if (!st)
		st = load_backing(p, err);
	if (!st)
		st = load_waits(p, err);
	if (!st && !device)
		st = mi_fs_pending_load(p, err);
	if (!st)
		st = join(p, all, n, device, err);
	if (!st)
		st = find_hands(p, err);
	free(all);
	p->clock_known = mi_clock_ns(p->k, &p->clock_ns);
	return st;
}

size_t mi_pending_path(const struct mi_pending *p, const struct mi_pending_rq *rq,
		       struct mi_step path[MI_STEPS_MAX])
{
	size_t i;

	for (i = rq->first; i < rq->first + rq->n; i++)
		if (p->pages[i].file != MI_NO_INDEX)
			return mi_devices_way(p->devices, &p->files[p->pages[i].file].tops,
					      rq->rq.disk,
					      rq->rq.part_known ? rq->rq.part : MI_ANY_PART, path);
	return 0;
}

enum mi_status mi_pending_open(struct mi_kernel *k, const char *device, struct mi_pending **ret,
			       struct mi_error *err)
{
	struct mi_pending *p = calloc(1, sizeof(*p));
	enum mi_status st;

	if (!p)
		return no_memory(err);
	p->k = k;
	if (device && !strncmp(device, "/dev/", 5))
		device += 5;
	st = fill(p, device, err);
	if (st) {
		mi_pending_close(p);
		return st;
	}
	*ret = p;
	return MI_OK;
}

void mi_pending_close(struct mi_pending *p)
{
	size_t i;

	for (i = 0; i < p->n_files; i++) {
		free(p->files[i].path);
		free(p->files[i].tops.list);
	}
	mi_devices_close(p->devices);
	for (i = 0; p->backing && i < p->n_disks; i++)
		free(p->backing[i].path);
	free(p->backing);
	mi_fs_pending_free(&p->fs);
	mi_mapped_free(&p->mapped);
	free(p->files);
	free(p->pages);
	free(p->waits);
	free(p->stored);
	free(p->tag_waits);
	free(p->rq);
	free(p->disks);
	free(p);
}

/* ---- bios ---- */

struct bio_walk {
	mi_pending_bio_fn fn;
	void *arg;
	size_t rq, n;
};

static bool pass_bio(void *arg, uint64_t bio, uint64_t private)
{
	struct bio_walk *w = arg;

	/* Circles end at a bound for each request, of which there may be many. */
	return ++w->n <= ALL_BIOS_MAX && w->fn(w->arg, w->rq, bio, private);
}

bool mi_pending_bios(const struct mi_pending *p, mi_pending_bio_fn fn, void *arg)
{
	struct bio_walk w = {.fn = fn, .arg = arg};

	for (w.rq = 0; w.rq < p->n_rq; w.rq++)
		if (!mi_rq_bios(p->k, &p->rq[w.rq].rq, pass_bio, &w))
			break;
	if (w.n <= ALL_BIOS_MAX)
		return w.rq == p->n_rq;
	mi_problem_bad(&p->k->problems, "bios", p->rq[w.rq].rq.addr,
		       "are more than can be looked at", "why a task is stuck may be missing");
	return true;
}
