// SPDX-License-Identifier: GPL-2.0-or-later
/* session.c - the public interface: mmapinfo.h */
#include <stdlib.h>
#include <string.h>

#include "../target/drgn.h"
#include "command.h"
#include "session.h"

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

static enum mi_status take_options(const struct mi_session_options *opt,
				   struct mi_session_options *o, struct mi_error *err)
{
	enum mi_status st = MI_OK;

	memset(o, 0, sizeof(*o));
	if (opt)
		st = take(o, sizeof(*o), opt, opt->size, err);
	if (st)
		return st;
	if (o->types == MI_TYPES_DUMP && o->vmlinux)
		return mi_fail(err, MI_ERR_INVALID, "types of the dump alone, and a vmlinux given");
	if (o->types > MI_TYPES_DUMP && !o->vmlinux)
		return mi_fail(err, MI_ERR_INVALID, "types of a vmlinux, and none given");
	if (o->via > MI_VIA_DRGN || (o->library && o->via != MI_VIA_DRGN))
		return mi_fail(err, MI_ERR_INVALID, "a way to read memory that there is not");
	if (o->via == MI_VIA_DRGN && o->n_more)
		return mi_fail(err, MI_ERR_UNSUPPORTED,
			       "drgn does not read the parts of a split dump: join them: "
			       "makedumpfile --reassemble PART... NEW");
	return MI_OK;
}

static enum mi_status open_dump(const char *vmcore, const struct mi_session_options *o,
				struct mi_provider **ret, struct mi_error *err)
{
	struct mi_kdump_files files = {
		.n = 1 + o->n_more, .progress = o->progress, .progress_arg = o->progress_arg};
	const char **paths = calloc(files.n, sizeof(*paths));
	enum mi_status st;

	if (!paths)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	paths[0] = vmcore;
	if (o->n_more)
		memcpy(paths + 1, o->more, o->n_more * sizeof(*paths));
	files.paths = paths;
	st = mi_kdump_open_files(&files, ret, err);
	free(paths);
	return st;
}

static enum mi_status open_provider(const char *vmcore, const struct mi_session_options *o,
				    struct mi_provider **ret, struct mi_error *err)
{
	if (o->via == MI_VIA_DRGN)
		return mi_drgn_open(vmcore, o->library, o->progress, o->progress_arg, ret, err);
	return vmcore ? open_dump(vmcore, o, ret, err) : mi_kcore_open(ret, err);
}

enum mi_status mi_session_open(const char *vmcore, const struct mi_session_options *opt,
			       struct mi_session **ret, struct mi_error *err)
{
	struct mi_target_options target = {0};
	struct mi_session_options o;
	struct mi_provider *provider = NULL;
	struct mi_session *s;
	enum mi_status st;

	st = take_options(opt, &o, err);
	if (st)
		return st;
	target.vmlinux = o.vmlinux;
	target.no_dump_types = o.types == MI_TYPES_VMLINUX || o.types == MI_TYPES_DWARF;
	target.no_vmlinux_btf = o.types == MI_TYPES_DWARF;
	s = calloc(1, sizeof(*s));
	if (!s)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	st = open_provider(vmcore, &o, &provider, err);
	if (!st)
		st = mi_target_open(provider, &target, &s->t, err);
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

struct mi_kernel *mi_session_kernel(struct mi_session *s)
{
	return s->k;
}

enum mi_status mi_request_take(struct mi_request *ret, const struct mi_request *req,
			       struct mi_error *err)
{
	return take(ret, sizeof(*ret), req, req->size, err);
}

enum mi_status mi_session_pid(struct mi_session *s, const struct mi_request *req, int32_t *ret,
			      struct mi_error *err)
{
	struct mi_request ask;
	enum mi_status st = mi_request_take(&ask, req, err);

	if (st)
		return st;
	memset(&s->k->problems, 0, sizeof(s->k->problems));
	mi_target_refresh(s->k->t);
	st = mi_request_translate(s->k, &ask, err);
	if (!st)
		*ret = ask.pid;
	return st;
}

enum mi_status mi_session_run(struct mi_session *s, const struct mi_request *req, FILE *out,
			      struct mi_error *err)
{
	struct mi_request ask;
	enum mi_status st = mi_request_take(&ask, req, err);

	return st ? st : mi_request_run(s->k, &ask, out, err);
}
