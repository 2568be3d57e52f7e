// SPDX-License-Identifier: GPL-2.0-or-later
/* json_readahead.c - readahead of open files, and of the mappings that have them */
#include "json_parts.h"

static void put_state(struct mi_json *w, const struct mi_readahead *ra)
{
	mi_json_line_object(w, "state");
	mi_json_u64(w, "start", ra->start);
	mi_json_u64(w, "size_pages", ra->size);
	mi_json_u64(w, "async_size_pages", ra->async_size);
	mi_json_u64(w, "ra_pages", ra->ra_pages);
	mi_json_u64(w, "mmap_miss", ra->mmap_miss);
	if (ra->has_order)
		mi_json_u64(w, "order", ra->order);
	if (ra->has_prev_pos)
		mi_json_i64(w, "prev_pos_bytes", ra->prev_pos);
	mi_json_object_end(w);
}

static void put_window(struct mi_json *w, const struct mi_open_file *o)
{
	const struct mi_ra_window *win = &o->window;
	uint64_t i, expected;

	mi_json_line_object(w, "window");
	mi_json_u64(w, "pages", win->pages);
	mi_json_u64(w, "uptodate", win->uptodate);
	mi_json_u64(w, "reading", win->reading);
	mi_json_u64(w, "not_uptodate", win->not_uptodate);
	mi_json_u64(w, "evicted", win->evicted);
	mi_json_u64(w, "absent", win->absent);
	mi_json_u64(w, "unknown", win->unknown);
	if (mi_readahead_marker(&o->ra, &expected))
		mi_json_u64(w, "marker_expected", expected);
	mi_json_u64(w, "markers_found", win->n_markers);
	mi_json_line_array(w, "markers");
	for (i = 0; i < win->n_markers && i < MI_RA_MARKERS; i++)
		mi_json_u64(w, NULL, win->markers[i]);
	mi_json_array_end(w);
	mi_json_object_end(w);
}

static void put_bdi(struct mi_json *w, const struct mi_bdi *bdi)
{
	if (!bdi->known) {
		mi_json_null(w, "device_limits");
		return;
	}
	mi_json_line_object(w, "device_limits");
	mi_json_bytes(w, "name", bdi->name);
	mi_json_u64(w, "ra_pages", bdi->ra_pages);
	if (bdi->has_io_pages)
		mi_json_u64(w, "io_pages", bdi->io_pages);
	mi_json_object_end(w);
}

static void put_open_file(struct mi_json *w, const struct mi_open_file *o)
{
	mi_json_object(w, NULL);
	mi_json_hex(w, "open_file", o->addr);
	mi_json_u64(w, "file", o->file);
	mi_json_u64(w, "mappings", o->n_mappings);
	if (o->ra.random_known)
		mi_json_bool(w, "fadvise_random", o->ra.random);
	else
		mi_json_null(w, "fadvise_random");
	if (o->ra.why) {
		mi_json_text(w, "why", mi_read_word(o->ra.why));
	} else if (o->ra.wrong) {
		mi_json_text(w, "implausible", o->ra.wrong);
	} else {
		put_state(w, &o->ra);
		if (o->window.known)
			put_window(w, o);
		else if (o->window.startless)
			mi_json_null(w, "window");
	}
	put_bdi(w, &o->bdi);
	mi_json_object_end(w);
}

void mi_json_open_files(struct mi_json *w, const struct mi_process *p)
{
	size_t i;

	if (!mi_feature(p->k, MI_F_READAHEAD, NULL)) {
		mi_json_null(w, "open_files");
		return;
	}
	mi_json_array(w, "open_files");
	for (i = 0; i < p->n_open_files; i++)
		put_open_file(w, &p->open_files[i]);
	mi_json_array_end(w);
}

void mi_json_next_miss(struct mi_json *w, const struct mi_process *p, const struct mi_mapping *m)
{
	const struct mi_next_miss *next = &m->next;
	char text[200];

	if (!m->has_readahead)
		return;
	mi_miss_text(next, &p->open_files[m->open_file].ra, text, sizeof(text));
	mi_json_line_object(w, "readahead");
	mi_json_u64(w, "open_file", m->open_file);
	mi_json_text(w, "next_miss", mi_miss_word(next->kind));
	if (next->pages)
		mi_json_u64(w, "pages", next->pages);
	if (next->kind == MI_MISS_AROUND)
		mi_json_u64(w, "before", next->before);
	mi_json_text(w, "text", text);
	mi_json_object_end(w);
}
