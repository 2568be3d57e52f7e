// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * identify.c - which kernel the dump is of: VMCOREINFO, and the proof that it fits
 *
 * Normally the note in the dump's headers says it, and the dump's memory agrees. If
 * the note is missing, damaged or another kernel's, the memory is searched for the
 * text that the kernel itself keeps.
 *
 * A text is proved by the page tables that it leads to: they must map _stext where
 * it says. What it calls the release must stand in init_uts_ns. Among several
 * texts the proof decides, never the order in which they lie.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "vmcoreinfo_scan.h"
#include "vmlinux_identity.h"

enum proof {
	PROOF_NONE,
	PROOF_TABLES, /* page tables fit, but memory has another release */
	PROOF_ALL,
};

struct identity {
	enum proof proof;
	uint64_t pa; /* of the text, if it was found in memory */
	char *text;
	size_t len;
	struct mi_vmcoreinfo *vi;
	struct mi_xlat xlat;
	double ms; /* that the proof took */
};

struct search {
	struct mi_target *t;
	struct identity note;  /* vi: NULL if there is none to use */
	struct mi_error doubt; /* why the note will not do */

	/* For each degree of proof two texts that differ: one more changes nothing. */
	struct identity found[PROOF_ALL + 1][2];
	size_t n_unproved;
	struct mi_error unproved; /* why the last of them is not */
	struct mi_page_search scan;
};

static void drop(struct identity *id)
{
	mi_vmcoreinfo_free(id->vi);
	free(id->text);
	memset(id, 0, sizeof(*id));
}

/* ---- proof ---- */

static bool read_by(struct mi_target *t, const struct mi_xlat *x, uint64_t va, void *buf,
		    size_t len)
{
	uint8_t *to = buf;

	while (len) {
		size_t part = MI_PAGE_SIZE - (va & (MI_PAGE_SIZE - 1));
		uint64_t pa;

		part = part < len ? part : len;
		if (mi_xlat_walk(t, x, va, &pa) || mi_read_phys(t, pa, to, part))
			return false;
		va += part;
		to += part;
		len -= part;
	}
	return true;
}

/*
 * The release in init_uts_ns, "" if it cannot be told. The member's place is in
 * VMCOREINFO since 5.11; before, it is known by the system's name, which comes
 * first in struct new_utsname.
 */
static void release_in_memory(struct mi_target *t, const struct identity *id, char buf[65])
{
	enum {
		FIELD = 65,
		LATEST = 64
	};
	char uts[LATEST + 3 * FIELD];
	uint64_t va, at;

	buf[0] = '\0';
	if (!mi_vmcoreinfo_number(id->vi, "SYMBOL(init_uts_ns)", &va))
		return;
	if (mi_vmcoreinfo_number(id->vi, "OFFSET(uts_namespace.name)", &at)) {
		if (at > 4096 || !read_by(t, &id->xlat, va + at, uts, sizeof(uts)))
			return;
		at = 0;
	} else {
		if (!read_by(t, &id->xlat, va, uts, sizeof(uts)))
			return;
		for (at = 0; at <= LATEST && memcmp(uts + at, "Linux", 6); at += 4)
			;
	}
	if (at <= LATEST && !memcmp(uts + at, "Linux", 6) && memchr(uts + at + 2 * FIELD, 0, FIELD))
		memcpy(buf, uts + at + 2 * FIELD, FIELD);
}

/* @search: also where VMCOREINFO does not tell where the kernel lies. */
static void prove(struct mi_target *t, struct identity *id, bool search, struct mi_error *why)
{
	const char *release = mi_vmcoreinfo_line(id->vi, "OSRELEASE");
	double start = mi_now_ms();
	char in_memory[65];
	enum mi_status st;

	id->proof = PROOF_NONE;
	st = mi_xlat_init(t, id->vi, search, &id->xlat, why);
	id->ms = mi_now_ms() - start;
	if (st)
		return;
	id->proof = PROOF_TABLES;
	release_in_memory(t, id, in_memory);
	if (!release || !in_memory[0] || !strcmp(in_memory, release))
		id->proof = PROOF_ALL;
	else
		mi_fail(why, MI_ERR_MISMATCH, "it is of release %.70s, the kernel in memory is %s",
			release, in_memory);
}

/* ---- the note ---- */

/* Sets s->doubt if it will not do; s->note is what can be had of it. */
static void look_at_note(struct search *s)
{
	struct mi_provider *p = s->t->provider;
	struct identity *n = &s->note;

	if (p->ops->vmcoreinfo(p, &n->text, &n->len, &s->doubt)) {
		n->text = NULL;
		return;
	}
	if (mi_vmcoreinfo_parse(n->text, n->len, &n->vi, &s->doubt))
		return;
	prove(s->t, n, true, &s->doubt);
	/* Of a kind that no other text changes. */
	if (s->doubt.status == MI_ERR_UNSUPPORTED)
		return;
	if (mi_vmcoreinfo_check(n->text, n->len, &s->doubt))
		mi_fail_in(&s->doubt, "the note is damaged");
	else if (n->proof != PROOF_ALL)
		mi_fail_in(&s->doubt, "the note does not fit the dump");
}

/* ---- the search ---- */

/* The kernel appends lines, the last when it crashes: one text begins like the other. */
static bool same_kernel(const struct identity *a, const char *text, size_t len)
{
	return !memcmp(a->text, text, a->len < len ? a->len : len);
}

/* Takes @id over. Of the copies of one kernel the longest is kept. */
static void keep(struct search *s, struct identity *id)
{
	struct identity *slot = s->found[id->proof];

	for (int i = 0; i < 2; i++) {
		if (slot[i].vi && !same_kernel(&slot[i], id->text, id->len))
			continue;
		if (slot[i].len < id->len) {
			drop(&slot[i]);
			slot[i] = *id;
			return;
		}
		break;
	}
	drop(id);
}

static bool see_text(void *arg, uint64_t pa, const char *text, size_t len)
{
	struct identity id = {.pa = pa, .len = len};
	struct search *s = arg;

	id.text = malloc(len);
	if (!id.text || mi_vmcoreinfo_parse(text, len, &id.vi, &s->unproved)) {
		drop(&id);
		return true;
	}
	memcpy(id.text, text, len);
	/* What can be found by a search is of 4.13 and later, which tell. */
	prove(s->t, &id, false, &s->unproved);
	s->n_unproved += id.proof == PROOF_NONE;
	keep(s, &id);
	return true;
}

/* What has the best proof, better than the note's; none: NULL. *@rival: another like it. */
static struct identity *best(struct search *s, struct identity **rival)
{
	int proof = PROOF_ALL;

	while (proof > PROOF_NONE && !s->found[proof][0].vi)
		proof--;
	*rival = s->found[proof][1].vi ? &s->found[proof][1] : NULL;
	return proof > PROOF_NONE && proof >= (int)s->note.proof ? &s->found[proof][0] : NULL;
}

static void note_translation(struct mi_target *t, double ms)
{
	int64_t base = (int64_t)t->xlat.phys_base;
	char where[80] = "", in[80];

	if (t->xlat.phys_base_found && base)
		snprintf(where, sizeof(where), "; it was loaded 0x%llx %s than linked",
			 (unsigned long long)(base < 0 ? -base : base),
			 base < 0 ? "lower" : "higher");
	mi_source_note(t, "translation", true, mi_now_ms() - ms,
		       mi_source_inside(t, "page tables", in), "%u levels%s", t->xlat.shape.levels,
		       where);
}

/* The last line of the sources about it: call it after the text's own. */
static void adopt(struct mi_target *t, struct identity *id)
{
	t->vmcoreinfo = id->vi;
	t->xlat = id->xlat;
	t->arch = id->xlat.arch;
	t->facts.pointer_bytes = t->arch->pointer_bytes;
	t->xlat_ready = true;
	id->vi = NULL;
	note_translation(t, id->ms);
}

static const char *search_extent(const struct search *s, char *buf, size_t size)
{
	snprintf(buf, size, "%llu pages searched%s%s", (unsigned long long)s->scan.pages,
		 s->scan.ended ? ", " : "", s->scan.ended ? s->scan.ended : "");
	return buf;
}

static enum mi_status refuse_rivals(const struct identity *a, const struct identity *b,
				    struct mi_error *err)
{
	return mi_fail(err, MI_ERR_FORMAT,
		       "VMCOREINFO of two kernels fits the memory, that at physical 0x%llx "
		       "(release %.70s) and that at 0x%llx (release %.70s)",
		       (unsigned long long)a->pa, mi_vmcoreinfo_line(a->vi, "OSRELEASE"),
		       (unsigned long long)b->pa, mi_vmcoreinfo_line(b->vi, "OSRELEASE"));
}

/* Nothing in memory: a damaged note whose page tables fit is better than none. */
static enum mi_status make_do(struct search *s, double start, struct mi_error *err)
{
	bool searched = s->t->provider->ops->next_run;
	char extent[80], why[80] = "", in[80];

	search_extent(s, extent, sizeof(extent));
	if (s->n_unproved)
		snprintf(why, sizeof(why), "; %zu found and none fits", s->n_unproved);
	/* Where no search is possible, the page tables must do. */
	if (s->note.proof == PROOF_NONE || (searched && s->note.proof != PROOF_ALL)) {
		if (!searched)
			return mi_fail(err, s->doubt.status, "%s", s->doubt.text);
		return mi_fail(err, s->doubt.status,
			       "%.400s, and no VMCOREINFO in the memory (%s%s)", s->doubt.text,
			       extent, why);
	}
	if (searched)
		mi_source_note(s->t, "vmcoreinfo", false, start, "search of the memory",
			       "none%s; %s", why, extent);
	mi_source_note(s->t, "vmcoreinfo", true, start, mi_source_inside(s->t, "note", in),
		       "%zu bytes, as they are: their page tables fit", s->note.len);
	adopt(s->t, &s->note);
	return MI_OK;
}

static enum mi_status search_memory(struct search *s, struct mi_error *err)
{
	double start = mi_now_ms();
	struct identity *id, *rival;
	char extent[80], where[80];
	enum mi_status st;

	if (!s->t->provider->ops->next_run)
		return make_do(s, start, err);
	st = mi_vmcoreinfo_scan(s->t->provider, see_text, s, &s->scan, err);
	if (st)
		return st;
	id = best(s, &rival);
	if (!id)
		return make_do(s, start, err);
	if (rival)
		return refuse_rivals(id, rival, err);
	snprintf(where, sizeof(where), "memory at physical 0x%llx", (unsigned long long)id->pa);
	mi_source_note(s->t, "vmcoreinfo", true, start, where, "%zu bytes; %s", id->len,
		       search_extent(s, extent, sizeof(extent)));
	adopt(s->t, id);
	return MI_OK;
}

/* ---- by a vmlinux ---- */

/* How far the image may be moved: CONFIG_RANDOMIZE_BASE, by CONFIG_PHYSICAL_ALIGN. */
#define MOVED_STEP (2ULL << 20)
#define MOVED_END (1ULL << 30)

/* Does the dump have the kernel of @f, @moved higher? Sets @id if so. */
static bool try_moved(struct mi_target *t, const struct mi_vmlinux_facts *f, uint64_t moved,
		      struct identity *id, struct mi_error *err)
{
	id->text = mi_vmlinux_as_vmcoreinfo(f, moved);
	if (!id->text)
		return false;
	id->len = strlen(id->text);
	if (!mi_vmcoreinfo_parse(id->text, id->len, &id->vi, err))
		prove(t, id, !moved, err);
	if (id->proof == PROOF_ALL)
		return true;
	drop(id);
	return false;
}

/*
 * Kernels before 4.13 keep the text where no search finds it. Where the dump has no note,
 * the symbols of the vmlinux that the user gave lead to page tables as well; if KASLR
 * moved the kernel (3.14), memory and addresses alike. The tables must fit, and what makes
 * the vmlinux this dump's is asked later.
 */
static enum mi_status by_vmlinux(struct mi_target *t, struct mi_error *err)
{
	struct identity id = {.proof = PROOF_NONE};
	const struct mi_read_stats before = t->stats;
	struct mi_vmlinux_facts f;
	double start = mi_now_ms();
	uint64_t moved;

	if (!mi_vmlinux_facts(t->vmlinux, &f))
		return mi_fail(err, MI_ERR_MISSING, "nor has the vmlinux the symbols in its place");
	for (moved = 0; moved < MOVED_END && !mi_target_interrupted(t); moved += MOVED_STEP) {
		if (!try_moved(t, &f, moved, &id, err))
			continue;
		t->stats = before;
		mi_source_note(t, "vmcoreinfo", true, start, "symbols of the vmlinux",
			       "there is none in the dump; their page tables fit");
		adopt(t, &id);
		drop(&id);
		return MI_OK;
	}
	t->stats = before;
	return mi_fail(err, MI_ERR_MISSING,
		       "nor do the symbols of the vmlinux lead to page tables");
}

/* @err tells that there is none, and then why its vmlinux does not help. */
static enum mi_status without_text(struct mi_target *t, struct mi_error *err)
{
	struct mi_error e;
	enum mi_status st = MI_ERR_MISSING;

	if (t->vmlinux)
		st = by_vmlinux(t, &e);
	else
		mi_fail(&e, st, "if it is of a kernel before 4.13, give its vmlinux with -s");
	if (st && err)
		snprintf(err->text + strlen(err->text), sizeof(err->text) - strlen(err->text),
			 "; %.150s", e.text);
	return st;
}

enum mi_status mi_identify(struct mi_target *t, struct mi_error *err)
{
	struct search s = {.t = t};
	double start = mi_now_ms();
	enum mi_status st = MI_OK;
	char in[80];

	look_at_note(&s);
	if (s.doubt.status == MI_ERR_UNSUPPORTED) {
		st = mi_fail(err, MI_ERR_UNSUPPORTED, "%s", s.doubt.text);
	} else if (!s.doubt.status) {
		mi_source_note(t, "vmcoreinfo", true, start, mi_source_inside(t, "note", in),
			       "%zu bytes", s.note.len);
		adopt(t, &s.note);
	} else {
		mi_source_note(t, "vmcoreinfo", false, start, mi_source_inside(t, "note", in), "%s",
			       s.doubt.text);
		st = search_memory(&s, err);
		if (st == MI_ERR_MISSING)
			st = without_text(t, err);
	}
	drop(&s.note);
	for (int proof = PROOF_NONE; proof <= PROOF_ALL; proof++)
		for (int i = 0; i < 2; i++)
			drop(&s.found[proof][i]);
	return st;
}
