// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hide.c - a kernel that lacks one entry of layout.def, for each entry
 *
 *     hide DUMP
 *
 * Each run must end: refused with one line, or answered; and where it is
 * answered, every figure must be that of the full layout or be marked as
 * unknown. Prints TAP, one test for each entry.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../libsrc/inspect/inspect.h"

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

/* Figures of all processes together: enough to see that one went wrong. */
struct figures {
	uint64_t processes, maps, named, mapped, cached, evicted, swapped, pages;
	uint64_t unreadable; /* of any kind: then smaller figures are honest */
	bool features_off;
	size_t problems;
};

static void add_process(struct mi_process *p, struct figures *f)
{
	const struct mi_totals *t = &p->totals;
	size_t i;

	f->processes++;
	f->maps += p->n_maps;
	for (i = 0; i < p->n_maps; i++)
		f->named += p->maps[i].name[0] == '/';
	f->pages += t->pages;
	f->mapped += t->mapped;
	f->cached += t->cached;
	f->evicted += t->evicted;
	f->swapped += t->swapped;
	f->unreadable +=
		t->pte_unreadable + t->cache_unreadable + t->page_unreadable + t->other_special;
}

static bool measure_processes(struct mi_kernel *k, struct figures *f, struct mi_error *err)
{
	struct mi_summary *list;
	struct mi_process *p;
	bool good = true;
	size_t i, n;

	if (mi_summaries(k, &list, &n, err))
		return false;
	for (i = 0; i < n && good; i += 2) {
		if (!list[i].has_mm)
			continue;
		good = mi_process_open(k, &list[i].task, NULL, &p, err) == MI_OK;
		if (!good)
			break;
		good = mi_process_count(p, err) == MI_OK;
		add_process(p, f);
		mi_process_close(p);
	}
	free(list);
	for (i = 1; i < MI_F_NR; i++)
		f->features_off |= !mi_feature(k, (enum mi_feature)i, NULL);
	f->problems = k->problems.n;
	return good && f->processes;
}

/* False with the reason in @err if the kernel is refused. */
static bool measure(const char *dump, const char *hide, struct figures *f, struct mi_error *err)
{
	struct mi_provider *prov;
	struct mi_target *t;
	struct mi_kernel *k;
	bool good = false;

	memset(f, 0, sizeof(*f));
	if (mi_kdump_open(dump, &prov, err) || mi_target_open(prov, NULL, &t, err))
		return false;
	if (!mi_kernel_open(t, hide, &k, err)) {
		good = measure_processes(k, f, err);
		mi_kernel_close(k);
	}
	mi_target_close(t);
	return good;
}

/* Nothing may be more than the truth, nor less without a word about it. */
static bool honest(const struct figures *a, const struct figures *full)
{
	bool less = a->maps < full->maps || a->mapped < full->mapped || a->cached < full->cached ||
		    a->evicted < full->evicted || a->swapped < full->swapped ||
		    a->named < full->named;

	if (a->maps > full->maps || a->mapped > full->mapped || a->cached > full->cached ||
	    a->evicted > full->evicted || a->swapped > full->swapped || a->pages > full->pages)
		return false;
	return !less || a->features_off || a->problems > full->problems ||
	       a->unreadable > full->unreadable;
}

static int one_key(const char *dump, const char *key, const struct figures *full)
{
	struct figures f;
	struct mi_error e = {0};

	if (!measure(dump, key, &f, &e)) {
		printf("# without %s: %s\n", key, e.text);
		return e.text[0] ? 0 : 1;
	}
	if (honest(&f, full))
		return 0;
	printf("# without %s: maps %lu/%lu mapped %lu/%lu cached %lu/%lu evicted %lu/%lu swapped "
	       "%lu/%lu named %lu/%lu, nothing said\n",
	       key, f.maps, full->maps, f.mapped, full->mapped, f.cached, full->cached, f.evicted,
	       full->evicted, f.swapped, full->swapped, f.named, full->named);
	return 1;
}

int main(int argc, char **argv)
{
	size_t i, n = sizeof(keys) / sizeof(keys[0]);
	struct figures full;
	struct mi_error e;
	int status;
	pid_t pid;

	if (argc != 2 || !measure(argv[1], NULL, &full, &e))
		return 2;
	for (i = 0; i < n; i++) {
		fflush(stdout);
		pid = fork();
		if (!pid) {
			alarm(30);
			exit(one_key(argv[1], keys[i], &full));
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			return 2;
		printf("%s %zu - without %s\n", status ? "not ok" : "ok", i + 1, keys[i]);
	}
	printf("1..%zu\n", n);
	return 0;
}
