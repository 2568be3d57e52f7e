// SPDX-License-Identifier: GPL-2.0-or-later
/* json_common.c - the kernel, the dump, tasks, counters, and what is missing */
#include "counters.h"
#include "json_parts.h"

#define SCHEMA "mmapinfo/1"

static void put_kernel(struct mi_json *w, const struct mi_target_facts *f)
{
	mi_json_object(w, "kernel");
	mi_json_text(w, "release", f->release);
	mi_json_text(w, "arch", f->arch);
	mi_json_text(w, "build_id", f->build_id);
	mi_json_u64(w, "paging_levels", f->paging_levels);
	mi_json_u64(w, "page_size_bytes", 1ULL << f->page_shift);
	mi_json_object_end(w);
}

static void put_dump(struct mi_json *w, const struct mi_target_facts *f)
{
	mi_json_object(w, "dump");
	mi_json_text(w, "format", f->dump_format);
	if (f->dump_level >= 0)
		mi_json_i64(w, "level", f->dump_level);
	else
		mi_json_null(w, "level");
	mi_json_bool(w, "incomplete", f->incomplete);
	mi_json_text(w, "why_incomplete", f->why_incomplete);
	mi_json_bool(w, "absent_may_be_zero", f->absent_may_be_zero);
	mi_json_bool(w, "live", f->live);
	mi_json_object_end(w);
}

void mi_json_head(struct mi_json *w, const struct mi_kernel *k)
{
	const struct mi_target_facts *f = mi_target_facts(k->t);

	mi_json_object(w, NULL);
	mi_json_text(w, "schema", SCHEMA);
	put_kernel(w, f);
	put_dump(w, f);
}

/* ---- what is missing ---- */

void mi_json_problems(struct mi_json *w, const struct mi_problems *p)
{
	size_t i;

	mi_json_array(w, "problems");
	for (i = 0; i < p->n; i++) {
		const struct mi_problem *pr = &p->list[i];

		mi_json_line_object(w, NULL);
		mi_json_text(w, "what", pr->what);
		mi_json_text(w, "why", pr->why);
		mi_json_text(w, "word", pr->word);
		mi_json_text(w, "effect", pr->effect);
		mi_json_u64(w, "count", pr->count);
		mi_json_hex(w, "first", pr->first);
		mi_json_object_end(w);
	}
	mi_json_array_end(w);
	mi_json_u64(w, "problems_not_listed", p->dropped);
}

static bool put_features(struct mi_json *w, const struct mi_kernel *k)
{
	const char *why;
	bool off = false;
	int f;

	mi_json_array(w, "features_off");
	for (f = MI_F_NONE + 1; f < MI_F_NR; f++) {
		if (!mi_feature_missed(k, (enum mi_feature)f, &why))
			continue;
		mi_json_line_object(w, NULL);
		mi_json_text(w, "feature", mi_feature_word((enum mi_feature)f));
		mi_json_bytes(w, "why", why);
		mi_json_object_end(w);
		off = true;
	}
	mi_json_array_end(w);
	return off;
}

static void put_sources(struct mi_json *w, const struct mi_kernel *k)
{
	const struct mi_source *src;
	size_t i, n = mi_target_sources(k->t, &src);

	mi_json_text(w, "provider", mi_target_facts(k->t)->provider);
	mi_json_array(w, "sources");
	for (i = 0; i < n; i++) {
		mi_json_line_object(w, NULL);
		mi_json_bytes(w, "what", src[i].what);
		mi_json_bytes(w, "where", src[i].where);
		mi_json_bool(w, "ok", src[i].ok);
		mi_json_bytes(w, "detail", src[i].detail);
		mi_json_ms(w, "ms", src[i].ms);
		mi_json_object_end(w);
	}
	mi_json_array_end(w);
	mi_json_u64(w, "pages_read", mi_target_stats(k->t)->pages_read);
}

void mi_json_tail(struct mi_json *w, const struct mi_kernel *k, bool sources,
		  const struct mi_error *failed)
{
	bool off;

	mi_json_problems(w, &k->problems);
	off = put_features(w, k);
	if (failed)
		mi_json_bytes(w, "error", failed->text);
	mi_json_bool(w, "complete",
		     !failed && !off && !k->problems.n && !k->problems.dropped &&
			     !mi_target_facts(k->t)->incomplete);
	if (sources)
		put_sources(w, k);
	mi_json_object_end(w);
}

/* ---- members of several objects ---- */

void mi_json_totals(struct mi_json *w, const char *key, const struct mi_kernel *k,
		    const struct mi_totals *t, unsigned int in)
{
	size_t i;

	mi_json_line_object(w, key);
	for (i = 0; i < mi_n_counters; i++) {
		const struct mi_counter *c = &mi_counters[i];

		if (!(c->in & in))
			continue;
		if (mi_counter_known(k, c, in))
			mi_json_u64(w, c->json, mi_counter_get(t, c));
		else
			mi_json_null(w, c->json);
	}
	mi_json_object_end(w);
}

void mi_json_task(struct mi_json *w, const struct mi_task *task)
{
	char state[2] = {task->state, '\0'};

	mi_json_i64(w, "pid", task->pid);
	mi_json_i64(w, "tgid", task->tgid);
	if (task->ppid >= 0)
		mi_json_i64(w, "ppid", task->ppid);
	else
		mi_json_null(w, "ppid");
	mi_json_bytes(w, "comm", task->comm);
	mi_json_text(w, "state", state);
	mi_json_text(w, "kind", mi_task_kind_text(task->kind));
	mi_json_hex(w, "task", task->addr);
}

static void put_counter(struct mi_json *w, const char *key, int64_t value, bool known)
{
	if (known)
		mi_json_i64(w, key, value);
	else
		mi_json_null(w, key);
}

void mi_json_mm(struct mi_json *w, const struct mi_mm *mm)
{
	mi_json_hex(w, "mm", mm->addr);
	mi_json_i64(w, "mm_users", mm->users);
	if (mm->rss_known) {
		mi_json_line_object(w, "rss");
		mi_json_i64(w, "file_pages", mm->rss_file);
		mi_json_i64(w, "anon_pages", mm->rss_anon);
		put_counter(w, "shmem_pages", mm->rss_shmem, !mm->no_shmem);
		put_counter(w, "swap_pages", mm->swapents, !mm->no_swapents);
		mi_json_object_end(w);
	} else {
		mi_json_null(w, "rss");
	}
	mi_json_u64(w, "total_vm_pages", mm->total_vm);
	mi_json_u64(w, "locked_vm_pages", mm->locked_vm);
	mi_json_u64(w, "map_count", mm->map_count);
}
