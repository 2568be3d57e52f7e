// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * btf_module.c - the BTF of a module, as the kernel keeps it in memory
 *
 * Its ids and strings go on from those of the kernel. Also where the module was
 * built apart from the kernel: then it came with types of its own to stand on, and
 * was changed in memory to stand on the kernel's when it was loaded (since 6.12).
 */
#include <stdlib.h>

#include "internal.h"

/* The largest seen is 1 MB; those of graphics drivers may have some. */
#define MODULE_BTF_MAX (32U << 20)

static enum mi_status load(struct mi_target *t, const struct mi_module_btf *from,
			   const struct mi_btf *base, struct mi_btf **ret, struct mi_error *err)
{
	uint32_t id, string;
	enum mi_read r;
	void *blob;

	if (!from->size || from->size > MODULE_BTF_MAX)
		return mi_fail(err, MI_ERR_FORMAT, "implausible size");
	mi_btf_end(base, &id, &string);
	if (from->first_id != id || from->first_string != string)
		return mi_fail(err, MI_ERR_FORMAT, "it does not go on where the kernel's ends");
	blob = malloc(from->size);
	if (!blob)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	r = mi_read_virt(t, from->addr, blob, from->size);
	if (r) {
		free(blob);
		return mi_fail(err, MI_ERR_READ, "%s", mi_read_text(r));
	}
	return mi_btf_parse_on(base, blob, from->size, ret, err);
}

enum mi_status mi_types_of_module(struct mi_target *t, const struct mi_module_btf *from,
				  struct mi_btf **ret, struct mi_error *err)
{
	double start = mi_now_ms();
	struct mi_type_source_info info;
	const struct mi_btf *base;
	enum mi_status st;
	char where[96];

	snprintf(where, sizeof(where), "BTF of module %.60s in the dump", from->module);
	base = mi_types_base(t, err);
	st = base ? load(t, from, base, ret, err) : mi_fail_in(err, "the kernel's BTF");
	if (st) {
		mi_source_note(t, "types", false, start, where, "%s", err->text);
		return st;
	}
	mi_btf_info(*ret, &info);
	mi_source_note(t, "types", true, start, where, "%llu types, %llu bytes",
		       (unsigned long long)info.types, (unsigned long long)info.bytes);
	return MI_OK;
}
