// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * make_recorder.c - a copy of a recorder's device with a history that is known
 *
 *	make_recorder FILE [SEED]
 *
 * Process 105 (db) reads a file of disk 254:0 through a mapping: its pages are read, evicted,
 * read again, and at the end it is stuck. With SEED 32 bytes anywhere are then changed: the
 * file lies. No kernel is needed to make it, and nothing of the reader's is used.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/recorder_writer.h"

#define MEM_PAGES 64
#define CPUS 2
#define ORDER 8
#define DB 105
#define MM 0xffff888001000000ULL
#define MAPPING 0xffff888002000180ULL
#define INO 131
#define DISK (254U << 20)
#define RQ(i) (0xffff888003000000ULL + 0x180 * (uint64_t)(i))
#define BIO(i) (0xffff888004000000ULL + 0xc0 * (uint64_t)(i))
#define ADDRESS(page) (0x7f0000000000ULL + 4096 * (uint64_t)(page))

/* Raw time goes twice as fast as nanoseconds. */
#define US 2000ULL
#define START 1000000000ULL

static struct writer w;
static uint64_t now = START;

static uint64_t after(uint64_t us)
{
	now += us * US;
	return now;
}

static void fault_begin(uint32_t tid, uint64_t page, uint32_t attempt)
{
	W_EVENT(&w, 0, after(1), fault_begin, tid, .mm = MM, .address = ADDRESS(page),
		.mapping = MAPPING, .index = page, .ino = INO, .dev = DISK, .access = 4,
		.attempt = attempt, .ip = 0x401000);
}

static void fault_end(uint32_t tid, uint64_t page, uint64_t begin, uint64_t first, uint32_t class,
		      uint32_t attempt)
{
	W_EVENT(&w, 0, after(1), fault_end, tid, .mm = MM, .address = ADDRESS(page), .begin = begin,
		.first = first, .mapping = MAPPING, .index = page, .ino = INO, .dev = DISK,
		.access = 4, .fault_class = class, .attempt = attempt, .weight = 1);
}

/* A request for @n pages from @page on, in the name of who runs. */
static void request(uint32_t tid, uint64_t page, uint64_t n, int i)
{
	uint64_t sector = 2048 + page * 8, bytes = n * 4096;

	W_EVENT(&w, 0, after(1), bio_queue, tid, .bio = BIO(i), .sector = sector,
		.mapping = MAPPING, .index = page, .bytes = bytes, .disk = DISK, .in_fault = 1);
	W_EVENT(&w, 0, after(1), rq_alloc, tid, .bio = BIO(i), .sector = sector, .bytes = bytes,
		.disk = DISK);
	W_EVENT(&w, 0, after(1), rq_insert, tid, .request = RQ(i), .bio = BIO(i), .sector = sector,
		.bytes = bytes, .disk = DISK, .tag = -1, .internal_tag = i);
	W_EVENT(&w, 0, after(3), rq_issue, tid, .request = RQ(i), .bio = BIO(i), .sector = sector,
		.bytes = bytes, .disk = DISK, .tag = i, .internal_tag = i);
}

static void completed(uint64_t page, uint64_t n, int i)
{
	struct mmaprec_slot *s;

	/* In an interrupt, on the other CPU. */
	s = W_EVENT(&w, 1, after(3000), rq_complete, 77, .request = RQ(i),
		    .sector = 2048 + page * 8, .bytes = n * 4096, .disk = DISK, .tag = i,
		    .internal_tag = i);
	s->context = MMAPREC_IN_HARDIRQ;
	s->check = mmaprec_check(s);
}

static void window(uint32_t tid, uint64_t page, uint64_t start)
{
	W_EVENT(&w, 0, after(1), readahead, tid, .mapping = MAPPING, .index = start, .ino = INO,
		.window_start = start, .window_size = 32, .dev = DISK, .pages = 32, .decision = 1,
		.in_fault = 1, .mmap_miss = 3);
	W_EVENT(&w, 0, after(1), cache_add, tid, .mapping = MAPPING, .ino = INO, .index = start,
		.pfn = 4711, .dev = DISK, .pages = 32, .in_fault = 1);
	W_EVENT(&w, 0, after(1), read, tid, .mapping = MAPPING, .ino = INO, .index = start,
		.offset = start * 4096, .length = 32 * 4096, .i_size = 1 << 20, .dev = DISK,
		.pages = 32, .reader = 1, .in_fault = 1);
	(void)page;
}

static void major_fault(uint64_t page, uint64_t start, int i)
{
	uint64_t begin, first;

	fault_begin(DB, page, 1);
	first = now;
	window(DB, page, start);
	request(DB, start, 32, i);
	fault_end(DB, page, first, first, 3, 1);
	completed(start, 32, i);
	fault_begin(DB, page, 2);
	begin = now;
	W_EVENT(&w, 0, after(1), filemap_fault, DB, .mm = MM, .address = ADDRESS(page),
		.mapping = MAPPING, .index = page, .ino = INO, .begin = begin, .dev = DISK,
		.window_start = start, .window_size = 32, .decision = 1, .reads = 1);
	fault_end(DB, page, begin, first, 2, 2);
}

static void minor_faults(uint32_t tid, unsigned int n)
{
	uint64_t i, begin;

	for (i = 0; i < n; i++) {
		begin = after(2);
		W_EVENT(&w, 1, begin, fault_begin, tid, .mm = MM + 0x1000, .attempt = 1,
			.address = ADDRESS(1000 + i), .access = 5);
		W_EVENT(&w, 1, after(1), fault_end, tid, .mm = MM + 0x1000, .attempt = 1,
			.address = ADDRESS(1000 + i), .access = 5, .begin = begin, .first = begin,
			.fault_class = 1, .weight = 4);
	}
}

static void reclaim(void)
{
	uint64_t begin = after(10);

	W_EVENT(&w, 1, begin, reclaim_begin, 42, .gfp = 0x140dca, .node = 0);
	W_EVENT(&w, 1, after(5), cache_delete, 42, .mapping = MAPPING, .ino = INO, .index = 300,
		.pfn = 4711, .dev = DISK, .pages = 1, .why_left = 2);
	W_EVENT(&w, 1, after(50), reclaim_end, 42, .begin = begin, .reclaimed = 1, .node = 0);
}

static void scenario(void)
{
	uint64_t i;

	w_sample(&w, START, 5000000000, 1700000005000000000);
	W_EVENT(&w, 0, after(5), control, 1, .what = 1);
	W_EVENT(&w, 0, after(5), task, 1, .other = DB, .call = 1, .comm = "init");
	W_EVENT(&w, 0, after(5), task, DB, .mm = MM, .call = 2, .comm = "db");
	W_EVENT(&w, 0, after(5), map, DB, .mm = MM, .address = ADDRESS(0), .length = 1 << 20,
		.mapping = MAPPING, .ino = INO, .dev = DISK, .call = 1);
	minor_faults(DB + 1, 200);
	major_fault(300, 284, 1);
	reclaim();
	major_fault(300, 284, 2);
	/* Of the future: not described. */
	w_event(&w, 0, after(1), 4711, DB, "\1\2\3\4", 4);
	for (i = 0; i < 3; i++)
		W_EVENT(&w, 0, after(1), writeback_begin, 55, .mapping = MAPPING, .ino = INO,
			.index = i, .dev = DISK, .pages = 1);
	/* And stuck. */
	fault_begin(DB, 600, 1);
	window(DB, 600, 584);
	request(DB, 584, 32, 3);
	after(500000);
	w_sample(&w, now, 5000000000 + (now - START) / 2, 1700000005000000000 + (now - START) / 2);
	/* A slot that was being written. */
	w_slot(&w, 1, w.seq[1] - 20)->seq_end = 0;
	w_cpu(w.h, 0)->lost_nested = 2;
	w_seal(&w);
}

static void lie(unsigned char *mem, size_t size, unsigned int seed)
{
	int i;

	for (i = 0; i < 32; i++) {
		seed = seed * 1103515245 + 12345;
		mem[(size_t)(seed >> 4) * 64 % size + (seed >> 2) % 64] ^=
			(unsigned char)(seed >> 20);
	}
	/* Lies that the checksum does not tell. */
	if (seed >> 16 & 1)
		w.h->crc = w_sum(w.h);
}

int main(int argc, char **argv)
{
	static unsigned char mem[MEM_PAGES * 4096];
	FILE *out;

	if (argc < 2)
		return 2;
	w_begin(&w, mem, MEM_PAGES, 0x1000, CPUS, ORDER);
	w.h->clock = MMAPREC_CLOCK_TSC;
	scenario();
	if (argc > 2)
		lie(mem, w.used * 4096 - 64, (unsigned int)atoi(argv[2]));
	out = fopen(argv[1], "wb");
	if (!out || fwrite(mem, 4096, w.used, out) != w.used || fclose(out))
		return 1;
	return 0;
}
