// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mmapinfo_crash.c - the crash command, and the one file that knows defs.h
 *
 * Of crash's structures only struct program_context and the beginnings of
 * task_table and task_context are used, and of those only members that lie at
 * the same place from 8.0.2 to 9.0.2 at least; all else is functions. So one
 * build serves all of them.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio_ext.h>
#include <sys/stat.h>

#include "../../libsrc/output/command.h"
#include "help.h"
#include "host.h"
#include "interrupt.h"
#include "kept.h"

#include <crash/defs.h>
#include <dlfcn.h>

/* ---- reading ---- */

/* What must be put back, also if crash jumps out of a read. */
static struct {
	bool active;
	ulong zero_excluded;
	char *error_path;
	FILE *error_fp;
} quiet;

/*
 * For one read: no zeroes for filtered pages, whatever --zero_excluded says, and
 * no message for each damaged page in the middle of the answer. A path that is
 * neither "default" nor "redirect" keeps messages from the pager and the file.
 */
static void quiet_begin(void)
{
	static char nowhere[] = "mmapinfo";

	quiet.zero_excluded = *diskdump_flags & ZERO_EXCLUDED;
	quiet.error_path = pc->error_path;
	quiet.error_fp = pc->error_fp;
	quiet.active = true;
	*diskdump_flags &= ~(ulong)ZERO_EXCLUDED;
	if (pc->debug)
		return;
	pc->error_path = nowhere;
	pc->error_fp = pc->nullfp;
}

static void quiet_end(void)
{
	if (!quiet.active)
		return;
	*diskdump_flags |= quiet.zero_excluded;
	pc->error_path = quiet.error_path;
	pc->error_fp = quiet.error_fp;
	quiet.active = false;
}

/* A read that ran into the end of the file leaves the offset there. */
static bool hit_end_of_file(int fd)
{
	off_t at = lseek(fd, 0, SEEK_CUR);
	struct stat info;

	return at > 0 && !fstat(fd, &info) && S_ISREG(info.st_mode) && at >= info.st_size;
}

static enum mi_read why_failed(int fd)
{
	/* zlib's failures leave errno alone, stdio's first look at a stream does not. */
	if (errno && errno != ENOTTY)
		return MI_READ_IO;
	if (ACTIVE())
		return MI_READ_HOLE;
	return hit_end_of_file(fd) ? MI_READ_INCOMPLETE : MI_READ_DAMAGED;
}

enum mi_read mi_host_read_page(uint64_t pa, void *page)
{
	int fd = REMOTE_MEMSRC() ? pc->sockfd : ACTIVE() ? pc->mfd : pc->dfd;
	int got;

	quiet_begin();
	errno = 0;
	/* Not readmem(): it says only that it failed. */
	got = pc->readmem(fd, page, MI_PAGE_SIZE, 0, pa);
	quiet_end();
	switch (got) {
	case SEEK_ERROR:
		return MI_READ_HOLE;
	case PAGE_EXCLUDED:
		return MI_READ_EXCLUDED;
	case PAGE_INCOMPLETE:
		return MI_READ_INCOMPLETE;
	case READ_ERROR:
		return why_failed(fd);
	default:
		return got < 0 ? MI_READ_IO : MI_READ_OK;
	}
}

bool mi_host_read_virt(uint64_t va, void *buf, size_t len)
{
	static char label[] = "vmcoreinfo";
	bool ok;

	/* QUIET alone does not silence those who decompress. */
	quiet_begin();
	ok = readmem(va, KVADDR, buf, (long)len, label, RETURN_ON_ERROR | QUIET);
	quiet_end();
	return ok;
}

/* ---- names and facts ---- */

bool mi_host_symbol(const char *name, uint64_t *addr)
{
	if (symbol_name_count((char *)name) != 1)
		return false;
	*addr = symbol_value((char *)name);
	return true;
}

char *mi_host_vmcoreinfo(const char *key)
{
	return pc->read_vmcoreinfo(key);
}

void mi_host_facts(struct mi_host_facts *f)
{
	f->live = ACTIVE();
	f->dumpfile = f->live ? NULL : pc->dumpfile;
	f->flattened = FLAT_FORMAT();
	f->incomplete = is_incomplete_dump();
	f->zero_excluded = *diskdump_flags & ZERO_EXCLUDED;
}

bool mi_host_flat_bytes(int fd, uint64_t off, void *buf, size_t len)
{
	return read_flattened_format(fd, (off_t)off, buf, len);
}

const char *mi_host_vmlinux(unsigned int i)
{
	const char *const paths[] = {pc->namelist_debug, pc->debuginfo_file, pc->namelist};

	for (unsigned int p = 0; p < sizeof(paths) / sizeof(paths[0]); p++)
		if (paths[p] && i-- == 0)
			return paths[p];
	return NULL;
}

bool mi_host_output_closed(void)
{
	return output_closed();
}

/* ---- the command ---- */

/* crash calls this on its way back to the prompt, however it got there. */
static void tidy_up(void *arg)
{
	(void)arg;
	mi_interrupt_end();
	quiet_end();
	pc->cmd_cleanup = NULL;
}

/* crash starts with the task that panicked or, if none did, an idle one. */
static bool current_context(struct mi_request *ask)
{
	if (pc->flags & MINIMAL_MODE) {
		error(INFO, "no current context in minimal mode: give a PID or task address\n");
		return false;
	}
	if (!CURRENT_PID()) {
		error(INFO, "the current context is an idle task, without memory of its own: "
			    "give a PID or task address\n");
		return false;
	}
	ask->whom = MI_WHOM_TASK;
	ask->task = CURRENT_TASK();
	return true;
}

/* "q" in the pager, or "| head": no reason to complain. */
static bool reader_left(void)
{
	return output_closed() ||
	       (ferror(fp) && pc->redirect & (REDIRECT_TO_PIPE | REDIRECT_TO_STDPIPE));
}

static void answer(struct mi_command *cmd)
{
	struct mi_kernel *k;
	struct mi_error err;
	enum mi_status status;
	bool sigint;

	/* stdout stays in error when ^C ends a write to the terminal. */
	clearerr(fp);
	pc->cmd_cleanup = tidy_up;
	mi_interrupt_begin(fileno(fp));
	status = mi_kept_begin(&k, &err);
	if (!status)
		status = mi_command_run(k, cmd, fp, &err);
	mi_kept_end();
	sigint = mi_interrupt_end();
	pc->cmd_cleanup = NULL;
	if (sigint) {
		/* crash closes the file, and would wait for a reader of the rest. */
		__fpurge(fp);
		/* With that, nothing of ours is open: crash may jump. */
		mi_command_free(cmd);
		raise(SIGINT);
	}
	if (status && status != MI_FINDINGS && status != MI_ERR_INTERRUPTED && !reader_left())
		error(INFO, "%s\n", err.text);
}

static void cmd_mmapinfo(void)
{
	struct mi_command cmd;
	struct mi_error err;
	enum mi_status status = mi_command_parse(argcnt, args, true, &cmd, &err);

	if (status == MI_ERR_INVALID)
		error(INFO, "%s (see \"help mmapinfo\")\n", err.text);
	else if (status)
		error(INFO, "%s\n", err.text);
	else if (cmd.help)
		cmd_usage(pc->curcmd, COMPLETE_HELP);
	else if (cmd.version)
		fprintf(fp, "mmapinfo %s\n", MI_VERSION);
	else if (cmd.list)
		mi_command_rules(&cmd, fp);
	else if (cmd.ask.whom != MI_WHOM_NOBODY || current_context(&cmd.ask))
		answer(&cmd);
	mi_command_free(&cmd);
}

/* ---- loading ---- */

static bool is_code_of_crash(void *addr)
{
	Dl_info here, crash;

	return addr && dladdr(addr, &here) && dladdr((void *)register_extension, &crash) &&
	       here.dli_fbase == crash.dli_fbase;
}

/*
 * defs.h has no version. The name of crash's own and the two function pointers around the
 * members used here are where this build expects them, or it does not fit.
 */
static bool abi_fits(void)
{
	return pc->program_version == build_version && is_code_of_crash((void *)pc->readmem) &&
	       is_code_of_crash((void *)pc->read_vmcoreinfo) && pc->nullfp && pc->error_path;
}

static void __attribute__((constructor)) load(void)
{
	static struct command_table_entry commands[] = {
		{"mmapinfo", cmd_mmapinfo, mi_crash_help, MINIMAL},
		{NULL, NULL, NULL, 0},
	};
	static char x86_64[] = "X86_64";

	if (!abi_fits())
		fprintf(fp, "mmapinfo: not loaded: this crash is of another version than the one "
			    "it was built for: build it with this crash's defs.h\n");
	else if (!machine_type(x86_64))
		fprintf(fp, "mmapinfo: not loaded: only dumps of x86_64 are supported\n");
	else
		register_extension(commands);
}

static void __attribute__((destructor)) unload(void)
{
	mi_kept_drop();
}
