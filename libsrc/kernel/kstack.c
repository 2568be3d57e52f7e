// SPDX-License-Identifier: GPL-2.0-or-later
/* kstack.c - the kernel stack of a task, and the user's registers at its end */
#include <stdlib.h>

#include "kstack.h"
#include "pagetable.h"

/* From i386's smallest to x86-64 with KASAN. */
#define SIZE_MIN 0x1000
#define SIZE_MAX_BYTES 0x20000

/* A segment selector of user mode; arch/x86/include/asm/segment.h */
#define RPL 3
#define USER32_CS 0x23
/* arch/x86/include/asm/segment.h, of i386 */
#define USER_CS_I386 0x73
#define USER_DS_I386 0x7b

/* Where arm64 came from: arch/arm64/include/uapi/asm/ptrace.h */
#define PSR_MODE 0xf /* 0: user mode */
#define PSR_32_BIT 0x10

/* No kernel has more system calls; x32's bit is not among them. */
#define SYSCALLS_MAX 2048

static bool is_size(uint64_t size)
{
	return size >= SIZE_MIN && size <= SIZE_MAX_BYTES && !(size & (size - 1));
}

uint64_t mi_kstack_size(const struct mi_kernel *k)
{
	const struct mi_layout *l = &k->l;

	/* BTF lacks the union, which no function of the kernel mentions. */
	if (is_size(l->size_thread_union))
		return l->size_thread_union;
	if (l->sym_init_stack && is_size(l->sym_init_stack_end - l->sym_init_stack))
		return l->sym_init_stack_end - l->sym_init_stack;
	return 0;
}

static bool make_room(struct mi_kstack *s, size_t n, bool narrow)
{
	unsigned char *bytes;
	uint64_t *words;

	if (s->room >= n)
		return true;
	words = realloc(s->words, n * sizeof(*words));
	if (!words)
		return false;
	s->words = words;
	bytes = narrow ? realloc(s->narrow, n * 4) : NULL;
	if (narrow && !bytes)
		return false;
	s->narrow = bytes;
	s->room = n;
	return true;
}

static enum mi_read read_words(struct mi_kernel *k, struct mi_kstack *s, size_t n)
{
	enum mi_read r = mi_read_virt(k->t, s->sp, s->narrow ? s->narrow : (void *)s->words,
				      n * mi_word_size(k->t));
	uint32_t word;
	size_t i;

	for (i = 0; !r && s->narrow && i < n; i++) {
		memcpy(&word, s->narrow + 4 * i, sizeof(word));
		s->words[i] = word;
	}
	return r;
}

static const char *effect_of(const struct mi_kstack *s)
{
	return s->effect ? s->effect : "a page fault in progress may be missing";
}

static enum mi_kstack_status lost(struct mi_kernel *k, const struct mi_kstack *s, const char *what,
				  uint64_t addr, enum mi_read r)
{
	mi_problem_read(&k->problems, what, addr, r, effect_of(s));
	return MI_KSTACK_LOST;
}

/* Where the task went to sleep; @stack: the lowest address of its stack. */
static enum mi_read read_sp(struct mi_kernel *k, const struct mi_task *task, uint64_t stack,
			    uint64_t *sp)
{
	const struct mi_layout *l = &k->l;

	if (k->pte->arch == MI_ARCH_ARM && !mi_has(&l->task_thread_sp))
		return mi_read_member(k->t, stack, &l->thread_info_sp, sp);
	return mi_read_member(k->t, task->addr, &l->task_thread_sp, sp);
}

/* Where its stack is, and where in it the task goes on; *on_cpu: that is not known. */
static enum mi_read find_stack(struct mi_kernel *k, const struct mi_task *task, struct mi_kstack *s,
			       uint64_t *stack, uint64_t *on_cpu)
{
	const struct mi_layout *l = &k->l;
	enum mi_read r;

	r = mi_read_member(k->t, task->addr, &l->task_stack, stack);
	if (!r)
		r = read_sp(k, task, *stack, &s->sp);
	if (!r && mi_has(&l->task_thread_fp))
		r = mi_read_member(k->t, task->addr, &l->task_thread_fp, &s->fp);
	if (!r && mi_has(&l->task_thread_pc))
		r = mi_read_member(k->t, task->addr, &l->task_thread_pc, &s->pc);
	if (!r && mi_has(&l->task_on_cpu))
		r = mi_read_member(k->t, task->addr, &l->task_on_cpu, on_cpu);
	return r;
}

static enum mi_kstack_status load(struct mi_kernel *k, const struct mi_task *task, bool any,
				  struct mi_kstack *s)
{
	uint64_t size = mi_kstack_size(k), stack, on_cpu = 0;
	unsigned int word = mi_word_size(k->t);
	enum mi_read r;
	size_t n;

	s->n = 0;
	s->fp = s->pc = 0;
	r = find_stack(k, task, s, &stack, &on_cpu);
	if (r)
		return lost(k, s, "task_struct", task->addr, r);
	if (on_cpu && !any)
		return MI_KSTACK_RUNNING;
	if (on_cpu)
		s->sp = stack;
	if (!size || stack & (MI_PAGE_SIZE - 1) || s->sp & (word - 1) || s->sp - stack >= size) {
		mi_problem_bad(&k->problems, "task_struct", task->addr,
			       "has its stack pointer outside of its stack", effect_of(s));
		return MI_KSTACK_LOST;
	}
	s->end = stack + size;
	n = (size_t)(s->end - s->sp) / word;
	if (!make_room(s, n, word == 4))
		return MI_KSTACK_LOST;
	r = read_words(k, s, n);
	if (r)
		return lost(k, s, "kernel stack", s->sp, r);
	s->n = n;
	return MI_KSTACK_OK;
}

enum mi_kstack_status mi_kstack_load(struct mi_kernel *k, const struct mi_task *task,
				     struct mi_kstack *s)
{
	return load(k, task, false, s);
}

enum mi_kstack_status mi_kstack_load_any(struct mi_kernel *k, const struct mi_task *task,
					 struct mi_kstack *s)
{
	return load(k, task, true, s);
}

void mi_kstack_free(struct mi_kstack *s)
{
	free(s->words);
	free(s->narrow);
	memset(s, 0, sizeof(*s));
}

/*
 * How far below the end of a stack the registers begin. Kernels that know FRED leave
 * a gap above them (6.9), and have a symbol that tells so of the first task.
 */
static uint64_t regs_distance(const struct mi_kernel *k)
{
	const struct mi_layout *l = &k->l;
	uint64_t distance = l->sym_init_stack_end - l->sym_top_init_kernel_stack;

	if (!l->sym_top_init_kernel_stack || !l->sym_init_stack_end)
		return l->size_pt_regs;
	return distance >= l->size_pt_regs && distance <= l->size_pt_regs + 64 ? distance : 0;
}

/* The name by which the kernel's own table leads to the call. */
static void name_syscall(struct mi_kernel *k, struct mi_user_regs *ret)
{
	/* Calls without arguments have one function by two names. */
	static const char *const prefixes[] = {"__x64_sys_", "__ia32_sys_", "__arm64_sys_", "sys_"};
	uint64_t table = k->l.sym_sys_call_table, fn, offset, word = mi_word_size(k->t);
	const char *name;
	size_t i, n;

	if (!table || ret->compat || ret->syscall >= mi_symbol_room(k->t, table) / word ||
	    mi_read_ulong(k->t, table + word * ret->syscall, &fn))
		return;
	name = mi_symbol_name(k->t, fn, &offset);
	for (i = 0; name && !offset && i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		n = strlen(prefixes[i]);
		if (strncmp(name, prefixes[i], n) || !strcmp(name, "sys_ni_syscall") ||
		    strlen(name + n) >= sizeof(ret->syscall_name))
			continue;
		memcpy(ret->syscall_name, name + n, strlen(name + n) + 1);
		return;
	}
}

/* A call has its number there, everything else -1 by the time it can sleep. */
static enum mi_entry by_number(uint64_t number, uint64_t none)
{
	if (number == none)
		return MI_ENTRY_EXCEPTION;
	return number < SYSCALLS_MAX ? MI_ENTRY_SYSCALL : MI_ENTRY_UNKNOWN;
}

/* False: these are not the registers of user mode. */
static bool x86_entry(const struct mi_layout *l, const unsigned char *regs, uint64_t none,
		      struct mi_user_regs *ret)
{
	uint64_t cs = mi_get(regs, &l->regs_cs) & 0xffff, ss = mi_get(regs, &l->regs_ss) & 0xffff;

	if ((cs & RPL) != RPL || (ss & RPL) != RPL)
		return false;
	ret->compat = cs == USER32_CS;
	ret->syscall = mi_get(regs, &l->regs_orig_ax);
	ret->entry = by_number(ret->syscall, none);
	return true;
}

/*
 * i386 leaves some bytes free above the registers (TOP_OF_KERNEL_STACK_PADDING): as many as
 * bring the selectors of user mode to their places. 0: there are none.
 */
static unsigned int i386_padding(const struct mi_layout *l, const struct mi_kstack *s,
				 uint64_t distance)
{
	const unsigned char *end = mi_kstack_at(s, s->n);
	unsigned int pad;

	for (pad = 8; pad <= 16 && distance && distance + pad <= s->n * mi_kstack_word(s);
	     pad += 8) {
		const unsigned char *regs = end - distance - pad;

		if ((mi_get(regs, &l->regs_cs) & 0xffff) == USER_CS_I386 &&
		    (mi_get(regs, &l->regs_ss) & 0xffff) == USER_DS_I386)
			return pad;
	}
	return 0;
}

static bool arm64_entry(const struct mi_layout *l, const unsigned char *regs,
			struct mi_user_regs *ret)
{
	uint64_t pstate = mi_get(regs, &l->regs_pstate);

	if (pstate & PSR_MODE)
		return false;
	ret->compat = pstate & PSR_32_BIT;
	ret->syscall = (uint32_t)mi_get(regs, &l->regs_syscallno);
	ret->entry = by_number(ret->syscall, 0xffffffff);
	return true;
}

const char *mi_kstack_lacks(const struct mi_layout *l, enum mi_arch arch)
{
	if (arch == MI_ARCH_ARM)
		return "the registers of arm are not read";
	if (arch == MI_ARCH_ARM64)
		return !mi_has(&l->regs_pstate)	     ? "struct pt_regs has no member pstate"
		       : !mi_has(&l->regs_syscallno) ? "struct pt_regs has no member syscallno"
						     : NULL;
	return !mi_has(&l->regs_cs)	   ? "struct pt_regs has no member cs"
	       : !mi_has(&l->regs_ss)	   ? "struct pt_regs has no member ss"
	       : !mi_has(&l->regs_orig_ax) ? "struct pt_regs has no member orig_ax"
					   : NULL;
}

void mi_kstack_user_regs(struct mi_kernel *k, const struct mi_kstack *s, struct mi_user_regs *ret)
{
	const struct mi_layout *l = &k->l;
	uint64_t distance = regs_distance(k);
	const unsigned char *regs;
	bool user;

	memset(ret, 0, sizeof(*ret));
	if (k->pte->arch == MI_ARCH_X86_32)
		distance += i386_padding(l, s, distance);
	if (!distance || distance > s->n * mi_kstack_word(s))
		return;
	regs = (const unsigned char *)mi_kstack_at(s, s->n) - distance;
	ret->ip = mi_get(regs, &l->regs_ip);
	ret->sp = mi_get(regs, &l->regs_sp);
	user = k->pte->arch == MI_ARCH_ARM64 ? arm64_entry(l, regs, ret)
					     : x86_entry(l, regs, mi_word_mask(k->t), ret);
	/* A kernel thread has none: what lies there is something else. */
	if (!user || ret->ip >> 56 || ret->sp >> 56) {
		ret->entry = MI_ENTRY_UNKNOWN;
		return;
	}
	if (ret->entry == MI_ENTRY_SYSCALL)
		name_syscall(k, ret);
	else
		ret->syscall = 0;
}
