/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_PAGE_SCAN_H
#define MI_TARGET_PAGE_SCAN_H

#include "target.h"

/*
 * A look at the beginning of every page that a provider has, bounded in pages and time, for
 * things that no pointer leads to and that begin with a page.
 */
#define MI_PAGE_HEAD_MAX 64

struct mi_page_search {
	uint64_t pages;
	const char *ended; /* NULL, or why it ended early: a literal */
	bool interrupted;
};

/* @head: the bytes asked for. False ends the search. */
typedef bool (*mi_page_fn)(void *arg, uint64_t pa, const uint8_t *head);

/* @len: up to MI_PAGE_HEAD_MAX. The provider must have next_run(). */
enum mi_status mi_page_scan(struct mi_provider *p, size_t len, mi_page_fn fn, void *arg,
			    struct mi_page_search *s, struct mi_error *err);

/* The same of an open target. MI_ERR_MISSING: its provider cannot be searched. */
enum mi_status mi_target_scan(struct mi_target *t, size_t len, mi_page_fn fn, void *arg,
			      struct mi_page_search *s, struct mi_error *err);

#endif
