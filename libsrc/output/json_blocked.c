// SPDX-License-Identifier: GPL-2.0-or-later
/* json_blocked.c - blocked tasks, each with all of its chain */
#include "history.h"
#include "json_parts.h"
#include "words_blocked.h"

static void put_wait(struct mi_json *w, const struct mi_blocked_set *set,
		     const struct mi_blocked *t)
{
	const struct mi_wait *wait;

	if (t->wait == MI_NO_INDEX) {
		mi_json_null(w, "wait");
		return;
	}
	wait = &set->pending->waits[t->wait];
	mi_json_object(w, "wait");
	mi_json_wait(w, wait);
	if (wait->file == MI_NO_INDEX)
		mi_json_null(w, "file");
	else
		mi_json_pending_file(w, "file", set->pending, &set->pending->files[wait->file]);
	mi_json_object_end(w);
}

static void put_request(struct mi_json *w, const struct mi_blocked_set *set,
			const struct mi_blocked *t)
{
	if (t->request == MI_NO_INDEX) {
		mi_json_null(w, "request");
		return;
	}
	mi_json_object(w, "request");
	mi_json_request(w, set->pending, &set->pending->rq[t->request]);
	mi_json_text(w, "joined_by", mi_joined_word(t->by));
	if (t->by != MI_BY_PAGE) {
		mi_json_hex(w, "bio", t->bio);
		if (t->where)
			mi_json_hex(w, "where", t->where);
		mi_json_u64(w, "candidates", t->fits);
	}
	mi_json_object_end(w);
}

static void put_tag_wait(struct mi_json *w, const struct mi_blocked_set *set,
			 const struct mi_blocked *t)
{
	if (t->tag_wait == MI_NO_INDEX) {
		mi_json_null(w, "tag_wait");
		return;
	}
	mi_json_object(w, "tag_wait");
	mi_json_tag_wait(w, set->pending, &set->pending->tag_waits[t->tag_wait]);
	mi_json_object_end(w);
}

static void put_server(struct mi_json *w, const struct mi_blocked_set *set,
		       const struct mi_blocked *t)
{
	const struct mi_fs_requests *all;

	if (t->fs_conn == MI_NO_INDEX) {
		mi_json_null(w, "fs_connection");
		mi_json_null(w, "fs_request");
		return;
	}
	all = &set->pending->fs.all;
	mi_json_fs_conn(w, "fs_connection", &all->conn[t->fs_conn]);
	if (t->fs_request != MI_NO_INDEX)
		mi_json_fs_request(w, "fs_request", set->pending, t->fs_request);
	else
		mi_json_null(w, "fs_request");
}

static void put_lock(struct mi_json *w, const struct mi_blocked_set *set,
		     const struct mi_blocked *t)
{
	static const char *const of[] = {NULL, "mmap_lock", "i_rwsem", "symbol"};
	static const char *const owned[] = {"unknown", "task", "readers"};
	const struct mi_blocked *owner = mi_blocked_owner(set, t);
	const struct mi_lock *lock;
	struct mi_words name = {0};

	if (t->lock == MI_NO_INDEX) {
		mi_json_null(w, "lock");
		return;
	}
	lock = &set->locks[t->lock];
	mi_words_lock(set, lock, &name);
	mi_json_object(w, "lock");
	mi_json_hex(w, "address", lock->addr);
	mi_json_text(w, "kind", mi_lock_kind_word(lock->kind));
	mi_json_text(w, "mode", mi_lock_mode_word(t->lock_mode));
	mi_json_text(w, "of", of[lock->of]);
	mi_json_bytes(w, "name", name.text);
	mi_json_text(w, "owned_by", owned[lock->owned]);
	if (owner) {
		mi_json_object(w, "owner");
		mi_json_task(w, &owner->task);
		mi_json_bool(w, "sure", lock->owned == MI_OWNED_BY);
		mi_json_text(w, "verdict", mi_verdict_word(owner->verdict));
		mi_json_object_end(w);
	} else {
		mi_json_null(w, "owner");
	}
	mi_json_object_end(w);
}

static void put_words(struct mi_json *w, const char *key, const struct mi_words *words)
{
	if (words->n)
		mi_json_bytes(w, key, words->text);
	else
		mi_json_null(w, key);
}

static void put_task(struct mi_json *w, const struct mi_blocked_set *set,
		     const struct mi_blocked *t)
{
	struct mi_words doing = {0}, what = {0}, verdict = {0}, missing = {0};

	mi_json_object(w, NULL);
	mi_json_task(w, &t->task);
	mi_json_text(w, "verdict", mi_verdict_word(t->verdict));
	mi_words_verdict(set, t, &verdict);
	put_words(w, "verdict_text", &verdict);
	mi_words_doing(t, &doing);
	put_words(w, "doing", &doing);
	mi_words_waits_for(set, t, &what);
	put_words(w, "waits_for_text", &what);
	mi_words_missing(set, t, &missing);
	put_words(w, "missing", &missing);
	mi_json_u64(w, "group", t->group);
	if (t->stack == MI_KSTACK_OK)
		mi_json_entry(w, &t->regs);
	else
		mi_json_null(w, "entry");
	if (t->faults.n)
		mi_json_faults(w, set->k, &t->faults);
	else
		mi_json_null(w, "fault");
	put_wait(w, set, t);
	put_tag_wait(w, set, t);
	put_request(w, set, t);
	put_server(w, set, t);
	put_lock(w, set, t);
	mi_json_sleeps_for(w, &t->trace);
	mi_json_thread_stack(w, &t->trace);
	if (set->recorded)
		mi_json_stuck_history(w, set->history, &set->recorded[t - set->tasks]);
	mi_json_object_end(w);
}

void mi_json_stuck(struct mi_json *w, const struct mi_blocked_set *set)
{
	size_t i;

	mi_json_array(w, "blocked");
	for (i = 0; set && i < set->n && !mi_json_failed(w); i++)
		put_task(w, set, &set->tasks[i]);
	mi_json_array_end(w);
}

/* ---- all tasks ---- */

static void put_group(struct mi_json *w, const struct mi_blocked_set *set,
		      const struct mi_blocked_group *g)
{
	mi_json_line_object(w, NULL);
	if (g->disk != MI_NO_INDEX)
		mi_json_text(w, "device", set->pending->disks[g->disk].name);
	else
		mi_json_null(w, "device");
	mi_json_text(w, "verdict", g->disk == MI_NO_INDEX ? mi_verdict_word(g->verdict) : NULL);
	mi_json_bytes(w, "function", g->function);
	if (g->verdict == MI_VERDICT_LOCK && g->disk == MI_NO_INDEX)
		mi_json_hex(w, "lock", set->locks[g->lock].addr);
	mi_json_u64(w, "tasks", g->n);
	if (g->oldest_request != MI_NO_INDEX)
		mi_json_hex(w, "oldest_request", set->pending->rq[g->oldest_request].rq.addr);
	mi_json_object_end(w);
}

enum mi_status mi_json_blocked(const struct mi_blocked_set *set, const struct mi_request *ask,
			       FILE *out, struct mi_error *err)
{
	struct mi_json *w;
	enum mi_status st;
	size_t i;

	st = mi_json_new(out, &w, err);
	if (st)
		return st;
	mi_json_head(w, set->k);
	if (set->pending && set->pending->clock_known)
		mi_json_u64(w, "clock_ns", set->pending->clock_ns);
	else
		mi_json_null(w, "clock_ns");
	mi_json_u64(w, "tasks_looked_at", set->n_all);
	if (set->n_passing)
		mi_json_u64(w, "tasks_passing", set->n_passing);
	if (set->pending)
		mi_json_u64(w, "requests_pending", set->pending->n_rq);
	else
		mi_json_null(w, "requests_pending");
	mi_json_array(w, "groups");
	for (i = 0; i < set->n_groups; i++)
		put_group(w, set, &set->groups[i]);
	mi_json_array_end(w);
	mi_json_stuck(w, set);
	if (set->history)
		mi_json_recorder(w, "recorder", set->history);
	mi_json_tail(w, set->k, ask->sources, NULL);
	return mi_json_end(w, err);
}
