// SPDX-License-Identifier: GPL-2.0-or-later
/* history_faults.c - which fault of a task has begun and not ended */
#include <stdlib.h>

#include "history.h"

static struct mi_open_fault *entry(struct mi_open_faults *all, uint32_t tid)
{
	struct mi_open_fault *more;
	size_t i;

	if (mi_addrmap_get(&all->by_tid, (uint64_t)tid + 1, &i))
		return &all->list[i];
	if (!(all->n & (all->n - 1))) {
		more = realloc(all->list, (all->n ? 2 * all->n : 1) * sizeof(*more));
		if (!more)
			return NULL;
		all->list = more;
	}
	if (!mi_addrmap_put(&all->by_tid, (uint64_t)tid + 1, all->n))
		return NULL;
	all->list[all->n] = (struct mi_open_fault){.tid = tid};
	return &all->list[all->n++];
}

static bool same_fault(const struct mi_open_fault *f, const struct mi_record *r)
{
	uint64_t mm = 0, address = 0;

	return mi_record_get(r, MI_R_MM, &mm) && mi_record_get(r, MI_R_ADDRESS, &address) &&
	       f->mm == mm && f->address == address;
}

static void begin(struct mi_open_fault *f, const struct mi_record *r)
{
	uint64_t attempt = 1;
	bool again;

	mi_record_get(r, MI_R_ATTEMPT, &attempt);
	again = attempt > 1 && f->first_known && f->retried && same_fault(f, r);
	if (!again)
		f->first = r->raw;
	f->first_known = again || attempt <= 1;
	f->open = true;
	f->retried = false;
	f->at = (struct mi_record_at){r->cpu_index, r->seq};
	f->begin = r->raw;
	f->attempt = attempt;
	f->mm = f->address = 0;
	mi_record_get(r, MI_R_MM, &f->mm);
	mi_record_get(r, MI_R_ADDRESS, &f->address);
}

bool mi_history_fault(struct mi_open_faults *all, const struct mi_record *r)
{
	enum mi_rec_kind kind = mi_record_kind(r);
	struct mi_open_fault *f;
	uint64_t class = 0;

	if (kind != MI_E_FAULT_BEGIN && kind != MI_E_FAULT_END)
		return true;
	f = entry(all, r->tid);
	if (!f)
		return false;
	if (kind == MI_E_FAULT_BEGIN) {
		begin(f, r);
		return true;
	}
	f->open = false;
	mi_record_get(r, MI_R_FAULT_CLASS, &class);
	f->retried = class == 3;
	return true;
}

const struct mi_open_fault *mi_history_open_fault(const struct mi_history *h, uint32_t tid)
{
	size_t i;

	if (!mi_addrmap_get(&h->faults.by_tid, (uint64_t)tid + 1, &i) || !h->faults.list[i].open)
		return NULL;
	return &h->faults.list[i];
}
