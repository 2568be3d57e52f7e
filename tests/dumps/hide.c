// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hide.c - a kernel that lacks one entry of layout.def, for each entry
 *
 *     hide [--check] [--key KEY] DUMP [VMLINUX]
 *
 * --check: mmapinfo check finds nothing either, which takes longer than all else.
 * --key: this one alone.
 * Each run must end: refused with one line, or answered; and where it is
 * answered, every figure must be that of the full layout or be marked as
 * unknown. Prints TAP, one test for each entry.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../libsrc/inspect/blocked.h"
#include "../../libsrc/inspect/check.h"
#include "../../libsrc/inspect/predict.h"
#include "../../libsrc/kernel/log.h"

static const char *const keys[] = {
#define MI_STRUCT(key, tag, max, feature) #key,
#define MI_MEMBER(key, tag, names, feature) #key,
#define MI_ENUM(key, names, feature) #key,
#define MI_SYMBOL(key, names, feature) #key,
#include "../../libsrc/kernel/layout.def"
#undef MI_STRUCT
#undef MI_MEMBER
#undef MI_ENUM
#undef MI_SYMBOL
};

/*
 * What a kernel lacks cannot be hidden: these entries are not tried, nor counted. Of what
 * may be a module each is tried.
 */
static void find_present(const struct mi_layout *l, bool *present)
{
	size_t i = 0;

#define MI_STRUCT(key, tag, max, feature) present[i++] = l->size_##key != 0;
#define MI_MEMBER(key, tag, names, feature) present[i++] = mi_has(&l->key);
#define MI_ENUM(key, names, feature) present[i++] = l->key.known;
#define MI_SYMBOL(key, names, feature) present[i++] = l->sym_##key != 0;
#define MI_STRUCT_OF(module, key, tag, max, feature) present[i++] = true;
#define MI_MEMBER_OF(module, key, tag, names, feature) present[i++] = true;
#define MI_ENUM_OF(module, key, names, feature) present[i++] = true;
#include "../../libsrc/kernel/layout.def"
#undef MI_STRUCT
#undef MI_MEMBER
#undef MI_ENUM
#undef MI_SYMBOL
}

/* Figures of all processes together: enough to see that one went wrong. */
struct figures {
	uint64_t processes, maps, named, mapped, cached, evicted, swapped, pages;
	uint64_t requests, request_pages, request_files, waits, carried;
	uint64_t plugged, stored, tag_waits, tag_disks;		  /* with a device */
	uint64_t stands, stacked, backing, ways, way_steps, tops; /* devices that stand on others */
	uint64_t untold;				 /* of these, what is marked as not known */
	uint64_t ra_files, ra_told, ra_pages, ra_window; /* readahead: next misses, window */
	uint64_t ra_untold;
	uint64_t frames, named_frames, ended; /* kernel stacks; those that are not whole */
	uint64_t since;			      /* threads of which it is known since when */
	uint64_t windows, pieces, costs;      /* nonlinear; costs: figures of VMAs that are known */
	uint64_t prefault[MI_PF_NR], mlocked, mlock_unknown, held;
	uint64_t locked_whole, locked_told; /* what mlocks have come to */
	uint64_t faults, candidates;	    /* page faults in progress: sure, and not */
	uint64_t blocked, explained, unexplained;
	uint64_t found;					      /* by mmapinfo check */
	char finding[MI_FOUND_TEXT + 80];		      /* the last one of them */
	uint64_t fs_requests, fs_pages, fs_waits, fs_carried; /* of FUSE and NFS */
	uint64_t mapped_by, mapped_unknown; /* processes that map pages of requests */
	/* The next touches: pages by what a read and a write do, and what goes with it. */
	uint64_t next[2][MI_NEXT_KINDS], next_faults[2], next_read[2], next_mapped[2], next_async;
	uint64_t next_cost[2], next_untold;
	uint64_t records, record_bytes, record_untold; /* of the kernel's log; what is null there */
	bool log_off;
	uint64_t unreadable; /* of any kind: then smaller figures are honest */
	bool features_off;
	size_t problems;
};

static void add_stacks(const struct mi_process *p, struct figures *f)
{
	size_t i, j;

	for (i = 0; p->stacks && i < p->n_threads; i++) {
		const struct mi_thread_stack *t = &p->stacks[i];

		f->frames += t->n;
		f->ended += t->end != MI_TRACE_WHOLE && t->end != MI_TRACE_GONE;
		f->since += t->blocked_known;
		for (j = 0; j < t->n; j++)
			f->named_frames += t->frames[j].symbol != NULL;
	}
}

static void add_prefault(const struct mi_process *p, struct figures *f)
{
	size_t i;

	f->windows += p->n_windows;
	for (i = 0; i < p->n_windows; i++)
		f->pieces += p->windows[i].n_pieces;
	f->costs += p->vma_cost.limit + p->vma_cost.bytes;
	for (i = 0; i < MI_PF_NR; i++)
		f->prefault[i] += p->prefault.n[i];
	f->mlocked += p->prefault.mlocked;
	f->mlock_unknown += p->prefault.mlock_unknown;
	f->held += p->prefault.held;
	for (i = 0; i < p->n_maps; i++) {
		enum mi_mlock_state s = mi_mlock_state(p->k, &p->maps[i].vma, &p->maps[i].prefault);

		f->locked_whole += s == MI_MLOCK_WHOLE;
		f->locked_told +=
			s == MI_MLOCK_ON_FAULT || s == MI_MLOCK_NO_ACCESS || s == MI_MLOCK_HOLES;
	}
}

static void add_prediction(struct figures *f, int way, const struct mi_prediction *r, uint64_t n)
{
	bool signal = r->what == MI_NEXT_SIGBUS || r->what == MI_NEXT_SIGSEGV;
	bool window = r->has_window && r->kind != MI_MISS_UNKNOWN;

	f->next[way][r->what] += n;
	f->next_faults[way] += r->counted ? (r->minor + 1000 * r->major) * n : 0;
	f->next_read[way] += window ? r->read * n : 0;
	f->next_mapped[way] += r->block ? r->block * n : r->mapped * n;
	f->next_async += r->has_async ? r->async_pages : 0;
	/* Each of these says so. */
	f->next_untold += r->what == MI_NEXT_UNKNOWN ? n : 0;
	f->next_untold += !signal && !r->counted ? n : 0;
	f->next_untold += r->has_window && !window ? n : 0;
	f->next_untold += r->huge == MI_NOT_KNOWN ? n : 0;
	f->next_untold += r->what == MI_NEXT_MINOR && !r->mapped ? n : 0;
}

static bool add_run(void *arg, const struct mi_next_run *run)
{
	add_prediction(arg, 0, &run->read, run->n);
	add_prediction(arg, 1, &run->write, run->n);
	return true;
}

static void add_cost(struct figures *f, int way, const struct mi_next_totals *t)
{
	f->next_cost[way] += t->minor + 1000 * t->major + t->bytes_read / MI_PAGE_SIZE;
	f->next_untold += t->unknown;
}

static bool add_next(struct mi_process *p, struct figures *f)
{
	struct mi_next_costs costs;
	size_t i;

	for (i = 0; i < p->n_maps; i++) {
		if (mi_next_runs(p, &p->maps[i], add_run, f, NULL) ||
		    mi_next_count(p, &p->maps[i], &costs, NULL))
			return false;
		add_cost(f, 0, &costs.read);
		add_cost(f, 1, &costs.write);
	}
	return true;
}

static void add_process(struct mi_process *p, struct figures *f)
{
	const struct mi_totals *t = &p->totals;
	size_t i;

	f->processes++;
	f->maps += p->n_maps;
	for (i = 0; i < p->n_maps; i++)
		f->named += p->maps[i].name[0] == '/';
	for (i = 0; p->faults && i < p->n_threads; i++) {
		const struct mi_thread_faults *one = &p->faults[i];
		bool sure = one->n == 1 && !one->list[0].doubts;

		f->faults += sure;
		f->candidates += !sure && one->n;
	}
	add_stacks(p, f);
	add_prefault(p, f);
	f->pages += t->pages;
	f->mapped += t->mapped;
	f->cached += t->cached;
	f->evicted += t->evicted;
	f->swapped += t->swapped;
	f->ra_files += p->n_open_files;
	for (i = 0; i < p->n_open_files; i++)
		f->ra_window += p->open_files[i].window.uptodate;
	for (i = 0; i < p->n_maps; i++) {
		const struct mi_mapping *m = &p->maps[i];

		f->ra_told += m->has_readahead && m->next.kind != MI_MISS_UNKNOWN;
		f->ra_untold += m->has_readahead && m->next.kind == MI_MISS_UNKNOWN;
		f->ra_pages += m->has_readahead ? m->next.pages : 0;
	}
	f->unreadable +=
		t->pte_unreadable + t->cache_unreadable + t->page_unreadable + t->other_special;
}

/* One process with 100,000 VMAs, or a mapping of 1 GiB, would take most of the time. */
#define VMAS_MAX 10000
#define PAGES_MAX (1U << 17)

static bool measure_processes(struct mi_kernel *k, struct figures *f, struct mi_error *err)
{
	struct mi_summary *list;
	struct mi_process *p;
	bool good = true;
	size_t i, n;

	if (mi_summaries(k, &list, &n, err))
		return false;
	for (i = 0; i < n && good; i++) {
		/* One in six is enough, but those that may wait in a page fault. */
		if (!list[i].has_mm || list[i].mm.map_count > VMAS_MAX ||
		    (i % 6 && list[i].task.state != 'D'))
			continue;
		good = mi_process_open(k, &list[i].task, NULL, &p, err) == MI_OK;
		if (!good)
			break;
		good = mi_process_count(p, err) == MI_OK && mi_process_stacks(p, err) == MI_OK;
		add_process(p, f);
		/* One in three of them: it takes longer than all else. */
		if (i % 18 == 0 && list[i].mm.total_vm <= PAGES_MAX)
			good = good && add_next(p, f);
		mi_process_close(p);
	}
	free(list);
	for (i = 1; i < MI_F_NR; i++)
		f->features_off |= mi_feature_missed(k, (enum mi_feature)i, NULL);
	f->problems = k->problems.n;
	return good && f->processes;
}

/* What stands on what, what it is, and the ways from files to disks. */
static void measure_devices(const struct mi_pending *p, struct figures *f)
{
	struct mi_step way[MI_STEPS_MAX];
	size_t i, n;

	f->stands = p->devices->bdevs.n_stands;
	f->untold += !p->devices->bdevs.stands_known;
	for (i = 0; i < p->n_disks; i++) {
		const struct mi_stacked *s = &p->devices->stacked[i];

		f->stacked += s->known;
		f->backing += p->backing[i].file != MI_NO_INDEX;
		f->untold += s->kind == MI_STACK_DM && !*s->name;
	}
	for (i = 0; i < p->n_rq; i++) {
		n = mi_pending_path(p, &p->rq[i], way);
		f->ways += n > 0;
		f->way_steps += n;
		f->untold += !n; /* null */
	}
	for (i = 0; i < p->n_files; i++) {
		f->tops += p->files[i].tops.n;
		f->untold += !p->files[i].tops.whole;
	}
}

/* Summed over runs of pages; what is not known of a run is shown as such. */
static void add_mappers(const struct mi_pending *p, const struct mi_rq_pages *list, size_t n,
			struct figures *f)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (list[i].mapped_by == MI_NO_INDEX)
			f->mapped_unknown++;
		else
			f->mapped_by += p->mapped.sets[list[i].mapped_by].count;
	}
}

static bool measure_requests(struct mi_kernel *k, struct figures *f, struct mi_error *err)
{
	struct mi_pending *p;
	size_t i;

	/* A kernel without block requests says so; processes are told of all the same. */
	if (mi_pending_open(k, NULL, &p, err)) {
		f->features_off |= err->text[0] != 0;
		return err->text[0] != 0;
	}
	f->requests = p->n_rq;
	for (i = 0; i < p->n_pages; i++)
		f->request_pages += p->pages[i].n;
	for (i = 0; i < p->n_files; i++) {
		bool named = p->files[i].known && *p->files[i].path;

		f->request_files += named;
		f->unreadable += !named; /* shown as "?" */
	}
	for (i = 0; i < p->n_rq; i++)
		f->plugged += p->rq[i].rq.state == MI_RQ_PLUGGED;
	f->stored = p->n_stored;
	f->tag_waits = p->n_tag_waits;
	for (i = 0; i < p->n_tag_waits; i++)
		f->tag_disks += p->tag_waits[i].disk != MI_TAG_NO_DISK;
	/* Shown as unknown. */
	f->unreadable += !p->tag_waits_known + f->tag_waits - f->tag_disks;
	f->waits = p->n_waits;
	for (i = 0; i < p->n_waits; i++)
		f->carried += p->waits[i].request != MI_NO_INDEX;
	f->fs_requests = p->fs.all.n_rq;
	f->fs_waits = p->fs.all.n_wait;
	for (i = 0; i < p->fs.n_pages; i++)
		f->fs_pages += p->fs.pages[i].n;
	for (i = 0; i < p->n_waits; i++)
		f->fs_carried += p->waits[i].fs_request != MI_NO_INDEX;
	measure_devices(p, f);
	if (mi_mapped_by_load(p, err)) {
		mi_pending_close(p);
		return false;
	}
	add_mappers(p, p->pages, p->n_pages, f);
	add_mappers(p, p->fs.pages, p->fs.n_pages, f);
	/* Types of modules were asked for meanwhile. */
	for (i = 1; i < MI_F_NR; i++)
		f->features_off |= mi_feature_missed(k, (enum mi_feature)i, NULL);
	f->problems = k->problems.n;
	mi_pending_close(p);
	return true;
}

/* A task of which nothing is known has a link named that is missing. */
static bool measure_blocked(struct mi_kernel *k, struct figures *f, struct mi_error *err)
{
	struct mi_blocked_set *set;
	size_t i;

	if (mi_blocked_open(k, NULL, 0, &set, err))
		return false;
	f->blocked = set->n;
	for (i = 0; i < set->n; i++) {
		bool unknown = set->tasks[i].verdict == MI_VERDICT_UNKNOWN;

		f->explained += !unknown;
		f->unexplained += unknown;
	}
	f->problems = k->problems.n;
	mi_blocked_close(set);
	return true;
}

static bool measure_log(struct mi_kernel *k, struct figures *f, struct mi_error *err)
{
	struct mi_log *log;
	size_t i;

	if (mi_log_open(k, &log, err))
		return false;
	f->log_off = !mi_feature(k, MI_F_LOG, NULL);
	f->records = log->n;
	for (i = 0; i < log->n; i++) {
		const struct mi_log_record *r = &log->records[i];

		f->record_bytes += r->len + r->time_ns + r->level + r->facility;
		f->record_untold += !(r->has & MI_LOG_SEQ) + !(r->has & MI_LOG_CALLER);
	}
	f->problems = k->problems.n;
	mi_log_close(log);
	return true;
}

static bool checks;

static bool measure_check(struct mi_kernel *k, struct figures *f, struct mi_error *err)
{
	struct mi_check_options ask = {.older_s = 0};
	struct mi_check *c;
	unsigned int i;

	for (i = 0; i < MI_RULE_NR; i++)
		/* What walks meet is in figures.problems. */
		ask.asked[i] = mi_rules[i].severity == MI_SEVERITY_ERROR && i != MI_RULE_STRUCTURE;
	if (mi_check_open(k, &ask, &c, err))
		return false;
	for (i = 0; i < MI_RULE_NR; i++)
		f->found += c->count[i];
	if (c->n_found)
		snprintf(f->finding, sizeof(f->finding), "%s: %s",
			 mi_rules[c->found[c->n_found - 1].rule].id, c->found[c->n_found - 1].text);
	mi_check_close(c);
	return true;
}

/* False with the reason in @err if the kernel is refused. */
static bool measure(struct mi_target *t, const char *hide, bool *present, struct figures *f,
		    struct mi_error *err)
{
	struct mi_kernel *k;
	bool good = false;

	memset(f, 0, sizeof(*f));
	if (!mi_kernel_open(t, hide, &k, err)) {
		if (present)
			find_present(&k->l, present);
		/* No other answer misses it. */
		k->unused = 1U << MI_F_LOG;
		good = measure_processes(k, f, err) && measure_requests(k, f, err) &&
		       measure_blocked(k, f, err) && measure_log(k, f, err) &&
		       (!checks || measure_check(k, f, err));
		mi_kernel_close(k);
	}
	return good;
}

/* The same of readahead: what is not told of a mapping is marked there. */
static bool readahead_honest(const struct figures *a, const struct figures *full)
{
	if (a->ra_files > full->ra_files || a->ra_told > full->ra_told ||
	    a->ra_pages > full->ra_pages || a->ra_window > full->ra_window)
		return false;
	return (a->ra_told == full->ra_told && a->ra_pages == full->ra_pages &&
		a->ra_window == full->ra_window) ||
	       a->features_off || a->problems > full->problems || a->ra_untold > full->ra_untold;
}

/*
 * Of next touches: less of one kind is told of with a word at each page. What touching all costs
 * may be more where less is known: of what is not mapped beside a page each page is counted.
 */
static bool next_honest(const struct figures *a, const struct figures *full)
{
	/* "its pages may be taken for single ones", and the like */
	bool doubtful = a->problems > full->problems;
	bool said = a->features_off || a->problems > full->problems ||
		    a->next_untold > full->next_untold || a->unreadable > full->unreadable;
	int way, what;

	for (way = 0; way < 2; way++) {
		for (what = 0; what < MI_NEXT_UNKNOWN; what++)
			if ((a->next[way][what] > full->next[way][what] && !doubtful) ||
			    (a->next[way][what] < full->next[way][what] && !said))
				return false;
		if (!doubtful && (a->next_faults[way] > full->next_faults[way] ||
				  a->next_read[way] > full->next_read[way] ||
				  a->next_mapped[way] > full->next_mapped[way]))
			return false;
		if (!said && (a->next_faults[way] != full->next_faults[way] ||
			      a->next_read[way] != full->next_read[way] ||
			      a->next_mapped[way] != full->next_mapped[way] ||
			      a->next_cost[way] != full->next_cost[way]))
			return false;
	}
	return a->next_async == full->next_async || said;
}

static void print_next(const char *key, const struct figures *a, const struct figures *full)
{
	int way, what;

	for (way = 0; way < 2; way++) {
		printf("# without %s, next %s: faults %lu/%lu read %lu/%lu mapped %lu/%lu cost "
		       "%lu/%lu async %lu/%lu untold %lu/%lu\n",
		       key, way ? "write" : "read", a->next_faults[way], full->next_faults[way],
		       a->next_read[way], full->next_read[way], a->next_mapped[way],
		       full->next_mapped[way], a->next_cost[way], full->next_cost[way],
		       a->next_async, full->next_async, a->next_untold, full->next_untold);
		for (what = 0; what < MI_NEXT_KINDS; what++)
			if (a->next[way][what] != full->next[way][what])
				printf("# %s: %lu/%lu\n", mi_next_word((enum mi_next_what)what),
				       a->next[way][what], full->next[way][what]);
	}
}

/* As many are blocked, and those that are not explained are more by as many. */
static bool blocked_honest(const struct figures *a, const struct figures *full)
{
	if (a->blocked > full->blocked || a->explained > full->explained)
		return false;
	return a->blocked == full->blocked || a->features_off || a->problems > full->problems;
}

/* Of stacks: what is missing is said there, function by function and time by time. */
static bool stacks_honest(const struct figures *a, const struct figures *full)
{
	if (a->frames > full->frames || a->named_frames > full->named_frames ||
	    a->since > full->since)
		return false;
	return a->frames == full->frames || a->features_off || a->ended > full->ended ||
	       a->problems > full->problems;
}

/* Windows; what VMAs cost is null where it is not known, which is less here. */
static bool windows_honest(const struct figures *a, const struct figures *full)
{
	if (a->windows > full->windows || a->pieces > full->pieces || a->costs > full->costs)
		return false;
	return a->pieces == full->pieces || a->features_off || a->problems > full->problems;
}

/* A page that is not in its class must be in one of those that say nothing of it. */
static bool prefault_honest(const struct figures *a, const struct figures *full)
{
	uint64_t vague = a->prefault[MI_PF_OTHER] + a->prefault[MI_PF_UNKNOWN];
	uint64_t vague_of_all = full->prefault[MI_PF_OTHER] + full->prefault[MI_PF_UNKNOWN];
	bool less = a->held < full->held, unlocked = a->mlocked < full->mlocked;
	int c;

	for (c = 0; c < MI_PF_OTHER; c++) {
		if (a->prefault[c] > full->prefault[c])
			return false;
		less |= a->prefault[c] < full->prefault[c];
	}
	if (a->mlocked > full->mlocked || a->held > full->held ||
	    a->locked_whole > full->locked_whole || a->locked_told > full->locked_told)
		return false;
	if (unlocked && a->mlock_unknown <= full->mlock_unknown)
		less = true;
	return !less || vague > vague_of_all || a->features_off || a->problems > full->problems;
}

static void print_prefault(const char *key, const struct figures *a, const struct figures *full)
{
	int c;

	printf("# without %s: windows %lu/%lu pieces %lu/%lu costs %lu/%lu mlocked %lu/%lu unknown "
	       "%lu/%lu held %lu/%lu",
	       key, a->windows, full->windows, a->pieces, full->pieces, a->costs, full->costs,
	       a->mlocked, full->mlocked, a->mlock_unknown, full->mlock_unknown, a->held,
	       full->held);
	for (c = 0; c < MI_PF_NR; c++)
		printf(" %s %lu/%lu", mi_prefault_word((enum mi_prefault_class)c), a->prefault[c],
		       full->prefault[c]);
	printf("\n");
}

/* The kernel's log: all of it, or a word that there is none; what is not known of a record is null.
 */
static bool log_honest(const struct figures *a, const struct figures *full)
{
	if (a->log_off)
		return !a->records;
	return a->records == full->records && a->record_bytes == full->record_bytes &&
	       a->record_untold >= full->record_untold;
}

/* The same of devices that stand on others. */
static bool devices_honest(const struct figures *a, const struct figures *full)
{
	bool less = a->stands < full->stands || a->stacked < full->stacked ||
		    a->backing < full->backing || a->ways < full->ways ||
		    a->way_steps < full->way_steps || a->tops < full->tops;

	if (a->stands > full->stands || a->stacked > full->stacked || a->backing > full->backing ||
	    a->ways > full->ways || a->way_steps > full->way_steps || a->tops > full->tops)
		return false;
	return !less || a->features_off || a->problems > full->problems ||
	       a->untold > full->untold || a->unreadable > full->unreadable;
}

/* The same of file systems without a block queue. */
static bool fs_honest(const struct figures *a, const struct figures *full)
{
	if (a->fs_requests > full->fs_requests || a->fs_pages > full->fs_pages ||
	    a->fs_waits > full->fs_waits || a->fs_carried > full->fs_carried)
		return false;
	return (a->fs_requests == full->fs_requests && a->fs_pages == full->fs_pages &&
		a->fs_waits == full->fs_waits && a->fs_carried == full->fs_carried) ||
	       a->features_off || a->problems > full->problems;
}

/* The same of who maps the pages of requests. */
static bool mappers_honest(const struct figures *a, const struct figures *full)
{
	return a->mapped_by == full->mapped_by ||
	       (a->mapped_by < full->mapped_by &&
		(a->features_off || a->problems > full->problems ||
		 a->mapped_unknown > full->mapped_unknown));
}

/* Nothing may be more than the truth, nor less without a word about it. */
static bool honest(const struct figures *a, const struct figures *full)
{
	bool less = a->maps < full->maps || a->mapped < full->mapped || a->cached < full->cached ||
		    a->evicted < full->evicted || a->swapped < full->swapped ||
		    a->named < full->named || a->requests < full->requests ||
		    a->request_pages < full->request_pages ||
		    a->request_files < full->request_files || a->waits < full->waits ||
		    a->carried < full->carried || a->plugged < full->plugged ||
		    a->stored < full->stored || a->tag_waits < full->tag_waits ||
		    a->tag_disks < full->tag_disks || a->faults + a->candidates < full->faults;

	if (a->maps > full->maps || a->mapped > full->mapped || a->cached > full->cached ||
	    a->requests > full->requests || a->request_pages > full->request_pages ||
	    a->plugged > full->plugged || a->stored > full->stored ||
	    a->tag_waits > full->tag_waits || a->tag_disks > full->tag_disks ||
	    a->waits > full->waits || a->carried > full->carried || a->evicted > full->evicted ||
	    a->swapped > full->swapped || a->pages > full->pages || a->faults > full->faults)
		return false;
	return !less || a->features_off || a->problems > full->problems ||
	       a->unreadable > full->unreadable;
}

/* What is found is wrong, but where the absence of a key stands for another kernel. */
static bool check_honest(const char *key, const struct figures *a, const struct figures *full)
{
	/* For a few CPUs no task has RSS counts of its own; before L1TF nothing was inverted; kinds
	 * of swap entries have other numbers since pages are exclusive. */
	static const char *const forms[] = {"task_rss_stat", "task_rss_count", "l1tf_mitigation",
					    "PG_anon_exclusive"};
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (!strcmp(key, forms[i]))
			return true;
	return a->found <= full->found;
}

static int one_key(struct mi_target *t, const char *key, const struct figures *full)
{
	struct figures f;
	struct mi_error e = {0};

	if (!measure(t, key, NULL, &f, &e)) {
		printf("# without %s: %s\n", key, e.text);
		return e.text[0] ? 0 : 1;
	}
	if (check_honest(key, &f, full) && honest(&f, full) && readahead_honest(&f, full) &&
	    blocked_honest(&f, full) && stacks_honest(&f, full) && devices_honest(&f, full) &&
	    fs_honest(&f, full) && mappers_honest(&f, full) && windows_honest(&f, full) &&
	    prefault_honest(&f, full) && next_honest(&f, full) && log_honest(&f, full))
		return 0;
	printf("# without %s: found %lu/%lu %s\n", key, f.found, full->found, f.finding);
	printf("# without %s: log %s, records %lu/%lu bytes and numbers %lu/%lu untold %lu/%lu\n",
	       key, f.log_off ? "off" : "on", f.records, full->records, f.record_bytes,
	       full->record_bytes, f.record_untold, full->record_untold);
	print_prefault(key, &f, full);
	print_next(key, &f, full);
	printf("# without %s: mapped by %lu/%lu unknown %lu/%lu\n", key, f.mapped_by,
	       full->mapped_by, f.mapped_unknown, full->mapped_unknown);
	printf("# without %s: stands %lu/%lu stacked %lu/%lu backing %lu/%lu ways %lu/%lu steps "
	       "%lu/%lu tops %lu/%lu\n",
	       key, f.stands, full->stands, f.stacked, full->stacked, f.backing, full->backing,
	       f.ways, full->ways, f.way_steps, full->way_steps, f.tops, full->tops);
	printf("# without %s: FUSE and NFS: requests %lu/%lu pages %lu/%lu waits %lu/%lu carried "
	       "%lu/%lu\n",
	       key, f.fs_requests, full->fs_requests, f.fs_pages, full->fs_pages, f.fs_waits,
	       full->fs_waits, f.fs_carried, full->fs_carried);
	printf("# without %s: requests %lu/%lu pages %lu/%lu files %lu/%lu waits %lu/%lu carried "
	       "%lu/%lu\n",
	       key, f.requests, full->requests, f.request_pages, full->request_pages,
	       f.request_files, full->request_files, f.waits, full->waits, f.carried,
	       full->carried);
	printf("# without %s: readahead files %lu/%lu told %lu/%lu untold %lu/%lu pages %lu/%lu "
	       "window %lu/%lu\n",
	       key, f.ra_files, full->ra_files, f.ra_told, full->ra_told, f.ra_untold,
	       full->ra_untold, f.ra_pages, full->ra_pages, f.ra_window, full->ra_window);
	printf("# without %s: blocked %lu/%lu explained %lu/%lu\n", key, f.blocked, full->blocked,
	       f.explained, full->explained);
	printf("# without %s: plugged %lu/%lu stored %lu/%lu tag waits %lu/%lu with a disk "
	       "%lu/%lu\n",
	       key, f.plugged, full->plugged, f.stored, full->stored, f.tag_waits, full->tag_waits,
	       f.tag_disks, full->tag_disks);
	printf("# without %s: frames %lu/%lu named %lu/%lu not whole %lu/%lu\n", key, f.frames,
	       full->frames, f.named_frames, full->named_frames, f.ended, full->ended);
	printf("# without %s: maps %lu/%lu mapped %lu/%lu cached %lu/%lu evicted %lu/%lu swapped "
	       "%lu/%lu named %lu/%lu faults %lu/%lu, nothing said\n",
	       key, f.maps, full->maps, f.mapped, full->mapped, f.cached, full->cached, f.evicted,
	       full->evicted, f.swapped, full->swapped, f.named, full->named, f.faults,
	       full->faults);
	return 1;
}

int main(int argc, char **argv)
{
	bool present[sizeof(keys) / sizeof(keys[0])];
	size_t i, tried = 0, n = sizeof(keys) / sizeof(keys[0]);
	const char *only = NULL;
	struct mi_target_options opt = {.vmlinux = NULL};
	struct mi_provider *prov;
	struct figures full;
	struct mi_target *t;
	struct mi_error e;
	int status;
	pid_t pid;

	checks = argc > 1 && !strcmp(argv[1], "--check");
	argc -= checks;
	argv += checks;
	if (argc > 2 && !strcmp(argv[1], "--key")) {
		only = argv[2];
		argc -= 2;
		argv += 2;
	}
	opt.vmlinux = argc == 3 ? argv[2] : NULL;
	/* Opened once: each child has a copy of what was read to find types and symbols. */
	if (argc < 2 || argc > 3 || mi_kdump_open(argv[1], &prov, &e) ||
	    mi_target_open(prov, &opt, &t, &e) || !measure(t, NULL, present, &full, &e))
		return 2;
	for (i = 0; i < n; i++) {
		if (!present[i] || (only && strcmp(keys[i], only)))
			continue;
		fflush(stdout);
		pid = fork();
		if (!pid) {
			alarm(30);
			exit(one_key(t, keys[i], &full));
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			return 2;
		printf("%s %zu - without %s\n", status ? "not ok" : "ok", ++tried, keys[i]);
	}
	printf("1..%zu\n", tried);
	mi_target_close(t);
	return 0;
}
