/* The recorder where it is hard on it: TAP on the console. */
#ifndef RECORDER_ABUSE_H
#define RECORDER_ABUSE_H

/* "abuse", or "abuse:N" with N loads and unloads. */
void abuse_run(const char *what);

/* What /proc/mmaprec says. */
const char *abuse_status(void);
/* Unloads the recorder, as soon as nothing holds it. */
void abuse_unload(void);

/* One test of it. */
void ok(int good, const char *name);

/* filters.c: what is recorded with each kind of filter. */
void filters_run(void);

/*
 * hurt.c: allocations that fail; in the end a task that dies in a fault, after which neither the
 * kernel is without complaint nor the recorder to be unloaded.
 */
void hurt_run(void);
void hurt_end(void);

/* A task of this name dies where hurt_die() is, once it is prepared. */
#define HURT_NAME "rec-hurt"
void hurt_prepare(void);
_Noreturn void hurt_die(void);

/* Returns when some task hangs in the middle of a record, on the first CPU. */
void hurt_hang(void);

#endif
