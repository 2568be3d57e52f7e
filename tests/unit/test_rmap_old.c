// SPDX-License-Identifier: GPL-2.0-or-later
/* test_rmap_old.c - the reverse map before 4.0, in memory made by hand: prio_tree and lists */
#include "rmap_memory.h"

#include "../../libsrc/kernel/vma.h"

enum {
	/* at SHARED: left, right, parent; or list (16 bytes), parent, head */
	SHARED_HEAD = SHARED + 24,
	AV_NODE = 96
};
enum {
	LEFT = 0,
	RIGHT = 8,
	PARENT = 16
};
enum {
	ROOT = 0, /* of an address_space: the tree, and the list of nonlinear ones */
	NONLINEAR = 16,
	AV_HEAD = 8
};
enum {
	CHAIN_SAME = 16,
	CHAIN_SIZE = 32
};

static void make_layout(void)
{
	struct mi_layout *l = &kernel.l;

	kernel.nonlinear = true;
	put_vma_layout();
	l->list_next = at(0);
	l->list_prev = at(8);
	l->as_i_mmap_nonlinear = at(NONLINEAR);
	l->vma_nonlinear = at(SHARED);
	l->as_prio_root = at(ROOT);
	l->prio_left = at(LEFT);
	l->prio_right = at(RIGHT);
	l->prio_parent = at(PARENT);
	l->vma_prio_node = at(SHARED);
	l->vma_prio_set = at(SHARED);
	l->vma_prio_head = at(SHARED_HEAD);
	l->av_head = at(AV_HEAD);
	l->size_avc = CHAIN_SIZE;
	l->avc_same = at(CHAIN_SAME);
}

/* Where there is no child, and no parent, a node names itself. */
static void put_node(unsigned int i, uint64_t parent, uint64_t left, uint64_t right)
{
	put64(NODE(i) + PARENT, parent ? parent : NODE(i));
	put64(NODE(i) + LEFT, left ? left : NODE(i));
	put64(NODE(i) + RIGHT, right ? right : NODE(i));
	put64(VMA(i) + SHARED_HEAD, 0);
}

/* A ring through the list_heads at these addresses. */
static void put_ring(const uint64_t *node, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		put64(node[i], node[(i + 1) % n]);
		put64(node[(i + 1) % n] + 8, node[i]);
	}
}

/* VMAs 0, below it 1 and 2; 3 and 4 have the range of 2; 5 is nonlinear. */
static int setup(void **state)
{
	const uint64_t set[] = {NODE(3), NODE(4)};
	const uint64_t list[] = {MAPPING + NONLINEAR, NODE(5)};

	(void)state;
	start_memory();
	make_layout();
	put64(FILE_OBJ + FILE_MAPPING, MAPPING);
	for (unsigned int i = 0; i < 8; i++)
		put_vma(i);
	put64(MAPPING + ROOT, NODE(0));
	put_node(0, 0, NODE(1), NODE(2));
	put_node(1, NODE(0), 0, 0);
	put_node(2, NODE(0), 0, 0);
	put64(VMA(2) + SHARED_HEAD, VMA(3));
	put_ring(set, 2);
	put_ring(list, 2);
	put64(VMA(5) + FLAGS, MI_VM_NONLINEAR);
	nodes_left = 1000;
	return 0;
}

static void test_form(void **state)
{
	struct mi_layout *l = &kernel.l;

	(void)state;
	assert_null(mi_rmap_lacks(l));
	l->avc_same.off = -1;
	assert_non_null(strstr(mi_rmap_lacks(l), "anon_vma"));
	l->vma_av_node = at(AV_NODE);
	assert_null(mi_rmap_lacks(l));
	l->vma_nonlinear.off = -1;
	assert_non_null(strstr(mi_rmap_lacks(l), "nonlinear"));
	l->vma_prio_head.off = -1;
	assert_non_null(strstr(mi_rmap_lacks(l), "i_mmap"));
}

static void test_prio(void **state)
{
	(void)state;
	assert_int_equal(look(false), 0);
	assert_int_equal(n_found, 6);
	for (unsigned int i = 0; i < 5; i++) {
		assert_int_equal(of(i)->first, 100 * i);
		assert_int_equal(of(i)->last, 100 * i + 9);
		assert_int_equal(of(i)->mm, MM + i * 8);
	}
	/* Any page may be anywhere in it. */
	assert_int_equal(of(5)->first, 0);
	assert_true(of(5)->last == ~0ULL);
	put64(MAPPING + ROOT, 0);
	assert_int_equal(look(false), 0);
	assert_int_equal(n_found, 1);
}

static void expect_lie(size_t left)
{
	uint64_t before = mi_problem_count(&kernel.problems);

	assert_true(look(false) > before);
	assert_int_equal(n_found, left);
}

static void test_lies(void **state)
{
	const uint64_t circle[] = {NODE(4)};

	(void)state;
	/* A circle, one node as both children, a node of another parent. */
	put_node(1, NODE(0), NODE(0), 0);
	expect_lie(6);
	put_node(0, 0, NODE(1), NODE(1));
	expect_lie(1);
	put_node(0, 0, NODE(1), NODE(2));
	put_node(1, NODE(2), 0, 0);
	expect_lie(5);
	put_node(1, NODE(0), AWAY, 0);
	expect_lie(6);
	put_node(1, NODE(0), 0, 0);
	/* Others of its range that are of another file, or run in a circle without it. */
	put64(VMA(4) + VMA_FILE, MM);
	expect_lie(5);
	put64(VMA(4) + VMA_FILE, FILE_OBJ);
	put_ring(circle, 1);
	expect_lie(6);
	/* More than can be looked at. */
	nodes_left = 3;
	expect_lie(3);
}

static void test_anonymous(void **state)
{
	const uint64_t chains[] = {ANON + AV_HEAD, CHAIN(0) + CHAIN_SAME, CHAIN(1) + CHAIN_SAME};
	const uint64_t vmas[] = {ANON + AV_HEAD, VMA(6) + AV_NODE, VMA(7) + AV_NODE};

	(void)state;
	/* 2.6.34 to 3.6: chains. */
	put_ring(chains, 3);
	for (unsigned int i = 0; i < 2; i++) {
		put64(CHAIN(i) + CHAIN_VMA, VMA(i));
		put64(CHAIN(i) + CHAIN_ANON, ANON);
	}
	assert_int_equal(look(true), 0);
	assert_int_equal(n_found, 2);
	assert_int_equal(of(1)->first, 100);
	put64(CHAIN(1) + CHAIN_ANON, MM);
	assert_int_equal(look(true), 1);
	assert_int_equal(n_found, 1);
	/* Before: the VMAs themselves. */
	kernel.l.vma_av_node = at(AV_NODE);
	put_ring(vmas, 3);
	assert_int_equal(look(true), 1);
	assert_int_equal(n_found, 2);
	assert_int_equal(of(7)->first, 700);
	put64(VMA(7) + ANON_VMA, 0);
	assert_int_equal(look(true), 2);
	assert_int_equal(n_found, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_form, setup, end_memory),
		cmocka_unit_test_setup_teardown(test_prio, setup, end_memory),
		cmocka_unit_test_setup_teardown(test_lies, setup, end_memory),
		cmocka_unit_test_setup_teardown(test_anonymous, setup, end_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
