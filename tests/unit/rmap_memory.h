/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rmap_memory.h - VMAs in memory made by hand, and the walk that finds them; for tests of the
 * reverse map, included once by each
 */
#include "fake_memory.h"

#include "../../libsrc/kernel/rmap.h"

/* Offsets of what is made up here; from SHARED on it is a test's. */
enum {
	START = 0,
	END = 8,
	VMA_MM = 16,
	PGOFF = 24,
	VMA_FILE = 32,
	ANON_VMA = 40,
	FLAGS = 48,
	OPS = 56,
	SHARED = 64,
	VMA_SIZE = 112
};
enum {
	CHAIN_VMA = 0,
	CHAIN_ANON = 8
};
#define MAPPING BASE
#define ANON (BASE + 0x100)
#define FILE_OBJ (BASE + 0x200)
#define OTHER_FILE (BASE + 0x300)
#define FILE_MAPPING 8
#define MM (BASE + 0x400)
#define VMA(i) (BASE + 0x1000 + 0x80 * (uint64_t)(i))
#define NODE(i) (VMA(i) + SHARED)
#define CHAIN(i) (BASE + 0x8000 + 0x40 * (uint64_t)(i))

static struct mi_rmap_vma found[256];
static size_t n_found;
static uint64_t nodes_left;

static void put_vma_layout(void)
{
	struct mi_layout *l = &kernel.l;

	l->size_vma = VMA_SIZE;
	l->vma_start = at(START);
	l->vma_end = at(END);
	l->vma_mm = at(VMA_MM);
	l->vma_pgoff = at(PGOFF);
	l->vma_file = at(VMA_FILE);
	l->vma_anon_vma = at(ANON_VMA);
	l->vma_flags = at(FLAGS);
	l->vma_ops = at(OPS);
	l->file_mapping = at(FILE_MAPPING);
	l->avc_vma = at(CHAIN_VMA);
	l->avc_anon_vma = at(CHAIN_ANON);
}

/* A VMA of ten pages at 0x100000 * (i + 1), of pages 100 * i and on. */
static void put_vma(unsigned int i)
{
	put64(VMA(i) + START, 0x100000ULL * (i + 1));
	put64(VMA(i) + END, 0x100000ULL * (i + 1) + 10 * MI_PAGE_SIZE);
	put64(VMA(i) + VMA_MM, MM + i * 8);
	put64(VMA(i) + PGOFF, 100 * i);
	put64(VMA(i) + VMA_FILE, FILE_OBJ);
	put64(VMA(i) + ANON_VMA, ANON);
}

static bool take(void *arg, const struct mi_rmap_vma *v)
{
	(void)arg;
	assert_true(n_found < sizeof(found) / sizeof(found[0]));
	found[n_found++] = *v;
	return true;
}

/* Walks, with nothing remembered of the memory; the number of problems so far. */
static uint64_t look(bool anon)
{
	struct mi_error err;

	n_found = 0;
	forget();
	assert_int_equal(anon ? mi_rmap_anon(&kernel, ANON, &nodes_left, take, NULL, &err)
			      : mi_rmap_file(&kernel, MAPPING, &nodes_left, take, NULL, &err),
			 MI_OK);
	return mi_problem_count(&kernel.problems);
}

/* How often the VMA was found. */
static size_t times(unsigned int i)
{
	size_t j, n = 0;

	for (j = 0; j < n_found; j++)
		n += found[j].vma == VMA(i);
	return n;
}

/* The VMA, which was found once. */
static const struct mi_rmap_vma *of(unsigned int i)
{
	size_t j;

	assert_int_equal(times(i), 1);
	for (j = 0; found[j].vma != VMA(i);)
		j++;
	return &found[j];
}
