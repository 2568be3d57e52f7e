// SPDX-License-Identifier: GPL-2.0-or-later
/* test_radix.c - page cache trees before 4.20, in memory made by hand, and those that lie */
#include "fake_memory.h"

#include "../../libsrc/kernel/page.h"
#include "../../libsrc/kernel/pagecache.h"

/* Offsets of what is made up here. */
enum {
	HOST = 0,
	TREE = 8, /* the root: a pointer */
	A_OPS = 16
};
enum {
	HEIGHT = 0,
	PARENT = 8,
	SLOTS = 16,
	TAGS = 16 + 64 * 8,
	NODE_SIZE = TAGS + 3 * 8
};
enum {
	DIRECT = 0, /* in the inode */
	INDIRECT = 128,
	SWAPPED = 136,
	VFS_INODE = 144
};
#define MAPPING BASE
#define NODE(i) (BASE + 0x1000 * ((uint64_t)(i) + 1))
#define VMEMMAP (BASE + 0x10000000)
#define PAGE(pfn) (VMEMMAP + 64 * (uint64_t)(pfn))
#define SHMEM_AOPS 0xffffffff81234560ULL
#define SHMEM_INODE (BASE + 0x800)

static struct mi_cache_walk *walk;

static struct mi_member array(int32_t off, uint32_t count)
{
	struct mi_member m = at(off);

	m.count = count;
	return m;
}

static int setup(void **state)
{
	struct mi_layout *l = &kernel.l;

	(void)state;
	start_memory();
	kernel.cache_form = MI_CACHE_HEIGHT;
	kernel.max_pfn = 1 << 20;
	kernel.memmodel.base = VMEMMAP;
	l->size_page = 64;
	l->as_pages = at(TREE);
	strcpy(l->as_pages.type_name, "radix_tree_root");
	l->as_host = at(HOST);
	l->as_a_ops = at(A_OPS);
	l->radix_rnode = at(0);
	l->size_radix_node = NODE_SIZE;
	l->radix_node_height = at(HEIGHT);
	l->radix_node_parent = at(PARENT);
	l->radix_node_slots = array(SLOTS, 64);
	l->radix_node_tags = array(TAGS, 3);
	l->sym_shmem_aops = SHMEM_AOPS;
	walk = malloc(sizeof(*walk));
	return !walk;
}

static int teardown(void **state)
{
	free(walk);
	return end_memory(state);
}

static void put_slot(unsigned int node, unsigned int slot, uint64_t entry)
{
	put64(NODE(node) + SLOTS + 8 * slot, entry);
}

/* The first entry from @index on: its kind, or -1 if there is none. */
static struct mi_slot slot;
static int next(uint64_t index)
{
	struct mi_error err;

	forget();
	assert_int_equal(mi_cache_start(walk, &kernel, MAPPING, false, &err), MI_OK);
	return mi_cache_next(walk, index, ~0ULL - 1, &slot) ? (int)slot.kind : -1;
}

static void expect_page(uint64_t from, uint64_t index, uint64_t pfn)
{
	assert_int_equal(next(from), MI_SLOT_FOLIO);
	assert_int_equal(slot.index, index);
	assert_int_equal(slot.n, 1);
	assert_int_equal(slot.pfn, pfn);
}

static uint64_t problems(void)
{
	return mi_problem_count(&kernel.problems);
}

static void test_form(void **state)
{
	struct mi_layout *l = &kernel.l;
	enum mi_cache_form form;
	const char *why;

	(void)state;
	assert_true(mi_cache_form(l, &form, &why));
	assert_int_equal(form, MI_CACHE_HEIGHT);
	l->radix_node_height.off = -1;
	assert_false(mi_cache_form(l, &form, &why));
	assert_non_null(strstr(why, "height"));
	l->radix_node_path = at(HEIGHT);
	assert_true(mi_cache_form(l, &form, &why));
	l->radix_node_shift = at(HEIGHT);
	assert_true(mi_cache_form(l, &form, &why));
	assert_int_equal(form, MI_CACHE_TAGGED);
	l->radix_node_slots.count = 16;
	assert_false(mi_cache_form(l, &form, &why));
	strcpy(l->as_pages.type_name, "xarray");
	assert_false(mi_cache_form(l, &form, &why));
	assert_non_null(strstr(why, "xa_head"));
}

/* A single page needs no node; an empty tree has none either. */
static void test_root(void **state)
{
	(void)state;
	assert_int_equal(next(0), -1);
	put64(MAPPING + TREE, PAGE(77));
	expect_page(0, 0, 77);
	assert_int_equal(next(1), -1);
	/* An exceptional entry there: what it means says who wrote it. */
	put64(MAPPING + TREE, 5 << 2 | 2);
	assert_int_equal(next(0), MI_SLOT_SHADOW);
	assert_int_equal(slot.value, 5);
	put64(MAPPING + A_OPS, SHMEM_AOPS);
	put64(MAPPING + TREE, (3ULL << 57 | 0x1234) << 2 | 2);
	assert_int_equal(next(0), MI_SLOT_SWAP);
	assert_int_equal(slot.swap_type, 3);
	assert_int_equal(slot.swap_offset, 0x1234);
	assert_int_equal(problems(), 0);
}

/* Two levels, 2.6.32 to 3.10: the depth in each node, only the root's pointer marked. */
static void put_two_levels(uint64_t top, uint64_t leaf)
{
	put64(MAPPING + TREE, NODE(0) | 1);
	put64(NODE(0) + HEIGHT, top);
	put_slot(0, 2, NODE(1));
	put64(NODE(1) + HEIGHT, leaf);
	put64(NODE(1) + PARENT, NODE(0));
	put_slot(1, 3, PAGE(100));
	put_slot(1, 63, PAGE(101));
	put64(NODE(1) + TAGS, 1ULL << 63);
}

static void test_height(void **state)
{
	(void)state;
	put_two_levels(2, 1);
	expect_page(0, 131, 100);
	assert_int_equal(slot.marks, 0);
	expect_page(131, 131, 100);
	expect_page(132, 191, 101);
	assert_int_equal(slot.marks, MI_MARK_DIRTY);
	assert_int_equal(next(192), -1);
	assert_int_equal(next(1ULL << 40), -1);
	/* Two kinds of tags alone, in 2.6.32. */
	kernel.l.radix_node_tags.count = 2;
	expect_page(132, 191, 101);
	assert_int_equal(slot.marks, MI_MARK_DIRTY);
	assert_int_equal(problems(), 0);
}

/* 3.15 to 4.6: in path, below the node's place in its parent. */
static void test_path(void **state)
{
	(void)state;
	kernel.l.radix_node_path = at(HEIGHT);
	put_two_levels(2, 2 << 12 | 1);
	expect_page(0, 131, 100);
	put_slot(1, 4, 9 << 2 | 2);
	assert_int_equal(next(132), MI_SLOT_SHADOW);
	assert_int_equal(slot.index, 132);
	assert_int_equal(problems(), 0);
}

/* 4.7 to 4.19, RHEL 7: all pointers to nodes are marked; an entry may have siblings. */
static void test_tagged(void **state)
{
	(void)state;
	kernel.cache_form = MI_CACHE_TAGGED;
	kernel.l.radix_node_shift = at(HEIGHT);
	put_two_levels(6, 0);
	put_slot(0, 2, NODE(1) | 1);
	expect_page(0, 131, 100);
	put_slot(1, 8, PAGE(200));
	put_slot(1, 9, (NODE(1) + SLOTS + 8 * 8) | 1);
	put_slot(1, 10, (NODE(1) + SLOTS + 8 * 8) | 1);
	assert_int_equal(next(132), MI_SLOT_FOLIO);
	assert_int_equal(slot.index, 136);
	assert_int_equal(slot.n, 3);
	assert_int_equal(next(138), MI_SLOT_FOLIO);
	assert_int_equal(slot.index, 136);
	assert_int_equal(problems(), 0);
	/* A pointer without the mark, above the leaves, is no node. */
	put_slot(0, 2, NODE(1));
	assert_int_not_equal(next(0), MI_SLOT_SHADOW);
	assert_true(problems() > 0);
}

static void expect_lie(uint64_t from)
{
	uint64_t before = problems();

	assert_int_equal(next(from), MI_SLOT_UNREADABLE);
	assert_true(problems() > before);
}

static void test_lies(void **state)
{
	(void)state;
	/* Of another parent, as deep as its parent, deeper than can be, a circle. */
	put_two_levels(2, 1);
	put64(NODE(1) + PARENT, NODE(5));
	expect_lie(0);
	put_two_levels(2, 2);
	expect_lie(0);
	put_two_levels(2, 1);
	put64(NODE(0) + HEIGHT, 12);
	expect_lie(0);
	put64(NODE(0) + HEIGHT, 0);
	expect_lie(0);
	put_two_levels(2, 1);
	put_slot(0, 2, NODE(0));
	expect_lie(0);
	put_slot(0, 2, AWAY);
	expect_lie(0);
	/* The rest of the tree is still there. */
	put_slot(0, 3, NODE(2));
	put64(NODE(2) + HEIGHT, 1);
	put64(NODE(2) + PARENT, NODE(0));
	put_slot(2, 0, PAGE(5));
	expect_page(192, 192, 5);
	/* What is no page. */
	put_slot(2, 0, PAGE(5) + 8);
	assert_int_equal(next(192), -1);
	put64(MAPPING + TREE, AWAY | 1);
	expect_lie(0);
}

/* tmpfs before 3.1: what is swapped out stands elsewhere, and both are told in order. */
static void test_vector(void **state)
{
	struct mi_layout *l = &kernel.l;

	(void)state;
	l->shmem_inode = at(VFS_INODE);
	l->shmem_direct = array(DIRECT, 16);
	l->shmem_indirect = at(INDIRECT);
	l->shmem_swapped = at(SWAPPED);
	put64(MAPPING + HOST, SHMEM_INODE + VFS_INODE);
	put64(MAPPING + A_OPS, SHMEM_AOPS);
	put64(MAPPING + TREE, NODE(0) | 1);
	put64(NODE(0) + HEIGHT, 1);
	put_slot(0, 5, PAGE(50));
	put64(SHMEM_INODE + DIRECT + 8 * 4, 1234);
	expect_page(0, 5, 50); /* none is swapped: the vector is not looked at */
	put64(SHMEM_INODE + SWAPPED, 3);
	assert_int_equal(next(0), MI_SLOT_SWAP);
	assert_int_equal(slot.index, 4);
	assert_int_equal(slot.swap_offset, 1234);
	expect_page(5, 5, 50);
	assert_int_equal(next(6), -1);
	/* The frame behind NODE(i) is that of page i + 1 of memory. */
	put64(SHMEM_INODE + INDIRECT, PAGE((PHYS >> 12) + 10));
	put64(NODE(9) + 8 * 2, PAGE((PHYS >> 12) + 11));
	put64(NODE(10) + 8 * 7, 4321);
	assert_int_equal(next(6), MI_SLOT_SWAP);
	assert_int_equal(slot.index, 16 + 2 * 512 + 7);
	assert_int_equal(slot.swap_offset, 4321);
	/* Twice indirect. */
	put64(NODE(9) + 8 * 257, PAGE((PHYS >> 12) + 12));
	put64(NODE(11) + 8 * 3, PAGE((PHYS >> 12) + 13));
	put64(NODE(12) + 8 * 511, 99);
	assert_int_equal(next(1048), MI_SLOT_SWAP);
	assert_int_equal(slot.index, 16 + 256 * 512 + 512 * 512 + 3 * 512 + 511);
	assert_int_equal(slot.swap_offset, 99);
	assert_int_equal(problems(), 0);
	put64(NODE(11) + 8 * 3, AWAY);
	assert_int_equal(next(1048), -1);
	assert_true(problems() > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_form, setup, teardown),
		cmocka_unit_test_setup_teardown(test_root, setup, teardown),
		cmocka_unit_test_setup_teardown(test_height, setup, teardown),
		cmocka_unit_test_setup_teardown(test_path, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tagged, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_vector, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
