// SPDX-License-Identifier: GPL-2.0-or-later
/* waitclass.c - from the functions on a stack to words for what the task waits for */
#include "waitclass.h"

struct entry {
	const char *function, *text;
	enum mi_wait_class what;
	bool via; /* who called it may tell more */
};

static const struct entry entries[] = {
#define MI_WAIT_CLASS(name, word, text)
#define MI_WAIT_FN(function, name) {function, NULL, MI_WAITS_##name, false},
#define MI_WAIT_FN_AS(function, name, text) {function, text, MI_WAITS_##name, false},
#define MI_WAIT_VIA(function, name) {function, NULL, MI_WAITS_##name, true},
#include "waits.def"
#undef MI_WAIT_CLASS
#undef MI_WAIT_FN
#undef MI_WAIT_FN_AS
#undef MI_WAIT_VIA
};

static const struct {
	const char *word, *text;
} classes[MI_WAITS_NR] = {
#define MI_WAIT_CLASS(name, word, text) [MI_WAITS_##name] = {word, text},
#define MI_WAIT_FN(function, name)
#define MI_WAIT_FN_AS(function, name, text)
#define MI_WAIT_VIA(function, name)
#include "waits.def"
#undef MI_WAIT_CLASS
#undef MI_WAIT_FN
#undef MI_WAIT_FN_AS
#undef MI_WAIT_VIA
};

/* A part of a function that a compiler has made counts as it. */
static const struct entry *entry_of(const struct mi_frame *f)
{
	size_t i, n = f->symbol ? strcspn(f->symbol, ".") : 0;

	for (i = 0; n && i < sizeof(entries) / sizeof(entries[0]); i++)
		if (!strncmp(entries[i].function, f->symbol, n) && !entries[i].function[n])
			return &entries[i];
	return NULL;
}

static struct mi_wait_told tell(const struct entry *e, const struct mi_frame *f)
{
	struct mi_wait_told told = {e->what, classes[e->what].word, e->text, f};

	if (!told.text)
		told.text = classes[e->what].text;
	return told;
}

/*
 * From the innermost function on as far as each is in the table: the first that is
 * sure, else what those tell that lead to others. Beyond a function that is not in
 * the table nothing is believed: it may wait for something of its own.
 */
struct mi_wait_told mi_wait_told(const struct mi_frame *frames, size_t n)
{
	struct mi_wait_told told = {MI_WAITS_OTHER, classes[MI_WAITS_OTHER].word,
				    classes[MI_WAITS_OTHER].text, NULL};
	const struct entry *e;
	size_t i;

	for (i = 0; i < n; i++) {
		e = entry_of(&frames[i]);
		if (!e && frames[i].hidden)
			continue;
		if (!e)
			break;
		if (!e->via)
			return tell(e, &frames[i]);
		if (told.what == MI_WAITS_OTHER && e->what != MI_WAITS_OTHER)
			told = tell(e, &frames[i]);
	}
	if (told.what == MI_WAITS_OTHER && i < n)
		told.frame = &frames[i];
	return told;
}
