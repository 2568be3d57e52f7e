// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fault_arm64.c - do the CPUs of arm64 note by themselves that a page was used, or written?
 *
 * A CPU says so in ID_AA64MMFR1_EL1, field HAFDBS. A kernel that was built to do so
 * (CONFIG_ARM64_HW_AFDBM) switches on the one on each CPU that has it (arch/arm64/mm/proc.S), and
 * the other but on CPUs that do it wrongly (cpu_has_broken_dbm() of
 * arch/arm64/kernel/cpufeature.c, 4.18).
 */
#include "fault_rules.h"
#include "pagetable.h"

#define CPUS_MAX 8192
#define HAFDBS 0xfULL /* 0: neither; 1: used; 2 and more: written, too */

/* Without its revision. */
#define MODEL 0xff00fff0U
#define CORTEX_A55 0x4100d050U
#define CORTEX_A510 0x4100d460U
#define KRYO_4XX_SILVER 0x51008050U

static bool may_be_broken(uint64_t midr)
{
	uint64_t model = midr & MODEL;

	return model == CORTEX_A55 || model == CORTEX_A510 || model == KRYO_4XX_SILVER;
}

/* False: they cannot be read. */
static bool registers(struct mi_kernel *k, uint64_t cpu, uint64_t *midr, uint64_t *mmfr1)
{
	const struct mi_layout *l = &k->l;
	uint64_t offset, at;

	if (mi_read_ulong(k->t, l->sym_per_cpu_offset + mi_word_size(k->t) * cpu, &offset))
		return false;
	at = l->sym_cpu_data + offset;
	return !mi_read_member(k->t, at, &l->cpuinfo_midr, midr) &&
	       !mi_read_member(k->t, at, &l->cpuinfo_mmfr1, mmfr1);
}

/* What all do is done, and what none does is not: a task may run on any. */
static enum mi_known both(enum mi_known a, enum mi_known b)
{
	return a == b ? a : MI_NOT_KNOWN;
}

static enum mi_known can(const struct mi_layout *l, bool has)
{
	if (!has)
		return MI_NO;
	return l->sym_has_hw_dbm ? MI_YES : MI_NOT_KNOWN;
}

void mi_fault_rules_arm64(struct mi_kernel *k, struct mi_fault_rules *r)
{
	const struct mi_layout *l = &k->l;
	enum mi_known use, write;
	uint64_t midr, mmfr1;
	uint32_t cpu, n = 0;
	bool any = false;

	r->notes_use = r->notes_write = MI_NOT_KNOWN;
	r->contiguous = l->sym_contpte_set_ptes;
	/* That kernels switch it on came with 4.3, when mappings were not nonlinear any more. */
	if (mi_has(&l->as_i_mmap_nonlinear)) {
		r->notes_use = r->notes_write = MI_NO;
		return;
	}
	if (!l->sym_cpu_data || !l->sym_per_cpu_offset || !l->sym_nr_cpu_ids ||
	    !mi_has(&l->cpuinfo_midr) || !mi_has(&l->cpuinfo_mmfr1) ||
	    mi_read_u32(k->t, l->sym_nr_cpu_ids, &n) || n > CPUS_MAX)
		return;
	for (cpu = 0; cpu < n; cpu++) {
		if (!registers(k, cpu, &midr, &mmfr1)) {
			r->notes_use = r->notes_write = MI_NOT_KNOWN;
			return;
		}
		if (!midr) /* it was never started */
			continue;
		use = can(l, mmfr1 & HAFDBS);
		write = can(l, (mmfr1 & HAFDBS) >= 2);
		if (write == MI_YES && may_be_broken(midr))
			write = MI_NOT_KNOWN;
		r->notes_use = any ? both(r->notes_use, use) : use;
		r->notes_write = any ? both(r->notes_write, write) : write;
		any = true;
	}
}
