/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recorder_writer.h - writes a recorder's directory and rings into pages, by the text of
 * mmaprec_abi.h and nothing of the reader's; included once by a test
 *
 * The pages are an area of memory of a dump, from frame @frame on, and at once a copy of what
 * the device has: rings are at their mmap_offset.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "../../extension/recorder/mmaprec_abi.h"

/* Payloads, as the module has them: struct p_fault_begin ... */
#define MMAPREC_EVENT(id, name, klass) struct p_##name {
#define MMAPREC_FIELD(e, ctype, name, type, unit, set) ctype name;
#define MMAPREC_TEXT(e, size, name) char name[size];
#define MMAPREC_END(e)                                                                             \
	}                                                                                          \
	;
#include "../../extension/recorder/mmaprec_events.def"

enum {
#define MMAPREC_EVENT(num, name, klass) W_##name = num,
#include "../../extension/recorder/mmaprec_events.def"
};

static const struct mmaprec_event_desc w_events[] = {
#define MMAPREC_EVENT(num, word, k)                                                                \
	{.id = num, .klass = MMAPREC_CLASS_##k, .length = sizeof(struct p_##word), .name = #word},
#include "../../extension/recorder/mmaprec_events.def"
};

struct w_field {
	uint16_t id;
	struct mmaprec_field_desc d;
};
/* Not by way of another macro: a test may have one that is called PAGES. */
static const struct w_field w_fields[] = {
#define MMAPREC_FIELD(e, ctype, word, t, u, s)                                                     \
	{.id = W_##e,                                                                              \
	 .d = {.name = #word,                                                                      \
	       .offset = offsetof(struct p_##e, word),                                             \
	       .size = sizeof(((struct p_##e *)0)->word),                                          \
	       .type = MMAPREC_T_##t,                                                              \
	       .unit = MMAPREC_U_##u,                                                              \
	       .values = s}},
#define MMAPREC_TEXT(e, n, word)                                                                   \
	{.id = W_##e,                                                                              \
	 .d = {.name = #word,                                                                      \
	       .offset = offsetof(struct p_##e, word),                                             \
	       .size = sizeof(((struct p_##e *)0)->word),                                          \
	       .type = MMAPREC_T_TEXT,                                                             \
	       .unit = MMAPREC_U_NONE,                                                             \
	       .values = 0}},
#define MMAPREC_VIEW(e, field, at, n, word, t, s)                                                  \
	{.id = W_##e,                                                                              \
	 .d = {.name = #word,                                                                      \
	       .offset = offsetof(struct p_##e, field) + (at),                                     \
	       .size = n,                                                                          \
	       .type = MMAPREC_T_##t,                                                              \
	       .unit = MMAPREC_U_NONE,                                                             \
	       .values = s}},
#include "../../extension/recorder/mmaprec_events.def"
};

static const struct mmaprec_value_desc w_values[] = {
#define MMAPREC_VALUE(s, v, word) {.value = v, .name = word, .set = s},
#include "../../extension/recorder/mmaprec_events.def"
};

#define W_N(a) (sizeof(a) / sizeof((a)[0]))
#define W_CPUS_MAX 8
#define W_HOOKS 2
#define W_SAMPLES 8
#define W_FILTERS 4
#define W_DIR_MAX (8 * 4096)

struct writer {
	unsigned char *mem;
	size_t pages, used;
	uint64_t frame; /* of the first page */
	struct mmaprec_header *h, *second;
	size_t dir_pages;
	unsigned int n_cpus;
	unsigned char *ring[W_CPUS_MAX];
	uint64_t *list[W_CPUS_MAX];
	uint64_t seq[W_CPUS_MAX]; /* the latest */
	uint64_t slots;
};

/* As zlib has it, bit by bit. */
static uint32_t w_crc(uint32_t crc, const void *data, size_t n)
{
	const unsigned char *p = data;
	int bit;

	while (n--)
		for (crc ^= *p++, bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	return crc;
}

static unsigned char *w_pages(struct writer *w, size_t n)
{
	unsigned char *p = w->mem + w->used * 4096;

	if (w->used + n > w->pages)
		abort();
	w->used += n;
	return p;
}

static uint64_t w_frame(const struct writer *w, const void *p)
{
	return w->frame + (uint64_t)((const unsigned char *)p - w->mem) / 4096;
}

static void *w_section(struct mmaprec_header *h, enum mmaprec_section_id id)
{
	return (unsigned char *)h + h->section[id - 1].offset;
}

static struct mmaprec_cpu *w_cpu(struct mmaprec_header *h, unsigned int cpu)
{
	return (struct mmaprec_cpu *)w_section(h, MMAPREC_S_CPUS) + cpu;
}

static void w_layout(struct mmaprec_header *h, const size_t n[MMAPREC_SECTIONS],
		     const size_t size[MMAPREC_SECTIONS])
{
	size_t at = (sizeof(*h) + 7) / 8 * 8, i;

	for (i = 0; i < MMAPREC_SECTIONS; i++) {
		if (!n[i])
			continue;
		h->section[i].offset = (uint32_t)at;
		h->section[i].n = (uint32_t)n[i];
		h->section[i].entry_size = (uint32_t)size[i];
		at = (at + n[i] * size[i] + 7) / 8 * 8;
	}
	h->dir_pages = (uint32_t)((at + 4095) / 4096);
}

static void w_descriptions(struct mmaprec_header *h)
{
	struct mmaprec_event_desc *e = w_section(h, MMAPREC_S_EVENTS);
	struct mmaprec_field_desc *f = w_section(h, MMAPREC_S_FIELDS);
	size_t i, j, n = 0;

	for (i = 0; i < W_N(w_events); i++) {
		e[i] = w_events[i];
		e[i].first_field = (uint32_t)n;
		for (j = 0; j < W_N(w_fields); j++)
			if (w_fields[j].id == e[i].id)
				f[n++] = w_fields[j].d;
		e[i].n_fields = (uint32_t)n - e[i].first_field;
	}
	memcpy(w_section(h, MMAPREC_S_VALUES), w_values, sizeof(w_values));
}

static uint32_t w_sum(struct mmaprec_header *h)
{
	static const int order[] = {MMAPREC_S_EVENTS, MMAPREC_S_FIELDS, MMAPREC_S_VALUES,
				    MMAPREC_S_FRAMES};
	size_t from = offsetof(struct mmaprec_header, abi_major), i;
	uint32_t crc = ~0U, was = h->crc;

	for (i = 0; i < W_N(order); i++) {
		struct mmaprec_section *s = &h->section[order[i] - 1];
		uint64_t end = s->offset + (uint64_t)s->n * s->entry_size;

		/* A test lies about it: there is no right sum. */
		if (end > W_DIR_MAX)
			continue;
		crc = w_crc(crc, (unsigned char *)h + s->offset, (size_t)s->n * s->entry_size);
	}
	h->crc = 0;
	crc = w_crc(crc, (unsigned char *)h + from,
		    offsetof(struct mmaprec_header, fixed_end) + 8 - from);
	h->crc = was;
	return ~crc;
}

/* The checksum, and the second copy; again after a test has changed something. */
static void w_seal(struct writer *w)
{
	size_t i;

	w->h->crc = w_sum(w->h);
	memcpy(w->second, w->h, w->dir_pages * 4096);
	w->second->copy = 1;
	for (i = 0; i < w->dir_pages; i++) {
		w->second->dir_frame[i] = w->h->other_frame[i];
		w->second->other_frame[i] = w->h->dir_frame[i];
	}
	w->second->crc = w_sum(w->second);
}

static void w_header(struct mmaprec_header *h, unsigned int order, unsigned int cpus)
{
	h->magic0 = ~MMAPREC_NOT_MAGIC0;
	h->magic1 = ~MMAPREC_NOT_MAGIC1;
	h->byte_order = MMAPREC_BYTE_ORDER;
	h->abi_major = MMAPREC_ABI_MAJOR;
	h->abi_minor = MMAPREC_ABI_MINOR;
	h->header_size = sizeof(*h);
	h->page_size = 4096;
	h->clock = MMAPREC_CLOCK_MONO;
	h->slot_size = MMAPREC_SLOT_SIZE;
	h->ring_order = order;
	h->ring_bytes = (uint64_t)MMAPREC_SLOT_SIZE << order;
	h->n_cpus = cpus;
	h->fixed_end = MMAPREC_NOT_MAGIC0;
	h->state = MMAPREC_RUNNING;
	h->loaded_mono = 1000000000;
	h->loaded_real = 1700000000000000000;
	strcpy(h->release, "6.1.0-test");
	strcpy(h->version, "0.1.0");
}

/* Pages of a ring in reverse: they may lie anywhere. */
static void w_rings(struct writer *w)
{
	uint64_t *frames = w_section(w->h, MMAPREC_S_FRAMES), pages = w->h->ring_bytes / 4096, i;
	unsigned int cpu;

	for (cpu = 0; cpu < w->n_cpus; cpu++) {
		struct mmaprec_cpu *c = w_cpu(w->h, cpu);

		w->list[cpu] = (uint64_t *)(void *)w_pages(w, 1);
		w->ring[cpu] = w_pages(w, pages);
		c->cpu = cpu;
		c->online = 1;
		c->mmap_offset = (uint64_t)(w->ring[cpu] - w->mem);
		c->first_frame = cpu;
		c->n_frames = 1;
		frames[cpu] = w_frame(w, w->list[cpu]);
		for (i = 0; i < pages; i++)
			w->list[cpu][i] = w_frame(w, w->ring[cpu]) + i;
	}
}

/* @n CPUs with rings of 1 << @order slots each, at @mem, which is zero. */
static void w_begin(struct writer *w, void *mem, size_t pages, uint64_t frame, unsigned int n,
		    unsigned int order)
{
	struct mmaprec_header head = {.magic0 = 0};
	const size_t count[MMAPREC_SECTIONS] = {
		W_N(w_events), W_N(w_fields), W_N(w_values), W_HOOKS, n, n, W_SAMPLES, W_FILTERS};
	const size_t size[MMAPREC_SECTIONS] = {
		sizeof(struct mmaprec_event_desc),   sizeof(struct mmaprec_field_desc),
		sizeof(struct mmaprec_value_desc),   sizeof(struct mmaprec_hook),
		sizeof(struct mmaprec_cpu),	     sizeof(uint64_t),
		sizeof(struct mmaprec_clock_sample), sizeof(struct mmaprec_filter)};
	struct mmaprec_hook *hooks;
	size_t i;

	memset(w, 0, sizeof(*w));
	w->mem = mem;
	w->pages = pages;
	w->frame = frame;
	w->n_cpus = n;
	w->slots = 1ULL << order;
	w_header(&head, order, n);
	w_layout(&head, count, size);
	w->dir_pages = head.dir_pages;
	w->h = (struct mmaprec_header *)(void *)w_pages(w, w->dir_pages);
	w->second = (struct mmaprec_header *)(void *)w_pages(w, w->dir_pages);
	*w->h = head;
	for (i = 0; i < w->dir_pages; i++) {
		w->h->dir_frame[i] = w_frame(w, w->h) + i;
		w->h->other_frame[i] = w_frame(w, w->second) + i;
	}
	w_descriptions(w->h);
	hooks = w_section(w->h, MMAPREC_S_HOOKS);
	strcpy(hooks[0].name, "handle_mm_fault");
	hooks[0].mechanism = MMAPREC_M_KPROBE_FTRACE;
	hooks[0].klass = MMAPREC_CLASS_FAULT;
	strcpy(hooks[1].name, "block_rq_issue");
	strcpy(hooks[1].reason, "no such tracepoint");
	w_rings(w);
	w_seal(w);
}

static struct mmaprec_slot *w_slot(const struct writer *w, unsigned int cpu, uint64_t seq)
{
	return (struct mmaprec_slot *)(void *)w->ring[cpu] + (seq & (w->slots - 1));
}

/* One event; its slot, for a test that wants to harm it. */
static struct mmaprec_slot *w_event(struct writer *w, unsigned int cpu, uint64_t time, int event,
				    uint32_t tid, const void *payload, size_t length)
{
	uint64_t seq = ++w->seq[cpu];
	struct mmaprec_slot *s = w_slot(w, cpu, seq);

	memset(s, 0, sizeof(*s));
	s->seq_begin = seq;
	s->time = time;
	s->event = (uint16_t)event;
	s->length = (uint8_t)length;
	s->tid = tid;
	s->tgid = tid;
	memcpy(s->payload, payload, length);
	s->check = mmaprec_check(s);
	s->seq_end = seq;
	w_cpu(w->h, cpu)->head = seq;
	return s;
}

#define W_EVENT(w, cpu, time, name, tid, ...)                                                      \
	w_event(w, cpu, time, W_##name, tid, &(struct p_##name){__VA_ARGS__},                      \
		sizeof(struct p_##name))

/* A clock sample: the next of the ring. */
static inline void w_sample(struct writer *w, uint64_t raw, uint64_t mono, uint64_t real)
{
	struct mmaprec_clock_sample *s = w_section(w->h, MMAPREC_S_CLOCK);

	s[w->h->clock_count++ % W_SAMPLES] =
		(struct mmaprec_clock_sample){.raw = raw, .mono = mono, .real = real};
	w->h->updated = raw;
}
