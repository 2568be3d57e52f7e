// SPDX-License-Identifier: GPL-2.0
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "filter.h"
#include "hooks.h"
#include "state.h"
#include "wrap.h"

static struct mr_hook *const groups[] = {
	mr_fault_hooks, mr_readahead_hooks, mr_read_hooks,	mr_cache_hooks, mr_block_hooks,
	mr_map_hooks,	mr_reclaim_hooks,   mr_writeback_hooks, mr_task_hooks,
};

const char *const mr_class_names[MMAPREC_CLASSES] = MMAPREC_CLASS_NAMES;

static struct mr_hook *hooks[MR_HOOKS_MAX]; /* by id - 1 */
unsigned int mr_hook_n;
DEFINE_PER_CPU(struct mr_counts[MR_HOOKS_MAX + 1], mr_counts);

unsigned long mr_classes;
bool mr_majors_only;
unsigned int mr_maxactive;
DEFINE_STATIC_KEY_FALSE(mr_count_calls);
bool mr_unchecked;

struct mr_hook *mr_hook_of(unsigned int id)
{
	return hooks[id - 1];
}

u64 mr_hook_missed(const struct mr_hook *hook)
{
	switch (hook->attached) {
	case MMAPREC_M_KPROBE:
	case MMAPREC_M_KPROBE_FTRACE:
		return hook->kp.nmissed;
	case MMAPREC_M_KRETPROBE:
		return hook->rp.nmissed + hook->rp.kp.nmissed;
	default:
		return 0;
	}
}

u64 mr_hook_events(const struct mr_hook *hook)
{
	unsigned int cpu;
	u64 sum = 0;

	for_each_possible_cpu(cpu) sum += READ_ONCE(per_cpu(mr_counts, cpu)[hook->id].events);
	return sum;
}

u64 mr_hook_calls(const struct mr_hook *hook)
{
	unsigned int cpu;
	u64 sum = 0;

	for_each_possible_cpu(cpu) sum += READ_ONCE(per_cpu(mr_counts, cpu)[hook->id].calls);
	return sum;
}

/* ---- which variant ---- */

static const struct mr_variant *variant_of(const struct mr_hook *hook, const char *proto)
{
	const struct mr_variant *v;

	for (v = hook->variant; v->proto; v++)
		if (!strcmp(v->proto, proto))
			return v;
	return NULL;
}

/* Without BTF, what a tracepoint's handler gets is known from the headers alone. */
static void choose_without_btf(struct mr_hook *hook)
{
	const struct mr_variant *v;

	if (hook->kind != MR_TRACEPOINT && !mr_unchecked) {
		hook->why = "no BTF of this kernel to check its arguments";
		return;
	}
	for (v = hook->variant; v->proto; v++)
		if (v->built || hook->kind != MR_TRACEPOINT) {
			hook->chosen = v;
			return;
		}
	hook->why = "its prototype is not one of those known";
}

static void choose(struct mr_hook *hook, const struct mr_btf_query *query)
{
	if (!query->found) {
		hook->why = hook->kind == MR_TRACEPOINT ? "this kernel has no such tracepoint"
							: "this kernel has no such function";
		return;
	}
	if (query->found > 1) {
		hook->why = "several functions have this name";
		return;
	}
	hook->chosen = variant_of(hook, query->proto);
	if (hook->chosen && hook->kind == MR_TRACEPOINT && !hook->chosen->built) {
		hook->chosen = NULL;
		hook->why = "the module was built for another kernel";
	} else if (!hook->chosen) {
		snprintf(hook->reason, sizeof(hook->reason), "unknown: %s", query->proto);
		hook->why = hook->reason;
	}
}

static void find_tracepoint(struct tracepoint *tp, void *data)
{
	unsigned int i;

	for (i = 0; i < mr_hook_n; i++)
		if (hooks[i]->kind == MR_TRACEPOINT && !strcmp(tp->name, hooks[i]->name))
			hooks[i]->tp = tp;
}

static int choose_all(void)
{
	struct mr_btf_query *query;
	unsigned int i;
	int err;

	/* Behind those of the names themselves, what else tells of them. */
	query = kvcalloc(2 * mr_hook_n, sizeof(*query), GFP_KERNEL);
	if (!query)
		return -ENOMEM;
	for (i = 0; i < mr_hook_n; i++) {
		query[i].name = hooks[i]->name;
		query[i].tracepoint = hooks[i]->kind == MR_TRACEPOINT;
		query[mr_hook_n + i].name = hooks[i]->member;
		query[mr_hook_n + i].of = hooks[i]->of;
	}
	err = mr_btf_lookup(query, 2 * mr_hook_n);
	if (err)
		pr_notice("no BTF of this kernel (%d): only tracepoints are used\n", err);
	for (i = 0; i < mr_hook_n; i++) {
		if (err)
			choose_without_btf(hooks[i]);
		else
			choose(hooks[i],
			       query[i].found || !hooks[i]->of ? &query[i] : &query[mr_hook_n + i]);
	}
	kvfree(query);
	for_each_kernel_tracepoint(find_tracepoint, NULL);
	return 0;
}

/* ---- attaching ---- */

static int on_entry(struct kprobe *kp, struct pt_regs *regs)
{
	struct mr_hook *hook = mr_hook_of_probe(kp);

	mr_called(hook);
	hook->chosen->entry(hook, regs);
	return 0;
}

/* NULL: taken away while the call was under way. */
static struct mr_hook *hook_of_instance(struct kretprobe_instance *ri)
{
#ifdef MR_HAVE_GET_KRETPROBE
	struct kretprobe *rp = get_kretprobe(ri);
#else
	struct kretprobe *rp = ri->rp;
#endif

	return rp ? container_of(rp, struct mr_hook, rp) : NULL;
}

static int on_call(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct mr_hook *hook = hook_of_instance(ri);

	if (!hook)
		return 1;
	mr_called(hook);
	return hook->chosen->enter(hook, ri->data, regs);
}

static int on_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct mr_hook *hook = hook_of_instance(ri);

	if (hook)
		hook->chosen->leave(hook, ri->data, regs_return_value(regs));
	return 0;
}

static int attach_tracepoint(struct mr_hook *hook)
{
	if (!hook->tp)
		return -ENOENT;
	hook->attached = MMAPREC_M_TRACEPOINT;
	return tracepoint_probe_register(hook->tp, hook->chosen->probe, hook);
}

static int attach_entry(struct mr_hook *hook)
{
	int err;

	memset(&hook->kp, 0, sizeof(hook->kp));
	hook->kp.symbol_name = hook->name;
	hook->kp.pre_handler = on_entry;
	err = register_kprobe(&hook->kp);
	hook->attached = kprobe_ftrace(&hook->kp) ? MMAPREC_M_KPROBE_FTRACE : MMAPREC_M_KPROBE;
	return err;
}

static int attach_return(struct mr_hook *hook)
{
	if (hook->chosen->divert && !mr_wrap_attach(hook)) {
		hook->attached = MMAPREC_M_WRAPPED;
		return 0;
	}
	memset(&hook->rp, 0, sizeof(hook->rp));
	hook->rp.kp.symbol_name = hook->name;
	hook->rp.entry_handler = on_call;
	hook->rp.handler = on_return;
	hook->rp.data_size = hook->chosen->data;
	/* Only in faults do tasks wait by the thousand. */
	hook->rp.maxactive = mr_maxactive;
	if (hook->klass != MMAPREC_CLASS_FAULT && hook->klass != MMAPREC_CLASS_READAHEAD)
		hook->rp.maxactive = min(mr_maxactive, 512U);
	hook->attached = MMAPREC_M_KRETPROBE;
	return register_kretprobe(&hook->rp);
}

static void attach(struct mr_hook *hook)
{
	int err;

	switch (hook->kind) {
	case MR_TRACEPOINT:
		err = attach_tracepoint(hook);
		break;
	case MR_ENTRY:
		err = attach_entry(hook);
		break;
	default:
		err = attach_return(hook);
	}
	if (!err) {
		hook->why = NULL;
		return;
	}
	hook->attached = MMAPREC_M_ABSENT;
	if (err == -ENOENT && hook->of) {
		hook->why = "this kernel has no such function, or its module is not loaded";
		return;
	}
	snprintf(hook->reason, sizeof(hook->reason), "the kernel refuses to attach it (%d)", err);
	hook->why = hook->reason;
}

/* ---- detaching: all at once, for each wait for the other CPUs takes its time ---- */

static struct {
	struct kprobe *kp[MR_HOOKS_MAX];
	struct kretprobe *rp[MR_HOOKS_MAX];
	unsigned int n_kp, n_rp;
} going;

static void detach(struct mr_hook *hook)
{
	switch (hook->attached) {
	case MMAPREC_M_TRACEPOINT:
		tracepoint_probe_unregister(hook->tp, hook->chosen->probe, hook);
		break;
	case MMAPREC_M_KPROBE:
	case MMAPREC_M_KPROBE_FTRACE:
		going.kp[going.n_kp++] = &hook->kp;
		break;
	case MMAPREC_M_KRETPROBE:
		going.rp[going.n_rp++] = &hook->rp;
		break;
	case MMAPREC_M_WRAPPED:
		mr_wrap_detach(hook);
		break;
	default:
		return;
	}
	hook->attached = MMAPREC_M_ABSENT;
}

static bool wanted(const struct mr_hook *hook)
{
	if (hook->majors == MR_MAJORS_ON && !mr_majors_only)
		return false;
	if (hook->majors == MR_MAJORS_OFF && mr_majors_only)
		return false;
	if (hook->serves_tgids && (mr_filter_kinds & BIT(MMAPREC_F_TGID)))
		return true;
	return mr_classes & (BIT(hook->klass) | hook->serves);
}

static const char *why_unwanted(const struct mr_hook *hook)
{
	if (hook->majors == MR_MAJORS_ON && !mr_majors_only)
		return "only with majors on";
	if (hook->majors == MR_MAJORS_OFF && mr_majors_only)
		return "not with majors on";
	return "its class is off";
}

static void detach_unwanted(bool all)
{
	bool any = false;
	unsigned int i;

	going.n_kp = going.n_rp = 0;
	for (i = 0; i < mr_hook_n; i++) {
		if (hooks[i]->attached == MMAPREC_M_ABSENT || (!all && wanted(hooks[i])))
			continue;
		any = true;
		detach(hooks[i]);
		hooks[i]->why = why_unwanted(hooks[i]);
	}
	if (!any)
		return;
	unregister_kprobes(going.kp, going.n_kp);
	unregister_kretprobes(going.rp, going.n_rp);
	tracepoint_synchronize_unregister();
	/* What has begun may end without us. */
	mr_states_forget();
}

/* Whether what is recorded is part of a fault is known only while all of them are seen. */
static void know_faults(bool after)
{
	bool known = false;
	unsigned int i;

	for (i = 0; i < mr_hook_n; i++)
		known |= hooks[i]->tells_faults && hooks[i]->attached != MMAPREC_M_ABSENT &&
			 wanted(hooks[i]);
	if (after || !known)
		WRITE_ONCE(mr_faults_known, known);
}

void mr_hooks_apply(void)
{
	unsigned int i;

	know_faults(false);
	detach_unwanted(false);
	for (i = 0; i < mr_hook_n; i++) {
		if (hooks[i]->attached != MMAPREC_M_ABSENT || !hooks[i]->chosen)
			continue;
		if (wanted(hooks[i]))
			attach(hooks[i]);
		else
			hooks[i]->why = why_unwanted(hooks[i]);
	}
	know_faults(true);
}

/* ---- all of them ---- */

static int number(void)
{
	struct mr_hook *hook;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(groups); i++)
		for (hook = groups[i]; hook->name; hook++) {
			if (mr_hook_n == MR_HOOKS_MAX)
				return -E2BIG;
			hooks[mr_hook_n] = hook;
			hook->id = ++mr_hook_n;
		}
	return 0;
}

int mr_hooks_create(void)
{
	int err = number();

	if (err)
		return err;
	return choose_all();
}

void mr_hooks_destroy(void)
{
	detach_unwanted(true);
	mr_wrap_wait();
}
