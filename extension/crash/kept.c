// SPDX-License-Identifier: GPL-2.0-or-later
/* kept.c - the kernel that is kept from one command to the next */
#include <stdio.h>

#include "host.h"
#include "kept.h"
#include "provider.h"

static struct {
	bool busy;
	struct mi_target *t;
	struct mi_kernel *k;
} kept;

/* Pointers are forgotten before what they point to is freed: ^C may come any time. */
static void drop(void)
{
	struct mi_kernel *k = kept.k;
	struct mi_target *t = kept.t;

	kept.k = NULL;
	kept.t = NULL;
	if (k)
		mi_kernel_close(k);
	mi_target_close(t);
}

static enum mi_status open_target(const char *vmlinux, struct mi_error *err)
{
	struct mi_target_options opt = {.vmlinux = vmlinux};
	struct mi_provider *p;
	enum mi_status st = mi_crash_provider(&p, err);

	return st ? st : mi_target_open(p, &opt, &kept.t, err);
}

/*
 * The dump's own types need no vmlinux, and reading one takes time. If there
 * are none, crash has the file; what is said then is why that did not help.
 */
static enum mi_status open_kernel(struct mi_error *err)
{
	enum mi_status st = open_target(NULL, err);
	const char *vmlinux;
	unsigned int i;

	for (i = 0; st == MI_ERR_MISSING && (vmlinux = mi_host_vmlinux(i)); i++)
		st = open_target(vmlinux, err);
	return st ? st : mi_kernel_open(kept.t, NULL, &kept.k, err);
}

enum mi_status mi_kept_begin(struct mi_kernel **ret, struct mi_error *err)
{
	struct mi_host_facts f;
	enum mi_status st = MI_OK;

	if (kept.busy) {
		kept.k = NULL;
		kept.t = NULL;
	}
	kept.busy = true;
	mi_host_facts(&f);
	if (f.live)
		drop();
	if (!kept.k) {
		st = open_kernel(err);
		if (st)
			drop();
	}
	*ret = kept.k;
	return st;
}

void mi_kept_end(void)
{
	kept.busy = false;
}

void mi_kept_drop(void)
{
	if (!kept.busy)
		drop();
}
