// SPDX-License-Identifier: GPL-2.0-or-later
/* json_page.c - a run of pages in JSON */
#include "json_parts.h"

static void put_pte_bits(struct mi_json *w, unsigned int bits)
{
	static const struct {
		unsigned int bit;
		const char *name;
	} names[] = {
		{MI_PTE_YOUNG, "young"},
		{MI_PTE_DIRTY, "dirty"},
		{MI_PTE_WRITE, "write"},
		{MI_PTE_EXEC, "exec"},
		{MI_PTE_SOFT_DIRTY, "soft_dirty"},
		{MI_PTE_UFFD_WP, "uffd_wp"},
		{MI_PTE_SPECIAL, "special"},
		{MI_PTE_EXCLUSIVE, "exclusive"},
		{MI_PTE_HUGE, "huge"},
	};
	size_t i;

	mi_json_array(w, "bits");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (bits & names[i].bit)
			mi_json_text(w, NULL, names[i].name);
	mi_json_array_end(w);
}

/* A number of the first page, and how it goes on: only of more than one page. */
static void put_first(struct mi_json *w, const char *key, const char *how_key, uint64_t v,
		      const struct mi_run *run, unsigned int flag)
{
	mi_json_u64(w, key, v);
	if (run->n > 1)
		mi_json_text(w, how_key, run->flags & flag ? "consecutive" : "scattered");
}

static void put_pfn(struct mi_json *w, const struct mi_run *run)
{
	if (run->n > 1 && run->flags & MI_RUN_PFN_SAME) {
		mi_json_u64(w, "pfn", run->pfn);
		mi_json_text(w, "pfns", "same");
	} else {
		put_first(w, "pfn", "pfns", run->pfn, run, MI_RUN_PFN_CONSECUTIVE);
	}
}

static void put_swap(struct mi_json *w, unsigned int type, uint64_t offset,
		     const struct mi_run *run, unsigned int flag)
{
	mi_json_u64(w, "swap_type", type);
	put_first(w, "swap_offset", "swap_offsets", offset, run, flag);
}

static void put_pte(struct mi_json *w, const struct mi_run *run)
{
	mi_json_line_object(w, "pte");
	mi_json_text(w, "kind", mi_pte_word(run->pte));
	switch (run->pte) {
	case MI_PTE_NONE:
		mi_json_object_end(w);
		return;
	case MI_PTE_UNREADABLE:
		mi_json_text(w, "why", mi_read_word(run->pte_why));
		mi_json_object_end(w);
		return;
	case MI_PTE_SWAP:
	case MI_PTE_UNKNOWN:
		put_swap(w, run->swap_type, run->swap_offset, run, MI_RUN_SWAP_CONSECUTIVE);
		break;
	case MI_PTE_MARKER:
		mi_json_u64(w, "marker", run->swap_offset);
		break;
	case MI_PTE_FILE:
		mi_json_u64(w, "file_page", run->swap_offset);
		break;
	default:
		break;
	}
	mi_json_u64(w, "level", run->level);
	if (run->has_pfn)
		put_pfn(w, run);
	put_pte_bits(w, run->pte_bits);
	mi_json_object_end(w);
}

static void put_flags(struct mi_json *w, const struct mi_page *page)
{
	int f;

	mi_json_array(w, "flags");
	for (f = 0; f < MI_PG_NR; f++)
		if (page->flags >> f & 1)
			mi_json_text(w, NULL, mi_page_flag_name((enum mi_page_flag)f));
	mi_json_array_end(w);
}

static const char *owner_word(enum mi_page_owner owner)
{
	switch (owner) {
	case MI_OWNER_FILE:
		return "file";
	case MI_OWNER_ANON:
		return "anon";
	case MI_OWNER_KSM:
		return "ksm";
	case MI_OWNER_MOVABLE:
		return "movable";
	default:
		return "none";
	}
}

/* struct page; the frame's number stands in what names the frame. */
static void put_page(struct mi_json *w, const struct mi_page *page)
{
	mi_json_line_object(w, "page");
	if (page->why) {
		mi_json_text(w, "why", mi_read_word(page->why));
		mi_json_object_end(w);
		return;
	}
	mi_json_u64(w, "order", page->order);
	if (page->order)
		mi_json_u64(w, "head_pfn", page->head_pfn);
	mi_json_i64(w, "refcount", page->refcount);
	mi_json_i64(w, "mapcount", page->mapcount);
	mi_json_text(w, "owner", owner_word(page->owner));
	if (page->owner != MI_OWNER_NONE)
		mi_json_u64(w, "index", page->index);
	put_flags(w, page);
	if (page->hugetlb)
		mi_json_bool(w, "hugetlb", true);
	if (page->anon_exclusive)
		mi_json_bool(w, "anon_exclusive", true);
	mi_json_object_end(w);
}

static void put_marks(struct mi_json *w, unsigned int marks)
{
	if (marks & MI_MARK_UNKNOWN) {
		mi_json_null(w, "marks");
		return;
	}
	mi_json_array(w, "marks");
	if (marks & MI_MARK_DIRTY)
		mi_json_text(w, NULL, "dirty");
	if (marks & MI_MARK_WRITEBACK)
		mi_json_text(w, NULL, "writeback");
	if (marks & MI_MARK_TOWRITE)
		mi_json_text(w, NULL, "towrite");
	mi_json_array_end(w);
}

static void put_shadow(struct mi_json *w, const struct mi_shadow *s)
{
	if (!s->split)
		return;
	mi_json_u64(w, "node", s->node);
	mi_json_u64(w, "memcg_id", s->memcg);
	if (*s->cgroup)
		mi_json_bytes(w, "cgroup", s->cgroup);
	mi_json_bool(w, "workingset", s->workingset);
	if (s->distance_known)
		mi_json_u64(w, "refault_distance", s->distance);
	if (s->generation_known) {
		mi_json_u64(w, "generation", s->generation);
		mi_json_u64(w, "youngest_generation", s->youngest);
	}
}

static void put_slot(struct mi_json *w, const struct mi_run *run)
{
	mi_json_line_object(w, "cached");
	mi_json_text(w, "kind", mi_cached_word(run->cached));
	switch (run->cached) {
	case MI_CACHED_FOLIO:
		put_first(w, "pfn", "pfns", run->slot_pfn, run, MI_RUN_SLOT_PFN_CONSECUTIVE);
		put_marks(w, run->marks);
		if (run->has_slot_page && run->relation != MI_REL_SAME)
			put_page(w, &run->slot_page);
		break;
	case MI_CACHED_SHADOW:
		mi_json_hex(w, "value", run->slot_value);
		put_shadow(w, &run->shadow);
		break;
	case MI_CACHED_DAX:
		mi_json_hex(w, "value", run->slot_value);
		break;
	case MI_CACHED_SWAP:
		put_swap(w, run->slot_swap_type, run->slot_swap_offset, run,
			 MI_RUN_SLOT_SWAP_CONSECUTIVE);
		break;
	case MI_CACHED_UNKNOWN:
		if (run->slot_why)
			mi_json_text(w, "why", mi_read_word(run->slot_why));
		break;
	default:
		break;
	}
	mi_json_object_end(w);
}

static void put_run(struct mi_json *w, const char *key, const struct mi_run *run, bool in_file)
{
	char words[256];

	mi_run_words(run, words, sizeof(words));
	mi_json_line_object(w, key);
	if (!in_file)
		mi_json_hex(w, "va", run->va);
	mi_json_u64(w, "pgoff", run->pgoff);
	mi_json_u64(w, "pages", run->n);
	mi_json_text(w, "state", words);
	if (run->nonlinear)
		mi_json_bool(w, "nonlinear", true);
	if (run->beyond_eof)
		mi_json_bool(w, "beyond_eof", true);
	if (!in_file) {
		if (run->relation != MI_REL_NONE)
			mi_json_text(w, "relation", mi_relation_word(run->relation));
		put_pte(w, run);
		if (run->has_page)
			put_page(w, &run->page);
	}
	if (run->cached != MI_CACHED_NONE)
		put_slot(w, run);
	mi_json_object_end(w);
}

void mi_json_run(struct mi_json *w, const struct mi_run *run, bool in_file)
{
	put_run(w, NULL, run, in_file);
}

void mi_json_run_as(struct mi_json *w, const char *key, const struct mi_run *run)
{
	put_run(w, key, run, false);
}
