// SPDX-License-Identifier: GPL-2.0-or-later
/* words_lock.c - a lock that tasks sleep for, and who has it, in words */
#include <inttypes.h>

#include "words_blocked.h"

void mi_words_lock(const struct mi_blocked_set *set, const struct mi_lock *lock, struct mi_words *w)
{
	char path[MI_PATH_MAX];

	switch (lock->of) {
	case MI_LOCK_OF_MM:
		mi_words_add(w, "mmap_lock of PID %d", lock->pid);
		break;
	case MI_LOCK_OF_INODE:
		mi_inode_path(set->k, lock->object, path);
		mi_words_add(w, "i_rwsem of %s", *path ? path : "a file without a name");
		break;
	case MI_LOCK_OF_SYMBOL:
		mi_words_add(w, "%s %s", mi_lock_kind_word(lock->kind), lock->symbol);
		break;
	default:
		mi_words_add(w, "the %s at %" PRIx64, mi_lock_kind_word(lock->kind), lock->addr);
	}
}

void mi_words_lock_of(const struct mi_blocked_set *set, const struct mi_blocked *t,
		      struct mi_words *w)
{
	const char *mode = mi_lock_mode_word(t->lock_mode);

	mi_words_lock(set, &set->locks[t->lock], w);
	if (mode && set->locks[t->lock].kind == MI_LOCK_RWSEM)
		mi_words_add(w, " (to %s)", mode);
}

void mi_words_owner(const struct mi_lock *lock, struct mi_words *w)
{
	const struct mi_task *o = &lock->owner;

	switch (lock->owned) {
	case MI_OWNED_BY:
		mi_words_add(w, "PID %d (%s) has it", o->pid, o->comm);
		break;
	case MI_OWNED_READERS:
		mi_words_add(w, "readers have it");
		if (lock->hint)
			mi_words_add(w, ", PID %d (%s) perhaps", o->pid, o->comm);
		break;
	default:
		mi_words_add(w, "who has it is not known");
	}
}
