// SPDX-License-Identifier: GPL-2.0-or-later
/* test_history.c - joins of recorded events, and names that must prove themselves */
#include "fake_memory.h"

#include "../../libsrc/inspect/history.h"
#include "recorder_writer.h"

#define ROOM (20 * MI_PAGE_SIZE)
#define INODE (BASE + 24 * MI_PAGE_SIZE)
#define DATA 0x180
#define MAPPING (INODE + DATA)
#define SB (BASE + 25 * MI_PAGE_SIZE)
#define DISK 0x100000U
#define PART 0x100001U

static struct writer w;
static struct mi_history *h;

static bool next_run(struct mi_provider *p, uint64_t *pa, uint64_t *end)
{
	(void)p;
	if (*pa >= PHYS + sizeof(memory))
		return false;
	*pa = *pa < PHYS ? PHYS : *pa;
	*end = PHYS + sizeof(memory);
	return true;
}

static int setup(void **state)
{
	static struct mi_provider_ops ops = {.read_page = read_page, .next_run = next_run};
	static struct mi_provider provider = {.ops = &ops, .name = "test"};

	(void)state;
	start_memory();
	target.provider = &provider;
	target.facts.release = "6.1.0-test";
	w_begin(&w, memory, ROOM / MI_PAGE_SIZE, PHYS / MI_PAGE_SIZE, 2, 6);
	h = NULL;
	return 0;
}

static int teardown(void **state)
{
	mi_history_close(h);
	return end_memory(state);
}

static void look(void)
{
	struct mi_error err = {.text = ""};

	forget();
	mi_history_close(h);
	if (mi_history_open(&kernel, NULL, true, &kernel.problems, &h, &err))
		fail_msg("%s", err.text);
}

/* The next happening that passes; false: there is none. */
static bool happening(struct mi_history_walk *walk, struct mi_happening *e)
{
	return mi_history_next(walk, e, NULL) == MI_OK;
}

static struct mi_history_walk *begin(const struct mi_history_filter *f)
{
	struct mi_history_walk *walk;

	assert_int_equal(mi_history_start(h, f, &walk, NULL), MI_OK);
	return walk;
}

/* ---- names of tasks ---- */

static void name(uint64_t time, uint32_t tid, uint32_t call, uint32_t other, const char *comm)
{
	struct p_task p = {.other = other, .call = call};

	memcpy(p.comm, comm, strlen(comm));
	w_event(&w, 0, time, W_task, tid, &p, sizeof(p));
}

static void test_recorded_names(void **state)
{
	(void)state;
	name(100, 1, 1, 50, "parent");
	name(200, 50, 2, 0, "program");
	name(300, 50, 3, 0, "program");
	name(4000000000, 1, 1, 50, "again");
	name(250, 60, 3, 0, "dying");
	look();
	assert_null(mi_history_comm(h, 50, 50));
	assert_string_equal(mi_history_comm(h, 50, 150), "parent");
	assert_string_equal(mi_history_comm(h, 50, 250), "program");
	/* On its way out; and when its number may be another's. */
	assert_string_equal(mi_history_comm(h, 50, 350), "program");
	assert_null(mi_history_comm(h, 50, 2000000000));
	assert_string_equal(mi_history_comm(h, 50, 4000000001), "again");
	/* What it was called at its end. */
	assert_string_equal(mi_history_comm(h, 60, 10), "dying");
	assert_null(mi_history_comm(h, 60, 2000000000));
	assert_null(mi_history_comm(h, 70, 10));
	assert_string_equal(mi_history_comm(h, 0, 10), "swapper");
}

/* A task of the dump is the one that was recorded if it had started by then. */
static void test_living_tasks(void **state)
{
	(void)state;
	name(1000, 90, 2, 0, "new");
	look();
	h->tasks = calloc(3, sizeof(*h->tasks));
	assert_non_null(h->tasks);
	h->n_tasks = 3;
	h->tasks[0] = (struct mi_history_task){.tid = 80, .start = 500, .comm = "alive"};
	h->tasks[1] = (struct mi_history_task){.tid = 81, .start = ~0ULL, .comm = "unsure"};
	h->tasks[2] = (struct mi_history_task){.tid = 90, .start = 500, .comm = "new"};
	assert_string_equal(mi_history_comm(h, 80, 500), "alive");
	assert_null(mi_history_comm(h, 80, 499)); /* another, that had the number before */
	assert_null(mi_history_comm(h, 81, 600));

	assert_null(mi_history_comm(h, 90, 600));
	assert_string_equal(mi_history_comm(h, 90, 1000), "new");
}

/* ---- names of files ---- */

static struct mi_member word(int32_t off, uint32_t size)
{
	struct mi_member m = at(off);

	m.size = size;
	return m;
}

static void make_inode(void)
{
	struct mi_layout *l = &kernel.l;

	l->as_host = at(0);
	l->inode_data = at(DATA);
	l->inode_ino = at(64);
	l->inode_sb = at(72);
	l->inode_mode = word(80, 2);
	l->inode_size = at(88);
	l->sb_dev = word(16, 4);
	put64(MAPPING, INODE);
	put64(INODE + 64, 131);
	put64(INODE + 72, SB);
	put64(INODE + 80, 0100644);
	put64(SB + 16, DISK);
}

static const struct mi_history_file *file_of(uint32_t dev, uint64_t ino, uint64_t mapping)
{
	size_t i;

	assert_true(mi_history_file(h, dev, ino, mapping, &i));
	assert_true(i != MI_NO_INDEX);
	return &h->files[i];
}

static void test_files(void **state)
{
	size_t i, again;

	(void)state;
	make_inode();
	look();
	assert_int_equal(file_of(DISK, 131, MAPPING)->inode, INODE);
	/* The memory is something else's now, or never was. */
	assert_int_equal(file_of(DISK, 132, MAPPING)->inode, 0);
	assert_int_equal(file_of(PART, 131, MAPPING)->inode, 0);
	assert_int_equal(file_of(DISK, 131, MAPPING + 8)->inode, 0);
	assert_int_equal(file_of(DISK, 131, AWAY)->inode, 0);
	assert_int_equal(file_of(DISK, 131, 0)->inode, 0);
	assert_int_equal(mi_problem_count(&kernel.problems), 0);
	/* One entry for each. */
	assert_true(mi_history_file(h, DISK, 132, MAPPING, &i));
	assert_true(mi_history_file(h, DISK, 132, MAPPING, &again));
	assert_int_equal(i, again);
	assert_int_equal(h->n_files, 6);
	assert_true(mi_history_file(h, 0, 0, 0, &i));
	assert_true(i == MI_NO_INDEX);
	/* The host of another mapping: not the one that was recorded. */
	put64(MAPPING, INODE + 8);
	look();
	assert_int_equal(file_of(DISK, 131, MAPPING)->inode, 0);
}

/* Many files, some of which share a place in the hash. */
static void test_many_files(void **state)
{
	size_t i, found;

	(void)state;
	look();
	for (i = 1; i <= 5000; i++) {
		assert_true(mi_history_file(h, DISK, i, 0, &found));
		assert_int_equal(found, i - 1);
	}
	for (i = 1; i <= 5000; i++) {
		assert_true(mi_history_file(h, DISK, i, 0, &found));
		assert_int_equal(found, i - 1);
		assert_int_equal(h->files[found].ino, i);
	}
}

/* ---- requests ---- */

static void test_partial_completions(void **state)
{
	struct mi_history_walk *walk;
	struct mi_happening e;

	(void)state;
	W_EVENT(&w, 0, 90, bio_queue, 5, .bio = 0xb, .sector = 8, .bytes = 8192, .disk = DISK);
	W_EVENT(&w, 0, 100, rq_issue, 6, .request = 0xa, .bio = 0xb, .sector = 8, .bytes = 8192);
	W_EVENT(&w, 0, 150, rq_complete, 7, .request = 0xa, .bytes = 4096);
	W_EVENT(&w, 0, 180, rq_complete, 7, .request = 0xa, .bytes = 4096);
	/* The address is another request's now, of which no issue is recorded. */
	W_EVENT(&w, 0, 300, rq_complete, 7, .request = 0xa, .bytes = 4096);
	/* Sent back and issued again: the last issue counts. And one that stays. */
	W_EVENT(&w, 0, 400, rq_issue, 6, .request = 0xa, .bytes = 512);
	W_EVENT(&w, 0, 410, rq_requeue, 6, .request = 0xa, .bytes = 512);
	W_EVENT(&w, 0, 420, rq_issue, 6, .request = 0xa, .bytes = 512);
	W_EVENT(&w, 0, 440, rq_complete, 7, .request = 0xa, .bytes = 512);
	W_EVENT(&w, 0, 500, rq_issue, 6, .request = 0xa, .bytes = 512);
	look();
	walk = begin(NULL);
	assert_true(happening(walk, &e));
	assert_true(happening(walk, &e));
	assert_int_equal(e.tid, 5);
	assert_false(e.open);
	assert_true(happening(walk, &e));
	assert_int_equal(e.took_ns, 50);
	assert_int_equal(e.waited_ns, 60);
	assert_true(happening(walk, &e));
	assert_int_equal(e.took_ns, 80);
	assert_int_equal(e.tid, 5);
	assert_true(happening(walk, &e));
	assert_false(e.took_known || e.waited_known || e.task_known);
	assert_true(happening(walk, &e));
	assert_true(happening(walk, &e));
	assert_true(happening(walk, &e));
	assert_true(happening(walk, &e));
	assert_int_equal(e.took_ns, 20);
	assert_true(happening(walk, &e));
	assert_true(e.open);
	assert_false(happening(walk, &e));
	mi_history_end(walk);
}

/* The original is what remains; what is in front of it is a bio that nobody queued. */
static void test_splits(void **state)
{
	static const struct {
		uint64_t request, bio, sector, index;
		bool file;
	} want[] = {{1, 0xc, 96, 10, true},
		    {2, 0xd, 100, 10, true},
		    {3, 0xb, 108, 11, true},
		    {4, 0xf, 500, 0, false}};
	struct mi_history_walk *walk;
	struct mi_happening e;
	size_t i;

	(void)state;
	W_EVENT(&w, 0, 10, cache_add, 5, .mapping = 0x9000, .ino = 131, .dev = DISK, .index = 10,
		.pages = 2);
	W_EVENT(&w, 0, 20, bio_queue, 5, .bio = 0xb, .mapping = 0x9000, .index = 10, .sector = 96,
		.bytes = 8192, .disk = DISK);
	W_EVENT(&w, 0, 30, bio_split, 5, .bio = 0xc, .sector = 96, .other_sector = 100,
		.bytes = 2048, .disk = DISK);
	W_EVENT(&w, 0, 40, bio_split, 5, .bio = 0xd, .sector = 100, .other_sector = 108,
		.bytes = 4096, .disk = DISK);
	/* Of one whose queueing is not recorded nothing is known; nor by another disk. */
	W_EVENT(&w, 0, 50, bio_split, 5, .bio = 0xf, .sector = 500, .other_sector = 508,
		.bytes = 4096, .disk = DISK);
	W_EVENT(&w, 0, 60, bio_split, 5, .bio = 0xf, .sector = 108, .other_sector = 109,
		.bytes = 512, .disk = 7 << 20);
	for (i = 0; i < 4; i++)
		W_EVENT(&w, 0, 70 + i, rq_issue, 9, .request = want[i].request, .bio = want[i].bio,
			.sector = want[i].sector, .bytes = 512, .disk = DISK);
	W_EVENT(&w, 0, 80, rq_requeue, 9, .request = 1, .sector = 96, .disk = DISK);
	W_EVENT(&w, 0, 81, rq_issue, 9, .request = 1, .bio = 0xc, .sector = 96, .disk = DISK);
	look();
	walk = begin(NULL);
	for (i = 0; i < 6; i++)
		assert_true(happening(walk, &e));
	for (i = 0; i < 4; i++) {
		assert_true(happening(walk, &e));
		assert_int_equal(e.kind, MI_E_RQ_ISSUE);
		assert_int_equal(e.tid, want[i].file ? 5 : 0);
		assert_int_equal(e.file != MI_NO_INDEX, want[i].file);
		if (want[i].file)
			assert_int_equal(e.index, want[i].index);
	}
	assert_true(happening(walk, &e));
	assert_true(happening(walk, &e));
	assert_true(e.task_known);
	mi_history_end(walk);
}

/* ---- faults ---- */

static void test_attempts(void **state)
{
	const struct mi_open_fault *f;

	(void)state;
	W_EVENT(&w, 0, 100, fault_begin, 5, .mm = 1, .address = 0x1000, .attempt = 1);
	W_EVENT(&w, 0, 110, fault_end, 5, .mm = 1, .address = 0x1000, .fault_class = 3);
	W_EVENT(&w, 1, 120, fault_begin, 5, .mm = 1, .address = 0x1000, .attempt = 2);
	W_EVENT(&w, 0, 130, fault_begin, 6, .mm = 1, .address = 0x2000, .attempt = 2);
	W_EVENT(&w, 0, 140, fault_begin, 7, .mm = 1, .address = 0x3000, .attempt = 1);
	W_EVENT(&w, 1, 150, fault_end, 7, .mm = 1, .address = 0x3000, .fault_class = 1);
	look();
	f = mi_history_open_fault(h, 5);
	assert_non_null(f);
	assert_true(f->first_known);
	assert_int_equal(f->first, 100);
	assert_int_equal(f->begin, 120);
	/* Its first attempt is not recorded. */
	f = mi_history_open_fault(h, 6);
	assert_non_null(f);
	assert_false(f->first_known);
	assert_null(mi_history_open_fault(h, 7));
	assert_null(mi_history_open_fault(h, 8));
	assert_int_equal(h->n_open, 2);
}

/* ---- the story of a page ---- */

static void test_story_through_a_partition(void **state)
{
	static const int want[] = {MI_E_CACHE_ADD, MI_E_BIO_QUEUE,     MI_E_BIO_REMAP,
				   MI_E_RQ_ISSUE,  MI_E_BIO_BACKMERGE, MI_E_RQ_COMPLETE};
	struct mi_history_page page = {.by_file = true, .dev = PART, .ino = 131, .index = 10};
	struct mi_history_filter f = {.page = &page};
	struct mi_history_walk *walk;
	struct mi_happening e;
	size_t i;

	(void)state;
	W_EVENT(&w, 0, 10, cache_add, 5, .mapping = 0x9000, .ino = 131, .dev = PART, .index = 8,
		.pages = 4);
	W_EVENT(&w, 0, 20, cache_add, 5, .mapping = 0x9000, .ino = 131, .dev = PART, .index = 12,
		.pages = 4);
	/* Pages 8 to 11 at sector 100 of a partition that begins at 2048. */
	W_EVENT(&w, 0, 30, bio_queue, 5, .bio = 1, .mapping = 0x9000, .index = 8, .sector = 100,
		.bytes = 16384, .disk = PART);
	W_EVENT(&w, 0, 40, bio_remap, 5, .bio = 1, .sector = 2148, .other_sector = 100,
		.bytes = 16384, .disk = DISK, .other_disk = PART);
	W_EVENT(&w, 0, 50, rq_issue, 5, .request = 2, .bio = 1, .sector = 2148, .bytes = 16384,
		.disk = DISK);
	/* Other sectors, another disk. */
	W_EVENT(&w, 0, 60, rq_issue, 5, .request = 3, .sector = 2172, .bytes = 8192, .disk = DISK);
	W_EVENT(&w, 0, 70, rq_issue, 5, .request = 4, .sector = 2148, .bytes = 16384,
		.disk = 7 << 20);
	W_EVENT(&w, 0, 80, bio_backmerge, 5, .bio = 1, .sector = 2160, .bytes = 4096, .disk = DISK);
	W_EVENT(&w, 0, 85, bio_backmerge, 5, .bio = 1, .sector = 2172, .bytes = 512, .disk = DISK);
	W_EVENT(&w, 0, 90, rq_complete, 5, .request = 2, .sector = 2148, .bytes = 16384,
		.disk = DISK);
	/* It was read: the place on the disk is no longer of interest. */
	W_EVENT(&w, 0, 95, rq_issue, 5, .request = 2, .sector = 2148, .bytes = 16384, .disk = DISK);
	look();
	walk = begin(&f);
	for (i = 0; happening(walk, &e); i++) {
		assert_true(i < sizeof(want) / sizeof(want[0]));
		assert_int_equal(e.kind, want[i]);
	}
	assert_int_equal(i, sizeof(want) / sizeof(want[0]));
	mi_history_end(walk);
}

/* ---- a process and its mappings ---- */

static void ended(uint64_t time, uint32_t tid, uint64_t address, uint32_t class, uint64_t mm,
		  uint64_t ino)
{
	W_EVENT(&w, 0, time, fault_end, tid, .mm = mm, .address = address, .first = time - 7,
		.fault_class = class, .ino = ino, .dev = ino ? DISK : 0, .weight = 3);
}

static void test_mappings(void **state)
{
	struct mi_mapped_file file = {.file = {.name = {.ino = 131, .dev_minor = 0}}};
	struct mi_mapping maps[] = {
		{.vma = {.start = 0x1000, .end = 0x3000}, .file = 0},
		{.vma = {.start = 0x5000, .end = 0x6000}, .file = MI_NO_INDEX},
	};
	struct mi_process p = {.task = {.pid = 5, .tgid = 5},
			       .mm = {.addr = 0x99},
			       .maps = maps,
			       .n_maps = 2,
			       .files = &file,
			       .n_files = 1};
	struct mi_mapping_history *list;

	(void)state;
	file.file.name.dev_major = DISK >> 20;
	ended(100, 5, 0x1000, 1, 0x99, 131); /* before its exec */
	name(150, 5, 2, 0, "program");
	ended(200, 5, 0x1000, 1, 0x99, 131);
	ended(300, 5, 0x2fff, 3, 0x99, 131); /* is tried again */
	ended(310, 5, 0x2fff, 2, 0x99, 131);
	ended(400, 5, 0x1000, 1, 0x98, 131); /* another memory, another process */
	ended(410, 6, 0x1000, 1, 0x99, 131);
	ended(420, 5, 0x1000, 1, 0x99, 132); /* another file was mapped there */
	ended(430, 5, 0x3000, 1, 0x99, 131); /* nothing is mapped there now */
	ended(440, 5, 0x5000, 4, 0x99, 0);
	look();
	assert_int_equal(mi_history_mappings(h, &p, &list, NULL), MI_OK);
	assert_int_equal(list[0].n, 2);
	assert_int_equal(list[0].minor, 1);
	assert_int_equal(list[0].major, 1);
	assert_int_equal(list[0].stands_for, 6);
	assert_int_equal(list[0].last_raw, 310);
	assert_int_equal(list[0].last_class, 2);
	assert_int_equal(list[0].last_address, 0x2fff);
	assert_int_equal(list[0].max_took_ns, 7);
	assert_int_equal(list[1].n, 1);
	assert_int_equal(list[1].failed, 1);
	free(list);
}

/* ---- stuck tasks ---- */

static void test_stuck(void **state)
{
	struct mi_fault_seen seen = {.fault = {.va = 0x4000}};
	struct mi_blocked tasks[] = {
		{.task = {.pid = 5}, .faults = {.list = &seen, .n = 1}},
		{.task = {.pid = 6}, .faults = {.list = &seen, .n = 1}},
		{.task = {.pid = 7}},
	};
	const struct mi_blocked_set set = {.tasks = tasks, .n = 3};
	struct mi_stuck_history *list;

	(void)state;
	/* An earlier fault of the same task is over, and what it read is not of interest. */
	W_EVENT(&w, 0, 10, fault_begin, 5, .mm = 1, .address = 0x3000, .attempt = 1);
	W_EVENT(&w, 0, 20, read, 5, .mapping = 1, .ino = 131, .dev = DISK, .pages = 1);
	W_EVENT(&w, 0, 30, fault_end, 5, .mm = 1, .address = 0x3000, .fault_class = 2);
	W_EVENT(&w, 0, 40, fault_begin, 5, .mm = 1, .address = 0x4123, .attempt = 1);
	W_EVENT(&w, 0, 50, readahead, 5, .mapping = 1, .ino = 131, .dev = DISK, .pages = 32);
	W_EVENT(&w, 0, 60, bio_queue, 5, .bio = 1, .sector = 8, .bytes = 4096, .disk = DISK);
	W_EVENT(&w, 0, 61, bio_queue, 5, .bio = 2, .sector = 80, .bytes = 4096, .disk = DISK);
	/* Issued by a thread of the kernel, in its name. */
	W_EVENT(&w, 0, 70, rq_issue, 9, .request = 1, .bio = 1, .bytes = 4096, .disk = DISK);
	W_EVENT(&w, 0, 71, rq_issue, 9, .request = 2, .bio = 2, .bytes = 4096, .disk = DISK);
	W_EVENT(&w, 0, 72, rq_issue, 9, .request = 3, .bio = 3, .bytes = 4096, .disk = DISK);
	W_EVENT(&w, 0, 80, rq_complete, 0, .request = 1, .bytes = 4096, .disk = DISK);
	/* One that its driver takes, gives back, takes; and one that it does not even take. */
	W_EVENT(&w, 0, 82, rq_requeue, 9, .request = 2, .bio = 2, .disk = DISK);
	W_EVENT(&w, 0, 83, rq_issue, 9, .request = 2, .bio = 2, .bytes = 4096, .disk = DISK);
	W_EVENT(&w, 0, 84, bio_queue, 5, .bio = 4, .sector = 96, .bytes = 4096, .disk = DISK);
	W_EVENT(&w, 0, 85, rq_requeue, 9, .request = 4, .bio = 4, .disk = DISK);
	W_EVENT(&w, 0, 86, rq_requeue, 9, .request = 4, .bio = 4, .disk = DISK);
	/* What is recorded of this one is another fault. */
	W_EVENT(&w, 0, 90, fault_begin, 6, .mm = 1, .address = 0x9000, .attempt = 1);
	look();
	assert_int_equal(mi_history_stuck(h, &set, &list, NULL), MI_OK);
	assert_true(list[0].fault);
	assert_false(list[0].other);
	assert_int_equal(list[0].begin.first, 40);
	assert_true(list[0].has_readahead);
	assert_false(list[0].has_read);
	assert_int_equal(list[0].n_requests, 3);
	assert_int_equal(list[0].given_back[0], 0);
	assert_int_equal(list[0].given_back[1], 1);
	assert_int_equal(list[0].given_back[2], 2);
	assert_int_equal(list[0].request[2].r.raw, 85);
	assert_int_equal(list[0].request[2].kind, MI_E_RQ_REQUEUE);
	assert_true(list[0].done[0]);
	assert_false(list[0].done[1]);
	assert_int_equal(list[0].request[1].r.raw, 71);
	assert_true(list[1].fault && list[1].other);
	assert_false(list[2].fault);
	free(list);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_recorded_names),
		TEST(test_living_tasks),
		TEST(test_files),
		TEST(test_many_files),
		TEST(test_partial_completions),
		TEST(test_splits),
		TEST(test_attempts),
		TEST(test_story_through_a_partition),
		TEST(test_mappings),
		TEST(test_stuck),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
