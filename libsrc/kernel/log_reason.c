// SPDX-License-Identifier: GPL-2.0-or-later
/* log_reason.c - what the log says of why the kernel ended, or was in trouble */
#include "log.h"

/* kernel/panic.c */
static const char panic_said[] = "Kernel panic - not syncing: ";

/*
 * What an oops begins with, and complaints of watchdogs: arch/x86/mm/fault.c, kernel/traps.c and
 * dumpstack.c, arch/arm and arm64/mm/fault.c, kernel/traps.c, kernel/watchdog.c, hung_task.c. After
 * the line that says what happened comes, some lines later, that of die(), which says less:
 * "Oops: 0002 [#1]".
 */
static const struct {
	const char *begins, *has;
	bool of_die;
} troubles[] = {
	{"BUG: ", "", false},
	{"kernel BUG at ", "", false},
	{"Unable to handle kernel ", "", false},
	{"general protection fault", "", false},
	{"watchdog: BUG: ", "", false},
	{"INFO: task ", " blocked for more than ", false},
	{"Oops: ", "", true},
	{"Internal error: ", "", true},
};

#define N_TROUBLES (sizeof(troubles) / sizeof(troubles[0]))
#define LINES_TO_DIE 16 /* arm64 dumps page tables in between */

static bool begins(const char *text, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && !memcmp(text, with, n);
}

/* Index of what begins so; N_TROUBLES: none. */
static size_t trouble_of(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < N_TROUBLES; i++)
		if (begins(text, len, troubles[i].begins) &&
		    memmem(text, len, troubles[i].has, strlen(troubles[i].has)))
			break;
	return i;
}

static void look_at_line(struct mi_log *log, size_t record, const char *text, size_t len)
{
	size_t n = sizeof(panic_said) - 1, kind;
	bool told = log->trouble.text && record - log->trouble.record <= LINES_TO_DIE;

	if (begins(text, len, panic_said)) {
		log->panic = (struct mi_log_line){text + n, len - n, record};
		return;
	}
	kind = trouble_of(text, len);
	if (kind == N_TROUBLES || (troubles[kind].of_die && told))
		return;
	log->trouble = (struct mi_log_line){text, len, record};
}

void mi_log_find_reason(struct mi_log *log)
{
	size_t i, len;

	for (i = 0; i < log->n; i++) {
		const char *text = log->records[i].text, *end = text + log->records[i].len;

		for (; text <= end; text += len + 1) {
			const char *newline = memchr(text, '\n', (size_t)(end - text));

			len = (size_t)((newline ? newline : end) - text);
			look_at_line(log, i, text, len);
		}
	}
}
