// SPDX-License-Identifier: GPL-2.0-or-later
/* test_command.c - command lines, good and bad, in the shell and in crash */
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../libsrc/output/command.h"

#define ARGS_MAX 24

static struct mi_command cmd;
static struct mi_error err;
static char words[512]; /* cmd points into it */

/* Parse "mmapinfo @line", split at blanks; "''" is an empty argument. */
static enum mi_status parse(bool in_crash, const char *line)
{
	char *argv[ARGS_MAX + 1] = {"mmapinfo"};
	char *save = NULL, *word;
	int argc = 1;

	assert_true(strlen(line) < sizeof(words));
	strcpy(words, line);
	for (word = strtok_r(words, " ", &save); word && argc < ARGS_MAX;
	     word = strtok_r(NULL, " ", &save))
		argv[argc++] = strcmp(word, "''") ? word : "";
	memset(&err, 0, sizeof(err));
	return mi_command_parse(argc, argv, in_crash, &cmd, &err);
}

static void good(const char *line)
{
	if (parse(false, line))
		fail_msg("'%s': %s", line, err.text);
}

/* @part must be in the message, which is one line. */
static void bad(bool in_crash, const char *line, const char *part)
{
	if (parse(in_crash, line) != MI_ERR_INVALID)
		fail_msg("'%s' was taken", line);
	if (!strstr(err.text, part) || strchr(err.text, '\n'))
		fail_msg("'%s': '%s' lacks '%s'", line, err.text, part);
	assert_int_equal(err.status, MI_ERR_INVALID);
}

static void test_tasks(void **state)
{
	(void)state;
	good("-c core 105");
	assert_int_equal(cmd.ask.whom, MI_WHOM_PID);
	assert_int_equal(cmd.ask.pid, 105);
	assert_int_equal(cmd.n_cores, 1);
	assert_string_equal(cmd.core[0], "core");
	assert_int_equal(cmd.ask.size, sizeof(cmd.ask));
	good("-c core 4194304");
	assert_int_equal(cmd.ask.pid, 4194304);
	good("-c core ffff8a0002dba0c0");
	assert_int_equal(cmd.ask.whom, MI_WHOM_TASK);
	assert_true(cmd.ask.task == 0xffff8a0002dba0c0ULL);
	good("-c core 0xFFFF8A0002DBA0C0");
	assert_true(cmd.ask.task == 0xffff8a0002dba0c0ULL);
	good("-c core 0x12");
	assert_int_equal(cmd.ask.whom, MI_WHOM_TASK);
	good("105 -c core -p"); /* options may follow */
	assert_true(cmd.ask.pages);
}

static void test_options(void **state)
{
	(void)state;
	good("--core=core --vmlinux vm --types dwarf --vma 7f0000001000 --file /a* -p -e -m -j "
	     "--width 120 --sources 1");
	assert_string_equal(cmd.vmlinux, "vm");
	assert_int_equal(cmd.types, MI_TYPES_DWARF);
	assert_true(cmd.ask.by_vma);
	assert_true(cmd.ask.vma == 0x7f0000001000ULL);
	assert_string_equal(cmd.ask.file, "/a*");
	assert_true(cmd.ask.pages && cmd.ask.each && cmd.ask.map && cmd.ask.json);
	assert_true(cmd.ask.sources);
	assert_int_equal(cmd.ask.width, 120);
	good("-c core -aj");
	assert_int_equal(cmd.ask.whom, MI_WHOM_ALL);
	assert_true(cmd.ask.json);
	good("--help --nonsense");
	assert_true(cmd.help);
	good("-V");
	assert_true(cmd.version);
}

static void test_bad_tasks(void **state)
{
	(void)state;
	bad(false, "-c core abc", "'abc' is neither");
	bad(false, "-c core ''", "'' is neither");
	bad(false, "-c core 12x", "'12x'");
	bad(false, "-c core -5", "negative");
	bad(false, "-c core -- -5", "negative");
	bad(false, "-c core 5000000", "the limit is");
	bad(false, "-c core 99999999999999999999", "no address of 64 bits");
	bad(false, "-c core 0x", "no address of 64 bits");
	bad(false, "-c core 0xg", "no address of 64 bits");
	bad(false, "-c core 0x11112222333344445", "no address of 64 bits");
	bad(false, "-c core 1 2", "one process at a time");
	bad(false, "-c core", "which process?");
}

static void test_bad_options(void **state)
{
	(void)state;
	bad(false, "1", "give a vmcore with -c");
	bad(false, "-c", "'-c' lacks its argument");
	bad(false, "-c core 1 --vma", "'--vma' lacks its argument");
	bad(false, "-c core 1 --foo", "'--foo'");
	bad(false, "-c core 1 -x", "'-x'");
	bad(false, "-c core 1 --pages=3", "takes no argument");
	bad(false, "-c core 1 --vma 12z", "'12z'");
	bad(false, "-c core 1 --width 19", "from 20 to 1000");
	bad(false, "-c core 1 --width 1001", "from 20 to 1000");
	bad(false, "-c core 1 --width 5x", "'5x'");
	bad(false, "-c core 1 --types btf", "'btf'");
	bad(false, "-c core 1 --types dwarf", "needs a vmlinux");
	bad(false, "-c core 1 -s vm --types dump", "exclude each other");
	bad(false, "-c core --all --each", "--each");
	bad(false, "-c core --all --map", "--map");
	bad(false, "-c core --all --vma 1000", "--vma");
	bad(false, "-c core --all --file x", "--file");
	bad(false, "-c core --all 1", "a PID or task");
}

static void test_crash(void **state)
{
	(void)state;
	assert_int_equal(parse(true, ""), MI_OK);
	assert_int_equal(cmd.ask.whom, MI_WHOM_NOBODY);
	assert_int_equal(parse(true, "-j 105"), MI_OK);
	assert_int_equal(cmd.ask.pid, 105);
	bad(true, "-c core 105", "-c (--core) cannot be given in crash");
	bad(true, "-s vm 105", "-s (--vmlinux) cannot be given in crash");
	bad(true, "--types dump 105", "--types cannot be given in crash");
}

/* The program around may use getopt(), too, and be in the middle of it. */
static void test_getopt_is_left_alone(void **state)
{
	(void)state;
	optind = 7;
	opterr = 1;
	good("-c core 1");
	good("-c core 1");
	assert_int_equal(optind, 7);
	assert_int_equal(opterr, 1);
}

static void usage_has(bool in_crash, const char *part, bool wanted)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	mi_command_usage(out, in_crash);
	fclose(out);
	assert_int_equal(strstr(text, part) != NULL, wanted);
	free(text);
}

static void test_usage(void **state)
{
	(void)state;
	usage_has(false, "--core VMCORE", true);
	usage_has(true, "--core", false);
	usage_has(true, "the current context", true);
	usage_has(true, "--json", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tasks),	  cmocka_unit_test(test_options),
		cmocka_unit_test(test_bad_tasks), cmocka_unit_test(test_bad_options),
		cmocka_unit_test(test_crash),	  cmocka_unit_test(test_getopt_is_left_alone),
		cmocka_unit_test(test_usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
