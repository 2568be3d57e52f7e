// SPDX-License-Identifier: GPL-2.0-or-later
/* text_requests.c - what is pending on block devices, as tables */
#include <inttypes.h>
#include <string.h>

#include "output.h"
#include "table.h"

#define NS_PER_MS 1000000
#define PIDS_SHOWN 4 /* of those that map pages; the rest is counted */

static enum mi_status no_memory(struct mi_error *err)
{
	return mi_fail(err, MI_ERR_NOMEM, "out of memory");
}

/* ---- requests ---- */

/* Milliseconds: the kernel's clock as of its last tick is not more exact. */
static void age_cell(struct mi_table *t, const struct mi_pending *p, uint64_t since)
{
	if (!since)
		mi_table_cell(t, ".");
	else if (!p->clock_known || since > p->clock_ns)
		mi_table_cell(t, "?");
	else
		mi_table_cell(t, "%" PRIu64 ".%03" PRIu64 " s",
			      (p->clock_ns - since) / NS_PER_MS / 1000,
			      (p->clock_ns - since) / NS_PER_MS % 1000);
}

static void number_cell(struct mi_table *t, int64_t number)
{
	if (number >= 0)
		mi_table_cell(t, "%" PRId64, number);
	else
		mi_table_cell(t, ".");
}

struct words {
	char *text;
	size_t n;
};

static void add_flag(void *arg, const char *name, uint64_t bits)
{
	struct words *w = arg;
	size_t room = MI_FLAGS_TEXT - w->n;
	int n;

	if (name)
		n = snprintf(w->text + w->n, room, "%s%s", w->n ? "," : "", name);
	else
		n = snprintf(w->text + w->n, room, "%s0x%" PRIx64, w->n ? "," : "", bits);
	if (n > 0 && (size_t)n < room)
		w->n += (size_t)n;
}

void mi_flags_text(const struct mi_kernel *k, const struct mi_rq *rq, char buf[MI_FLAGS_TEXT])
{
	struct words w = {.text = buf};

	snprintf(buf, MI_FLAGS_TEXT, ".");
	mi_rq_flags(k, rq, add_flag, &w);
}

static void what_cells(struct mi_table *t, const struct mi_pending *p, const struct mi_rq *rq,
		       bool unstable)
{
	const char *op = mi_rq_operation(p->k, rq);
	char flags[MI_FLAGS_TEXT];

	if (op)
		mi_table_cell(t, "%s", op);
	else if (mi_rq_operation_number(p->k, rq) == MI_RQ_NO_NUMBER)
		mi_table_cell(t, "?");
	else
		mi_table_cell(t, "%u?", mi_rq_operation_number(p->k, rq));
	if (rq->sector == MI_RQ_NO_SECTOR)
		mi_table_cell(t, ".");
	else
		mi_table_cell(t, "%" PRIu64, rq->sector);
	mi_table_cell(t, "%" PRIu64, rq->bytes);
	if (rq->state == MI_RQ_HELD)
		mi_table_cell(t, "held by %s", mi_held_text(rq->held));
	else
		mi_table_cell(t, "%s%s", mi_rq_state_text(rq->state), unstable ? ", changing" : "");
	/* All began at some time; not all have been issued. */
	if (rq->start_ns)
		age_cell(t, p, rq->start_ns);
	else
		mi_table_cell(t, "?");
	age_cell(t, p, rq->issue_ns);
	number_cell(t, rq->hctx);
	number_cell(t, rq->tag);
	number_cell(t, rq->sched_tag);
	mi_flags_text(p->k, rq, flags);
	mi_table_cell(t, "%s", flags);
}

static void request_row(struct mi_table *t, const struct mi_pending *p, size_t i)
{
	const struct mi_pending_rq *r = &p->rq[i];
	char name[MI_DISK_NAME];
	uint64_t pages = 0;
	size_t n;

	for (n = 0; n < r->n; n++)
		pages += p->pages[r->first + n].n;
	mi_part_name(p->disks[r->rq.disk].name, r->rq.part, name);
	mi_table_row(t);
	mi_table_cell(t, "%zu", i);
	mi_table_cell(t, "%s", name);
	what_cells(t, p, &r->rq, r->unstable);
	mi_table_cell(t, "%" PRIu64, r->bios);
	mi_table_count(t, pages, r->whole);
	if (p->waits_known)
		mi_table_cell(t, "%zu", r->n_waits);
	else
		mi_table_cell(t, "?");
	mi_table_cell(t, "%" PRIx64, r->rq.addr);
}

static enum mi_status put_requests(const struct mi_pending *p, FILE *out, struct mi_error *err)
{
	static const char *const right[] = {"AGE", "ISSUED", "HWQ", "TAG", "SCHED"};
	struct mi_table *t = mi_table_new();
	size_t i;

	if (!t)
		return no_memory(err);
	mi_table_right(t, "#");
	mi_table_left(t, "DEVICE");
	mi_table_left(t, "OP");
	mi_table_right(t, "SECTOR");
	mi_table_right(t, "BYTES");
	mi_table_left(t, "STATE");
	for (i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		mi_table_right(t, right[i]);
	mi_table_left(t, "FLAGS");
	mi_table_right(t, "BIOS");
	mi_table_right(t, "PAGES");
	mi_table_right(t, "WAITING");
	mi_table_left(t, "REQUEST");
	for (i = 0; i < p->n_rq; i++)
		request_row(t, p, i);
	return mi_table_put(t, "REQUESTS (of each device, the oldest first)", out, err);
}

/* ---- their pages ---- */

/* The file, in its file system: where that is mounted is not looked for. */
static void file_cells(struct mi_table *t, const struct mi_pending *p, size_t file)
{
	const struct mi_pending_file *f = file < p->n_files ? &p->files[file] : NULL;

	if (!f || !f->known) {
		mi_table_cell(t, "?");
		mi_table_cell(t, "?");
		mi_table_name(t, "?");
		return;
	}
	mi_table_cell(t, "%u:%u", f->file.name.dev_major, f->file.name.dev_minor);
	mi_table_cell(t, "%" PRIu64, f->file.name.ino);
	mi_table_name(t, *f->path ? f->path : "?");
}

static void nobody_cells(struct mi_table *t, const char *what)
{
	mi_table_cell(t, ".");
	mi_table_cell(t, ".");
	mi_table_name(t, what);
}

static const char *without_file(const struct mi_rq_pages *r)
{
	if (r->why)
		return mi_read_text(r->why);
	if (r->owner != MI_OWNER_ANON && r->owner != MI_OWNER_KSM)
		return "memory of the kernel";
	return r->swapcache ? "anonymous memory, in the swap cache" : "anonymous memory";
}

/* "131,145 +12" */
static void mappers_cell(struct mi_table *t, const struct mi_pending *p,
			 const struct mi_rq_pages *r)
{
	const struct mi_mappers *set;
	char text[PIDS_SHOWN * 12 + 24];
	size_t i, n = 0;

	if (r->mapped_by == MI_NO_INDEX) {
		mi_table_cell(t, "?");
		return;
	}
	set = &p->mapped.sets[r->mapped_by];
	text[0] = '\0';
	for (i = 0; i < set->n && i < PIDS_SHOWN; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%d", i ? "," : "",
				      p->mapped.pids[set->first + i]);
	if (set->count > i)
		snprintf(text + n, sizeof(text) - n, "%s+%" PRIu64, i ? " " : "", set->count - i);
	mi_table_cell(t, "%s", *text ? text : ".");
}

static void pages_row(struct mi_table *t, const struct mi_pending *p, size_t rq,
		      const struct mi_rq_pages *r)
{
	bool file = !r->why && r->owner == MI_OWNER_FILE;
	char way[MI_WAY_TEXT];

	mi_table_row(t);
	mi_table_cell(t, "%zu", rq);
	if (file)
		mi_table_cell(t, "%" PRIu64, r->index);
	else
		mi_table_cell(t, ".");
	mi_table_cell(t, "%" PRIu64, r->n);
	mi_table_count(t, r->locked, !r->why);
	mi_table_count(t, r->writeback, !r->why);
	mi_table_count(t, r->uptodate, !r->why);
	mi_table_cell(t, "%" PRIx64, r->pfn);
	mi_way_text(p, &p->rq[rq], way);
	mi_table_cell(t, "%s", file && *way ? way : ".");
	mappers_cell(t, p, r);
	if (file)
		file_cells(t, p, r->file);
	else
		nobody_cells(t, without_file(r));
}

static enum mi_status put_pages(const struct mi_pending *p, FILE *out, struct mi_error *err)
{
	static const char *const right[] = {"#",  "PAGE",     "PAGES", "LOCKED",
					    "WB", "UPTODATE", "PFN"};
	struct mi_table *t;
	size_t i, n;

	if (!p->n_pages)
		return MI_OK;
	t = mi_table_new();
	if (!t)
		return no_memory(err);
	for (i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		mi_table_right(t, right[i]);
	mi_table_left(t, "THROUGH");
	mi_table_left(t, "MAPPED BY");
	mi_table_right(t, "DEV");
	mi_table_right(t, "INODE");
	mi_table_names(t, "FILE");
	for (i = 0; i < p->n_rq; i++)
		for (n = 0; n < p->rq[i].n; n++)
			pages_row(t, p, i, &p->pages[p->rq[i].first + n]);
	return mi_table_put(t, "PAGES OF THE REQUESTS (FILE: inside its file system)", out, err);
}

/* ---- who waits ---- */

static const char *wait_text(enum mi_wait_for what)
{
	static const char *const text[MI_WAIT_NR] = {
		"lock of page", "end of writeback", "private_2 of page", "lock of buffer", "a bit",
	};

	return what < MI_WAIT_NR ? text[what] : "?";
}

static void wait_row(struct mi_table *t, const struct mi_pending *p, const struct mi_wait *w)
{
	mi_table_row(t);
	if (w->fs_request != MI_NO_INDEX)
		mi_table_cell(t, "F%zu", w->fs_request);
	else if (w->request == MI_NO_INDEX)
		mi_table_cell(t, ".");
	else
		mi_table_cell(t, "%zu", w->request);
	mi_table_cell(t, "%d", w->waiter.task.pid);
	mi_table_cell(t, "%c", w->waiter.task.state);
	mi_table_bytes(t, w->waiter.task.comm);
	mi_table_cell(t, "%s", wait_text(w->waiter.what));
	if (w->file == MI_NO_INDEX)
		mi_table_cell(t, ".");
	else
		mi_table_cell(t, "%" PRIu64, w->page.index);
	mi_table_cell(t, "%llu", w->page.why ? 1 : 1ULL << w->page.order);
	mi_table_cell(t, "%" PRIx64, w->waiter.pfn);
	if (w->file != MI_NO_INDEX)
		file_cells(t, p, w->file);
	else
		nobody_cells(t, w->page.why ? "?" : "no file");
}

static enum mi_status put_waits(const struct mi_pending *p, FILE *out, struct mi_error *err)
{
	struct mi_table *t;
	size_t i;

	if (!p->n_waits)
		return MI_OK;
	t = mi_table_new();
	if (!t)
		return no_memory(err);
	mi_table_right(t, "#");
	mi_table_right(t, "PID");
	mi_table_left(t, "S");
	mi_table_left(t, "COMMAND");
	mi_table_left(t, "WAITS FOR");
	mi_table_right(t, "PAGE");
	mi_table_right(t, "PAGES");
	mi_table_right(t, "PFN");
	mi_table_right(t, "DEV");
	mi_table_right(t, "INODE");
	mi_table_names(t, "FILE");
	for (i = 0; i < p->n_waits; i++)
		wait_row(t, p, &p->waits[i]);
	return mi_table_put(t,
			    "WAITING TASKS (#: the request that has the page; F: one to a server)",
			    out, err);
}

static void put_findings(const struct mi_pending *p, FILE *out)
{
	bool title = false;
	char text[160];
	size_t i;

	for (i = 0; i < p->n_waits; i++) {
		const struct mi_wait *w = &p->waits[i];

		if (!w->finding)
			continue;
		if (!title)
			fputs("\nFINDINGS\n", out);
		title = true;
		mi_finding_text(w, text, sizeof(text));
		fprintf(out, "  PID %d waits for the %s (pfn %" PRIx64 "): %s\n",
			w->waiter.task.pid, wait_text(w->waiter.what), w->waiter.pfn, text);
	}
}

static void put_head(const struct mi_pending *p, FILE *out)
{
	size_t i, mq = 0;

	for (i = 0; i < p->n_disks; i++)
		mq += p->disks[i].mq || p->disks[i].single;
	fprintf(out, "%zu block request%s pending; %zu block devices, %zu with request queues\n",
		p->n_rq - p->n_held, p->n_rq - p->n_held == 1 ? " is" : "s are", p->n_disks, mq);
	if (p->n_held)
		fprintf(out, "%zu bio%s held back before there is a request\n", p->n_held,
			p->n_held == 1 ? " is" : "s are");
	if (p->other_waits)
		fprintf(out, "%" PRIu64 " waits for pages are no task's (io_uring)\n",
			p->other_waits);
}

enum mi_status mi_text_requests(const struct mi_pending *p, const struct mi_request *ask, FILE *out,
				struct mi_error *err)
{
	enum mi_status st = MI_OK;

	put_head(p, out);
	if (p->n_rq)
		st = put_requests(p, out, err);
	if (!st)
		st = put_pages(p, out, err);
	if (!st)
		st = mi_text_devices(p, out, err);
	if (!st)
		st = mi_text_fs_requests(p, out, err);
	if (!st)
		st = put_waits(p, out, err);
	if (!st)
		st = mi_text_tags(p, out, err);
	if (st)
		return st;
	put_findings(p, out);
	mi_text_not_read(p->k, out);
	return ask->sources ? mi_text_sources(p->k, out, err) : MI_OK;
}
