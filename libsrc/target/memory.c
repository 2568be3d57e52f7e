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
};

const char *mi_read_text(enum mi_read why)
{
	return read_names[why < MI_READ_NR ? why : MI_READ_IO].text;
}

const char *mi_read_word(enum mi_read why)
{
	return read_names[why < MI_READ_NR ? why : MI_READ_IO].word;
}

enum mi_status mi_memory_init(struct mi_target *t, struct mi_error *err)
{
	/* Untouched frames cost nothing: a small question stays small. */
	t->frames =
		mmap(NULL, (size_t)MI_CACHE_SETS * MI_CACHE_WAYS * MI_PAGE_SIZE,
		     PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (t->frames == MAP_FAILED)
		t->frames = NULL;
	t->sets = calloc(MI_CACHE_SETS, sizeof(*t->sets));
	t->tlb = calloc(MI_TLB_SIZE, sizeof(*t->tlb));
	if (!t->frames || !t->sets || !t->tlb)
		return mi_fail(err, MI_ERR_NOMEM, "no memory for the page cache");
	return MI_OK;
}

void mi_memory_free(struct mi_target *t)
{
	if (t->frames)
		munmap(t->frames, (size_t)MI_CACHE_SETS * MI_CACHE_WAYS * MI_PAGE_SIZE);
	free(t->sets);
	free(t->tlb);
}

/* The whole cached page of frame @pfn. */
static enum mi_read cached_page(struct mi_target *t, uint64_t pfn, unsigned char **page)
{
	size_t s = (pfn * 0x9e3779b97f4a7c15ULL) >> 32 & (MI_CACHE_SETS - 1);
	struct mi_cache_set *set = &t->sets[s];
	unsigned char *base = t->frames + s * MI_CACHE_WAYS * MI_PAGE_SIZE;
	enum mi_read r;
	unsigned int w;

	for (w = 0; w < MI_CACHE_WAYS; w++) {
		if (set->tag[w] == pfn + 1) {
			t->stats.cache_hits++;
			*page = base + w * MI_PAGE_SIZE;
			return MI_READ_OK;
		}
	}
	w = set->next;
	/* Cleared first: the provider may leave half a page, or longjmp (crash, on ^C). */
	set->tag[w] = 0;
	r = t->provider->ops->read_page(t->provider, pfn << MI_PAGE_SHIFT, base + w * MI_PAGE_SIZE);
	if (r) {
		t->stats.failed[r]++;
		return r;
	}
	t->stats.pages_read++;
	set->tag[w] = pfn + 1;
	set->next = (w + 1) % MI_CACHE_WAYS;
	*page = base + w * MI_PAGE_SIZE;
	return MI_READ_OK;
}

enum mi_read mi_borrow_phys(struct mi_target *t, uint64_t pa, size_t len, const void **ptr)
{
	uint64_t off = pa & (MI_PAGE_SIZE - 1);
	unsigned char *page;
	enum mi_read r;

	if (pa >> 52 || len > MI_PAGE_SIZE - off)
		return MI_READ_HOLE;
	r = cached_page(t, pa >> MI_PAGE_SHIFT, &page);
	if (r)
		return r;
	*ptr = page + off;
	return MI_READ_OK;
}

enum mi_read mi_virt_to_phys(struct mi_target *t, uint64_t va, uint64_t *pa)
{
	uint64_t vpn = va >> MI_PAGE_SHIFT;
	struct mi_tlb_entry *e = &t->tlb[(vpn ^ vpn >> 12) & (MI_TLB_SIZE - 1)];
	uint64_t frame;
	enum mi_read r;

	if (e->vpn == vpn + 1) {
		*pa = e->pa | (va & (MI_PAGE_SIZE - 1));
		return MI_READ_OK;
	}
	/* User addresses and non-canonical ones are no kernel memory. */
	if (!t->xlat_ready || (int64_t)va >= 0)
		return MI_READ_UNMAPPED;
	r = mi_xlat_walk(t, &t->xlat, va & ~(uint64_t)(MI_PAGE_SIZE - 1), &frame);
	if (r)
		return r;
	e->vpn = vpn + 1;
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
