// SPDX-License-Identifier: GPL-2.0-or-later
/* test_recorder.c - a recorder's directory and rings in memory made by hand, and damaged ones */
#include "fake_memory.h"

#include "../../libsrc/kernel/modules.h"
#include "../../libsrc/kernel/recorder.h"
#include "recorder_writer.h"

#define CPUS 2
#define ORDER 6 /* two pages */

static struct writer w;
static struct mi_recorder_found found;
static uint64_t absent; /* a page that the dump does not have; 0: none */

/* ---- a provider that can be searched, and lacks a page ---- */

static enum mi_read some_page(struct mi_provider *p, uint64_t pa, void *page)
{
	return absent && pa == absent ? MI_READ_EXCLUDED : read_page(p, pa, page);
}

static bool next_run(struct mi_provider *p, uint64_t *pa, uint64_t *end)
{
	(void)p;
	if (*pa >= PHYS + sizeof(memory))
		return false;
	if (*pa < PHYS)
		*pa = PHYS;
	*end = PHYS + sizeof(memory);
	return true;
}

static int setup(void **state)
{
	static struct mi_provider_ops ops = {.read_page = some_page, .next_run = next_run};
	static struct mi_provider provider = {.ops = &ops, .name = "test"};

	(void)state;
	start_memory();
	target.provider = &provider;
	target.facts.release = "6.1.0-test";
	absent = 0;
	memset(&found, 0, sizeof(found));
	w_begin(&w, memory, PAGES, PHYS / MI_PAGE_SIZE, CPUS, ORDER);
	return 0;
}

static void forget_modules(void)
{
	mi_modules_free(kernel.modules);
	kernel.modules = NULL;
}

static int teardown(void **state)
{
	mi_recorder_close(found.rec);
	found.rec = NULL;
	forget_modules();
	return end_memory(state);
}

/* From the start, in the middle of a test. */
static void anew(void)
{
	teardown(NULL);
	setup(NULL);
}

static enum mi_status look(void)
{
	struct mi_error err;
	enum mi_status st;

	forget();
	mi_recorder_close(found.rec);
	memset(&kernel.problems, 0, sizeof(kernel.problems));
	st = mi_recorder_find(&kernel, true, &found, &err);
	if (!st)
		st = mi_recorder_index(found.rec, NULL, &err);
	else
		assert_true(*err.text && !strchr(err.text, '\n'));
	return st;
}

static void begin_fault(unsigned int cpu, uint64_t time, uint32_t tid, uint64_t address)
{
	W_EVENT(&w, cpu, time, fault_begin, tid, .address = address, .access = 5, .attempt = 1);
}

/* ---- what is right ---- */

static void test_all_is_there(void **state)
{
	struct mi_record r;
	struct mi_records walk;
	uint64_t v;

	(void)state;
	begin_fault(0, 100, 7, 0x1000);
	begin_fault(1, 50, 8, 0x2000);
	begin_fault(0, 90, 9, 0x3000); /* an interrupt's, earlier than what it interrupted */
	begin_fault(1, 95, 8, 0x4000);
	w_cpu(w.h, 1)->lost_nested = 3;
	w_cpu(w.h, 0)->lost_nested = 1;
	assert_int_equal(look(), MI_OK);
	assert_int_equal(found.how, MI_RECORDER_SCAN);
	assert_int_equal(found.at, PHYS);
	assert_false(found.second);
	assert_int_equal(found.n_others, 0);
	assert_int_equal(mi_problem_count(&kernel.problems), 0);
	assert_int_equal(found.rec->valid, 4);
	assert_int_equal(found.rec->never, 2 * 64 - 4);
	assert_int_equal(found.rec->torn + found.rec->absent + found.rec->overwritten, 0);
	assert_int_equal(found.rec->lost_nested, 4);
	assert_int_equal(found.rec->n_hooks, 2);
	assert_string_equal(found.rec->hooks[1].reason, "no such tracepoint");

	assert_int_equal(mi_records_start(&walk, found.rec, NULL), MI_OK);
	assert_true(mi_records_next(&walk, &r));
	assert_int_equal(r.raw, 50);
	assert_true(mi_records_next(&walk, &r));
	assert_int_equal(r.raw, 95);
	assert_int_equal(r.cpu, 1);
	assert_true(mi_records_next(&walk, &r));
	assert_int_equal(r.raw, 100);
	assert_int_equal(mi_record_kind(&r), MI_E_FAULT_BEGIN);
	assert_true(mi_record_get(&r, MI_R_ADDRESS, &v));
	assert_int_equal(v, 0x1000);
	assert_true(mi_record_get(&r, MI_R_ACCESS, &v));
	assert_int_equal(v, 5);
	assert_false(mi_record_get(&r, MI_R_SECTOR, &v));
	assert_true(mi_records_next(&walk, &r));
	assert_int_equal(r.raw, 90);
	assert_int_equal(r.seq, 2);
	assert_false(mi_records_next(&walk, &r));
	mi_records_end(&walk);
}

/* Every description of the module's list comes through. */
static void test_descriptions(void **state)
{
	const struct mi_rec_event *e;
	size_t i, j, fields = 0;

	(void)state;
	assert_int_equal(look(), MI_OK);
	assert_int_equal(found.rec->n_events, W_N(w_events));
	for (i = 0; i < W_N(w_events); i++) {
		e = mi_recorder_event(found.rec, w_events[i].id);
		assert_non_null(e);
		assert_string_equal(e->name, w_events[i].name);
		assert_int_not_equal(e->kind, MI_E_UNKNOWN);
		for (j = 0; j < e->n_fields; j++)
			assert_true(e->fields[j].offset + e->fields[j].size <= e->length);
		fields += e->n_fields;
	}
	assert_int_equal(fields, W_N(w_fields));
	for (i = 0; i < W_N(w_values); i++)
		assert_string_equal(
			mi_recorder_value(found.rec, w_values[i].set, w_values[i].value),
			w_values[i].name);
	assert_null(mi_recorder_event(found.rec, 999));
	assert_null(mi_recorder_value(found.rec, 2, 77));
	/* All that is looked up by name is in some event: the list here has no typing errors. */
	for (j = 0; j < MI_R_NR; j++) {
		for (i = 0; i < found.rec->n_events && !found.rec->events[i].known[j]; i++)
			;
		assert_true(i < found.rec->n_events);
	}
}

static void test_signed_and_text(void **state)
{
	const struct mi_rec_event *e;
	struct mi_records walk;
	struct mi_record r;
	char comm[17];
	uint64_t v;

	(void)state;
	W_EVENT(&w, 0, 1, rq_complete, 0, .tag = -1, .error = -5, .bytes = 4096);
	W_EVENT(&w, 0, 2, task, 5, .call = 2, .comm = "sixteen letters!");
	assert_int_equal(look(), MI_OK);
	assert_int_equal(mi_records_start(&walk, found.rec, NULL), MI_OK);
	assert_true(mi_records_next(&walk, &r));
	assert_true(mi_record_get(&r, MI_R_TAG, &v));
	assert_int_equal((int64_t)v, -1);
	assert_true(mi_record_get(&r, MI_R_ERROR, &v));
	assert_int_equal((int64_t)v, -5);
	assert_true(mi_records_next(&walk, &r));
	e = r.event;
	assert_false(mi_record_get(&r, MI_R_COMM, &v)); /* no number */
	assert_true(mi_record_text(&r, e->known[MI_R_COMM], comm, sizeof(comm)));
	assert_string_equal(comm, "sixteen letters!");
	mi_records_end(&walk);
}

static void test_overwritten(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 200; i++)
		begin_fault(0, (uint64_t)i, 1, 0x1000);
	assert_int_equal(look(), MI_OK);
	assert_int_equal(found.rec->valid, 64);
	assert_int_equal(found.rec->overwritten, 200 - 64);
	assert_int_equal(found.rec->cpus[0].seq[0], 137);
	/* The writer of one slot was overtaken: what it held before is a round older, and counts.
	 */
	memset(w_slot(&w, 0, 150), 0, 128);
	*w_slot(&w, 0, 150) = *w_slot(&w, 0, 149);
	w_slot(&w, 0, 150)->seq_begin = w_slot(&w, 0, 150)->seq_end = 150 - 64;
	w_slot(&w, 0, 150)->check = mmaprec_check(w_slot(&w, 0, 150));
	assert_int_equal(look(), MI_OK);
	assert_int_equal(found.rec->valid, 64);
	assert_int_equal(found.rec->overwritten, 200 - 64 - 1);
	assert_int_equal(found.rec->cpus[0].seq[0], 86);
}

/* ---- slots ---- */

static void test_torn(void **state)
{
	struct mmaprec_slot *s;
	unsigned int i;

	(void)state;
	for (i = 0; i < 8; i++)
		begin_fault(0, 10 + i, 1, 0x1000);
	w_slot(&w, 0, 1)->seq_end = 0;	   /* being written */
	w_slot(&w, 0, 2)->seq_begin = 66;  /* of the next round, half */
	w_slot(&w, 0, 3)->payload[8] ^= 1; /* a part is from another time */
	w_slot(&w, 0, 4)->time ^= 1ULL << 40;
	w_slot(&w, 0, 5)->length = 255;
	s = w_slot(&w, 0, 6); /* another slot's */
	s->seq_begin = s->seq_end = 7;
	s->check = mmaprec_check(s);
	s = w_slot(&w, 0, 7);
	s->check ^= 1;
	assert_int_equal(look(), MI_OK);
	assert_int_equal(found.rec->torn, 7);
	assert_int_equal(found.rec->valid, 1);
	assert_int_equal(found.rec->never, 128 - 8);
	assert_int_equal(mi_problem_count(&kernel.problems), 0);
}

/* A page of a ring that the dump lacks: its slots are counted, the rest is there. */
static void test_absent(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 64; i++)
		begin_fault(1, i, 1, 0x1000);
	absent = PHYS + (uint64_t)(w.ring[1] - memory);
	assert_int_equal(look(), MI_OK);
	assert_int_equal(found.rec->absent, 32);
	assert_int_equal(found.rec->cpus[1].absent[MI_READ_EXCLUDED], 32);
	assert_int_equal(found.rec->valid, 32);
	assert_true(mi_problem_count(&kernel.problems) > 0);
	/* And of a list: all that it names. */
	absent = PHYS + (uint64_t)((unsigned char *)w.list[1] - memory);
	assert_int_equal(look(), MI_OK);
	assert_int_equal(found.rec->absent, 64);
	assert_int_equal(found.rec->valid, 0);
}

static void test_unknown_event(void **state)
{
	struct mi_records walk;
	struct mi_record r;

	(void)state;
	w_event(&w, 0, 5, 4711, 1, "abc", 3);
	assert_int_equal(look(), MI_OK);
	assert_int_equal(found.rec->valid, 1);
	assert_int_equal(mi_records_start(&walk, found.rec, NULL), MI_OK);
	assert_true(mi_records_next(&walk, &r));
	assert_null(r.event);
	assert_int_equal(r.id, 4711);
	assert_int_equal(mi_record_kind(&r), MI_E_UNKNOWN);
	mi_records_end(&walk);
}

/* ---- a directory of a higher minor ---- */

static void test_higher_minor(void **state)
{
	struct mmaprec_event_desc *e = w_section(w.h, MMAPREC_S_EVENTS);
	struct mi_records walk;
	struct mi_record r;
	uint64_t v;

	(void)state;
	w.h->abi_minor = 9;
	/* An event with a name, and a field with a type, of which nothing is known here. */
	strcpy(e[1].name, "fault_in_the_future");
	((struct mmaprec_field_desc *)w_section(w.h, MMAPREC_S_FIELDS))[e[1].first_field].type = 99;
	w_seal(&w);
	begin_fault(0, 1, 1, 0x1000);
	assert_int_equal(look(), MI_OK);
	assert_int_equal(mi_records_start(&walk, found.rec, NULL), MI_OK);
	assert_true(mi_records_next(&walk, &r));
	assert_string_equal(r.event->name, "fault_in_the_future");
	assert_int_equal(mi_record_kind(&r), MI_E_UNKNOWN);
	assert_true(mi_record_field(&r, &r.event->fields[1], &v));
	assert_int_equal(v, 0x1000);
	mi_records_end(&walk);
}

/* A record of an older writer is shorter: it has not the last fields. */
static void test_shorter_record(void **state)
{
	struct p_fault_begin p = {.address = 0x1000};
	struct mi_records walk;
	struct mi_record r;
	uint64_t v;

	(void)state;
	w_event(&w, 0, 1, W_fault_begin, 1, &p, offsetof(struct p_fault_begin, flags));
	assert_int_equal(look(), MI_OK);
	assert_int_equal(mi_records_start(&walk, found.rec, NULL), MI_OK);
	assert_true(mi_records_next(&walk, &r));
	assert_true(mi_record_get(&r, MI_R_ACCESS, &v));
	assert_false(mi_record_get(&r, MI_R_ATTEMPT, &v));
	mi_records_end(&walk);
}

/* ---- copies, several, remains ---- */

static void test_second_copy(void **state)
{
	(void)state;
	begin_fault(0, 1, 1, 0x1000);
	w_seal(&w);
	memset(w.h, 0, 4096);
	assert_int_equal(look(), MI_OK);
	assert_true(found.second);
	assert_int_equal(found.rec->valid, 1);
	/* A damaged page further on: the checksum is another. */
	anew();
	begin_fault(0, 1, 1, 0x1000);
	((unsigned char *)w.h)[5000] ^= 1;
	assert_int_equal(look(), MI_OK);
	assert_true(found.second);
	assert_int_equal(found.refused, 1);
	/* Or not there. */
	anew();
	absent = PHYS + MI_PAGE_SIZE;
	assert_int_equal(look(), MI_OK);
	assert_true(found.second);
	mi_recorder_close(found.rec);
	found.rec = NULL;
	((unsigned char *)w.second)[5000] ^= 1;
	assert_int_equal(look(), MI_ERR_FORMAT);
}

static void test_remains(void **state)
{
	static unsigned char first[PAGES * MI_PAGE_SIZE / 2];

	(void)state;
	/* Two recorders in one memory: an unloaded one, and a later one. */
	memset(memory, 0, sizeof(memory));
	w_begin(&w, memory, PAGES / 2, PHYS / MI_PAGE_SIZE, 1, 5);
	w.h->state = MMAPREC_UNLOADED;
	w.h->loaded_real += 1000;
	w_seal(&w);
	memcpy(first, memory, sizeof(first));
	w_begin(&w, memory + sizeof(first), PAGES / 2, PHYS / MI_PAGE_SIZE + PAGES / 2, 1, 5);
	begin_fault(0, 1, 1, 0x1000);
	w_seal(&w);
	assert_int_equal(look(), MI_OK);
	assert_int_equal(found.at, PHYS + sizeof(first));
	assert_int_equal(found.rec->head.state, MMAPREC_RUNNING);
	assert_int_equal(found.n_others, 1);
	assert_int_equal(found.others[0].state, MMAPREC_UNLOADED);
	assert_int_equal(found.others[0].frame, PHYS / MI_PAGE_SIZE);
	/* The remains alone: found, and told to be such. */
	memset(memory + sizeof(first), 0, sizeof(first));
	assert_int_equal(look(), MI_OK);
	assert_int_equal(found.rec->head.state, MMAPREC_UNLOADED);
	memset(memory, 0, sizeof(memory));
	assert_int_equal(look(), MI_ERR_NOT_FOUND);
	found.rec = NULL;
}

/* ---- hostile directories: an error line, each ---- */

static enum mi_status refused(void)
{
	enum mi_status st;

	w_seal(&w);
	st = look();
	if (st)
		found.rec = NULL;
	anew();
	return st;
}

#define REFUSED(status, change)                                                                    \
	do {                                                                                       \
		change;                                                                            \
		assert_int_equal(refused(), status);                                               \
	} while (0)

static void test_lies_of_the_header(void **state)
{
	(void)state;
	REFUSED(MI_ERR_UNSUPPORTED, w.h->abi_major = 2);
	REFUSED(MI_ERR_UNSUPPORTED, w.h->byte_order = 0x0807060504030201ULL);
	REFUSED(MI_ERR_FORMAT, w.h->byte_order = 5);
	REFUSED(MI_ERR_FORMAT, w.h->page_size = 0);
	REFUSED(MI_ERR_FORMAT, w.h->page_size = 5000);
	REFUSED(MI_ERR_FORMAT, w.h->page_size = 1U << 31);
	REFUSED(MI_ERR_FORMAT, w.h->dir_pages = 0);
	REFUSED(MI_ERR_FORMAT, w.h->dir_pages = 129);
	REFUSED(MI_ERR_FORMAT, w.h->dir_pages = ~0U);
	REFUSED(MI_ERR_FORMAT, w.h->header_size = 8);
	REFUSED(MI_ERR_FORMAT, w.h->header_size = ~0U);
	REFUSED(MI_ERR_FORMAT, w.h->fixed_end = 0);
	REFUSED(MI_ERR_FORMAT, w.h->slot_size = 64);
	REFUSED(MI_ERR_FORMAT, w.h->ring_order = 0);
	REFUSED(MI_ERR_FORMAT, w.h->ring_order = 63);
	REFUSED(MI_ERR_FORMAT, w.h->ring_bytes = ~0ULL);
	REFUSED(MI_ERR_FORMAT, w.h->n_cpus = 77);
	REFUSED(MI_ERR_FORMAT, (w.h->ring_order = 24, w.h->ring_bytes = 128ULL << 24,
				w_cpu(w.h, 0)->n_frames = 1, w.h->n_cpus = 3));
}

static void test_lies_of_sections(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 8; i++) {
		REFUSED(MI_ERR_FORMAT, w.h->section[i].offset = ~0U & ~7U);
		REFUSED(MI_ERR_FORMAT, w.h->section[i].offset += 4);
		REFUSED(MI_ERR_FORMAT, w.h->section[i].offset = 0);
		REFUSED(MI_ERR_FORMAT, w.h->section[i].n = ~0U);
		REFUSED(MI_ERR_FORMAT, w.h->section[i].entry_size = 1);
		REFUSED(MI_ERR_FORMAT, w.h->section[i].entry_size = ~0U);
		REFUSED(MI_ERR_FORMAT,
			w.h->section[i].offset = w.h->section[i == 1 ? 2 : 1].offset);
	}
	/* A section of which nothing is known: it must lie inside, and is passed over. */
	w.h->section[12] = (struct mmaprec_section){
		.offset = w.h->dir_pages * 4096 - 8, .entry_size = 1, .n = 8};
	assert_int_equal(refused(), MI_OK);
}

static void test_lies_of_cpus(void **state)
{
	(void)state;
	REFUSED(MI_ERR_FORMAT, w_cpu(w.h, 1)->cpu = 0);
	REFUSED(MI_ERR_FORMAT, w_cpu(w.h, 0)->first_frame = 3);
	REFUSED(MI_ERR_FORMAT, w_cpu(w.h, 0)->n_frames = ~0U);
	/* Frames that go in circles, that are others', that are not there. */
	begin_fault(0, 1, 1, 0x1000);
	w.list[0][1] = w.list[0][0];
	assert_int_equal(look(), MI_OK);
	assert_int_equal(found.rec->absent, 64);
	assert_int_equal(found.rec->valid, 0);
	w.list[0][0] = PHYS / MI_PAGE_SIZE;
	w.list[0][1] = ~0ULL;
	assert_int_equal(look(), MI_OK);
	assert_int_equal(found.rec->absent, 32);
	assert_int_equal(found.rec->torn, 32 - found.rec->never + 64);
	w.list[0][0] = 0x77777;
	assert_int_equal(look(), MI_OK);
	assert_int_equal(found.rec->absent, 64);
}

static void test_lies_of_descriptions(void **state)
{
	struct mmaprec_event_desc *e = w_section(w.h, MMAPREC_S_EVENTS);
	struct mmaprec_field_desc *f = w_section(w.h, MMAPREC_S_FIELDS);
	struct mi_records walk;
	struct mi_record r;
	uint64_t v;

	(void)state;
	e[0].first_field = ~0U;
	e[2].n_fields = ~0U;
	e[3].id = e[4].id;
	e[5].length = 4000;
	memset(e[6].name, 'x', sizeof(e[6].name));
	memset(e[7].name, 1, sizeof(e[7].name));
	f[e[1].first_field].offset = 60000;
	f[e[1].first_field + 1].size = 200;
	f[e[1].first_field + 2].size = 3;
	w_seal(&w);
	begin_fault(0, 1, 1, 0x1000);
	assert_int_equal(look(), MI_OK);
	assert_int_equal(found.rec->n_events, W_N(w_events) - 4);
	assert_int_equal(strlen(mi_recorder_event(found.rec, e[6].id)->name), 32);
	assert_int_equal(mi_recorder_event(found.rec, e[7].id)->name[0], '?');
	assert_int_equal(mi_records_start(&walk, found.rec, NULL), MI_OK);
	assert_true(mi_records_next(&walk, &r));
	assert_false(mi_record_field(&r, &r.event->fields[0], &v));
	assert_false(mi_record_field(&r, &r.event->fields[1], &v));
	assert_false(mi_record_field(&r, &r.event->fields[2], &v));
	mi_records_end(&walk);
	assert_true(mi_problem_count(&kernel.problems) > 0);
}

/* Any one byte of all that is there: it is read, refused, or counted; nothing else happens. */
static void test_mutations(void **state)
{
	static unsigned char good[PAGES * MI_PAGE_SIZE];
	unsigned int seed = 1, i, j;
	struct mi_records walk;
	struct mi_record r;

	(void)state;
	for (i = 0; i < 100; i++)
		begin_fault(i & 1, i, 1, 0x1000);
	w_sample(&w, 5, 5, 7);
	w_seal(&w);
	memcpy(good, memory, sizeof(good));
	for (i = 0; i < 4000; i++) {
		memcpy(memory, good, sizeof(good));
		for (j = 0; j < 1 + i % 3; j++) {
			seed = seed * 1103515245 + 12345;
			memory[(seed >> 8) % (w.used * MI_PAGE_SIZE)] = (unsigned char)(seed >> 3);
		}
		/* Lies that the checksum does not tell. */
		if (i & 1) {
			w.h->crc = w_sum(w.h);
			w.second->crc = w_sum(w.second);
		}
		if (look()) {
			found.rec = NULL;
			continue;
		}
		assert_int_equal(found.rec->valid + found.rec->never + found.rec->torn +
					 found.rec->absent,
				 found.rec->slots * found.rec->n_cpus);
		assert_int_equal(mi_records_start(&walk, found.rec, NULL), MI_OK);
		for (j = 0; mi_records_next(&walk, &r); j++)
			;
		assert_int_equal(j, found.rec->valid);
		mi_records_end(&walk);
	}
}

/* ---- time ---- */

static void test_clock(void **state)
{
	struct mi_rec_time t;

	(void)state;
	w.h->clock = MMAPREC_CLOCK_TSC;
	w_seal(&w);
	assert_int_equal(look(), MI_OK);
	t = mi_recorder_time(found.rec, 1000);
	assert_false(t.known);
	/* One sample tells no rate. */
	w_sample(&w, 1000, 500, 10500);
	assert_int_equal(look(), MI_OK);
	assert_false(mi_recorder_time(found.rec, 1000).known);
	w_sample(&w, 3000, 1500, 11500);
	w_sample(&w, 4000, 2500, 12600);
	assert_int_equal(look(), MI_OK);
	t = mi_recorder_time(found.rec, 2000);
	assert_true(t.known);
	assert_false(t.extrapolated);
	assert_int_equal(t.mono, 1000);
	assert_int_equal(t.real, 11000);
	t = mi_recorder_time(found.rec, 3500);
	assert_int_equal(t.mono, 2000);
	assert_int_equal(t.real, 12050);
	t = mi_recorder_time(found.rec, 600);
	assert_true(t.extrapolated);
	assert_int_equal(t.mono, 300);
	t = mi_recorder_time(found.rec, 0);
	assert_int_equal(t.mono, 0);
	t = mi_recorder_time(found.rec, 5000);
	assert_true(t.extrapolated);
	assert_int_equal(t.mono, 3500);
	/* Absurd times stay numbers. */
	t = mi_recorder_time(found.rec, ~0ULL);
	assert_true(t.extrapolated);
}

/* The ring of samples has gone round; one of them is half written. */
static void test_clock_ring(void **state)
{
	struct mmaprec_clock_sample *s = w_section(w.h, MMAPREC_S_CLOCK);
	uint64_t i;

	(void)state;
	w.h->clock = MMAPREC_CLOCK_TSC;
	w_seal(&w);
	for (i = 1; i <= 11; i++)
		w_sample(&w, i * 100, i * 1000, i * 1000);
	s[2].mono = 1; /* of 1100 */
	assert_int_equal(look(), MI_OK);
	assert_int_equal(found.rec->n_clock, 7);
	assert_int_equal(mi_recorder_time(found.rec, 450).mono, 4500);
	assert_int_equal(mi_recorder_time(found.rec, 1100).mono, 11000);
	assert_true(mi_problem_count(&kernel.problems) > 0);
	for (i = 0; i < W_SAMPLES; i++)
		s[i] = (struct mmaprec_clock_sample){
			.raw = i << 61, .mono = ~0ULL - (7 - i), .real = i << 63};
	assert_int_equal(look(), MI_OK);
	for (i = 0; i < 64; i++)
		mi_recorder_time(found.rec, ~0ULL >> i);
}

static void test_monotonic_clock(void **state)
{
	struct mi_rec_time t;

	(void)state;
	assert_int_equal(look(), MI_OK);
	t = mi_recorder_time(found.rec, 1500000000);
	assert_true(t.known);
	assert_int_equal(t.mono, 1500000000);
	assert_int_equal(t.real, 1700000000500000000);
	w_sample(&w, 2000000000, 2000000000, 1800000000000000000);
	assert_int_equal(look(), MI_OK);
	t = mi_recorder_time(found.rec, 2000000007);
	assert_int_equal(t.mono, 2000000007);
	assert_int_equal(t.real, 1800000000000000007);
}

/* ---- a module that leads to it ---- */

/* A list of one module, whose data has a pointer to the directory. */
static void make_module(uint64_t pointer)
{
	uint64_t mod = BASE + (PAGES - 2) * MI_PAGE_SIZE, data = mod + 512;
	struct mi_layout *l = &kernel.l;

	l->sym_modules = mod + 1024;
	l->list_next = at(0);
	l->list_prev = at(8);
	l->module_list = (struct mi_member){.off = 0, .size = 16, .count = 1};
	l->module_name = (struct mi_member){.off = 16, .size = 1, .count = 56};
	l->module_core_base = at(72);
	l->module_core_text = (struct mi_member){.off = 80, .size = 4, .count = 1};
	l->module_core_size = (struct mi_member){.off = 84, .size = 4, .count = 1};
	put64(mod + 1024, mod);
	put64(mod + 1032, mod);
	put64(mod, mod + 1024);
	put64(mod + 8, mod + 1024);
	memcpy(memory + (mod + 16 - BASE), "mmaprec", 8);
	put64(mod + 72, data - 64);
	put64(mod + 80, 64 | (uint64_t)256 << 32);
	put64(data + 96, pointer);
}

static void test_by_module(void **state)
{
	(void)state;
	begin_fault(0, 1, 1, 0x1000);
	make_module(BASE);
	assert_int_equal(look(), MI_OK);
	assert_int_equal(found.how, MI_RECORDER_MODULE);
	assert_int_equal(found.rec->valid, 1);
	/* Its first copy is damaged: it names the other. */
	((unsigned char *)w.h)[5000] ^= 1;
	forget_modules();
	assert_int_equal(look(), MI_OK);
	assert_int_equal(found.how, MI_RECORDER_MODULE);
	assert_true(found.second);
	/* The pointer leads nowhere: then memory is searched. */
	make_module(BASE + 64);
	forget_modules();
	assert_int_equal(look(), MI_OK);
	assert_int_equal(found.how, MI_RECORDER_SCAN);
}

/* The module's symbols, in which the directory's variable has a name. */
static void test_by_symbol(void **state)
{
	uint64_t mod = BASE + (PAGES - 2) * MI_PAGE_SIZE, kallsyms = mod + 1536;
	struct mi_layout *l = &kernel.l;

	(void)state;
	begin_fault(0, 1, 1, 0x1000);
	make_module(0);
	l->module_kallsyms = at(96);
	l->mod_symtab = at(0);
	l->mod_num_symtab = at(8);
	l->mod_strtab = at(16);
	l->size_elf64_sym = 24;
	l->elf_sym_name = (struct mi_member){.off = 0, .size = 4, .count = 1};
	l->elf_sym_shndx = (struct mi_member){.off = 6, .size = 2, .count = 1};
	l->elf_sym_value = at(8);
	put64(mod + 96, kallsyms);
	put64(kallsyms, kallsyms + 64);
	put64(kallsyms + 8, 3);
	put64(kallsyms + 16, kallsyms + 256);
	memcpy(memory + (kallsyms + 257 - BASE), "other\0" MMAPREC_SYMBOL,
	       6 + sizeof(MMAPREC_SYMBOL));
	/* Of the first, which ELF leaves empty, nothing is looked at. */
	put64(kallsyms + 64 + 24, 1 | 1ULL << 48);
	put64(kallsyms + 64 + 48, 7 | 1ULL << 48);
	put64(kallsyms + 64 + 56, kallsyms + 512);
	put64(kallsyms + 512, BASE);
	assert_int_equal(look(), MI_OK);
	assert_int_equal(found.how, MI_RECORDER_SYMBOL);
	assert_int_equal(found.rec->valid, 1);
	/* It is of no section: not the module's own. */
	put64(kallsyms + 64 + 48, 7);
	assert_int_equal(look(), MI_OK);
	assert_int_equal(found.how, MI_RECORDER_SCAN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_is_there),
		TEST(test_descriptions),
		TEST(test_signed_and_text),
		TEST(test_overwritten),
		TEST(test_torn),
		TEST(test_absent),
		TEST(test_unknown_event),
		TEST(test_higher_minor),
		TEST(test_shorter_record),
		TEST(test_second_copy),
		TEST(test_remains),
		TEST(test_lies_of_the_header),
		TEST(test_lies_of_sections),
		TEST(test_lies_of_cpus),
		TEST(test_lies_of_descriptions),
		TEST(test_mutations),
		TEST(test_clock),
		TEST(test_clock_ring),
		TEST(test_monotonic_clock),
		TEST(test_by_module),
		TEST(test_by_symbol),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
