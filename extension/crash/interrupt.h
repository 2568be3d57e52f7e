/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_CRASH_INTERRUPT_H
#define MI_CRASH_INTERRUPT_H

#include <stdbool.h>

/*
 * ^C. crash jumps to its prompt right out of the signal handler, whatever was
 * running: malloc(), or our cache half filled. While the library runs, its
 * handler is replaced by one that takes a note; the library sees the note and
 * returns. If that takes too long, a further ^C does what it always does.
 */
void mi_interrupt_begin(void);

/* Put crash's handler back; true if there was a ^C, which is then still to be delivered. */
bool mi_interrupt_end(void);

bool mi_interrupted(void);

#endif
