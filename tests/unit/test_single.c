// SPDX-License-Identifier: GPL-2.0-or-later
/* test_single.c - requests of single queues, and struct pages by section, in memory made by hand */
#include "fake_memory.h"

#include "../../libsrc/kernel/memmodel.h"
#include "../../libsrc/kernel/pagetable.h"
#include "../../libsrc/kernel/single.h"

/* Offsets of what is made up here. */
enum {
	QUEUE_HEAD = 0,
	TIMEOUTS = 16,
	FLUSH = 32, /* two list_heads */
	IN_FLIGHT = 64,
	QUEUE_TAGS = 72
};
enum {
	QUEUELIST = 0,
	RQ_TIMEOUT = 16,
	RQ_HASH = 32,
	RQ_FLUSH = 48
};
enum {
	TAG_INDEX = 0,
	TAG_DEPTH = 8
};
#define QUEUE BASE
#define ELEVATOR (BASE + 0x400)
#define TAGS (BASE + 0xc00)
#define INDEX (BASE + 0xd00)
#define RQ(i) (BASE + 0x1000 + 0x100 * (uint64_t)(i))

static struct {
	uint64_t rq;
	enum mi_rq_state state;
} found[64];
static size_t n_found;

static bool take(void *arg, uint64_t rq, enum mi_rq_state state)
{
	(void)arg;
	assert_true(n_found < sizeof(found) / sizeof(found[0]));
	found[n_found].rq = rq;
	found[n_found++].state = state;
	return true;
}

static void empty(uint64_t head)
{
	put64(head, head);
	put64(head + 8, head);
}

static void put_in(uint64_t head, uint64_t node)
{
	put64(head, node);
	put64(head + 8, node);
	put64(node, head);
	put64(node + 8, head);
}

static int setup(void **state)
{
	struct mi_layout *l = &kernel.l;

	(void)state;
	start_memory();
	l->list_next = at(0);
	l->list_prev = at(8);
	l->hlist_first = at(0);
	l->hlist_next = at(0);
	l->queue_head = at(QUEUE_HEAD);
	l->queue_request_fn = at(0);
	l->queue_timeouts = at(TIMEOUTS);
	l->queue_flush = at(FLUSH);
	l->queue_flush.size = 16;
	l->queue_flush.count = 2;
	l->queue_in_flight = at(IN_FLIGHT);
	l->queue_in_flight.size = 4;
	l->queue_in_flight.count = 2;
	l->rq_queuelist = at(QUEUELIST);
	l->rq_timeout_list = at(RQ_TIMEOUT);
	l->rq_hash = at(RQ_HASH);
	l->rq_flush_list = at(RQ_FLUSH);
	l->elevator_hash = at(0);
	for (uint64_t head = QUEUE; head <= QUEUE + FLUSH + 16; head += 16)
		empty(head);
	return 0;
}

static size_t look(void)
{
	const struct mi_disk disk = {.queue = QUEUE, .elevator = ELEVATOR, .single = true};

	forget();
	n_found = 0;
	mi_single_queue(&kernel, &disk, take, NULL);
	return n_found;
}

static void expect(size_t i, uint64_t rq, enum mi_rq_state state)
{
	assert_int_equal(found[i].rq, rq);
	assert_int_equal(found[i].state, state);
}

static void test_queue(void **state)
{
	(void)state;
	assert_true(mi_single_known(&kernel.l));
	assert_int_equal(look(), 0);
	put_in(QUEUE + QUEUE_HEAD, RQ(0) + QUEUELIST);
	put_in(QUEUE + TIMEOUTS, RQ(1) + RQ_TIMEOUT);
	put64(ELEVATOR + 8 * 63, RQ(2) + RQ_HASH);
	put64(RQ(2) + RQ_HASH, RQ(3) + RQ_HASH);
	put_in(QUEUE + FLUSH + 16, RQ(4) + RQ_FLUSH);
	assert_int_equal(look(), 5);
	expect(0, RQ(1), MI_RQ_DRIVER);
	expect(1, RQ(0), MI_RQ_DISPATCH);
	expect(2, RQ(2), MI_RQ_SCHEDULER);
	expect(3, RQ(3), MI_RQ_SCHEDULER);
	expect(4, RQ(4), MI_RQ_FLUSH);
	/* The hash is a pointer, before 3.8. */
	kernel.l.elevator_hash.cls = MI_TYPE_POINTER;
	put64(ELEVATOR, BASE + 0x3000);
	assert_int_equal(look(), 3);
	put64(BASE + 0x3000, RQ(5) + RQ_HASH);
	assert_int_equal(look(), 4);
	expect(2, RQ(5), MI_RQ_SCHEDULER);
	assert_int_equal(mi_problem_count(&kernel.problems), 0);
}

/* What only the driver knows is said to be missing. */
static void test_driver(void **state)
{
	struct mi_layout *l = &kernel.l;

	(void)state;
	put_in(QUEUE + TIMEOUTS, RQ(1) + RQ_TIMEOUT);
	put64(QUEUE + IN_FLIGHT, 1);
	look();
	assert_int_equal(mi_problem_count(&kernel.problems), 0);
	put64(QUEUE + IN_FLIGHT, 1ULL << 32 | 1);
	look();
	assert_int_equal(mi_problem_count(&kernel.problems), 1);
	/* Two in the table of tags: these are they. */
	l->queue_tags = at(QUEUE_TAGS);
	l->bqt_index = at(TAG_INDEX);
	l->bqt_depth = at(TAG_DEPTH);
	put64(QUEUE + QUEUE_TAGS, TAGS);
	put64(TAGS + TAG_INDEX, INDEX);
	put64(TAGS + TAG_DEPTH, 4);
	put64(INDEX, RQ(1));
	put64(INDEX + 24, RQ(2));
	assert_int_equal(look(), 3);
	expect(2, RQ(2), MI_RQ_DRIVER);
	assert_int_equal(mi_problem_count(&kernel.problems), 1);
}

static void test_lies(void **state)
{
	(void)state;
	/* A chain that leads nowhere, and a list that never comes back. */
	put64(ELEVATOR, RQ(2) + RQ_HASH);
	put64(RQ(2) + RQ_HASH, AWAY);
	look();
	assert_int_equal(mi_problem_count(&kernel.problems), 1);
	put64(RQ(2) + RQ_HASH, 0);
	put64(QUEUE + QUEUE_HEAD, RQ(0));
	put64(RQ(0), RQ(0));
	look();
	assert_int_equal(mi_problem_count(&kernel.problems), 2);
}

static void test_operation(void **state)
{
	struct mi_layout *l = &kernel.l;

	(void)state;
	assert_null(mi_single_operation(&kernel, 1));
	l->REQ_OLD_WRITE = (struct mi_enumerator){true, 0};
	l->REQ_OLD_DISCARD = (struct mi_enumerator){true, 7};
	l->REQ_OLD_FLUSH = (struct mi_enumerator){true, 11};
	assert_string_equal(mi_single_operation(&kernel, 1), "WRITE");
	assert_string_equal(mi_single_operation(&kernel, 0x10), "READ");
	assert_string_equal(mi_single_operation(&kernel, 0x81), "DISCARD");
	assert_string_equal(mi_single_operation(&kernel, 0x801), "FLUSH");
	l->REQ_OP_READ.known = true;
	assert_null(mi_single_operation(&kernel, 1));
}

/* ---- struct pages ---- */

#define SECTIONS (BASE + 0x5000)
#define ROOT_AT (BASE + 0x6000)
#define PER_SECTION 0x8000ULL

static void test_memmodel(void **state)
{
	struct mi_layout *l = &kernel.l;
	uint64_t pfn, map0 = 0xffff880011110000, map2 = 0xffff880022220000;
	const char *why;

	(void)state;
	kernel.pte = &mi_pte_x86_64;
	kernel.max_pfn = 1 << 20;
	l->size_page = 64;
	l->size_section = 16;
	l->section_mem_map = at(0);
	assert_false(mi_memmodel_init(&kernel, &why));
	target.symbols = mi_symtab_new();
	assert_int_equal(mi_symtab_add(target.symbols, "mem_section", 11, 'D', SECTIONS, NULL), 0);
	assert_int_equal(mi_symtab_add(target.symbols, "next", 4, 'D', SECTIONS + 64, NULL), 0);
	l->sym_mem_section = SECTIONS;
	put64(SECTIONS, ROOT_AT);
	/* All sections have one base: the vmemmap's. */
	put64(ROOT_AT, 0xffffea0000000000 | 3);
	put64(ROOT_AT + 16 * 2, 0xffffea0000000000 | 3);
	assert_true(mi_memmodel_init(&kernel, &why));
	assert_int_equal(mi_memmodel_page(&kernel, 5), 0xffffea0000000000 + 5 * 64);
	assert_true(mi_memmodel_pfn(&kernel, 0xffffea0000000000 + 5 * 64, &pfn));
	assert_int_equal(pfn, 5);
	assert_false(mi_memmodel_pfn(&kernel, 0xffffea0000000000 + 5 * 64 + 8, &pfn));
	/* Each has its own. */
	put64(ROOT_AT, map0 | 3);
	put64(ROOT_AT + 16 * 2, (map2 - 2 * PER_SECTION * 64) | 3);
	forget();
	assert_true(mi_memmodel_init(&kernel, &why));
	assert_int_equal(mi_memmodel_page(&kernel, 7), map0 + 7 * 64);
	assert_int_equal(mi_memmodel_page(&kernel, 2 * PER_SECTION + 7), map2 + 7 * 64);
	assert_int_equal(mi_memmodel_page(&kernel, PER_SECTION), 0);
	assert_true(mi_memmodel_pfn(&kernel, map2 + 7 * 64, &pfn));
	assert_int_equal(pfn, 2 * PER_SECTION + 7);
	assert_false(mi_memmodel_pfn(&kernel, map2 + PER_SECTION * 64, &pfn));
	assert_false(mi_memmodel_pfn(&kernel, map0 - 64, &pfn));
	mi_memmodel_free(&kernel);
	mi_symtab_free(target.symbols);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_queue, setup, end_memory),
		cmocka_unit_test_setup_teardown(test_driver, setup, end_memory),
		cmocka_unit_test_setup_teardown(test_lies, setup, end_memory),
		cmocka_unit_test_setup_teardown(test_operation, setup, end_memory),
		cmocka_unit_test_setup_teardown(test_memmodel, setup, end_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
