// SPDX-License-Identifier: GPL-2.0-or-later
/* fuzz_btf.c - libFuzzer: any bytes as BTF, then queries that reach every part of it */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mi_type_query queries[] = {
		{.kind = MI_QUERY_SIZE, .type = "outer"},
		{.kind = MI_QUERY_SIZE, .type = "outer_t"},
		{.kind = MI_QUERY_MEMBER, .type = "outer", .member = "a"},
		{.kind = MI_QUERY_MEMBER, .type = "outer", .member = "y"},
		{.kind = MI_QUERY_MEMBER, .type = "outer", .member = "pair.second"},
		{.kind = MI_QUERY_MEMBER, .type = "outer", .member = "pointer"},
		{.kind = MI_QUERY_MEMBER, .type = "outer_t", .member = "none"},
		{.kind = MI_QUERY_MEMBER, .type = "a", .member = "a.a.a"},
		{.kind = MI_QUERY_ENUMERATOR, .member = "RED"},
		{.kind = MI_QUERY_ENUMERATOR, .member = "none"},
	};
	struct mi_btf *btf;
	struct mi_error err;
	uint8_t *blob = malloc(size ? size : 1);

	if (!blob)
		return 0;
	memcpy(blob, data, size);
	if (mi_btf_parse(blob, size, &btf, &err))
		return 0;
	mi_btf_resolve(btf, queries, sizeof(queries) / sizeof(queries[0]), &err);
	mi_btf_free(btf);
	return 0;
}
