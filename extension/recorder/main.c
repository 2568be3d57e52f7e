// SPDX-License-Identifier: GPL-2.0
/*
 * mmaprec - what the page fault path did, kept in memory
 *
 * docs/mmaprec.8 is for whoever loads it, docs/recorder.md says why it is as it is,
 * docs/recorder-format.md how to read what it leaves.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/init.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/string.h>

#include "command.h"
#include "hooks.h"
#include "state.h"

#ifdef CONFIG_X86_TSC
#include <asm/cpufeature.h>
#include <asm/tsc.h>
#endif

#ifdef MR_HAVE_PANIC_NOTIFIER_H
#include <linux/panic_notifier.h>
#endif

DEFINE_MUTEX(mr_lock);

static unsigned int kib = 1024;
module_param(kib, uint, 0444);
MODULE_PARM_DESC(kib, "KiB of records of each CPU, rounded down to a power of two (1024)");

static unsigned int percent = 5;
module_param(percent, uint, 0444);
MODULE_PARM_DESC(percent, "never more than this percentage of the memory, 1 to 50 (5)");

static char *classes = "all";
module_param(classes, charp, 0444);
MODULE_PARM_DESC(classes, "what to record from the start: all, none, or names with commas (all)");

static char *clock = "auto";
module_param(clock, charp, 0444);
MODULE_PARM_DESC(clock,
		 "mono: nanoseconds; tsc: the time stamp counter, which is cheaper; auto: that "
		 "where it is constant (auto)");

static unsigned int maxactive = 4096;
module_param(maxactive, uint, 0444);
MODULE_PARM_DESC(maxactive, "calls of one function that may be under way at once (4096)");

unsigned long mr_brake;
module_param_named(brake, mr_brake, ulong, 0444);
MODULE_PARM_DESC(brake, "records per second and CPU, what is more is lost; 0: no limit (0)");

static bool count_calls;
module_param(count_calls, bool, 0444);
MODULE_PARM_DESC(count_calls, "count the calls of each hook, recorded or not (N)");

module_param_named(unchecked, mr_unchecked, bool, 0444);
MODULE_PARM_DESC(unchecked, "hook functions even if the kernel has no BTF to check them by (N)");

static int hotplug_state;

/* ---- how much memory ---- */

#define MIN_ORDER 6

static unsigned long pages_wanted(unsigned int order)
{
	return (((unsigned long)MMAPREC_SLOT_SIZE << order) >> PAGE_SHIFT) * num_possible_cpus();
}

/* The order of the rings, or an error: what is asked for is had, or nothing is. */
static int ring_order(void)
{
	const unsigned int min_kib = (MMAPREC_SLOT_SIZE << MIN_ORDER) / 1024;
	unsigned long want, limit, free;
	unsigned int order;

	if (kib < min_kib || kib > 1U << 20) {
		pr_err("kib=%u is not between %u and %u\n", kib, min_kib, 1U << 20);
		return -EINVAL;
	}
	if (!percent || percent > 50) {
		pr_err("percent=%u is not between 1 and 50\n", percent);
		return -EINVAL;
	}
	order = ilog2(kib) + 10 - ilog2(MMAPREC_SLOT_SIZE);
	want = pages_wanted(order);
	limit = totalram_pages() / 100 * percent;
	free = si_mem_available() / 2;
	if (want > limit || want > free) {
		pr_err("%lu KiB for %u CPUs are more than %s (%lu KiB)\n",
		       want << (PAGE_SHIFT - 10), num_possible_cpus(),
		       want > limit ? "percent= allows" : "half of the free memory",
		       (want > limit ? limit : free) << (PAGE_SHIFT - 10));
		return -ENOMEM;
	}
	return order;
}

/* ---- what happens to the machine ---- */

static int cpu_came(unsigned int cpu)
{
	if (READ_ONCE(mr_recording))
		mr_control(MR_CPU_ONLINE, cpu, 0, 0);
	return 0;
}

static int cpu_goes(unsigned int cpu)
{
	if (READ_ONCE(mr_recording))
		mr_control(MR_CPU_OFFLINE, cpu, 0, 0);
	return 0;
}

/* What the panic itself does to memory is not of interest, and would overwrite what is. */
static int panicked(struct notifier_block *nb, unsigned long event, void *text)
{
	if (mr_header->state == MMAPREC_FROZEN)
		return NOTIFY_DONE;
	mr_control(MR_PANIC, 0, 0, 0);
	WRITE_ONCE(mr_recording, 0);
	mr_directory_freeze();
	return NOTIFY_DONE;
}

static struct notifier_block panic_block = {
	.notifier_call = panicked,
	/* Before those that print, or start another kernel. */
	.priority = INT_MAX - 1,
};

/* ---- loading ---- */

/* It goes on at one rate, on all CPUs, whatever they sleep; the kernel has not found it to be
 * otherwise. */
static bool tsc_is_constant(void)
{
#ifdef CONFIG_X86_TSC
	return boot_cpu_has(X86_FEATURE_CONSTANT_TSC) && boot_cpu_has(X86_FEATURE_NONSTOP_TSC) &&
	       !check_tsc_unstable();
#else
	return false;
#endif
}

static int parse_clock(void)
{
	bool is_auto = !strcmp(clock, "auto");

	if (!strcmp(clock, "tsc") || (is_auto && tsc_is_constant())) {
		static_branch_enable(&mr_clock_is_tsc);
		return MMAPREC_CLOCK_TSC;
	}
	if (is_auto || !strcmp(clock, "mono"))
		return MMAPREC_CLOCK_MONO;
	pr_err("clock=%s is none of auto, mono, tsc\n", clock);
	return -EINVAL;
}

static int check_parameters(void)
{
	int err = mr_parse_classes(classes, &mr_classes);

	if (err) {
		pr_err("classes=%s: no such class\n", classes);
		return err;
	}
	if (count_calls)
		static_branch_enable(&mr_count_calls);
	mr_maxactive = clamp(maxactive, 64U, 65536U);
	return parse_clock();
}

/* Memory, and what is known of the kernel. Nothing is attached yet. */
static int create(int order, int clock_id)
{
	int err = mr_rings_create(order);

	if (err)
		goto fail;
	err = mr_states_create();
	if (err)
		goto fail_states;
	err = mr_hooks_create();
	if (err)
		goto fail_hooks;
	err = mr_directory_create(clock_id);
	if (!err)
		return 0;
	mr_hooks_destroy();
fail_hooks:
	mr_states_destroy();
fail_states:
	mr_rings_destroy();
fail:
	pr_err("cannot have %lu KiB of memory (%d)\n", pages_wanted(order) << (PAGE_SHIFT - 10),
	       err);
	return err;
}

static void destroy(void)
{
	mr_hooks_destroy();
	mr_directory_destroy();
	mr_states_destroy();
	mr_rings_destroy();
}

/* The ways in: the last of them opens the module to others. */
static int open_ways(void)
{
	int err;

	hotplug_state = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "mmaprec:online", cpu_came,
						  cpu_goes);
	if (hotplug_state < 0)
		return hotplug_state;
	err = mr_status_create();
	if (err)
		goto fail;
	err = mr_dev_create();
	if (!err)
		return 0;
	mr_status_destroy();
fail:
	cpuhp_remove_state_nocalls(hotplug_state);
	return err;
}

static int __init load(void)
{
	int clock_id, order, err;

	clock_id = check_parameters();
	if (clock_id < 0)
		return clock_id;
	order = ring_order();
	if (order < 0)
		return order;
	err = create(order, clock_id);
	if (err)
		return err;
	err = open_ways();
	if (err) {
		pr_err("cannot make its files (%d)\n", err);
		destroy();
		return err;
	}
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
	mutex_lock(&mr_lock);
	mr_rings_brake(mr_brake);
	WRITE_ONCE(mr_recording, mr_classes);
	mr_control(MR_LOADED, 0, 0, 0);
	mr_hooks_apply();
	mr_directory_state(MMAPREC_RUNNING);
	mutex_unlock(&mr_lock);
	mr_directory_start_clock();
	pr_info("recording %s: %lu KiB in %u rings\n", classes,
		pages_wanted(order) << (PAGE_SHIFT - 10), num_possible_cpus());
	return 0;
}

static void __exit unload(void)
{
	mr_dev_destroy();
	mr_status_destroy();
	mr_directory_stop_clock();
	WRITE_ONCE(mr_recording, 0);
	atomic_notifier_chain_unregister(&panic_notifier_list, &panic_block);
	cpuhp_remove_state_nocalls(hotplug_state);
	mutex_lock(&mr_lock);
	mr_directory_state(MMAPREC_UNLOADED);
	mutex_unlock(&mr_lock);
	destroy();
}

module_init(load);
module_exit(unload);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The mmapinfo authors");
MODULE_DESCRIPTION("Records page faults, readahead, the page cache and block I/O in memory");
MODULE_VERSION(MR_VERSION);
