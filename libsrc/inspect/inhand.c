// SPDX-License-Identifier: GPL-2.0-or-later
/* inhand.c - which task works on a page that no request has: what its stack leads to */
#include <stdlib.h>

#include "../kernel/kstack.h"
#include "../kernel/request.h"
#include "../kernel/addrmap.h"
#include "inhand.h"

/* Of all stacks: what looks like a bio costs a read, a window a look at each page. */
#define BIOS_MAX 1048576
#define WINDOWS_MAX 4096
#define WINDOW_MAX ((uint64_t)1 << 20) /* pages; no device's readahead is 4 GiB */

struct search {
	struct mi_kernel *k;
	struct mi_inhand *list;
	size_t n, left;		    /* left: not found yet */
	struct mi_addrmap by_page;  /* struct page -> list[] */
	struct mi_addrmap mappings; /* address_space -> 0 */
	struct mi_addrmap waiting;  /* task -> waits[] */
	const struct mi_waiter *waits;
	size_t *by_pfn; /* list[], by the number of the frame */
	struct mi_kstack stack;
	const struct mi_task *task; /* whose it is */
	uint64_t at;
	size_t bios, windows;
};

const char *mi_inhand_word(enum mi_inhand_how how)
{
	static const char *const words[MI_INHAND_NR] = {NULL, "page", "readahead", "bio"};

	return how < MI_INHAND_NR ? words[how] : NULL;
}

const char *mi_inhand_text(enum mi_inhand_how how)
{
	static const char *const text[MI_INHAND_NR] = {"?", "seems to work on it",
						       "is reading ahead", "has a bio with it"};

	return how < MI_INHAND_NR ? text[how] : "?";
}

/* ---- what is looked for ---- */

static int by_frame(const void *a, const void *b, void *list)
{
	const struct mi_inhand *x = (struct mi_inhand *)list + *(const size_t *)a;
	const struct mi_inhand *y = (struct mi_inhand *)list + *(const size_t *)b;

	return x->page.head_pfn < y->page.head_pfn ? -1 : x->page.head_pfn > y->page.head_pfn;
}

static bool note_pages(struct search *s)
{
	size_t i, seen;

	s->by_pfn = malloc((s->n + 1) * sizeof(*s->by_pfn));
	if (!s->by_pfn)
		return false;
	for (i = 0; i < s->n; i++) {
		struct mi_inhand *h = &s->list[i];
		uint64_t page = mi_pfn_to_page(s->k, h->page.head_pfn);

		h->how = MI_INHAND_NONE;
		s->by_pfn[i] = i;
		if (page && !mi_addrmap_get(&s->by_page, page, &seen) &&
		    !mi_addrmap_put(&s->by_page, page, i))
			return false;
		if (h->page.mapping && !mi_addrmap_get(&s->mappings, h->page.mapping, &seen) &&
		    !mi_addrmap_put(&s->mappings, h->page.mapping, 0))
			return false;
	}
	qsort_r(s->by_pfn, s->n, sizeof(*s->by_pfn), by_frame, s->list);
	s->left = s->n;
	return true;
}

static bool note_waits(struct search *s, size_t n)
{
	size_t i, seen;

	for (i = 0; i < n; i++)
		if (!mi_addrmap_get(&s->waiting, s->waits[i].task.addr, &seen) &&
		    !mi_addrmap_put(&s->waiting, s->waits[i].task.addr, i))
			return false;
	return true;
}

/* ---- one stack ---- */

/* A bio of the same task tells more than what else lies there. */
static bool tells_more(const struct search *s, const struct mi_inhand *h, enum mi_inhand_how how)
{
	return !h->how ||
	       (how == MI_INHAND_BIO && h->how == MI_INHAND_PAGE && h->task.addr == s->task->addr);
}

static bool waits_for(const struct search *s, const struct mi_inhand *h)
{
	size_t wait;

	return mi_addrmap_get(&s->waiting, s->task->addr, &wait) &&
	       s->waits[wait].pfn - h->page.head_pfn < 1ULL << h->page.order;
}

static void take(struct search *s, struct mi_inhand *h, enum mi_inhand_how how)
{
	if (!tells_more(s, h, how) || waits_for(s, h))
		return;
	s->left -= !h->how;
	h->how = how;
	h->task = *s->task;
	h->at = s->at;
}

/* The first of by_pfn[] from @pfn on. */
static size_t first_from(const struct search *s, uint64_t pfn)
{
	size_t low = 0, high = s->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (s->list[s->by_pfn[mid]].page.head_pfn < pfn)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool take_vector(void *arg, uint64_t bio, uint64_t page, uint32_t offset, uint32_t bytes)
{
	struct search *s = arg;
	uint64_t pfn, last;
	size_t i;

	(void)bio;
	if (!mi_page_to_pfn(s->k, page, &pfn))
		return false;
	pfn += offset / MI_PAGE_SIZE;
	last = pfn + (offset % MI_PAGE_SIZE + (uint64_t)bytes - 1) / MI_PAGE_SIZE;
	/* Of a folio it may have pages behind the first. */
	for (i = first_from(s, pfn); i > 0; i--) {
		const struct mi_page *p = &s->list[s->by_pfn[i - 1]].page;

		if (p->head_pfn + (1ULL << p->order) <= pfn)
			break;
		take(s, &s->list[s->by_pfn[i - 1]], MI_INHAND_BIO);
	}
	for (i = first_from(s, pfn); i < s->n && s->list[s->by_pfn[i]].page.head_pfn <= last; i++)
		take(s, &s->list[s->by_pfn[i]], MI_INHAND_BIO);
	return true;
}

/* Code keeps the address of the mapping for itself as well: with it there must be the file, or
 * none. */
static bool is_window(struct search *s, const void *raw, uint64_t mapping)
{
	const struct mi_layout *l = &s->k->l;
	uint64_t file = mi_get(raw, &l->ractl_file), n = mi_get(raw, &l->ractl_nr), of;

	return n && n <= WINDOW_MAX &&
	       (!file || (mi_is_kernel_address(s->k->t, file) &&
			  !mi_read_member(s->k->t, file, &l->file_mapping, &of) && of == mapping));
}

/* The pages that a reader has to read yet: those before are in bios. */
static void take_window(struct search *s, uint64_t mapping, size_t word)
{
	const struct mi_layout *l = &s->k->l;
	uint64_t before = (uint64_t)l->ractl_mapping.off / mi_kstack_word(&s->stack), index, n;
	uint64_t words = l->size_ractl / mi_kstack_word(&s->stack);
	const void *raw;
	size_t i;

	if (word < before || word - before + words > s->stack.n || s->windows == WINDOWS_MAX)
		return;
	raw = mi_kstack_at(&s->stack, word - before);
	if (!is_window(s, raw, mapping))
		return;
	index = mi_get(raw, &l->ractl_index);
	n = mi_get(raw, &l->ractl_nr);
	s->windows++;
	for (i = 0; i < s->n; i++) {
		const struct mi_page *p = &s->list[i].page;

		/* The last may have been put into the cache, and not counted yet. */
		if (p->mapping == mapping && p->index - index <= n && !s->list[i].writeback)
			take(s, &s->list[i], MI_INHAND_READAHEAD);
	}
}

static uint64_t word_address(const struct search *s, size_t i)
{
	return s->stack.sp + i * mi_kstack_word(&s->stack);
}

/* True: it has a file's address_space, and so its bio may be there as well. */
static bool look_at_words(struct search *s)
{
	const struct mi_layout *l = &s->k->l;
	bool has_window = l->size_ractl && mi_has(&l->ractl_file) && mi_has(&l->ractl_mapping) &&
			  mi_has(&l->ractl_index) && mi_has(&l->ractl_nr) &&
			  mi_has(&l->file_mapping);
	bool mapping = false;
	size_t i, at;

	for (i = 0; i < s->stack.n; i++) {
		s->at = word_address(s, i);
		if (mi_addrmap_get(&s->by_page, s->stack.words[i], &at)) {
			if (!s->list[at].writeback)
				take(s, &s->list[at], MI_INHAND_PAGE);
		} else if (mi_addrmap_get(&s->mappings, s->stack.words[i], &at)) {
			mapping = true;
			if (has_window)
				take_window(s, s->stack.words[i], i);
		}
	}
	return mapping;
}

static void look_at_bios(struct search *s)
{
	uint64_t word, align = mi_kstack_word(&s->stack) - 1;
	size_t i;

	for (i = 0; i < s->stack.n && s->bios < BIOS_MAX; i++) {
		word = s->stack.words[i];
		if (word & align || !mi_is_kernel_address(s->k->t, word))
			continue;
		s->at = word_address(s, i);
		s->bios++;
		mi_bio_filled(s->k, word, take_vector, s);
	}
}

static void look_at_task(struct search *s, const struct mi_task *task)
{
	/* Its stack was given back. */
	if (task->state == 'Z' || task->state == 'X')
		return;
	s->task = task;
	s->stack.effect = "who works on a page may not be told";
	if (mi_kstack_load_any(s->k, task, &s->stack) == MI_KSTACK_OK && look_at_words(s))
		look_at_bios(s);
}

/* ---- all ---- */

static enum mi_status look_at_all(struct search *s, struct mi_error *err)
{
	struct mi_task *tasks;
	enum mi_status st;
	size_t i, n;

	st = mi_task_all(s->k, &tasks, &n, err);
	if (st)
		return st;
	for (i = 0; i < n && s->left && !st; i++) {
		look_at_task(s, &tasks[i]);
		if (mi_target_interrupted(s->k->t))
			st = mi_fail(err, MI_ERR_INTERRUPTED, "interrupted");
	}
	free(tasks);
	return st;
}

enum mi_status mi_inhand_find(struct mi_kernel *k, const struct mi_waiter *waits, size_t n_waits,
			      struct mi_inhand *list, size_t n, struct mi_error *err)
{
	struct search s = {.k = k, .list = list, .n = n, .waits = waits};
	enum mi_status st;

	if (!n)
		return MI_OK;
	if (!note_pages(&s) || !note_waits(&s, n_waits))
		st = mi_fail(err, MI_ERR_NOMEM, "out of memory");
	else
		st = look_at_all(&s, err);
	mi_addrmap_free(&s.by_page);
	mi_addrmap_free(&s.mappings);
	mi_addrmap_free(&s.waiting);
	mi_kstack_free(&s.stack);
	free(s.by_pfn);
	return st;
}
