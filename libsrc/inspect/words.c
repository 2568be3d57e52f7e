// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * words.c - page states in words
 *
 * The words are part of the interface: scripts look for them in text and in
 * JSON. mmapinfo(1) explains each. A new word may come; none changes.
 */
#include <string.h>

#include "inspect.h"

const char *mi_pte_word(enum mi_pte_kind kind)
{
	static const char *const words[MI_PTE_KINDS] = {
		[MI_PTE_NONE] = "none",
		[MI_PTE_PRESENT] = "present",
		[MI_PTE_PROT_NONE] = "prot-none",
		[MI_PTE_NUMA_HINT] = "numa-hint",
		[MI_PTE_SWAP] = "swap",
		[MI_PTE_MIGRATION] = "migration",
		[MI_PTE_HWPOISON] = "hwpoison",
		[MI_PTE_DEVICE] = "device",
		[MI_PTE_MARKER] = "marker",
		[MI_PTE_SWAP_ERROR] = "swap-error",
		[MI_PTE_FILE] = "file",
		[MI_PTE_UNKNOWN] = "unknown",
		[MI_PTE_UNREADABLE] = "unreadable",
	};

	return kind < MI_PTE_KINDS ? words[kind] : "unknown";
}

const char *mi_relation_word(enum mi_relation rel)
{
	static const char *const words[MI_REL_NR] = {
		[MI_REL_NONE] = "none",	      [MI_REL_SAME] = "same",
		[MI_REL_PRIVATE] = "private", [MI_REL_ZERO] = "zero",
		[MI_REL_SPECIAL] = "special", [MI_REL_OTHER] = "other",
		[MI_REL_UNKNOWN] = "unknown",
	};

	return rel < MI_REL_NR ? words[rel] : "unknown";
}

const char *mi_cached_word(enum mi_cached cached)
{
	static const char *const words[MI_CACHED_NR] = {
		[MI_CACHED_NONE] = "none",     [MI_CACHED_FOLIO] = "folio",
		[MI_CACHED_SHADOW] = "shadow", [MI_CACHED_SWAP] = "swap",
		[MI_CACHED_DAX] = "dax",       [MI_CACHED_UNKNOWN] = "unknown",
	};

	return cached < MI_CACHED_NR ? words[cached] : "unknown";
}

/* ---- the state of a run ---- */

struct words {
	char *buf;
	size_t size, len;
};

/* Whole words only: one that does not fit is left out. */
static void add(struct words *w, const char *word)
{
	size_t n = strlen(word), blank = w->len > 0;

	if (w->len + blank + n >= w->size)
		return;
	if (blank)
		w->buf[w->len++] = ' ';
	memcpy(w->buf + w->len, word, n + 1);
	w->len += n;
}

static const char *marker_word(uint64_t value)
{
	if (value & MI_MARKER_GUARD)
		return "guard";
	if (value & MI_MARKER_POISONED)
		return "poisoned";
	return value & MI_MARKER_UFFD_WP ? "uffd-wp-marker" : "marker";
}

/* What an access finds where the PTE maps nothing: the cache alone. */
static void add_unmapped(struct words *w, const struct mi_run *run)
{
	switch (run->cached) {
	case MI_CACHED_FOLIO:
		add(w, "cached");
		break;
	case MI_CACHED_SHADOW:
		add(w, "evicted");
		break;
	case MI_CACHED_SWAP:
		add(w, "swapped");
		break;
	case MI_CACHED_DAX:
		add(w, "dax");
		break;
	case MI_CACHED_UNKNOWN:
		add(w, "cache-unknown");
		break;
	default:
		/* Nothing can be there: to say so of "beyond-eof" is noise. */
		if (!run->beyond_eof)
			add(w, "absent");
		break;
	}
}

static void add_mapped(struct words *w, const struct mi_run *run)
{
	switch (run->relation) {
	case MI_REL_PRIVATE:
		add(w, "private-copy");
		break;
	case MI_REL_ZERO:
		add(w, "zero-page");
		break;
	case MI_REL_SPECIAL:
		add(w, "special");
		break;
	case MI_REL_OTHER:
		add(w, "other-page");
		break;
	default:
		add(w, "mapped");
		break;
	}
	if (run->pte != MI_PTE_PRESENT)
		add(w, mi_pte_word(run->pte));
	if (run->relation == MI_REL_UNKNOWN)
		add(w, run->has_page && !run->page.why ? "cache-unknown" : "page-unknown");
}

static void add_place(struct words *w, const struct mi_run *run)
{
	switch (run->pte) {
	case MI_PTE_NONE:
		add_unmapped(w, run);
		break;
	case MI_PTE_PRESENT:
	case MI_PTE_PROT_NONE:
	case MI_PTE_NUMA_HINT:
		add_mapped(w, run);
		break;
	case MI_PTE_SWAP:
		if (run->relation == MI_REL_PRIVATE)
			add(w, "private-copy");
		add(w, "swapped");
		break;
	case MI_PTE_MIGRATION:
		add(w, "migrating");
		break;
	case MI_PTE_HWPOISON:
		add(w, "hwpoison");
		break;
	case MI_PTE_DEVICE:
		add(w, "device");
		break;
	case MI_PTE_MARKER:
		add(w, marker_word(run->swap_offset));
		break;
	case MI_PTE_FILE:
		add_unmapped(w, run);
		add(w, "file-entry");
		break;
	case MI_PTE_SWAP_ERROR:
		add(w, "swap-error");
		break;
	case MI_PTE_UNREADABLE:
		add(w, "pte-unknown");
		break;
	default:
		add(w, "unknown-entry");
		break;
	}
}

static void add_page(struct words *w, const struct mi_page *page)
{
	static const struct {
		enum mi_page_flag flag;
		const char *word;
	} simple[] = {
		{MI_PG_ERROR, "error"},		{MI_PG_HWPOISON, "hwpoison"},
		{MI_PG_WRITEBACK, "writeback"}, {MI_PG_DIRTY, "dirty"},
		{MI_PG_READAHEAD, "readahead"}, {MI_PG_MLOCKED, "mlocked"},
	};
	bool locked = page->flags >> MI_PG_LOCKED & 1;
	bool uptodate = page->flags >> MI_PG_UPTODATE & 1;
	size_t i;

	if (page->why) {
		add(w, "page-unknown");
		return;
	}
	/* Pages that hold no file's or process's data (vdso) never get the flag. */
	if (page->owner == MI_OWNER_NONE || page->owner == MI_OWNER_MOVABLE)
		uptodate = true;
	if (locked)
		add(w, uptodate ? "locked" : "reading");
	else if (!uptodate)
		add(w, "not-uptodate");
	for (i = 0; i < sizeof(simple) / sizeof(simple[0]); i++)
		if (page->flags >> simple[i].flag & 1)
			add(w, simple[i].word);
	if (page->owner == MI_OWNER_KSM)
		add(w, "ksm");
	if (page->hugetlb)
		add(w, "hugetlb");
}

static void add_pte_bits(struct words *w, const struct mi_run *run)
{
	if (run->pte == MI_PTE_MARKER)
		return; /* the marker's word says it */
	if (run->pte_bits & MI_PTE_DIRTY)
		add(w, "pte-dirty");
	if (run->pte_bits & MI_PTE_YOUNG)
		add(w, "young");
	if (run->pte_bits & MI_PTE_UFFD_WP)
		add(w, "uffd-wp");
	if (run->pte_bits & MI_PTE_HUGE)
		add(w, "huge");
}

/* What the slot holds, where the PTE names something else. */
static void add_other_slot(struct words *w, const struct mi_run *run)
{
	if (run->cached == MI_CACHED_NONE || run->cached == MI_CACHED_UNKNOWN)
		return;
	add_unmapped(w, run);
	if (run->has_slot_page)
		add_page(w, &run->slot_page);
}

void mi_run_words(const struct mi_run *run, char *buf, size_t size)
{
	struct words w = {buf, size, 0};

	if (size)
		buf[0] = '\0';
	if (run->beyond_eof)
		add(&w, "beyond-eof");
	add_place(&w, run);
	if (run->nonlinear)
		add(&w, "nonlinear");
	if (run->pte == MI_PTE_NONE || run->pte == MI_PTE_FILE) {
		if (run->has_slot_page)
			add_page(&w, &run->slot_page);
		return;
	}
	/* add_mapped() has told already that struct page is not to be had. */
	if (run->has_page && !(run->page.why && run->relation == MI_REL_UNKNOWN))
		add_page(&w, &run->page);
	add_pte_bits(&w, run);
	if (run->relation != MI_REL_SAME)
		add_other_slot(&w, run);
}
