// SPDX-License-Identifier: GPL-2.0-or-later
/* recorder_dir.c - the directory of a recorder: foreign bytes, checked stage by stage */
#include <stdlib.h>
#include <string.h>

#include "recorder.h"

#define PAGE_MIN 4096u
#define PAGE_MAX 65536u
#define ORDER_MIN 5  /* a page */
#define ORDER_MAX 24 /* 2 GiB */
/* Of all rings together: 8 GiB. More is a lie, or beyond what is read here. */
#define SLOTS_MAX (1ULL << 26)
#define EVENT_FIELDS_MAX MMAPREC_PAYLOAD_SIZE

_Static_assert(sizeof(struct mmaprec_header) <= PAGE_MIN, "the header lies in one page");
_Static_assert(sizeof(struct mmaprec_slot) == MMAPREC_SLOT_SIZE, "a slot has its size");

static const char effect[] = "of the recorded history something is missing";

/* ---- words ---- */

const char *mi_recorder_class(uint32_t klass)
{
	static const char *const words[MMAPREC_CLASSES] = MMAPREC_CLASS_NAMES;

	return klass < MMAPREC_CLASSES ? words[klass] : NULL;
}

const char *mi_recorder_state(uint32_t state)
{
	static const char *const words[] = {
		NULL, "loading", "running", "paused", "frozen", "unloaded",
	};

	return state < sizeof(words) / sizeof(words[0]) ? words[state] : NULL;
}

const char *mi_recorder_mechanism(uint32_t mechanism)
{
	static const char *const words[] = {
		"absent", "tracepoint", "kprobe_ftrace", "kprobe", "kretprobe", "wrapped",
	};

	return mechanism < sizeof(words) / sizeof(words[0]) ? words[mechanism] : NULL;
}

bool mi_recorder_magic(const void *buf)
{
	uint64_t word[2];

	memcpy(word, buf, sizeof(word));
	return word[0] == ~MMAPREC_NOT_MAGIC0 && word[1] == ~MMAPREC_NOT_MAGIC1;
}

/* Names are for people, and for looking up: what is not printable is no name of ours. */
static void copy_name(char *to, const char *from, size_t size)
{
	size_t i;

	for (i = 0; i < size && from[i]; i++)
		to[i] = (char)(from[i] >= ' ' && from[i] <= '~' ? from[i] : '?');
	to[i] = '\0';
}

static void make_printable(char *s, size_t size)
{
	size_t i;

	for (i = 0; i < size && s[i]; i++)
		if (s[i] < ' ' || s[i] > '~')
			s[i] = '?';
}

/* ---- CRC-32 as zlib has it, by half bytes ---- */

static uint32_t crc_add(uint32_t crc, const void *data, size_t n)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	const unsigned char *p = data;

	while (n--) {
		crc ^= *p++;
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return crc;
}

static const struct mmaprec_section *section(const struct mi_recorder *rec,
					     enum mmaprec_section_id id)
{
	return &rec->head.section[id - 1];
}

static uint32_t crc_of(const struct mi_recorder *rec)
{
	static const enum mmaprec_section_id order[] = {MMAPREC_S_EVENTS, MMAPREC_S_FIELDS,
							MMAPREC_S_VALUES, MMAPREC_S_FRAMES};
	struct mmaprec_header h = rec->head;
	const unsigned char *bytes = (const unsigned char *)&h;
	size_t from = offsetof(struct mmaprec_header, abi_major);
	size_t to = offsetof(struct mmaprec_header, fixed_end) + sizeof(h.fixed_end);
	uint32_t crc = ~0U;
	size_t i;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		const struct mmaprec_section *s = section(rec, order[i]);

		crc = crc_add(crc, rec->dir + s->offset, (size_t)s->n * s->entry_size);
	}
	h.crc = 0;
	return ~crc_add(crc, bytes + from, to - from);
}

/* ---- the header ---- */

static enum mi_status bad(struct mi_error *err, const char *what)
{
	return mi_fail(err, MI_ERR_FORMAT, "the recorder's directory is damaged: %s", what);
}

static enum mi_status check_version(const struct mmaprec_header *h, struct mi_error *err)
{
	if (!mi_recorder_magic(h))
		return mi_fail(err, MI_ERR_FORMAT, "this is no recorder's directory");
	if (h->byte_order == __builtin_bswap64(MMAPREC_BYTE_ORDER))
		return mi_fail(err, MI_ERR_UNSUPPORTED,
			       "the recorder is of a machine of the other byte order");
	if (h->byte_order != MMAPREC_BYTE_ORDER)
		return bad(err, "its byte order is none");
	if (h->abi_major != MMAPREC_ABI_MAJOR)
		return mi_fail(err, MI_ERR_UNSUPPORTED,
			       "the recorder's format is %u.%u: only %u.x is known here",
			       h->abi_major, h->abi_minor, MMAPREC_ABI_MAJOR);
	return MI_OK;
}

static enum mi_status check_sizes(const struct mmaprec_header *h, struct mi_error *err)
{
	if (h->page_size < PAGE_MIN || h->page_size > PAGE_MAX || h->page_size & (h->page_size - 1))
		return bad(err, "size of a page");
	if (!h->dir_pages || h->dir_pages > MMAPREC_DIR_PAGES_MAX)
		return bad(err, "number of its pages");
	if (h->header_size < sizeof(*h) || h->header_size > h->dir_pages * h->page_size)
		return bad(err, "size of its header");
	if (h->fixed_end != MMAPREC_NOT_MAGIC0)
		return bad(err, "its fixed part does not end where it should");
	if (h->slot_size != MMAPREC_SLOT_SIZE || h->ring_order < ORDER_MIN ||
	    h->ring_order > ORDER_MAX ||
	    h->ring_bytes != (uint64_t)MMAPREC_SLOT_SIZE << h->ring_order ||
	    h->ring_bytes % h->page_size)
		return bad(err, "size of a ring");
	return MI_OK;
}

static enum mi_status read_header(struct mi_recorder *rec, struct mi_error *err)
{
	struct mmaprec_header *h = &rec->head;
	enum mi_read r = rec->io.directory(rec->io.arg, NULL, 0, h, sizeof(*h));
	enum mi_status st;

	if (r)
		return mi_fail(err, MI_ERR_READ, "the recorder's directory: %s", mi_read_text(r));
	st = check_version(h, err);
	if (!st)
		st = check_sizes(h, err);
	return st;
}

static enum mi_status read_pages(struct mi_recorder *rec, struct mi_error *err)
{
	const struct mmaprec_header *h = &rec->head;
	enum mi_read r;
	uint32_t i;

	rec->dir_size = (size_t)h->dir_pages * h->page_size;
	rec->dir = malloc(rec->dir_size);
	if (!rec->dir)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	for (i = 0; i < h->dir_pages; i++) {
		r = rec->io.directory(rec->io.arg, h, i, rec->dir + (size_t)i * h->page_size,
				      h->page_size);
		if (r)
			return mi_fail(err, MI_ERR_READ, "page %u of the recorder's directory: %s",
				       i, mi_read_text(r));
	}
	/* Of one moment: what was checked is what is used. */
	memcpy(rec->dir, h, sizeof(*h));
	return MI_OK;
}

/* ---- sections ---- */

static const uint32_t entry_min[] = {
	[MMAPREC_S_EVENTS - 1] = sizeof(struct mmaprec_event_desc),
	[MMAPREC_S_FIELDS - 1] = sizeof(struct mmaprec_field_desc),
	[MMAPREC_S_VALUES - 1] = sizeof(struct mmaprec_value_desc),
	[MMAPREC_S_HOOKS - 1] = sizeof(struct mmaprec_hook),
	[MMAPREC_S_CPUS - 1] = sizeof(struct mmaprec_cpu),
	[MMAPREC_S_FRAMES - 1] = sizeof(uint64_t),
	[MMAPREC_S_CLOCK - 1] = sizeof(struct mmaprec_clock_sample),
	[MMAPREC_S_FILTERS - 1] = sizeof(struct mmaprec_filter),
};
#define KNOWN_SECTIONS (sizeof(entry_min) / sizeof(entry_min[0]))

/* More are not believed: some are gone through for every record. */
static const uint32_t entries_max[KNOWN_SECTIONS] = {
	[MMAPREC_S_EVENTS - 1] = 1024, [MMAPREC_S_FIELDS - 1] = 8192,
	[MMAPREC_S_VALUES - 1] = 4096, [MMAPREC_S_HOOKS - 1] = 1024,
	[MMAPREC_S_CPUS - 1] = 65536,  [MMAPREC_S_FRAMES - 1] = ~0U,
	[MMAPREC_S_CLOCK - 1] = 65536, [MMAPREC_S_FILTERS - 1] = 4096,
};

static bool section_fits(const struct mi_recorder *rec, size_t i)
{
	const struct mmaprec_section *s = &rec->head.section[i];

	if (!s->n)
		return true;
	return s->offset % 8 == 0 && s->offset >= rec->head.header_size &&
	       s->entry_size >= (i < KNOWN_SECTIONS ? entry_min[i] : 1) &&
	       s->n <= (i < KNOWN_SECTIONS ? entries_max[i] : ~0U) && s->offset <= rec->dir_size &&
	       s->n <= (rec->dir_size - s->offset) / s->entry_size;
}

static bool overlap(const struct mmaprec_section *a, const struct mmaprec_section *b)
{
	uint64_t a_end = a->offset + (uint64_t)a->n * a->entry_size;
	uint64_t b_end = b->offset + (uint64_t)b->n * b->entry_size;

	return a->n && b->n && a->offset < b_end && b->offset < a_end;
}

static enum mi_status check_sections(const struct mi_recorder *rec, struct mi_error *err)
{
	const struct mmaprec_section *s = rec->head.section;
	size_t i, j;

	for (i = 0; i < MMAPREC_SECTIONS; i++)
		if (!section_fits(rec, i))
			return bad(err, "a section does not lie inside it, or is too long");
	for (i = 0; i < MMAPREC_SECTIONS; i++)
		for (j = 0; j < i; j++)
			if (overlap(&s[i], &s[j]))
				return bad(err, "two sections overlap");
	if (rec->head.n_cpus != section(rec, MMAPREC_S_CPUS)->n)
		return bad(err, "number of CPUs");
	return MI_OK;
}

/* Entry @i of a section; @to has the size that is known here. */
static void entry(const struct mi_recorder *rec, enum mmaprec_section_id id, size_t i, void *to,
		  size_t size)
{
	const struct mmaprec_section *s = section(rec, id);

	memcpy(to, rec->dir + s->offset + i * s->entry_size, size);
}

/* Entries that are kept; one more, so that none is not NULL. */
static void *room_for(size_t n, size_t size)
{
	return calloc(n + 1, size);
}

/* ---- descriptions ---- */

static bool load_fields(struct mi_recorder *rec)
{
	size_t i, n = section(rec, MMAPREC_S_FIELDS)->n;
	struct mmaprec_field_desc d;

	rec->fields = room_for(n, sizeof(*rec->fields));
	if (!rec->fields)
		return false;
	rec->n_fields = n;
	for (i = 0; i < n; i++) {
		struct mi_rec_field *f = &rec->fields[i];

		entry(rec, MMAPREC_S_FIELDS, i, &d, sizeof(d));
		copy_name(f->name, d.name, sizeof(d.name));
		f->offset = d.offset;
		f->size = d.size;
		f->type = d.type;
		f->unit = d.unit;
		f->values = d.values;
		if (d.offset > MMAPREC_PAYLOAD_SIZE || d.size > MMAPREC_PAYLOAD_SIZE - d.offset) {
			f->size = 0;
			mi_problem_bad(rec->problems, "recorder's field", i,
				       "lies outside of its event", effect);
		}
	}
	return true;
}

static bool load_values(struct mi_recorder *rec)
{
	size_t i, n = section(rec, MMAPREC_S_VALUES)->n;
	struct mmaprec_value_desc d;

	rec->values = room_for(n, sizeof(*rec->values));
	if (!rec->values)
		return false;
	rec->n_values = n;
	for (i = 0; i < n; i++) {
		entry(rec, MMAPREC_S_VALUES, i, &d, sizeof(d));
		copy_name(rec->values[i].name, d.name, sizeof(d.name));
		rec->values[i].value = d.value;
		rec->values[i].set = d.set;
	}
	return true;
}

static enum mi_rec_kind kind_of(const char *name)
{
	static const char *const names[MI_E_NR] = {
#define MI_REC_EVENT(key, word) [MI_E_##key] = (word),
		MI_REC_EVENTS(MI_REC_EVENT)
#undef MI_REC_EVENT
	};
	int i;

	for (i = MI_E_UNKNOWN + 1; i < MI_E_NR; i++)
		if (!strcmp(names[i], name))
			return (enum mi_rec_kind)i;
	return MI_E_UNKNOWN;
}

static void find_known(struct mi_rec_event *e)
{
	static const char *const names[MI_R_NR] = {
#define MI_REC_FIELD(key, word) [MI_R_##key] = (word),
		MI_REC_FIELDS(MI_REC_FIELD)
#undef MI_REC_FIELD
	};
	size_t i;
	int f;

	for (i = 0; i < e->n_fields; i++)
		for (f = 0; f < MI_R_NR; f++)
			if (!e->known[f] && !strcmp(names[f], e->fields[i].name))
				e->known[f] = &e->fields[i];
}

static bool load_events(struct mi_recorder *rec)
{
	size_t i, n = section(rec, MMAPREC_S_EVENTS)->n;
	struct mmaprec_event_desc d;

	rec->events = room_for(n, sizeof(*rec->events));
	rec->by_id = room_for(UINT16_MAX, sizeof(*rec->by_id));
	if (!rec->events || !rec->by_id)
		return false;
	for (i = 0; i < n; i++) {
		struct mi_rec_event *e = &rec->events[rec->n_events];

		entry(rec, MMAPREC_S_EVENTS, i, &d, sizeof(d));
		if (mi_recorder_event(rec, d.id) || d.length > MMAPREC_PAYLOAD_SIZE ||
		    d.n_fields > EVENT_FIELDS_MAX || d.first_field > rec->n_fields ||
		    d.n_fields > rec->n_fields - d.first_field) {
			mi_problem_bad(rec->problems, "recorder's event", d.id,
				       "is described twice, or by fields that are not there",
				       effect);
			continue;
		}
		e->id = d.id;
		e->length = d.length;
		e->klass = d.klass;
		copy_name(e->name, d.name, sizeof(d.name));
		e->fields = rec->fields + d.first_field;
		e->n_fields = d.n_fields;
		e->kind = kind_of(e->name);
		find_known(e);
		rec->by_id[e->id] = (uint16_t)++rec->n_events;
	}
	return true;
}

const struct mi_rec_event *mi_recorder_event(const struct mi_recorder *rec, uint16_t id)
{
	return rec->by_id[id] ? &rec->events[rec->by_id[id] - 1] : NULL;
}

const char *mi_recorder_value(const struct mi_recorder *rec, uint8_t set, uint64_t value)
{
	size_t i;

	for (i = 0; set && i < rec->n_values; i++)
		if (rec->values[i].set == set && rec->values[i].value == value)
			return rec->values[i].name;
	return NULL;
}

/* ---- CPUs, hooks, filters ---- */

static enum mi_status load_cpus(struct mi_recorder *rec, struct mi_error *err)
{
	size_t i, j, n = section(rec, MMAPREC_S_CPUS)->n, rings = 0;
	const struct mmaprec_section *frames = section(rec, MMAPREC_S_FRAMES);

	rec->cpus = room_for(n, sizeof(*rec->cpus));
	if (!rec->cpus)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	rec->n_cpus = n;
	for (i = 0; i < n; i++) {
		struct mmaprec_cpu *c = &rec->cpus[i].own;

		entry(rec, MMAPREC_S_CPUS, i, c, sizeof(*c));
		/* They come in ascending order: that is cheap to demand. */
		for (j = i ? i - 1 : i; j < i; j++)
			if (rec->cpus[j].own.cpu >= c->cpu)
				return bad(err, "a CPU is there twice, or not in order");
		if (c->first_frame > frames->n || c->n_frames > frames->n - c->first_frame)
			return bad(err, "frame list of a CPU");
		rings += c->n_frames || c->ring_va || c->mmap_offset;
	}
	if (rings > SLOTS_MAX / rec->slots)
		return bad(err, "its rings together are absurdly large");
	return MI_OK;
}

static bool load_hooks(struct mi_recorder *rec)
{
	size_t i, n = section(rec, MMAPREC_S_HOOKS)->n;
	struct mmaprec_hook d;

	rec->hooks = room_for(n, sizeof(*rec->hooks));
	if (!rec->hooks)
		return false;
	rec->n_hooks = n;
	for (i = 0; i < n; i++) {
		struct mi_rec_hook *h = &rec->hooks[i];

		entry(rec, MMAPREC_S_HOOKS, i, &d, sizeof(d));
		copy_name(h->name, d.name, sizeof(d.name));
		copy_name(h->reason, d.reason, sizeof(d.reason));
		h->mechanism = d.mechanism;
		h->klass = d.klass;
		h->calls = d.calls;
		h->missed = d.missed;
		h->events = d.events;
	}
	return true;
}

static bool load_filters(struct mi_recorder *rec)
{
	size_t i, n = section(rec, MMAPREC_S_FILTERS)->n;
	struct mmaprec_filter f;

	rec->filters = room_for(n, sizeof(*rec->filters));
	if (!rec->filters)
		return false;
	for (i = 0; i < n; i++) {
		entry(rec, MMAPREC_S_FILTERS, i, &f, sizeof(f));
		if (f.kind)
			rec->filters[rec->n_filters++] = f;
	}
	return true;
}

/* ---- clock samples: a ring, the latest of which may be half written ---- */

static int by_raw(const void *a, const void *b)
{
	const struct mmaprec_clock_sample *x = a, *y = b;

	return x->raw < y->raw ? -1 : x->raw > y->raw;
}

static bool load_clock(struct mi_recorder *rec)
{
	size_t i, out = 0, n = section(rec, MMAPREC_S_CLOCK)->n;
	struct mmaprec_clock_sample s;

	rec->clock = room_for(n, sizeof(*rec->clock));
	if (!rec->clock)
		return false;
	for (i = 0; i < n && i < rec->head.clock_count; i++) {
		entry(rec, MMAPREC_S_CLOCK, i, &s, sizeof(s));
		if (s.raw)
			rec->clock[rec->n_clock++] = s;
	}
	qsort(rec->clock, rec->n_clock, sizeof(s), by_raw);
	for (i = 0; i < rec->n_clock; i++) {
		if (out && (rec->clock[i].mono <= rec->clock[out - 1].mono ||
			    rec->clock[i].raw == rec->clock[out - 1].raw)) {
			mi_problem_bad(rec->problems, "recorder's clock sample", i,
				       "goes backwards", "times may be less exact");
			continue;
		}
		rec->clock[out++] = rec->clock[i];
	}
	rec->n_clock = out;
	return true;
}

/* ---- all of it ---- */

static enum mi_status load(struct mi_recorder *rec, struct mi_error *err)
{
	enum mi_status st = read_header(rec, err);

	if (!st)
		st = read_pages(rec, err);
	if (!st)
		st = check_sections(rec, err);
	if (!st && crc_of(rec) != rec->head.crc)
		st = bad(err, "its checksum is another");
	if (st)
		return st;
	make_printable(rec->head.release, sizeof(rec->head.release));
	make_printable(rec->head.version, sizeof(rec->head.version));
	rec->slots = 1ULL << rec->head.ring_order;
	st = load_cpus(rec, err);
	if (st)
		return st;
	if (!load_fields(rec) || !load_values(rec) || !load_events(rec) || !load_hooks(rec) ||
	    !load_filters(rec) || !load_clock(rec))
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	return rec->io.attach ? rec->io.attach(rec->io.arg, rec, err) : MI_OK;
}

enum mi_status mi_recorder_open(const struct mi_recorder_io *io, struct mi_problems *problems,
				struct mi_recorder **ret, struct mi_error *err)
{
	struct mi_recorder *rec = calloc(1, sizeof(*rec));
	enum mi_status st;

	if (!rec) {
		io->close(io->arg);
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	}
	rec->io = *io;
	rec->problems = problems;
	st = load(rec, err);
	if (st) {
		mi_recorder_close(rec);
		return st;
	}
	*ret = rec;
	return MI_OK;
}

void mi_recorder_close(struct mi_recorder *rec)
{
	size_t i;

	if (!rec)
		return;
	for (i = 0; rec->cpus && i < rec->n_cpus; i++) {
		free(rec->cpus[i].frames);
		free(rec->cpus[i].seq);
	}
	rec->io.close(rec->io.arg);
	free(rec->cpus);
	free(rec->filters);
	free(rec->hooks);
	free(rec->clock);
	free(rec->by_id);
	free(rec->events);
	free(rec->fields);
	free(rec->values);
	free(rec->dir);
	free(rec);
}
