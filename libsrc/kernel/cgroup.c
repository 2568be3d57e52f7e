// SPDX-License-Identifier: GPL-2.0-or-later
/* cgroup.c - names of cgroups */
#include "cgroup.h"

#define DEPTH_MAX 64
#define NAME_MAX_BYTES 256

/* True if it was read; a cgroup without its name must not look like one that is gone. */
static bool was_read(struct mi_kernel *k, const char *what, uint64_t addr, enum mi_read r)
{
	if (r)
		mi_problem_read(&k->problems, what, addr, r, "names of cgroups are missing");
	return !r;
}

/* Puts "/name" in front of what begins at @at. */
static bool prepend(struct mi_kernel *k, uint64_t node, char *buf, size_t *at)
{
	char name[NAME_MAX_BYTES];
	uint64_t text;
	enum mi_read r;
	size_t n;

	r = mi_read_member(k->t, node, &k->l.kernfs_name, &text);
	if (!r)
		r = mi_read_string(k->t, text, name, sizeof(name));
	if (!was_read(k, "kernfs_node", node, r))
		return false;
	n = strlen(name);
	if (!n || n + 1 > *at)
		return false;
	*at -= n + 1;
	buf[*at] = '/';
	memcpy(buf + *at + 1, name, n);
	return true;
}

static bool build(struct mi_kernel *k, uint64_t node, char *buf, size_t size)
{
	size_t at = size - 1;
	uint64_t parent;
	int depth;

	buf[at] = '\0';
	for (depth = 0; depth < DEPTH_MAX; depth++, node = parent) {
		if (!was_read(k, "kernfs_node", node,
			      mi_read_member(k->t, node, &k->l.kernfs_parent, &parent)))
			return false;
		/* The root's own name is empty. */
		if (!parent)
			break;
		if (!prepend(k, node, buf, &at))
			return false;
	}
	if (depth == DEPTH_MAX)
		return false;
	if (at == size - 1)
		buf[--at] = '/';
	memmove(buf, buf + at, size - at);
	return true;
}

bool mi_memcg_path(struct mi_kernel *k, uint64_t memcg, char *buf, size_t size)
{
	const struct mi_layout *l = &k->l;
	uint64_t cgroup, node;

	buf[0] = '\0';
	if (!mi_has(&l->memcg_cgroup) || !mi_has(&l->cgroup_kn) || !mi_has(&l->kernfs_name) ||
	    !mi_has(&l->kernfs_parent) ||
	    !was_read(k, "mem_cgroup", memcg,
		      mi_read_member(k->t, memcg, &l->memcg_cgroup, &cgroup)) ||
	    !cgroup ||
	    !was_read(k, "cgroup", cgroup, mi_read_member(k->t, cgroup, &l->cgroup_kn, &node)) ||
	    !node)
		return false;
	if (build(k, node, buf, size))
		return true;
	buf[0] = '\0';
	return false;
}
