/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_KSTACK_H
#define MI_KERNEL_KSTACK_H

#include "task.h"

/*
 * The kernel stack of a task that does not run, from where the task left it up
 * to its end, and the user's registers that lie there. Nothing is unwound.
 */
struct mi_kstack {
	uint64_t sp;	 /* thread.sp: address of words[0] */
	uint64_t end;	 /* first address behind the stack */
	uint64_t fp, pc; /* arm64: thread.cpu_context, where it goes on; else 0 */
	uint64_t *words; /* those of the stack, each as 64 bits */
	size_t n;
	unsigned char *narrow; /* the bytes of words of 4 bytes; NULL: words are as they were */
	size_t room;	       /* words that there is room for; kept from load to load */
	/* What an answer lacks if a stack is lost: a literal. NULL: its page fault. */
	const char *effect;
};

enum mi_kstack_status {
	MI_KSTACK_OK,
	MI_KSTACK_RUNNING, /* on a CPU: what its stack holds now is not known */
	MI_KSTACK_LOST,	   /* not to be had: a problem says why */
};

static inline unsigned int mi_kstack_word(const struct mi_kstack *s)
{
	return s->narrow ? 4 : 8;
}

/* The bytes from word @i on, for what is no word. */
static inline const void *mi_kstack_at(const struct mi_kstack *s, size_t i)
{
	return s->narrow ? (const void *)(s->narrow + 4 * i) : &s->words[i];
}

/* How a task came into the kernel. */
enum mi_entry {
	MI_ENTRY_UNKNOWN, /* not from user mode, or its registers are not to be had */
	MI_ENTRY_SYSCALL,
	MI_ENTRY_EXCEPTION, /* page fault, other exception, interrupt */
};

struct mi_user_regs {
	enum mi_entry entry; /* UNKNOWN: nothing below is valid */
	uint64_t ip, sp;
	bool compat;	       /* 32-bit code */
	uint64_t syscall;      /* SYSCALL: its number ... */
	char syscall_name[48]; /* ... and name: "pread64"; "" if unknown */
};

/* Bytes of every kernel stack; 0: unknown in this kernel. */
uint64_t mi_kstack_size(const struct mi_kernel *k);

/* What the user's registers cannot be told apart without; NULL: nothing is missing. */
const char *mi_kstack_lacks(const struct mi_layout *l, enum mi_arch arch);

/* @s: zeroed before the first load. For the next task the same may be used again. */
enum mi_kstack_status mi_kstack_load(struct mi_kernel *k, const struct mi_task *task,
				     struct mi_kstack *s);
/*
 * Of a task on a CPU all of its stack, from the lowest address (sp) on: what was left
 * there by calls that returned is among it. Of others the same as above. Never RUNNING.
 */
enum mi_kstack_status mi_kstack_load_any(struct mi_kernel *k, const struct mi_task *task,
					 struct mi_kstack *s);
void mi_kstack_free(struct mi_kstack *s);

/* What the entry code saved at the end of the stack. */
void mi_kstack_user_regs(struct mi_kernel *k, const struct mi_kstack *s, struct mi_user_regs *ret);

#endif
