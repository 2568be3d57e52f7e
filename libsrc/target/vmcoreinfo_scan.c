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
#define NOTE_NAME "VMCOREINFO"
#define NOTE_TEXT (sizeof(Elf64_Nhdr) + 12) /* the name is padded to 4 */
#define TEXT_BEGIN "OSRELEASE="
#define HEAD_SIZE (NOTE_TEXT + sizeof(TEXT_BEGIN) - 1)

_Static_assert(HEAD_SIZE <= MI_PAGE_HEAD_MAX, "what a scan shows is enough");

/* Where in its page the text begins, if one does; *@len: what a note's header says, or 0. */
static bool begins_text(const uint8_t *head, size_t *at, size_t *len)
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

struct scan {
	struct mi_provider *p;
	uint8_t *buf;
	mi_vmcoreinfo_see see;
	void *arg;
};

/* False: the caller has seen enough. */
static bool look_closer(void *arg, uint64_t pa, const uint8_t *head)
{
	struct scan *s = arg;
	size_t at, len, got;

	if (!begins_text(head, &at, &len))
		return true;
	got = read_text(s->p, pa, s->buf, len ? at + len : 0);
	len = got > at ? text_length(s->buf, got, at, len) : 0;
	if (!len || mi_vmcoreinfo_check((char *)s->buf + at, len, NULL))
		return true;
	return s->see(s->arg, pa, (char *)s->buf + at, len);
}

enum mi_status mi_vmcoreinfo_scan(struct mi_provider *p, mi_vmcoreinfo_see see, void *arg,
				  struct mi_page_search *search, struct mi_error *err)
{
	struct scan s = {p, malloc(TEXT_PAGES * MI_PAGE_SIZE), see, arg};
	enum mi_status st;

	if (!s.buf)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	st = mi_page_scan(p, HEAD_SIZE, look_closer, &s, search, err);
	free(s.buf);
	return st;
}
