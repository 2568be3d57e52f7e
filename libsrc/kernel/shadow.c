// SPDX-License-Identifier: GPL-2.0-or-later
/* shadow.c - what a shadow entry remembers */
#include "cgroup.h"
#include "shadow.h"
#include "xarray.h"

#define WORKINGSET_BITS 1
#define MEMCG_ID_BITS 16 /* MEM_CGROUP_ID_SHIFT */
#define NODES_MAX 1024
#define UNKNOWN (~0U)

/* Widths in page->flags: include/linux/page-flags-layout.h */
#define LRU_GEN_WIDTH 3 /* of up to 4 generations, and none */
#define LAST_PID_WIDTH 8
#define KINDS_OF_PAGES 2 /* ANON_AND_FILE */

/* Of a value in an xarray, which has a mark beside it in its word. */
static unsigned int value_bits(const struct mi_shadow_reader *r)
{
	return 8 * mi_word_size(r->k->t) - 1;
}

static unsigned int log2_up(uint64_t n)
{
	unsigned int bits = 0;

	while (bits < 63 && 1ULL << bits < n)
		bits++;
	return bits;
}

/* NODES_SHIFT is a macro; node_data[] has one entry for each possible node. */
static bool find_nodes(struct mi_kernel *k, unsigned int *shift)
{
	uint64_t n;

	if (!k->l.sym_node_data) {
		*shift = 0;
		return k->l.sym_contig_page_data != 0;
	}
	if (!mi_target_number(k->t, "LENGTH(node_data)", &n))
		n = mi_symbol_room(k->t, k->l.sym_node_data) / mi_word_size(k->t);
	*shift = log2_up(n);
	return n && n <= NODES_MAX && n == 1ULL << *shift;
}

/*
 * One number, or since 7.x one each for anonymous pages and files. Which of
 * these it is does not matter as long as both are 0, and others take more than
 * 2^36 pages of memory.
 */
static bool find_bucket_order(struct mi_kernel *k, unsigned int *order)
{
	uint32_t first, second = 0;

	if (!k->l.sym_bucket_order || mi_read_u32(k->t, k->l.sym_bucket_order, &first))
		return false;
	if (mi_symbol_room(k->t, k->l.sym_bucket_order) >= 8 &&
	    mi_read_u32(k->t, k->l.sym_bucket_order + 4, &second))
		return false;
	*order = first;
	return !first && !second;
}

/*
 * LRU_REFS_WIDTH is the number of tiers but two, or less if the page's flags
 * lack the bits. It is only known if there are enough of them at the worst.
 */
static unsigned int find_refs_width(const struct mi_shadow_reader *r)
{
	const struct mi_layout *l = &r->k->l;
	uint64_t tiers = l->lrugen_avg_refaulted.count / KINDS_OF_PAGES, cpus, used;

	if (!mi_has(&l->lrugen_avg_refaulted) || tiers < 2 || tiers > 16 ||
	    !l->NR_PAGEFLAGS.known || !l->MAX_NR_ZONES.known || !l->sym_per_cpu_offset)
		return UNKNOWN;
	cpus = mi_symbol_room(r->k->t, l->sym_per_cpu_offset) / mi_word_size(r->k->t);
	used = (uint64_t)l->NR_PAGEFLAGS.value + log2_up((uint64_t)l->MAX_NR_ZONES.value) +
	       r->nodes_shift + LRU_GEN_WIDTH;
	/* Who touched it last is of interest to NUMA balancing alone. */
	if (mi_word_size(r->k->t) == 8 || mi_has(&l->mm_numa_scan_seq))
		used += LAST_PID_WIDTH + log2_up(cpus);
	if (r->k->memmodel.n_sections)
		used += log2_up(r->k->max_pfn / r->k->memmodel.section_pages);
	return cpus && used + tiers - 2 <= 8 * mi_word_size(r->k->t) ? (unsigned int)tiers - 2
								     : UNKNOWN;
}

void mi_shadow_start(struct mi_shadow_reader *r, struct mi_kernel *k)
{
	memset(r, 0, sizeof(*r));
	r->k = k;
	r->memcg_shift = mi_has(&k->l.memcg_nodeinfo) ? MEMCG_ID_BITS : 0;
	/* In radix trees, before 4.20, the frame is another. */
	r->frame_known = k->cache_form == MI_CACHE_XARRAY && find_nodes(k, &r->nodes_shift);
	r->order_known = find_bucket_order(k, &r->bucket_order);
	r->refs_width = find_refs_width(r);
}

/* ---- the lists that the page was evicted from ---- */

/* pg_data_t of a node, 0 if there is no such node. */
static uint64_t node_data(struct mi_kernel *k, unsigned int node)
{
	uint64_t pgdat = 0;

	if (!k->l.sym_node_data)
		return node ? 0 : k->l.sym_contig_page_data;
	if (mi_read_ulong(k->t, k->l.sym_node_data + (uint64_t)mi_word_size(k->t) * node, &pgdat))
		return 0;
	return pgdat;
}

/* The memory cgroup of an id, 0 if there is none any more. */
static uint64_t find_memcg(struct mi_kernel *k, unsigned int id)
{
	uint64_t entry;

	if (!k->l.sym_memcg_ids || mi_xa_load(k, k->l.sym_memcg_ids, id, &entry) || entry & 3)
		return 0;
	return entry;
}

/* The lruvec of a memory cgroup, or (@memcg 0) of all pages, on a node; 0: not to be had. */
static uint64_t find_lruvec(struct mi_kernel *k, uint64_t memcg, unsigned int node)
{
	const struct mi_layout *l = &k->l;
	uint64_t pgdat = node_data(k, node), per_node, of, lruvec;

	if (!pgdat)
		return 0;
	if (!memcg)
		return mi_has(&l->pgdat_lruvec) ? pgdat + (uint64_t)l->pgdat_lruvec.off : 0;
	if (!mi_has(&l->memcg_node_lruvec) || !mi_has(&l->lruvec_pgdat) ||
	    mi_read_ulong(k->t, memcg + (uint64_t)l->memcg_nodeinfo.off + 8ULL * node, &per_node) ||
	    !per_node)
		return 0;
	lruvec = per_node + (uint64_t)l->memcg_node_lruvec.off;
	if (mi_read_member(k->t, lruvec, &l->lruvec_pgdat, &of) || of != pgdat)
		return 0;
	return lruvec;
}

/* Which form the entries of these lists have now, and what to measure them by. */
static enum mi_shadow_form load_clock(struct mi_shadow_reader *r, uint64_t lruvec)
{
	const struct mi_layout *l = &r->k->l;
	struct mi_target *t = r->k->t;
	uint64_t enabled = 0;

	if (mi_has(&l->lrugen_enabled) &&
	    (!mi_has(&l->lrugen_max_seq) ||
	     mi_read_member(t, lruvec, &l->lrugen_enabled, &enabled) ||
	     mi_read_member(t, lruvec, &l->lrugen_max_seq, &r->max_seq)))
		return MI_SHADOW_UNTOLD;
	if (enabled)
		return MI_SHADOW_GENERATION;
	return mi_has(&l->lruvec_age) && !mi_read_member(t, lruvec, &l->lruvec_age, &r->age)
		       ? MI_SHADOW_AGE
		       : MI_SHADOW_UNTOLD;
}

static void load_lruvec(struct mi_shadow_reader *r, unsigned int id, unsigned int node)
{
	uint64_t memcg = id ? find_memcg(r->k, id) : 0, lruvec;

	r->valid = true;
	r->memcg = id;
	r->node = node;
	r->form = MI_SHADOW_UNTOLD;
	r->cgroup[0] = '\0';
	if (id && !memcg)
		return;
	if (memcg)
		mi_memcg_path(r->k, memcg, r->cgroup, sizeof(r->cgroup));
	lruvec = find_lruvec(r->k, memcg, node);
	if (lruvec)
		r->form = load_clock(r, lruvec);
}

/* ---- entries ---- */

static void tell_time(const struct mi_shadow_reader *r, unsigned int bits, struct mi_shadow *s)
{
	uint64_t mask = (1ULL << bits) - 1, behind;

	if (s->form == MI_SHADOW_AGE && r->order_known) {
		s->distance_known = true;
		s->distance = (r->age - (s->eviction << r->bucket_order)) & mask;
	}
	if (s->form != MI_SHADOW_GENERATION || r->refs_width == UNKNOWN)
		return;
	/* As many bits of the number as fit are there; the rest is today's. */
	mask >>= r->refs_width;
	behind = (r->max_seq - (s->eviction >> r->refs_width)) & mask;
	s->generation_known = behind <= r->max_seq;
	s->generation = r->max_seq - behind;
	s->youngest = r->max_seq;
}

static uint64_t take(uint64_t *value, unsigned int bits)
{
	uint64_t part = *value & ((1ULL << bits) - 1);

	*value >>= bits;
	return part;
}

void mi_shadow_decode(struct mi_shadow_reader *r, uint64_t value, struct mi_shadow *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->cgroup = "";
	if (!r->frame_known)
		return;
	ret->split = true;
	ret->workingset = take(&value, WORKINGSET_BITS);
	ret->node = (unsigned int)take(&value, r->nodes_shift);
	ret->memcg = (unsigned int)take(&value, r->memcg_shift);
	ret->eviction = value;
	if (!r->valid || r->memcg != ret->memcg || r->node != ret->node)
		load_lruvec(r, ret->memcg, ret->node);
	ret->form = r->form;
	ret->cgroup = r->cgroup;
	tell_time(r, value_bits(r) - WORKINGSET_BITS - r->nodes_shift - r->memcg_shift, ret);
}
