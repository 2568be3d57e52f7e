// SPDX-License-Identifier: GPL-2.0-or-later
/* page.c - what struct page and struct folio say */
#include "page.h"
#include "folio.h"

#define ORDER_MAX 18 /* 1 GiB pages */

/* Low bits of page->mapping; include/linux/page-flags.h */
#define MAPPING_ANON 1
#define MAPPING_MOVABLE 2
#define MAPPING_FLAGS 3

const char *mi_page_flag_name(enum mi_page_flag flag)
{
	static const char *const names[MI_PG_NR] = {
		"locked",     "error",	   "referenced",   "uptodate",	   "dirty",
		"lru",	      "active",	   "workingset",   "slab",	   "reserved",
		"private",    "private_2", "writeback",	   "reclaim",	   "readahead",
		"swapbacked", "swapcache", "unevictable",  "mlocked",	   "hwpoison",
		"idle",	      "young",	   "owner_priv_1", "mappedtodisk",
	};

	return flag < MI_PG_NR ? names[flag] : NULL;
}

uint64_t mi_pfn_to_page(const struct mi_kernel *k, uint64_t pfn)
{
	return mi_memmodel_page(k, pfn);
}

bool mi_page_to_pfn(const struct mi_kernel *k, uint64_t addr, uint64_t *pfn)
{
	return mi_feature(k, MI_F_PAGE, NULL) && mi_memmodel_pfn(k, addr, pfn);
}

/* ---- flags ---- */

static bool bit_of(const struct mi_enumerator *e, uint64_t word)
{
	return e->known && e->value >= 0 && e->value < 64 && (word >> e->value & 1);
}

static uint32_t simple_flags(const struct mi_layout *l, uint64_t word)
{
	const struct {
		const struct mi_enumerator *e;
		enum mi_page_flag flag;
	} map[] = {
		{&l->PG_locked, MI_PG_LOCKED},
		{&l->PG_error, MI_PG_ERROR},
		{&l->PG_referenced, MI_PG_REFERENCED},
		{&l->PG_uptodate, MI_PG_UPTODATE},
		{&l->PG_dirty, MI_PG_DIRTY},
		{&l->PG_lru, MI_PG_LRU},
		{&l->PG_active, MI_PG_ACTIVE},
		{&l->PG_workingset, MI_PG_WORKINGSET},
		{&l->PG_slab, MI_PG_SLAB},
		{&l->PG_reserved, MI_PG_RESERVED},
		{&l->PG_private, MI_PG_PRIVATE},
		{&l->PG_private_2, MI_PG_PRIVATE_2},
		{&l->PG_writeback, MI_PG_WRITEBACK},
		{&l->PG_swapbacked, MI_PG_SWAPBACKED},
		{&l->PG_unevictable, MI_PG_UNEVICTABLE},
		{&l->PG_mlocked, MI_PG_MLOCKED},
		{&l->PG_hwpoison, MI_PG_HWPOISON},
		{&l->PG_idle, MI_PG_IDLE},
		{&l->PG_young, MI_PG_YOUNG},
	};
	uint32_t flags = 0;
	size_t i;

	for (i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (bit_of(map[i].e, word))
			flags |= 1U << map[i].flag;
	return flags;
}

/* Bits that mean one thing or another depending on the rest. */
static uint32_t shared_flags(const struct mi_layout *l, uint64_t word, const struct mi_page *pg)
{
	bool swapbacked = bit_of(&l->PG_swapbacked, word);
	bool own_swapcache = l->PG_swapcache.value != l->PG_owner_priv_1.value;
	uint32_t flags = 0;

	if (bit_of(&l->PG_reclaim, word)) {
		/* One bit: with writeback, or where nothing is read ahead, it is "reclaim". */
		bool reclaim = bit_of(&l->PG_writeback, word) || pg->owner != MI_OWNER_FILE;

		flags |= 1U << (reclaim ? MI_PG_RECLAIM : MI_PG_READAHEAD);
	}
	/* An alias of owner_priv_1 that counts for swapbacked pages alone since 4.10. */
	if (bit_of(&l->PG_swapcache, word) && (own_swapcache || swapbacked))
		flags |= 1U << MI_PG_SWAPCACHE;
	else if (bit_of(&l->PG_owner_priv_1, word))
		flags |= 1U << MI_PG_OWNER_PRIV_1;
	if (bit_of(&l->PG_mappedtodisk, word) && pg->owner == MI_OWNER_FILE)
		flags |= 1U << MI_PG_MAPPEDTODISK;
	return flags;
}

/* ---- folios ---- */

/* Flags of the folio before: the next one's word is mostly the same. */
struct flags_memo {
	bool valid;
	uint64_t word;
	enum mi_page_owner owner;
	uint32_t flags;
};

/* What tails of one folio share; kept from page to page. */
struct folio {
	uint64_t head_pfn;	/* ~0: nothing here */
	struct flags_memo memo; /* survives the folio */
	bool large, typed;
	struct mi_page page; /* of the head */
	int64_t of_head;     /* what its own mapcount says */
	int64_t entire;	     /* huge mappings of the whole folio */
	bool old_counts;     /* compound_mapcount rules (6.1 and before) */
	bool double_map;
	bool exclusive; /* PG_anon_exclusive of the head */
};

/*
 * Up to 4.3 head and tail have a flag each; where those are scarce there is one for both,
 * and tails have another one's beside it.
 */
static bool is_head(const struct mi_layout *l, uint64_t word)
{
	if (l->PG_head.known)
		return bit_of(&l->PG_head, word);
	return bit_of(&l->PG_compound, word) && !bit_of(&l->PG_reclaim, word);
}

static bool is_flagged_tail(const struct mi_layout *l, uint64_t word)
{
	if (l->PG_tail.known)
		return bit_of(&l->PG_tail, word);
	return bit_of(&l->PG_compound, word) && bit_of(&l->PG_reclaim, word);
}

static enum mi_read read_struct(struct mi_kernel *k, uint64_t pfn, unsigned char *raw)
{
	return mi_read_virt(k->t, mi_pfn_to_page(k, pfn), raw, k->l.size_page);
}

/*
 * Struct pages in one page of the memory map, borrowed: of those that follow each other each
 * need not be looked for. No other read may come between.
 */
struct window {
	uint64_t first, end; /* frames; first == end: nothing is borrowed */
	enum mi_read why;
	const unsigned char *raw;
};

static void open_window(struct mi_kernel *k, uint64_t pfn, struct window *win)
{
	const uint64_t size = k->l.size_page, at = mi_pfn_to_page(k, pfn);
	uint64_t n = (MI_PAGE_SIZE - (at & (MI_PAGE_SIZE - 1))) / size;
	const void *raw = NULL;

	win->first = win->end = 0;
	if (n > k->max_pfn - pfn)
		n = k->max_pfn - pfn;
	/* Two sections may lie side by side, and not in order. */
	if (!n || mi_pfn_to_page(k, pfn + n - 1) != at + (n - 1) * size ||
	    mi_pfn_to_page(k, pfn + n / 2) != at + n / 2 * size)
		return;
	win->why = mi_borrow_virt(k->t, at, n * size, &raw);
	win->first = pfn;
	win->end = pfn + n;
	win->raw = raw;
}

/* The struct page of @pfn: where it is borrowed, or in @buf. */
static enum mi_read peek_struct(struct mi_kernel *k, uint64_t pfn, struct window *win,
				unsigned char *buf, const unsigned char **raw)
{
	if (pfn < win->first || pfn >= win->end)
		open_window(k, pfn, win);
	if (win->first < win->end) {
		*raw = win->raw + (pfn - win->first) * k->l.size_page;
		return win->why;
	}
	*raw = buf;
	return read_struct(k, pfn, buf);
}

/* What is known of a tail page stands in its head: how it leads there. */
static bool is_old_compound(const struct mi_layout *l)
{
	return !mi_has(&l->page_compound_head) && !mi_has(&l->page_compound_info);
}

static uint64_t compound_word(const struct mi_layout *l, const unsigned char *raw)
{
	if (mi_has(&l->page_compound_info))
		return mi_get(raw, &l->page_compound_info);
	return mi_has(&l->page_compound_head) ? mi_get(raw, &l->page_compound_head) : 0;
}

static bool is_tail(const struct mi_layout *l, const unsigned char *raw)
{
	if (is_old_compound(l))
		return is_flagged_tail(l, mi_get(raw, &l->page_flags));
	return compound_word(l, raw) & 1;
}

/*
 * Frame of the head of the folio that the struct page @raw of @pfn belongs to.
 * The compound word's bit 0 marks a tail; the rest is the head's address or,
 * in 7.1 and later with HVO, a mask for the tail's own address. False if it
 * leads out of the vmemmap.
 */
static bool head_of(struct mi_kernel *k, uint64_t pfn, const unsigned char *raw, uint64_t *head)
{
	const struct mi_layout *l = &k->l;
	uint64_t word, addr;

	*head = pfn;
	if (!is_tail(l, raw))
		return true;
	if (is_old_compound(l))
		return mi_page_to_pfn(k, mi_get(raw, &l->page_first_page), head) && *head < pfn;
	word = compound_word(l, raw) & ~1ULL;
	addr = word;
	if (mi_has(&l->page_compound_info) && !((~word + 1) & ~word))
		addr = mi_pfn_to_page(k, pfn) & word;
	return mi_page_to_pfn(k, addr, head) && *head <= pfn;
}

static unsigned int folio_order(struct mi_kernel *k, const unsigned char *second, uint64_t head)
{
	const struct mi_layout *l = &k->l;
	uint64_t order = 0, at = mi_pfn_to_page(k, head);

	if (mi_has(&l->page_compound_order))
		order = mi_get(second, &l->page_compound_order);
	else if (mi_has(&l->folio_order))
		mi_read_member(k->t, at, &l->folio_order, &order);
	else if (is_old_compound(l))
		order = mi_get(second, &l->page_lru_prev);
	else if (mi_has(&l->folio_flags_1) && !mi_read_member(k->t, at, &l->folio_flags_1, &order))
		order &= 0xff;
	if (!order)
		mi_problem_bad(&k->problems, "folio", at, "has an order that cannot be told",
			       "its pages may be taken for single ones");
	if (order > ORDER_MAX) {
		mi_problem_bad(&k->problems, "folio", at, "has an impossible order", NULL);
		return 0;
	}
	return (unsigned int)order;
}

bool mi_orders_known(const struct mi_kernel *k)
{
	const struct mi_layout *l = &k->l;

	return mi_has(&l->page_compound_order) || mi_has(&l->folio_order) || is_old_compound(l) ||
	       mi_has(&l->folio_flags_1);
}

bool mi_hugetlb_known(const struct mi_kernel *k)
{
	const struct mi_layout *l = &k->l;

	return l->PGTY_hugetlb.known || l->PG_hugetlb.known ||
	       (is_old_compound(l) && l->sym_free_huge_page) ||
	       (mi_has(&l->page_compound_dtor) && l->HUGETLB_PAGE_DTOR.known);
}

static bool is_hugetlb(const struct mi_layout *l, const unsigned char *first,
		       const unsigned char *second)
{
	int64_t type = (int32_t)mi_get(first, &l->page_mapcount);

	/* The destructor itself. */
	if (is_old_compound(l))
		return l->sym_free_huge_page &&
		       mi_get(second, &l->page_lru_next) == l->sym_free_huge_page;
	if (l->PGTY_hugetlb.known)
		return (type >> 24 & 0xff) == (l->PGTY_hugetlb.value & 0xff);
	if (mi_has(&l->page_compound_dtor) && l->HUGETLB_PAGE_DTOR.known)
		return (int64_t)mi_get(second, &l->page_compound_dtor) ==
		       l->HUGETLB_PAGE_DTOR.value;
	return bit_of(&l->PG_hugetlb, mi_get(second, &l->page_flags));
}

static enum mi_read load_large(struct mi_kernel *k, const unsigned char *first, struct folio *f)
{
	const struct mi_layout *l = &k->l;
	unsigned char second[128];
	uint64_t v;

	enum mi_read r = read_struct(k, f->head_pfn + 1, second);

	if (r)
		return r;
	f->page.order = folio_order(k, second, f->head_pfn);
	f->page.hugetlb = is_hugetlb(l, first, second);
	if (f->page.hugetlb && (l->sym_basepage_index || is_old_compound(l)))
		f->page.index <<= f->page.order;
	f->old_counts = mi_counts_double_map(l);
	if (mi_has(&l->page_compound_mapcount)) {
		f->entire = (int32_t)mi_get(second, &l->page_compound_mapcount) + 1;
		f->double_map = bit_of(&l->PG_double_map, mi_get(second, &l->page_flags));
	} else if (mi_has_entire(l, f->page.order) &&
		   !mi_read_member(k->t, mi_pfn_to_page(k, f->head_pfn), &l->folio_entire_mapcount,
				   &v)) {
		f->entire = (int32_t)v + 1;
	}
	return MI_READ_OK;
}

static void decode_owner(const struct mi_layout *l, const unsigned char *raw, struct mi_page *pg)
{
	uint64_t mapping = mi_get(raw, &l->page_mapping);

	pg->mapping = mapping & ~(uint64_t)MAPPING_FLAGS;
	if (!mapping)
		pg->owner = MI_OWNER_NONE;
	else if ((mapping & MAPPING_FLAGS) == 0)
		pg->owner = MI_OWNER_FILE;
	else if ((mapping & MAPPING_FLAGS) == MAPPING_ANON)
		pg->owner = MI_OWNER_ANON;
	else if ((mapping & MAPPING_FLAGS) == MAPPING_MOVABLE)
		pg->owner = MI_OWNER_MOVABLE;
	else
		pg->owner = MI_OWNER_KSM;
}

/* _mapcount shares its word with the type of pages that cannot be mapped. */
static bool is_typed(const struct mi_layout *l, int32_t mapcount)
{
	int32_t limit = l->PGTY_buddy.known ? (int32_t)0xff000000 : -127;

	return mapcount < limit;
}

static uint32_t decode_flags(const struct mi_layout *l, uint64_t word, struct folio *f)
{
	struct flags_memo *memo = &f->memo;

	if (!memo->valid || memo->word != word || memo->owner != f->page.owner) {
		memo->valid = true;
		memo->word = word;
		memo->owner = f->page.owner;
		memo->flags = simple_flags(l, word) | shared_flags(l, word, &f->page);
	}
	return memo->flags;
}

static enum mi_read load_folio(struct mi_kernel *k, uint64_t head, const unsigned char *raw,
			       struct folio *f)
{
	const struct mi_layout *l = &k->l;
	uint64_t word = mi_get(raw, &l->page_flags);
	struct mi_page *pg = &f->page;

	pg->why = MI_READ_OK;
	pg->order = 0;
	pg->hugetlb = false;
	f->head_pfn = head;
	pg->head_pfn = head;
	decode_owner(l, raw, pg);
	pg->flags = decode_flags(l, word, f);
	pg->index = mi_get(raw, &l->page_index);
	pg->refcount = (int32_t)mi_get(raw, &l->page_refcount);
	f->typed = is_typed(l, (int32_t)mi_get(raw, &l->page_mapcount)) ||
		   pg->flags & 1U << MI_PG_SLAB;
	f->exclusive = bit_of(&l->PG_anon_exclusive, word);
	f->large = is_head(l, word);
	/* _mapcount of tails counts something else in these kernels. */
	f->of_head = (int64_t)(int32_t)mi_get(raw, &l->page_mapcount) + 1;
	return f->large ? load_large(k, raw, f) : MI_READ_OK;
}

/*
 * How often page tables map this page: fs/proc/page.c:kpagecount_read() and
 * page_mapcount() of the kernel's generation.
 */
static int64_t mapcount(const struct mi_layout *l, const struct folio *f, const unsigned char *raw)
{
	int64_t own = (int64_t)(int32_t)mi_get(raw, &l->page_mapcount) + 1;

	if (f->typed && !f->page.hugetlb)
		return 0;
	if (!f->large)
		return own;
	if (is_old_compound(l))
		return f->of_head;
	if (f->page.hugetlb)
		return f->old_counts ? own + f->entire : f->entire;
	if (!f->old_counts)
		return own + f->entire;
	/* File THPs of these kernels have the huge mappings in every page's count. */
	if (f->page.owner != MI_OWNER_ANON && f->page.owner != MI_OWNER_KSM)
		return own;
	return own + f->entire - f->double_map;
}

/* Of a folio that @f does not know: what all its pages share. */
static enum mi_read change_folio(struct mi_kernel *k, uint64_t head, uint64_t pfn,
				 const unsigned char *raw, struct folio *f)
{
	unsigned char head_raw[128];
	enum mi_read r;

	if (head == pfn)
		return load_folio(k, head, raw, f);
	r = read_struct(k, head, head_raw);
	return r ? r : load_folio(k, head, head_raw, f);
}

static void set_unknown(struct mi_page *out, uint64_t pfn, enum mi_read why)
{
	memset(out, 0, sizeof(*out));
	out->why = why;
	out->pfn = pfn;
	out->head_pfn = pfn;
}

static void load_one(struct mi_kernel *k, uint64_t pfn, struct folio *f, struct window *win,
		     struct mi_page *out)
{
	const struct mi_layout *l = &k->l;
	const unsigned char *raw = NULL;
	unsigned char buf[128];
	uint64_t head;
	enum mi_read r = MI_READ_HOLE;

	if (pfn < k->max_pfn)
		r = peek_struct(k, pfn, win, buf, &raw);
	if (!r && !head_of(k, pfn, raw, &head)) {
		mi_problem_bad(&k->problems, "struct page", mi_pfn_to_page(k, pfn),
			       "has an impossible compound head", "its state is missing");
		r = MI_READ_DAMAGED;
	}
	if (!r && head != f->head_pfn) {
		/* More will be read: what is borrowed is over. */
		if (raw != buf && (head != pfn || is_head(l, mi_get(raw, &l->page_flags)))) {
			raw = memcpy(buf, raw, l->size_page);
			win->end = win->first;
		}
		r = change_folio(k, head, pfn, raw, f);
	}
	if (r) {
		f->head_pfn = ~0ULL;
		set_unknown(out, pfn, r);
		return;
	}
	*out = f->page;
	out->pfn = pfn;
	out->index += pfn - head;
	out->mapcount = mapcount(l, f, raw);
	out->folio_anon_exclusive = out->owner == MI_OWNER_ANON && f->exclusive;
	out->anon_exclusive = out->owner == MI_OWNER_ANON &&
			      bit_of(&l->PG_anon_exclusive, mi_get(raw, &l->page_flags));
}

void mi_pages_load(struct mi_kernel *k, const uint64_t *pfns, size_t n, struct mi_page *out)
{
	struct folio f = {.head_pfn = ~0ULL};
	const bool known = mi_feature(k, MI_F_PAGE, NULL);
	struct window win = {0};
	size_t i;

	for (i = 0; i < n; i++) {
		if (known)
			load_one(k, pfns[i], &f, &win, &out[i]);
		else
			set_unknown(&out[i], pfns[i], MI_READ_UNMAPPED);
	}
}

/* ---- pages that are alike ---- */

/* What makes struct pages equal, as words of their memory; those that are not in use match. */
#define WORDS 5
struct likeness {
	size_t n;
	struct {
		size_t at;
		uint64_t mask, value;
	} word[WORDS];
};

/* The bits of @m count, or, with @only, these of its first word. */
static void count_bits(struct likeness *of, const struct mi_member *m, uint64_t only)
{
	size_t at = (size_t)m->off & ~(size_t)7, i;
	uint64_t mask = (m->size < 8 ? (1ULL << 8 * m->size) - 1 : ~0ULL) & only;

	mask <<= 8 * ((size_t)m->off & 7);
	for (i = 0; i < of->n && of->word[i].at != at; i++)
		;
	of->n += i == of->n;
	of->word[i].at = at;
	of->word[i].mask |= mask;
}

/* False: members lie as they do in no kernel that is known. */
static bool find_likeness(const struct mi_layout *l, bool large, struct likeness *of)
{
	const struct mi_member *compound =
		mi_has(&l->page_compound_info) ? &l->page_compound_info : &l->page_compound_head;
	const struct mi_member *all[] = {&l->page_flags, &l->page_mapping, &l->page_refcount,
					 &l->page_mapcount};
	size_t i;

	memset(of, 0, sizeof(*of));
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (!mi_has(all[i]) || all[i]->bits || all[i]->size > 8 ||
		    (all[i]->off & 7) + all[i]->size > 8 || l->size_page & 7)
			return false;
		count_bits(of, all[i], ~0ULL);
	}
	if (is_old_compound(l))
		return !large;
	if (compound->bits || (compound->off & 7) + compound->size > 8)
		return false;
	count_bits(of, compound, large ? ~0ULL : 1);
	return true;
}

static uint64_t word_at(const unsigned char *raw, size_t at)
{
	uint64_t word;

	memcpy(&word, raw + at, sizeof(word));
	return word;
}

/* From now on it is that of the struct page @raw. */
static void take_likeness(struct likeness *of, const unsigned char *raw)
{
	size_t i;

	for (i = 0; i < WORDS; i++)
		of->word[i].value = word_at(raw, of->word[i].at) & of->word[i].mask;
}

/* A page of the folio of which @first is one, too: tails are compared with their head's. */
static bool same_folio(struct mi_kernel *k, const struct folio *f, const struct mi_page *first,
		       uint64_t pfn, const unsigned char *raw)
{
	const struct mi_layout *l = &k->l;
	uint64_t head;

	return head_of(k, pfn, raw, &head) && head == f->head_pfn &&
	       mapcount(l, f, raw) == first->mapcount &&
	       (first->owner != MI_OWNER_ANON ||
		first->anon_exclusive ==
			bit_of(&l->PG_anon_exclusive, mi_get(raw, &l->page_flags)));
}

/* Of @n struct pages in a row, @size bytes each, how many are alike. */
static size_t alike_in_a_row(const struct likeness *like, const unsigned char *raw, size_t size,
			     size_t n)
{
	const struct likeness of = *like;
	size_t i;

#define DIFFER(w) ((word_at(raw, of.word[w].at) & of.word[w].mask) ^ of.word[w].value)
	for (i = 0; i < n; i++, raw += size)
		if (DIFFER(0) | DIFFER(1) | DIFFER(2) | DIFFER(3) | DIFFER(4))
			break;
#undef DIFFER
	return i;
}

/* Of @pfns how many follow each other, up to the end of the window. */
static size_t in_a_row(const uint64_t *pfns, size_t n, const struct window *win)
{
	size_t i = 1;

	if (pfns[0] < win->first || pfns[0] >= win->end)
		return 1;
	n = n < win->end - pfns[0] ? n : (size_t)(win->end - pfns[0]);
	while (i < n && pfns[i] == pfns[0] + i)
		i++;
	return i;
}

size_t mi_pages_alike(struct mi_kernel *k, const uint64_t *pfns, size_t n)
{
	struct folio f = {.head_pfn = ~0ULL};
	struct window win = {0};
	const unsigned char *raw;
	unsigned char buf[128];
	struct likeness like;
	struct mi_page first;
	size_t i, row;

	if (!mi_feature(k, MI_F_PAGE, NULL))
		return 1;
	load_one(k, pfns[0], &f, &win, &first);
	if (first.why || !find_likeness(&k->l, f.large, &like))
		return 1;
	for (i = 0; i < n && pfns[i] < k->max_pfn; i += row) {
		if (peek_struct(k, pfns[i], &win, buf, &raw))
			break;
		row = in_a_row(pfns + i, n - i, &win);
		/* Tails of two folios may be equal, but there is a head between them. */
		if (i && f.large && !same_folio(k, &f, &first, pfns[i], raw))
			break;
		if (!i || f.large)
			take_likeness(&like, raw);
		row = alike_in_a_row(&like, raw, k->l.size_page, row);
		if (!row)
			break;
	}
	return i ? i : 1;
}
