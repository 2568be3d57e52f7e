// SPDX-License-Identifier: GPL-2.0-or-later
/* text_tags.c - tasks that wait for a tag, and requests that plugs have in store, as text */
#include <inttypes.h>
#include <string.h>

#include "output.h"
#include "table.h"

static void wait_row(struct mi_table *t, const struct mi_pending *p, const struct mi_tag_wait *w)
{
	struct mi_rq rq = {.flags = w->flags};
	char flags[MI_FLAGS_TEXT];
	const char *op = mi_rq_operation(p->k, &rq);

	mi_table_row(t);
	mi_table_cell(t, "%d", w->task.pid);
	mi_table_cell(t, "%c", w->task.state);
	mi_table_bytes(t, w->task.comm);
	mi_table_cell(t, "%s", w->disk < p->n_disks ? p->disks[w->disk].name : "?");
	mi_table_cell(t, "%s%s", w->sched ? "scheduler" : "hardware",
		      w->reserved ? ", reserved" : "");
	if (w->hctx >= 0)
		mi_table_cell(t, "%" PRId64, w->hctx);
	else
		mi_table_cell(t, "?");
	mi_table_cell(t, "%s", w->flags_known && op ? op : "?");
	mi_flags_text(p->k, &rq, flags);
	mi_table_cell(t, "%s", w->flags_known ? flags : "?");
}

static enum mi_status put_waits(const struct mi_pending *p, FILE *out, struct mi_error *err)
{
	struct mi_table *t = mi_table_new();
	size_t i;

	if (!t)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	mi_table_right(t, "PID");
	mi_table_left(t, "S");
	mi_table_left(t, "COMMAND");
	mi_table_left(t, "DEVICE");
	mi_table_left(t, "TAGS OF");
	mi_table_right(t, "HWQ");
	mi_table_left(t, "OP");
	mi_table_left(t, "FLAGS");
	for (i = 0; i < p->n_tag_waits; i++)
		wait_row(t, p, &p->tag_waits[i]);
	return mi_table_put(t, "WAITING FOR A TAG (no request yet: all tags are taken)", out, err);
}

enum mi_status mi_text_tags(const struct mi_pending *p, FILE *out, struct mi_error *err)
{
	if (!p->tag_waits_known)
		fprintf(out, "\nWho waits for a tag is unknown: %s\n", p->why_no_tag_waits);
	if (p->queues_waiting)
		fprintf(out, "\n%" PRIu64 " hardware queue%s a tag to dispatch what %s\n",
			p->queues_waiting, p->queues_waiting == 1 ? " waits for" : "s wait for",
			p->queues_waiting == 1 ? "it has" : "they have");
	if (p->n_stored)
		fprintf(out, "\nPlugs of tasks have %zu unused request%s in store\n", p->n_stored,
			p->n_stored == 1 ? "" : "s");
	return p->n_tag_waits ? put_waits(p, out, err) : MI_OK;
}
