/*
 * Touches of files after the dump, as chance has it: cases that nobody thought of. The
 * numbers are the same in each guest, so what is found can be looked at again.
 */
#include "touch.h"
#include "touch_file.h"

#include <stdio.h>
#include <string.h>

#define N_CASES 120
#define N_WALKS 30
#define HOLE_PAGES 2100
#define MAX_WORDS 4

static uint64_t state;

static size_t below(size_t limit)
{
	state = state * 6364136223846793005 + 1442695040888963407;
	return (size_t)(state >> 33) % limit;
}

#define PICK(table) table[below(ARRAY_SIZE(table))]

struct chance {
	struct file_case c;
	char name[32], history[96], touch[32];
};

static struct chance chances[N_CASES > N_WALKS ? N_CASES : N_WALKS];
static struct file_case table[N_CASES > N_WALKS ? N_CASES : N_WALKS];

/* Pages of the mapping that the file has, too. */
static size_t pages_with_file(const struct file_case *c)
{
	size_t all = c->file_pages + !!c->tail - c->first;

	return c->pages < all ? c->pages : all;
}

/* A letter and some pages: of the file, or of the mapping where the file still is. */
static void add_word(struct chance *ch)
{
	static const char of_file[] = "ccffssed", of_map[] = "rrzw";
	const struct file_case *c = &ch->c;
	size_t len = strlen(ch->history), limit, first, count;
	int file = below(3) != 0;
	char word = file ? of_file[below(8)] : of_map[below(4)];

	if (word == 'w' && !(c->prot & PROT_WRITE))
		word = 'r';
	limit = file ? (c->file_pages < 256 ? c->file_pages : 256) : pages_with_file(c);
	first = below(limit);
	count = 1 + below(limit - first < 48 ? limit - first : 48);
	/* A few pages that are mapped bring their neighbours along. */
	if (word == 'r' || word == 'w')
		count = 1;
	snprintf(ch->history + len, sizeof(ch->history) - len, "%s%c%zu-%zu", len ? " " : "", word,
		 first, first + count - 1);
}

static void choose_mapping(struct file_case *c)
{
	static const struct {
		int prot, flags;
	} kinds[] = {{SHARED_RO}, {SHARED_RO}, {SHARED}, {PRIVATE}, {CODE}};
	static const int advice[] = {0, 0, 0, 0, MADV_SEQUENTIAL, MADV_RANDOM};
	static const int limits[] = {0, 0, 0, 8, 16, 20, 64, 256, NONE_KB};
	size_t kind = below(ARRAY_SIZE(kinds));

	c->prot = kinds[kind].prot;
	c->flags = kinds[kind].flags;
	c->advice = PICK(advice);
	c->ahead_kb = PICK(limits);
}

static void choose(struct chance *ch, size_t n, const char *kind, int walk)
{
	static const char *const dirs[] = {EXT4, EXT4, "/xfs", "/xfs", "/btrfs"};
	struct file_case *c = &ch->c;
	size_t page, words = below(MAX_WORDS);

	snprintf(ch->name, sizeof(ch->name), "%s-%03zu", kind, n);
	c->name = ch->name;
	c->dir = PICK(dirs);
	c->file_pages = walk ? HOLE_PAGES : 40 + below(216);
	c->tail = below(2) ? below(PAGE) : 0;
	c->first = below(2) ? below(walk ? 128 : c->file_pages / 2) : 0;
	c->pages = walk ? 32 + below(96) : 1 + below(c->file_pages - c->first);
	choose_mapping(c);
	for (size_t i = 0; i < words; i++)
		add_word(ch);
	page = below(pages_with_file(c));
	snprintf(ch->touch, sizeof(ch->touch), "%c%zu-%zu",
		 c->prot & PROT_WRITE && below(2) ? 'w' : 'r', walk ? 0 : page,
		 walk ? c->pages - 1 : page);
	c->history = ch->history;
	c->touches = ch->touch;
}

static void run(const char *scenario, const char *kind, size_t count, int walk)
{
	state = (uint64_t)walk + 20;
	for (size_t i = 0; i < count; i++) {
		choose(&chances[i], i, kind, walk);
		table[i] = chances[i].c;
	}
	touch_table(scenario, table, count);
}

static void touch_chance(void)
{
	run("touch-chance", "chance", N_CASES, 0);
}

static void touch_roam(void)
{
	run("touch-roam", "roam", N_WALKS, 1);
}

const struct scenario touch_chance_scenarios[] = {
	{"touch-chance", touch_chance},
	{"touch-roam", touch_roam},
	{NULL, NULL},
};
