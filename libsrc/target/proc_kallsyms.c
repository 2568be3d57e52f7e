// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * proc_kallsyms.c - symbols of the running kernel, as it prints them
 *
 * Those of modules, which have a name in brackets behind theirs, are found as in a dump: modules.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

#define LINE_MAX_LEN 1024 /* KSYM_NAME_LEN is 512 */

static enum mi_status add_lines(FILE *f, struct mi_symtab *tab, struct mi_error *err)
{
	unsigned long long addr;
	char line[LINE_MAX_LEN], type;
	enum mi_status st = MI_OK;
	bool hidden = true;
	int at, end;

	while (!st && fgets(line, sizeof(line), f)) {
		end = 0;
		if (strchr(line, '[') ||
		    sscanf(line, "%llx %c %n%*s%n", &addr, &type, &at, &end) != 2 || !end)
			continue;
		hidden &= !addr;
		st = mi_symtab_add(tab, line + at, (size_t)(end - at), type, addr, err);
	}
	if (!st && hidden)
		st = mi_fail(err, MI_ERR_MISSING,
			     "addresses are hidden (kptr_restrict, or CAP_SYSLOG is not there)");
	return st;
}

enum mi_status mi_proc_kallsyms(struct mi_symtab **ret, struct mi_error *err)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	struct mi_symtab *tab;
	enum mi_status st;

	if (!f)
		return mi_fail(err, MI_ERR_MISSING, "%s", strerror(errno));
	tab = mi_symtab_new();
	st = tab ? add_lines(f, tab, err) : mi_fail(err, MI_ERR_NOMEM, "out of memory");
	fclose(f);
	if (st) {
		mi_symtab_free(tab);
		return st;
	}
	*ret = tab;
	return MI_OK;
}
