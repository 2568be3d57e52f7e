// SPDX-License-Identifier: GPL-2.0-or-later
/* unwind.c - kernel stacks, unwound; on x86 by the kernel's own ORC tables */
#include <stdio.h>
#include <stdlib.h>

#include "modules.h"
#include "pagetable.h"
#include "unwind.h"

/*
 * What a position on the stack is told from. The kernel's numbers are macros, and changed
 * in 7.x: arch/x86/include/asm/orc_types.h. Of the others none can be known in a task
 * that sleeps: registers that a call may change, and switches of stacks.
 */
enum base {
	BASE_UNDEFINED,
	BASE_PREV_SP,
	BASE_BP,
	BASE_SP,
	BASE_BP_INDIRECT,
	BASE_OTHER,
	BASE_NR,
};

/* The number of each; 0 is UNDEFINED in all. */
static const uint8_t numberings[][BASE_NR] = {
	{[BASE_PREV_SP] = 1, [BASE_BP] = 4, [BASE_SP] = 5, [BASE_BP_INDIRECT] = 8},
	{[BASE_PREV_SP] = 8, [BASE_BP] = 4, [BASE_SP] = 3, [BASE_BP_INDIRECT] = 10},
};

/* A segment selector of user mode; arch/x86/include/asm/segment.h */
#define RPL 3

#define NAME_MAX_LEN 512 /* KSYM_NAME_LEN */

/* Addresses looked up: as many as a kernel has places where tasks sleep, and more. */
#define SLOTS (1U << 14)
#define SLOTS_USED (SLOTS / 4 * 3)

/* What the entry is for; the kernel's numbers for these changed in 6.4. */
enum orc_kind {
	ORC_NONE, /* no table has the address */
	ORC_LOST, /* a table has it and is not to be had */
	ORC_UNDEFINED,
	ORC_END,
	ORC_CALL,
	ORC_REGS,
	ORC_REGS_PARTIAL,
};

/* All that is known of one return address. */
struct place {
	uint64_t key; /* the address, bit 0: see find_place(); 0: free */
	enum orc_kind kind;
	uint8_t sp_number; /* as the table has it */
	enum base sp_base, bp_base;
	int16_t sp_off, bp_off;
	bool signal;
	bool is_code;
	struct mi_frame frame;
};

struct name {
	struct name *next;
	char text[];
};

struct mi_unwinder {
	struct place slots[SLOTS];
	size_t used;
	struct place spare; /* where the table is full */
	struct name *names;
	const uint8_t *numbers; /* one of numberings[]; NULL: unknown */
};

const char *mi_trace_word(enum mi_trace_end end)
{
	static const char *const words[MI_TRACE_NR] = {
		"whole",     "running",	   "lost",   "off",  "no_entry", "no_code",  "register",
		"off_stack", "unreadable", "tracer", "deep", "gone",	 "unstable",
	};

	return end < MI_TRACE_NR ? words[end] : NULL;
}

const char *mi_trace_text(enum mi_trace_end end)
{
	static const char *const texts[MI_TRACE_NR] = {
		[MI_TRACE_RUNNING] = "the task was running: its stack is not known",
		[MI_TRACE_LOST] = "the stack could not be read",
		[MI_TRACE_OFF] = "this kernel has no tables to unwind stacks by",
		[MI_TRACE_NO_ENTRY] = "no table tells how this code was called",
		[MI_TRACE_NO_CODE] = "what called this is no code of the kernel or of a module",
		[MI_TRACE_REGISTER] = "the way on was in a register that was not saved",
		[MI_TRACE_OFF_STACK] = "the way on does not stay on the stack",
		[MI_TRACE_UNREADABLE] = "the tables to unwind by could not be read",
		[MI_TRACE_TRACER] = "a tracer has hidden who called this",
		[MI_TRACE_GONE] = "the task has exited, and its stack is freed",
		[MI_TRACE_UNSTABLE] = "the task ran while its stack was read",
		[MI_TRACE_DEEP] = "more functions than are shown",
	};

	return end < MI_TRACE_NR ? texts[end] : NULL;
}

static void switch_off(struct mi_layout *l, const char *what, const char *lacks)
{
	l->off[MI_F_STACK] = true;
	snprintf(l->why[MI_F_STACK], sizeof(l->why[0]), "%s%s", what, lacks);
}

static const char *orc_lacks(const struct mi_layout *l)
{
	if (l->orc_type.bits == 2 && !mi_has(&l->orc_end))
		return "end";
	if (l->orc_type.bits == 3 && !mi_has(&l->orc_signal))
		return "signal";
	return l->orc_type.bits == 2 || l->orc_type.bits == 3 ? NULL : "type of a known form";
}

void mi_unwind_form(struct mi_kernel *k)
{
	struct mi_layout *l = &k->l;
	bool no_orc = l->off[MI_F_ORC];
	const char *lacks;

	l->off[MI_F_ORC] = false;
	if (k->pte->arch != MI_ARCH_ARM64 && no_orc)
		switch_off(l, l->why[MI_F_ORC], "");
	if (l->off[MI_F_STACK])
		return;
	/* Of a task that runs, a trace would be of the past. */
	if (!mi_has(&l->task_on_cpu)) {
		switch_off(l, "struct task_struct has no member on_cpu", "");
		return;
	}
	if (k->pte->arch == MI_ARCH_ARM64) {
		lacks = mi_unwind_arm64_lacks(l);
		if (lacks)
			switch_off(l, lacks, "");
		return;
	}
	lacks = orc_lacks(l);
	if (lacks)
		switch_off(l, "struct orc_entry has no member ", lacks);
}

/* ---- the tables ---- */

struct table {
	uint64_t ip, orc;
	size_t n;
};

static bool in(uint64_t addr, uint64_t start, uint64_t end)
{
	return addr >= start && addr < end;
}

static bool is_kernel_text(const struct mi_layout *l, uint64_t addr)
{
	return in(addr, l->sym_stext, l->sym_etext) || in(addr, l->sym_sinittext, l->sym_einittext);
}

/* The last entry at or below @ip; false if the table cannot be read. *found: @t->n if none. */
static bool search(struct mi_kernel *k, const struct table *t, uint64_t ip, size_t *found)
{
	size_t low = 0, high = t->n, mid;
	uint64_t at;
	uint32_t delta;

	while (low < high) {
		mid = low + (high - low) / 2;
		at = t->ip + 4 * (uint64_t)mid;
		if (mi_read_u32(k->t, at, &delta))
			return false;
		/* Each tells how far from itself the code lies. */
		if (at + (uint64_t)(int64_t)(int32_t)delta <= ip)
			low = mid + 1;
		else
			high = mid;
	}
	*found = low ? low - 1 : t->n;
	return true;
}

/* Up to 6.3 the end of a stack is said by a flag, and so is that there is no way. */
static enum orc_kind kind_of(const struct mi_layout *l, const void *entry, const struct place *p)
{
	static const enum orc_kind old[] = {ORC_CALL, ORC_REGS, ORC_REGS_PARTIAL, ORC_NONE};
	static const enum orc_kind new[] = {ORC_UNDEFINED,    ORC_END,	     ORC_CALL, ORC_REGS,
					    ORC_REGS_PARTIAL, ORC_UNDEFINED, ORC_NONE, ORC_NONE};
	uint64_t type = mi_get(entry, &l->orc_type);

	if (l->orc_type.bits == 3)
		return new[type & 7];
	if (!p->sp_number)
		return mi_get(entry, &l->orc_end) ? ORC_END : ORC_UNDEFINED;
	return old[type & 3];
}

static enum base base_of(const uint8_t *numbers, uint64_t number)
{
	int i;

	for (i = BASE_PREV_SP; numbers && number && i < BASE_OTHER; i++)
		if (numbers[i] == number)
			return (enum base)i;
	return number ? BASE_OTHER : BASE_UNDEFINED;
}

static void decode(const struct mi_layout *l, const uint8_t *numbers, const void *entry,
		   struct place *p)
{
	p->sp_number = (uint8_t)mi_get(entry, &l->orc_sp_reg);
	p->sp_base = base_of(numbers, p->sp_number);
	p->bp_base = base_of(numbers, mi_get(entry, &l->orc_bp_reg));
	p->sp_off = (int16_t)mi_get(entry, &l->orc_sp_offset);
	p->bp_off = (int16_t)mi_get(entry, &l->orc_bp_offset);
	p->kind = kind_of(l, entry, p);
	p->signal = mi_has(&l->orc_signal) ? mi_get(entry, &l->orc_signal) != 0
					   : p->kind == ORC_REGS || p->kind == ORC_REGS_PARTIAL;
}

static void look_up(struct mi_kernel *k, const struct table *t, uint64_t ip, struct place *p)
{
	const struct mi_layout *l = &k->l;
	unsigned char entry[16];
	size_t i;

	p->kind = ORC_NONE;
	if (!t->n || !t->ip || !t->orc)
		return;
	if (!search(k, t, ip, &i)) {
		p->kind = ORC_LOST;
		return;
	}
	if (i == t->n)
		return;
	if (mi_read_virt(k->t, t->orc + (uint64_t)i * l->size_orc_entry, entry, l->size_orc_entry))
		p->kind = ORC_LOST;
	else
		decode(l, k->unwinder->numbers, entry, p);
}

/* ---- places: each address is looked up once ---- */

static const char *keep_name(struct mi_unwinder *u, const char *text)
{
	size_t len = strlen(text) + 1;
	struct name *n = malloc(sizeof(*n) + len);

	if (!n)
		return NULL;
	memcpy(n->text, text, len);
	n->next = u->names;
	u->names = n;
	return n->text;
}

static void name_in_module(struct mi_kernel *k, struct mi_module *m, uint64_t addr, bool keep,
			   struct mi_frame *f)
{
	char text[NAME_MAX_LEN];
	uint64_t start;

	f->module = m->name;
	if (!keep || !mi_module_symbol(k, m, addr, text, sizeof(text), &start, &f->size))
		return;
	f->symbol = keep_name(k->unwinder, text);
	f->offset = addr - start;
}

static void name_code(struct mi_kernel *k, uint64_t addr, bool keep, struct mi_frame *f)
{
	struct mi_module *m;

	if (is_kernel_text(&k->l, addr)) {
		f->symbol = mi_symbol_first(k->t, addr, &f->offset);
		f->size = f->symbol ? mi_symbol_room(k->t, addr - f->offset) : 0;
		return;
	}
	m = mi_module_at(k, addr);
	if (m)
		name_in_module(k, m, addr, keep, f);
}

static void fill_place(struct mi_kernel *k, uint64_t addr, bool exact, bool keep, struct place *p)
{
	const struct mi_layout *l = &k->l;
	uint64_t ip = exact ? addr : addr - 1;
	struct table t = {l->sym_orc_ip, l->sym_orc, (l->sym_orc_ip_end - l->sym_orc_ip) / 4};
	struct mi_module *m = NULL;

	p->is_code = is_kernel_text(l, addr);
	if (!p->is_code) {
		m = mi_module_at(k, addr);
		p->is_code = m != NULL;
	}
	if (!is_kernel_text(l, ip)) {
		m = mi_module_at(k, ip);
		t.ip = m ? m->orc_ip : 0;
		t.orc = m ? m->orc : 0;
		t.n = m ? m->n_orcs : 0;
	}
	look_up(k, &t, ip, p);
	/* What is called may not return, and be the last of its function: hence before it. */
	name_code(k, addr - 1, keep, &p->frame);
	p->frame.addr = addr;
	p->frame.offset += p->frame.symbol ? 1 : 0;
	p->frame.hidden = in(addr, l->sym_sched_text, l->sym_sched_text_end) ||
			  in(addr, l->sym_lock_text, l->sym_lock_text_end);
}

/* @exact: where it was interrupted; else behind a call. */
static const struct place *find_place(struct mi_kernel *k, uint64_t addr, bool exact)
{
	struct mi_unwinder *u = k->unwinder;
	/* The top bit of kernel addresses says nothing: it makes room for @exact. */
	uint64_t key = addr << 1 | exact;
	size_t i = (key * 0x9e3779b97f4a7c15ULL) >> 50;

	while (u->slots[i].key && u->slots[i].key != key)
		i = (i + 1) % SLOTS;
	if (u->slots[i].key)
		return &u->slots[i];
	if (u->used == SLOTS_USED) {
		memset(&u->spare, 0, sizeof(u->spare));
		fill_place(k, addr, exact, false, &u->spare);
		return &u->spare;
	}
	u->used++;
	u->slots[i].key = key;
	fill_place(k, addr, exact, true, &u->slots[i]);
	return &u->slots[i];
}

/*
 * Which numbering: where a function begins, its caller's stack is 8 bytes above SP, so
 * the entry of that place has the number of SP.
 */
static const uint8_t *find_numbers(struct mi_kernel *k)
{
	const struct mi_layout *l = &k->l;
	struct table t = {l->sym_orc_ip, l->sym_orc, (l->sym_orc_ip_end - l->sym_orc_ip) / 4};
	struct place p = {0};
	size_t i;

	look_up(k, &t, l->sym_schedule, &p);
	for (i = 0; i < sizeof(numberings) / sizeof(numberings[0]); i++)
		if (p.kind == ORC_CALL && p.sp_off == 8 && p.sp_number == numberings[i][BASE_SP])
			return numberings[i];
	return NULL;
}

static bool get_ready(struct mi_kernel *k)
{
	struct mi_layout *l = &k->l;

	if (!mi_feature(k, MI_F_STACK, NULL))
		return false;
	if (k->unwinder)
		return true;
	k->unwinder = calloc(1, sizeof(*k->unwinder));
	if (!k->unwinder)
		return false;
	if (k->pte->arch == MI_ARCH_ARM64)
		return true;
	k->unwinder->numbers = find_numbers(k);
	if (k->unwinder->numbers)
		return true;
	switch_off(l, "the tables for unwinding have an unknown form, or could not be read", "");
	return false;
}

void mi_code_name(struct mi_kernel *k, uint64_t addr, struct mi_frame *ret)
{
	const struct place *p;

	memset(ret, 0, sizeof(*ret));
	ret->addr = addr;
	if (!get_ready(k))
		return;
	/* As if it lay behind a call; then the offset is one too large. */
	p = find_place(k, addr + 1, false);
	*ret = p->frame;
	ret->addr = addr;
	ret->offset -= ret->symbol ? 1 : 0;
}

const struct mi_frame *mi_unwind_frame(struct mi_kernel *k, uint64_t addr, bool exact,
				       bool *is_code)
{
	const struct place *p = find_place(k, addr, exact);

	*is_code = p->is_code;
	return &p->frame;
}

bool mi_unwind_is_tracer(const struct mi_kernel *k, uint64_t addr)
{
	return addr == k->l.sym_return_to_handler || addr == k->l.sym_kretprobe_trampoline;
}

/* ---- the walk ---- */

struct walk {
	struct mi_kernel *k;
	const struct mi_kstack *stack;
	uint64_t ip, sp, bp;
	uint64_t regs; /* address of a whole struct pt_regs that leads on; 0: none */
	bool exact;    /* ip is where it was interrupted, not behind a call */
	bool user;     /* came to user mode */
};

/* The word at @addr, which must be on the part of the stack that is in use. */
static bool load(const struct walk *w, uint64_t addr, uint64_t *val)
{
	if (addr & 7 || addr < w->stack->sp || addr >= w->stack->end)
		return false;
	*val = w->stack->words[(addr - w->stack->sp) / 8];
	return true;
}

static bool load_reg(const struct walk *w, uint64_t regs, const struct mi_member *m, uint64_t *val)
{
	return load(w, regs + (uint64_t)m->off, val);
}

/* From an interrupted place, of which the CPU saved ip, cs, and sp, all in pt_regs at @regs. */
static bool through_regs(struct walk *w, uint64_t regs)
{
	const struct mi_layout *l = &w->k->l;
	uint64_t cs;

	if (!load_reg(w, regs, &l->regs_ip, &w->ip) || !load_reg(w, regs, &l->regs_sp, &w->sp) ||
	    !load_reg(w, regs, &l->regs_cs, &cs))
		return false;
	w->user = (cs & RPL) == RPL;
	return true;
}

/* Where the caller's part of the stack begins. */
static enum mi_trace_end caller_sp(const struct walk *w, const struct place *p, uint64_t *sp)
{
	switch (p->sp_base) {
	case BASE_SP:
		*sp = w->sp + (uint64_t)(int64_t)p->sp_off;
		return MI_TRACE_WHOLE;
	case BASE_BP:
		*sp = w->bp + (uint64_t)(int64_t)p->sp_off;
		return MI_TRACE_WHOLE;
	case BASE_BP_INDIRECT:
		return load(w, w->bp + (uint64_t)(int64_t)p->sp_off, sp) ? MI_TRACE_WHOLE
									 : MI_TRACE_OFF_STACK;
	default:
		return MI_TRACE_REGISTER;
	}
}

static bool caller_bp(struct walk *w, const struct place *p, uint64_t sp)
{
	switch (p->bp_base) {
	case BASE_UNDEFINED:
		return !w->regs || load_reg(w, w->regs, &w->k->l.regs_bp, &w->bp);
	case BASE_PREV_SP:
		return load(w, sp + (uint64_t)(int64_t)p->bp_off, &w->bp);
	case BASE_BP:
		return load(w, w->bp + (uint64_t)(int64_t)p->bp_off, &w->bp);
	default:
		return false;
	}
}

/* From one function to who called it. WHOLE: a step was made. */
static enum mi_trace_end step(struct walk *w, const struct place *p)
{
	uint64_t before = w->sp, sp;
	enum mi_trace_end end = caller_sp(w, p, &sp);

	if (end)
		return end;
	if (p->kind == ORC_CALL) {
		if (!load(w, sp - 8, &w->ip))
			return MI_TRACE_OFF_STACK;
		w->sp = sp;
		w->regs = 0;
	} else if (p->kind == ORC_REGS) {
		if (!through_regs(w, sp))
			return MI_TRACE_OFF_STACK;
		w->regs = sp;
	} else if (!through_regs(w, sp - (uint64_t)w->k->l.regs_ip.off)) {
		/* PARTIAL: from ip on; what was whole before still has the rest. */
		return MI_TRACE_OFF_STACK;
	}
	/* Since 6.3 the entry says it; before, it follows from the kind. */
	w->exact = p->signal;
	if (w->user)
		return MI_TRACE_WHOLE;
	if (!caller_bp(w, p, sp) || w->sp <= before || w->sp > w->stack->end)
		return MI_TRACE_OFF_STACK;
	return MI_TRACE_WHOLE;
}

static enum mi_trace_end walk_on(struct walk *w, struct mi_trace *ret)
{
	const struct place *p;
	enum mi_trace_end end;

	while (!w->user) {
		p = find_place(w->k, w->ip, w->exact);
		if (!p->is_code)
			return MI_TRACE_NO_CODE;
		if (ret->n == MI_FRAMES_MAX)
			return MI_TRACE_DEEP;
		ret->frames[ret->n++] = p->frame;
		if (mi_unwind_is_tracer(w->k, w->ip))
			return MI_TRACE_TRACER;
		if (p->kind == ORC_END)
			return MI_TRACE_WHOLE;
		if (p->kind == ORC_NONE || p->kind == ORC_UNDEFINED)
			return MI_TRACE_NO_ENTRY;
		if (p->kind == ORC_LOST)
			return MI_TRACE_UNREADABLE;
		end = step(w, p);
		if (end)
			return end;
	}
	return MI_TRACE_WHOLE;
}

void mi_trace_stack(struct mi_kernel *k, const struct mi_kstack *stack, struct mi_trace *ret)
{
	const struct mi_layout *l = &k->l;
	struct walk w = {.k = k, .stack = stack};

	ret->n = 0;
	ret->end = MI_TRACE_OFF;
	if (!get_ready(k))
		return;
	if (k->pte->arch == MI_ARCH_ARM64) {
		ret->end = mi_unwind_arm64(k, stack, ret);
		return;
	}
	ret->end = MI_TRACE_OFF_STACK;
	w.sp = stack->sp + l->size_inactive_frame;
	if (!load(&w, stack->sp + (uint64_t)l->inactive_bp.off, &w.bp) ||
	    !load(&w, stack->sp + (uint64_t)l->inactive_ret.off, &w.ip))
		return;
	w.exact = w.ip == l->sym_ret_from_fork;
	ret->end = walk_on(&w, ret);
}

/* An exited task gives its stack back before anybody waits for it. */
static bool is_gone(struct mi_kernel *k, const struct mi_task *task)
{
	uint64_t stack;

	return !mi_read_member(k->t, task->addr, &k->l.task_stack, &stack) && !stack;
}

void mi_trace_task(struct mi_kernel *k, const struct mi_task *task, struct mi_kstack *stack,
		   struct mi_trace *ret)
{
	ret->n = 0;
	ret->end = MI_TRACE_OFF;
	if (!get_ready(k))
		return;
	ret->end = MI_TRACE_GONE;
	if (is_gone(k, task))
		return;
	stack->effect = "the functions on it are missing";
	switch (mi_kstack_load(k, task, stack)) {
	case MI_KSTACK_OK:
		mi_trace_stack(k, stack, ret);
		break;
	case MI_KSTACK_RUNNING:
		ret->end = MI_TRACE_RUNNING;
		break;
	case MI_KSTACK_LOST:
		ret->end = MI_TRACE_LOST;
		break;
	}
	stack->effect = NULL;
}

size_t mi_trace_shown(const struct mi_trace *t, size_t i)
{
	while (i < t->n && t->frames[i].hidden)
		i++;
	return i;
}

void mi_unwinder_free(struct mi_unwinder *u)
{
	struct name *next;

	while (u && u->names) {
		next = u->names->next;
		free(u->names);
		u->names = next;
	}
	free(u);
}
