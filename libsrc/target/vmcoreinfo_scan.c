// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmcoreinfo_scan.c - VMCOREINFO that no note leads to
 *
 * Since 4.13 the kernel keeps the text at the start of a page of its own, the rest
 * of which is zero, and once more as an ELF note, also at the start of a page
 * (kernel/crash_core.c, kernel/vmcore_info.c). So of every page only the beginning
 * is looked at. Whether a text belongs to this dump is for the caller to prove.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "vmcoreinfo_scan.h"

/* Also a newer kernel's buffer is not larger. */
#define TEXT_PAGES 16
/* 64 GiB; seconds for an ELF dump. Compressed pages take longer: hence the time. */
#define PAGES_MAX (1U << 24)
#define MS_MAX 120e3
/* Pages between two looks at the clock and at the user's wish. */
#define LOOK_EVERY 1024

#define NOTE_NAME "VMCOREINFO"
#define NOTE_TEXT (sizeof(Elf64_Nhdr) + 12) /* the name is padded to 4 */
#define TEXT_BEGIN "OSRELEASE="
#define HEAD_SIZE (NOTE_TEXT + sizeof(TEXT_BEGIN) - 1)

static enum mi_read read_head(struct mi_provider *p, uint64_t pa, uint8_t head[HEAD_SIZE])
{
	uint8_t page[MI_PAGE_SIZE];
	enum mi_read r;

	if (p->ops->read_head)
		return p->ops->read_head(p, pa, head, HEAD_SIZE);
	r = p->ops->read_page(p, pa, page);
	if (!r)
		memcpy(head, page, HEAD_SIZE);
	return r;
}

/* Where in its page the text begins, if one does; *@len: what a note's header says, or 0. */
static bool begins_text(const uint8_t head[HEAD_SIZE], size_t *at, size_t *len)
{
	static const char begin[] = TEXT_BEGIN;
	Elf64_Nhdr note;

	*at = *len = 0;
	if (!memcmp(head, begin, sizeof(begin) - 1))
		return true;
	memcpy(&note, head, sizeof(note));
	if (note.n_namesz != sizeof(NOTE_NAME) || note.n_type ||
	    memcmp(head + sizeof(note), NOTE_NAME, sizeof(NOTE_NAME)) ||
	    memcmp(head + NOTE_TEXT, begin, sizeof(begin) - 1))
		return false;
	*at = NOTE_TEXT;
	*len = note.n_descsz;
	return *len <= TEXT_PAGES * MI_PAGE_SIZE - NOTE_TEXT;
}

/* Read pages from @pa on until there is a NUL, or @want bytes are there. */
static size_t read_text(struct mi_provider *p, uint64_t pa, uint8_t *buf, size_t want)
{
	size_t got = 0;

	while (got < TEXT_PAGES * MI_PAGE_SIZE && (!want || got < want)) {
		if (p->ops->read_page(p, pa + got, buf + got))
			break;
		got += MI_PAGE_SIZE;
		if (!want && memchr(buf + got - MI_PAGE_SIZE, 0, MI_PAGE_SIZE))
			break;
	}
	return got;
}

/* The text at @buf + @at, or 0 if it does not end as the kernel's does. */
static size_t text_length(const uint8_t *buf, size_t got, size_t at, size_t note_len)
{
	size_t len = strnlen((const char *)buf + at, got - at);

	if (note_len)
		return at + note_len <= got && len >= note_len ? note_len : 0;
	for (size_t i = len; i < got; i++)
		if (buf[i])
			return 0;
	return len;
}

/* False: the caller has seen enough. */
static bool look_closer(struct mi_provider *p, uint64_t pa, const uint8_t head[HEAD_SIZE],
			uint8_t *buf, mi_vmcoreinfo_see see, void *arg)
{
	size_t at, len, got;

	if (!begins_text(head, &at, &len))
		return true;
	got = read_text(p, pa, buf, len ? at + len : 0);
	len = got > at ? text_length(buf, got, at, len) : 0;
	if (!len || mi_vmcoreinfo_check((char *)buf + at, len, NULL))
		return true;
	return see(arg, pa, (char *)buf + at, len);
}

/* False: the search is over. */
static bool go_on(struct mi_provider *p, struct mi_vmcoreinfo_search *s, double start)
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

static bool search_run(struct mi_provider *p, uint64_t pa, uint64_t end, uint8_t *buf, double start,
		       mi_vmcoreinfo_see see, void *arg, struct mi_vmcoreinfo_search *s)
{
	uint8_t head[HEAD_SIZE];

	for (; pa < end; pa += MI_PAGE_SIZE) {
		if (!go_on(p, s, start))
			return false;
		if (!read_head(p, pa, head) && !look_closer(p, pa, head, buf, see, arg))
			return false;
	}
	return true;
}

enum mi_status mi_vmcoreinfo_scan(struct mi_provider *p, mi_vmcoreinfo_see see, void *arg,
				  struct mi_vmcoreinfo_search *s, struct mi_error *err)
{
	uint64_t pa = 0, end;
	double start = mi_now_ms();
	uint8_t *buf;

	memset(s, 0, sizeof(*s));
	buf = malloc(TEXT_PAGES * MI_PAGE_SIZE);
	if (!buf)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	while (p->ops->next_run(p, &pa, &end) && end > pa) {
		if (!search_run(p, pa, end, buf, start, see, arg, s))
			break;
		pa = end;
	}
	free(buf);
	if (s->interrupted)
		return mi_fail(err, MI_ERR_INTERRUPTED, "interrupted");
	return MI_OK;
}
