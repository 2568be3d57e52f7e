// SPDX-License-Identifier: GPL-2.0-or-later
/* fault.c - the page faults in which threads of a process wait, and their pages now */
#include <stdlib.h>
#include <string.h>

#include "../kernel/unwind.h"
#include "join.h"

const char *mi_fault_access_word(enum mi_fault_access access)
{
	switch (access) {
	case MI_ACCESS_READ:
		return "read";
	case MI_ACCESS_WRITE:
		return "write";
	case MI_ACCESS_EXEC:
		return "exec";
	default:
		return NULL;
	}
}

const char *mi_fault_from_word(enum mi_fault_from from)
{
	switch (from) {
	case MI_FROM_USER:
		return "user";
	case MI_FROM_KERNEL:
		return "kernel";
	default:
		return NULL;
	}
}

/* Where to look for the faults of a task. */
struct place {
	struct mi_kernel *k;
	const struct mi_mm *mm;
	const struct mi_vma *vmas;
	size_t n_vmas;
};

static char *name_of(const struct place *in, const struct mi_vma *vma)
{
	char text[MI_PATH_MAX];

	if (vma->file)
		mi_file_path(in->k, vma->file, text);
	else
		mi_vma_special_name(in->k, in->mm, vma, text, sizeof(text));
	return strdup(text);
}

static bool take_cell(void *arg, const struct mi_run *cells, size_t n)
{
	struct mi_fault_seen *seen = arg;

	if (n) {
		seen->page = cells[0];
		seen->page_known = true;
	}
	return false;
}

/* As if the page were a mapping of its own. */
static void look_at_page(const struct place *in, struct mi_join *j, struct mi_fault_seen *seen)
{
	uint64_t skip = (seen->fault.va - seen->vma.start) >> MI_PAGE_SHIFT;
	struct mi_mapping one = {.vma = seen->vma, .name = seen->name};
	struct mi_shadow_reader shadows;
	struct mi_file file;
	bool readable = false;

	one.vma.start = seen->fault.va;
	one.vma.end = one.vma.start + MI_PAGE_SIZE;
	one.vma.pgoff += skip;
	one.vma.anon_pgoff += skip;
	one.kind = seen->vma.file ? MI_MAP_FILE : MI_MAP_ANON;
	if (seen->vma.file)
		readable = !mi_file_load(in->k, seen->vma.file, &file, NULL);
	one.file_unreadable = seen->vma.file && !readable;
	mi_join_mapping(j, in->mm, &one, readable ? &file : NULL, take_cell, seen, NULL);
	if (!seen->page_known || seen->page.cached != MI_CACHED_SHADOW)
		return;
	mi_shadow_start(&shadows, in->k);
	mi_shadow_decode(&shadows, seen->page.slot_value, &seen->page.shadow);
}

/* A fault that has been dealt with leaves an entry that lets the access pass. */
static bool is_answered(const struct mi_fault_seen *seen)
{
	if (!seen->page_known || seen->page.pte != MI_PTE_PRESENT)
		return false;
	switch (seen->fault.access) {
	case MI_ACCESS_READ:
		return true;
	case MI_ACCESS_WRITE:
		return seen->page.pte_bits & MI_PTE_WRITE;
	case MI_ACCESS_EXEC:
		return seen->page.pte_bits & MI_PTE_EXEC;
	default:
		return false;
	}
}

/*
 * Most of what is left over lies on stacks of tasks in system calls, and was from user
 * mode: without knowing both, what is found proves little.
 */
static bool is_of_unknown_origin(const struct mi_kernel *k, const struct mi_user_regs *regs)
{
	return regs->entry == MI_ENTRY_UNKNOWN || !mi_fault_tells_user(k);
}

static bool keep(const struct place *in, const struct mi_faults *found, struct mi_thread_faults *t)
{
	struct mi_join *j;
	bool good = true;
	size_t i;

	t->list = calloc(found->n, sizeof(*t->list));
	if (!t->list || mi_join_new(in->k, &j, NULL))
		return false;
	for (i = 0; i < found->n && good; i++) {
		struct mi_fault_seen *seen = &t->list[t->n++];

		seen->fault = found->list[i];
		seen->vma = in->vmas[seen->fault.vma];
		seen->name = name_of(in, &seen->vma);
		good = seen->name != NULL;
		if (!good)
			break;
		look_at_page(in, j, seen);
		seen->doubts |= found->n > 1 ? MI_DOUBT_SEVERAL : 0;
		seen->doubts |= is_answered(seen) ? MI_DOUBT_ANSWERED : 0;
		seen->doubts |= is_of_unknown_origin(in->k, &found->regs) ? MI_DOUBT_ORIGIN : 0;
	}
	mi_join_free(j);
	return good;
}

/* Where all of the stack can be unwound, it tells whether there is a fault on it. */
static bool is_left_over(struct mi_kernel *k, const struct mi_kstack *stack)
{
	/* Where it cannot, nothing is lost by that. */
	struct mi_problems before = k->problems;
	struct mi_trace trace;
	size_t i;

	mi_trace_stack(k, stack, &trace);
	k->problems = before;
	for (i = 0; i < trace.n; i++)
		if (trace.frames[i].symbol &&
		    trace.frames[i].addr - trace.frames[i].offset == k->l.sym_handle_mm_fault)
			return false;
	return trace.end == MI_TRACE_WHOLE;
}

bool mi_thread_faults_load(struct mi_kernel *k, const struct mi_mm *mm, const struct mi_task *task,
			   const struct mi_vma *vmas, size_t n, struct mi_kstack *stack,
			   struct mi_thread_faults *ret)
{
	const struct place in = {.k = k, .mm = mm, .vmas = vmas, .n_vmas = n};
	struct mi_faults found;

	memset(ret, 0, sizeof(*ret));
	ret->status = mi_fault_find(k, task, vmas, n, stack, &found);
	if (ret->status != MI_KSTACK_OK)
		return true;
	ret->regs = found.regs;
	if (found.n && is_left_over(k, stack))
		return true;
	ret->more = found.more;
	return !found.n || keep(&in, &found, ret);
}

void mi_thread_faults_free(struct mi_thread_faults *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		free(t->list[i].name);
	free(t->list);
	memset(t, 0, sizeof(*t));
}

/* Waits, so its stack stands still, and has the memory that is looked at here. */
static bool may_wait(const struct mi_process *p, const struct mi_task *task)
{
	return task->kind == MI_TASK_USER && task->mm == p->mm.addr && task->state != 'R';
}

enum mi_status mi_process_faults(struct mi_process *p, const struct mi_vma *vmas, size_t n,
				 struct mi_error *err)
{
	struct mi_kstack stack = {0};
	bool good = true;
	size_t i;

	if (!mi_feature(p->k, MI_F_FAULT, NULL))
		return MI_OK;
	p->faults = calloc(p->n_threads ? p->n_threads : 1, sizeof(*p->faults));
	if (!p->faults)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	for (i = 0; i < p->n_threads && good; i++) {
		struct mi_thread_faults *t = &p->faults[i];

		t->status = MI_KSTACK_RUNNING;
		if (!may_wait(p, &p->threads[i]))
			continue;
		good = mi_thread_faults_load(p->k, &p->mm, &p->threads[i], vmas, n, &stack, t);
	}
	mi_kstack_free(&stack);
	return good ? MI_OK : mi_fail(err, MI_ERR_NOMEM, "out of memory");
}

void mi_process_faults_free(struct mi_process *p)
{
	size_t i;

	for (i = 0; p->faults && i < p->n_threads; i++)
		mi_thread_faults_free(&p->faults[i]);
	free(p->faults);
}
