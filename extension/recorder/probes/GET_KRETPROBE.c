// SPDX-License-Identifier: GPL-2.0
/* The probe of a call under way may be gone, and is asked for. */
#include <linux/kprobes.h>

struct kretprobe *probe(struct kretprobe_instance *ri)
{
	return get_kretprobe(ri);
}
