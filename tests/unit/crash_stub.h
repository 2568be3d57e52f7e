/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TEST_CRASH_STUB_H
#define MI_TEST_CRASH_STUB_H

/*
 * crash_stub.h - a test program that passes for crash
 *
 * It has the functions and variables that mmapinfo.so wants of crash, over a dump
 * that libmmapinfo reads, loads the extension as "extend" does, and runs its command
 * as crash's prompt does. What is seen of defs.h stays in crash_stub.c.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum stub_wrong {
	STUB_RIGHT,
	STUB_NO_READER,	     /* where a reader is expected, there is none */
	STUB_FOREIGN_READER, /* or something that is no function of crash's */
	STUB_SHIFTED,	     /* structures are longer than they were, as in 7.x */
	STUB_OTHER_VERSION,  /* the version does not lie where it is expected */
	STUB_OTHER_MACHINE,  /* a dump of another architecture */
};

/* What may be changed between commands. */
extern struct stub {
	enum stub_wrong wrong;
	bool zero_excluded;   /* crash --zero_excluded */
	bool minimal;	      /* crash --minimal */
	bool unreadable;      /* each read fails from now on */
	bool missing;	      /* the dump has none of the pages that are read from now on */
	long interrupt_after; /* ^C with the read after so many; -1: none */
	uint64_t task;	      /* the current context */
	unsigned long pid;

	/* What came of it. */
	long reads;	/* of pages, by the extension */
	int interrupts; /* ^C that reached crash's own handler */
} stub;

/* False, with the reason on stderr. */
bool stub_open(const char *dump);
void stub_close(void);

/* "extend FILE" and "extend -u": false also if it loaded and does not want to stay. */
bool stub_extend(const char *so);
void stub_unload(void);
bool stub_has_command(void);

/*
 * Run a command line, without > and |. Returns all it printed, messages included, until the
 * next call; @len may be NULL.
 */
const char *stub_run(const char *line, size_t *len);
/* What was printed while loading. */
const char *stub_said(void);

/* The extension has put everything back that it changed in crash. */
bool stub_is_tidy(void);

#endif
