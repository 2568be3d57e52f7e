// SPDX-License-Identifier: GPL-2.0-or-later
/* json_devices.c - block devices that stand on others, as JSON */
#include "json_parts.h"

static void put_bdev(struct mi_json *w, const struct mi_pending *p, size_t bdev)
{
	const struct mi_bdev *b = &p->devices->bdevs.bdev[bdev];
	char name[MI_DISK_NAME];

	mi_part_name(p->disks[b->disk].name, b->part, name);
	mi_json_text(w, NULL, name);
}

static void put_stands(struct mi_json *w, const struct mi_pending *p, size_t disk)
{
	const struct mi_bdevs *b = &p->devices->bdevs;
	size_t i, n, first = mi_bdevs_below(b, disk, &n);

	if (!b->stands_known) {
		mi_json_null(w, "stands_on");
		return;
	}
	mi_json_line_array(w, "stands_on");
	for (i = 0; i < n; i++)
		put_bdev(w, p, b->stands[first + i].below);
	mi_json_array_end(w);
}

static void put_dm(struct mi_json *w, const struct mi_stacked *s)
{
	if (*s->name)
		mi_json_bytes(w, "name", s->name);
	else
		mi_json_null(w, "name");
	mi_json_bool(w, "suspended", s->suspended);
}

static void put_loop(struct mi_json *w, const struct mi_stacked *s, const struct mi_backing *b)
{
	if (!b->path) {
		mi_json_null(w, "path");
		return;
	}
	mi_json_bytes(w, "path", b->path);
	if (b->file == MI_NO_INDEX)
		mi_json_null(w, "file");
	else
		mi_json_u64(w, "file", b->file);
	mi_json_u64(w, "offset", s->offset);
}

void mi_json_stacked(struct mi_json *w, const struct mi_pending *p, size_t disk)
{
	const struct mi_stacked *s = &p->devices->stacked[disk];

	mi_json_text(w, "driver", *s->driver ? s->driver : NULL);
	put_stands(w, p, disk);
	if (s->kind == MI_STACK_NONE) {
		mi_json_null(w, "stacked");
		return;
	}
	mi_json_line_object(w, "stacked");
	mi_json_text(w, "kind", mi_stack_word(s->kind));
	mi_json_text(w, "what", *s->what ? s->what : NULL);
	if (s->known && s->kind == MI_STACK_DM)
		put_dm(w, s);
	if (s->known && s->kind == MI_STACK_LOOP)
		put_loop(w, s, &p->backing[disk]);
	if (s->pages == MI_STACK_PAGES_UNKNOWN)
		mi_json_null(w, "own_pages");
	else
		mi_json_bool(w, "own_pages", s->pages == MI_STACK_OWN_PAGES);
	mi_json_object_end(w);
}

void mi_json_way(struct mi_json *w, const struct mi_pending *p, const struct mi_pending_rq *r)
{
	struct mi_step path[MI_STEPS_MAX];
	size_t i, n = mi_pending_path(p, r, path);
	char name[MI_DISK_NAME];

	mi_json_text(w, "held_by", mi_held_word(r->rq.held));
	if (r->rq.state == MI_RQ_HELD)
		mi_json_text(w, "bound_for", *r->rq.bound_for ? r->rq.bound_for : NULL);
	if (!n) {
		mi_json_null(w, "way");
		return;
	}
	mi_json_line_array(w, "way");
	for (i = 0; i < n; i++) {
		mi_step_name(p->devices, &path[i], name);
		mi_json_text(w, NULL, name);
	}
	mi_json_array_end(w);
}

void mi_json_tops(struct mi_json *w, const struct mi_pending *p, const struct mi_pending_file *f)
{
	size_t i;

	if (!f->tops.n && !f->tops.whole) {
		mi_json_null(w, "on_devices");
		return;
	}
	mi_json_line_array(w, "on_devices");
	for (i = 0; i < f->tops.n; i++)
		put_bdev(w, p, f->tops.list[i]);
	mi_json_array_end(w);
}
