// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * search.c - what is found without pointers is what pointers lead to
 *
 *     search DUMP
 *
 * Opens the dump twice, the second time as if VMCOREINFO and kallsyms said
 * nothing of kallsyms and BTF. Prints TAP.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../libsrc/inspect/inspect.h"

static int tests, bad;

static void ok(bool good, const char *name)
{
	printf("%s %d - %s\n", good ? "ok" : "not ok", ++tests, name);
	bad += !good;
}

static struct mi_kernel *open_dump(const char *path, bool no_pointers)
{
	const struct mi_target_options opt = {.no_pointers = no_pointers};
	struct mi_provider *p;
	struct mi_target *t;
	struct mi_kernel *k;
	struct mi_error e;

	if (mi_kdump_open(path, &p, &e) || mi_target_open(p, &opt, &t, &e) ||
	    mi_kernel_open(t, NULL, &k, &e)) {
		fprintf(stderr, "search: %s\n", e.text);
		exit(1);
	}
	return k;
}

/* The source that was used last for @what. */
static const struct mi_source *source_of(struct mi_kernel *k, const char *what)
{
	const struct mi_source *list, *found = NULL;
	size_t n = mi_target_sources(k->t, &list);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i].what, what))
			found = &list[i];
	return found;
}

/* Both counts of the detail, and in the second's "where" the way it took. */
static bool same_source(struct mi_kernel *a, struct mi_kernel *b, const char *what)
{
	const struct mi_source *x = source_of(a, what), *y = source_of(b, what);

	if (!x || !y || !x->ok || !y->ok)
		return false;
	printf("# %s: %s, %.1f ms; %s, %s, %.1f ms\n", what, x->detail, x->ms, y->detail, y->where,
	       y->ms);
	return !strcmp(x->detail, y->detail) && strstr(y->where, "by search");
}

/* Names over the whole range of the image, and their addresses. */
static bool same_names(struct mi_kernel *a, struct mi_kernel *b)
{
	uint64_t stext, va, off_a, off_b, compared = 0;

	if (!mi_symbol(a->t, "_stext", &stext))
		return false;
	for (va = stext; va < stext + (64U << 20); va += 4096) {
		const char *x = mi_symbol_name(a->t, va, &off_a);
		const char *y = mi_symbol_name(b->t, va, &off_b);

		if (!x != !y || (x && (strcmp(x, y) || off_a != off_b)))
			return false;
		compared += x != NULL;
	}
	return compared > 1000;
}

static void close_dump(struct mi_kernel *k)
{
	struct mi_target *t = k->t;

	mi_kernel_close(k);
	mi_target_close(t);
}

int main(int argc, char **argv)
{
	struct mi_kernel *a, *b;
	uint64_t start;

	if (argc != 2)
		return 2;
	a = open_dump(argv[1], false);
	b = open_dump(argv[1], true);
	ok(same_source(a, b, "symbols"), "kallsyms found by search: as many symbols");
	ok(same_names(a, b), "the same names at the same addresses");
	ok(same_source(a, b, "types"), "BTF found by search: as many types");
	ok(mi_symbol(a->t, "__start_BTF", &start), "a kernel with BTF");
	{
		char text[32];

		snprintf(text, sizeof(text), "0x%llx", (unsigned long long)start);
		ok(strstr(source_of(b, "types")->where, text), "at __start_BTF");
	}
	ok(!memcmp(&a->l, &b->l, sizeof(a->l)), "the same layout of all structures");
	close_dump(a);
	close_dump(b);
	printf("1..%d\n", tests);
	return bad != 0;
}
