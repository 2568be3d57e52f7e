// SPDX-License-Identifier: GPL-2.0-or-later
/* memory.c - reads of the target's memory, through our page cache */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "internal.h"

static const struct {
	const char *word, *text;
} read_names[MI_READ_NR] = {
	[MI_READ_OK] = {"ok", "read"},
	[MI_READ_UNMAPPED] = {"unmapped", "not mapped by the kernel"},
	[MI_READ_EXCLUDED] = {"excluded", "not in the dump (filtered out)"},
	[MI_READ_HOLE] = {"hole", "not in the dump (no RAM there)"},
	[MI_READ_INCOMPLETE] = {"incomplete", "not in the dump (it is incomplete)"},
	[MI_READ_DAMAGED] = {"damaged", "damaged in the dump"},
	[MI_READ_IO] = {"io", "the dump could not be read"},
	[MI_READ_UNSTABLE] = {"unstable", "changed while it was read"},
};

const char *mi_read_text(enum mi_read why)
{
	return read_names[why < MI_READ_NR ? why : MI_READ_IO].text;
}

const char *mi_read_word(enum mi_read why)
{
	return read_names[why < MI_READ_NR ? why : MI_READ_IO].word;
}

static size_t frames_size(const struct mi_page_cache *c)
{
	return c->n_sets * MI_CACHE_WAYS * MI_PAGE_SIZE;
}

static bool cache_init(struct mi_page_cache *c, size_t n_sets)
{
	c->n_sets = n_sets;
	c->epoch = 1;
	/* Untouched frames cost nothing: a small question stays small. */
	c->frames = mmap(NULL, frames_size(c), PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (c->frames == MAP_FAILED)
		c->frames = NULL;
	c->sets = calloc(n_sets, sizeof(*c->sets));
	c->tlb = calloc(MI_TLB_SIZE, sizeof(*c->tlb));
	return c->frames && c->sets && c->tlb;
}

static void cache_free(struct mi_page_cache *c)
{
	if (c->frames)
		munmap(c->frames, frames_size(c));
	free(c->sets);
	free(c->tlb);
}

enum mi_status mi_memory_init(struct mi_target *t, struct mi_error *err)
{
	bool live = t->provider->live;

	t->cache = &t->first;
	if (!cache_init(&t->first, live ? MI_CACHE_SETS_LIVE : MI_CACHE_SETS) ||
	    (live && !cache_init(&t->again, MI_CACHE_SETS_AGAIN)))
		return mi_fail(err, MI_ERR_NOMEM, "no memory for the page cache");
	return MI_OK;
}

void mi_memory_free(struct mi_target *t)
{
	cache_free(&t->first);
	cache_free(&t->again);
}

/* ---- cached pages ---- */

/* Frames have 40 bits: mi_borrow_phys(). */
#define EPOCH_SHIFT 40
#define EPOCH_MAX ((1ULL << (64 - EPOCH_SHIFT)) - 1)

static uint64_t tag_of(const struct mi_page_cache *c, uint64_t pfn)
{
	return c->epoch << EPOCH_SHIFT | pfn;
}

static uint64_t frame_of(uint64_t tag)
{
	return tag & ((1ULL << EPOCH_SHIFT) - 1);
}

static struct mi_cache_set *set_of(const struct mi_page_cache *c, uint64_t pfn)
{
	return &c->sets[(pfn * 0x9e3779b97f4a7c15ULL) >> 32 & (c->n_sets - 1)];
}

static unsigned char *frame_at(const struct mi_page_cache *c, const struct mi_cache_set *set,
			       unsigned int way)
{
	return c->frames + ((size_t)(set - c->sets) * MI_CACHE_WAYS + way) * MI_PAGE_SIZE;
}

/* The way of @set where it is, or MI_CACHE_WAYS. */
static unsigned int way_of(const struct mi_page_cache *c, const struct mi_cache_set *set,
			   uint64_t pfn)
{
	uint64_t tag = tag_of(c, pfn);
	unsigned int w;

	for (w = 0; w < MI_CACHE_WAYS && set->tag[w] != tag; w++)
		;
	return w;
}

static unsigned char *find_page(const struct mi_page_cache *c, uint64_t pfn)
{
	const struct mi_cache_set *set = set_of(c, pfn);
	unsigned int w = way_of(c, set, pfn);

	return w < MI_CACHE_WAYS ? frame_at(c, set, w) : NULL;
}

static void forget_page(struct mi_page_cache *c, uint64_t pfn)
{
	struct mi_cache_set *set = set_of(c, pfn);
	unsigned int w = way_of(c, set, pfn);

	if (w < MI_CACHE_WAYS)
		set->tag[w] = 0;
}

static void forget_all(struct mi_page_cache *c)
{
	if (c->epoch++ < EPOCH_MAX)
		return;
	c->epoch = 1;
	memset(c->sets, 0, c->n_sets * sizeof(*c->sets));
	memset(c->tlb, 0, MI_TLB_SIZE * sizeof(*c->tlb));
}

/*
 * Frames for @n pages from @pfn on, up to the first that is there already or would take the
 * place of one of these. They are entered as if they were read.
 */
static size_t claim(struct mi_page_cache *c, uint64_t pfn, size_t n, struct iovec *iov)
{
	struct mi_cache_set *set;
	size_t i;

	for (i = 0; i < n && !find_page(c, pfn + i); i++) {
		uint64_t *tag;

		set = set_of(c, pfn + i);
		tag = &set->tag[set->next];
		if (*tag && *tag >> EPOCH_SHIFT == c->epoch && frame_of(*tag) - pfn < i)
			break;
		*tag = tag_of(c, pfn + i);
		set->part[set->next] = MI_PARTS_ALL;
		iov[i].iov_base = frame_at(c, set, set->next);
		iov[i].iov_len = MI_PAGE_SIZE;
		set->next = (set->next + 1) % MI_CACHE_WAYS;
	}
	return i;
}

/*
 * Of a running kernel each read is a system call, and dear: what is read in order (struct pages,
 * the pages of a slab) is read ahead.
 */
static bool read_ahead(struct mi_target *t, uint64_t pfn)
{
	const struct mi_provider_ops *ops = t->provider->ops;
	struct iovec iov[MI_RUN_MAX];
	size_t i, n;

	t->run = pfn == t->next_pfn ? t->run * 2 : 1;
	if (t->run > MI_RUN_MAX)
		t->run = MI_RUN_MAX;
	t->next_pfn = pfn + 1;
	if (!ops->read_run || t->run < 2)
		return false;
	n = claim(t->cache, pfn, t->run, iov);
	if (n && !ops->read_run(t->provider, pfn << MI_PAGE_SHIFT, iov, n)) {
		t->stats.pages_read += n;
		t->next_pfn = pfn + n;
		return true;
	}
	for (i = 0; i < n; i++)
		forget_page(t->cache, pfn + i);
	return false;
}

static enum mi_read read_one(struct mi_target *t, uint64_t pfn, unsigned char **page)
{
	struct mi_cache_set *set = set_of(t->cache, pfn);
	unsigned int w = set->next;
	enum mi_read r;

	*page = frame_at(t->cache, set, w);
	/* Cleared first: the provider may leave half a page, or longjmp (crash, on ^C). */
	set->tag[w] = 0;
	r = t->provider->ops->read_page(t->provider, pfn << MI_PAGE_SHIFT, *page);
	if (r) {
		t->stats.failed[r]++;
		return r;
	}
	t->stats.pages_read++;
	set->tag[w] = tag_of(t->cache, pfn);
	set->part[w] = MI_PARTS_ALL;
	set->next = (w + 1) % MI_CACHE_WAYS;
	return MI_READ_OK;
}

/* The whole cached page of frame @pfn. */
static enum mi_read cached_page(struct mi_target *t, uint64_t pfn, unsigned char **page)
{
	*page = find_page(t->cache, pfn);
	if (*page) {
		t->stats.cache_hits++;
		return MI_READ_OK;
	}
	if (read_ahead(t, pfn)) {
		*page = find_page(t->cache, pfn);
		return MI_READ_OK;
	}
	return read_one(t, pfn, page);
}

/* The parts of a page from byte @off to before @end, a bit each. */
static unsigned int parts_of(uint64_t off, uint64_t end)
{
	unsigned int first = (unsigned int)(off / MI_PART_SIZE);
	unsigned int n = (unsigned int)((end + MI_PART_SIZE - 1) / MI_PART_SIZE) - first;

	return ((1U << n) - 1) << first;
}

/*
 * Reads what lacks of @need, and what lies between, into way @w. Of a page that is asked for again
 * all that lacks: it may be a slab with many objects of one tree, and each read is a system call.
 */
static enum mi_read read_parts(struct mi_target *t, uint64_t pfn, struct mi_cache_set *set,
			       unsigned int w, unsigned int need)
{
	unsigned int lacks = (set->part[w] ? MI_PARTS_ALL : need) & ~set->part[w];
	unsigned int first = (unsigned int)__builtin_ctz(lacks);
	unsigned int end = 32 - (unsigned int)__builtin_clz(lacks);
	size_t off = (size_t)first * MI_PART_SIZE, len = (size_t)(end - first) * MI_PART_SIZE;
	enum mi_read r;

	r = t->provider->ops->read_part(t->provider, (pfn << MI_PAGE_SHIFT) + off,
					frame_at(t->cache, set, w) + off, len);
	if (r) {
		t->stats.failed[r]++;
		return r;
	}
	set->part[w] |= parts_of(off, off + len);
	t->parts_read += end - first;
	t->stats.pages_read += t->parts_read / MI_PARTS;
	t->parts_read %= MI_PARTS;
	return MI_READ_OK;
}

/* A cached page, of which bytes @off to @end are valid. */
static enum mi_read cached_parts(struct mi_target *t, uint64_t pfn, uint64_t off, uint64_t end,
				 unsigned char **page)
{
	struct mi_cache_set *set = set_of(t->cache, pfn);
	unsigned int w = way_of(t->cache, set, pfn), need = parts_of(off, end);
	enum mi_read r = MI_READ_OK;

	if (w == MI_CACHE_WAYS && need == MI_PARTS_ALL)
		return cached_page(t, pfn, page);
	if (w == MI_CACHE_WAYS) {
		w = set->next;
		set->tag[w] = 0;
		set->part[w] = 0;
	}
	*page = frame_at(t->cache, set, w);
	if (need & ~set->part[w])
		r = read_parts(t, pfn, set, w, need);
	else
		t->stats.cache_hits++;
	if (!r && !set->tag[w]) {
		set->tag[w] = tag_of(t->cache, pfn);
		set->next = (w + 1) % MI_CACHE_WAYS;
	}
	return r;
}

/* ---- a running kernel ---- */

void mi_target_refresh(struct mi_target *t)
{
	if (t->provider->live)
		forget_all(&t->first);
}

/* At most MI_RUN_MAX pages; what cannot be read together is read when it is asked for. */
static void reread_run(struct mi_target *t, uint64_t pfn, size_t n)
{
	struct iovec iov[MI_RUN_MAX];
	size_t i, got;

	for (i = 0; i < n; i++)
		forget_page(t->cache, pfn + i);
	if (n < 2 || !t->provider->ops->read_run)
		return;
	got = claim(t->cache, pfn, n, iov);
	if (got && !t->provider->ops->read_run(t->provider, pfn << MI_PAGE_SHIFT, iov, got)) {
		t->stats.pages_read += got;
		return;
	}
	for (i = 0; i < got; i++)
		forget_page(t->cache, pfn + i);
}

void mi_target_reread(struct mi_target *t, uint64_t va, size_t n)
{
	uint64_t pa, first = 0;
	size_t i, run = 0;

	if (!t->provider->live)
		return;
	for (i = 0; i < n; i++, va += MI_PAGE_SIZE) {
		if (mi_virt_to_phys(t, va, &pa))
			continue;
		pa >>= MI_PAGE_SHIFT;
		if (run == MI_RUN_MAX || (run && pa != first + run)) {
			reread_run(t, first, run);
			run = 0;
		}
		if (!run++)
			first = pa;
	}
	if (run)
		reread_run(t, first, run);
}

void mi_look_again(struct mi_target *t)
{
	if (!t->provider->live || t->looks++)
		return;
	forget_all(&t->again);
	t->cache = &t->again;
}

void mi_look_end(struct mi_target *t, bool changed)
{
	const struct mi_page_cache *c = &t->again;
	size_t i;

	if (!t->provider->live || --t->looks)
		return;
	t->cache = &t->first;
	if (!changed)
		return;
	memset(t->first.tlb, 0, MI_TLB_SIZE * sizeof(*t->first.tlb));
	for (i = 0; i < c->n_sets * MI_CACHE_WAYS; i++) {
		uint64_t tag = c->sets[i / MI_CACHE_WAYS].tag[i % MI_CACHE_WAYS];

		if (tag && tag >> EPOCH_SHIFT == c->epoch)
			forget_page(&t->first, frame_of(tag));
	}
}

/* ---- reads ---- */

enum mi_read mi_borrow_phys(struct mi_target *t, uint64_t pa, size_t len, const void **ptr)
{
	uint64_t off = pa & (MI_PAGE_SIZE - 1);
	unsigned char *page;
	enum mi_read r;

	if (pa >> 52 || len > MI_PAGE_SIZE - off)
		return MI_READ_HOLE;
	if (t->looks && t->provider->ops->read_part)
		r = cached_parts(t, pa >> MI_PAGE_SHIFT, off, off + len, &page);
	else
		r = cached_page(t, pa >> MI_PAGE_SHIFT, &page);
	if (r)
		return r;
	*ptr = page + off;
	return MI_READ_OK;
}

enum mi_read mi_virt_to_phys(struct mi_target *t, uint64_t va, uint64_t *pa)
{
	uint64_t vpn = va >> MI_PAGE_SHIFT;
	struct mi_tlb_entry *e = &t->cache->tlb[(vpn ^ vpn >> 12) & (MI_TLB_SIZE - 1)];
	uint64_t frame;
	enum mi_read r;

	if (e->vpn == vpn + 1 && e->epoch == t->cache->epoch) {
		*pa = e->pa | (va & (MI_PAGE_SIZE - 1));
		return MI_READ_OK;
	}
	if (!t->xlat_ready)
		return MI_READ_UNMAPPED;
	r = mi_xlat_walk(t, &t->xlat, va & ~(uint64_t)(MI_PAGE_SIZE - 1), &frame);
	if (r)
		return r;
	e->vpn = vpn + 1;
	e->epoch = t->cache->epoch;
	e->pa = frame;
	*pa = frame | (va & (MI_PAGE_SIZE - 1));
	return MI_READ_OK;
}

enum mi_read mi_borrow_virt(struct mi_target *t, uint64_t va, size_t len, const void **ptr)
{
	uint64_t pa;
	enum mi_read r = mi_virt_to_phys(t, va, &pa);

	return r ? r : mi_borrow_phys(t, pa, len, ptr);
}

static size_t part_of_page(uint64_t addr, size_t len)
{
	size_t room = MI_PAGE_SIZE - (addr & (MI_PAGE_SIZE - 1));

	return len < room ? len : room;
}

typedef enum mi_read (*borrow_fn)(struct mi_target *t, uint64_t addr, size_t len, const void **ptr);

/* Inlined with a constant @borrow: no call through a pointer. */
static inline enum mi_read copy_range(struct mi_target *t, uint64_t addr, void *buf, size_t len,
				      borrow_fn borrow)
{
	unsigned char *to = buf;
	const void *from;
	size_t part;
	enum mi_read r;

	for (; len; addr += part, to += part, len -= part) {
		part = part_of_page(addr, len);
		r = borrow(t, addr, part, &from);
		if (r)
			return r;
		memcpy(to, from, part);
	}
	return MI_READ_OK;
}

enum mi_read mi_read_phys(struct mi_target *t, uint64_t pa, void *buf, size_t len)
{
	return copy_range(t, pa, buf, len, mi_borrow_phys);
}

enum mi_read mi_read_virt(struct mi_target *t, uint64_t va, void *buf, size_t len)
{
	return copy_range(t, va, buf, len, mi_borrow_virt);
}

enum mi_read mi_read_u64(struct mi_target *t, uint64_t va, uint64_t *val)
{
	return mi_read_virt(t, va, val, sizeof(*val));
}

enum mi_read mi_read_u32(struct mi_target *t, uint64_t va, uint32_t *val)
{
	return mi_read_virt(t, va, val, sizeof(*val));
}

unsigned int mi_word_size(const struct mi_target *t)
{
	return t->facts.pointer_bytes == 4 ? 4 : 8;
}

uint64_t mi_word_mask(const struct mi_target *t)
{
	return mi_word_size(t) == 4 ? ~0U : ~0ULL;
}

uint64_t mi_word_at(const struct mi_target *t, const void *at)
{
	uint64_t word = 0;

	memcpy(&word, at, mi_word_size(t));
	return word;
}

enum mi_read mi_read_ulongs(struct mi_target *t, uint64_t va, uint64_t *val, size_t n)
{
	enum mi_read r = mi_read_virt(t, va, val, n * mi_word_size(t));
	const unsigned char *from = (const unsigned char *)val;
	uint32_t word;

	/* From the last to the first: none is overwritten before it was taken. */
	while (!r && mi_word_size(t) == 4 && n--) {
		memcpy(&word, from + n * sizeof(word), sizeof(word));
		val[n] = word;
	}
	return r;
}

enum mi_read mi_read_ulong(struct mi_target *t, uint64_t va, uint64_t *val)
{
	return mi_read_ulongs(t, va, val, 1);
}

bool mi_is_kernel_address(const struct mi_target *t, uint64_t va)
{
	return t->xlat.arch ? t->xlat.arch->is_kernel(&t->xlat, &va) : va >> 63;
}

enum mi_read mi_read_string(struct mi_target *t, uint64_t va, char *buf, size_t size)
{
	size_t part, n, left;
	const void *from;
	enum mi_read r = MI_READ_OK;

	for (left = size - 1; left; va += part, buf += part, left -= part) {
		part = part_of_page(va, left);
		r = mi_borrow_virt(t, va, part, &from);
		if (r)
			break;
		n = strnlen(from, part);
		memcpy(buf, from, n);
		if (n < part) {
			buf += n;
			break;
		}
	}
	*buf = '\0';
	return r;
}
