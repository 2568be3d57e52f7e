// SPDX-License-Identifier: GPL-2.0-or-later
/* json_prefault.c - how far mappings are faulted in, and what mlock has come to */
#include "json_parts.h"

static const char *const keys[MI_PF_NR] = {
	[MI_PF_POPULATED] = "populated", [MI_PF_READY] = "ready",	[MI_PF_READING] = "reading",
	[MI_PF_TO_READ] = "to_read",	 [MI_PF_SWAPPED] = "swapped",	[MI_PF_FRESH] = "fresh",
	[MI_PF_OTHER] = "other",	 [MI_PF_BEYOND] = "beyond_eof", [MI_PF_UNKNOWN] = "unknown",
};

void mi_json_prefault(struct mi_json *w, const char *key, const struct mi_prefault *pf)
{
	int c;

	mi_json_line_object(w, key);
	for (c = 0; c < MI_PF_NR; c++)
		mi_json_u64(w, keys[c], pf->n[c]);
	if (pf->mlock_unknown)
		mi_json_null(w, "mlocked");
	else
		mi_json_u64(w, "mlocked", pf->mlocked);
	mi_json_u64(w, "held", pf->held);
	mi_json_object_end(w);
}

void mi_json_mapping_prefault(struct mi_json *w, const struct mi_process *p,
			      const struct mi_mapping *m)
{
	enum mi_mlock_state state = mi_mlock_state(p->k, &m->vma, &m->prefault);

	mi_json_prefault(w, "prefault", &m->prefault);
	if (state == MI_MLOCK_NONE)
		return;
	mi_json_line_object(w, "mlock");
	mi_json_text(w, "state", mi_mlock_word(state));
	mi_json_u64(w, "holes", mi_prefault_holes(&m->prefault));
	mi_json_text(w, "text", mi_mlock_text(state));
	mi_json_object_end(w);
}

static bool put_run(void *arg, const struct mi_prefault_run *run)
{
	struct mi_json *w = arg;

	mi_json_line_object(w, NULL);
	mi_json_hex(w, "va", run->va);
	mi_json_u64(w, "pgoff", run->pgoff);
	mi_json_u64(w, "pages", run->n);
	mi_json_text(w, "state", mi_prefault_word(run->cls));
	if (run->mlocked)
		mi_json_bool(w, "mlocked", true);
	if (run->held)
		mi_json_bool(w, "held", true);
	mi_json_object_end(w);
	return !mi_json_failed(w);
}

enum mi_status mi_json_prefault_runs(struct mi_json *w, struct mi_process *p,
				     const struct mi_mapping *m, struct mi_error *err)
{
	enum mi_status st;

	mi_json_array(w, "prefault_runs");
	st = mi_prefault_runs(p, m, put_run, w, err);
	mi_json_array_end(w);
	return st;
}
