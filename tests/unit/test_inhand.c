// SPDX-License-Identifier: GPL-2.0-or-later
/* test_inhand.c - pages found by what lies on kernel stacks made by hand, and what must not be */
#include "fake_memory.h"

#include "../../libsrc/inspect/inhand.h"
#include "../../libsrc/kernel/pagetable.h"

/* Offsets of what is made up here. */
enum {
	TASKS = 0,
	PID = 16,
	TGID = 20,
	FLAGS = 24,
	MM = 32,
	STATE = 40,
	EXIT = 44,
	COMM = 48,
	STACK = 64,
	SP = 72,
	ON_CPU = 80
};
#define KTHREAD 0x200000
#define INIT BASE
#define TASK(i) (BASE + 0x200 + 0x100 * (uint64_t)(i))
#define STACKS (BASE + 0x4000)
#define STACK_SIZE 0x4000ULL
#define STACK_OF(i) (STACKS + STACK_SIZE * (uint64_t)(i))
#define STACK_END(i) (STACK_OF(i) + STACK_SIZE)
#define BIO (BASE + 0x1000)
#define VECTORS (BASE + 0x1100)
#define MAPPING (BASE + 0x2000)
#define OTHER (BASE + 0x2400)
#define THE_FILE (BASE + 0x2800)
/* Struct pages are nowhere: only their addresses matter. */
#define VMEMMAP 0xffffea0000000000ULL
#define PAGE(pfn) (VMEMMAP + 64 * (uint64_t)(pfn))
#define SLEPT 0x400 /* bytes of a stack in use */

static struct mi_inhand list[8];
static size_t n_list;
static struct mi_waiter waits[1];
static size_t n_waits;

static void put32(uint64_t va, uint32_t value)
{
	memcpy(memory + (va - BASE), &value, sizeof(value));
}

static struct mi_member sized(int32_t off, uint32_t size)
{
	return (struct mi_member){.off = off, .size = size, .count = 1, .cls = MI_TYPE_INT};
}

static void make_layout(void)
{
	struct mi_layout *l = &kernel.l;

	kernel.pte = &mi_pte_x86_64;
	kernel.memmodel.base = VMEMMAP;
	kernel.max_pfn = 1 << 20;
	l->size_page = 64;
	l->sym_init_task = INIT;
	l->size_thread_union = STACK_SIZE;
	l->list_next = at(0);
	l->list_prev = at(8);
	l->task_tasks = sized(TASKS, 16);
	l->task_pid = sized(PID, 4);
	l->task_tgid = sized(TGID, 4);
	l->task_flags = sized(FLAGS, 4);
	l->task_mm = at(MM);
	l->task_state = sized(STATE, 4);
	l->task_exit_state = sized(EXIT, 4);
	l->task_comm = sized(COMM, 16);
	l->task_stack = at(STACK);
	l->task_thread_sp = at(SP);
	l->task_on_cpu = sized(ON_CPU, 4);
	/* As in 6.12. */
	l->size_ractl = 48;
	l->ractl_file = at(0);
	l->file_mapping = at(8);
	l->ractl_mapping = at(8);
	l->ractl_index = at(24);
	l->ractl_nr = sized(32, 4);
	l->size_bio = 128;
	l->bio_size = sized(40, 4);
	l->bio_idx = sized(44, 4);
	l->bio_done = sized(48, 4);
	l->bio_vec = at(112);
	l->size_bio_vec = 16;
	l->bv_page = at(0);
	l->bv_len = sized(8, 4);
	l->bv_offset = sized(12, 4);
}

static void put_task(unsigned int i, uint64_t next, uint64_t prev)
{
	put64(TASK(i), next);
	put64(TASK(i) + 8, prev);
	put32(TASK(i) + PID, 10 + i);
	put32(TASK(i) + TGID, 10 + i);
	put32(TASK(i) + FLAGS, KTHREAD);
	put64(TASK(i) + STACK, STACK_OF(i));
	put64(TASK(i) + SP, STACK_END(i) - SLEPT);
}

/* Two kernel threads, which sleep. */
static int setup(void **state)
{
	(void)state;
	start_memory();
	make_layout();
	put64(INIT, TASK(0));
	put64(INIT + 8, TASK(1));
	put_task(0, TASK(1), INIT);
	put_task(1, INIT, TASK(0));
	memset(list, 0, sizeof(list));
	n_list = n_waits = 0;
	return 0;
}

/* A folio of 1 << @order pages from frame @pfn on, in MAPPING from @index on. */
static void want(uint64_t pfn, uint64_t index, unsigned int order)
{
	struct mi_inhand *h = &list[n_list++];

	h->page = (struct mi_page){.pfn = pfn,
				   .head_pfn = pfn,
				   .mapping = MAPPING,
				   .index = index,
				   .order = order,
				   .owner = MI_OWNER_FILE};
}

static void look(void)
{
	struct mi_error err;

	assert_int_equal(mi_inhand_find(&kernel, waits, n_waits, list, n_list, &err), MI_OK);
	assert_int_equal(mi_problem_count(&kernel.problems), 0);
}

static void assert_hand(size_t i, enum mi_inhand_how how, int32_t pid, uint64_t stack_at)
{
	assert_int_equal(list[i].how, how);
	if (how) {
		assert_int_equal(list[i].task.pid, pid);
		assert_int_equal(list[i].at, stack_at);
	}
}

static void test_page(void **state)
{
	uint64_t there = STACK_END(1) - 0x100;

	(void)state;
	want(100, 7, 0);
	want(101, 8, 0);
	put64(there, PAGE(100));
	/* Left there by a call that has returned. */
	put64(STACK_END(0) - SLEPT - 8, PAGE(101));
	look();
	assert_hand(0, MI_INHAND_PAGE, 11, there);
	assert_hand(1, MI_INHAND_NONE, 0, 0);
}

/* Where it stopped is not known: all of the stack counts. */
static void test_running(void **state)
{
	uint64_t there = STACK_END(0) - SLEPT - 8;

	(void)state;
	want(101, 8, 0);
	put64(there, PAGE(101));
	put32(TASK(0) + ON_CPU, 1);
	look();
	assert_hand(0, MI_INHAND_PAGE, 10, there);
}

/* Who waits for it has its address there as well; for another page he may have this one. */
static void test_waits_itself(void **state)
{
	uint64_t there = STACK_END(1) - 0x100;

	(void)state;
	want(100, 7, 0);
	put64(there, PAGE(100));
	waits[0] = (struct mi_waiter){.task = {.addr = TASK(1)}, .pfn = 100};
	n_waits = 1;
	look();
	assert_hand(0, MI_INHAND_NONE, 0, 0);
	waits[0].pfn = 101;
	look();
	assert_hand(0, MI_INHAND_PAGE, 11, there);
}

/* Under writeback: whoever looks at it has its address, too. */
static void test_writeback(void **state)
{
	(void)state;
	want(100, 7, 0);
	list[0].writeback = true;
	put64(STACK_END(1) - 0x100, PAGE(100));
	look();
	assert_hand(0, MI_INHAND_NONE, 0, 0);
}

static void put_window(uint64_t va, uint64_t mapping, uint64_t index, uint32_t n)
{
	put64(va, THE_FILE);
	put64(THE_FILE + 8, mapping);
	put64(va + 8, mapping);
	put64(va + 24, index);
	put32(va + 32, n);
}

static void test_window(void **state)
{
	uint64_t there = STACK_END(0) - 0x200;

	(void)state;
	want(100, 19, 0);
	want(101, 20, 0);
	want(102, 27, 0);
	want(103, 28, 0); /* put into the cache, not counted yet */
	want(104, 29, 0);
	put_window(there, MAPPING, 20, 8);
	look();
	assert_hand(0, MI_INHAND_NONE, 0, 0);
	assert_hand(1, MI_INHAND_READAHEAD, 10, there + 8);
	assert_hand(2, MI_INHAND_READAHEAD, 10, there + 8);
	assert_hand(3, MI_INHAND_READAHEAD, 10, there + 8);
	assert_hand(4, MI_INHAND_NONE, 0, 0);
}

/* All of it was read; more than any is; of another file; cut off by the end of the stack. */
static void test_no_window(void **state)
{
	uint64_t there = STACK_END(0) - 0x100;

	(void)state;
	want(100, 20, 0);
	put_window(STACK_END(0) - 0x200, MAPPING, 20, 0);
	put_window(STACK_END(0) - 0x280, MAPPING, 20, 0xc5a0e840);
	put64(STACK_END(1) - 8, MAPPING);
	put_window(there, OTHER, 20, 8);
	look();
	assert_hand(0, MI_INHAND_NONE, 0, 0);
	/* What lies before it is no file of this mapping; or there is no file. */
	put_window(there, MAPPING, 20, 8);
	put64(THE_FILE + 8, OTHER);
	forget();
	look();
	assert_hand(0, MI_INHAND_NONE, 0, 0);
	put64(there, 0);
	forget();
	look();
	assert_hand(0, MI_INHAND_READAHEAD, 10, there + 8);
}

/* What has exited has no stack. */
static void test_zombie(void **state)
{
	(void)state;
	want(100, 20, 0);
	put64(TASK(0) + STACK, 0);
	put32(TASK(0) + EXIT, 0x20);
	look();
	assert_hand(0, MI_INHAND_NONE, 0, 0);
}

static void put_bio(uint32_t bytes, uint64_t page, uint32_t len, uint32_t offset)
{
	put32(BIO + 40, bytes);
	put64(BIO + 112, VECTORS);
	put64(VECTORS, page);
	put32(VECTORS + 8, len);
	put32(VECTORS + 12, offset);
}

/* Pages in a row are one vector, which may begin in the middle of a folio. */
static void test_bio(void **state)
{
	uint64_t there = STACK_END(0) - 0x80;

	(void)state;
	want(98, 4, 2);
	want(102, 8, 0);
	want(103, 9, 0);
	want(104, 10, 0);
	list[2].writeback = true;
	put64(STACK_END(0) - 0x180, MAPPING);
	/* Which tells less, and comes first. */
	put64(STACK_END(0) - 0x190, PAGE(102));
	put64(there, BIO);
	put_bio(4 * MI_PAGE_SIZE, PAGE(98), 4 * MI_PAGE_SIZE, 2 * MI_PAGE_SIZE);
	look();
	assert_hand(0, MI_INHAND_BIO, 10, there);
	assert_hand(1, MI_INHAND_BIO, 10, there);
	assert_hand(2, MI_INHAND_BIO, 10, there);
	assert_hand(3, MI_INHAND_NONE, 0, 0);
}

/* What only looks like one: vectors that end before it does, a size that is none, work begun. */
static void test_no_bio(void **state)
{
	(void)state;
	want(100, 4, 0);
	put64(STACK_END(0) - 0x180, MAPPING);
	put64(STACK_END(0) - 0x80, BIO);
	put_bio(2 * MI_PAGE_SIZE, PAGE(100), MI_PAGE_SIZE, 0);
	look();
	assert_hand(0, MI_INHAND_NONE, 0, 0);
	put_bio(MI_PAGE_SIZE + 1, PAGE(100), MI_PAGE_SIZE + 1, 0);
	forget();
	look();
	assert_hand(0, MI_INHAND_NONE, 0, 0);
	put_bio(MI_PAGE_SIZE, PAGE(100), MI_PAGE_SIZE, 0);
	put32(BIO + 48, 512);
	forget();
	look();
	assert_hand(0, MI_INHAND_NONE, 0, 0);
	put32(BIO + 48, 0);
	forget();
	look();
	assert_hand(0, MI_INHAND_BIO, 10, STACK_END(0) - 0x80);
}

/* A stack that is not where it should be is a problem, and no answer. */
static void test_lost(void **state)
{
	struct mi_error err;

	(void)state;
	want(100, 4, 0);
	put64(TASK(0) + STACK, AWAY);
	put64(TASK(0) + SP, AWAY + 0x100);
	put64(STACK_END(1) - 8, PAGE(100));
	assert_int_equal(mi_inhand_find(&kernel, NULL, 0, list, n_list, &err), MI_OK);
	assert_int_equal(mi_problem_count(&kernel.problems), 1);
	assert_hand(0, MI_INHAND_PAGE, 11, STACK_END(1) - 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_page, setup, end_memory),
		cmocka_unit_test_setup_teardown(test_running, setup, end_memory),
		cmocka_unit_test_setup_teardown(test_waits_itself, setup, end_memory),
		cmocka_unit_test_setup_teardown(test_writeback, setup, end_memory),
		cmocka_unit_test_setup_teardown(test_window, setup, end_memory),
		cmocka_unit_test_setup_teardown(test_no_window, setup, end_memory),
		cmocka_unit_test_setup_teardown(test_zombie, setup, end_memory),
		cmocka_unit_test_setup_teardown(test_bio, setup, end_memory),
		cmocka_unit_test_setup_teardown(test_no_bio, setup, end_memory),
		cmocka_unit_test_setup_teardown(test_lost, setup, end_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
