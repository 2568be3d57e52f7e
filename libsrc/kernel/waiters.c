// SPDX-License-Identifier: GPL-2.0-or-later
/* waiters.c - the hashed wait queues of pages and of bits (mm/filemap.c, kernel/sched/wait_bit.c)
 */
#include <stdlib.h>

#include "kstack.h"
#include "page.h"
#include "waiters.h"
#include "waiters_old.h"

#define HEADS_MAX 65536	   /* 256 in all kernels so far */
#define WAITERS_MAX 131072 /* beyond, the rest is left out */
#define BUFFERS_MAX 512	   /* of one page: 64 KiB pages with sectors of 128 bytes */
#define FLAG_WOKEN 2	   /* WQ_FLAG_WOKEN, a macro: include/linux/wait.h */

struct gather {
	struct mi_kernel *k;
	struct mi_waiter *list;
	size_t n, room;
	uint64_t others, steps;
	uint64_t stack_size;
	bool no_memory, stop;
};

const char *mi_wait_word(enum mi_wait_for what)
{
	static const char *const words[MI_WAIT_NR] = {"locked", "writeback", "private_2", "buffer",
						      "other"};

	return what < MI_WAIT_NR ? words[what] : NULL;
}

static uint64_t power_below(uint64_t n)
{
	return n ? 1ULL << (63 - __builtin_clzll(n)) : 0;
}

static void bad(struct gather *g, uint64_t addr, const char *why)
{
	mi_problem_bad(&g->k->problems, "wait queue entry", addr, why, "a waiting task is missing");
}

static struct mi_waiter *another(struct gather *g)
{
	struct mi_waiter *more;

	if (g->n == g->room) {
		g->room = g->room ? 2 * g->room : 64;
		more = realloc(g->list, g->room * sizeof(*more));
		if (!more) {
			g->no_memory = g->stop = true;
			return NULL;
		}
		g->list = more;
	}
	memset(&g->list[g->n], 0, sizeof(*g->list));
	return &g->list[g->n];
}

/* The task of the struct wait_queue_entry at @entry, which must lie on its stack. */
static bool waiting_task(struct gather *g, uint64_t entry, const void *raw, struct mi_task *task)
{
	const struct mi_layout *l = &g->k->l;
	uint64_t addr = mi_get(raw, &l->wait_private), stack;
	enum mi_read r;

	r = mi_read_member(g->k->t, addr, &l->task_stack, &stack);
	if (r) {
		mi_problem_read(&g->k->problems, "waiting task", addr, r,
				"a waiting task is missing");
		return false;
	}
	if (entry < stack || entry - stack >= g->stack_size) {
		bad(g, entry, "is not on the stack of its task");
		return false;
	}
	if (!mi_task_at(g->k, addr, task)) {
		bad(g, entry, "names a task that is none");
		return false;
	}
	return true;
}

/* ---- pages ---- */

static enum mi_wait_for page_bit(const struct mi_layout *l, int64_t bit)
{
	if (bit == l->PG_locked.value)
		return MI_WAIT_LOCKED;
	if (bit == l->PG_writeback.value)
		return MI_WAIT_WRITEBACK;
	if (l->PG_private_2.known && bit == l->PG_private_2.value)
		return MI_WAIT_PRIVATE_2;
	return MI_WAIT_OTHER;
}

static void page_entry(struct gather *g, uint64_t node)
{
	const struct mi_layout *l = &g->k->l;
	uint64_t at = node - (uint64_t)l->wait_entry.off - (uint64_t)l->wait_page_entry.off;
	unsigned char raw[256];
	const unsigned char *entry = raw + l->wait_page_entry.off;
	struct mi_waiter *w;
	uint64_t func;
	enum mi_read r;

	r = mi_read_virt(g->k->t, at, raw, l->size_wait_page_queue);
	if (r) {
		mi_problem_read(&g->k->problems, "wait queue entry", at, r,
				"a waiting task is missing");
		return;
	}
	func = mi_get(entry, &l->wait_func);
	if (func != l->sym_wake_page_function) {
		/* No function: a bookmark of a waker, up to 6.6. */
		g->others += func != 0;
		return;
	}
	w = another(g);
	if (!w || !waiting_task(g, at, entry, &w->task))
		return;
	w->entry = at;
	w->bit = (int32_t)mi_get(raw, &l->wait_page_bit);
	w->what = page_bit(l, w->bit);
	w->woken = mi_get(entry, &l->wait_flags) & FLAG_WOKEN;
	if (!mi_page_to_pfn(g->k, mi_get(raw, &l->wait_page), &w->pfn)) {
		bad(g, at, "waits for a page that is none");
		return;
	}
	g->n++;
}

/* ---- buffers ---- */

static bool has_bits(const struct mi_layout *l)
{
	return l->sym_wake_bit_function && l->size_wait_bit_entry && mi_has(&l->wait_bit_flags) &&
	       mi_has(&l->wait_bit_nr) && mi_has(&l->wait_bit_wq);
}

static bool has_buffers(const struct mi_layout *l)
{
	return has_bits(l) && l->BH_Lock.known && mi_has(&l->bh_state) && mi_has(&l->bh_page) &&
	       mi_has(&l->bh_ring) && mi_has(&l->bh_data) && mi_has(&l->bh_size);
}

bool mi_buffer_locked(struct mi_kernel *k, uint64_t buffer, bool *locked)
{
	const struct mi_layout *l = &k->l;
	uint64_t state;

	*locked = false;
	if (!l->BH_Lock.known || !mi_has(&l->bh_state) ||
	    mi_read_member(k->t, buffer, &l->bh_state, &state))
		return false;
	*locked = state >> (l->BH_Lock.value & 63) & 1;
	return true;
}

/* The journal's copies are in no ring: then its data must lie in the page that it names. */
static bool is_lone_buffer(struct gather *g, uint64_t bh, uint64_t pfn)
{
	const struct mi_layout *l = &g->k->l;
	uint64_t data, size, pa;

	return !mi_read_member(g->k->t, bh, &l->bh_data, &data) &&
	       !mi_read_member(g->k->t, bh, &l->bh_size, &size) && size && size <= MI_PAGE_SIZE &&
	       !mi_virt_to_phys(g->k->t, data, &pa) && pa >> MI_PAGE_SHIFT == pfn;
}

/* A buffer_head: its page is one, and the ring of the page's buffers leads back to it. */
static bool is_buffer(struct gather *g, uint64_t bh, uint64_t *pfn)
{
	const struct mi_layout *l = &g->k->l;
	uint64_t at = bh, page;
	int i;

	if (mi_read_member(g->k->t, bh, &l->bh_page, &page) || !mi_page_to_pfn(g->k, page, pfn))
		return false;
	for (i = 0; i < BUFFERS_MAX; i++) {
		if (mi_read_member(g->k->t, at, &l->bh_ring, &at))
			return false;
		if (!at)
			return !i && is_lone_buffer(g, bh, *pfn);
		if (at == bh)
			return true;
	}
	return false;
}

static bool read_bit_entry(struct gather *g, uint64_t at, unsigned char raw[256])
{
	enum mi_read r = mi_read_virt(g->k->t, at, raw, g->k->l.size_wait_bit_entry);

	if (r)
		mi_problem_read(&g->k->problems, "wait queue entry", at, r,
				"a waiting task is missing");
	return !r;
}

static void bit_entry(struct gather *g, uint64_t node)
{
	const struct mi_layout *l = &g->k->l;
	uint64_t at = node - (uint64_t)l->wait_entry.off - (uint64_t)l->wait_bit_wq.off;
	unsigned char raw[256];
	const unsigned char *entry = raw + l->wait_bit_wq.off;
	struct mi_waiter *w;
	uint64_t bh, pfn;

	if (!read_bit_entry(g, at, raw))
		return;
	/* The table serves many: inodes, variables, keys. Of these nothing is said here. */
	if (mi_get(entry, &l->wait_func) != l->sym_wake_bit_function ||
	    (int32_t)mi_get(raw, &l->wait_bit_nr) != l->BH_Lock.value)
		return;
	bh = mi_get(raw, &l->wait_bit_flags) - (uint64_t)l->bh_state.off;
	if (!is_buffer(g, bh, &pfn))
		return;
	w = another(g);
	if (!w || !waiting_task(g, at, entry, &w->task))
		return;
	w->entry = at;
	w->bit = (int32_t)l->BH_Lock.value;
	w->what = MI_WAIT_BUFFER;
	w->buffer = bh;
	w->pfn = pfn;
	w->woken = mi_get(entry, &l->wait_flags) & FLAG_WOKEN;
	g->n++;
}

/* ---- tables of zones, up to 4.8 ---- */

/* A page's waiters are those of a bit of its flags; in the table are those of buffers, too. */
static void zone_entry(struct gather *g, uint64_t node)
{
	const struct mi_layout *l = &g->k->l;
	uint64_t at = node - (uint64_t)l->wait_entry.off - (uint64_t)l->wait_bit_wq.off, pfn;
	unsigned char raw[256];
	const unsigned char *entry = raw + l->wait_bit_wq.off;
	struct mi_waiter *w;

	if (!read_bit_entry(g, at, raw) || mi_get(entry, &l->wait_func) != l->sym_wake_bit_function)
		return;
	if (!mi_page_to_pfn(g->k, mi_get(raw, &l->wait_bit_flags) - (uint64_t)l->page_flags.off,
			    &pfn)) {
		if (has_buffers(l))
			bit_entry(g, node);
		return;
	}
	w = another(g);
	if (!w || !waiting_task(g, at, entry, &w->task))
		return;
	w->entry = at;
	w->bit = (int32_t)mi_get(raw, &l->wait_bit_nr);
	w->what = page_bit(l, w->bit);
	w->pfn = pfn;
	g->n++;
}

/* ---- tables ---- */

static void visit_heads(struct gather *g, uint64_t table, uint64_t n,
			void (*fn)(struct gather *, uint64_t))
{
	const struct mi_layout *l = &g->k->l;
	struct mi_list li;
	uint64_t node, i;

	if (!n || n > HEADS_MAX) {
		mi_problem_bad(&g->k->problems, "wait table", table, "has an unknown size",
			       "waiting tasks are missing");
		return;
	}
	for (i = 0; i < n && !g->stop; i++) {
		mi_list_start(&li, g->k,
			      table + i * l->size_wait_queue_head + (uint64_t)l->wait_head.off,
			      "wait queue");
		while (!g->stop && mi_list_next(&li, &node)) {
			if (++g->steps > WAITERS_MAX) {
				mi_problem_bad(&g->k->problems, "wait queue", node,
					       "is longer than can be held",
					       "waiting tasks are missing");
				g->stop = true;
				break;
			}
			fn(g, node);
		}
	}
}

static void visit_table(struct gather *g, uint64_t table, void (*fn)(struct gather *, uint64_t))
{
	visit_heads(g, table,
		    power_below(mi_symbol_room(g->k->t, table) / g->k->l.size_wait_queue_head), fn);
}

static void visit_zone(void *arg, uint64_t table, uint64_t n)
{
	visit_heads(arg, table, n, zone_entry);
}

static const char *pages_lack(const struct mi_layout *l)
{
	if (mi_wait_by_zone(l)) {
		if (!mi_has(&l->pgdat_zones) || !mi_has(&l->zone_wait_bits) ||
		    (!l->sym_node_data && !l->sym_contig_page_data))
			return "no zones with wait tables";
		return has_bits(l) ? NULL : "no usable struct wait_bit_queue";
	}
	if (!l->sym_page_wait_table)
		return "no symbol folio_wait_table";
	if (!l->sym_wake_page_function)
		return "no symbol wake_page_function";
	if (!l->size_wait_page_queue || !mi_has(&l->wait_page) || !mi_has(&l->wait_page_bit) ||
	    !mi_has(&l->wait_page_entry))
		return "no usable struct wait_page_queue";
	return NULL;
}

const char *mi_waiters_lack(const struct mi_layout *l)
{
	if (!l->size_wait_queue_head || !mi_has(&l->wait_head))
		return "no usable struct wait_queue_head";
	if (!mi_has(&l->wait_flags) || !mi_has(&l->wait_private) || !mi_has(&l->wait_func) ||
	    !mi_has(&l->wait_entry))
		return "struct wait_queue_entry lacks a member";
	return pages_lack(l);
}

static int by_pfn(const void *a, const void *b)
{
	const struct mi_waiter *x = a, *y = b;

	if (x->pfn != y->pfn)
		return x->pfn < y->pfn ? -1 : 1;
	if (x->task.pid != y->task.pid)
		return x->task.pid < y->task.pid ? -1 : 1;
	return x->entry < y->entry ? -1 : x->entry > y->entry;
}

enum mi_status mi_waiters(struct mi_kernel *k, struct mi_waiter **ret, size_t *n, uint64_t *others,
			  struct mi_error *err)
{
	struct gather g = {.k = k};
	bool with_pages;
	const char *why;

	if (!mi_feature(k, MI_F_WAIT, &why) || !mi_feature(k, MI_F_PAGE, &why))
		return mi_fail(err, MI_ERR_MISSING, "no waiters: %s", why);
	g.stack_size = mi_kstack_size(k);
	if (mi_wait_by_zone(&k->l))
		mi_wait_zones(k, visit_zone, &g);
	else
		visit_table(&g, k->l.sym_page_wait_table, page_entry);
	/* Where there is no table for bits, buffers are in those of zones. */
	with_pages = mi_wait_by_zone(&k->l) && !k->l.sym_bit_wait_table;
	if (has_buffers(&k->l) && k->l.sym_bit_wait_table)
		visit_table(&g, k->l.sym_bit_wait_table, bit_entry);
	else if (!has_buffers(&k->l) || !with_pages)
		mi_problem_unknown(&k->problems, "waits for buffers", k->l.sym_bit_wait_table,
				   "cannot be told from others in this kernel",
				   "waiting tasks are missing");
	if (g.no_memory) {
		free(g.list);
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	}
	if (g.n)
		qsort(g.list, g.n, sizeof(*g.list), by_pfn);
	*ret = g.list;
	*n = g.n;
	*others = g.others;
	return MI_OK;
}
