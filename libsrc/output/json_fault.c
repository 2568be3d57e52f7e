// SPDX-License-Identifier: GPL-2.0-or-later
/* json_fault.c - the page fault in which a thread waits */
#include "json_parts.h"

static void put_flags(struct mi_json *w, const struct mi_kernel *k, uint64_t flags)
{
	char unknown[16];
	const char *name;
	unsigned int bit;

	mi_json_array(w, "flags");
	for (bit = 0; bit < 32; bit++) {
		if (!(flags >> bit & 1))
			continue;
		name = mi_fault_flag(k, bit);
		if (!name)
			snprintf(unknown, sizeof(unknown), "bit_%u", bit);
		mi_json_text(w, NULL, name ? name : unknown);
	}
	mi_json_array_end(w);
}

static void put_doubts(struct mi_json *w, unsigned int doubts)
{
	mi_json_array(w, "doubts");
	if (doubts & MI_DOUBT_SEVERAL)
		mi_json_text(w, NULL, "several");
	if (doubts & MI_DOUBT_ANSWERED)
		mi_json_text(w, NULL, "answered");
	if (doubts & MI_DOUBT_ORIGIN)
		mi_json_text(w, NULL, "origin");
	mi_json_array_end(w);
}

static void put_seen(struct mi_json *w, const char *key, const struct mi_kernel *k,
		     const struct mi_fault_seen *seen)
{
	const struct mi_fault *f = &seen->fault;

	mi_json_line_object(w, key);
	if (f->exact)
		mi_json_hex(w, "address", f->address);
	else
		mi_json_null(w, "address");
	mi_json_hex(w, "page_address", f->va);
	mi_json_text(w, "access", mi_fault_access_word(f->access));
	mi_json_bytes(w, "name", seen->name);
	mi_json_u64(w, "pgoff", f->pgoff);
	if (seen->vma.file)
		mi_json_u64(w, "offset_bytes", f->pgoff * MI_PAGE_SIZE);
	put_flags(w, k, f->flags);
	mi_json_text(w, "from", mi_fault_from_word(f->from));
	if (f->copying)
		mi_json_bool(w, "copying", true);
	mi_json_hex(w, "vma", seen->vma.addr);
	mi_json_hex(w, "vm_fault", f->addr);
	if (seen->doubts)
		put_doubts(w, seen->doubts);
	if (seen->page_known)
		mi_json_run_as(w, "page", &seen->page);
	else
		mi_json_null(w, "page");
	mi_json_object_end(w);
}

void mi_json_entry(struct mi_json *w, const struct mi_user_regs *regs)
{
	if (regs->entry == MI_ENTRY_UNKNOWN) {
		mi_json_null(w, "entry");
		return;
	}
	mi_json_line_object(w, "entry");
	mi_json_text(w, "kind", regs->entry == MI_ENTRY_SYSCALL ? "syscall" : "exception");
	if (regs->entry == MI_ENTRY_SYSCALL) {
		mi_json_u64(w, "number", regs->syscall);
		mi_json_text(w, "name", *regs->syscall_name ? regs->syscall_name : NULL);
	}
	mi_json_hex(w, "ip", regs->ip);
	mi_json_hex(w, "sp", regs->sp);
	mi_json_object_end(w);
}

void mi_json_faults(struct mi_json *w, const struct mi_kernel *k, const struct mi_thread_faults *t)
{
	size_t i;

	if (t->n == 1 && !t->list[0].doubts) {
		put_seen(w, "fault", k, &t->list[0]);
	} else {
		mi_json_null(w, "fault");
		mi_json_array(w, "fault_candidates");
		for (i = 0; i < t->n; i++)
			put_seen(w, NULL, k, &t->list[i]);
		mi_json_array_end(w);
		if (t->more)
			mi_json_bool(w, "more_fault_candidates", true);
	}
}

void mi_json_thread_fault(struct mi_json *w, const struct mi_kernel *k,
			  const struct mi_thread_faults *t)
{
	if (!t || t->status == MI_KSTACK_LOST) {
		mi_json_null(w, "fault");
		return;
	}
	if (t->n == 0)
		return;
	mi_json_faults(w, k, t);
	mi_json_entry(w, &t->regs);
}
