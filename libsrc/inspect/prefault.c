// SPDX-License-Identifier: GPL-2.0-or-later
/* prefault.c - which pages of a mapping are faulted in, and which could be without I/O */
#include <sys/stat.h>

#include "../kernel/fskind.h"
#include "join.h"

static bool has_flag(const struct mi_page *page, enum mi_page_flag flag)
{
	return page->flags >> flag & 1;
}

/* ---- classes ---- */

/* Without a PTE, and without a page in the cache. */
static enum mi_prefault_class nothing_cached(const struct mi_process *p, const struct mi_mapping *m)
{
	const struct mi_file *f = &p->files[m->file].file;
	const char *fs = f->backed ? f->backing.fs : f->name.fs;

	if (f->dax || f->hugetlbfs)
		return MI_PF_FRESH;
	/* The file system of a disk is that of its node. */
	if (S_ISBLK(f->mode))
		return MI_PF_TO_READ;
	if (!*fs)
		return MI_PF_UNKNOWN;
	return mi_fs_way(p->k, fs, 0) == MI_FS_MEMORY ? MI_PF_FRESH : MI_PF_TO_READ;
}

static enum mi_prefault_class in_cache(const struct mi_run *c)
{
	const struct mi_page *page = &c->slot_page;

	if (!c->has_slot_page || page->why)
		return MI_PF_UNKNOWN;
	if (has_flag(page, MI_PG_HWPOISON))
		return MI_PF_OTHER;
	if (has_flag(page, MI_PG_UPTODATE))
		return MI_PF_READY;
	return has_flag(page, MI_PG_LOCKED) ? MI_PF_READING : MI_PF_TO_READ;
}

/* What a fault finds in memory of a device or in the vdso is its driver's affair. */
static bool is_drivers(const struct mi_mapping *m)
{
	return m->kind == MI_MAP_SPECIAL || m->vma.flags & (MI_VM_PFNMAP | MI_VM_IO);
}

static enum mi_prefault_class no_pte(const struct mi_process *p, const struct mi_mapping *m,
				     const struct mi_run *c)
{
	mode_t mode;

	if (c->beyond_eof)
		return MI_PF_BEYOND;
	if (is_drivers(m))
		return MI_PF_OTHER;
	/* So the kernel tells anonymous memory; private mappings of /dev/zero are, too. */
	if (!m->vma.ops)
		return MI_PF_FRESH;
	if (!m->vma.file)
		return MI_PF_OTHER;
	if (m->file >= p->n_files)
		return MI_PF_UNKNOWN;
	mode = p->files[m->file].file.mode;
	if (!S_ISREG(mode) && !S_ISBLK(mode))
		return MI_PF_OTHER;
	switch (c->cached) {
	case MI_CACHED_FOLIO:
		return in_cache(c);
	case MI_CACHED_SWAP:
		return MI_PF_SWAPPED;
	case MI_CACHED_DAX:
		return MI_PF_READY;
	case MI_CACHED_NONE:
	case MI_CACHED_SHADOW:
		return nothing_cached(p, m);
	default:
		return MI_PF_UNKNOWN;
	}
}

enum mi_prefault_class mi_prefault_class(const struct mi_process *p, const struct mi_mapping *m,
					 const struct mi_run *c)
{
	if (mi_pte_maps(c->pte))
		return MI_PF_POPULATED;
	switch (c->pte) {
	case MI_PTE_NONE:
	case MI_PTE_FILE: /* says which page of the file belongs here, and maps none */
		return no_pte(p, m, c);
	case MI_PTE_SWAP:
		return MI_PF_SWAPPED;
	case MI_PTE_UNREADABLE:
		return MI_PF_UNKNOWN;
	default:
		return MI_PF_OTHER;
	}
}

/* ---- what is more to be said of a page ---- */

/* The zero page and memory of devices are never locked. */
static bool lock_unknown(const struct mi_process *p, const struct mi_run *c)
{
	if (c->relation == MI_REL_ZERO || c->relation == MI_REL_SPECIAL)
		return false;
	return !c->has_page || c->page.why || !p->k->l.PG_mlocked.known;
}

static bool is_mlocked(const struct mi_run *c)
{
	return c->has_page && !c->page.why && has_flag(&c->page, MI_PG_MLOCKED);
}

/* What next_uptodate_folio() passes over. */
static bool is_held(const struct mi_run *c)
{
	return c->has_slot_page &&
	       (has_flag(&c->slot_page, MI_PG_LOCKED) || has_flag(&c->slot_page, MI_PG_READAHEAD));
}

void mi_prefault_count(const struct mi_process *p, const struct mi_mapping *m,
		       struct mi_prefault *to, const struct mi_run *cells, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct mi_run *c = &cells[i];
		enum mi_prefault_class cls = mi_prefault_class(p, m, c);

		to->n[cls] += c->n;
		if (cls == MI_PF_POPULATED) {
			to->mlocked += is_mlocked(c) ? c->n : 0;
			to->mlock_unknown += lock_unknown(p, c) ? c->n : 0;
		} else if (cls == MI_PF_READY) {
			to->held += is_held(c) ? c->n : 0;
		}
	}
}

void mi_prefault_add(struct mi_prefault *to, const struct mi_prefault *from)
{
	size_t i;

	for (i = 0; i < MI_PF_NR; i++)
		to->n[i] += from->n[i];
	to->mlocked += from->mlocked;
	to->mlock_unknown += from->mlock_unknown;
	to->held += from->held;
}

/* ---- mlock ---- */

uint64_t mi_prefault_holes(const struct mi_prefault *pf)
{
	uint64_t holes = 0;
	int c;

	for (c = 0; c < MI_PF_NR; c++)
		if (c != MI_PF_POPULATED && c != MI_PF_BEYOND && c != MI_PF_UNKNOWN)
			holes += pf->n[c];
	return holes;
}

enum mi_mlock_state mi_mlock_state(const struct mi_kernel *k, const struct mi_vma *vma,
				   const struct mi_prefault *pf)
{
	int bit = mi_vma_flag_bit(k, "lockonfault");

	if (!(vma->flags & MI_VM_LOCKED))
		return MI_MLOCK_NONE;
	if (!mi_prefault_holes(pf))
		return pf->n[MI_PF_UNKNOWN] ? MI_MLOCK_UNKNOWN : MI_MLOCK_WHOLE;
	if (bit >= 0 && vma->flags >> bit & 1)
		return MI_MLOCK_ON_FAULT;
	if (!(vma->flags & (MI_VM_READ | MI_VM_WRITE | MI_VM_EXEC)))
		return MI_MLOCK_NO_ACCESS;
	return bit < 0 ? MI_MLOCK_UNSURE : MI_MLOCK_HOLES;
}

const char *mi_mlock_word(enum mi_mlock_state s)
{
	static const char *const words[] = {
		[MI_MLOCK_NONE] = "none",	  [MI_MLOCK_WHOLE] = "whole",
		[MI_MLOCK_ON_FAULT] = "on-fault", [MI_MLOCK_NO_ACCESS] = "no-access",
		[MI_MLOCK_HOLES] = "holes",	  [MI_MLOCK_UNSURE] = "unsure",
		[MI_MLOCK_UNKNOWN] = "unknown",
	};

	return words[s <= MI_MLOCK_UNKNOWN ? s : MI_MLOCK_UNKNOWN];
}

const char *mi_mlock_text(enum mi_mlock_state s)
{
	static const char *const text[] = {
		[MI_MLOCK_NONE] = "",
		[MI_MLOCK_WHOLE] = "all that can be there is",
		[MI_MLOCK_ON_FAULT] = "MLOCK_ONFAULT: holes are filled when touched",
		[MI_MLOCK_NO_ACCESS] = "PROT_NONE: nothing can be populated",
		[MI_MLOCK_HOLES] = "populating failed, or pages were given back since",
		[MI_MLOCK_UNSURE] = "on fault, or populating failed: not known here",
		[MI_MLOCK_UNKNOWN] = "not all pages are known",
	};

	return text[s <= MI_MLOCK_UNKNOWN ? s : MI_MLOCK_UNKNOWN];
}

const char *mi_prefault_word(enum mi_prefault_class c)
{
	static const char *const words[MI_PF_NR] = {
		[MI_PF_POPULATED] = "populated", [MI_PF_READY] = "ready",
		[MI_PF_READING] = "reading",	 [MI_PF_TO_READ] = "to-read",
		[MI_PF_SWAPPED] = "swapped",	 [MI_PF_FRESH] = "fresh",
		[MI_PF_OTHER] = "other",	 [MI_PF_BEYOND] = "beyond-eof",
		[MI_PF_UNKNOWN] = "unknown",
	};

	return words[c < MI_PF_NR ? c : MI_PF_UNKNOWN];
}

/* ---- runs ---- */

struct walk {
	const struct mi_process *p;
	const struct mi_mapping *m;
	mi_prefault_fn fn;
	void *arg;
	bool open;
	struct mi_prefault_run run;
};

static struct mi_prefault_run run_of(const struct walk *w, const struct mi_run *c)
{
	struct mi_prefault_run r = {.va = c->va, .pgoff = c->pgoff, .n = c->n};

	r.cls = mi_prefault_class(w->p, w->m, c);
	r.mlocked = r.cls == MI_PF_POPULATED && is_mlocked(c);
	r.held = r.cls == MI_PF_READY && is_held(c);
	return r;
}

static bool take_cells(void *arg, const struct mi_run *cells, size_t n)
{
	struct walk *w = arg;
	struct mi_prefault_run r;
	size_t i;

	for (i = 0; i < n; i++) {
		r = run_of(w, &cells[i]);
		if (w->open && r.cls == w->run.cls && r.mlocked == w->run.mlocked &&
		    r.held == w->run.held && r.pgoff == w->run.pgoff + w->run.n) {
			w->run.n += r.n;
			continue;
		}
		if (w->open && !w->fn(w->arg, &w->run))
			return false;
		w->run = r;
		w->open = true;
	}
	return true;
}

enum mi_status mi_prefault_runs(struct mi_process *p, const struct mi_mapping *m, mi_prefault_fn fn,
				void *arg, struct mi_error *err)
{
	const struct mi_mapped_file *f = m->file < p->n_files ? &p->files[m->file] : NULL;
	struct walk w = {.p = p, .m = m, .fn = fn, .arg = arg};
	struct mi_join *j;
	enum mi_status st;

	st = mi_join_new(p->k, &j, err);
	if (st)
		return st;
	st = mi_join_mapping(j, &p->mm, m, f ? &f->file : NULL, take_cells, &w, err);
	mi_join_free(j);
	if (!st && w.open)
		fn(arg, &w.run);
	return st;
}
