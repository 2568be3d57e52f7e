// SPDX-License-Identifier: GPL-2.0-or-later
/* session.c - the public interface: mmapinfo.h */
#include <stdlib.h>
#include <string.h>

#include "command.h"

#ifndef MI_VERSION
#define MI_VERSION "unknown"
#endif

struct mi_session {
	struct mi_target *t;
	struct mi_kernel *k;
};

const char *mi_version(void)
{
	return MI_VERSION;
}

/*
 * Take over a structure of a caller built with an older or newer header: what
 * it lacks is zero, what is unknown here must be zero.
 */
static enum mi_status take(void *to, size_t room, const void *from, size_t size,
			   struct mi_error *err)
{
	const unsigned char *bytes = from;
	size_t i;

	if (size < sizeof(size))
		return mi_fail(err, MI_ERR_INVALID, "the size member is not set");
	for (i = room; i < size; i++)
		if (bytes[i])
			return mi_fail(err, MI_ERR_UNSUPPORTED,
				       "this version of the library is older than what is asked");
	memset(to, 0, room);
	memcpy(to, from, size < room ? size : room);
	return MI_OK;
}

static enum mi_status target_options(const struct mi_session_options *opt,
				     struct mi_target_options *ret, struct mi_error *err)
{
	struct mi_session_options o = {0};
	enum mi_status st;

	memset(ret, 0, sizeof(*ret));
	if (!opt)
		return MI_OK;
	st = take(&o, sizeof(o), opt, opt->size, err);
	if (st)
		return st;
	if (o.types == MI_TYPES_DUMP && o.vmlinux)
		return mi_fail(err, MI_ERR_INVALID, "types of the dump alone, and a vmlinux given");
	if (o.types > MI_TYPES_DUMP && !o.vmlinux)
		return mi_fail(err, MI_ERR_INVALID, "types of a vmlinux, and none given");
	ret->vmlinux = o.vmlinux;
	ret->no_dump_types = o.types == MI_TYPES_VMLINUX || o.types == MI_TYPES_DWARF;
	ret->no_vmlinux_btf = o.types == MI_TYPES_DWARF;
	return MI_OK;
}

enum mi_status mi_session_open(const char *vmcore, const struct mi_session_options *opt,
			       struct mi_session **ret, struct mi_error *err)
{
	struct mi_target_options options;
	struct mi_provider *provider;
	struct mi_session *s;
	enum mi_status st;

	st = target_options(opt, &options, err);
	if (st)
		return st;
	s = calloc(1, sizeof(*s));
	if (!s)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	st = mi_kdump_open(vmcore, &provider, err);
	if (!st)
		st = mi_target_open(provider, &options, &s->t, err);
	if (!st)
		st = mi_kernel_open(s->t, NULL, &s->k, err);
	if (st) {
		mi_session_close(s);
		return st;
	}
	*ret = s;
	return MI_OK;
}

void mi_session_close(struct mi_session *s)
{
	if (!s)
		return;
	if (s->k)
		mi_kernel_close(s->k);
	if (s->t)
		mi_target_close(s->t);
	free(s);
}

enum mi_status mi_session_run(struct mi_session *s, const struct mi_request *req, FILE *out,
			      struct mi_error *err)
{
	struct mi_request ask;
	enum mi_status st = take(&ask, sizeof(ask), req, req->size, err);

	return st ? st : mi_request_run(s->k, &ask, out, err);
}
