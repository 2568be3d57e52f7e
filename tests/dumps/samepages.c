// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * samepages.c - compare every page of a dump in one form with that in another
 *
 *     samepages DUMP PART...
 *
 * Each page frame of DUMP, which is taken for the truth, is read from the PARTs,
 * too. Prints one line of counts: "same" have the same bytes or are missing for
 * the same reason in both, "differ" have other bytes or another reason; what
 * only DUMP has is counted by reason, what only the PARTs have as "new". Where a
 * dump is cut short, "incomplete" takes the place of any reason. Fails if a page
 * differs or is new.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../libsrc/target/target.h"

/* 4 GiB, as QEMU has its firmware at the end of it, and frames where there never is RAM. */
#define PFNS (1ULL << 20)
static const uint64_t far_away[] = {1ULL << 21, 1ULL << 30, 1ULL << 39, (1ULL << 40) - 1};

struct counts {
	unsigned long same, other, fresh, absent[MI_READ_NR];
	unsigned long zeroes; /* among those that differ */
	uint64_t first;
};

static struct mi_provider *open_dump(char **paths, int n)
{
	struct mi_kdump_files files = {.paths = (const char *const *)paths, .n = (size_t)n};
	struct mi_provider *p;
	struct mi_error err;

	if (mi_kdump_open_files(&files, &p, &err)) {
		fprintf(stderr, "samepages: %s\n", err.text);
		exit(2);
	}
	return p;
}

static bool is_zero(const unsigned char *page)
{
	static const unsigned char zero[MI_PAGE_SIZE];

	return !memcmp(page, zero, sizeof(zero));
}

static void differs(struct counts *c, uint64_t pa, unsigned long *count)
{
	if (!c->other && !c->fresh)
		c->first = pa;
	++*count;
}

static void compare(struct mi_provider *a, struct mi_provider *b, uint64_t pa, struct counts *c)
{
	unsigned char page_a[MI_PAGE_SIZE], page_b[MI_PAGE_SIZE];
	enum mi_read ra = a->ops->read_page(a, pa, page_a);
	enum mi_read rb = b->ops->read_page(b, pa, page_b);

	if (ra == rb && (ra || !memcmp(page_a, page_b, MI_PAGE_SIZE))) {
		c->same++;
	} else if (rb && (!ra || rb == MI_READ_INCOMPLETE)) {
		c->absent[rb]++;
	} else if (ra && !rb) {
		differs(c, pa, &c->fresh);
	} else {
		differs(c, pa, &c->other);
		c->zeroes += !rb && is_zero(page_b);
	}
}

int main(int argc, char **argv)
{
	struct mi_provider *a, *b;
	struct counts c = {0};
	uint64_t pfn;
	int r;

	if (argc < 3) {
		fprintf(stderr, "usage: samepages DUMP PART...\n");
		return 2;
	}
	a = open_dump(argv + 1, 1);
	b = open_dump(argv + 2, argc - 2);
	for (pfn = 0; pfn < PFNS; pfn++)
		compare(a, b, pfn << MI_PAGE_SHIFT, &c);
	for (pfn = 0; pfn < sizeof(far_away) / sizeof(far_away[0]); pfn++)
		compare(a, b, far_away[pfn] << MI_PAGE_SHIFT, &c);
	printf("same=%lu", c.same);
	for (r = MI_READ_OK + 1; r < MI_READ_NR; r++)
		printf(" %s=%lu", mi_read_word((enum mi_read)r), c.absent[r]);
	printf(" new=%lu differ=%lu zeroes=%lu", c.fresh, c.other, c.zeroes);
	if (c.fresh || c.other)
		printf(" first=%llx", (unsigned long long)c.first);
	printf(" incomplete_said=%d %s\n", b->incomplete, b->why_incomplete);
	a->ops->close(a);
	b->ops->close(b);
	return c.fresh || c.other;
}
