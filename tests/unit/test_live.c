// SPDX-License-Identifier: GPL-2.0-or-later
/* Two looks at memory that changes: target/memory.c, inspect/live.c. */
#include "fake_memory.h"

#include "../../libsrc/inspect/live.h"

#define MM (BASE + 8 * MI_PAGE_SIZE)
#define VMAS (BASE + 9 * MI_PAGE_SIZE)
#define VMA(i) (VMAS + (i)*256ULL)
#define N_VMAS 4

/* What is done before each read of the page at BASE + 9 pages; how often it was. */
static void (*change)(unsigned int nth);
static unsigned int reads, runs, refuse_runs;

static enum mi_read watched_page(struct mi_provider *p, uint64_t pa, void *page)
{
	if (pa == PHYS + 9 * MI_PAGE_SIZE && change)
		change(reads++);
	return read_page(p, pa, page);
}

static enum mi_read read_run(struct mi_provider *p, uint64_t pa, const struct iovec *iov, size_t n)
{
	enum mi_read r = MI_READ_OK;
	size_t i;

	runs++;
	if (refuse_runs)
		return MI_READ_IO;
	for (i = 0; i < n && !r; i++) {
		assert_int_equal(iov[i].iov_len, MI_PAGE_SIZE);
		r = watched_page(p, pa + i * MI_PAGE_SIZE, iov[i].iov_base);
	}
	return r;
}

/* Which bytes of memory were asked for last. */
static uint64_t part_at, part_len;
static unsigned int n_parts;

static enum mi_read read_part(struct mi_provider *p, uint64_t pa, void *buf, size_t len)
{
	unsigned char page[MI_PAGE_SIZE];
	uint64_t off = pa & (MI_PAGE_SIZE - 1);
	enum mi_read r;

	assert_true(len && off + len <= MI_PAGE_SIZE);
	r = watched_page(p, pa - off, page);
	if (!r)
		memcpy(buf, page + off, len);
	part_at = pa;
	part_len = len;
	n_parts++;
	return r;
}

static const struct mi_provider_ops live_ops = {.read_page = watched_page, .read_run = read_run};
static const struct mi_provider_ops part_ops = {
	.read_page = watched_page, .read_run = read_run, .read_part = read_part};
static struct mi_provider live = {.ops = &live_ops, .live = true};

static void start_live(bool is_live)
{
	struct mi_error err;

	change = NULL;
	reads = runs = refuse_runs = n_parts = 0;
	live.live = is_live;
	live.ops = &live_ops;
	start_memory();
	mi_memory_free(&target);
	memset(&target, 0, sizeof(target));
	target.provider = &live;
	target.facts.live = is_live;
	target.facts.pointer_bytes = 8;
	assert_int_equal(mi_memory_init(&target, &err), MI_OK);
	make_tables();
}

static int start(void **state)
{
	(void)state;
	start_live(true);
	return 0;
}

static uint64_t word(uint64_t va)
{
	uint64_t v;

	assert_int_equal(mi_read_u64(&target, va, &v), MI_READ_OK);
	return v;
}

static void test_refresh(void **state)
{
	(void)state;
	put64(BASE, 1);
	assert_int_equal(word(BASE), 1);
	put64(BASE, 2);
	assert_int_equal(word(BASE), 1);
	mi_target_refresh(&target);
	assert_int_equal(word(BASE), 2);
	/* The last epoch that there is room for. */
	target.first.epoch = (1ULL << 24) - 1;
	assert_int_equal(word(BASE), 2);
	put64(BASE, 3);
	mi_target_refresh(&target);
	assert_int_equal(target.first.epoch, 1);
	assert_int_equal(word(BASE), 3);
	put64(BASE, 4);
	mi_target_reread(&target, BASE, 1);
	assert_int_equal(word(BASE), 4);
	put64(BASE, 5);
	put64(BASE + 4 * MI_PAGE_SIZE, 5);
	runs = 0;
	mi_target_reread(&target, BASE, 5);
	assert_int_equal(runs, 1);
	put64(BASE + 4 * MI_PAGE_SIZE, 6);
	assert_int_equal(word(BASE), 5);
	assert_int_equal(word(BASE + 4 * MI_PAGE_SIZE), 5);
}

static void test_second_look(void **state)
{
	(void)state;
	put64(BASE, 1);
	put64(BASE + MI_PAGE_SIZE, 1);
	word(BASE);
	word(BASE + MI_PAGE_SIZE);
	put64(BASE, 2);
	put64(BASE + MI_PAGE_SIZE, 2);
	mi_look_again(&target);
	assert_int_equal(word(BASE), 2);
	mi_look_end(&target, false);
	assert_int_equal(word(BASE), 1);
	/* Only what the second look has read is dropped. */
	mi_look_again(&target);
	assert_int_equal(word(BASE), 2);
	mi_look_end(&target, true);
	assert_int_equal(word(BASE), 2);
	assert_int_equal(word(BASE + MI_PAGE_SIZE), 1);
	put64(BASE, 3);
	mi_look_again(&target);
	mi_look_again(&target);
	assert_int_equal(word(BASE), 3);
	mi_look_end(&target, true);
	put64(BASE, 4);
	assert_int_equal(word(BASE), 3);
	mi_look_end(&target, false);
	assert_int_equal(word(BASE), 2);
}

static void test_moved(void **state)
{
	uint64_t entry = BASE + (PAGES - 1) * MI_PAGE_SIZE + 5 * 8, va = BASE + 5 * MI_PAGE_SIZE;

	(void)state;
	put64(va, 5);
	put64(BASE + 6 * MI_PAGE_SIZE, 6);
	assert_int_equal(word(va), 5);
	/* Memory that is mapped page by page may be mapped to another page. */
	put64(entry, (PHYS + 6 * MI_PAGE_SIZE) | 3);
	assert_int_equal(word(va), 5);
	mi_look_again(&target);
	assert_int_equal(word(va), 6);
	mi_look_end(&target, true);
	assert_int_equal(word(va), 6);
}

static void test_dump(void **state)
{
	end_memory(state);
	start_live(false);
	put64(BASE, 1);
	word(BASE);
	put64(BASE, 2);
	mi_target_refresh(&target);
	mi_look_again(&target);
	assert_int_equal(word(BASE), 1);
	mi_look_end(&target, true);
	mi_target_reread(&target, BASE, 1);
	assert_int_equal(word(BASE), 1);
}

static void test_runs(void **state)
{
	uint64_t i, failed;

	(void)state;
	for (refuse_runs = 0; refuse_runs < 2; refuse_runs++) {
		mi_target_refresh(&target);
		runs = 0;
		for (i = 0; i < 20; i++)
			put64(BASE + i * MI_PAGE_SIZE, 100 + i);
		for (i = 0; i < 20; i++)
			assert_int_equal(word(BASE + i * MI_PAGE_SIZE), 100 + i);
		assert_true(refuse_runs || (runs && runs < 8));
	}
	/* The end of the memory lies in what would be read ahead. */
	refuse_runs = 0;
	mi_target_refresh(&target);
	failed = target.stats.failed[MI_READ_HOLE];
	for (i = 0; i < PAGES; i++) {
		uint64_t v;

		assert_int_equal(mi_read_phys(&target, PHYS + i * MI_PAGE_SIZE, &v, 8), MI_READ_OK);
	}
	assert_int_equal(target.stats.failed[MI_READ_HOLE], failed);
}

/* A second look reads what it was asked for, in pieces of MI_PART_SIZE; the second time, the page.
 */
static void test_parts(void **state)
{
	unsigned char page[MI_PAGE_SIZE];
	uint64_t v, pages = 0;

	(void)state;
	live.ops = &part_ops;
	mi_look_again(&target);
	put64(BASE + 520, 1);
	assert_int_equal(mi_read_phys(&target, PHYS + 520, &v, 8), MI_READ_OK);
	assert_int_equal(v, 1);
	assert_int_equal(part_at, PHYS + 512);
	assert_int_equal(part_len, 512);
	assert_int_equal(mi_read_phys(&target, PHYS + 1016, &v, 8), MI_READ_OK);
	assert_int_equal(n_parts, 1);
	/* Over a seam: of a page that is asked for again, all that lacks. */
	put64(BASE + 1024, 2);
	put64(BASE + 4088, 4);
	assert_int_equal(mi_read_phys(&target, PHYS + 1016, page, 16), MI_READ_OK);
	assert_int_equal(page[8], 2);
	assert_int_equal(n_parts, 2);
	assert_int_equal(mi_read_phys(&target, PHYS, page, MI_PAGE_SIZE), MI_READ_OK);
	assert_int_equal(page[4088], 4);
	assert_int_equal(n_parts, 2);
	/* From the first part on, what lies behind it. */
	assert_int_equal(mi_read_phys(&target, PHYS + 2 * MI_PAGE_SIZE, &v, 8), MI_READ_OK);
	assert_int_equal(mi_read_phys(&target, PHYS + 2 * MI_PAGE_SIZE + 2048, &v, 8), MI_READ_OK);
	assert_int_equal(part_at, PHYS + 2 * MI_PAGE_SIZE + 512);
	assert_int_equal(part_len, MI_PAGE_SIZE - 512);
	mi_look_end(&target, false);
	/* The next look knows nothing of that. */
	mi_look_again(&target);
	put64(BASE + 520, 5);
	assert_int_equal(mi_read_phys(&target, PHYS + 520, &v, 8), MI_READ_OK);
	assert_int_equal(v, 5);
	/* What is asked for as a whole is read as such; a failure leaves nothing behind. */
	n_parts = 0;
	pages = target.stats.pages_read;
	assert_int_equal(mi_read_phys(&target, PHYS + MI_PAGE_SIZE, page, MI_PAGE_SIZE),
			 MI_READ_OK);
	assert_int_equal(n_parts, 0);
	assert_int_equal(target.stats.pages_read, pages + 1);
	assert_int_equal(mi_read_phys(&target, PHYS + PAGES * MI_PAGE_SIZE, &v, 8), MI_READ_HOLE);
	assert_int_equal(mi_read_phys(&target, PHYS + PAGES * MI_PAGE_SIZE, &v, 8), MI_READ_HOLE);
	assert_int_equal(n_parts, 2);
	mi_look_end(&target, false);
}

/* ---- VMAs ---- */

static void know_vmas(void)
{
	struct mi_layout *l = &kernel.l;

	l->size_vma = 256;
	l->vma_start = at(0);
	l->vma_end = at(8);
	l->vma_next = at(16);
	l->vma_mm = at(24);
	l->vma_flags = at(32);
	l->vma_pgoff = at(40);
	l->vma_file = at(48);
	l->vma_anon_vma = at(56);
	l->vma_ops = at(64);
	l->mm_mmap = at(0);
	l->mm_map_count = at(8);
}

static void put_vmas(void)
{
	uint64_t i;

	know_vmas();
	put64(MM, VMA(0));
	put64(MM + 8, N_VMAS);
	for (i = 0; i < N_VMAS; i++) {
		put64(VMA(i), 0x10000 * (i + 1));
		put64(VMA(i) + 8, 0x10000 * (i + 1) + 0x4000);
		put64(VMA(i) + 16, i + 1 < N_VMAS ? VMA(i + 1) : 0);
		put64(VMA(i) + 24, MM);
		put64(VMA(i) + 32, 1);
	}
}

static struct mi_vma *vmas;
static struct mi_range *unstable;
static size_t n_vmas, n_unstable;

static void gather(void)
{
	struct mi_mm mm = {.addr = MM, .map_count = N_VMAS};
	struct mi_error err;

	mi_target_refresh(&target);
	reads = 0;
	memset(&kernel.problems, 0, sizeof(kernel.problems));
	assert_int_equal(mi_vma_settled(&kernel, &mm, &vmas, &n_vmas, &unstable, &n_unstable, &err),
			 MI_OK);
}

static void done(void)
{
	free(vmas);
	free(unstable);
}

static void test_quiet_vmas(void **state)
{
	(void)state;
	put_vmas();
	gather();
	assert_int_equal(n_vmas, N_VMAS);
	assert_int_equal(n_unstable, 0);
	assert_int_equal(mi_problem_count(&kernel.problems), 0);
	done();
}

/* Once, between the first look and the second. */
static void grow_once(unsigned int nth)
{
	if (nth == 1)
		put64(VMA(1) + 8, 0x26000);
}

static void test_one_change(void **state)
{
	(void)state;
	put_vmas();
	change = grow_once;
	gather();
	assert_int_equal(n_vmas, N_VMAS);
	assert_int_equal(n_unstable, 0);
	assert_int_equal(vmas[1].end, 0x26000);
	assert_true(reads > 2);
	done();
}

static void grow_always(unsigned int nth)
{
	put64(VMA(1) + 8, 0x24000 + (nth % 2 ? 0x2000 : 0));
}

static void test_never_the_same(void **state)
{
	(void)state;
	put_vmas();
	change = grow_always;
	gather();
	assert_int_equal(n_vmas, N_VMAS - 1);
	assert_int_equal(vmas[1].start, 0x30000);
	assert_int_equal(n_unstable, 1);
	assert_int_equal(unstable[0].start, 0x20000);
	assert_int_equal(unstable[0].end, 0x26000);
	assert_int_equal(mi_problem_count(&kernel.problems), 1);
	assert_string_equal(kernel.problems.list[0].word, "unstable");
	done();
}

/* A VMA was freed, and is another process's: at the first look alone. */
static void reused(unsigned int nth)
{
	put64(VMA(2) + 24, nth ? MM : MM + 0x1000);
}

static void test_reused(void **state)
{
	(void)state;
	put_vmas();
	change = reused;
	gather();
	assert_int_equal(n_vmas, N_VMAS);
	assert_int_equal(mi_problem_count(&kernel.problems), 0);
	done();
}

static void reused_for_good(unsigned int nth)
{
	(void)nth;
	put64(VMA(2) + 24, MM + 0x1000);
}

/* It is left out, with what comes behind it, and said so: never shown. */
static void test_reused_for_good(void **state)
{
	size_t i;

	(void)state;
	put_vmas();
	change = reused_for_good;
	gather();
	for (i = 0; i < n_vmas; i++)
		assert_int_not_equal(vmas[i].addr, VMA(2));
	assert_true(mi_problem_count(&kernel.problems) > 0);
	done();
}

/* Where a writer of mmap_lock leaves its task. */
#define OWNER (MM + 0x100)

static void know_lock(void)
{
	put_vmas();
	kernel.l.mm_mmap_lock = at(0x100);
	kernel.l.rwsem_owner = at(0);
	put64(OWNER, 0);
}

/* The writer is done between the first look and the second, with the mapping grown. */
static void unlock(unsigned int nth)
{
	if (nth != 1)
		return;
	put64(VMA(1) + 8, 0x26000);
	put64(OWNER, 0);
}

static void test_lock_given_back(void **state)
{
	(void)state;
	know_lock();
	put64(OWNER, BASE);
	change = unlock;
	gather();
	assert_int_equal(n_vmas, N_VMAS);
	assert_int_equal(n_unstable, 0);
	assert_int_equal(vmas[1].end, 0x26000);
	assert_int_equal(mi_problem_count(&kernel.problems), 0);
	done();
}

/*
 * All looks agree, and prove nothing: the writer was preempted. The mappings that were seen are
 * told, with a word about that.
 */
static void test_lock_kept(void **state)
{
	(void)state;
	know_lock();
	put64(OWNER, BASE);
	gather();
	assert_int_equal(n_vmas, N_VMAS);
	assert_int_equal(n_unstable, 0);
	assert_int_equal(mi_problem_count(&kernel.problems), 1);
	assert_string_equal(kernel.problems.list[0].word, "unstable");
	assert_string_equal(kernel.problems.list[0].what, "mmap_lock");
	done();
	/* Readers change nothing: include/linux/rwsem.h, RWSEM_READER_OWNED */
	put64(OWNER, BASE | 1);
	gather();
	assert_int_equal(mi_problem_count(&kernel.problems), 0);
	done();
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, start, end_memory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_refresh),
		TEST(test_second_look),
		TEST(test_moved),
		TEST(test_dump),
		TEST(test_runs),
		TEST(test_parts),
		TEST(test_quiet_vmas),
		TEST(test_one_change),
		TEST(test_never_the_same),
		TEST(test_reused),
		TEST(test_reused_for_good),
		TEST(test_lock_given_back),
		TEST(test_lock_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
