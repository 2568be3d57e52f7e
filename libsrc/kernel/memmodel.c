// SPDX-License-Identifier: GPL-2.0-or-later
/* memmodel.c - where struct pages lie; contract in memmodel.h */
#include <stdlib.h>

#include "kernel.h"
#include "memmodel.h"
#include "pagetable.h"

/*
 * SECTION_SIZE_BITS of x86-64, in all kernels; of i386, with PAE, as some kernels tell. Of arm64 it
 * was 30 before 5.12, but that has a vmemmap, for which the size of sections does not matter.
 */
#define SECTION_BITS 27
#define SECTION_BITS_I386 26
#define SECTION_BITS_PAE 29
#define SECTIONS_MAX (1U << 21)	      /* 48 bits of physical addresses */
#define MAP_FLAGS 0x3fULL	      /* of section_mem_map: two bits, six later */
#define MAP_PRESENT 3ULL	      /* SECTION_MARKED_PRESENT, SECTION_HAS_MEM_MAP */
#define VMEMMAP 0xffffea0000000000ULL /* up to 4.8: arch/x86/include/asm/pgtable_64_types.h */

/* What sections[] is while it is read. */
struct sections {
	struct mi_kernel *k;
	uint64_t *base;
	size_t n, room, seen;
	bool equal; /* all so far have one base: there is a vmemmap */
};

static bool keep(struct sections *s, size_t nr, uint64_t base)
{
	size_t room = s->room ? s->room : 64;
	uint64_t *more;

	while (room <= nr)
		room *= 2;
	if (room != s->room) {
		more = realloc(s->base, room * sizeof(*more));
		if (!more)
			return false;
		memset(more + s->room, 0, (room - s->room) * sizeof(*more));
		s->base = more;
		s->room = room;
	}
	s->equal = s->equal && (!s->seen || base == s->base[s->n - 1]);
	s->base[nr] = base;
	s->n = nr + 1;
	s->seen++;
	return true;
}

/* Sections from number @first: @n of struct mem_section at @at. False: not to be read. */
static bool read_root(struct sections *s, uint64_t at, size_t first, size_t n)
{
	const struct mi_layout *l = &s->k->l;
	unsigned char raw[128];
	uint64_t map;
	size_t i;

	for (i = 0; i < n; i++) {
		if (mi_read_virt(s->k->t, at + i * l->size_section, raw, l->size_section))
			return false;
		map = mi_get(raw, &l->section_mem_map);
		if ((map & MAP_PRESENT) == MAP_PRESENT && !keep(s, first + i, map & ~MAP_FLAGS))
			return false;
	}
	return true;
}

/* Where mem_section[] is; since 4.15 the symbol may be a pointer to it. *@n: of its words. */
static bool find_roots(const struct mi_kernel *k, uint64_t *at, size_t *n)
{
	uint64_t room = mi_symbol_room(k->t, k->l.sym_mem_section), length;
	unsigned int word = mi_word_size(k->t);

	*at = k->l.sym_mem_section;
	if (room < 64 && mi_target_number(k->t, "LENGTH(mem_section)", &length) &&
	    length < SECTIONS_MAX && room < word * length) {
		room = word * length;
		if (mi_read_ulong(k->t, *at, at) || !mi_is_kernel_address(k->t, *at))
			return false;
	}
	*n = room / word < SECTIONS_MAX ? (size_t)(room / word) : SECTIONS_MAX;
	return true;
}

/*
 * Where a section's struct pages would begin if it was the first: of a high one, on i386, that
 * may be below the kernel.
 */
static bool is_map(const struct mi_kernel *k, uint64_t map)
{
	return (map & MAP_PRESENT) == MAP_PRESENT &&
	       (mi_word_size(k->t) == 4 || mi_is_kernel_address(k->t, map));
}

/*
 * mem_section[] has pointers, each to a page of sections (CONFIG_SPARSEMEM_EXTREME), or
 * the sections themselves: whose flags tell them from pointers.
 */
static bool read_sections(struct sections *s)
{
	const struct mi_layout *l = &s->k->l;
	size_t per_root = MI_PAGE_SIZE / l->size_section, i, n;
	bool pointers = false, direct = false;
	unsigned int word = mi_word_size(s->k->t);
	uint64_t roots, root;

	if (!find_roots(s->k, &roots, &n))
		return false;
	for (i = 0; i < n && !pointers && !direct; i++) {
		if (mi_read_ulong(s->k->t, roots + word * i, &root))
			return false;
		direct = is_map(s->k, root);
		pointers = mi_is_kernel_address(s->k->t, root) && !(root & (word - 1));
	}
	if (direct)
		return read_root(s, roots, 0, word * n / l->size_section);
	for (i = 0; pointers && i < n && (i + 1) * per_root <= SECTIONS_MAX; i++) {
		if (mi_read_ulong(s->k->t, roots + word * i, &root))
			return false;
		/* What follows the array may be anything: a root is a page-sized object. */
		if (!root)
			continue;
		if (!mi_is_kernel_address(s->k->t, root) || root & 63 ||
		    !read_root(s, root, i * per_root, per_root))
			return s->seen;
	}
	return s->seen;
}

static int by_address(const void *a, const void *b)
{
	const struct mi_section *x = a, *y = b;

	return x->pages < y->pages ? -1 : x->pages > y->pages;
}

/* Without a vmemmap each section has an array of its own. Takes s->base over. */
static bool index_sections(struct sections *s, struct mi_memmodel *m)
{
	size_t i;

	m->section = calloc(s->seen, sizeof(*m->section));
	if (!m->section)
		return false;
	for (i = 0; i < s->n; i++) {
		uint64_t first = i * m->section_pages;

		if (s->base[i])
			m->section[m->n_sections++] = (struct mi_section){
				.pages = (s->base[i] + first * s->k->l.size_page) &
					 mi_word_mask(s->k->t),
				.pfn = first};
	}
	qsort(m->section, m->n_sections, sizeof(*m->section), by_address);
	m->base_of = s->base;
	m->n_bases = s->n;
	s->base = NULL;
	return true;
}

static unsigned int section_bits(struct mi_kernel *k)
{
	uint64_t bits;

	if (mi_word_size(k->t) == 8)
		return SECTION_BITS;
	if (mi_target_number(k->t, "NUMBER(SECTION_SIZE_BITS)", &bits) && bits > 20 && bits < 32)
		return (unsigned int)bits;
	return mi_target_facts(k->t)->tables->level[1].bytes == 8 ? SECTION_BITS_PAE
								  : SECTION_BITS_I386;
}

static bool from_sections(struct mi_kernel *k, struct mi_memmodel *m)
{
	struct sections s = {.k = k, .equal = true};
	bool good;

	if (!k->l.sym_mem_section || !k->l.size_section || !mi_has(&k->l.section_mem_map))
		return false;
	m->section_pages = 1ULL << (section_bits(k) - MI_PAGE_SHIFT);
	good = read_sections(&s) && s.seen;
	if (good && s.equal)
		m->base = s.base[s.n - 1];
	else if (good)
		good = index_sections(&s, m);
	free(s.base);
	return good;
}

/* The range is the vmemmap's alone: where it maps the struct page of _stext, it is in use. */
static bool from_constant(struct mi_kernel *k, struct mi_memmodel *m)
{
	uint64_t pa, flags;

	if (!k->l.sym_stext || !mi_has(&k->l.page_first_page) ||
	    mi_virt_to_phys(k->t, k->l.sym_stext, &pa) ||
	    mi_read_ulong(k->t, VMEMMAP + (pa >> MI_PAGE_SHIFT) * k->l.size_page, &flags))
		return false;
	m->base = VMEMMAP;
	return true;
}

/* One array for all of memory, wherever that begins. */
static bool from_mem_map(struct mi_kernel *k, struct mi_memmodel *m)
{
	m->first = mi_target_facts(k->t)->lowmem_pfn;
	return !k->l.sym_mem_section && k->l.sym_mem_map &&
	       !mi_read_ulong(k->t, k->l.sym_mem_map, &m->base) &&
	       mi_is_kernel_address(k->t, m->base);
}

/* Sections of arm are as large as each machine's header says, up to 3.3 or so. */
static bool knows_sections(struct mi_kernel *k)
{
	uint64_t bits;

	return k->pte->arch != MI_ARCH_ARM || !k->l.sym_mem_section ||
	       mi_target_number(k->t, "NUMBER(SECTION_SIZE_BITS)", &bits);
}

bool mi_memmodel_init(struct mi_kernel *k, const char **why)
{
	struct mi_memmodel *m = &k->memmodel;

	if (k->pte->arch == MI_ARCH_ARM64) {
		*why = "mem_section and what it leads to cannot be read";
		return k->l.size_page && from_sections(k, m);
	}
	if (k->l.sym_vmemmap_base) {
		*why = "vmemmap_base could not be read";
		return !mi_read_ulong(k->t, k->l.sym_vmemmap_base, &m->base);
	}
	/* Where everything is shuffled at boot, nothing else will do. */
	*why = "no symbol vmemmap_base";
	if (!k->l.size_page ||
	    (mi_word_size(k->t) == 8 && !strcmp(k->l.as_pages.type_name, "xarray")))
		return false;
	if (!knows_sections(k)) {
		*why = "VMCOREINFO does not tell the size of sections (SECTION_SIZE_BITS)";
		return false;
	}
	if (from_sections(k, m))
		return true;
	if (from_mem_map(k, m))
		return true;
	return mi_word_size(k->t) == 8 && from_constant(k, m);
}

void mi_memmodel_free(struct mi_kernel *k)
{
	free(k->memmodel.section);
	free(k->memmodel.base_of);
}

/* The section whose array has @addr, if any has. */
static const struct mi_section *section_at(const struct mi_memmodel *m, uint64_t addr)
{
	size_t lo = 0, hi = m->n_sections;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (m->section[mid].pages <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? &m->section[lo - 1] : NULL;
}

bool mi_memmodel_pfn(const struct mi_kernel *k, uint64_t addr, uint64_t *pfn)
{
	const struct mi_memmodel *m = &k->memmodel;
	uint64_t dist = addr - m->base, size = k->l.size_page;
	const struct mi_section *s;

	if (!m->n_sections) {
		*pfn = m->first + dist / size;
		return addr >= m->base && dist % size == 0 && *pfn < k->max_pfn;
	}
	s = section_at(m, addr);
	if (!s || (addr - s->pages) % size || (addr - s->pages) / size >= m->section_pages)
		return false;
	*pfn = s->pfn + (addr - s->pages) / size;
	return *pfn < k->max_pfn;
}

uint64_t mi_memmodel_page(const struct mi_kernel *k, uint64_t pfn)
{
	const struct mi_memmodel *m = &k->memmodel;
	uint64_t nr = m->n_sections ? pfn / m->section_pages : 0;

	if (!m->n_sections)
		return pfn < m->first
			       ? 0
			       : (m->base + (pfn - m->first) * k->l.size_page) & mi_word_mask(k->t);
	/* Where there is no section there is no struct page: nothing maps the first page. */
	return nr < m->n_bases && m->base_of[nr]
		       ? (m->base_of[nr] + pfn * k->l.size_page) & mi_word_mask(k->t)
		       : 0;
}
