// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * damage.c - damage a copy of an ELF dump in a way that one rule of mmapinfo check is for
 *
 *     damage DUMP KIND
 *
 * Prints what must be found then, beside what was found before: RULE ADDRESS, a line each.
 */
#include <inttypes.h>
#include <string.h>

#include "../../libsrc/inspect/check.h"
#include "../../libsrc/inspect/pending.h"
#include "../../libsrc/kernel/recorder.h"
#include "rewrite.h"

static const char *dump;
static struct mi_kernel *k;

static void expect(enum mi_rule rule, uint64_t addr)
{
	printf("%s %#" PRIx64 "\n", mi_rules[rule].id, addr);
}

/* ---- processes ---- */

/* Calls @fn for one process after the other, until it has done its work. */
static void some_process(bool (*fn)(struct mi_process *p))
{
	struct mi_task *leaders;
	struct mi_process *p;
	struct mi_error e;
	bool done = false;
	size_t i, n;

	if (mi_task_leaders(k, &leaders, &n, &e))
		die(e.text);
	for (i = 0; i < n && !done; i++) {
		if (leaders[i].kind != MI_TASK_USER || leaders[i].pid == 1 ||
		    mi_process_open(k, &leaders[i], NULL, &p, &e))
			continue;
		if (mi_process_count(p, &e))
			die(e.text);
		done = fn(p);
		mi_process_close(p);
	}
	free(leaders);
	if (!done)
		die("no process has what is to be damaged");
}

static bool hurt_map_count(struct mi_process *p)
{
	poke(k, dump, p->mm.addr + (uint64_t)k->l.mm_map_count.off, p->n_maps + 1, 4);
	expect(MI_RULE_MAP_COUNT, p->mm.addr);
	return true;
}

/* The limit is for all: that is the process with the most. */
static bool hurt_map_limit(struct mi_process *p)
{
	if (p->n_maps < 1000)
		return false;
	poke(k, dump, k->l.sym_max_map_count, p->n_maps + p->n_maps / 20, 4);
	expect(MI_RULE_MAP_LIMIT, p->mm.addr);
	return true;
}

static bool hurt_rss(struct mi_process *p)
{
	const struct mi_layout *l = &k->l;
	uint64_t at = p->mm.addr + (uint64_t)l->mm_rss_stat.off,
		 index = (uint64_t)l->MM_ANONPAGES.value;

	if (mi_has(&l->mm_rss_count))
		at += (uint64_t)l->mm_rss_count.off + index * 8;
	else
		at += index * l->mm_rss_stat.size + (uint64_t)l->pcp_count.off;
	poke(k, dump, at, 100000, 8);
	expect(MI_RULE_RSS, p->mm.addr);
	return true;
}

static bool hurt_nrpages(struct mi_process *p)
{
	size_t i;

	for (i = 0; i < p->n_files; i++) {
		const struct mi_file *f = &p->files[i].file;

		if (!f->nrpages_known || !f->nrpages || f->hugetlbfs)
			continue;
		poke(k, dump, f->mapping + (uint64_t)k->l.as_nrpages.off, f->nrpages + 1, 8);
		expect(MI_RULE_NRPAGES, f->mapping);
		return true;
	}
	return false;
}

static bool hurt_tables(struct mi_process *p)
{
	uint64_t bytes, at = p->mm.addr + (uint64_t)k->l.mm_pgtables.off;

	if (mi_read_ulong(k->t, at, &bytes))
		die("pgtables_bytes cannot be read");
	poke(k, dump, at, bytes + MI_PAGE_SIZE, 8);
	expect(MI_RULE_PGTABLES, p->mm.addr);
	return true;
}

static bool hurt_wb_err(struct mi_process *p)
{
	size_t i;

	for (i = 0; i < p->n_files; i++) {
		const struct mi_file *f = &p->files[i].file;

		if (!f->nrpages || f->hugetlbfs)
			continue;
		poke(k, dump, f->mapping + (uint64_t)k->l.as_wb_err.off, 28, 4);
		expect(MI_RULE_WB_ERR, f->mapping);
		return true;
	}
	return false;
}

/* ---- pages ---- */

struct pick {
	bool (*wanted)(const struct mi_run *run);
	struct mi_run found[2];
	size_t n, want;
};

static bool take(void *arg, const struct mi_run *run)
{
	struct pick *pick = arg;

	if (pick->wanted(run))
		pick->found[pick->n++] = *run;
	return pick->n < pick->want;
}

static bool is_small(const struct mi_page *pg)
{
	return !pg->why && !pg->order && !pg->hugetlb;
}

static bool is_unmapped_cached(const struct mi_run *run)
{
	return run->cached == MI_CACHED_FOLIO && run->has_slot_page && is_small(&run->slot_page) &&
	       !run->slot_page.mapcount;
}

static bool is_mapped_cached(const struct mi_run *run)
{
	return run->relation == MI_REL_SAME && is_small(&run->page) && run->level == 1;
}

static bool hurt_index(struct mi_process *p)
{
	struct pick pick = {.wanted = is_unmapped_cached, .want = 1};
	struct mi_error e;
	uint64_t page;
	size_t i;

	for (i = 0; i < p->n_files && !pick.n; i++)
		if (!p->files[i].file.hugetlbfs)
			mi_file_pages(p, &p->files[i], true, take, &pick, &e);
	if (!pick.n)
		return false;
	page = mi_pfn_to_page(k, pick.found[0].slot_pfn);
	poke(k, dump, page + (uint64_t)k->l.page_index.off, pick.found[0].pgoff + 1, 8);
	expect(MI_RULE_CACHE_SLOT, page);
	return true;
}

static size_t pick_mapped(struct mi_process *p, struct pick *pick)
{
	struct mi_error e;
	size_t i;

	for (i = 0; i < p->n_maps && pick->n < pick->want; i++) {
		pick->n = 0;
		if (p->maps[i].kind == MI_MAP_FILE)
			mi_mapping_pages(p, &p->maps[i], true, take, pick, &e);
	}
	return pick->n;
}

/* The struct page of one; 0: there is none. */
static uint64_t a_mapped_page(struct mi_process *p, struct mi_page *page)
{
	struct pick pick = {.wanted = is_mapped_cached, .want = 1};

	if (pick_mapped(p, &pick) < 1)
		return 0;
	*page = pick.found[0].page;
	return mi_pfn_to_page(k, page->pfn);
}

static void change_flags(uint64_t page, uint64_t set, uint64_t clear)
{
	uint64_t at = page + (uint64_t)k->l.page_flags.off, flags;

	if (mi_read_ulong(k->t, at, &flags))
		die("flags cannot be read");
	poke(k, dump, at, (flags | set) & ~clear, 8);
}

/* Locked by nobody. */
static bool hurt_lock(struct mi_process *p)
{
	struct mi_page state;
	uint64_t page = a_mapped_page(p, &state);

	if (!page)
		return false;
	change_flags(page, 1ULL << k->l.PG_locked.value, 0);
	expect(MI_RULE_PAGE_WITHOUT_IO, page);
	return true;
}

static bool hurt_mapcount(struct mi_process *p)
{
	struct mi_page state;
	uint64_t page = a_mapped_page(p, &state);

	if (!page)
		return false;
	/* It begins with -1: that is one more. */
	poke(k, dump, page + (uint64_t)k->l.page_mapcount.off, (uint64_t)state.mapcount, 4);
	expect(MI_RULE_MAPCOUNT, page);
	return true;
}

static bool is_large(const struct mi_run *run)
{
	return run->has_page && !run->page.why && mi_pte_maps(run->pte) && run->page.order &&
	       !run->page.hugetlb &&
	       (run->page.owner == MI_OWNER_FILE || run->page.owner == MI_OWNER_ANON);
}

static void one_more(uint64_t obj, const struct mi_member *m)
{
	uint64_t v;

	if (mi_read_member(k->t, obj, m, &v))
		die("a count cannot be read");
	poke(k, dump, obj + (uint64_t)m->off, v + 1, m->size);
}

static bool a_large_folio(struct mi_process *p, struct mi_page *page)
{
	struct pick pick = {.wanted = is_large, .want = 1};
	struct mi_error e;
	size_t i;

	for (i = 0; i < p->n_maps && !pick.n; i++)
		mi_mapping_pages(p, &p->maps[i], true, take, &pick, &e);
	if (pick.n)
		*page = pick.found[0].page;
	return pick.n;
}

/* How often it is mapped in all, or (up to 6.9) by huge entries. */
static bool hurt_folio(struct mi_process *p)
{
	const struct mi_layout *l = &k->l;
	struct mi_page page;
	uint64_t head;

	if (!a_large_folio(p, &page))
		return false;
	head = mi_pfn_to_page(k, page.head_pfn);
	if (mi_has(&l->folio_large_mapcount))
		one_more(head, &l->folio_large_mapcount);
	else if (mi_has(&l->page_compound_mapcount))
		one_more(mi_pfn_to_page(k, page.head_pfn + 1), &l->page_compound_mapcount);
	else
		one_more(head, &l->folio_entire_mapcount);
	expect(MI_RULE_MAPCOUNT, head);
	return true;
}

static bool hurt_part(struct mi_process *p)
{
	struct mi_page page;

	if (!a_large_folio(p, &page))
		return false;
	one_more(mi_pfn_to_page(k, page.head_pfn + (1ULL << page.order) - 1), &k->l.page_mapcount);
	expect(MI_RULE_MAPCOUNT, mi_pfn_to_page(k, page.head_pfn));
	return true;
}

static bool hurt_refcount(struct mi_process *p)
{
	struct mi_page state;
	uint64_t page = a_mapped_page(p, &state);

	if (!page)
		return false;
	poke(k, dump, page + (uint64_t)k->l.page_refcount.off, 0, 4);
	expect(MI_RULE_FREED, page);
	return true;
}

/* ---- caches ---- */

static bool make_dirty(void *arg, const struct mi_run *run)
{
	(void)arg;
	if (run->cached == MI_CACHED_FOLIO && run->has_slot_page)
		change_flags(mi_pfn_to_page(k, run->slot_page.head_pfn),
			     1ULL << k->l.PG_dirty.value, 0);
	return true;
}

/* More than --dirty 1 allows. */
static bool hurt_clean(struct mi_process *p)
{
	struct mi_error e;
	size_t i;

	for (i = 0; i < p->n_files; i++) {
		const struct mi_mapped_file *f = &p->files[i];

		if (f->file.hugetlbfs || strcmp(f->file.name.fs, "ext4") != 0 ||
		    f->cache.cached < 256 || f->cache.dirty)
			continue;
		if (mi_file_pages(p, f, true, make_dirty, NULL, &e))
			die(e.text);
		expect(MI_RULE_DIRTY_SHARE, f->file.mapping);
		return true;
	}
	return false;
}

static bool hurt_misses(struct mi_process *p)
{
	size_t i;

	for (i = 0; i < p->n_open_files; i++) {
		const struct mi_open_file *o = &p->open_files[i];
		const struct mi_totals *cache = &p->files[o->file].cache;

		if (!cache->evicted || cache->evicted < cache->cached || o->ra.mmap_miss > 100)
			continue;
		poke(k, dump,
		     o->addr + (uint64_t)k->l.file_ra.off + (uint64_t)k->l.ra_mmap_miss.off, 101,
		     2);
		expect(MI_RULE_READAHEAD_THRASH, o->addr);
		return true;
	}
	return false;
}

/* ---- what a recorder has ---- */

#define REMOVED 3 /* set why_left: by posix_fadvise() and the like */
#define RECLAIMED 2

/* A page that was removed becomes one that was reclaimed; false: the slot tells something else. */
static bool hurt_slot(const struct mi_recorder *rec, uint64_t pa, uint64_t mapping)
{
	const struct mi_rec_field *why, *of;
	const struct mi_rec_event *event;
	struct mmaprec_slot slot;
	uint32_t value;

	if (mi_read_phys(k->t, pa, &slot, sizeof(slot)))
		return false;
	event = mi_recorder_event(rec, slot.event);
	if (!event || event->kind != MI_E_CACHE_DELETE)
		return false;
	why = event->known[MI_R_WHY_LEFT];
	of = event->known[MI_R_MAPPING];
	memcpy(&value, slot.payload + why->offset, sizeof(value));
	if (memcmp(slot.payload + of->offset, &mapping, 8) != 0 || value != REMOVED)
		return false;
	value = RECLAIMED;
	memcpy(slot.payload + why->offset, &value, sizeof(value));
	slot.check = mmaprec_check(&slot);
	rewrite_physical(dump, pa, &slot, sizeof(slot));
	return true;
}

static size_t hurt_records(const struct mi_recorder *rec, uint64_t mapping)
{
	const uint64_t size = rec->head.page_size;
	uint64_t at;
	size_t cpu, n = 0;

	for (cpu = 0; cpu < rec->n_cpus; cpu++)
		for (at = 0; at < rec->head.ring_bytes; at += MMAPREC_SLOT_SIZE)
			n += hurt_slot(rec, rec->cpus[cpu].frames[at / size] * size + at % size,
				       mapping);
	return n;
}

/* The pages of a file went and came thousands of times, and nobody asked for that. */
static bool hurt_history(struct mi_process *p)
{
	struct mi_recorder_found found;
	struct mi_error e;
	bool done = false;
	size_t i;

	if (mi_recorder_find(k, false, &found, &e) || mi_recorder_index(found.rec, k->t, &e))
		die(e.text);
	for (i = 0; i < p->n_files && !done; i++) {
		done = hurt_records(found.rec, p->files[i].file.mapping) >= 2048;
		if (done)
			expect(MI_RULE_READAHEAD_THRASH, p->files[i].file.mapping);
	}
	mi_recorder_close(found.rec);
	return done;
}

/* ---- VMAs ---- */

/* The root of the tree was freed: its parent is itself. */
static bool hurt_maple(struct mi_process *p)
{
	uint64_t root, node;

	if (!mi_has(&k->l.mm_mt) || p->n_maps < 32 ||
	    mi_read_ulong(k->t, p->mm.addr + (uint64_t)(k->l.mm_mt.off + k->l.mt_root.off), &root))
		return false;
	node = root & ~0xffULL;
	poke(k, dump, node + (uint64_t)k->l.maple_parent.off, node, 8);
	expect(MI_RULE_FREED, node);
	return true;
}

/* One page longer than the tree has it. */
static bool hurt_vma(struct mi_process *p)
{
	const struct mi_vma *vma = &p->maps[0].vma;

	poke(k, dump, vma->addr + (uint64_t)k->l.vma_end.off, vma->end + MI_PAGE_SIZE, 8);
	expect(MI_RULE_VMA_ORDER, vma->addr);
	return true;
}

/* A VMA that was freed, with SLUB's debugging. */
static bool hurt_vma_file(struct mi_process *p)
{
	size_t i;

	for (i = 0; i < p->n_maps; i++) {
		if (p->maps[i].kind != MI_MAP_FILE || p->maps[i].totals.mapped)
			continue;
		poke(k, dump, p->maps[i].vma.addr + (uint64_t)k->l.vma_file.off, 0x6b6b6b6b6b6b6b6b,
		     8);
		expect(MI_RULE_FREED, 0x6b6b6b6b6b6b6b6b);
		return true;
	}
	return false;
}

/* ---- page tables ---- */

/* Where the entry for @va is in memory, and what it is. 0: there is no table for it. */
static uint64_t entry_at(const struct mi_process *p, uint64_t va, uint64_t *value)
{
	struct mi_pt_walk *w = malloc(sizeof(*w));
	struct mi_extent ext;
	struct mi_error e;
	uint64_t pa = 0;

	if (!w || mi_pt_start(w, k, &p->mm, &e))
		die("page tables cannot be read");
	mi_pt_next(w, va, va + MI_PAGE_SIZE, &ext);
	if (ext.kind == MI_EXTENT_TABLE) {
		*value = ext.entries[0];
		pa = w->table[1] - 1 + (va >> MI_PAGE_SHIFT) % 512 * 8;
	}
	free(w);
	return pa;
}

/* Two pages of a file change places: RSS and mapcounts stay as they were. */
static bool hurt_ptes(struct mi_process *p)
{
	struct pick pick = {.wanted = is_mapped_cached, .want = 2};
	uint64_t at[2], entry[2];

	if (pick_mapped(p, &pick) < 2)
		return false;
	at[0] = entry_at(p, pick.found[0].va, &entry[0]);
	at[1] = entry_at(p, pick.found[1].va, &entry[1]);
	if (!at[0] || !at[1])
		return false;
	rewrite_physical(dump, at[0], &entry[1], 8);
	rewrite_physical(dump, at[1], &entry[0], 8);
	expect(MI_RULE_PTE_PAGE, mi_pfn_to_page(k, pick.found[0].pfn));
	expect(MI_RULE_PTE_PAGE, mi_pfn_to_page(k, pick.found[1].pfn));
	return true;
}

/* What a page has, right behind a mapping, too. */
static bool hurt_outside(struct mi_process *p)
{
	struct pick pick = {.wanted = is_mapped_cached, .want = 1};
	uint64_t entry, empty, at;
	size_t i;

	if (pick_mapped(p, &pick) < 1 || !entry_at(p, pick.found[0].va, &entry))
		return false;
	for (i = 0; i + 1 < p->n_maps; i++) {
		uint64_t end = p->maps[i].vma.end;

		at = p->maps[i + 1].vma.start > end ? entry_at(p, end, &empty) : 0;
		if (!at || empty)
			continue;
		rewrite_physical(dump, at, &entry, 8);
		expect(MI_RULE_PTE_OUTSIDE_VMA, p->mm.addr);
		return true;
	}
	return false;
}

/* ---- waits and requests ---- */

static struct mi_pending *pending(void)
{
	struct mi_pending *p;
	struct mi_error e;

	if (mi_pending_open(k, NULL, &p, &e))
		die(e.text);
	return p;
}

static void hurt_locked(void)
{
	struct mi_pending *p = pending();
	size_t i, j;

	for (i = 0; i < p->n_waits; i++)
		if (p->waits[i].waiter.what == MI_WAIT_LOCKED && !p->waits[i].finding &&
		    !p->waits[i].waiter.woken)
			break;
	if (i == p->n_waits)
		die("nobody waits for a page");
	change_flags(mi_pfn_to_page(k, p->waits[i].waiter.pfn), 0, 1ULL << k->l.PG_locked.value);
	for (j = 0; j < p->n_waits; j++)
		if (p->waits[j].waiter.pfn == p->waits[i].waiter.pfn &&
		    p->waits[j].waiter.what == MI_WAIT_LOCKED)
			expect(MI_RULE_LOST_WAKEUP, p->waits[j].waiter.entry);
	mi_pending_close(p);
}

static void hurt_queue(void)
{
	struct mi_pending *p = pending();
	uint64_t entry, next, prev;
	size_t i;

	for (i = 0; i < p->n_waits; i++)
		if (p->waits[i].waiter.what == MI_WAIT_LOCKED && !p->waits[i].waiter.buffer &&
		    p->waits[i].waiter.task.state == 'D')
			break;
	if (i == p->n_waits)
		die("nobody waits for a page");
	entry = p->waits[i].waiter.entry +
		(uint64_t)(k->l.wait_page_entry.off + k->l.wait_entry.off);
	if (mi_read_ulong(k->t, entry, &next) || mi_read_ulong(k->t, entry + 8, &prev))
		die("a wait queue cannot be read");
	poke(k, dump, prev, next, 8);
	poke(k, dump, next + 8, prev, 8);
	expect(MI_RULE_UNLINKED_WAITER, p->waits[i].waiter.task.addr);
	mi_pending_close(p);
}

/* A request loses its bios, and so the pages that are waited for. */
static void hurt_bio(enum mi_wait_for what, enum mi_rule rule)
{
	struct mi_pending *p = pending();
	size_t i, j;

	for (i = 0; i < p->n_waits; i++)
		if (p->waits[i].waiter.what == what && p->waits[i].request != MI_NO_INDEX)
			break;
	if (i == p->n_waits)
		die("nobody waits for such a page");
	poke(k, dump, p->rq[p->waits[i].request].rq.addr + (uint64_t)k->l.rq_bio.off, 0, 8);
	for (j = 0; j < p->n_waits; j++)
		if (p->waits[j].request == p->waits[i].request)
			expect(rule, p->waits[j].waiter.entry);
	mi_pending_close(p);
}

static size_t with_bio(const struct mi_pending *p)
{
	size_t i;

	for (i = 0; i < p->n_rq; i++)
		if (p->rq[i].rq.bio && p->rq[i].rq.state == MI_RQ_DRIVER)
			return i;
	die("no request has a bio");
}

/* Begun right after the kernel was. */
static void hurt_age(void)
{
	struct mi_pending *p = pending();
	uint64_t rq = p->rq[with_bio(p)].rq.addr;

	poke(k, dump, rq + (uint64_t)k->l.rq_start_ns.off, 1, 8);
	poke(k, dump, rq + (uint64_t)k->l.rq_io_start_ns.off, 1, 8);
	expect(MI_RULE_REQUEST_AGE, rq);
	mi_pending_close(p);
}

/* Answered long ago. */
static void hurt_completion(void)
{
	struct mi_pending *p = pending();
	uint64_t rq = p->rq[with_bio(p)].rq.addr;

	poke(k, dump, rq + (uint64_t)k->l.rq_state.off, (uint64_t)k->l.MQ_RQ_COMPLETE.value, 4);
	expect(MI_RULE_REQUEST_COMPLETED, rq);
	mi_pending_close(p);
}

/* A list of bios that runs in a circle. */
static void hurt_list(void)
{
	struct mi_pending *p = pending();
	uint64_t bio = p->rq[with_bio(p)].rq.bio;

	poke(k, dump, bio + (uint64_t)k->l.bio_next.off, bio, 8);
	expect(MI_RULE_STRUCTURE, bio);
	mi_pending_close(p);
}

/* ---- */

static void damage(const char *kind)
{
	static const struct {
		const char *kind;
		bool (*fn)(struct mi_process *p);
	} of_process[] = {
		{"map-count", hurt_map_count},
		{"map-limit", hurt_map_limit},
		{"rss", hurt_rss},
		{"nrpages", hurt_nrpages},
		{"cache-slot", hurt_index},
		{"mapcount", hurt_mapcount},
		{"folio-mapcount", hurt_folio},
		{"folio-page", hurt_part},
		{"pgtables", hurt_tables},
		{"wb-err", hurt_wb_err},
		{"page-without-io", hurt_lock},
		{"pte-page", hurt_ptes},
		{"pte-outside-vma", hurt_outside},
		{"freed", hurt_refcount},
		{"freed-vma", hurt_vma_file},
		{"vma-order", hurt_vma},
		{"freed-node", hurt_maple},
		{"dirty-share", hurt_clean},
		{"readahead-thrash", hurt_misses},
		{"refault-storm", hurt_history},
	};
	size_t i;

	for (i = 0; i < sizeof(of_process) / sizeof(*of_process); i++)
		if (!strcmp(kind, of_process[i].kind)) {
			some_process(of_process[i].fn);
			return;
		}
	if (!strcmp(kind, "lost-wakeup"))
		hurt_locked();
	else if (!strcmp(kind, "unlinked-waiter"))
		hurt_queue();
	else if (!strcmp(kind, "lock-without-io"))
		hurt_bio(MI_WAIT_LOCKED, MI_RULE_LOCK_WITHOUT_IO);
	else if (!strcmp(kind, "writeback-without-io"))
		hurt_bio(MI_WAIT_WRITEBACK, MI_RULE_WRITEBACK_WITHOUT_IO);
	else if (!strcmp(kind, "request-age"))
		hurt_age();
	else if (!strcmp(kind, "request-completed"))
		hurt_completion();
	else if (!strcmp(kind, "structure"))
		hurt_list();
	else
		die("there is no such damage");
}

int main(int argc, char **argv)
{
	struct mi_target *t;

	if (argc != 3)
		die("usage: damage DUMP KIND");
	dump = argv[1];
	k = open_kernel(dump, &t);
	damage(argv[2]);
	mi_kernel_close(k);
	mi_target_close(t);
	return 0;
}
