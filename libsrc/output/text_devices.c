// SPDX-License-Identifier: GPL-2.0-or-later
/* text_devices.c - block devices that stand on others, for people */
#include <inttypes.h>
#include <string.h>

#include "escape.h"
#include "output.h"
#include "table.h"

void mi_way_text(const struct mi_pending *p, const struct mi_pending_rq *r, char buf[MI_WAY_TEXT])
{
	struct mi_step path[MI_STEPS_MAX];
	size_t i, n = mi_pending_path(p, r, path), len = 0;
	char name[MI_DISK_NAME];

	buf[0] = '\0';
	/* A disk, or its partition, is what the request says itself. */
	if (!n || path[0].disk == path[n - 1].disk)
		return;
	for (i = 0; i < n; i++) {
		mi_step_name(p->devices, &path[i], name);
		if (len + strlen(name) + 4 > MI_WAY_TEXT)
			return;
		len += (size_t)snprintf(buf + len, MI_WAY_TEXT - len, "%s%s", i ? " > " : "", name);
	}
}

/* "dm linear, suspended" */
static void kind_cell(struct mi_table *t, const struct mi_stacked *s)
{
	if (s->kind == MI_STACK_NONE)
		mi_table_cell(t, "%s", *s->driver ? s->driver : "?");
	else
		mi_table_cell(t, "%s%s%s%s", mi_stack_word(s->kind), *s->what ? " " : "", s->what,
			      s->suspended ? ", suspended" : "");
}

static void name_cell(struct mi_table *t, const struct mi_stacked *s)
{
	if (s->kind != MI_STACK_DM)
		mi_table_cell(t, ".");
	else if (*s->name)
		mi_table_bytes(t, s->name);
	else
		mi_table_cell(t, "?");
}

static void below_cell(struct mi_table *t, const struct mi_pending *p, size_t disk)
{
	const struct mi_bdevs *b = &p->devices->bdevs;
	size_t n, i, len = 0, first = mi_bdevs_below(b, disk, &n);
	char text[MI_WAY_TEXT] = ".", name[MI_DISK_NAME];

	for (i = 0; i < n; i++) {
		const struct mi_bdev *one = &b->bdev[b->stands[first + i].below];

		mi_part_name(p->disks[one->disk].name, one->part, name);
		if (len + strlen(name) + 8 > sizeof(text)) {
			snprintf(text + len, sizeof(text) - len, ", ...");
			break;
		}
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? ", " : "",
					name);
	}
	mi_table_cell(t, "%s", b->stands_known ? text : "?");
}

/* Those that nobody has set up, as loop devices mostly are, have nothing to tell. */
static bool in_use(const struct mi_pending *p, size_t disk)
{
	const struct mi_stacked *s = &p->devices->stacked[disk];
	size_t n;

	mi_bdevs_below(&p->devices->bdevs, disk, &n);
	return n || s->kind == MI_STACK_DM || (s->kind == MI_STACK_MD && *s->what) || s->file;
}

/* A loop device's I/O goes on as that of its file, by a thread of the kernel. */
static void put_waits_below(const struct mi_pending *p, size_t disk, FILE *out)
{
	size_t file = p->backing[disk].file, i;

	if (file == MI_NO_INDEX)
		return;
	for (i = 0; i < p->n_waits; i++) {
		const struct mi_wait *w = &p->waits[i];

		if (w->file != file)
			continue;
		fprintf(out, "  the file of %s: PID %d (", p->disks[disk].name, w->waiter.task.pid);
		mi_put_escaped(out, w->waiter.task.comm);
		fprintf(out, ") waits for page %" PRIu64, w->page.index);
		if (w->request != MI_NO_INDEX)
			fprintf(out, ", which request %zu has", w->request);
		fputc('\n', out);
	}
}

enum mi_status mi_text_devices(const struct mi_pending *p, FILE *out, struct mi_error *err)
{
	struct mi_table *t = NULL;
	enum mi_status st;
	size_t i;

	for (i = 0; i < p->n_disks; i++) {
		if (!in_use(p, i))
			continue;
		if (!t) {
			t = mi_table_new();
			if (!t)
				return mi_fail(err, MI_ERR_NOMEM, "out of memory");
			mi_table_left(t, "DEVICE");
			mi_table_left(t, "KIND");
			mi_table_left(t, "NAME");
			mi_table_left(t, "STANDS ON");
			mi_table_names(t, "FILE");
		}
		mi_table_row(t);
		mi_table_cell(t, "%s", p->disks[i].name);
		kind_cell(t, &p->devices->stacked[i]);
		name_cell(t, &p->devices->stacked[i]);
		below_cell(t, p, i);
		mi_table_name(t, !p->backing[i].path   ? "."
				 : *p->backing[i].path ? p->backing[i].path
						       : "?");
	}
	if (!t)
		return MI_OK;
	st = mi_table_put(t, "DEVICES THAT STAND ON OTHERS", out, err);
	for (i = 0; !st && i < p->n_disks; i++)
		put_waits_below(p, i, out);
	return st;
}
