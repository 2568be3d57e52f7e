// SPDX-License-Identifier: GPL-2.0-or-later
/* page_scan.c - a look at the beginning of every page that is there */
#include <string.h>

#include "internal.h"
#include "page_scan.h"

/* 64 GiB; seconds for an ELF dump. Compressed pages take longer: hence the time. */
#define PAGES_MAX (1U << 24)
#define MS_MAX 120e3
/* Pages between two looks at the clock and at the user's wish. */
#define LOOK_EVERY 1024

static enum mi_read read_head(struct mi_provider *p, uint64_t pa, uint8_t *head, size_t len)
{
	uint8_t page[MI_PAGE_SIZE];
	enum mi_read r;

	if (p->ops->read_part)
		return p->ops->read_part(p, pa, head, len);
	r = p->ops->read_page(p, pa, page);
	if (!r)
		memcpy(head, page, len);
	return r;
}

/* False: the search is over. */
static bool go_on(struct mi_provider *p, struct mi_page_search *s, double start)
{
	if (s->pages++ % LOOK_EVERY)
		return true;
	if (p->ops->interrupted && p->ops->interrupted(p))
		s->interrupted = true;
	else if (s->pages > PAGES_MAX)
		s->ended = "given up after 64 GiB";
	else if (mi_now_ms() - start > MS_MAX)
		s->ended = "given up after 120 s";
	return !s->ended && !s->interrupted;
}

enum mi_status mi_page_scan(struct mi_provider *p, size_t len, mi_page_fn fn, void *arg,
			    struct mi_page_search *s, struct mi_error *err)
{
	uint64_t pa = 0, end;
	double start = mi_now_ms();
	uint8_t head[MI_PAGE_HEAD_MAX];
	bool more = true;

	memset(s, 0, sizeof(*s));
	while (more && p->ops->next_run(p, &pa, &end) && end > pa)
		for (; more && pa < end; pa += MI_PAGE_SIZE)
			more = go_on(p, s, start) &&
			       (read_head(p, pa, head, len) || fn(arg, pa, head));
	if (s->interrupted)
		return mi_fail(err, MI_ERR_INTERRUPTED, "interrupted");
	return MI_OK;
}

enum mi_status mi_target_scan(struct mi_target *t, size_t len, mi_page_fn fn, void *arg,
			      struct mi_page_search *s, struct mi_error *err)
{
	memset(s, 0, sizeof(*s));
	if (!t->provider->ops->next_run)
		return mi_fail(err, MI_ERR_MISSING,
			       "memory is searched by the command mmapinfo alone, not by %s",
			       t->provider->name);
	return mi_page_scan(t->provider, len, fn, arg, s, err);
}
