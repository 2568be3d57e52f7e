// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * truth.c - writes down what is in the machine, as JSON; README.md has the members
 *
 * From the notes, and from struct page as C sees it. Addresses are strings.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

/* which counts of pages the kernel keeps, beyond those of files and anonymous memory */
#if defined(K_SHMEM_RSS)
#define COUNTERS "\"swap\", \"shmem\""
#elif defined(K_RSS_STAT) || defined(K_SWAP_USAGE)
#define COUNTERS "\"swap\""
#else
#define COUNTERS ""
#endif

/* whether the CPU itself marks in an entry that its page was used, or written */
#if defined(K_ARM) || defined(K_ARM64)
#define CPU_MARKS "false"
#else
#define CPU_MARKS "true"
#endif

/* of the log */
#ifdef K_LOG_BYTES
#define LOG_FORM "bytes"
#else
#define LOG_FORM "printk_log"
#endif

static FILE *out;

#define P(...) fprintf(out, __VA_ARGS__)

static const char *comma(bool *first)
{
	const char *text = *first ? "" : ",\n";

	*first = false;
	return text;
}

/* ---- pages ---- */

#define FLAG(name)                                                                                 \
	{                                                                                          \
#name, PG_##name                                                                   \
	}
static const struct {
	const char *name;
	unsigned int bit;
} flag_names[] = {
	FLAG(locked),	 FLAG(error),	 FLAG(referenced),   FLAG(uptodate),
	FLAG(dirty),	 FLAG(lru),	 FLAG(active),	     FLAG(private),
	FLAG(writeback), FLAG(reclaim),	 FLAG(swapbacked),   FLAG(unevictable),
	FLAG(mlocked),	 FLAG(reserved), FLAG(mappedtodisk), FLAG(swapcache),
#ifdef K_SWP_HWPOISON
	FLAG(hwpoison),
#endif
#ifdef K_PG_COMPOUND
	FLAG(compound),
#else
	FLAG(head),	 FLAG(tail),
#endif
};

static void page_json(uint64_t pfn)
{
	const struct page *page = page_of(pfn);
	bool first = true;

	P("{\"pfn\": %" PRIu64 ", \"count\": %d, \"mapcount\": %d, \"index\": %lu, \"flags\": [",
	  pfn, page->_count.counter, page->_mapcount.counter + 1, page->index);
	for (size_t i = 0; i < sizeof(flag_names) / sizeof(*flag_names); i++) {
		if (!(page->flags >> flag_names[i].bit & 1))
			continue;
		P("%s\"%s\"", first ? "" : ", ", flag_names[i].name);
		first = false;
	}
	P("]}");
}

/* ---- files ---- */

static void entry_json(const struct s_entry *e)
{
	P("{\"index\": %" PRIu64 ", ", e->index);
	if (e->order)
		P("\"order\": %u, ", e->order);
	if (e->kind == ENTRY_SWAP)
		P("\"swap\": [%u, %" PRIu64 "]}", e->swap_type, e->swap_offset);
	else if (e->kind == ENTRY_SHADOW)
		P("\"shadow\": \"0x%" PRIx64 "\"}", e->shadow);
	else {
		P("\"page\": ");
		page_json(e->pfn);
		P("}");
	}
}

/* What readahead may do, as [name, pages]. */
static void limits_json(const struct s_file *f)
{
	const struct backing_dev_info *bdi = H(f->mapping->backing_dev_info);
	const struct device *dev = H(bdi->dev);

	P("\"limits\": [\"%s\", %lu], ", dev ? (const char *)H(dev->kobj.name) : "", bdi->ra_pages);
}

static void file_json(const struct s_file *f)
{
	bool first = true;

	P("{");
	limits_json(f);
	P("\"path\": \"%s\", \"deleted\": %s, \"ino\": %lu, \"fs\": \"%s\", \"major\": %u, "
	  "\"minor\": %u, \"size\": %" PRIu64 ", \"nrpages\": %lu, \"mapping\": \"0x%" PRIx64
	  "\", \"entries\": [\n",
	  f->path, f->deleted ? "true" : "false", f->inode->i_ino, f->fs->type, f->fs->major,
	  f->fs->minor, f->size, f->mapping->nrpages, ram_kva(f->mapping));
	for (size_t i = 0; i < f->n_entries; i++) {
		P("%s", comma(&first));
		entry_json(&f->entries[i]);
	}
	P("]}");
}

/* ---- processes ---- */

static void bit_json(bool set, const char *name, bool *first)
{
	if (!set)
		return;
	P("%s\"%s\"", *first ? "" : ", ", name);
	*first = false;
}

static bool has_page(const struct s_pte *p)
{
	return p->pfn && !(p->relation && !strcmp(p->relation, "zero"));
}

static void pte_json(const struct s_pte *p)
{
	bool first = true;

	P("{\"va\": \"0x%" PRIx64 "\", \"kind\": \"%s\", \"level\": %u", p->va, p->kind, p->level);
	if (p->pfn)
		P(", \"pfn\": %" PRIu64, p->pfn);
	if (p->has_index)
		P(", \"index\": %" PRIu64, p->index);
	if (!strcmp(p->kind, "swap"))
		P(", \"swap\": [%u, %" PRIu64 "]", p->swap_type, p->swap_offset);
	if (p->relation)
		P(", \"relation\": \"%s\"", p->relation);
	P(", \"bits\": [");
	bit_json(p->young, "young", &first);
	bit_json(p->dirty, "dirty", &first);
	bit_json(p->write, "write", &first);
	bit_json(p->exec, "exec", &first);
	bit_json(p->soft_dirty, "soft_dirty", &first);
	bit_json(p->special, "special", &first);
	P("]");
	if (has_page(p)) {
		P(", \"page\": ");
		page_json(p->pfn);
	}
	P("}");
}

static void vma_json(const struct s_vma *v)
{
	const struct vm_area_struct *vma = v->vma;
	bool first = true;

	P("{\"start\": \"0x%lx\", \"end\": \"0x%lx\", \"flags\": \"0x%lx\", \"pgoff\": %lu, "
	  "\"name\": \"%s\", \"file\": %s, \"ptes\": [\n",
	  vma->vm_start, vma->vm_end, vma->vm_flags, vma->vm_pgoff, v->name,
	  v->file ? "true" : "false");
	for (size_t i = 0; i < v->n_ptes; i++) {
		P("%s", comma(&first));
		pte_json(&v->ptes[i]);
	}
	P("]}");
}

static void mm_json(const struct s_mm *m)
{
	bool first = true;

	P(", \"mm\": \"0x%" PRIx64 "\", \"mm_users\": %d, \"total_vm\": %lu, "
	  "\"rss\": {\"file\": %ld, \"anon\": %ld, \"swap\": %ld, \"shmem\": %ld}, \"mappings\": "
	  "[\n",
	  ram_kva(m->mm), m->mm->mm_users.counter, m->mm->total_vm, m->file_pages, m->anon_pages,
	  m->swap_pages, m->shmem_pages);
	for (size_t i = 0; i < m->n_vmas; i++) {
		P("%s", comma(&first));
		vma_json(m->vmas[i]);
	}
	P("]");
}

static void task_json(const struct s_task *t)
{
	P("{\"tid\": %d, \"comm\": \"%s\", \"state\": \"%c\", \"task\": \"0x%" PRIx64 "\"}",
	  t->task->pid, t->task->comm, t->state, ram_kva(t->task));
}

static void process_json(const struct s_task *p)
{
	bool first = true;

	P("{\"pid\": %d, \"ppid\": %d, \"comm\": \"%s\", \"state\": \"%c\", \"kernel\": %s, "
	  "\"ns_pids\": [",
	  p->task->pid, p->parent ? p->parent->task->pid : 0, p->task->comm, p->state,
	  p->task->flags & PF_KTHREAD ? "true" : "false");
	if (p->ns_pid)
		P("%d", p->ns_pid);
	P("], \"threads\": [");
	for (const struct s_task *t = s_tasks; t; t = t->next) {
		if (t != p && t->leader != p)
			continue;
		P("%s", first ? "" : ", ");
		task_json(t);
		first = false;
	}
	P("]");
	if (p->mm)
		mm_json(p->mm);
	P("}");
}

/* ---- requests, waits ---- */

static void request_json(const struct s_request *r)
{
	P("{\"request\": \"0x%" PRIx64 "\", \"disk\": \"%s\", \"state\": \"%s\", "
	  "\"operation\": \"%s\", \"sector\": %" PRIu64 ", \"size\": %u, \"path\": \"%s\", "
	  "\"index\": %" PRIu64 ", \"pages\": %u}",
	  ram_kva(r->rq), r->disk, r->state, r->write ? "WRITE" : "READ", r->sector,
	  r->pages * 4096, r->file->path, r->index, r->pages);
}

static void swap_area_json(const struct s_swap_area *a)
{
	P("{\"type\": %u, \"path\": \"%s\", \"pages\": %u, \"used\": %u, \"priority\": %d}",
	  a->type, a->file->path, a->pages, a->used, a->priority);
}

static void waiter_json(const struct s_waiter *w)
{
	P("{\"tid\": %d, \"pfn\": %" PRIu64 ", \"bit\": %u, \"waits_for\": \"%s\", "
	  "\"path\": \"%s\", \"index\": %" PRIu64 "}",
	  w->task->task->pid, w->pfn, w->bit, w->bit == PG_writeback ? "writeback" : "locked",
	  w->file->path, w->index);
}

/* Text is bytes. */
static void log_json(const struct s_log_record *r)
{
	P("{\"seq\": %" PRIu64 ", \"time_ns\": %" PRIu64
	  ", \"level\": %u, \"facility\": %u, \"text\": \"",
	  r->seq, r->time_ns, r->level, r->facility);
	for (const char *c = r->text; *c; c++)
		P("%02x", (unsigned char)*c);
	P("\"}");
}

#define LIST(name, type, first, print)                                                             \
	do {                                                                                       \
		bool begin = true;                                                                 \
                                                                                                   \
		P(",\n\"%s\": [\n", name);                                                         \
		for (const type *at = first; at; at = at->next) {                                  \
			P("%s", comma(&begin));                                                    \
			print(at);                                                                 \
		}                                                                                  \
		P("]");                                                                            \
	} while (0)

static void processes(void)
{
	bool first = true;

	P(",\n\"processes\": [\n");
	for (const struct s_task *t = s_tasks; t; t = t->next) {
		if (t->leader)
			continue;
		P("%s", comma(&first));
		process_json(t);
	}
	P("]");
}

void truth_write(const char *path)
{
	out = fopen(path, "w");
	if (!out)
		die("cannot write %s", path);
	P("{\"release\": \"%s\", \"struct_page\": %zu, \"huge_pages\": %u, \"has\": [%s], "
	  "\"cpu_marks\": " CPU_MARKS,
	  K_RELEASE, sizeof(struct page), 1U << K_HUGE_ORDER, COUNTERS);
	processes();
	LIST("swap_areas", struct s_swap_area, s_swap_areas, swap_area_json);
	LIST("files", struct s_file, s_files, file_json);
	LIST("requests", struct s_request, s_requests, request_json);
	LIST("waiting", struct s_waiter, s_waiters, waiter_json);
	LIST("log", struct s_log_record, s_log, log_json);
	P(",\n\"log_form\": \"" LOG_FORM "\", \"panic\": \"%s\", \"trouble\": \"%s\"", S_PANIC,
	  S_TROUBLE);
	P("}\n");
	if (fclose(out))
		die("cannot write %s", path);
}
