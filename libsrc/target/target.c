// SPDX-License-Identifier: GPL-2.0-or-later
/* target.c - opening and closing a target, and what it tells of itself */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "internal.h"

double mi_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

const char *mi_source_inside(const struct mi_target *t, const char *what, char buf[80])
{
	snprintf(buf, 80, "%s in %s", what, t->provider->live ? "memory" : "the dump");
	return buf;
}

void mi_source_note(struct mi_target *t, const char *what, bool ok, double start, const char *where,
		    const char *fmt, ...)
{
	struct mi_source *s;
	va_list ap;

	if (t->n_sources == MI_SOURCES_MAX)
		return;
	s = &t->sources[t->n_sources++];
	s->ok = ok;
	s->ms = mi_now_ms() - start;
	snprintf(s->what, sizeof(s->what), "%s", what);
	snprintf(s->where, sizeof(s->where), "%s", where);
	va_start(ap, fmt);
	vsnprintf(s->detail, sizeof(s->detail), fmt, ap);
	va_end(ap);
}

/* A kernel of 32 bits, by the note in the dump: QEMU for x86-64 gives its own name for that. */
static bool note_is_narrow(struct mi_target *t)
{
	struct mi_vmcoreinfo *vi = NULL;
	char *text = NULL;
	bool narrow;
	size_t len;

	narrow = !t->provider->ops->vmcoreinfo(t->provider, &text, &len, NULL) &&
		 !mi_vmcoreinfo_parse(text, len, &vi, NULL) &&
		 mi_arch_of_text(vi) == &mi_arch_x86_32;
	mi_vmcoreinfo_free(vi);
	free(text);
	return narrow;
}

/* Where the headers do not say, VMCOREINFO will: mi_xlat_init(). */
static enum mi_status set_arch(struct mi_target *t, struct mi_error *err)
{
	const char *arch = t->provider->arch;

	t->arch = arch ? mi_arch_named(arch) : NULL;
	if (arch && !t->arch)
		return mi_fail(err, MI_ERR_UNSUPPORTED,
			       "a dump of architecture %s: only x86_64, aarch64, i386 and arm are "
			       "supported",
			       arch);
	if (t->arch == &mi_arch_x86_64 && note_is_narrow(t))
		t->arch = &mi_arch_x86_32;
	return MI_OK;
}

static enum mi_status gather_facts(struct mi_target *t, struct mi_error *err)
{
	const char *release = mi_vmcoreinfo_line(t->vmcoreinfo, "OSRELEASE");
	uint64_t page_size;

	if (!release)
		return mi_fail(err, MI_ERR_FORMAT, "VMCOREINFO has no OSRELEASE line");
	if (mi_target_number(t, "PAGESIZE", &page_size) && page_size != MI_PAGE_SIZE)
		return mi_fail(err, MI_ERR_UNSUPPORTED,
			       "the dump's kernel has pages of %llu bytes; only 4096 is supported",
			       (unsigned long long)page_size);
	t->facts.release = release;
	t->facts.build_id = mi_vmcoreinfo_line(t->vmcoreinfo, "BUILD-ID");
	t->facts.provider = t->provider->name;
	t->facts.dump_format = t->provider->dump_format;
	t->facts.dump_level = t->provider->dump_level;
	t->facts.absent_may_be_zero = t->provider->absent_may_be_zero;
	t->facts.incomplete = t->provider->incomplete;
	t->facts.why_incomplete = t->provider->incomplete ? t->provider->why_incomplete : NULL;
	t->facts.live = t->provider->live;
	t->facts.page_shift = MI_PAGE_SHIFT;
	t->facts.arch_id = t->arch->arch;
	t->facts.arch = t->arch->name;
	t->facts.tables = t->xlat.of_processes.levels ? &t->xlat.of_processes : &t->xlat.shape;
	t->facts.lowmem_pfn = t->xlat.lowmem >> MI_PAGE_SHIFT;
	t->facts.paging_levels = t->xlat.shape.levels;
	return MI_OK;
}

static enum mi_status open_steps(struct mi_target *t, const struct mi_target_options *opt,
				 struct mi_error *err)
{
	enum mi_status st = mi_memory_init(t, err);

	if (!st)
		st = set_arch(t, err);
	if (!st && opt->vmlinux)
		st = mi_vmlinux_open(opt->vmlinux, &t->vmlinux, err);
	if (!st)
		st = mi_identify(t, err);
	if (!st)
		st = gather_facts(t, err);
	if (!st)
		st = mi_sources_open(t, opt, err);
	return st;
}

enum mi_status mi_target_open(struct mi_provider *provider, const struct mi_target_options *opt,
			      struct mi_target **ret, struct mi_error *err)
{
	static const struct mi_target_options defaults;
	struct mi_target *t = calloc(1, sizeof(*t));
	enum mi_status st;

	if (!t) {
		provider->ops->close(provider);
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	}
	t->provider = provider;
	if (provider->form[0])
		mi_source_note(t, "dump", true, mi_now_ms() - provider->form_ms,
			       "headers of the file", "%s", provider->form);
	st = open_steps(t, opt ? opt : &defaults, err);
	if (st) {
		mi_target_blame(t, st, err);
		mi_target_close(t);
		return st;
	}
	*ret = t;
	return MI_OK;
}

void mi_target_close(struct mi_target *t)
{
	if (!t)
		return;
	mi_sources_close(t);
	mi_vmcoreinfo_free(t->vmcoreinfo);
	mi_memory_free(t);
	t->provider->ops->close(t->provider);
	free(t);
}

enum mi_status mi_target_blame(const struct mi_target *t, enum mi_status status,
			       struct mi_error *err)
{
	if (t->provider->incomplete)
		mi_fail_in(err, "the dump is incomplete: %s", t->provider->why_incomplete);
	return status;
}

bool mi_target_number(struct mi_target *t, const char *key, uint64_t *value)
{
	return mi_vmcoreinfo_number(t->vmcoreinfo, key, value);
}

const struct mi_target_facts *mi_target_facts(const struct mi_target *t)
{
	return &t->facts;
}

size_t mi_target_sources(const struct mi_target *t, const struct mi_source **ret)
{
	*ret = t->sources;
	return t->n_sources;
}

const struct mi_read_stats *mi_target_stats(const struct mi_target *t)
{
	return &t->stats;
}

bool mi_target_interrupted(struct mi_target *t)
{
	return t->provider->ops->interrupted && t->provider->ops->interrupted(t->provider);
}
