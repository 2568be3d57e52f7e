// SPDX-License-Identifier: GPL-2.0-or-later
/* vma.c - the VMAs of an mm */
#include <stdio.h>
#include <stdlib.h>

#include "vma.h"

#define VMAS_MAX (8U << 20)

struct vma_array {
	struct mi_kernel *k;
	uint64_t mm;
	struct mi_vma *list;
	size_t n, room;
	uint64_t end; /* of the VMA before */
	bool out_of_memory;
};

static void decode(struct mi_kernel *k, const void *raw, uint64_t addr, struct mi_vma *vma)
{
	const struct mi_layout *l = &k->l;

	vma->addr = addr;
	vma->start = mi_get(raw, &l->vma_start);
	vma->end = mi_get(raw, &l->vma_end);
	vma->flags = mi_get(raw, &l->vma_flags);
	vma->pgoff = mi_get(raw, &l->vma_pgoff);
	vma->anon_pgoff = vma->pgoff;
	if (mi_has(&l->vma_anon_pgoff_lo) && mi_has(&l->vma_anon_pgoff_hi))
		vma->anon_pgoff = mi_get(raw, &l->vma_anon_pgoff_lo) |
				  mi_get(raw, &l->vma_anon_pgoff_hi) << 32;
	vma->file = mi_get(raw, &l->vma_file);
	vma->anon_vma = mi_get(raw, &l->vma_anon_vma);
	vma->ops = mi_get(raw, &l->vma_ops);
	/* Up to 6.1 it shares its place with what mappings of files have. */
	vma->anon_name =
		mi_has(&l->vma_anon_name) && !vma->file ? mi_get(raw, &l->vma_anon_name) : 0;
}

static bool possible_range(const struct mi_vma *vma)
{
	return vma->start < vma->end && !((vma->start | vma->end) & (MI_PAGE_SIZE - 1)) &&
	       vma->end <= 1ULL << 56;
}

enum mi_read mi_vma_at(struct mi_kernel *k, uint64_t addr, struct mi_vma *ret, uint64_t *mm,
		       bool *possible)
{
	unsigned char raw[1024];
	enum mi_read r = mi_read_virt(k->t, addr, raw, k->l.size_vma);

	if (r)
		return r;
	decode(k, raw, addr, ret);
	*mm = mi_get(raw, &k->l.vma_mm);
	*possible = possible_range(ret);
	return MI_READ_OK;
}

/*
 * Read the VMA at @addr into @vma; *next (list kernels) is set if known. False
 * and a problem if it is not to be had or cannot be right.
 */
static bool load(struct vma_array *a, uint64_t addr, struct mi_vma *vma, uint64_t *next)
{
	const struct mi_layout *l = &a->k->l;
	struct mi_problems *p = &a->k->problems;
	unsigned char raw[1024];
	enum mi_read r;

	r = mi_read_virt(a->k->t, addr, raw, l->size_vma);
	if (r) {
		mi_problem_read(p, "vm_area_struct", addr, r, "a mapping is missing");
		return false;
	}
	if (next)
		*next = mi_get(raw, &l->vma_next);
	decode(a->k, raw, addr, vma);
	if (mi_get(raw, &l->vma_mm) != a->mm) {
		mi_problem_bad(p, "vm_area_struct", addr, "belongs to another mm",
			       "a mapping is missing");
		return false;
	}
	if (!possible_range(vma)) {
		mi_problem_bad_as(p, MI_PROBLEM_VMA_ORDER, "vm_area_struct", addr,
				  "has an impossible range", "a mapping is missing");
		return false;
	}
	if (vma->start < a->end) {
		mi_problem_bad_as(p, MI_PROBLEM_VMA_ORDER, "vm_area_struct", addr,
				  "overlaps the one before", "a mapping is missing");
		return false;
	}
	return true;
}

static bool push(struct vma_array *a, const struct mi_vma *vma)
{
	if (a->n == a->room) {
		size_t room = a->room ? 2 * a->room : 128;
		struct mi_vma *list = NULL;

		if (room <= VMAS_MAX)
			list = realloc(a->list, room * sizeof(*list));
		if (!list) {
			a->out_of_memory = true;
			return false;
		}
		a->list = list;
		a->room = room;
	}
	a->list[a->n++] = *vma;
	a->end = vma->end;
	return true;
}

static bool maple_entry(void *arg, uint64_t first, uint64_t last, uint64_t entry)
{
	struct vma_array *a = arg;
	struct mi_vma vma;

	if (!load(a, entry, &vma, NULL))
		return true;
	if (vma.start != first || vma.end - 1 != last) {
		mi_problem_bad_as(&a->k->problems, MI_PROBLEM_VMA_ORDER, "vm_area_struct", entry,
				  "does not cover what the maple tree says",
				  "a mapping is missing");
		return true;
	}
	return push(a, &vma);
}

static void walk_list(struct vma_array *a, uint64_t first)
{
	struct mi_vma vma;
	uint64_t next, addr;

	/* load() demands ascending addresses: a circle ends at its first repeat. */
	for (addr = first; addr; addr = next)
		if (!load(a, addr, &vma, &next) || !push(a, &vma))
			return;
}

enum mi_status mi_vma_gather(struct mi_kernel *k, struct mi_mm *mm, struct mi_vma **ret, size_t *n,
			     struct mi_error *err)
{
	const struct mi_layout *l = &k->l;
	struct vma_array a = {.k = k, .mm = mm->addr};
	enum mi_status st = MI_OK;
	uint64_t first, problems = mi_problem_count(&k->problems);
	enum mi_read r;

	if (mi_has(&l->mm_mt)) {
		st = mi_maple_walk(k, mm->addr + (uint64_t)l->mm_mt.off, maple_entry, &a, err);
	} else if (mi_has(&l->mm_mmap) && mi_has(&l->vma_next)) {
		r = mi_read_member(k->t, mm->addr, &l->mm_mmap, &first);
		if (r)
			st = mi_fail(err, MI_ERR_READ, "mm_struct %016llx: %s",
				     (unsigned long long)mm->addr, mi_read_text(r));
		else
			walk_list(&a, first);
	} else {
		st = mi_fail(err, MI_ERR_MISSING,
			     "this kernel keeps its VMAs neither in a maple tree nor in a list");
	}
	if (!st && a.out_of_memory)
		st = mi_fail(err, MI_ERR_NOMEM, "too many VMAs");
	if (st) {
		free(a.list);
		return st;
	}
	mm->vmas_whole = mi_problem_count(&k->problems) == problems;
	/* What could not be read has been said already. */
	if (mm->vmas_whole && a.n != mm->map_count)
		mi_problem_bad_as(&k->problems, MI_PROBLEM_MAP_COUNT, "mm_struct", mm->addr,
				  "map_count is not the number of VMAs found", NULL);
	*ret = a.list;
	*n = a.n;
	return MI_OK;
}

/* ---- names of mappings without a file ---- */

static bool is_vdso(struct mi_kernel *k, const struct mi_mm *mm, const struct mi_vma *vma)
{
	uint64_t vdso;

	return k->nonlinear && mi_has(&k->l.mm_vdso) &&
	       !mi_read_member(k->t, mm->addr, &k->l.mm_vdso, &vdso) && vdso == vma->start;
}

static bool vdso_name(struct mi_kernel *k, const struct mi_vma *vma, char *buf, size_t size)
{
	const struct mi_layout *l = &k->l;
	uint64_t spec, name;

	if (!l->sym_special_mapping_vmops || vma->ops != l->sym_special_mapping_vmops)
		return false;
	return !mi_read_member(k->t, vma->addr, &l->vma_private_data, &spec) &&
	       !mi_read_member(k->t, spec, &l->special_mapping_name, &name) &&
	       !mi_read_string(k->t, name, buf, size) && *buf;
}

/* The kernel takes no others (kernel/sys.c: is_valid_name_char()). */
static bool is_anon_name(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text >= 0x7f || strchr("\\`$[]", *text))
			return false;
	return true;
}

static bool anon_name(struct mi_kernel *k, const struct mi_vma *vma, char *buf, size_t size)
{
	const struct mi_layout *l = &k->l;
	char text[80]; /* ANON_VMA_NAME_MAX_LEN, kernel/sys.c */

	if (!mi_has(&l->anon_name_text) || !vma->anon_name)
		return false;
	if (mi_read_string(k->t, vma->anon_name + (uint64_t)l->anon_name_text.off, text,
			   sizeof(text)) ||
	    !is_anon_name(text))
		return false;
	snprintf(buf, size, "[anon:%s]", text);
	return true;
}

/* The order is that of fs/proc/task_mmu.c:show_map_vma(). */
void mi_vma_special_name(struct mi_kernel *k, const struct mi_mm *mm, const struct mi_vma *vma,
			 char *buf, size_t size)
{
	buf[0] = '\0';
	if (mi_has(&k->l.vma_private_data) && mi_has(&k->l.special_mapping_name) &&
	    vdso_name(k, vma, buf, size))
		return;
	if (is_vdso(k, mm, vma))
		snprintf(buf, size, "[vdso]");
	else if (mm->brk && vma->start <= mm->brk && vma->end >= mm->start_brk)
		snprintf(buf, size, "[heap]");
	else if (mm->start_stack && vma->start <= mm->start_stack && vma->end >= mm->start_stack)
		snprintf(buf, size, "[stack]");
	else
		anon_name(k, vma, buf, size);
}
