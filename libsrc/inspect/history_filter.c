// SPDX-License-Identifier: GPL-2.0-or-later
/* history_filter.c - which happenings are asked for */
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>

#include "history.h"

bool mi_history_file_matches(const struct mi_history *h, size_t file, const char *glob)
{
	const struct mi_history_file *f;
	char number[64];

	if (file == MI_NO_INDEX)
		return false;
	f = &h->files[file];
	if (*f->path && !fnmatch(glob, f->path, 0))
		return true;
	snprintf(number, sizeof(number), "%u:%u:%" PRIu64, mi_dev_major(f->dev),
		 mi_dev_minor(f->dev), f->ino);
	return !fnmatch(glob, number, 0);
}

static bool in_range(uint64_t index, uint64_t first, uint64_t n)
{
	return index >= first && index - first < n;
}

static uint64_t get(const struct mi_record *r, enum mi_rec_known f)
{
	uint64_t v = 0;

	mi_record_get(r, f, &v);
	return v;
}

bool mi_history_covers(const struct mi_record *r, enum mi_rec_kind kind, uint64_t index,
		       uint32_t page_size)
{
	uint64_t first = get(r, MI_R_INDEX), pages = get(r, MI_R_PAGES);

	switch (kind) {
	case MI_E_FAULT_BEGIN:
	case MI_E_FAULT_END:
		return index == first;
	case MI_E_FILEMAP_FAULT:
		return index == first ||
		       in_range(index, get(r, MI_R_WINDOW_START), get(r, MI_R_WINDOW_SIZE));
	case MI_E_READAHEAD:
		return in_range(index, first, pages) ||
		       in_range(index, get(r, MI_R_WINDOW_START), get(r, MI_R_WINDOW_SIZE));
	case MI_E_READ:
	case MI_E_CACHE_ADD:
	case MI_E_CACHE_DELETE:
	case MI_E_WRITEBACK_BEGIN:
	case MI_E_WRITEBACK_END:
		return in_range(index, first, pages ? pages : 1);
	case MI_E_BIO_QUEUE:
		return in_range(index, first, (get(r, MI_R_BYTES) + page_size - 1) / page_size);
	case MI_E_MAP:
		return in_range(index, first, (get(r, MI_R_LENGTH) + page_size - 1) / page_size);
	default:
		return false;
	}
}

static bool passes_kind(const struct mi_history *h, const struct mi_history_filter *f,
			const struct mi_record *r)
{
	if (!f->events)
		return true;
	return r->event ? f->events[r->event - h->rec->events] : f->undescribed;
}

static bool passes_disk(const struct mi_history_filter *f, const struct mi_record *r)
{
	static const enum mi_rec_known fields[] = {MI_R_DISK, MI_R_OTHER_DISK, MI_R_DEV};
	uint64_t dev;
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (mi_record_get(r, fields[i], &dev) && dev == f->disk)
			return true;
	return false;
}

bool mi_history_passes(const struct mi_history *h, const struct mi_history_filter *f,
		       const struct mi_happening *e)
{
	const struct mi_history_span *span = f->spans ? &f->spans[e->r.cpu_index] : NULL;

	if (span && (e->r.seq < span->from || e->r.seq >= span->to))
		return false;
	if (!passes_kind(h, f, &e->r))
		return false;
	if (f->by_pid && (!e->task_known || (e->tid != f->pid && e->tgid != f->pid)))
		return false;
	if (f->by_disk && !passes_disk(f, &e->r))
		return false;
	if ((f->by_since || f->by_until) && !e->time.known)
		return false;
	if ((f->by_since && e->time.mono < f->since) || (f->by_until && e->time.mono > f->until))
		return false;
	return !f->file || mi_history_file_matches(h, e->file, f->file);
}
