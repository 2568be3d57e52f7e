// SPDX-License-Identifier: GPL-2.0-or-later
/* crash_stub.c - a test program that passes for crash: see crash_stub.h */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../libsrc/target/target.h"
#include "crash_stub.h"

#include <crash/defs.h>

#define EXPORTED __attribute__((visibility("default")))

/* ---- crash's variables ---- */

static char our_version[] = "0.0.0", other_version[] = "0.0.0";
static char default_path[] = "default";
static struct program_context shifted[2];
static struct task_context context;
static ulong flags_of_dump;

EXPORTED struct program_context program_context, *pc = &program_context;
EXPORTED struct task_table task_table = {.current = &context}, *tt = &task_table;
EXPORTED ulong *diskdump_flags = &flags_of_dump;
EXPORTED char *build_version = our_version;
EXPORTED char *args[MAXARGS];
EXPORTED int argcnt;
EXPORTED FILE *fp;

struct stub stub;

static struct mi_target *target;
static struct command_table_entry *command; /* the one that is registered */
static void *extension;
static char *vmcoreinfo, *said;
static char *output;

/* ---- crash's functions ---- */

static int read_memory(int fd, void *page, int len, ulong va, physaddr_t pa)
{
	enum mi_read r;

	(void)fd;
	(void)va;
	if (stub.interrupt_after >= 0 && stub.interrupt_after-- == 0)
		raise(SIGINT);
	stub.reads++;
	if (stub.unreadable) {
		errno = EIO;
		return READ_ERROR;
	}
	r = stub.missing ? MI_READ_EXCLUDED : mi_read_phys(target, pa, page, (size_t)len);
	switch (r) {
	case MI_READ_OK:
		return len;
	case MI_READ_EXCLUDED:
		if (!(*diskdump_flags & ZERO_EXCLUDED))
			return PAGE_EXCLUDED;
		memset(page, 0, (size_t)len);
		return len;
	case MI_READ_HOLE:
		return SEEK_ERROR;
	default:
		return READ_ERROR;
	}
}

/* The value of a line "KEY=VALUE" of the dump's note. */
static char *vmcoreinfo_of(const char *key)
{
	size_t len = strlen(key);
	const char *line = vmcoreinfo;

	while (line && (strncmp(line, key, len) || line[len] != '=')) {
		line = strchr(line, '\n');
		line += line != NULL;
	}
	return line ? strndup(line + len + 1, strcspn(line + len + 1, "\n")) : NULL;
}

EXPORTED int readmem(ulonglong addr, int kind, void *buf, long len, char *what, ulong handling)
{
	(void)kind;
	(void)what;
	(void)handling;
	return !stub.unreadable && !mi_read_virt(target, addr, buf, (size_t)len);
}

EXPORTED int symbol_name_count(char *name)
{
	uint64_t addr;

	return mi_symbol(target, name, &addr);
}

EXPORTED ulong symbol_value(char *name)
{
	uint64_t addr = 0;

	mi_symbol(target, name, &addr);
	return addr;
}

EXPORTED int machine_type(char *name)
{
	return stub.wrong != STUB_OTHER_MACHINE && !strcmp(name, "X86_64");
}

EXPORTED int output_open(void)
{
	return TRUE;
}

EXPORTED int read_flattened_format(int fd, off_t at, void *buf, size_t len)
{
	(void)fd;
	(void)at;
	(void)buf;
	(void)len;
	return FALSE;
}

EXPORTED void register_extension(struct command_table_entry *table)
{
	command = table;
}

/* Messages go where "set error" sent them: here, by default, where all else goes. */
EXPORTED int __error(int kind, char *format, ...)
{
	FILE *out = strcmp(pc->error_path, default_path) ? pc->error_fp : fp;
	va_list ap;

	(void)kind;
	fprintf(out, "%s: ", pc->curcmd);
	va_start(ap, format);
	vfprintf(out, format, ap);
	va_end(ap);
	return 0;
}

EXPORTED void cmd_usage(char *name, int kind)
{
	char **line;

	(void)name;
	(void)kind;
	for (line = command->help_data; *line; line++)
		fprintf(fp, "%s\n", *line);
}

/* ---- the program ---- */

static void handle_interrupt(int sig)
{
	(void)sig;
	stub.interrupts++;
}

/* Memory as a crash has it that the extension was not built for. */
static void fill_context(const char *dump)
{
	pc = stub.wrong == STUB_SHIFTED ? (void *)((char *)shifted + 200) : &program_context;
	memset(pc, 0, sizeof(*pc));
	pc->program_version = stub.wrong == STUB_OTHER_VERSION ? other_version : our_version;
	pc->dumpfile = (char *)dump;
	pc->readmem = read_memory;
	pc->read_vmcoreinfo = vmcoreinfo_of;
	pc->error_path = default_path;
	pc->nullfp = pc->error_fp = stderr;
	if (stub.wrong == STUB_NO_READER)
		pc->readmem = NULL;
	if (stub.wrong == STUB_FOREIGN_READER)
		pc->readmem = (void *)strlen;
	/* As the extension sees it. */
	if (stub.wrong == STUB_SHIFTED)
		pc = shifted;
}

static const char *opened;

/* The dump's note, as a string. */
static bool take_vmcoreinfo(struct mi_provider *p, struct mi_error *err)
{
	size_t len = 0;
	char *text;

	if (p->ops->vmcoreinfo(p, &text, &len, err))
		return false;
	vmcoreinfo = strndup(text, len);
	free(text);
	return vmcoreinfo;
}

bool stub_open(const char *dump)
{
	struct mi_target_options opt = {0};
	struct mi_provider *p;
	struct mi_error err;
	struct sigaction sa = {.sa_handler = handle_interrupt};

	opened = dump;
	stub.interrupt_after = -1;
	if (mi_kdump_open(dump, &p, &err) || !take_vmcoreinfo(p, &err) ||
	    mi_target_open(p, &opt, &target, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return false;
	}
	fp = tmpfile();
	return fp && !sigaction(SIGINT, &sa, NULL);
}

void stub_close(void)
{
	stub_unload();
	mi_target_close(target);
	free(vmcoreinfo);
	free(output);
	fclose(fp);
}

/* All that was printed since the last time. */
static const char *take_output(size_t *ret)
{
	size_t len;
	long at;

	fflush(fp);
	at = ftell(fp);
	len = at > 0 ? (size_t)at : 0;
	free(output);
	output = calloc(1, len + 1);
	rewind(fp);
	if (!output || fread(output, 1, len, fp) != len)
		abort();
	rewind(fp);
	if (ftruncate(fileno(fp), 0))
		abort();
	if (ret)
		*ret = len;
	return output;
}

bool stub_extend(const char *so)
{
	fill_context(opened);
	command = NULL;
	extension = dlopen(so, RTLD_NOW | RTLD_GLOBAL);
	if (!extension)
		fprintf(fp, "%s\n", dlerror());
	free(said);
	said = strdup(take_output(NULL));
	if (extension && !command) {
		dlclose(extension);
		extension = NULL;
	}
	return command != NULL;
}

const char *stub_said(void)
{
	return said;
}

void stub_unload(void)
{
	if (extension)
		dlclose(extension);
	extension = NULL;
	command = NULL;
	free(said);
	said = NULL;
}

bool stub_has_command(void)
{
	return command && !strcmp(command->name, "mmapinfo") && command->flags & MINIMAL &&
	       command->help_data && !command[1].name;
}

const char *stub_run(const char *line, size_t *len)
{
	static char words[256];
	char *save = NULL, *word;

	snprintf(words, sizeof(words), "%s", line);
	memset(args, 0, sizeof(args));
	argcnt = 0;
	for (word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save))
		args[argcnt++] = word;
	pc->curcmd = args[0];
	pc->flags = stub.minimal ? MINIMAL_MODE : 0;
	*diskdump_flags = stub.zero_excluded ? ZERO_EXCLUDED : 0;
	context.task = stub.task;
	context.pid = stub.pid;
	stub.reads = 0;
	stub.interrupts = 0;
	command->func();
	return take_output(len);
}

bool stub_is_tidy(void)
{
	struct sigaction sa;

	return !sigaction(SIGINT, NULL, &sa) && sa.sa_handler == handle_interrupt &&
	       pc->error_path == default_path && pc->error_fp == stderr && !pc->cmd_cleanup &&
	       !(*diskdump_flags & ZERO_EXCLUDED) == !stub.zero_excluded;
}
