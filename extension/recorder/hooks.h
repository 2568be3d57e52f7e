/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MMAPREC_HOOKS_H
#define MMAPREC_HOOKS_H

#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/tracepoint.h>

#include "ring.h"

/*
 * One place in the kernel that we are called from, and how. A hook has a variant for each
 * prototype that kernels gave it; which one it is, the running kernel's BTF says. If none
 * fits, the hook is absent, with the reason, and the module works without it.
 */
enum mr_hook_kind {
	MR_TRACEPOINT,
	MR_ENTRY,  /* of a function: kprobe */
	MR_RETURN, /* of a function as well: kretprobe */
};

struct mr_hook;

/* Calls can be diverted: see wrap.h. */
#ifdef MR_HAVE_FTRACE_REGS
typedef struct ftrace_regs mr_wrap_regs;
#ifdef CONFIG_DYNAMIC_FTRACE_WITH_ARGS
#define MR_CAN_WRAP 1
#endif
#else
typedef struct pt_regs mr_wrap_regs;
#ifdef CONFIG_DYNAMIC_FTRACE_WITH_REGS
#define MR_CAN_WRAP 1
#endif
#endif

struct mr_variant {
	const char *proto; /* as btf.c writes it: "vm_fault_t(struct vm_fault *)" */
	bool built;	   /* tracepoints: the headers that we are built with say so, too */
	void *probe;	   /* MR_TRACEPOINT: of that prototype, with the hook as its data */
	void (*entry)(struct mr_hook *hook, struct pt_regs *regs);
	/* MR_RETURN: @data is the call's own memory; not 0: the return is of no interest. */
	int (*enter)(struct mr_hook *hook, void *data, struct pt_regs *regs);
	void (*leave)(struct mr_hook *hook, void *data, unsigned long result);
	size_t data;
	/* MR_RETURN: instead of all that, where it can be had. */
	void (*divert)(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
		       mr_wrap_regs *regs);
};

/* Whether a hook is for majors only: of the parameter and command "majors". */
enum mr_majors {
	MR_ALWAYS,
	MR_MAJORS_OFF,
	MR_MAJORS_ON
};

struct mr_hook {
	const char *name; /* of the tracepoint or function */
	enum mr_hook_kind kind;
	enum mmaprec_class klass;
	unsigned long serves; /* bits of more classes that need it */
	enum mr_majors majors;
	bool tells_faults;		  /* of each fault: see mr_in_fault() */
	bool serves_tgids;		  /* filters of tasks need it */
	const struct mr_variant *variant; /* the last one has no proto */
	/*
	 * A function that modules have, of which the kernel's BTF does not tell: the member of a
	 * struct that points to such, "address_space_operations", "readpage". It has the prototype.
	 */
	const char *of, *member;

	unsigned int id; /* from 1 */
	const struct mr_variant *chosen;
	enum mmaprec_mechanism attached;
	const char *why; /* not attached: because */
	char reason[72];
	struct tracepoint *tp;
	struct kprobe kp;
	struct kretprobe rp;
	struct ftrace_ops ops;
	unsigned long original; /* diverted: what is called instead of */
};

/*
 * A variant of a tracepoint's handler. Which prototype the headers have is asked by type, so
 * one that does not fit is left out, not miscompiled. Types as BTF writes them.
 */
#define MR_PROTO_IS(tp, proto)                                                                     \
	__builtin_types_compatible_p(typeof(&check_trace_callback_type_##tp),                      \
				     void (*)(void(*) proto))
#define MR_PROBE(tp, fn, ...)                                                                      \
	{                                                                                          \
		.proto = "void(void *, " #__VA_ARGS__ ")",                                         \
		.built = MR_PROTO_IS(tp, (void *, __VA_ARGS__)),                                   \
		.probe = (1 ? (fn) : (void (*)(void *, __VA_ARGS__))NULL),                         \
	}

/* Ends the list of variants, and a list of hooks. */
#define MR_END                                                                                     \
	{                                                                                          \
	}

static inline struct mr_hook *mr_hook_of_probe(struct kprobe *kp)
{
	return container_of(kp, struct mr_hook, kp);
}

extern unsigned int mr_hook_n;
struct mr_hook *mr_hook_of(unsigned int id);

/* Numbers the hooks, chooses variants, attaches what the classes ask for. */
int mr_hooks_create(void);
void mr_hooks_destroy(void);
/* Attaches and detaches so that it fits mr_classes and mr_majors_only. */
void mr_hooks_apply(void);
/* Missed by the probe itself, as far as the kernel counts it. */
u64 mr_hook_missed(const struct mr_hook *hook);
u64 mr_hook_events(const struct mr_hook *hook);
u64 mr_hook_calls(const struct mr_hook *hook);

/* What the user wants; mr_recording is that, unless paused. */
extern unsigned long mr_classes;
extern bool mr_majors_only;
extern const char *const mr_class_names[];

/* Parameters. */
extern unsigned int mr_maxactive;
DECLARE_STATIC_KEY_FALSE(mr_count_calls);
extern bool mr_unchecked;

static __always_inline void mr_called(const struct mr_hook *hook)
{
	if (static_branch_unlikely(&mr_count_calls))
		this_cpu_inc(mr_counts[hook->id].calls);
}

/* By subsystem. */
extern struct mr_hook mr_fault_hooks[];
extern struct mr_hook mr_readahead_hooks[];
extern struct mr_hook mr_read_hooks[];
extern struct mr_hook mr_cache_hooks[];
extern struct mr_hook mr_block_hooks[];
extern struct mr_hook mr_map_hooks[];
extern struct mr_hook mr_reclaim_hooks[];
extern struct mr_hook mr_writeback_hooks[];
extern struct mr_hook mr_task_hooks[];

/* ---- btf.c ---- */

#define MR_PROTO_MAX 256

struct mr_btf_query {
	const char *name;   /* NULL: nothing is asked */
	const char *of;	    /* what a member of this struct points to; NULL: a function's, ... */
	bool tracepoint;    /* ... or a tracepoint's */
	unsigned int found; /* different prototypes by that name */
	char proto[MR_PROTO_MAX];
};

/* 0, or why BTF cannot be had: then nothing was looked up. */
int mr_btf_lookup(struct mr_btf_query *query, unsigned int n);

#endif
