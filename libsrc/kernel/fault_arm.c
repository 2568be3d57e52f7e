// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fault_arm.c - do the CPUs of arm note by themselves that a page was used, or written?
 *
 * With two levels the hardware's entry is empty until the page is used, and forbids to write
 * until it is written: the kernel makes it so (set_pte_ext() of arch/arm/mm/proc-*.S). With LPAE
 * the mark of use is the hardware's. The kernel lets those CPUs set it that can (SCTLR.HA, in
 * proc-v7-3level.S), which a register of the CPU tells (ID_MMFR2.HWAccFlg) that is kept nowhere;
 * of ARM's own with LPAE none can.
 */
#include "fault_rules.h"
#include "pagetable.h"

#define IMPLEMENTER_SHIFT 24
#define IMPLEMENTER_ARM 0x41U

/* Of the CPU that booted: no system has cores of several makers. */
static bool cpus_are_arms(struct mi_kernel *k)
{
	uint32_t midr;

	return k->l.sym_processor_id && !mi_read_u32(k->t, k->l.sym_processor_id, &midr) &&
	       midr >> IMPLEMENTER_SHIFT == IMPLEMENTER_ARM;
}

void mi_fault_rules_arm(struct mi_kernel *k, struct mi_fault_rules *r)
{
	bool lpae = k->tables->level[1].bytes == 8;

	r->notes_use = lpae && !cpus_are_arms(k) ? MI_NOT_KNOWN : MI_NO;
	r->notes_write = k->arm.write_is_hw ? MI_YES : MI_NO;
}
