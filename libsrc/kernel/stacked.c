// SPDX-License-Identifier: GPL-2.0-or-later
/* stacked.c - what a disk of device mapper, md or loop is */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "module_types.h"
#include "stacked.h"

#define TARGETS_MAX 65536
#define DMF_SUSPENDED 1 /* drivers/md/dm-core.h: a macro, the same since 2.6 */
#define EFFECT "what a stacked disk is is missing"

static const struct {
	const char *word, *module, *prefix; /* of its disks' names */
	enum mi_feature feature;
} kinds[MI_STACK_NR] = {
	[MI_STACK_DM] = {"dm", "dm_mod", "dm-", MI_F_DM},
	[MI_STACK_MD] = {"md", "md_mod", "md", MI_F_MD},
	[MI_STACK_LOOP] = {"loop", "loop", "loop", MI_F_LOOP},
};

const char *mi_stack_word(enum mi_stack_kind kind)
{
	return kind < MI_STACK_NR ? kinds[kind].word : NULL;
}

static void unread(struct mi_kernel *k, const char *what, uint64_t addr, enum mi_read r)
{
	mi_problem_read(&k->problems, what, addr, r, EFFECT);
}

/* A word of the kernel's own at @addr: ASCII, and no longer than fits. */
static bool word_at(struct mi_kernel *k, uint64_t addr, char *buf, size_t size)
{
	char *c;

	if (!addr || mi_read_string(k->t, addr, buf, size))
		buf[0] = '\0';
	for (c = buf; *c; c++)
		if (!isgraph((unsigned char)*c))
			*c = '?';
	return buf[0] != '\0';
}

/* ---- the driver ---- */

static void load_driver(struct mi_kernel *k, uint64_t disk, char buf[MI_STACK_DRIVER])
{
	const struct mi_layout *l = &k->l;
	uint64_t fops, module;

	buf[0] = '\0';
	if (!mi_has(&l->disk_fops) || !mi_has(&l->fops_module) || !mi_has(&l->module_name) ||
	    mi_read_member(k->t, disk, &l->disk_fops, &fops) || !fops ||
	    mi_read_member(k->t, fops, &l->fops_module, &module) || !module)
		return;
	word_at(k, module + (uint64_t)l->module_name.off, buf, MI_STACK_DRIVER);
}

/* By its driver; where that is built in, by the name that such disks have: to be proved. */
static enum mi_stack_kind kind_of(const struct mi_disk *d, const char *driver)
{
	size_t i;

	for (i = MI_STACK_NONE + 1; i < MI_STACK_NR; i++) {
		size_t n = strlen(kinds[i].prefix);

		if (*driver ? !strcmp(driver, kinds[i].module)
			    : !strncmp(d->name, kinds[i].prefix, n) &&
				      isdigit((unsigned char)d->name[n]))
			return (enum mi_stack_kind)i;
	}
	return MI_STACK_NONE;
}

/* ---- device mapper ---- */

void mi_dm_targets(struct mi_kernel *k, const struct mi_stacked *s, mi_dm_target_fn fn, void *arg)
{
	const struct mi_layout *l = &k->l;
	uint64_t targets, i, at, type, name;
	unsigned char raw[512];
	char text[MI_STACK_TEXT];
	enum mi_read r;

	if (!s->known || s->kind != MI_STACK_DM || !s->table)
		return;
	r = mi_read_member(k->t, s->table, &l->dm_table_targets, &targets);
	if (r)
		unread(k, "dm_table", s->table, r);
	for (i = 0; !r && i < s->n_targets; i++) {
		at = targets + i * l->size_dm_target;
		r = mi_read_virt(k->t, at, raw, l->size_dm_target);
		if (r) {
			unread(k, "dm_target", at, r);
			return;
		}
		if (mi_get(raw, &l->dm_target_table) != s->table) {
			mi_problem_bad(&k->problems, "dm_target", at, "is of another table",
				       EFFECT);
			return;
		}
		type = mi_get(raw, &l->dm_target_type);
		if (mi_read_member(k->t, type, &l->dm_type_name, &name) ||
		    !word_at(k, name, text, sizeof(text)))
			mi_problem_bad(&k->problems, "dm_target", at, "has a type without a name",
				       EFFECT);
		fn(arg, at, raw, text);
	}
}

/* Their bios go on to others as they are, or as clones that share the pages. */
static bool same_pages(const char *target)
{
	static const char *const same[] = {"linear", "striped", "delay", "flakey",
					   "zero",   "error",	"thin",	 "multipath"};
	size_t i;

	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (!strcmp(target, same[i]))
			return true;
	return false;
}

/* Each kind of target once. */
static void add_target(void *arg, uint64_t addr, const void *raw, const char *type)
{
	struct mi_stacked *s = arg;
	size_t n = strlen(s->what), len = strlen(type);
	const char *at = s->what;

	(void)addr;
	(void)raw;
	if (!len) {
		s->pages = MI_STACK_PAGES_UNKNOWN;
		return;
	}
	if (!same_pages(type) && s->pages == MI_STACK_SAME_PAGES)
		s->pages = MI_STACK_OWN_PAGES;
	while (*at) {
		if (!strncmp(at, type, len) && (at[len] == ',' || !at[len]))
			return;
		at += strcspn(at, ",");
		at += *at == ',';
	}
	if (n + len + 2 <= sizeof(s->what))
		sprintf(s->what + n, "%s%s", n ? "," : "", type);
}

static void load_name(struct mi_kernel *k, struct mi_stacked *s)
{
	const struct mi_layout *l = &k->l;
	uint64_t cell, md, name;

	/* NULL while the device is being made or removed. */
	if (mi_read_member(k->t, s->addr, &l->md_interface, &cell) || !cell)
		return;
	if (mi_read_member(k->t, cell, &l->dm_hash_md, &md) || md != s->addr ||
	    mi_read_member(k->t, cell, &l->dm_hash_name, &name) ||
	    mi_read_string(k->t, name, s->name, sizeof(s->name)))
		s->name[0] = '\0';
}

static enum mi_read load_dm(struct mi_kernel *k, struct mi_stacked *s)
{
	const struct mi_layout *l = &k->l;
	uint64_t flags, md;
	enum mi_read r;

	r = mi_read_member(k->t, s->addr, &l->md_flags, &flags);
	if (!r)
		r = mi_read_member(k->t, s->addr, &l->md_map, &s->table);
	if (r)
		return r;
	s->suspended = flags >> DMF_SUSPENDED & 1;
	load_name(k, s);
	if (!s->table)
		return MI_READ_OK;
	r = mi_read_member(k->t, s->table, &l->dm_table_md, &md);
	if (!r)
		r = mi_read_member(k->t, s->table, &l->dm_table_n, &s->n_targets);
	if (r)
		return r;
	if (md != s->addr || s->n_targets > TARGETS_MAX) {
		mi_problem_bad(&k->problems, "dm_table", s->table, "is none", EFFECT);
		s->table = 0;
		s->pages = MI_STACK_PAGES_UNKNOWN;
		return MI_READ_OK;
	}
	mi_dm_targets(k, s, add_target, s);
	return MI_READ_OK;
}

/* ---- md, loop ---- */

static enum mi_read load_md(struct mi_kernel *k, struct mi_stacked *s)
{
	const struct mi_layout *l = &k->l;
	uint64_t pers, name, level;
	enum mi_read r;

	r = mi_read_member(k->t, s->addr, &l->mddev_pers, &pers);
	if (!r)
		r = mi_read_member(k->t, s->addr, &l->mddev_level, &level);
	if (r)
		return r;
	/* Parity is computed from copies; the others hand on what they get. */
	s->pages = (int32_t)level >= 4 && level != 10 ? MI_STACK_OWN_PAGES : MI_STACK_SAME_PAGES;
	/* Not running: it has none. */
	if (pers && !mi_read_member(k->t, pers, &l->md_pers_name, &name))
		word_at(k, name, s->what, sizeof(s->what));
	return MI_READ_OK;
}

static enum mi_read load_loop(struct mi_kernel *k, struct mi_stacked *s)
{
	enum mi_read r = mi_read_member(k->t, s->addr, &k->l.loop_file, &s->file);

	/* Read and written through the file, mostly by way of its page cache. */
	s->pages = MI_STACK_OWN_PAGES;
	return r ? r : mi_read_member(k->t, s->addr, &k->l.loop_offset, &s->offset);
}

/* ---- all ---- */

/* The structure behind the disk, if it points back to it. */
static bool find(struct mi_kernel *k, uint64_t disk, const struct mi_member *back,
		 struct mi_stacked *s)
{
	uint64_t addr, is;
	enum mi_read r;

	r = mi_read_member(k->t, disk, &k->l.disk_private, &addr);
	if (!r)
		r = mi_read_member(k->t, addr, back, &is);
	if (r || is != disk) {
		if (r)
			unread(k, "gendisk's private data", disk, r);
		else
			mi_problem_bad(&k->problems, "gendisk's private data", disk,
				       "does not know the disk", EFFECT);
		return false;
	}
	s->addr = addr;
	return true;
}

void mi_stacked_load(struct mi_kernel *k, const struct mi_disk *d, struct mi_stacked *ret)
{
	const struct mi_layout *l = &k->l;
	const struct mi_member *back[MI_STACK_NR] = {NULL, &l->md_disk, &l->mddev_disk,
						     &l->loop_disk};
	enum mi_read r;

	memset(ret, 0, sizeof(*ret));
	load_driver(k, d->addr, ret->driver);
	ret->kind = kind_of(d, ret->driver);
	if (ret->kind == MI_STACK_NONE)
		return;
	ret->pages = MI_STACK_PAGES_UNKNOWN;
	mi_module_types(k, kinds[ret->kind].module);
	if (!mi_has(&l->disk_private) && mi_feature(k, kinds[ret->kind].feature, NULL)) {
		k->l.off[kinds[ret->kind].feature] = true;
		memcpy(k->l.why[kinds[ret->kind].feature], "gendisk.private_data is missing", 32);
	}
	if (!mi_feature(k, kinds[ret->kind].feature, NULL) ||
	    !find(k, d->addr, back[ret->kind], ret))
		return;
	ret->known = true;
	ret->pages = MI_STACK_SAME_PAGES;
	r = ret->kind == MI_STACK_DM   ? load_dm(k, ret)
	    : ret->kind == MI_STACK_MD ? load_md(k, ret)
				       : load_loop(k, ret);
	if (!r)
		return;
	unread(k, kinds[ret->kind].word, ret->addr, r);
	ret->known = false;
	ret->pages = MI_STACK_PAGES_UNKNOWN;
}
