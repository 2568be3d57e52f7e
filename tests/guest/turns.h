/* The variant "touch": once the dump is taken, its scenarios touch pages, one after the other. */
#ifndef GUEST_TURNS_H
#define GUEST_TURNS_H

/* Before the scenarios start. */
void turns_init(void);

/* Waits for the host's word that the dump is taken, and gives each scenario its turn. */
void turns_give(void);

#endif
