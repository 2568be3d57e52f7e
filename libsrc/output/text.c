// SPDX-License-Identifier: GPL-2.0-or-later
/* text.c - the answer for people */
#include <inttypes.h>

#include "escape.h"
#include "history.h"
#include "output.h"
#include "table.h"

#define KIB_PER_PAGE (MI_PAGE_SIZE / 1024)

static const char *state_text(char state)
{
	switch (state) {
	case 'R':
		return "running or runnable";
	case 'S':
		return "sleeping";
	case 'D':
		return "uninterruptible sleep";
	case 'T':
		return "stopped";
	case 't':
		return "stopped by a tracer";
	case 'P':
		return "parked";
	case 'I':
		return "idle";
	case 'Z':
		return "zombie";
	case 'X':
		return "dead";
	default:
		return "unknown state";
	}
}

/* ---- the head ---- */

static void put_kernel(const struct mi_kernel *k, FILE *out)
{
	const struct mi_target_facts *f = mi_target_facts(k->t);

	fprintf(out, "KERNEL %s  %s  %u page-table levels", f->release, f->arch, f->paging_levels);
	if (f->live)
		fputs("  running", out);
	if (f->dump_format)
		fprintf(out, "  dump %s", f->dump_format);
	if (f->dump_level >= 0)
		fprintf(out, "  level %d", f->dump_level);
	if (f->build_id)
		fprintf(out, "  build-id %s", f->build_id);
	fputc('\n', out);
}

static void put_rss(const struct mi_mm *mm, FILE *out)
{
	if (!mm->rss_known) {
		fputs("RSS ?", out);
		return;
	}
	fprintf(out, "RSS %" PRId64 " KiB (file %" PRId64 ", anon %" PRId64,
		(mm->rss_file + mm->rss_anon + mm->rss_shmem) * KIB_PER_PAGE,
		mm->rss_file * KIB_PER_PAGE, mm->rss_anon * KIB_PER_PAGE);
	if (!mm->no_shmem)
		fprintf(out, ", shmem %" PRId64, mm->rss_shmem * KIB_PER_PAGE);
	fputc(')', out);
	if (!mm->no_swapents)
		fprintf(out, "  swap %" PRId64 " KiB", mm->swapents * KIB_PER_PAGE);
}

static void put_mm(const struct mi_process *p, FILE *out)
{
	const struct mi_mm *mm = &p->mm;

	put_rss(mm, out);
	fprintf(out, "  size %" PRIu64 " KiB", mm->total_vm * KIB_PER_PAGE);
	if (mm->locked_vm)
		fprintf(out, "  locked %" PRIu64 " KiB", mm->locked_vm * KIB_PER_PAGE);
	fprintf(out, "  VMAs %" PRIu64 "  threads %zu\n", mm->map_count, p->n_threads);
}

/* The numbers that the process and its container know it by. */
static void put_namespace_pids(const struct mi_process *p, FILE *out)
{
	size_t i;

	if (!p->n_ns_pids)
		return;
	fprintf(out, "  in PID namespaces");
	for (i = 0; i < p->n_ns_pids; i++)
		fprintf(out, "%s %d", i ? "," : "", p->ns_pids[i]);
}

static void put_head(const struct mi_process *p, FILE *out)
{
	const struct mi_task *t = &p->task;

	fprintf(out, "PID %d  ", t->pid);
	mi_put_escaped(out, t->comm);
	fprintf(out, "  %c (%s)", t->state, state_text(t->state));
	if (t->tgid != t->pid)
		fprintf(out, "  thread of %d", t->tgid);
	if (t->ppid >= 0)
		fprintf(out, "  parent %d", t->ppid);
	put_namespace_pids(p, out);
	fprintf(out, "  task %" PRIx64 "  mm %" PRIx64 "\n", t->addr, p->mm.addr);
	if (p->mm_tid != t->pid)
		fprintf(out, "This task has exited; its memory lives on in thread %d.\n",
			p->mm_tid);
	put_mm(p, out);
	put_kernel(p->k, out);
	if (p->selected)
		fprintf(out, "Selected: %zu of %" PRIu64 " mappings; all counts are of these.\n",
			p->n_maps, p->mm.map_count);
}

/* Only worth a block if somebody besides the caller is there. */
static enum mi_status put_threads(const struct mi_process *p, FILE *out, struct mi_error *err)
{
	struct mi_table *t;
	size_t i;

	if (p->n_threads < 2)
		return MI_OK;
	t = mi_table_new();
	if (!t)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	mi_table_right(t, "TID");
	mi_table_left(t, "S");
	mi_table_right(t, "TASK");
	mi_table_names(t, "COMMAND");
	for (i = 0; i < p->n_threads; i++) {
		mi_table_row(t);
		mi_table_cell(t, "%d", p->threads[i].pid);
		mi_table_cell(t, "%c", p->threads[i].state);
		mi_table_cell(t, "%" PRIx64, p->threads[i].addr);
		mi_table_name(t, p->threads[i].comm);
	}
	return mi_table_put(t, "THREADS", out, err);
}

/* ---- totals ---- */

static void put_totals(const struct mi_process *p, const char *title, const struct mi_totals *t,
		       FILE *out)
{
	size_t i;

	fprintf(out, "%s  %" PRIu64 " pages", title, t->pages);
	for (i = 1; i < mi_n_counters; i++) {
		const struct mi_counter *c = &mi_counters[i];
		uint64_t v = mi_counter_get(t, c);

		if (!mi_counter_known(p->k, c, MI_IN_FILES))
			fprintf(out, ", ? %s", c->text);
		else if (v)
			fprintf(out, ", %" PRIu64 " %s", v, c->text);
	}
	fputc('\n', out);
}

/* A file of one mapping has nearly all of it in its row of FILES. */
static bool want_whole_files(const struct mi_process *p, const struct mi_request *ask)
{
	size_t i;

	for (i = 0; i < p->n_files; i++)
		if (ask->file || p->files[i].n_mappings > 1)
			return true;
	return false;
}

enum mi_status mi_text_process(struct mi_process *p, const struct mi_blocked_set *stuck,
			       const struct mi_request *ask, FILE *out, struct mi_error *err)
{
	struct mi_met met;
	enum mi_status st;

	if (stuck)
		mi_text_stuck(stuck, ask, out);
	put_head(p, out);
	st = put_threads(p, out, err);
	mi_text_faults(p, out);
	if (p->stacks)
		mi_text_stacks(p->k, p->threads, p->stacks, p->n_threads, out);
	/* Counting may take a while: show at once who it is about. */
	fflush(out);
	if (!st)
		st = mi_process_count(p, err);
	mi_met_keep(&met, &p->k->problems);
	if (!st)
		st = mi_text_files(p, out, err);
	if (!st && want_whole_files(p, ask))
		st = mi_text_whole_files(p, out, err);
	if (!st)
		st = mi_text_backing(p, out, err);
	if (!st)
		mi_text_readahead(p, ask->file || ask->by_vma, out);
	if (!st)
		st = mi_text_windows(p, ask->windows, out, err);
	if (!st)
		st = mi_text_other(p, out, err);
	if (!st && p->recorded)
		st = mi_text_mapping_history(p, p->history, p->recorded, out, err);
	if (!st)
		st = mi_text_locked(p, out, err);
	if (!st)
		st = mi_text_swap(p, out, err);
	if (st)
		return st;
	fputc('\n', out);
	put_totals(p, "TOTAL", &p->totals, out);
	if (p->n_files)
		put_totals(p, "FILES", &p->file_totals, out);
	if (ask->windows)
		mi_text_window_pieces(p, out);
	if (ask->prefault)
		st = mi_text_prefault(p, out, err);
	if (!st && ask->map)
		st = mi_text_maps(p, ask->width, ask->next, out, err);
	if (!st && (ask->pages || ask->each))
		st = mi_text_pages(p, ask->each, out, err);
	if (!st && ask->next)
		st = mi_text_next(p, out, err);
	mi_met_restore(&met, &p->k->problems);
	/* Also after a failure: it may explain it. */
	mi_text_unstable(p, out);
	mi_text_not_read(p->k, out);
	if (!st && ask->sources)
		st = mi_text_sources(p->k, out, err);
	return st;
}

/* ---- all processes ---- */

static void all_columns(struct mi_table *t)
{
	static const char *const right[] = {"PID",  "PPID",  "THREADS", "RSS",	"FILE",
					    "ANON", "SHMEM", "SWAP",	"SIZE", "VMAS"};
	size_t i;

	for (i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		mi_table_right(t, right[i]);
	mi_table_left(t, "S");
	mi_table_names(t, "COMMAND");
}

static void kib(struct mi_table *t, bool known, int64_t pages)
{
	if (known)
		mi_table_cell(t, "%" PRId64, pages * KIB_PER_PAGE);
	else
		mi_table_cell(t, "?");
}

static void all_row(struct mi_table *t, const struct mi_summary *s)
{
	const struct mi_mm *mm = &s->mm;
	int i;

	mi_table_row(t);
	mi_table_cell(t, "%d", s->task.pid);
	if (s->task.ppid >= 0)
		mi_table_cell(t, "%d", s->task.ppid);
	else
		mi_table_cell(t, "?");
	mi_table_cell(t, "%zu", s->n_threads);
	if (s->has_mm) {
		kib(t, mm->rss_known, mm->rss_file + mm->rss_anon + mm->rss_shmem);
		kib(t, mm->rss_known, mm->rss_file);
		kib(t, mm->rss_known, mm->rss_anon);
		kib(t, mm->rss_known && !mm->no_shmem, mm->rss_shmem);
		kib(t, mm->rss_known && !mm->no_swapents, mm->swapents);
		kib(t, true, (int64_t)mm->total_vm);
		mi_table_cell(t, "%" PRIu64, mm->map_count);
	} else {
		for (i = 0; i < 7; i++)
			mi_table_cell(t, "-");
	}
	mi_table_cell(t, "%c", s->task.state);
	mi_table_name(t, s->task.comm);
}

enum mi_status mi_text_all(const struct mi_all *all, const struct mi_request *ask, FILE *out,
			   struct mi_error *err)
{
	struct mi_table *t = mi_table_new();
	size_t i, kernel_threads = 0;
	enum mi_status st;

	if (!t)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	put_kernel(all->k, out);
	fputc('\n', out);
	all_columns(t);
	for (i = 0; i < all->n; i++) {
		if (all->list[i].task.kind == MI_TASK_KTHREAD)
			kernel_threads++;
		else
			all_row(t, &all->list[i]);
	}
	st = mi_table_print(t, out, err);
	mi_table_free(t);
	if (st)
		return st;
	fprintf(out, "\nRSS to SIZE are in KiB. %zu processes; %zu kernel threads are not shown.\n",
		all->n - kernel_threads, kernel_threads);
	mi_text_not_read(all->k, out);
	return ask->sources ? mi_text_sources(all->k, out, err) : MI_OK;
}
