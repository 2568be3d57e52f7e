// SPDX-License-Identifier: GPL-2.0-or-later
/* text_mapping.c - which mapping it is: a title above its pages, the first columns of a row */
#include <inttypes.h>

#include "escape.h"
#include "output.h"
#include "table.h"

void mi_text_title(const struct mi_mapping *m, FILE *out)
{
	char perm[5];

	mi_vma_permissions(&m->vma, perm);
	fprintf(out, "\n%" PRIx64 "-%" PRIx64 " %s  ", m->vma.start, m->vma.end, perm);
	if (*m->name)
		mi_put_escaped(out, m->name);
	else
		fputs(m->vma.file ? "?" : "anonymous", out);
}

void mi_range_columns(struct mi_table *t)
{
	mi_table_right(t, "START");
	mi_table_right(t, "END");
	mi_table_left(t, "PERM");
}

void mi_range_cells(struct mi_table *t, uint64_t start, uint64_t end, const struct mi_vma *vma)
{
	char perm[5];

	mi_vma_permissions(vma, perm);
	mi_table_cell(t, "%" PRIx64, start);
	mi_table_cell(t, "%" PRIx64, end);
	mi_table_cell(t, "%s", perm);
}
