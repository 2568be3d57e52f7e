// SPDX-License-Identifier: GPL-2.0-or-later
/* fault.c - the struct vm_fault on a kernel stack */
#include "fault.h"

/*
 * The structure lies in the frame of handle_mm_fault() or of a function that it
 * calls, so its return address is not far; frames are larger with KASAN.
 */
#define FRAME_REACH 1024

static const struct {
	size_t off; /* of its enumerator in struct mi_layout */
	const char *word;
	unsigned int macro_bit;
} flags[] = {
#define MI_FAULT_FLAG(name, word, bit) {offsetof(struct mi_layout, FAULT_FLAG_##name), word, bit},
#include "fault_flags.def"
#undef MI_FAULT_FLAG
};

#define N_FLAGS (sizeof(flags) / sizeof(flags[0]))

static const struct mi_enumerator *enumerator(const struct mi_kernel *k, size_t i)
{
	return (const void *)((const char *)&k->l + flags[i].off);
}

/* struct vm_fault has named its VMA since 4.11, so macros are those since 4.6. */
static bool are_macros(const struct mi_kernel *k)
{
	size_t i;

	for (i = 0; i < N_FLAGS; i++)
		if (enumerator(k, i)->known)
			return false;
	return true;
}

static uint64_t flag_mask(const struct mi_kernel *k, size_t i)
{
	const struct mi_enumerator *e = enumerator(k, i);
	unsigned int macros = mi_has(&k->l.mm_mmap_lock) ? 10 : 9;

	if (are_macros(k))
		return flags[i].macro_bit < macros ? 1ULL << flags[i].macro_bit : 0;
	return e->known ? (uint64_t)e->value : 0;
}

const char *mi_fault_flag(const struct mi_kernel *k, unsigned int bit)
{
	size_t i;

	for (i = 0; i < N_FLAGS; i++)
		if (flag_mask(k, i) == 1ULL << bit)
			return flags[i].word;
	return NULL;
}

/* By our word; 0: not known in this kernel. */
static uint64_t mask_of(const struct mi_kernel *k, const char *word)
{
	size_t i;

	for (i = 0; i < N_FLAGS; i++)
		if (!strcmp(flags[i].word, word))
			return flag_mask(k, i);
	return 0;
}

bool mi_fault_tells_user(const struct mi_kernel *k)
{
	return mask_of(k, "user") != 0;
}

/* ---- one place ---- */

static const struct mi_vma *find_vma(const struct mi_fault_scan *scan, uint64_t address)
{
	size_t lo = 0, hi = scan->n_vmas, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (scan->vmas[mid].end <= address)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == scan->n_vmas || scan->vmas[lo].start > address)
		return NULL;
	return &scan->vmas[lo];
}

/* The kernel's linear_page_index(); hugetlb counted in its pages of @shift for long. */
static bool is_linear(const struct mi_vma *vma, uint64_t address, uint64_t pgoff)
{
	uint64_t in_vma = address - vma->start;
	unsigned int shift;

	if (pgoff == vma->pgoff + (in_vma >> MI_PAGE_SHIFT) ||
	    (!vma->file && pgoff == vma->anon_pgoff + (in_vma >> MI_PAGE_SHIFT)))
		return true;
	for (shift = 21; vma->flags & MI_VM_HUGETLB && shift <= 30; shift += 9)
		if (pgoff == (vma->pgoff >> (shift - MI_PAGE_SHIFT)) + (in_vma >> shift))
			return true;
	return false;
}

/* Empty, or a pointer to the entry for @address in a table of @level. */
static bool is_entry(uint64_t ptr, uint64_t address, unsigned int level, bool hugetlb)
{
	unsigned int shift = MI_PAGE_SHIFT + 9 * (level - 1);

	if (!ptr)
		return true;
	if (ptr & 7 || ptr >> 56 != 0xff)
		return false;
	return hugetlb || (ptr >> 3 & 511) == (address >> shift & 511);
}

/* The same where words have 4 bytes. A level that there is none of is that on top. */
static bool is_narrow_entry(const struct mi_kernel *k, uint64_t ptr, uint64_t address,
			    unsigned int level, bool hugetlb)
{
	const struct mi_pt_shape *s = mi_target_facts(k->t)->tables;
	uint64_t bytes, mask;

	level = level < s->levels ? level : s->levels;
	bytes = s->level[level].bytes;
	mask = (1ULL << s->level[level].bits) - 1;
	if (!ptr)
		return true;
	if (ptr & (bytes - 1) || !mi_is_kernel_address(k->t, ptr))
		return false;
	return hugetlb || (ptr / bytes & mask) == mi_entry_index(s, level, address);
}

static bool has_entries(const struct mi_kernel *k, const void *vmf, uint64_t address, bool hugetlb,
			bool narrow)
{
	const struct mi_member *at[] = {&k->l.vmf_pte, &k->l.vmf_pmd, &k->l.vmf_pud};
	unsigned int level;

	for (level = 1; level <= 3; level++) {
		uint64_t ptr = mi_get(vmf, at[level - 1]);

		if (!(narrow ? is_narrow_entry(k, ptr, address, level, hugetlb)
			     : is_entry(ptr, address, level, hugetlb)))
			return false;
	}
	return true;
}

/* All bits are flags; names of macros are not known of all bits. */
static bool are_flags(const struct mi_kernel *k, uint64_t value)
{
	uint64_t all = 0;
	size_t i;

	if (are_macros(k))
		return value < 0x1000;
	for (i = 0; i < N_FLAGS; i++)
		all |= flag_mask(k, i);
	/* Newer kernels may have more. */
	return value <= 2 * all + 1;
}

static enum mi_fault_from whence(const struct mi_kernel *k, const struct mi_fault *f,
				 enum mi_entry entry)
{
	uint64_t user = mask_of(k, "user"), mkwrite = mask_of(k, "mkwrite");

	if (f->flags & user)
		return MI_FROM_USER;
	if (entry == MI_ENTRY_SYSCALL)
		return MI_FROM_KERNEL;
	return user && mkwrite && !(f->flags & mkwrite) ? MI_FROM_KERNEL : MI_FROM_UNKNOWN;
}

static enum mi_fault_access access_kind(const struct mi_kernel *k, const struct mi_fault *f)
{
	uint64_t write = mask_of(k, "write"), exec = mask_of(k, "instruction");

	if (f->flags & exec)
		return MI_ACCESS_EXEC;
	if (f->flags & write)
		return MI_ACCESS_WRITE;
	return write && exec ? MI_ACCESS_READ : MI_ACCESS_UNKNOWN;
}

/* Cheapest and least likely to be met by chance first: it is asked of every word. */
static bool is_fault(const struct mi_kernel *k, const struct mi_fault_scan *scan, const void *vmf,
		     struct mi_fault *f)
{
	const struct mi_layout *l = &k->l;
	const struct mi_vma *vma;
	bool hugetlb;

	f->va = mi_get(vmf, &l->vmf_address);
	if (!f->va || f->va & (MI_PAGE_SIZE - 1) || f->va >> 56)
		return false;
	vma = find_vma(scan, f->va);
	if (!vma || mi_get(vmf, &l->vmf_vma) != vma->addr ||
	    !is_linear(vma, f->va, mi_get(vmf, &l->vmf_pgoff)))
		return false;
	hugetlb = vma->flags & MI_VM_HUGETLB;
	f->exact = mi_has(&l->vmf_real_address);
	f->address = f->exact ? mi_get(vmf, &l->vmf_real_address) : f->va;
	if (f->address < f->va || f->address >= vma->end ||
	    (!hugetlb && f->address - f->va >= MI_PAGE_SIZE))
		return false;
	f->flags = mi_get(vmf, &l->vmf_flags) & 0xffffffff;
	if (!are_flags(k, f->flags) || !has_entries(k, vmf, f->va, hugetlb, scan->stack->narrow))
		return false;
	f->vma = (size_t)(vma - scan->vmas);
	f->pgoff = vma->pgoff + ((f->va - vma->start) >> MI_PAGE_SHIFT);
	f->copying = mi_has(&l->vmf_cow_page) && mi_get(vmf, &l->vmf_cow_page);
	f->access = access_kind(k, f);
	f->from = whence(k, f, scan->entry);
	/* A task that came by a system call does not wait in a fault from user mode. */
	return !(f->from == MI_FROM_USER && scan->entry == MI_ENTRY_SYSCALL);
}

static bool beside_code(const struct mi_kernel *k, const struct mi_fault_scan *scan, size_t at,
			size_t words)
{
	size_t reach = FRAME_REACH / 8, i = at > reach ? at - reach : 0;
	size_t end = at + words + reach;

	for (; i < scan->stack->n && i < end; i++) {
		uint64_t word = mi_code_addr(k, scan->stack->words[i]);

		if (word > scan->code && word < scan->code_end)
			return true;
	}
	return false;
}

/* A copy, or the same fault tried again. */
static bool is_known(const struct mi_faults *faults, const struct mi_fault *f)
{
	size_t i;

	for (i = 0; i < faults->n; i++)
		if (faults->list[i].va == f->va && faults->list[i].vma == f->vma &&
		    faults->list[i].access == f->access)
			return true;
	return false;
}

void mi_fault_scan(const struct mi_kernel *k, const struct mi_fault_scan *scan,
		   struct mi_faults *ret)
{
	unsigned int word = mi_kstack_word(scan->stack);
	size_t words = (k->l.size_vm_fault + word - 1) / word, at;

	ret->n = 0;
	ret->more = false;
	for (at = 0; at + words <= scan->stack->n; at++) {
		struct mi_fault f = {.addr = scan->stack->sp + word * at};

		if (!is_fault(k, scan, mi_kstack_at(scan->stack, at), &f) ||
		    !beside_code(k, scan, at, words) || is_known(ret, &f))
			continue;
		if (ret->n == MI_FAULTS_MAX) {
			ret->more = true;
			return;
		}
		ret->list[ret->n++] = f;
	}
}

enum mi_kstack_status mi_fault_find(struct mi_kernel *k, const struct mi_task *task,
				    const struct mi_vma *vmas, size_t n_vmas, struct mi_kstack *s,
				    struct mi_faults *ret)
{
	struct mi_fault_scan scan = {.stack = s, .vmas = vmas, .n_vmas = n_vmas};
	enum mi_kstack_status st;

	memset(ret, 0, sizeof(*ret));
	st = mi_kstack_load(k, task, s);
	if (st)
		return st;
	mi_kstack_user_regs(k, s, &ret->regs);
	scan.entry = ret->regs.entry;
	scan.code = k->l.sym_handle_mm_fault;
	scan.code_end = scan.code + mi_symbol_room(k->t, scan.code);
	mi_fault_scan(k, &scan, ret);
	return MI_KSTACK_OK;
}

bool mi_fault_likely(struct mi_kernel *k, const struct mi_kstack *stack)
{
	uint64_t code = k->l.sym_handle_mm_fault, room = mi_symbol_room(k->t, code);
	size_t i;

	for (i = 0; i < stack->n; i++)
		if (mi_code_addr(k, stack->words[i]) - code < room)
			return true;
	return false;
}
