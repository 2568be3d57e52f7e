// SPDX-License-Identifier: GPL-2.0-or-later
/* vma_flags.c - what the bits of a VMA's flags are called in this kernel */
#include "vma.h"

/* One meaning in all kernels that this bit was seen in. */
static const char *const stable_flags[64] = {
	[0] = "read",	    [1] = "write",	[2] = "exec",	   [3] = "shared",
	[4] = "mayread",    [5] = "maywrite",	[6] = "mayexec",   [7] = "mayshare",
	[8] = "growsdown",  [10] = "pfnmap",	[13] = "locked",   [14] = "io",
	[15] = "seq_read",  [16] = "rand_read", [17] = "dontcopy", [18] = "dontexpand",
	[20] = "account",   [21] = "noreserve", [22] = "hugetlb",  [28] = "mixedmap",
	[31] = "mergeable",
};

/*
 * Meanings since 4.3, told by vm_userfaultfd_ctx; see docs/kernel-forms.md.
 * DROPPABLE is of 6.11, SEALED of 6.10 and moved in 6.18: nothing else ever stood
 * in these places.
 */
static const char *const recent_flags[64] = {
	[9] = "uffd_missing", [12] = "uffd_wp",	  [19] = "lockonfault", [23] = "sync",
	[25] = "wipeonfork",  [26] = "dontdump",  [27] = "softdirty",	[29] = "hugepage",
	[30] = "nohugepage",  [40] = "droppable", [42] = "sealed",	[63] = "sealed",
};

static const struct {
	size_t off; /* of its enumerator in struct mi_layout */
	const char *word;
} enumerated[] = {
#define MI_VMA_FLAG(name, word) {offsetof(struct mi_layout, VMA_##name), word},
#include "vma_flags.def"
#undef MI_VMA_FLAG
};

static const struct mi_enumerator *enumerator(const struct mi_kernel *k, size_t i)
{
	return (const void *)((const char *)&k->l + enumerated[i].off);
}

/* Does the bit that the tables above know by another name go by @word? */
static bool renumbered(unsigned int bit, const char *word)
{
	size_t i;

	for (i = 0; i < 64; i++)
		if (stable_flags[i] && !strcmp(stable_flags[i], word))
			return i != bit;
	return false;
}

bool mi_vma_flags_init(struct mi_kernel *k)
{
	size_t i;

	for (i = 0; i < 64; i++)
		k->vma_flag[i] = stable_flags[i];
	if (!k->l.VMA_READ.known) {
		for (i = 0; i < 64 && mi_has(&k->l.vma_uffd); i++)
			if (recent_flags[i])
				k->vma_flag[i] = recent_flags[i];
		/* RHEL 7 has userfaultfd, and of the others not all. */
		if (k->nonlinear)
			k->vma_flag[19] = k->vma_flag[25] = NULL;
		if (k->nonlinear)
			k->vma_flag[__builtin_ctzll(MI_VM_NONLINEAR)] = "nonlinear";
		return true;
	}
	for (i = 0; i < sizeof(enumerated) / sizeof(enumerated[0]); i++) {
		const struct mi_enumerator *e = enumerator(k, i);

		if (!e->known || e->value < 0 || e->value >= 64)
			continue;
		if (renumbered((unsigned int)e->value, enumerated[i].word))
			return false;
		k->vma_flag[e->value] = enumerated[i].word;
	}
	return true;
}

bool mi_vma_nonlinear(const struct mi_kernel *k, const struct mi_vma *vma)
{
	return k->nonlinear && vma->file && vma->flags & MI_VM_NONLINEAR;
}

const char *mi_vma_flag(const struct mi_kernel *k, unsigned int bit)
{
	return bit < 64 ? k->vma_flag[bit] : NULL;
}

int mi_vma_flag_bit(const struct mi_kernel *k, const char *word)
{
	int bit;

	for (bit = 0; bit < 64; bit++)
		if (k->vma_flag[bit] && !strcmp(k->vma_flag[bit], word))
			return bit;
	return -1;
}
