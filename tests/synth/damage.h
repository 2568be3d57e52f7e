/* SPDX-License-Identifier: GPL-2.0-or-later */
/* damage.h - ways to break a machine that is laid out, one at a time */
#ifndef SYNTH_DAMAGE_H
#define SYNTH_DAMAGE_H

/* Prints a line for each: its name, and what to ask to meet it (a PID, or an option). */
void damage_list(void);
/* Dies if there is no such. */
void damage(const char *name);

#endif
