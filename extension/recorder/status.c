// SPDX-License-Identifier: GPL-2.0
/* /proc/mmaprec: how it is, as text. */
#include <linux/cpumask.h>
#include <linux/types.h>
#include <linux/kdev_t.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

#include "filter.h"
#include "hooks.h"
#include "state.h"

static const char *const states[] = {
	[MMAPREC_LOADING] = "loading", [MMAPREC_RUNNING] = "running",	[MMAPREC_PAUSED] = "paused",
	[MMAPREC_FROZEN] = "frozen",   [MMAPREC_UNLOADED] = "unloaded",
};

static const char *const mechanisms[] = {
	[MMAPREC_M_ABSENT] = "absent",	      [MMAPREC_M_TRACEPOINT] = "tracepoint",
	[MMAPREC_M_KPROBE_FTRACE] = "ftrace", [MMAPREC_M_KPROBE] = "breakpoint",
	[MMAPREC_M_KRETPROBE] = "return",     [MMAPREC_M_WRAPPED] = "wrapped",
};

static void show_classes(struct seq_file *m)
{
	unsigned int i;

	seq_puts(m, "classes:");
	for (i = MMAPREC_CLASS_CONTROL + 1; i < MMAPREC_CLASSES; i++)
		if (mr_classes & BIT(i))
			seq_printf(m, " %s", mr_class_names[i]);
	seq_putc(m, '\n');
}

static void show_filter(struct seq_file *m, const struct mmaprec_filter *f)
{
	switch (f->kind) {
	case MMAPREC_F_TGID:
		seq_printf(m, "filter: tgid %llu\n", f->value);
		break;
	case MMAPREC_F_DEVICE:
		seq_printf(m, "filter: device %u:%u\n", MAJOR(f->value), MINOR(f->value));
		break;
	case MMAPREC_F_INODE:
		seq_printf(m, "filter: inode %u:%u:%llu\n", MAJOR(f->value2), MINOR(f->value2),
			   f->value);
		break;
	case MMAPREC_F_SAMPLE:
		seq_printf(m, "filter: sample %llu\n", f->value);
		break;
	case MMAPREC_F_MAJOR_ONLY:
		seq_puts(m, "filter: majors on\n");
		break;
	}
}

static void show_filters(struct seq_file *m)
{
	static struct mmaprec_filter filters[MR_FILTERS_MAX];
	unsigned int i;

	mr_filters_publish(filters);
	for (i = 0; i < MR_FILTERS_MAX; i++)
		show_filter(m, &filters[i]);
}

static void show_cpus(struct seq_file *m)
{
	unsigned int cpu;

	seq_puts(m, "\nCPU RECORDS OVERWRITTEN NESTED TORN OVERLOAD FILTERED SAMPLED-OUT\n");
	for_each_possible_cpu(cpu)
	{
		const struct mr_ring *r = per_cpu_ptr(&mr_ring, cpu);
		u64 seq = READ_ONCE(r->seq);

		seq_printf(m, "%u %llu %llu %llu %llu %llu %llu %llu\n", cpu, seq,
			   seq > r->mask + 1 ? seq - r->mask - 1 : 0, r->lost_nested, r->lost_torn,
			   r->lost_overload, r->filtered, r->sampled_out);
	}
}

static void show_hooks(struct seq_file *m)
{
	unsigned int id;

	seq_puts(m, "\nHOOK CLASS MECHANISM EVENTS CALLS MISSED WHY-ABSENT\n");
	for (id = 1; id <= mr_hook_n; id++) {
		const struct mr_hook *hook = mr_hook_of(id);

		seq_printf(m, "%s %s %s %llu ", hook->name, mr_class_names[hook->klass],
			   mechanisms[hook->attached], mr_hook_events(hook));
		if (static_key_enabled(&mr_count_calls))
			seq_printf(m, "%llu ", mr_hook_calls(hook));
		else
			seq_puts(m, "- ");
		seq_printf(m, "%llu %s\n", mr_hook_missed(hook),
			   hook->attached == MMAPREC_M_ABSENT && hook->why ? hook->why : "-");
	}
}

static int show(struct seq_file *m, void *v)
{
	mutex_lock(&mr_lock);
	seq_printf(m, "mmaprec %s, format %u.%u\n", MR_VERSION, MMAPREC_ABI_MAJOR,
		   MMAPREC_ABI_MINOR);
	seq_printf(m, "state: %s\n", states[mr_header->state]);
	seq_printf(m, "clock: %s\n", static_key_enabled(&mr_clock_is_tsc) ? "tsc" : "mono");
	seq_printf(m, "memory: %llu KiB in %u rings of %llu slots, directory %u KiB\n",
		   mr_header->ring_bytes / 1024 * mr_header->n_cpus, mr_header->n_cpus,
		   1ULL << mr_header->ring_order, 2 * mr_directory.pages << (PAGE_SHIFT - 10));
	seq_printf(m, "no place for tasks: %llu\n", mr_states_full());
	show_classes(m);
	show_filters(m);
	show_cpus(m);
	show_hooks(m);
	mutex_unlock(&mr_lock);
	return 0;
}

int mr_status_create(void)
{
	return proc_create_single(MR_NAME, 0400, NULL, show) ? 0 : -ENOMEM;
}

void mr_status_destroy(void)
{
	remove_proc_entry(MR_NAME, NULL);
}
