// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ra_window.c - the pages that a page fault reads: mm/readahead.c by generations
 *
 *   - up to 6.10 (symbol ondemand_readahead): one function for hits and misses, which takes a
 *     window that would reach its own marker for hit at once
 *   - 5.18 on (symbol page_cache_ra_order): large folios, where the mapping may have them
 *   - 6.16 or so on (file_ra_state.order): the order is kept, windows of hits are aligned to it;
 *     no marker where a window reaches the end of the file
 */
#include "ra_window.h"

#define ORDER_FOR_READ 2 /* by which folios grow */
#define SMALLEST_FOLIOS 4
#define MISSES_MAX 1000

static bool keeps_order(const struct mi_ra_env *env)
{
	return env->l->ra_mmap_miss.size == 2;
}

/* 5.8 and later: of what was before, no guest has shown that these are the rules. */
static bool is_recent(const struct mi_ra_env *env)
{
	return mi_has(&env->l->mm_mmap_lock);
}

/*
 * What is not ondemand_readahead()'s time is later: but only if something of that time says so,
 * too.
 */
static bool generation_known(const struct mi_ra_env *env, const struct mi_readahead *ra)
{
	if (keeps_order(env))
		return ra->has_order;
	return is_recent(env) &&
	       !env->l->sym_ondemand_readahead == env->l->AS_FOLIO_ORDER_MAX.known;
}

static void add_filled(struct mi_ra_read *r, uint64_t from, uint64_t to, unsigned int order)
{
	if (from >= to || r->n_filled == MI_RA_PARTS)
		return;
	r->filled[r->n_filled].from = from;
	r->filled[r->n_filled].to = to;
	r->filled[r->n_filled++].order = order;
}

static void set_marker(struct mi_ra_read *r, uint64_t index, uint64_t pages)
{
	if (r->n_markers == MI_RA_PARTS)
		return;
	r->markers[r->n_markers].index = index;
	r->markers[r->n_markers++].pages = pages;
}

static void cannot_tell(struct mi_ra_read *r, const char *why)
{
	r->kind = MI_MISS_UNKNOWN;
	r->why = why;
}

/* do_page_cache_ra(): single pages, where the cache has none. */
static void read_pages(const struct mi_ra_env *env, uint64_t start, uint64_t n, uint64_t lookahead,
		       struct mi_ra_read *r)
{
	uint64_t marker;

	if (start >= env->eof)
		return;
	if (n >= env->eof - start) {
		n = env->eof - start;
		if (keeps_order(env))
			lookahead = 0;
	}
	add_filled(r, start, start + n, 0);
	if (!lookahead || lookahead > n)
		return;
	marker = start + n - lookahead;
	if (env->look.first_absent(env->look.arg, marker, marker + 1) == marker)
		set_marker(r, marker, 1);
}

static unsigned int log2_of(uint64_t v)
{
	unsigned int n = 0;

	while (v >>= 1)
		n++;
	return n;
}

/* The order of the folio at @index, in a window whose last page is @limit. */
static unsigned int order_at(const struct mi_ra_env *env, uint64_t index, uint64_t limit,
			     unsigned int order)
{
	/* Folios of two pages came with deferred lists that fit into them: 6.8 or so. */
	bool no_two = !keeps_order(env) && env->l->AS_LARGE_FOLIO_SUPPORT.known;

	if (index & ((1ULL << order) - 1)) {
		order = (unsigned int)__builtin_ctzll(index);
		if (no_two && order == 1)
			order = 0;
	}
	while (order && index + (1ULL << order) - 1 > limit) {
		order--;
		if (no_two && order == 1)
			order = 0;
	}
	return order;
}

static unsigned int first_order(const struct mi_ra_env *env, const struct mi_readahead *ra,
				unsigned int order)
{
	unsigned int max = (unsigned int)env->max_order, size = log2_of(ra->size);

	if (!keeps_order(env) && order < max)
		order += ORDER_FOR_READ;
	order = order < max ? order : max;
	return order < size ? order : size;
}

/* page_cache_ra_order(): large folios up to the first page that is there, then single pages. */
static void read_folios(const struct mi_ra_env *env, struct mi_readahead *ra, uint64_t start,
			unsigned int order, struct mi_ra_read *r)
{
	uint64_t index = start, limit = start + ra->size - 1, left = ra->size;
	uint64_t mark = start + ra->size - ra->async_size, first;
	unsigned int o;

	if (keeps_order(env) && env->eof - 1 <= limit)
		mark = ~0ULL;
	limit = limit < env->eof - 1 ? limit : env->eof - 1;
	order = first_order(env, ra, order);
	if (keeps_order(env))
		ra->order = order;
	first = env->look.first_present(env->look.arg, start, limit + 1);
	while (index <= limit) {
		o = order_at(env, index, limit, order);
		if (index + (1ULL << o) > first)
			break;
		if (mark != ~0ULL && index == (mark >> o << o))
			set_marker(r, index, 1ULL << o);
		index += 1ULL << o;
	}
	add_filled(r, start, index, order);
	if (index > limit)
		return;
	if (keeps_order(env))
		left = ra->size > index - start ? ra->size - (index - start) : 0;
	else if (!env->l->sym_ondemand_readahead && index != start) {
		/* Shortened or not, by which of two kernels without a difference in types. */
		cannot_tell(r,
			    "large folios up to a page in the cache: kernels of this form differ");
		return;
	}
	read_pages(env, index, left, ra->async_size, r);
}

static void read_order(const struct mi_ra_env *env, struct mi_readahead *ra, uint64_t start,
		       unsigned int order, struct mi_ra_read *r)
{
	bool small = !keeps_order(env) && ra->size < SMALLEST_FOLIOS;

	if (start >= env->eof)
		return;
	if (env->max_order < 0)
		cannot_tell(r, "the orders of the file's folios are not known");
	else if (env->min_order > 0)
		cannot_tell(r, "the file has no single pages");
	else if (env->max_order && !small && env->l->sym_page_cache_ra_order)
		read_folios(env, ra, start, order, r);
	else
		read_pages(env, start, ra->size, ra->async_size, r);
	if (!env->max_order && keeps_order(env))
		ra->order = 0;
}

/* The stretches in [@from, @to) that the cache does not have. */
static uint64_t count_stretches(const struct mi_ra_look *look, uint64_t from, uint64_t to)
{
	uint64_t n = 0;

	while ((from = look->first_absent(look->arg, from, to)) < to) {
		n++;
		from = look->first_present(look->arg, from, to);
	}
	return n;
}

/* What the window is worth once it is decided. */
static void finish(const struct mi_ra_env *env, struct mi_ra_read *r, uint64_t start,
		   uint64_t pages, uint64_t async)
{
	const struct mi_ra_look *look = &env->look;
	size_t i;

	r->start = start;
	r->pages = start >= env->eof ? 0 : pages < env->eof - start ? pages : env->eof - start;
	r->async = async;
	/* Large folios, and the single pages behind them, are read one after the other. */
	for (i = 0; i < r->n_filled; i++) {
		r->read += look->count_absent(look->arg, r->filled[i].from, r->filled[i].to);
		r->reads += count_stretches(look, r->filled[i].from, r->filled[i].to);
	}
}

/* ---- sizes ---- */

static uint32_t first_size(uint32_t request, uint32_t max)
{
	uint32_t size = 1;

	while (size < request)
		size *= 2;
	if (size <= max / 32)
		return size * 4;
	return size <= max / 4 ? size * 2 : max;
}

static uint32_t next_size(uint32_t size, uint32_t max)
{
	if (size < max / 16)
		return 4 * size;
	return size <= max / 2 ? 2 * size : max;
}

/* A window that begins with its own marker takes the next one in: up to 6.10. */
static void merge(const struct mi_ra_env *env, struct mi_readahead *ra, uint64_t index)
{
	uint32_t more, max = ra->ra_pages;

	if (!env->l->sym_ondemand_readahead || index != ra->start || ra->size != ra->async_size)
		return;
	more = next_size(ra->size, max);
	if (ra->size + more <= max) {
		ra->async_size = more;
		ra->size += more;
	} else {
		ra->size = max;
		ra->async_size = max >> 1;
	}
}

/* ---- misses ---- */

static bool sequential_start(const struct mi_ra_env *env, struct mi_readahead *ra, uint64_t index)
{
	uint64_t last = (uint64_t)ra->prev_pos >> MI_PAGE_SHIFT;
	uint32_t request = ra->ra_pages, max = ra->ra_pages;
	bool expected =
		index == ra->start + ra->size - ra->async_size || index == ra->start + ra->size;

	if (index && env->l->sym_ondemand_readahead && expected) {
		ra->start += ra->size;
		ra->size =
			next_size(ra->size, max) > ra->size ? next_size(ra->size, max) : ra->size;
		ra->async_size = ra->size;
		return true;
	}
	/* The history in the cache cannot be longer than what is asked for: max pages. */
	if (index && index - last > 1)
		return false;
	ra->start = index;
	ra->size = first_size(request, max);
	if (ra->size > request)
		ra->async_size = ra->size - request;
	else
		ra->async_size = env->l->sym_ondemand_readahead ? ra->size : ra->size >> 1;
	return true;
}

/* page_cache_sync_ra() as a fault calls it: for as many pages as may be read ahead. */
static void sync_sequential(const struct mi_ra_env *env, struct mi_readahead *ra, uint64_t index,
			    struct mi_ra_read *r)
{
	if (!ra->has_prev_pos || !ra->random_known || !generation_known(env, ra)) {
		cannot_tell(r, "how the file was read before is not known");
		return;
	}
	if (ra->random || !sequential_start(env, ra, index)) {
		read_pages(env, index, ra->ra_pages, 0, r);
		finish(env, r, index, ra->ra_pages, 0);
		return;
	}
	merge(env, ra, index);
	if (keeps_order(env))
		ra->order = 0;
	read_order(env, ra, ra->start, 0, r);
	finish(env, r, ra->start, ra->size, ra->async_size);
}

static void sync_around(const struct mi_ra_env *env, struct mi_readahead *ra, uint64_t index,
			struct mi_ra_read *r)
{
	uint64_t before = ra->ra_pages / 2;

	ra->start = index > before ? index - before : 0;
	ra->size = ra->ra_pages;
	ra->async_size = ra->ra_pages / 4;
	if (keeps_order(env))
		ra->order = 0;
	read_order(env, ra, ra->start, 0, r);
	finish(env, r, ra->start, ra->size, ra->async_size);
}

static void sync_code(const struct mi_ra_env *env, struct mi_readahead *ra, uint64_t index,
		      struct mi_ra_read *r)
{
	uint64_t end = index + ra->ra_pages;

	end = end < env->vm_end ? end : env->vm_end;
	ra->start = index;
	ra->size = (uint32_t)(end - index);
	ra->async_size = 0;
	ra->order = 0;
	read_order(env, ra, ra->start, 0, r);
	finish(env, r, ra->start, ra->size, 0);
}

static void sync_huge(const struct mi_ra_env *env, struct mi_readahead *ra, uint64_t index,
		      struct mi_ra_read *r)
{
	unsigned int order = mi_huge_order(env->l);
	uint64_t start = index >> order << order;

	ra->size = 1U << order;
	if (!(env->vm_flags & MI_VM_RAND_READ))
		ra->size *= 2;
	ra->async_size = 1U << order;
	if (keeps_order(env))
		ra->order = order;
	read_order(env, ra, start, order, r);
	finish(env, r, start, ra->size, ra->async_size);
}

void mi_ra_sync(const struct mi_ra_env *env, struct mi_readahead *ra, uint64_t index,
		struct mi_ra_read *ret)
{
	struct mi_next_miss rule;

	memset(ret, 0, sizeof(*ret));
	mi_readahead_rule(env->l, ra, env->vm_flags, env->max_order, &rule);
	ret->kind = rule.kind;
	ret->why = rule.why;
	if (!is_recent(env))
		cannot_tell(ret, "the rules of this kernel's readahead are not known");
	switch (ret->kind) {
	case MI_MISS_SEQUENTIAL:
		sync_sequential(env, ra, index, ret);
		break;
	case MI_MISS_AROUND:
		sync_around(env, ra, index, ret);
		break;
	case MI_MISS_CODE:
		sync_code(env, ra, index, ret);
		break;
	case MI_MISS_HUGE:
		sync_huge(env, ra, index, ret);
		break;
	case MI_MISS_NONE:
		add_filled(ret, index, index + 1, 0);
		finish(env, ret, index, 1, 0);
		break;
	default:
		break;
	}
}

void mi_ra_count_miss(const struct mi_ra_env *env, struct mi_readahead *ra)
{
	bool late = env->l->ra_mmap_miss.size == 2;
	uint64_t uncounted = MI_VM_SEQ_READ | (late ? MI_VM_EXEC : MI_VM_RAND_READ);

	if (env->vm_flags & uncounted || !ra->ra_pages)
		return;
	if (env->vm_flags & MI_VM_RAND_READ)
		return;
	/* Huge pages are read before anything is counted, but in the latest. */
	if (env->vm_flags & MI_VM_HUGEPAGE && env->l->sym_page_cache_ra_order && !late)
		return;
	if (ra->mmap_miss < MISSES_MAX)
		ra->mmap_miss++;
}

/* ---- hits ---- */

bool mi_ra_heeds_marker(const struct mi_ra_env *env, const struct mi_readahead *ra)
{
	return !(env->vm_flags & MI_VM_RAND_READ) && ra->ra_pages;
}

/* The marker lies where this open file's last window has it. */
static bool is_expected(const struct mi_ra_env *env, const struct mi_readahead *ra, uint64_t index,
			unsigned int order)
{
	uint64_t end = ra->start + ra->size;

	if (index == (end - ra->async_size) >> order << order)
		return true;
	return env->l->sym_ondemand_readahead && index == end;
}

/* Somebody else's marker: go on behind the pages that are there. */
static bool resume(const struct mi_ra_env *env, struct mi_readahead *ra, uint64_t index)
{
	uint32_t max = ra->ra_pages;
	uint64_t end = index + 1 + max;
	uint64_t start = env->look.next_miss(env->look.arg, index + 1, end);

	if (start == end) {
		/* None is absent: that was once taken for the last page looked at. */
		if (!env->l->sym_ondemand_readahead)
			return false;
		start = end - 1;
	}
	if (start - index > max)
		return false;
	ra->start = start;
	ra->size = next_size((uint32_t)(start - index) + max, max);
	return true;
}

/* 6.16 or so on: the end is aligned to the folios. */
static void align_end(struct mi_readahead *ra)
{
	uint32_t max = ra->ra_pages, lowest = (uint32_t)__builtin_ctz(max);
	uint64_t end = ra->start + ra->size, aligned;
	uint32_t order;

	ra->order += ORDER_FOR_READ;
	order = ra->order < lowest ? ra->order : lowest;
	aligned = end >> order << order;
	if (aligned > ra->start)
		ra->size -= (uint32_t)(end - aligned);
}

bool mi_ra_async(const struct mi_ra_env *env, struct mi_readahead *ra, uint64_t index,
		 unsigned int order, struct mi_ra_read *ret)
{
	uint32_t next;

	memset(ret, 0, sizeof(*ret));
	ret->kind = MI_MISS_SEQUENTIAL;
	if (!mi_ra_heeds_marker(env, ra))
		return false;
	if (!generation_known(env, ra)) {
		cannot_tell(ret, "the rules of this kernel's readahead are not known");
		return true;
	}
	if (!index && env->l->sym_ondemand_readahead) {
		ra->start = 0;
		ra->size = first_size(ra->ra_pages, ra->ra_pages);
		ra->async_size = ra->size;
	} else if (is_expected(env, ra, index, order)) {
		next = next_size(ra->size, ra->ra_pages);
		ra->start += ra->size;
		/* A window of huge pages is larger than the limit, and stays so: with folios. */
		if (!env->l->sym_page_cache_ra_order || next > ra->size)
			ra->size = next;
	} else if (!resume(env, ra, index)) {
		return false;
	}
	if (keeps_order(env))
		align_end(ra);
	ra->async_size = ra->size;
	merge(env, ra, index);
	read_order(env, ra, ra->start, keeps_order(env) ? ra->order : order, ret);
	finish(env, ret, ra->start, ra->size, ra->async_size);
	return true;
}

/* ---- the mapping's folios ---- */

void mi_ra_folio_orders(struct mi_kernel *k, uint64_t mapping, int *min, int *max)
{
	const struct mi_layout *l = &k->l;
	uint64_t flags, mask;

	*min = 0;
	/* Before there were folios none of the cache was large. */
	*max = l->sym_page_cache_ra_order || mi_has(&l->folio_order) || mi_has(&l->folio_flags_1)
		       ? -1
		       : 0;
	if (*max == 0 || !mi_has(&l->as_flags) ||
	    mi_read_member(k->t, mapping, &l->as_flags, &flags))
		return;
	if (l->AS_FOLIO_ORDER_MAX.known && l->AS_FOLIO_ORDER_BITS.known &&
	    (uint64_t)l->AS_FOLIO_ORDER_MAX.value < 64 &&
	    l->AS_FOLIO_ORDER_MAX.value >= l->AS_FOLIO_ORDER_BITS.value &&
	    (uint64_t)l->AS_FOLIO_ORDER_BITS.value <= 8) {
		mask = (1ULL << l->AS_FOLIO_ORDER_BITS.value) - 1;
		*max = (int)(flags >> l->AS_FOLIO_ORDER_MAX.value & mask);
		*min = (int)(flags >> (l->AS_FOLIO_ORDER_MAX.value - l->AS_FOLIO_ORDER_BITS.value) &
			     mask);
	} else if (l->AS_LARGE_FOLIO_SUPPORT.known && l->AS_LARGE_FOLIO_SUPPORT.value >= 0 &&
		   l->AS_LARGE_FOLIO_SUPPORT.value < 64) {
		*max = flags >> l->AS_LARGE_FOLIO_SUPPORT.value & 1 ? (int)mi_huge_order(l) : 0;
	}
	if (*max > 0 && !l->sym_page_cache_ra_order)
		*max = -1;
}
