/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_INSPECT_INHAND_H
#define MI_INSPECT_INHAND_H

#include "../kernel/page.h"
#include "../kernel/waiters.h"

/*
 * Who works on a page that is locked, or under writeback, and that no request has: nothing in
 * the kernel leads from the page to him, but what is on his kernel stack leads to the page.
 * Debuggers search all stacks for the address of the struct page; but readahead has a window alone
 * there (struct readahead_control, include/linux/pagemap.h), and a bio that is being filled has the
 * pages before that.
 *
 * It is evidence, no proof: words that lie on a stack may have been left there. Of a task that
 * is on a CPU the whole stack is looked at, and its registers are not to be had.
 */
enum mi_inhand_how {
	MI_INHAND_NONE,	     /* nobody was found */
	MI_INHAND_PAGE,	     /* the address of its struct page is there; not asked of writeback */
	MI_INHAND_READAHEAD, /* a readahead_control, which has it among those still to be read */
	MI_INHAND_BIO,	     /* the address of a bio that has it */
	MI_INHAND_NR,
};

struct mi_inhand {
	/* In: */
	struct mi_page page; /* of a folio the first one */
	bool writeback;	     /* else: locked */
	/* Out: */
	enum mi_inhand_how how;
	struct mi_task task; /* who; with more than one, the first of the task list */
	uint64_t at;	     /* where on his stack: address */
};

/*
 * Of each of @list the same page only once. A task that is in @waits counts not for the page that
 * it waits for itself. Stacks that cannot be read leave pages without an answer, and
 * are problems. Only running out of memory, ^C, and task lists that cannot be read fail.
 */
enum mi_status mi_inhand_find(struct mi_kernel *k, const struct mi_waiter *waits, size_t n_waits,
			      struct mi_inhand *list, size_t n, struct mi_error *err);

/* "page", "readahead", "bio"; NULL for NONE. And for people: "reads ahead, with it among those to
 * come" */
const char *mi_inhand_word(enum mi_inhand_how how);
const char *mi_inhand_text(enum mi_inhand_how how);

#endif
