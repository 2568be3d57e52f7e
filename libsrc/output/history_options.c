// SPDX-License-Identifier: GPL-2.0-or-later
/* history_options.c - which records a request asks for */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"

#define NS_PER_S UINT64_C(1000000000)
#define WORD_MAX 48
#define CLASSES_MAX 32

static bool all_digits(const char *s)
{
	return *s && !s[strspn(s, "0123456789")];
}

/* ---- kinds ---- */

static bool want_word(const struct mi_history *h, struct mi_history_filter *f, const char *word)
{
	bool found = false;
	const char *class;
	size_t i;

	for (i = 0; i < h->rec->n_events; i++) {
		const struct mi_rec_event *e = &h->rec->events[i];

		class = mi_recorder_class(e->klass);
		if (strcmp(word, e->name) != 0 && (!class || strcmp(word, class) != 0))
			continue;
		f->events[i] = true;
		found = true;
	}
	if (!strcmp(word, "undescribed"))
		f->undescribed = found = true;
	return found;
}

static enum mi_status take_kinds(const struct mi_history *h, const char *kinds,
				 struct mi_history_filter *f, struct mi_error *err)
{
	char word[WORD_MAX];
	size_t n;

	f->events = calloc(h->rec->n_events + 1, sizeof(*f->events));
	if (!f->events)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	for (;; kinds += n + 1) {
		n = strcspn(kinds, ",");
		if (n >= sizeof(word))
			return mi_fail(err, MI_ERR_INVALID, "--kind: no kind has so long a name");
		memcpy(word, kinds, n);
		word[n] = '\0';
		if (!want_word(h, f, word))
			return mi_fail(err, MI_ERR_INVALID,
				       "--kind: the recorder has neither a class nor an event "
				       "'%s': fault, readahead, read, cache, block, map, reclaim, "
				       "writeback, task, control, or the name of an event",
				       word);
		if (!kinds[n])
			return MI_OK;
	}
}

/* ---- times ---- */

/* "12.5" into nanoseconds. */
static bool parse_seconds(const char *text, uint64_t *ns)
{
	uint64_t s, digit = NS_PER_S / 10;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	s = strtoull(text, &end, 10);
	if (errno || s > UINT64_MAX / NS_PER_S - 1)
		return false;
	*ns = s * NS_PER_S;
	if (*end == '.')
		for (end++; *end >= '0' && *end <= '9'; end++, digit /= 10)
			*ns += (uint64_t)(*end - '0') * digit;
	return !*end;
}

static enum mi_status take_time(const struct mi_history *h, const char *option, const char *text,
				bool *by, uint64_t *ret, struct mi_error *err)
{
	struct mi_rec_time end = mi_recorder_time(h->rec, h->end_raw);
	bool absolute;
	uint64_t ns;

	if (!text)
		return MI_OK;
	absolute = *text == '@';
	if (!parse_seconds(text + absolute, &ns))
		return mi_fail(err, MI_ERR_INVALID,
			       "%s takes seconds before the end, as 2.5, or @ and seconds of "
			       "CLOCK_MONOTONIC, not '%s'",
			       option, text);
	if (!end.known)
		return mi_fail(err, MI_ERR_STATE,
			       "%s: times are not known: the recorder has too few samples of its "
			       "clock",
			       option);
	*by = true;
	*ret = absolute ? ns : ns < end.mono ? end.mono - ns : 0;
	return MI_OK;
}

/* ---- devices and pages ---- */

/* "vda", "/dev/vda", "254:0" */
static enum mi_status take_disk(const struct mi_history *h, const char *text,
				struct mi_history_filter *f, struct mi_error *err)
{
	const char *name = strncmp(text, "/dev/", 5) ? text : text + 5;
	const char *colon = strchr(name, ':');
	unsigned long long major, minor;
	char *end;
	size_t i;

	f->by_disk = true;
	if (colon && colon > name && all_digits(colon + 1)) {
		major = strtoull(name, &end, 10);
		minor = strtoull(colon + 1, NULL, 10);
		if (end == colon && major < 4096 && minor < 1 << 20) {
			f->disk = (uint32_t)(major << 20 | minor);
			return MI_OK;
		}
	}
	for (i = 0; i < h->n_disks; i++)
		if (!strcmp(name, h->disks[i].name)) {
			f->disk = h->disks[i].major << 20 | h->disks[i].minor;
			return MI_OK;
		}
	return mi_fail(err, MI_ERR_NOT_FOUND,
		       "there is no disk '%s' in the dump; MAJOR:MINOR names one that is gone",
		       text);
}

static enum mi_status take_page(const char *text, struct mi_history_ask *a, struct mi_error *err)
{
	const char *colon = strrchr(text, ':');

	if (!colon || colon == text || !all_digits(colon + 1))
		return mi_fail(err, MI_ERR_INVALID,
			       "--page takes a file and the number of a page, as /data/db:300, not "
			       "'%s'",
			       text);
	errno = 0;
	a->page.index = strtoull(colon + 1, NULL, 10);
	if (errno)
		return mi_fail(err, MI_ERR_INVALID, "--page: no page is so far behind: '%s'", text);
	a->page_file = strndup(text, (size_t)(colon - text));
	if (!a->page_file)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	a->page.file = a->page_file;
	a->page.by_file = true;
	a->filter.page = &a->page;
	return MI_OK;
}

/* The page of an address: faults there, and all that happened to the page of the file. */
static void take_address(const struct mi_process *p, uint64_t address, struct mi_history_ask *a)
{
	const struct mi_mapping *m = &p->maps[0];
	const struct mi_inode_name *name;

	a->filter.page = &a->page;
	a->page.by_address = true;
	a->page.tgid = (uint32_t)p->task.tgid;
	a->page.address = address;
	if (m->file >= p->n_files)
		return;
	name = p->files[m->file].file.backed ? &p->files[m->file].file.backing
					     : &p->files[m->file].file.name;
	a->page.by_file = true;
	a->page.dev = name->dev_major << 20 | name->dev_minor;
	a->page.ino = name->ino;
	a->page.index = m->vma.pgoff + (address - m->vma.start) / MI_PAGE_SIZE;
}

/* A limit leaves the last records: how many come before these? */
static enum mi_status count_skipped(struct mi_history_ask *a, struct mi_error *err)
{
	struct mi_history_walk *w;
	struct mi_happening e;
	uint64_t n = 0;
	enum mi_status st;

	if (!a->ask->limit)
		return MI_OK;
	st = mi_history_start(a->h, &a->filter, &w, err);
	if (st)
		return st;
	while (!(st = mi_history_next(w, &e, err)))
		n++;
	mi_history_end(w);
	if (st != MI_ERR_NOT_FOUND)
		return st;
	a->skip = n > a->ask->limit ? n - a->ask->limit : 0;
	return MI_OK;
}

enum mi_status mi_history_ask(struct mi_history *h, const struct mi_request *ask,
			      const struct mi_process *p, struct mi_history_ask *ret,
			      struct mi_error *err)
{
	struct mi_history_filter *f = &ret->filter;
	enum mi_status st = MI_OK;

	memset(ret, 0, sizeof(*ret));
	ret->h = h;
	ret->ask = ask;
	f->file = ask->file;
	if (p)
		take_address(p, ask->vma, ret);
	else if (ask->pid) {
		f->by_pid = true;
		f->pid = (uint32_t)ask->pid;
	}
	if (ask->kinds)
		st = take_kinds(h, ask->kinds, f, err);
	if (!st)
		st = take_time(h, "--since", ask->since, &f->by_since, &f->since, err);
	if (!st)
		st = take_time(h, "--until", ask->until, &f->by_until, &f->until, err);
	if (!st && ask->device)
		st = take_disk(h, ask->device, f, err);
	if (!st && ask->page)
		st = take_page(ask->page, ret, err);
	if (!st)
		st = count_skipped(ret, err);
	if (st)
		mi_history_ask_free(ret);
	return st;
}

void mi_history_ask_free(struct mi_history_ask *a)
{
	free(a->filter.events);
	free(a->page_file);
	a->filter.events = NULL;
	a->page_file = NULL;
}
