// SPDX-License-Identifier: GPL-2.0-or-later
/* module_types.c - loaded modules and their types (kernel/module/, kernel/bpf/btf.c) */
#include <stdio.h>
#include <string.h>

#include "module_types.h"

#define MODULES_MAX 65536
#define MODULE_NAME 56 /* MODULE_NAME_LEN */

/* The text at @addr + @m, an array of char. */
static bool has_name(struct mi_kernel *k, uint64_t addr, const struct mi_member *m,
		     const char *name)
{
	char buf[MODULE_NAME + 8];
	enum mi_read r;

	/* Behind the name there may be anything. */
	r = mi_read_string(k->t, addr + (uint64_t)m->off, buf, sizeof(buf));
	if (r)
		mi_problem_read(&k->problems, "module", addr, r, "types of modules are missing");
	return !r && !strcmp(buf, name);
}

static bool walk(struct mi_kernel *k, struct mi_list *li, uint64_t *node, uint64_t *steps)
{
	if (!mi_list_next(li, node))
		return false;
	if (++*steps <= MODULES_MAX)
		return true;
	mi_problem_bad(&k->problems, li->what, *node, "is longer than it can be",
		       "types of modules are missing");
	return false;
}

bool mi_module_loaded(struct mi_kernel *k, const char *module)
{
	const struct mi_layout *l = &k->l;
	uint64_t node, steps = 0;
	struct mi_list li;

	if (!l->sym_modules || !mi_has(&l->module_list) || !mi_has(&l->module_name))
		return false;
	mi_list_start(&li, k, l->sym_modules, "list of modules");
	while (walk(k, &li, &node, &steps))
		if (has_name(k, node - (uint64_t)l->module_list.off, &l->module_name, module))
			return true;
	return false;
}

static bool keeps_types(const struct mi_layout *l)
{
	return l->sym_btf_modules && mi_has(&l->btfmod_list) && mi_has(&l->btfmod_btf) &&
	       mi_has(&l->btf_name) && mi_has(&l->btf_data) && mi_has(&l->btf_data_size) &&
	       mi_has(&l->btf_start_id) && mi_has(&l->btf_start_string);
}

/* The struct btf of a module; 0: it has none. */
static uint64_t find_btf(struct mi_kernel *k, const char *module)
{
	const struct mi_layout *l = &k->l;
	uint64_t node, btf, steps = 0;
	struct mi_list li;
	enum mi_read r;

	mi_list_start(&li, k, l->sym_btf_modules, "list of modules' types");
	while (walk(k, &li, &node, &steps)) {
		node -= (uint64_t)l->btfmod_list.off;
		r = mi_read_member(k->t, node, &l->btfmod_btf, &btf);
		if (r)
			mi_problem_read(&k->problems, "btf_module", node, r,
					"types of modules are missing");
		else if (has_name(k, btf, &l->btf_name, module))
			return btf;
	}
	return 0;
}

static enum mi_status load_btf(struct mi_kernel *k, uint64_t btf, const char *module,
			       struct mi_btf **ret, struct mi_error *err)
{
	const struct mi_layout *l = &k->l;
	struct mi_module_btf from = {.module = module};
	enum mi_status st;
	enum mi_read r;

	r = mi_read_member(k->t, btf, &l->btf_data, &from.addr);
	if (!r)
		r = mi_read_member(k->t, btf, &l->btf_data_size, &from.size);
	if (!r)
		r = mi_read_member(k->t, btf, &l->btf_start_id, &from.first_id);
	if (!r)
		r = mi_read_member(k->t, btf, &l->btf_start_string, &from.first_string);
	if (r)
		return mi_fail(err, MI_ERR_READ, "types of module %s: %s", module, mi_read_text(r));
	st = mi_types_of_module(k->t, &from, ret, err);
	return st ? mi_fail_in(err, "types of module %s", module) : MI_OK;
}

/* Its types, or why it has none; neither if it is none: then it is built in, or not there. */
static struct mi_btf *own_types(struct mi_kernel *k, const char *module, char *none, size_t size)
{
	uint64_t at = keeps_types(&k->l) ? find_btf(k, module) : 0;
	struct mi_btf *btf = NULL;
	struct mi_error e;

	none[0] = '\0';
	if (at) {
		if (load_btf(k, at, module, &btf, &e))
			snprintf(none, size, "%.119s", e.text);
	} else if (mi_module_loaded(k, module)) {
		snprintf(none, size, "the dump has no types of module %s", module);
	}
	return btf;
}

static bool asked_before(struct mi_module_types *m, const char *module)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		if (!strcmp(m->asked[i], module))
			return true;
	if (m->n < sizeof(m->asked) / sizeof(m->asked[0]))
		snprintf(m->asked[m->n++], sizeof(m->asked[0]), "%s", module);
	return false;
}

void mi_module_types(struct mi_kernel *k, const char *module)
{
	struct mi_btf *btf;
	struct mi_error e;
	char none[120];

	if (asked_before(&k->module_types, module))
		return;
	btf = own_types(k, module, none, sizeof(none));
	/* What fails switches the features off. */
	mi_layout_module(&k->l, k->t, btf, module, *none ? none : NULL, &e);
	mi_btf_free(btf);
}
