/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_CRASH_INTERRUPT_H
#define MI_CRASH_INTERRUPT_H

#include <stdbool.h>

/*
 * ^C. crash jumps to its prompt right out of the signal handler, whatever was
 * running: malloc(), or our cache half filled. While the library runs, its
 * handler is replaced by one that takes a note; the library sees the note and
 * returns. If that takes too long, a further ^C does what it always does.
 *
 * @out: where the answer goes. If it is a pipe that nobody reads on, ^C makes
 * writes to it fail instead of wait.
 */
void mi_interrupt_begin(int out);

/* Put crash's handler back; true if there was a ^C, which is then still to be delivered. */
bool mi_interrupt_end(void);

bool mi_interrupted(void);

#endif
