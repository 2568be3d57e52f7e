// SPDX-License-Identifier: GPL-2.0-or-later
/* test_plug.c - plugs of all forms in memory made by hand, and those that lie */
#include "fake_memory.h"

#include "../../libsrc/kernel/plug.h"

/* Offsets of what is made up here. */
enum {
	TASKS = 0,
	PID = 16,
	TGID = 20,
	FLAGS = 24,
	MM = 32,
	STATE = 40,
	EXIT = 44,
	COMM = 48
};
enum {
	PLUG = 64,
	QUEUELIST = 0,
	NEXT = 16
};
#define KTHREAD 0x200000
#define INIT BASE
#define TASK (BASE + 0x200)
#define THE_PLUG (BASE + 0x1000)
#define RQ(i) (BASE + 0x2000 + 0x40 * (uint64_t)(i))

static struct mi_plugged *found;
static size_t n_found;

static void put32(uint64_t va, uint32_t value)
{
	memcpy(memory + (va - BASE), &value, sizeof(value));
}

static struct mi_member sized(int32_t off, uint32_t size)
{
	return (struct mi_member){.off = off, .size = size, .count = 1, .cls = MI_TYPE_INT};
}

static struct mi_member of_type(int32_t off, enum mi_type_class cls, const char *name)
{
	struct mi_member m = {.off = off, .size = 8, .count = 1, .cls = cls};

	strcpy(m.type_name, name);
	return m;
}

/* Everything is missing but what a walk of tasks and plugs needs. */
static void make_layout(void)
{
	struct mi_layout *l = &kernel.l;

	forget_kernel();
	l->sym_init_task = INIT;
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
	l->task_plug = at(PLUG);
	l->rq_queuelist = sized(QUEUELIST, 16);
	l->rq_next = at(NEXT);
}

/* One kernel thread behind init_task, with a plug. */
static int setup(void **state)
{
	(void)state;
	start_memory();
	make_layout();
	put64(INIT, TASK);
	put64(INIT + 8, TASK);
	put64(TASK, INIT);
	put64(TASK + 8, INIT);
	put32(TASK + PID, 42);
	put32(TASK + TGID, 42);
	put32(TASK + FLAGS, KTHREAD);
	memcpy(memory + (TASK + COMM - BASE), "worker", 6);
	put64(TASK + PLUG, THE_PLUG);
	found = NULL;
	return 0;
}

static int teardown(void **state)
{
	free(found);
	return end_memory(state);
}

static uint64_t look(void)
{
	struct mi_error err;

	assert_int_equal(mi_plugs(&kernel, &found, &n_found, &err), MI_OK);
	return mi_problem_count(&kernel.problems);
}

/* mq_list and what is in store: pointers, at 0 and 8. */
static void chains(void)
{
	kernel.l.plug_list = of_type(0, MI_TYPE_POINTER, "request");
	kernel.l.plug_cached = of_type(8, MI_TYPE_POINTER, "request");
	kernel.l.plug_nr_ios = sized(16, 2);
}

static void test_pointers(void **state)
{
	(void)state;
	chains();
	put64(THE_PLUG, RQ(0));
	put64(RQ(0) + NEXT, RQ(1));
	put64(THE_PLUG + 8, RQ(2));
	assert_int_equal(look(), 0);
	assert_int_equal(n_found, 3);
	assert_int_equal(found[0].rq, RQ(0));
	assert_int_equal(found[1].rq, RQ(1));
	assert_false(found[1].stored);
	assert_int_equal(found[2].rq, RQ(2));
	assert_true(found[2].stored);
	assert_int_equal(found[2].pid, 42);
	assert_string_equal(found[2].comm, "worker");
	assert_true(found[2].disk == MI_PLUG_NO_DISK);
}

/* head and tail: the second has nothing to do with the walk. */
static void test_rq_list(void **state)
{
	(void)state;
	kernel.l.plug_list = of_type(0, MI_TYPE_STRUCT, "rq_list");
	kernel.l.plug_cached = of_type(16, MI_TYPE_STRUCT, "rq_list");
	kernel.l.plug_nr_ios = sized(40, 2);
	kernel.l.rq_list_head = at(0);
	put64(THE_PLUG, RQ(0));
	put64(THE_PLUG + 8, 1);
	put64(THE_PLUG + 16, RQ(1));
	assert_int_equal(look(), 0);
	assert_int_equal(n_found, 2);
	assert_true(found[1].stored);
}

static void test_ring(void **state)
{
	(void)state;
	kernel.l.plug_list = of_type(0, MI_TYPE_STRUCT, "list_head");
	kernel.l.rq_next.off = -1;
	put64(THE_PLUG, RQ(0));
	put64(THE_PLUG + 8, RQ(1));
	put64(RQ(0), RQ(1));
	put64(RQ(0) + 8, THE_PLUG);
	put64(RQ(1), THE_PLUG);
	put64(RQ(1) + 8, RQ(0));
	assert_int_equal(look(), 0);
	assert_int_equal(n_found, 2);
	assert_int_equal(found[1].rq, RQ(1));
}

static void test_no_plug(void **state)
{
	(void)state;
	chains();
	put64(TASK + PLUG, 0);
	assert_int_equal(look(), 0);
	assert_int_equal(n_found, 0);
}

/* It ends, is bounded, and says so. */
static void test_circle(void **state)
{
	(void)state;
	chains();
	put64(THE_PLUG, RQ(0));
	put64(RQ(0) + NEXT, RQ(1));
	put64(RQ(1) + NEXT, RQ(0));
	assert_true(look() > 0);
	assert_true(n_found <= 65536);
}

static void test_unreadable(void **state)
{
	(void)state;
	chains();
	put64(THE_PLUG, RQ(0));
	put64(RQ(0) + NEXT, 0xffff999900000000ULL);
	assert_true(look() > 0);
	assert_int_equal(n_found, 2); /* what is behind the second is missing */
	free(found);
	put64(TASK + PLUG, 0x1234);
	mi_memory_free(&target);
	setup(NULL);
	chains();
	put64(TASK + PLUG, 0x1234);
	assert_true(look() > 0);
	assert_int_equal(n_found, 0);
}

/* Each member without which the form is not known: nothing is found, and that is said. */
static void test_unknown_forms(void **state)
{
	struct mi_member *missing[] = {&kernel.l.task_plug, &kernel.l.plug_list,
				       &kernel.l.plug_cached, &kernel.l.rq_next};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(missing) / sizeof(missing[0]); i++) {
		make_layout();
		chains();
		put64(THE_PLUG, RQ(0));
		missing[i]->off = -1;
		assert_true(look() > 0);
		assert_int_equal(n_found, 0);
	}
	make_layout();
	chains();
	kernel.l.plug_list = of_type(0, MI_TYPE_STRUCT, "something_new");
	assert_true(look() > 0);
	assert_int_equal(n_found, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pointers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rq_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ring, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_plug, setup, teardown),
		cmocka_unit_test_setup_teardown(test_circle, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unreadable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unknown_forms, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
