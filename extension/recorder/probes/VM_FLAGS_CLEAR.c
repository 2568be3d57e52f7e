// SPDX-License-Identifier: GPL-2.0
/* Flags of a VMA are changed by functions. */
#include <linux/mm.h>

void probe(struct vm_area_struct *vma)
{
	vm_flags_clear(vma, VM_MAYWRITE);
}
