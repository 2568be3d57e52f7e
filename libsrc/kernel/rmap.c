// SPDX-License-Identifier: GPL-2.0-or-later
/* rmap.c - from pages to the VMAs that may map them */
#include "rmap_walk.h"
#include "vma.h"

#define EFFECT MI_RMAP_EFFECT

/* ---- VMAs ---- */

static enum mi_status pass(struct mi_rmap_walk *w, const struct mi_rmap_vma *v)
{
	return w->fn(w->arg, v) ? MI_OK : mi_fail(w->err, MI_ERR_NOMEM, "out of memory");
}

/* @pgoff says by which of its two counts the tree has it. */
static enum mi_status take_range(struct mi_rmap_walk *w, const struct mi_vma *vma, uint64_t mm,
				 uint64_t pgoff)
{
	struct mi_rmap_vma v = {.vma = vma->addr, .mm = mm, .first = pgoff, .start = vma->start};

	if (mi_vma_nonlinear(w->k, vma)) {
		/* Any page of the file may be anywhere in it. */
		v.first = 0;
		v.last = ~0ULL;
		return pass(w, &v);
	}
	v.last = pgoff + ((vma->end - vma->start) >> MI_PAGE_SHIFT) - 1;
	if (v.last < v.first) {
		mi_problem_bad(&w->k->problems, "vm_area_struct", vma->addr,
			       "has an impossible range", EFFECT);
		return MI_OK;
	}
	return pass(w, &v);
}

/* False with a problem if there is no such VMA. */
static bool load(struct mi_rmap_walk *w, uint64_t addr, struct mi_vma *vma, uint64_t *mm)
{
	struct mi_problems *p = &w->k->problems;
	bool possible;
	enum mi_read r = mi_vma_at(w->k, addr, vma, mm, &possible);

	if (r)
		mi_problem_read(p, "vm_area_struct", addr, r, EFFECT);
	else if (!possible || !*mm)
		mi_problem_bad(p, "vm_area_struct", addr, "has an impossible range", EFFECT);
	return !r && possible && *mm;
}

enum mi_status mi_rmap_take_vma(struct mi_rmap_walk *w, uint64_t addr)
{
	uint64_t mm, mapping = 0;
	struct mi_vma vma;
	enum mi_read r;

	if (!load(w, addr, &vma, &mm))
		return MI_OK;
	r = mi_read_member(w->k->t, vma.file, &w->k->l.file_mapping, &mapping);
	if (r) {
		mi_problem_read(&w->k->problems, "file", vma.file, r, EFFECT);
		return MI_OK;
	}
	if (mapping != w->root) {
		mi_problem_bad(&w->k->problems, "vm_area_struct", addr, "is of another file",
			       EFFECT);
		return MI_OK;
	}
	return take_range(w, &vma, mm, vma.pgoff);
}

static enum mi_status take_vma(struct mi_rmap_walk *w, uint64_t node)
{
	return mi_rmap_take_vma(w, node - (uint64_t)w->k->l.vma_shared_rb.off);
}

enum mi_status mi_rmap_take_anon(struct mi_rmap_walk *w, uint64_t addr)
{
	struct mi_vma vma;
	uint64_t mm;

	if (!load(w, addr, &vma, &mm))
		return MI_OK;
	if (!vma.anon_vma) {
		mi_problem_bad(&w->k->problems, "vm_area_struct", vma.addr,
			       "has no anonymous memory, but is chained to some", EFFECT);
		return MI_OK;
	}
	return take_range(w, &vma, mm, vma.anon_pgoff);
}

static enum mi_status take_chain(struct mi_rmap_walk *w, uint64_t node)
{
	const struct mi_layout *l = &w->k->l;
	uint64_t addr = node - (uint64_t)l->avc_rb.off;
	unsigned char raw[256];
	enum mi_read r;

	r = mi_read_virt(w->k->t, addr, raw, l->size_avc);
	if (r) {
		mi_problem_read(&w->k->problems, w->trees, addr, r, EFFECT);
		return MI_OK;
	}
	if (mi_get(raw, &l->avc_anon_vma) != w->root) {
		mi_problem_bad(&w->k->problems, w->trees, addr, "is of another anon_vma", EFFECT);
		return MI_OK;
	}
	return mi_rmap_take_anon(w, mi_get(raw, &l->avc_vma));
}

/* ---- which form ---- */

static bool has_tree(const struct mi_layout *l)
{
	return mi_has(&l->as_i_mmap) && mi_has(&l->vma_shared_rb);
}

static bool has_prio_tree(const struct mi_layout *l)
{
	return mi_has(&l->as_prio_root) && mi_has(&l->prio_left) && mi_has(&l->prio_right) &&
	       mi_has(&l->prio_parent) && l->prio_parent.off <= 56 &&
	       l->prio_left.off <= l->prio_parent.off && l->prio_right.off <= l->prio_parent.off &&
	       mi_has(&l->vma_prio_node) && mi_has(&l->vma_prio_set) && mi_has(&l->vma_prio_head);
}

static bool has_anon_tree(const struct mi_layout *l)
{
	return mi_has(&l->av_root) && l->size_avc && mi_has(&l->avc_vma) &&
	       mi_has(&l->avc_anon_vma) && mi_has(&l->avc_rb);
}

static bool has_anon_list(const struct mi_layout *l)
{
	return mi_has(&l->av_head) &&
	       (mi_has(&l->vma_av_node) || (l->size_avc && mi_has(&l->avc_vma) &&
					    mi_has(&l->avc_anon_vma) && mi_has(&l->avc_same)));
}

const char *mi_rmap_lacks(const struct mi_layout *l)
{
	if (!has_tree(l) && !has_prio_tree(l))
		return "struct address_space has no i_mmap of a form known here";
	if (mi_has(&l->as_i_mmap_nonlinear) && !mi_has(&l->vma_nonlinear))
		return "struct vm_area_struct has no member shared.nonlinear";
	if (!has_anon_tree(l) && !has_anon_list(l))
		return "struct anon_vma has no VMAs in a form known here";
	return NULL;
}

static enum mi_status is_off(const struct mi_kernel *k, struct mi_error *err)
{
	const char *why;

	if (mi_feature(k, MI_F_RMAP, &why) && mi_feature(k, MI_F_FILE, &why))
		return MI_OK;
	return mi_fail(err, MI_ERR_MISSING, "%s", why);
}

/* The form they have since 3.7. */
static enum mi_status walk_tree(struct mi_rmap_walk *w, const struct mi_member *root,
				enum mi_status (*take)(struct mi_rmap_walk *w, uint64_t node))
{
	const struct mi_layout *l = &w->k->l;
	const struct mi_rmap_tree tree = {
		.root = root,
		.to_left = &l->rb_left,
		.to_right = &l->rb_right,
		.to_parent = &l->rb_parent,
		.size = l->size_rb_node,
		.color = 3,
		.depth = 64, /* a balanced tree of more does not fit into memory */
		.too_deep = "is deeper than a balanced tree",
		.take = take,
	};

	return mi_rmap_tree(w, &tree);
}

enum mi_status mi_rmap_file(struct mi_kernel *k, uint64_t mapping, uint64_t *left, mi_rmap_fn fn,
			    void *arg, struct mi_error *err)
{
	struct mi_rmap_walk w = {.k = k,
				 .root = mapping,
				 .trees = "mappings of a file",
				 .left = left,
				 .fn = fn,
				 .arg = arg,
				 .err = err};
	enum mi_status st = is_off(k, err);

	if (st)
		return st;
	st = has_tree(&k->l) ? walk_tree(&w, &k->l.as_i_mmap, take_vma) : mi_rmap_prio(&w);
	return st ? st : mi_rmap_nonlinear(&w);
}

enum mi_status mi_rmap_anon(struct mi_kernel *k, uint64_t anon_vma, uint64_t *left, mi_rmap_fn fn,
			    void *arg, struct mi_error *err)
{
	struct mi_rmap_walk w = {.k = k,
				 .root = anon_vma,
				 .trees = "anon_vma_chain",
				 .left = left,
				 .fn = fn,
				 .arg = arg,
				 .err = err};
	enum mi_status st = is_off(k, err);

	if (st)
		return st;
	return has_anon_tree(&k->l) ? walk_tree(&w, &k->l.av_root, take_chain)
				    : mi_rmap_anon_list(&w);
}
