// SPDX-License-Identifier: GPL-2.0-or-later
/* test_crash_command.c - mmapinfo.so and its command, in a program that passes for crash */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../libsrc/include/mmapinfo.h"
#include "crash_stub.h"

#define DUMP "vmcores/demo/vmcore"

/* What the command prints of this dump. */
static struct mi_session *session;

/* One line, beginning with the command's name, and with @part in it. */
static void one_line(const char *text, const char *part)
{
	const char *end = strchr(text, '\n');

	if (strncmp(text, "mmapinfo: ", 10) || !end || end[1] || !strstr(text, part))
		fail_msg("not one line with '%s': '%s'", part, text);
	assert_true(stub_is_tidy());
}

static struct mi_request about(int32_t pid)
{
	return (struct mi_request){
		.size = sizeof(struct mi_request), .whom = MI_WHOM_PID, .pid = pid};
}

/* @line prints what the library does when it is asked @ask. */
static void same(const char *line, const struct mi_request *ask)
{
	size_t want_len, got_len;
	char *want = NULL;
	const char *got;
	struct mi_error err;
	FILE *out = open_memstream(&want, &want_len);

	assert_non_null(out);
	if (mi_session_run(session, ask, out, &err))
		fail_msg("%s", err.text);
	fclose(out);
	got = stub_run(line, &got_len);
	if (got_len != want_len || memcmp(got, want, want_len))
		fail_msg("%s: got '%.300s'", line, got);
	assert_true(want_len > 100);
	free(want);
	assert_true(stub_is_tidy());
}

/* The process of a name, which the dump's own list has beside it. */
static int32_t pid_of(const char *name)
{
	char line[128], comm[64];
	int32_t pid, found = 0;
	FILE *f = fopen("vmcores/demo/MANIFEST", "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%d %63s", &pid, comm) == 2 && !strcmp(comm, name))
			found = pid;
	fclose(f);
	assert_true(found > 0);
	return found;
}

static const char *command_for(const char *options, const char *name)
{
	static char line[128];

	snprintf(line, sizeof(line), "mmapinfo %s %d", options, pid_of(name));
	return line;
}

/* ---- loading ---- */

static void test_unknown_crash(void **state)
{
	static const struct {
		enum stub_wrong wrong;
		const char *what;
	} cases[] = {
		{STUB_NO_READER, "another version"},
		{STUB_FOREIGN_READER, "another version"},
		{STUB_SHIFTED, "another version"},
		{STUB_OTHER_VERSION, "another version"},
		{STUB_OTHER_MACHINE, "only dumps of x86_64"},
	};
	size_t i;

	stub_unload();
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		stub.wrong = cases[i].wrong;
		if (stub_extend(*state))
			fail_msg("loaded, though %zu is wrong", i);
		stub.wrong = STUB_RIGHT;
		if (strncmp(stub_said(), "mmapinfo: not loaded: ", 22) ||
		    strchr(stub_said(), '\n') != strrchr(stub_said(), '\n') ||
		    !strstr(stub_said(), cases[i].what))
			fail_msg("case %zu: '%s'", i, stub_said());
	}
	assert_true(stub_extend(*state));
	assert_string_equal(stub_said(), "");
	assert_true(stub_has_command());
}

/* ---- the command line ---- */

static void test_usage(void **state)
{
	(void)state;
	one_line(stub_run("mmapinfo --nonsense", NULL), "nonsense");
	one_line(stub_run("mmapinfo --nonsense", NULL), "(see \"help mmapinfo\")");
	one_line(stub_run("mmapinfo 1 2", NULL), "one process at a time");
	one_line(stub_run("mmapinfo -c other 1", NULL), "cannot be given in crash");
	one_line(stub_run("mmapinfo --watch 2", NULL), "cannot be given in crash");
	assert_int_equal(stub.reads, 0);
}

static void test_help(void **state)
{
	char version[64];

	(void)state;
	assert_non_null(strstr(stub_run("mmapinfo --help", NULL), "--blocked"));
	snprintf(version, sizeof(version), "mmapinfo %s\n", mi_version());
	assert_string_equal(stub_run("mmapinfo --version", NULL), version);
	assert_int_equal(stub.reads, 0);
}

static void test_no_context(void **state)
{
	(void)state;
	one_line(stub_run("mmapinfo", NULL), "the current context is an idle task");
	stub.minimal = true;
	one_line(stub_run("mmapinfo", NULL), "no current context in minimal mode");
	stub.minimal = false;
}

/* ---- answers ---- */

static void test_not_found(void **state)
{
	(void)state;
	one_line(stub_run("mmapinfo 999999", NULL), "no task with PID 999999");
	one_line(stub_run("mmapinfo 2", NULL), "kernel thread");
	one_line(stub_run("mmapinfo ffff000000001234", NULL), "no task");
}

static void test_answer(void **state)
{
	struct mi_request ask = about(1), all = {.size = sizeof(all), .whom = MI_WHOM_ALL};
	char line[64];

	(void)state;
	same("mmapinfo 1", &ask);
	ask.json = true;
	same("mmapinfo --json 1", &ask);
	ask = about(pid_of("file-private"));
	ask.json = ask.pages = true;
	snprintf(line, sizeof(line), "mmapinfo --json --pages %d", ask.pid);
	same(line, &ask);
	same("mmapinfo --all", &all);
}

/* Where the answer's first line has the task_struct. */
static void test_context(void **state)
{
	struct mi_request ask = {.size = sizeof(ask), .whom = MI_WHOM_TASK, .json = true};
	const char *task = strstr(stub_run("mmapinfo 1", NULL), " task ");
	char line[64];

	(void)state;
	assert_non_null(task);
	ask.task = strtoull(task + 6, NULL, 16);
	snprintf(line, sizeof(line), "mmapinfo --json 0x%llx", (unsigned long long)ask.task);
	same(line, &ask);
	stub.task = ask.task;
	stub.pid = 1;
	same("mmapinfo --json", &ask);
	stub.task = stub.pid = 0;
}

static void test_zero_excluded(void **state)
{
	struct mi_request ask = about(pid_of("readahead"));
	char line[64];

	(void)state;
	snprintf(line, sizeof(line), "mmapinfo --json %d", ask.pid);
	ask.json = true;
	stub.zero_excluded = true;
	same(line, &ask);
	stub.zero_excluded = false;
}

/* ---- what goes wrong ---- */

/* An answer that says of itself that it is not whole, and why. */
static void incomplete(const char *text, const char *word)
{
	if (!strstr(text, "\"complete\": false") || !strstr(text, word))
		fail_msg("not told: %.600s", text);
	assert_true(stub_is_tidy());
}

/* The kernel is known by now, pages of other processes are not. */
static void test_missing_pages(void **state)
{
	(void)state;
	stub.missing = true;
	incomplete(stub_run(command_for("--json", "shm-file"), NULL), "\"excluded\"");
	assert_true(stub.reads > 0);
	stub.missing = false;
}

static void test_read_error(void **state)
{
	struct mi_request ask = about(1);

	(void)state;
	stub.unreadable = true;
	incomplete(stub_run(command_for("--json", "cow-parent"), NULL), "\"io\"");
	assert_true(stub.reads > 0);
	/* Nothing is known of the dump after it is loaded anew. */
	stub_unload();
	assert_true(stub_extend(*state));
	one_line(stub_run("mmapinfo 1", NULL), "");
	/* And a failure is not remembered. */
	stub.unreadable = false;
	same("mmapinfo 1", &ask);
}

/* ^C in the middle of reading ends the command and then does what it does in crash. */
static void test_interrupt(void **state)
{
	struct mi_request ask = about(1);
	const char *text;

	(void)state;
	stub.interrupt_after = 5;
	text = stub_run(command_for("--each", "sparse-1g"), NULL);
	assert_null(strstr(text, "\nTOTAL"));
	assert_null(strstr(text, "mmapinfo: "));
	assert_int_equal(stub.interrupts, 1);
	assert_true(stub_is_tidy());
	same("mmapinfo 1", &ask);
	assert_int_equal(stub.interrupts, 0);
}

/* ---- the program ---- */

static char so[512];

static int setup(void **state)
{
	struct mi_session_options opt = {.size = sizeof(opt)};
	struct mi_error err;

	if (!stub_open(DUMP) || !stub_extend(so) || mi_session_open(DUMP, &opt, &session, &err))
		return -1;
	*state = so;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	mi_session_close(session);
	stub_close();
	return 0;
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usage),	      cmocka_unit_test(test_help),
		cmocka_unit_test(test_no_context),    cmocka_unit_test(test_not_found),
		cmocka_unit_test(test_answer),	      cmocka_unit_test(test_context),
		cmocka_unit_test(test_zero_excluded), cmocka_unit_test(test_missing_pages),
		cmocka_unit_test(test_interrupt),     cmocka_unit_test(test_read_error),
		cmocka_unit_test(test_unknown_crash),
	};
	const char *slash = strrchr(argv[0], '/');

	(void)argc;
	/* As the Makefile has them: BUILD/tests/test_crash_command, BUILD/mmapinfo.so. */
	snprintf(so, sizeof(so), "%.*s/../mmapinfo.so", slash ? (int)(slash - argv[0]) : 1,
		 slash ? argv[0] : ".");
	return cmocka_run_group_tests_name("mmapinfo in crash", tests, setup, teardown);
}
