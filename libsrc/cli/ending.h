/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_CLI_ENDING_H
#define MI_CLI_ENDING_H

#include <stdbool.h>

/*
 * ^C and SIGTERM end what goes on until then, with status 0, as they end watch(1): at once, but
 * what is being written is brought to its end, unless its reader takes no more and one asks again.
 */
void mi_ending_catch(bool terminal);

void mi_ending_hold(void);
/* Does not return if the program was told to end since. */
void mi_ending_release(void);

/* What sets a terminal right wherever drawing on it was interrupted. */
#define MI_TERMINAL_RESET "\033[0m\033[?7h"

#endif
