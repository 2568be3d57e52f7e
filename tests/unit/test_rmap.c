// SPDX-License-Identifier: GPL-2.0-or-later
/* test_rmap.c - trees of VMAs in memory made by hand, and those that lie */
#include "rmap_memory.h"

enum {
	CHAIN_RB = 16,
	CHAIN_SIZE = 40
};
/* of a node, in a VMA or in a chain */
enum {
	PARENT = 0,
	RIGHT = 8,
	LEFT = 16,
	NODE_SIZE = 24
};
#define ROOT 16

static void make_layout(void)
{
	struct mi_layout *l = &kernel.l;

	put_vma_layout();
	l->vma_shared_rb = at(SHARED);
	l->size_rb_node = NODE_SIZE;
	l->rb_parent = at(PARENT);
	l->rb_right = at(RIGHT);
	l->rb_left = at(LEFT);
	l->as_i_mmap = at(ROOT);
	l->av_root = at(ROOT);
	l->size_avc = CHAIN_SIZE;
	l->avc_rb = at(CHAIN_RB);
}

/* The colour, which is in the parent's low bits, changes nothing. */
static void put_node(uint64_t node, uint64_t parent, uint64_t left, uint64_t right)
{
	put64(node + PARENT, parent | 1);
	put64(node + LEFT, left);
	put64(node + RIGHT, right);
}

/* A tree of a file: 0, below it 1 and 2, below that 3. */
static int setup(void **state)
{
	unsigned int i;

	(void)state;
	start_memory();
	make_layout();
	put64(FILE_OBJ + FILE_MAPPING, MAPPING);
	put64(OTHER_FILE + FILE_MAPPING, MAPPING + 8);
	for (i = 0; i < 4; i++)
		put_vma(i);
	put64(MAPPING + ROOT, NODE(0));
	put_node(NODE(0), 0, NODE(1), NODE(2));
	put_node(NODE(1), NODE(0), 0, 0);
	put_node(NODE(2), NODE(0), 0, NODE(3));
	put_node(NODE(3), NODE(2), 0, 0);
	nodes_left = 1000;
	return 0;
}

static void test_file(void **state)
{
	unsigned int i;

	(void)state;
	assert_int_equal(look(false), 0);
	assert_int_equal(n_found, 4);
	for (i = 0; i < 4; i++) {
		const struct mi_rmap_vma *v = of(i);

		assert_int_equal(v->mm, MM + i * 8);
		assert_int_equal(v->first, 100 * i);
		assert_int_equal(v->last, 100 * i + 9);
		assert_int_equal(v->start, 0x100000ULL * (i + 1));
	}
	assert_int_equal(nodes_left, 996);
}

static void test_nobody(void **state)
{
	(void)state;
	put64(MAPPING + ROOT, 0);
	assert_int_equal(look(false), 0);
	assert_int_equal(n_found, 0);
}

static void test_anonymous(void **state)
{
	unsigned int i;

	(void)state;
	put64(ANON + ROOT, CHAIN(0) + CHAIN_RB);
	put_node(CHAIN(0) + CHAIN_RB, 0, CHAIN(1) + CHAIN_RB, 0);
	put_node(CHAIN(1) + CHAIN_RB, CHAIN(0) + CHAIN_RB, 0, 0);
	for (i = 0; i < 2; i++) {
		put64(CHAIN(i) + CHAIN_VMA, VMA(i));
		put64(CHAIN(i) + CHAIN_ANON, ANON);
	}
	assert_int_equal(look(true), 0);
	assert_int_equal(n_found, 2);
	assert_int_equal(of(1)->first, 100);
	/* Anonymous pages are counted by an offset of their own. */
	kernel.l.vma_anon_pgoff_lo = at(FLAGS);
	kernel.l.vma_anon_pgoff_hi = at(OPS);
	put64(VMA(1) + FLAGS, 7);
	assert_int_equal(look(true), 0);
	assert_int_equal(of(1)->first, 7);
	assert_int_equal(of(1)->last, 16);
	/* A chain that is another's, and a VMA that has no such memory. */
	put64(CHAIN(1) + CHAIN_ANON, ANON + 8);
	assert_int_equal(look(true), 1);
	assert_int_equal(n_found, 1);
	put64(VMA(0) + ANON_VMA, 0);
	assert_int_equal(look(true), 3);
	assert_int_equal(n_found, 0);
}

static void test_circle(void **state)
{
	(void)state;
	put64(NODE(3) + LEFT, NODE(0));
	put64(NODE(3) + RIGHT, NODE(2));
	assert_int_equal(look(false), 2);
	assert_int_equal(n_found, 4);
}

static void test_twice(void **state)
{
	(void)state;
	put64(NODE(0) + LEFT, NODE(2));
	assert_int_equal(look(false), 1);
	assert_int_equal(n_found, 0);
	/* Nor can it be reached from two places. */
	put64(NODE(0) + LEFT, NODE(1));
	put64(NODE(1) + LEFT, NODE(3));
	assert_int_equal(look(false), 2);
	assert_int_equal(n_found, 4);
}

static void test_unreadable(void **state)
{
	(void)state;
	put64(NODE(1) + LEFT, AWAY);
	put64(VMA(3) + VMA_FILE, AWAY);
	assert_int_equal(look(false), 2);
	assert_int_equal(n_found, 3);
	assert_int_equal(times(3), 0);
}

static void test_not_of_the_file(void **state)
{
	(void)state;
	put64(VMA(1) + VMA_FILE, OTHER_FILE);
	put64(VMA(2) + END, 0);
	put64(VMA(3) + PGOFF, ~0ULL - 3);
	assert_int_equal(look(false), 3);
	assert_int_equal(n_found, 1);
	assert_int_equal(times(0), 1);
}

/* A list of left children with a right one each: what is still to be done grows. */
static void test_deep(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 160; i++)
		put_vma(i);
	put64(MAPPING + ROOT, NODE(0));
	put_node(NODE(0), 0, NODE(1), NODE(2));
	for (i = 1; i < 157; i += 2) {
		put_node(NODE(i), NODE(i == 1 ? 0 : i - 2), NODE(i + 2), NODE(i + 3));
		put_node(NODE(i + 1), NODE(i == 1 ? 0 : i - 2), 0, 0);
	}
	assert_true(look(false) > 0);
	assert_true(n_found > 64 && n_found < 160);
}

static void test_bounded(void **state)
{
	(void)state;
	nodes_left = 2;
	assert_int_equal(look(false), 1);
	assert_int_equal(n_found, 2);
	assert_int_equal(nodes_left, 0);
}

static void test_no_way_in(void **state)
{
	struct mi_error err;

	(void)state;
	assert_int_equal(mi_rmap_file(&kernel, AWAY, &nodes_left, take, NULL, &err), MI_ERR_READ);
	assert_int_equal(mi_problem_count(&kernel.problems), 1);
	kernel.l.off[MI_F_RMAP] = true;
	strcpy(kernel.l.why[MI_F_RMAP], "struct address_space has no member i_mmap");
	assert_int_equal(mi_rmap_file(&kernel, MAPPING, &nodes_left, take, NULL, &err),
			 MI_ERR_MISSING);
	assert_string_equal(err.text, "struct address_space has no member i_mmap");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, end_memory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_file),
		TEST(test_nobody),
		TEST(test_anonymous),
		TEST(test_circle),
		TEST(test_twice),
		TEST(test_unreadable),
		TEST(test_not_of_the_file),
		TEST(test_deep),
		TEST(test_bounded),
		TEST(test_no_way_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
