// SPDX-License-Identifier: GPL-2.0-or-later
/* text_fault.c - the page faults in which threads wait */
#include <inttypes.h>

#include "escape.h"
#include "output.h"

static void put_place(const struct mi_fault_seen *seen, FILE *out)
{
	const struct mi_fault *f = &seen->fault;
	const char *access = mi_fault_access_word(f->access);

	fprintf(out, "%s at %s%" PRIx64 ", ", access ? access : "access",
		f->exact ? "" : "the page at ", f->exact ? f->address : f->va);
	if (!seen->vma.file) {
		fputs(*seen->name ? "in " : "in memory without file", out);
		mi_put_escaped(out, seen->name);
		return;
	}
	fprintf(out, "page %" PRIu64 " (byte %" PRIu64 ") of ", f->pgoff, f->pgoff * MI_PAGE_SIZE);
	mi_put_escaped(out, *seen->name ? seen->name : "?");
}

static void put_origin(const struct mi_fault *f, const struct mi_user_regs *regs, FILE *out)
{
	if (regs->entry == MI_ENTRY_SYSCALL) {
		if (*regs->syscall_name)
			fprintf(out, "in system call %s", regs->syscall_name);
		else
			fprintf(out, "in system call number %" PRIu64, regs->syscall);
		fprintf(out, ", called at IP %" PRIx64, regs->ip);
	} else if (regs->entry == MI_ENTRY_EXCEPTION && f->from == MI_FROM_USER) {
		fprintf(out, "from user mode at IP %" PRIx64, regs->ip);
	} else if (f->from == MI_FROM_USER) {
		fputs("from user mode", out);
	} else if (f->from == MI_FROM_KERNEL) {
		fputs("from the kernel", out);
	} else {
		fputs("origin unknown", out);
	}
}

static void put_flags(const struct mi_kernel *k, uint64_t flags, FILE *out)
{
	const char *sep = "; ", *name;
	unsigned int bit;

	for (bit = 0; bit < 32; bit++) {
		if (!(flags >> bit & 1))
			continue;
		name = mi_fault_flag(k, bit);
		if (name)
			fprintf(out, "%s%s", sep, name);
		else
			fprintf(out, "%sbit_%u", sep, bit);
		sep = " ";
	}
	fputc('\n', out);
}

static void put_doubts(unsigned int doubts, FILE *out)
{
	if (doubts & MI_DOUBT_ANSWERED)
		fputs("    its page-table entry allows this already: it may be left over\n", out);
	if (doubts & MI_DOUBT_ORIGIN)
		fputs("    how the thread came into the kernel is not known: it may be left over\n",
		      out);
	if (doubts & MI_DOUBT_SEVERAL)
		fputs("    one of several on this stack: some are left over\n", out);
}

static void put_seen(const struct mi_kernel *k, const struct mi_task *task,
		     const struct mi_thread_faults *t, const struct mi_fault_seen *seen, FILE *out)
{
	char words[256] = "not known";

	fprintf(out, "  TID %d  %c  %s", task->pid, task->state, seen->doubts ? "perhaps: " : "");
	put_place(seen, out);
	fputs("\n    ", out);
	put_origin(&seen->fault, &t->regs, out);
	put_flags(k, seen->fault.flags, out);
	if (seen->page_known)
		mi_run_words(&seen->page, words, sizeof(words));
	fprintf(out, "    the page now: %s%s\n", words,
		seen->fault.copying ? "; a page for a private copy is there" : "");
	put_doubts(seen->doubts, out);
}

void mi_text_faults(const struct mi_process *p, FILE *out)
{
	bool titled = false;
	size_t i, j;

	for (i = 0; p->faults && i < p->n_threads; i++) {
		for (j = 0; j < p->faults[i].n; j++) {
			if (!titled)
				fputs("\nPAGE FAULTS\n", out);
			titled = true;
			put_seen(p->k, &p->threads[i], &p->faults[i], &p->faults[i].list[j], out);
		}
		if (p->faults[i].more)
			fprintf(out, "  TID %d  and more\n", p->threads[i].pid);
	}
}
