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
	/* Of the running kernel. */
	good("105");
	assert_int_equal(cmd.n_cores, 0);
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
	assert_false(cmd.ask.windows || cmd.ask.prefault);
	assert_int_equal(cmd.via, MI_VIA_BEST);
	good("-c core --via drgn 1");
	assert_int_equal(cmd.via, MI_VIA_DRGN);
	assert_null(cmd.library);
	good("-c core --via drgn=/x/libdrgn.so 1");
	assert_string_equal(cmd.library, "/x/libdrgn.so");
	good("-c core --windows --prefault 1");
	assert_true(cmd.ask.windows && cmd.ask.prefault);
	good("-c core -aj");
	assert_int_equal(cmd.ask.whom, MI_WHOM_ALL);
	assert_true(cmd.ask.json);
	good("-c core --blocked");
	assert_int_equal(cmd.ask.whom, MI_WHOM_BLOCKED);
	assert_false(cmd.ask.evidence);
	good("-c core --blocked --each --evidence");
	assert_true(cmd.ask.each && cmd.ask.evidence);
	good("-c core 5 --evidence");
	assert_int_equal(cmd.ask.whom, MI_WHOM_PID);
	good("-c core --requests");
	assert_int_equal(cmd.ask.whom, MI_WHOM_DEVICES);
	assert_null(cmd.ask.device);
	good("-c core vda1 --requests -j");
	assert_string_equal(cmd.ask.device, "vda1");
	good("-c core --log");
	assert_int_equal(cmd.ask.whom, MI_WHOM_LOG);
	assert_int_equal(cmd.ask.log_records, 50);
	good("-c core --log=7 -j");
	assert_int_equal(cmd.ask.log_records, 7);
	good("-c core --log=0");
	assert_int_equal(cmd.ask.log_records, 0);
	good("--log=all --watch 1");
	assert_int_equal(cmd.ask.log_records, 0);
	good("check");
	assert_int_equal(cmd.ask.whom, MI_WHOM_CHECK);
	assert_int_equal(cmd.n_cores, 0);
	assert_false(cmd.ask.errors_only || cmd.list);
	good("-c core -s vmlinux check --rule rss,mapcount --severity error --format junit");
	assert_int_equal(cmd.ask.whom, MI_WHOM_CHECK);
	assert_string_equal(cmd.core[0], "core");
	assert_string_equal(cmd.vmlinux, "vmlinux");
	assert_string_equal(cmd.ask.rules, "rss,mapcount");
	assert_true(cmd.ask.errors_only);
	assert_int_equal(cmd.ask.report, MI_REPORT_JUNIT);
	good("check --list");
	assert_true(cmd.list);
	assert_null(cmd.expect);
	good("check --rule none --expect docs/checks/examples/database.json");
	assert_non_null(strstr(cmd.ask.expect, "database-written"));
	mi_command_free(&cmd);
	assert_null(cmd.ask.expect);
	assert_int_equal(parse(true, "check --expect /nonexistent/file"), MI_ERR_IO);
	assert_non_null(strstr(err.text, "--expect /nonexistent/file: "));
	assert_int_equal(parse(true, "check --expect Makefile"), MI_ERR_FORMAT);
	assert_null(cmd.expect);
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
	bad(false, "", "which process?");
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
	bad(false, "-c core 1 --via crash", "'crash'");
	bad(false, "-c core 1 --via drgn=", "'drgn='");
	bad(false, "-c core 1 --via drgnx", "'drgnx'");
	bad(false, "-c core -c other 1 --via drgn", "split dump");
	bad(false, "--recorder f --history --via drgn", "--recorder alone reads none");
	bad(false, "-c core 1 --types dwarf", "needs a vmlinux");
	bad(false, "-c core 1 -s vm --types dump", "exclude each other");
	bad(false, "-c core --all --each", "--each");
	bad(false, "-c core --all --map", "--map");
	bad(false, "-c core --all --stack", "--stack");
	bad(false, "-c core --all --evidence", "--evidence");
	bad(false, "-c core --requests --evidence", "--evidence");
	bad(false, "-c core --all --next", "--next");
	bad(false, "-c core --requests --next", "--next");
	bad(false, "-c core --blocked --next", "--next");
	bad(false, "-c core --all --windows", "--windows");
	bad(false, "-c core --all --prefault", "--prefault");
	bad(false, "-c core --blocked --prefault", "--prefault");
	bad(false, "-c core --requests --windows", "--windows");
	bad(false, "-c core --all --vma 1000", "--vma");
	bad(false, "-c core --all --file x", "--file");
	bad(false, "-c core --all 1", "a PID or task");
	bad(false, "-c core --requests --all", "--all");
	bad(false, "-c core --requests --blocked", "exclude");
	bad(false, "-c core --blocked --all", "--all");
	bad(false, "-c core --blocked --pages", "--pages");
	bad(false, "-c core --blocked --map", "--map");
	bad(false, "-c core --blocked 5", "takes no PID");
	bad(false, "-c core --requests --pages", "--pages");
	bad(false, "-c core --requests --file x", "--file");
	bad(false, "-c core --requests vda vdb", "one device at a time");
	bad(false, "-c core --requests ''", "is empty");
}

static void test_history(void **state)
{
	(void)state;
	good("-c core --history");
	assert_int_equal(cmd.ask.whom, MI_WHOM_HISTORY);
	assert_int_equal(cmd.ask.pid, 0);
	good("-c core --history 105 --kind fault,block --since 2.5 --until @7 --limit 10");
	assert_int_equal(cmd.ask.pid, 105);
	assert_string_equal(cmd.ask.kinds, "fault,block");
	assert_string_equal(cmd.ask.since, "2.5");
	assert_string_equal(cmd.ask.until, "@7");
	assert_int_equal(cmd.ask.limit, 10);
	good("-c core --history --pid 105 --vma 7f00 --json");
	assert_true(cmd.ask.by_vma);
	good("-c core --history --file x --device vda --page /a:3 --format=perfetto");
	assert_true(cmd.ask.perfetto);
	assert_string_equal(cmd.ask.device, "vda");
	assert_string_equal(cmd.ask.page, "/a:3");
	good("--recorder /dev/mmaprec --history --latency");
	assert_true(cmd.ask.latency);
	assert_int_equal(cmd.n_cores, 0);
	good("-c core --pid 105");
	assert_int_equal(cmd.ask.whom, MI_WHOM_PID);
	good("-c core --format json 105");
	assert_true(cmd.ask.json);
	good("--history");
	assert_int_equal(cmd.n_cores, 0);
	bad(false, "--recorder x 105", "--recorder goes with --history");
	bad(false, "-c core --latency 105", "--latency goes with --history");
	bad(false, "-c core --format perfetto 105", "goes with --history");
	bad(false, "-c core --device vda 105", "--device goes with");
	bad(false, "-c core --requests --pid 5", "--pid");
	bad(false, "-c core --history --blocked", "exclude");
	bad(false, "-c core --log --requests", "exclude");
	bad(false, "-c core --log 20", "--log=200");
	bad(false, "-c core --log=some", "--log takes a number");
	bad(false, "-c core --log=", "--log takes a number");
	bad(false, "-c core --log=-1", "--log takes a number");
	bad(false, "-c core --log=99999999999999999999", "--log takes a number");
	bad(false, "-c core --log --all", "--log tells");
	bad(false, "-c core --log --pages", "--log tells");
	bad(false, "-c core --log --limit 3", "--history");
	bad(false, "-c core --log --pid 3", "--pid goes with");
	bad(true, "--log 0xffff888000000000", "--log is of the kernel");
	bad(false, "-c core --history --pages", "--pages");
	bad(false, "-c core --history --all", "--all");
	bad(false, "-c core --history 1 2", "one process at a time");
	bad(false, "-c core --history x", "is not the PID");
	bad(false, "-c core --history --pid 0", "is not the PID");
	bad(false, "-c core --history --vma 1000", "give a PID");
	bad(false, "-c core --history 1 --vma 1000 --page a:1", "one page at a time");
	bad(false, "-c core --history --limit 0", "--limit");
	bad(false, "-c core --history --limit -1", "--limit");
	bad(false, "-c core --history --format xml", "--format");
	bad(false, "-c core --history --latency --limit 5", "--latency");
}

/* Of the running kernel. */
static void test_live(void **state)
{
	(void)state;
	good("105");
	assert_int_equal(cmd.n_cores, 0);
	assert_int_equal(cmd.stable, MI_STABLE_NO);
	good("--stable 105");
	assert_int_equal(cmd.stable, MI_STABLE_SIGNAL);
	good("105 --stable=freezer --json");
	assert_int_equal(cmd.stable, MI_STABLE_FREEZER);
	bad(false, "--stable=x 105", "not 'x'");
	bad(false, "-c core --stable 105", "does not go with a dump");
	bad(false, "--stable --all", "with a PID alone");
	bad(false, "--stable --history 5", "with a PID alone");
	bad(false, "--stable ffff8a0002dba0c0", "with a PID alone");
	bad(true, "--stable 105", "--stable cannot be given in crash");
	good("--watch 2 105");
	assert_true(cmd.watch == 2.0);
	good("--all --watch=0.1 --json");
	assert_true(cmd.watch > 0.09 && cmd.watch < 0.11);
	good("--watch 1 --stable 105");
	good("--watch 1 --requests");
	good("--watch 1 --blocked");
	good("--watch 1 --history");
	bad(false, "--watch 0.09 105", "not '0.09'");
	bad(false, "--watch 86401 105", "not '86401'");
	bad(false, "--watch 1x 105", "not '1x'");
	bad(false, "--watch 1.2.3 105", "not '1.2.3'");
	bad(false, "--watch . 105", "not '.'");
	bad(false, "--watch -1 105", "not '-1'");
	bad(false, "--watch nan 105", "not 'nan'");
	bad(false, "--watch '' 105", "not ''");
	bad(false, "-c core --watch 1 105", "a dump does not change");
	bad(false, "--watch 1 --history --format perfetto", "a trace");
	bad(false, "--watch 1 --history --recorder x", "--recorder");
	bad(true, "--watch 1 105", "--watch cannot be given in crash");
	good("--ns 812 7");
	assert_int_equal(cmd.ask.ns_pid, 812);
	assert_int_equal(cmd.ask.pid, 7);
	good("-c core --ns pid:[4026532200] 7");
	assert_true(cmd.ask.ns_inode == 4026532200U && !cmd.ask.ns_pid);
	good("-c core --history --pid 7 --ns 4026532200");
	assert_true(cmd.ask.ns_inode == 4026532200U);
	good("--ns /proc/812/ns/pid 7");
	assert_string_equal(cmd.ns_path, "/proc/812/ns/pid");
	bad(false, "--ns x 7", "not 'x'");
	bad(false, "--ns 0 7", "not '0'");
	bad(false, "--ns net:[4026531840] 7", "not 'net:");
	bad(false, "--ns pid:[12 7", "not 'pid:[12'");
	bad(false, "--ns '' 7", "not ''");
	bad(false, "--ns 812 --all", "give one");
	bad(false, "--ns 812 ffff8a0002dba0c0", "give one");
	bad(false, "-c core --ns /proc/812/ns/pid 7", "a path is of this machine");
	bad(false, "--recorder x --ns 812 --history 7", "--recorder alone");
	bad(true, "--ns /proc/812/ns/pid 7", "a path is of this machine");
	good("--history --follow --kind fault --limit 5 --since 2");
	assert_true(cmd.follow);
	good("--recorder /dev/mmaprec --history --follow --json 105");
	bad(false, "--follow 105", "with --history alone");
	bad(false, "-c core --history --follow", "a dump");
	bad(false, "--history --follow --latency", "--latency");
	bad(false, "--history --follow --until 3", "--until");
	bad(false, "--history --follow --watch 3", "--watch");
	bad(false, "--history --follow --format perfetto", "a trace");
	bad(false, "--history --follow --stable", "with a PID alone");
	bad(true, "--history --follow", "--follow cannot be given in crash");
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
	bad(true, "--via drgn 105", "--via cannot be given in crash");
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
	usage_has(false, "--stable", true);
	usage_has(true, "--stable", false);
	usage_has(false, "--watch", true);
	usage_has(false, "--follow", true);
	usage_has(true, "--follow", false);
	usage_has(true, "--ns", true);
	usage_has(true, "the current context", true);
	usage_has(true, "--json", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tasks),	  cmocka_unit_test(test_options),
		cmocka_unit_test(test_bad_tasks), cmocka_unit_test(test_bad_options),
		cmocka_unit_test(test_crash),	  cmocka_unit_test(test_getopt_is_left_alone),
		cmocka_unit_test(test_history),	  cmocka_unit_test(test_usage),
		cmocka_unit_test(test_live),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
