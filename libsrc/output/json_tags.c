// SPDX-License-Identifier: GPL-2.0-or-later
/* json_tags.c - tasks that wait for a tag, and requests that plugs have in store, as JSON */
#include "json_parts.h"

static void put_number(struct mi_json *w, const char *key, int64_t number)
{
	if (number >= 0)
		mi_json_i64(w, key, number);
	else
		mi_json_null(w, key);
}

static void put_flag(void *arg, const char *name, uint64_t bits)
{
	if (name)
		mi_json_text(arg, NULL, name);
	else
		mi_json_hex(arg, NULL, bits);
}

void mi_json_tag_wait(struct mi_json *w, const struct mi_pending *p, const struct mi_tag_wait *wait)
{
	struct mi_rq rq = {.flags = wait->flags};

	mi_json_text(w, "waits_for", "tag");
	mi_json_text(w, "device", wait->disk < p->n_disks ? p->disks[wait->disk].name : NULL);
	mi_json_text(w, "tags", wait->sched ? "scheduler" : "hardware");
	mi_json_bool(w, "reserved", wait->reserved);
	put_number(w, "hw_queue", wait->hctx);
	mi_json_text(w, "operation", wait->flags_known ? mi_rq_operation(p->k, &rq) : NULL);
	if (wait->flags_known) {
		mi_json_line_array(w, "flags");
		mi_rq_flags(p->k, &rq, put_flag, w);
		mi_json_array_end(w);
	} else {
		mi_json_null(w, "flags");
	}
	mi_json_hex(w, "entry", wait->entry);
}

static void put_stored(struct mi_json *w, const struct mi_pending *p, const struct mi_plugged *s)
{
	mi_json_line_object(w, NULL);
	mi_json_hex(w, "request", s->rq);
	mi_json_text(w, "device", p->disks[s->disk].name);
	put_number(w, "hw_queue", s->hctx);
	put_number(w, "tag", s->tag);
	put_number(w, "scheduler_tag", s->sched_tag);
	mi_json_i64(w, "plug_pid", s->pid);
	mi_json_object_end(w);
}

void mi_json_tags(struct mi_json *w, const struct mi_pending *p)
{
	size_t i;

	mi_json_array(w, "in_store");
	for (i = 0; i < p->n_stored && !mi_json_failed(w); i++)
		put_stored(w, p, &p->stored[i]);
	mi_json_array_end(w);
	if (!p->tag_waits_known) {
		mi_json_null(w, "tag_waits");
		mi_json_null(w, "queues_waiting_for_tag");
		return;
	}
	mi_json_array(w, "tag_waits");
	for (i = 0; i < p->n_tag_waits && !mi_json_failed(w); i++) {
		mi_json_object(w, NULL);
		mi_json_task(w, &p->tag_waits[i].task);
		mi_json_tag_wait(w, p, &p->tag_waits[i]);
		mi_json_object_end(w);
	}
	mi_json_array_end(w);
	mi_json_u64(w, "queues_waiting_for_tag", p->queues_waiting);
}
