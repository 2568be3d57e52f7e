// SPDX-License-Identifier: GPL-2.0-or-later
/* test_log.c - the kernel's log in its three forms, in memory made by hand */
#include "fake_memory.h"

#include "../../libsrc/kernel/log.h"

/* Symbols, and what they are the places of. */
#define SYMBOLS BASE
#define PRB_AT (BASE + 0x100)
#define DESCS (BASE + 0x1000) /* 8 of 24 bytes */
#define INFOS (BASE + 0x2000) /* 8 of 64 */
#define DATA (BASE + 0x3000)  /* 256 bytes */
#define COUNT_BITS 3
#define COUNT (1U << COUNT_BITS)
#define SIZE_BITS 8
#define SIZE (1U << SIZE_BITS)
#define BUF (BASE + 0x4000) /* of the older forms */
#define BUF_LEN 4096

enum {
	RESERVED,
	COMMITTED,
	FINALIZED,
	REUSABLE
};

static struct mi_log *found;
static struct mi_vmcoreinfo *no_vmcoreinfo;
static struct mi_error err;

/* Done when the page at @watched is read once more. */
static void (*change)(void);
static uint64_t watched;
static unsigned int looks;

static enum mi_read watched_page(struct mi_provider *p, uint64_t pa, void *page)
{
	if (pa == PHYS + watched && ++looks == 2 && change)
		change();
	return read_page(p, pa, page);
}

static struct mi_member at_of(int32_t off, uint32_t size)
{
	return (struct mi_member){.off = off, .size = size, .count = 1, .cls = MI_TYPE_INT};
}

static int setup(void **state)
{
	(void)state;
	change = NULL;
	looks = 0;
	start_memory();
	target.facts.pointer_bytes = 8;
	assert_int_equal(mi_vmcoreinfo_parse("X=1\n", 4, &no_vmcoreinfo, &err), MI_OK);
	target.vmcoreinfo = no_vmcoreinfo;
	found = NULL;
	return 0;
}

static int teardown(void **state)
{
	mi_log_close(found);
	mi_vmcoreinfo_free(no_vmcoreinfo);
	return end_memory(state);
}

static void read_log(void)
{
	mi_log_close(found);
	memset(&kernel.problems, 0, sizeof(kernel.problems));
	forget();
	assert_null(mi_log_lacks(&kernel));
	assert_int_equal(mi_log_open(&kernel, &found, &err), MI_OK);
}

/* Of a running kernel, in which @then happens at the second look at page @page. */
static void read_live(uint64_t page, void (*then)(void))
{
	static const struct mi_provider_ops ops = {.read_page = watched_page};
	static struct mi_provider live = {.ops = &ops, .live = true};

	mi_memory_free(&target);
	memset(&target, 0, sizeof(target));
	target.provider = &live;
	target.facts.live = true;
	target.facts.pointer_bytes = 8;
	target.vmcoreinfo = no_vmcoreinfo;
	assert_int_equal(mi_memory_init(&target, &err), MI_OK);
	make_tables();
	looks = 0;
	watched = page;
	change = then;
	mi_log_close(found);
	assert_int_equal(mi_log_open(&kernel, &found, &err), MI_OK);
	assert_int_equal(looks, 2);
	assert_int_equal(mi_problem_count(&kernel.problems), 0);
}

static void is_text(size_t i, const char *text)
{
	assert_true(i < found->n);
	assert_int_equal(found->records[i].len, strlen(text));
	assert_string_equal(found->records[i].text, text);
}

static void is_problem(const char *why)
{
	assert_int_equal(kernel.problems.n, 1);
	assert_string_equal(kernel.problems.list[0].why, why);
}

/* ---- descriptors and a ring of text ---- */

static void ring_layout(void)
{
	struct mi_layout *l = &kernel.l;

	l->sym_prb = SYMBOLS;
	put64(SYMBOLS, PRB_AT);
	l->size_prb = 64;
	l->prb_count_bits = at(0);
	l->prb_descs = at(8);
	l->prb_infos = at(16);
	l->prb_head = at(24);
	l->prb_tail = at(32);
	l->prb_size_bits = at(40);
	l->prb_data = at(48);
	l->size_prb_desc = 24;
	l->prb_desc_state = at(0);
	l->prb_desc_begin = at(8);
	l->prb_desc_next = at(16);
	l->size_printk_info = 64;
	l->printk_info_seq = at(0);
	l->printk_info_ts = at(8);
	l->printk_info_text_len = at_of(16, 2);
	l->printk_info_facility = at_of(18, 1);
	l->printk_info_level = (struct mi_member){
		.off = 19, .size = 1, .count = 1, .shift = 5, .bits = 3, .cls = MI_TYPE_INT};
	l->printk_info_caller = at_of(20, 4);
	put64(PRB_AT, COUNT_BITS);
	put64(PRB_AT + 8, DESCS);
	put64(PRB_AT + 16, INFOS);
	put64(PRB_AT + 40, SIZE_BITS);
	put64(PRB_AT + 48, DATA);
}

static void ids(uint64_t tail, uint64_t head)
{
	put64(PRB_AT + 24, head & ~0ULL >> 2);
	put64(PRB_AT + 32, tail & ~0ULL >> 2);
}

static uint64_t desc_of(uint64_t id)
{
	return DESCS + 24 * (id % COUNT);
}

static uint64_t info_of(uint64_t id)
{
	return INFOS + 64 * (id % COUNT);
}

static void state(uint64_t id, uint64_t s)
{
	put64(desc_of(id), (id & ~0ULL >> 2) | s << 62);
}

static void place(uint64_t id, uint64_t begin, uint64_t next)
{
	put64(desc_of(id) + 8, begin);
	put64(desc_of(id) + 16, next);
}

static void info(uint64_t id, size_t len)
{
	put64(info_of(id), id & (COUNT - 1));
	put64(info_of(id) + 8, 1000 * (id % COUNT));
	/* facility 1, level 4, flags 0x1f; a CPU's */
	put64(info_of(id) + 16, len | 1ULL << 16 | (4ULL << 5 | 0x1f) << 24 | 0x80000002ULL << 32);
}

/* A finalized record, whose block is @off in the ring; returns how long that is. */
static uint64_t record(uint64_t id, uint64_t begin, uint64_t next, uint64_t off, const char *text)
{
	state(id, FINALIZED);
	place(id, begin, next);
	info(id, strlen(text));
	put64(DATA + off, id & ~0ULL >> 2);
	memcpy(memory + (DATA - BASE) + off + 8, text, strlen(text));
	return (8 + strlen(text) + 7) & ~7ULL;
}

static void three_records(void)
{
	ring_layout();
	record(8, 0, 16, 0, "one");
	record(9, 16, 40, 16, "number two");
	record(10, 40, 56, 40, "last");
	ids(8, 10);
}

static void test_ring(void **state_)
{
	const struct mi_log_record *r;

	(void)state_;
	three_records();
	read_log();
	assert_int_equal(found->form, MI_LOG_RING);
	assert_int_equal(found->n, 3);
	is_text(0, "one");
	is_text(1, "number two");
	is_text(2, "last");
	r = &found->records[1];
	assert_int_equal(r->seq, 1);
	assert_int_equal(r->time_ns, 1000);
	assert_int_equal(r->level, 4);
	assert_int_equal(r->facility, 1);
	assert_true(r->caller == (MI_LOG_CPU | 2));
	assert_int_equal(r->has, MI_LOG_SEQ | MI_LOG_TIME | MI_LOG_LEVEL | MI_LOG_CALLER);
	assert_int_equal(mi_problem_count(&kernel.problems), 0);
	assert_int_equal(found->reused + found->reserved + found->lost + found->torn, 0);
}

/* A log that has just begun; then IDs and positions that go over the end of their word. */
static void test_ring_wraps(void **state_)
{
	uint64_t first = -(uint64_t)(COUNT + 1);

	(void)state_;
	ring_layout();
	state(first, REUSABLE);
	place(first, 1, 1);
	ids(first, first);
	read_log();
	assert_int_equal(found->n + found->reused, 0);
	/* ID 2^62 - 1, and 0 */
	record(-1ULL, -16ULL, 24, 0, "fits not: at 0");
	record(0, 24, 40, 24, "zero");
	ids(-1ULL, 0);
	read_log();
	assert_int_equal(found->n, 2);
	is_text(0, "fits not: at 0");
	is_text(1, "zero");
	/* Up to the last byte: next is the first one of the next round. */
	record(8, 2 * SIZE - 24, 2 * SIZE, SIZE - 24, "sixteen letters.");
	/* At the beginning, in kernels that do not do that: its end is not 0. */
	record(9, 3 * SIZE - 24, 3 * SIZE + 24, 0, "sixteen letters!");
	ids(8, 9);
	read_log();
	assert_int_equal(found->n, 2);
	is_text(0, "sixteen letters.");
	is_text(1, "sixteen letters!");
	assert_int_equal(mi_problem_count(&kernel.problems), 0);
}

static void test_ring_states(void **state_)
{
	(void)state_;
	three_records();
	state(9, COMMITTED);
	read_log();
	assert_int_equal(found->n, 3);
	state(9, RESERVED);
	read_log();
	assert_int_equal(found->n, 2);
	assert_int_equal(found->reserved, 1);
	state(8, REUSABLE);
	read_log();
	assert_int_equal(found->n, 1);
	assert_int_equal(found->reused, 1);
	/* The head's was just taken: what was there is from the last round; or from no round. */
	state(2, REUSABLE);
	read_log();
	assert_int_equal(found->n, 0);
	assert_int_equal(found->reserved, 2);
	put64(desc_of(10), 0);
	read_log();
	assert_int_equal(found->reserved, 2);
	/* An empty line; one whose text found no room. */
	state(9, FINALIZED);
	place(9, 3, 3);
	info(9, 0);
	read_log();
	assert_int_equal(found->n, 1);
	is_text(0, "");
	place(9, 1, 1);
	read_log();
	assert_int_equal(found->n, 0);
	assert_int_equal(found->lost, 1);
	assert_int_equal(mi_problem_count(&kernel.problems), 0);
}

/* One of three is not as it should be, and nobody tells its text. */
static void torn(const char *why)
{
	read_log();
	assert_int_equal(found->n, 2);
	is_text(0, "one");
	is_text(1, "last");
	assert_int_equal(found->torn, 1);
	is_problem(why);
	three_records();
}

static void test_ring_torn(void **state_)
{
	(void)state_;
	three_records();
	state(9 + 5 * COUNT, FINALIZED);
	torn("is not the one that should be there");
	put64(info_of(9), 2);
	torn("has the number of another");
	put64(DATA + 16, 17);
	torn("has the text of another");
	info(9, 17);
	torn("has a text longer than its place");
	place(9, 18, 40);
	torn("has a text without a place");
	place(9, 16, 16);
	torn("has a text without a place");
	place(9, 40, 16);
	torn("has a text without a place");
	place(9, 16, 2 * SIZE + 40);
	torn("has a text without a place");
	place(9, 16, SIZE);
	put64(DATA + 16, 1);
	torn("has the text of another");
}

static void no_ring(const char *why)
{
	read_log();
	assert_int_equal(found->n, 0);
	is_problem(why);
	three_records();
}

static void test_ring_lies(void **state_)
{
	static const uint64_t bits[] = {0, 22, 40, 63, 64, 1ULL << 32, ~0ULL};
	size_t i;

	(void)state_;
	three_records();
	for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		put64(PRB_AT, bits[i]);
		no_ring("has a size that cannot be");
	}
	for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		put64(PRB_AT + 40, bits[i] == 22 ? 27 : bits[i]);
		no_ring("has a size that cannot be");
	}
	put64(PRB_AT + 8, 4096);
	no_ring("points to what is not the kernel's");
	put64(PRB_AT + 16, -8ULL);
	no_ring("points to what is not the kernel's");
	put64(PRB_AT + 48, -(uint64_t)SIZE + 1);
	no_ring("points to what is not the kernel's");
	put64(SYMBOLS, AWAY);
	no_ring("not mapped by the kernel");
	/* Further apart than there are descriptors: what is there proves itself. */
	ids(3, 10);
	put64(PRB_AT + 32, 1ULL << 40);
	read_log();
	assert_int_equal(found->n, 3);
	assert_true(found->torn + found->reserved == COUNT - 3);
	assert_true(kernel.problems.n > 0);
}

static void test_ring_unread(void **state_)
{
	(void)state_;
	three_records();
	put64(PRB_AT + 48, AWAY);
	read_log();
	assert_int_equal(found->n, 0);
	assert_int_equal(found->unread, 3);
	is_problem("not mapped by the kernel");
	/* The last block goes over the end of what is there. */
	put64(PRB_AT + 48, AWAY - 48);
	memcpy(memory + sizeof(memory) - 48, memory + (DATA - BASE), 48);
	read_log();
	assert_int_equal(found->n, 2);
	assert_int_equal(found->unread, 1);
	three_records();
	put64(PRB_AT + 16, AWAY);
	read_log();
	assert_int_equal(found->unread, 3);
	three_records();
	put64(PRB_AT + 8, AWAY - 24);
	read_log();
	assert_int_equal(found->n, 0);
	assert_true(found->unread > 0);
}

/* Another record has the descriptor when it is looked at again. */
static void reuse(void)
{
	state(9 + COUNT, RESERVED);
}

static void test_ring_live(void **state_)
{
	(void)state_;
	three_records();
	read_live(0x1000, NULL);
	assert_int_equal(found->n, 3);
	read_live(0x1000, reuse);
	assert_int_equal(found->n, 2);
	assert_int_equal(found->reused, 1);
	assert_int_equal(found->torn, 0);
	is_text(0, "one");
	is_text(1, "last");
}

/* ---- records one behind the other ---- */

static void records_layout(void)
{
	struct mi_layout *l = &kernel.l;

	l->sym_log_buf = SYMBOLS + 8;
	l->sym_log_buf_len = SYMBOLS + 16;
	l->sym_log_first_idx = SYMBOLS + 24;
	l->sym_log_next_idx = SYMBOLS + 32;
	l->sym_log_first_seq = SYMBOLS + 40;
	put64(SYMBOLS + 8, BUF);
	put64(SYMBOLS + 16, BUF_LEN);
	put64(SYMBOLS + 40, 1000);
	/* 3.5: facility and level are one number. */
	l->size_old_log = 16;
	l->old_log_ts = at(0);
	l->old_log_len = at_of(8, 2);
	l->old_log_text_len = at_of(10, 2);
	l->old_log_level = at_of(14, 2);
}

static uint32_t append(uint32_t at_, uint64_t ts, unsigned int level, const char *text)
{
	uint32_t len = (16 + (uint32_t)strlen(text) + 3) & ~3U;

	put64(BUF + at_, ts);
	put64(BUF + at_ + 8, len | (uint64_t)strlen(text) << 16 | (uint64_t)level << 48);
	memcpy(memory + (BUF - BASE) + at_ + 16, text, strlen(text));
	return at_ + len;
}

static uint32_t two_rounds(uint32_t first)
{
	uint32_t end = append(first, 5, 6, "before the end");

	memset(memory + (BUF - BASE) + end, 0, 16);
	end = append(0, 7, 3 << 3 | 5, "at the beginning");
	end = append(end, 8, 1, "");
	put64(SYMBOLS + 24, first);
	put64(SYMBOLS + 32, end);
	return end;
}

static void test_records(void **state_)
{
	(void)state_;
	records_layout();
	two_rounds(4000);
	read_log();
	assert_int_equal(found->form, MI_LOG_RECORDS);
	assert_int_equal(found->n, 3);
	is_text(0, "before the end");
	is_text(1, "at the beginning");
	is_text(2, "");
	assert_int_equal(found->records[1].seq, 1001);
	assert_int_equal(found->records[1].time_ns, 7);
	assert_int_equal(found->records[1].level, 5);
	assert_int_equal(found->records[1].facility, 3);
	assert_int_equal(found->records[1].has, MI_LOG_SEQ | MI_LOG_TIME | MI_LOG_LEVEL);
	kernel.l.sym_log_first_seq = 0;
	read_log();
	assert_int_equal(found->records[1].has, MI_LOG_TIME | MI_LOG_LEVEL);
	assert_int_equal(mi_problem_count(&kernel.problems), 0);
	/* Empty. */
	put64(SYMBOLS + 24, 0);
	put64(SYMBOLS + 32, 0);
	read_log();
	assert_int_equal(found->n, 0);
	assert_int_equal(mi_problem_count(&kernel.problems), 0);
}

static void move_first(void)
{
	put64(SYMBOLS + 24, 0);
	put64(SYMBOLS + 40, 1001);
}

static void move_far(void)
{
	put64(SYMBOLS + 24, 2000);
	put64(SYMBOLS + 40, 1100);
}

/* What is overwritten while it is read is not told, with and without numbers of records. */
static void test_records_live(void **state_)
{
	unsigned int round;

	(void)state_;
	for (round = 0; round < 2; round++) {
		records_layout();
		kernel.l.sym_log_first_seq *= !round;
		two_rounds(4000);
		read_live(0, NULL);
		assert_int_equal(found->n, 3);
		read_live(0, move_first);
		assert_int_equal(found->n, 2);
		assert_int_equal(found->reused, 1);
		is_text(0, "at the beginning");
		records_layout();
		kernel.l.sym_log_first_seq *= !round;
		two_rounds(4000);
		read_live(0, move_far);
		assert_int_equal(found->n, 0);
		assert_int_equal(found->reused, 3);
	}
}

static void test_records_lie(void **state_)
{
	uint32_t end;

	(void)state_;
	records_layout();
	end = two_rounds(4000);
	/* Nothing ends there: zeroes lead to the beginning, once. */
	put64(SYMBOLS + 32, end + 2);
	read_log();
	assert_true(found->torn == 1 && found->n == 3);
	is_problem("runs in a circle");
	two_rounds(4000);
	put64(BUF + 8, 15 | 3ULL << 16);
	read_log();
	assert_true(found->torn == 1 && found->n == 1);
	is_problem("has a length that cannot be");
	two_rounds(4000);
	put64(BUF + 8, 32 | 17ULL << 16);
	read_log();
	assert_true(found->torn == 1 && found->n == 1);
	two_rounds(4000);
	put64(BUF + 4008, 100 | 3ULL << 16);
	read_log();
	assert_true(found->torn == 1 && !found->n);
	two_rounds(4000);
	put64(SYMBOLS + 24, BUF_LEN - 8);
	read_log();
	is_problem("reaches over the end");
	put64(SYMBOLS + 24, BUF_LEN);
	read_log();
	is_problem("points to what is not its own");
	two_rounds(4000);
	put64(SYMBOLS + 16, 3 * BUF_LEN);
	read_log();
	is_problem("has a size that cannot be");
	put64(SYMBOLS + 16, BUF_LEN);
	put64(SYMBOLS + 8, AWAY - 4000);
	read_log();
	is_problem("not mapped by the kernel");
	assert_int_equal(found->unread, 1);
}

/* ---- bytes ---- */

static void bytes_layout(void)
{
	struct mi_layout *l = &kernel.l;

	l->sym_log_buf = SYMBOLS + 8;
	l->sym_log_buf_len = SYMBOLS + 16;
	l->sym_log_end = SYMBOLS + 24;
	l->sym_logged_chars = SYMBOLS + 32;
	put64(SYMBOLS + 8, BUF);
	put64(SYMBOLS + 16, 128);
}

/* @text ends where @end is, modulo the size. */
static void put_bytes(uint32_t end, uint32_t chars, const char *text)
{
	uint32_t n = (uint32_t)strlen(text), i;

	for (i = 0; i < n; i++)
		memory[(BUF - BASE) + ((end - n + i) & 127)] = (unsigned char)text[i];
	put64(SYMBOLS + 24, end);
	put64(SYMBOLS + 32, chars);
}

static void test_bytes(void **state_)
{
	static const char text[] = "<6>[    1.000002] one\n<30>two\nthree\n\n<9>[x]\n<4>[1.5] y";

	(void)state_;
	bytes_layout();
	put_bytes(sizeof(text) - 1, 0, text);
	read_log();
	assert_int_equal(found->form, MI_LOG_BYTES);
	assert_int_equal(found->n, 6);
	is_text(0, "one");
	assert_int_equal(found->records[0].has, MI_LOG_LEVEL | MI_LOG_TIME);
	assert_int_equal(found->records[0].level, 6);
	assert_int_equal(found->records[0].time_ns, 1000002000);
	is_text(1, "two");
	assert_int_equal(found->records[1].level, 6);
	assert_int_equal(found->records[1].facility, 3);
	assert_int_equal(found->records[1].has, MI_LOG_LEVEL);
	is_text(2, "three");
	assert_int_equal(found->records[2].has, 0);
	is_text(3, "");
	is_text(4, "[x]");
	is_text(5, "[1.5] y");
	assert_int_equal(found->reused, 0);
	assert_int_equal(mi_problem_count(&kernel.problems), 0);
}

static void test_bytes_wrap(void **state_)
{
	char text[129];

	(void)state_;
	bytes_layout();
	memset(text, 'x', sizeof(text));
	memcpy(text + 20, "\n<1>[    2.000000] over the end\n<2>[    3.000000] ", 49);
	text[127] = '\n';
	text[128] = '\0';
	put_bytes(128 * 7 + 90, 128, text);
	read_log();
	assert_int_equal(found->n, 2);
	is_text(0, "over the end");
	assert_int_equal(found->reused, 1);
	/* log_end has gone around its word. */
	put_bytes(90, 128, text);
	read_log();
	assert_int_equal(found->n, 2);
	is_text(0, "over the end");
	put64(SYMBOLS + 16, 127);
	read_log();
	is_problem("has a size that cannot be");
	put64(SYMBOLS + 16, 1U << 27);
	read_log();
	is_problem("has a size that cannot be");
	put64(SYMBOLS + 16, 128);
	put64(SYMBOLS + 8, AWAY);
	read_log();
	assert_int_equal(found->n, 0);
	assert_int_equal(found->unread, 1);
	is_problem("not mapped by the kernel");
}

static void four_more(void)
{
	put64(SYMBOLS + 24, 124);
}

static void round_more(void)
{
	put64(SYMBOLS + 24, 200);
}

static void test_bytes_live(void **state_)
{
	static const char text[] = "one\ntwo\nthree\n";
	char full[129] = "";

	(void)state_;
	bytes_layout();
	put_bytes(sizeof(text) - 1, 0, text);
	read_live(0, four_more);
	assert_int_equal(found->n, 3);
	assert_int_equal(found->reused, 0);
	/* A full one, whose first line is being overwritten. */
	memset(full, 'x', 120);
	memcpy(full + 10, "\nshort\n", 7);
	full[119] = '\n';
	put_bytes(120, 0, full);
	read_live(0, NULL);
	assert_int_equal(found->n, 3);
	read_live(0, four_more);
	assert_int_equal(found->n, 3);
	put_bytes(120, 0, full);
	read_live(0, round_more);
	assert_int_equal(found->n, 0);
	assert_int_equal(found->reused, 1);
}

/* ---- why it ended ---- */

static void say(const char *text)
{
	uint32_t first = (uint32_t)(memory[SYMBOLS - BASE + 32] | memory[SYMBOLS - BASE + 33] << 8);

	put64(SYMBOLS + 32, append(first, 1, 0, text));
	read_log();
}

static void is_line(const struct mi_log_line *line, const char *text)
{
	assert_non_null(line->text);
	assert_int_equal(line->len, strlen(text));
	assert_memory_equal(line->text, text, line->len);
}

static void test_reason(void **state_)
{
	unsigned int i;

	(void)state_;
	records_layout();
	say("Oops, I did it: BUG: no");
	assert_null(found->trouble.text);
	say("INFO: task tar:7 is fine");
	assert_null(found->trouble.text);
	say("INFO: task tar:7 blocked for more than 120 seconds.");
	is_line(&found->trouble, "INFO: task tar:7 blocked for more than 120 seconds.");
	say("first line\nBUG: unable to handle page fault\nthird");
	is_line(&found->trouble, "BUG: unable to handle page fault");
	assert_int_equal(found->trouble.record, 3);
	/* It belongs to the one before. */
	say("Oops: 0002 [#1]");
	is_line(&found->trouble, "BUG: unable to handle page fault");
	assert_null(found->panic.text);
	say("---[ end Kernel panic - not syncing: no ]---");
	assert_null(found->panic.text);
	say("Kernel panic - not syncing: Fatal exception");
	is_line(&found->panic, "Fatal exception");
	for (i = 0; i < 17; i++)
		say("more");
	say("Oops: 0000 [#2]");
	is_line(&found->trouble, "Oops: 0000 [#2]");
	say("Kernel panic - not syncing: ");
	is_line(&found->panic, "");
	say("Internal error: Oops: 5");
	is_line(&found->trouble, "Oops: 0000 [#2]");
	say("watchdog: BUG: soft lockup");
	is_line(&found->trouble, "watchdog: BUG: soft lockup");
	say("general protection fault: 0000");
	is_line(&found->trouble, "general protection fault: 0000");
	say("kernel BUG at mm/x.c:7!");
	is_line(&found->trouble, "kernel BUG at mm/x.c:7!");
	say("Unable to handle kernel NULL pointer");
	is_line(&found->trouble, "Unable to handle kernel NULL pointer");
}

/* ---- which form ---- */

static void test_form(void **state_)
{
	(void)state_;
	assert_string_equal(mi_log_lacks(&kernel), "no symbol prb");
	kernel.l.sym_log_buf = SYMBOLS + 8;
	assert_string_equal(mi_log_lacks(&kernel), "no symbol prb");
	bytes_layout();
	assert_null(mi_log_lacks(&kernel));
	kernel.l.sym_log_buf_len = 0;
	assert_string_equal(mi_log_lacks(&kernel), "no symbol log_buf_len");
	records_layout();
	assert_null(mi_log_lacks(&kernel));
	/* A bitfield is a level without the facility. */
	kernel.l.old_log_level.bits = 3;
	assert_string_equal(mi_log_lacks(&kernel), "struct printk_log has no member facility");
	kernel.l.size_old_log = 0;
	assert_string_equal(mi_log_lacks(&kernel), "no usable struct printk_log");
	ring_layout();
	assert_null(mi_log_lacks(&kernel));
	kernel.l.printk_info_ts.off = -1;
	assert_string_equal(mi_log_lacks(&kernel), "struct printk_info has no member ts_nsec");
	/* Then there is no word of it at all. */
	kernel.l.off[MI_F_LOG] = true;
	assert_int_equal(mi_log_open(&kernel, &found, &err), MI_OK);
	assert_int_equal(found->form, MI_LOG_NONE);
	assert_int_equal(found->n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ring, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ring_wraps, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ring_states, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ring_torn, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ring_lies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ring_unread, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ring_live, setup, teardown),
		cmocka_unit_test_setup_teardown(test_records, setup, teardown),
		cmocka_unit_test_setup_teardown(test_records_live, setup, teardown),
		cmocka_unit_test_setup_teardown(test_records_lie, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bytes_live, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bytes_wrap, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reason, setup, teardown),
		cmocka_unit_test_setup_teardown(test_form, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
