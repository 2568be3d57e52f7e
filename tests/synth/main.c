// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * main.c - makes the dump of a synthetic machine
 *
 *   synth-KERNEL VMLINUX VMCORE TRUTH [DAMAGE]
 *   synth-KERNEL --damages
 */
#include <string.h>

#include "damage.h"
#include "world.h"

static void choose_layout(void)
{
	layout = (struct layout){
		.page_offset = K_PAGE_OFFSET,
#ifdef K_VMEMMAP
		.vmemmap = K_VMEMMAP,
#endif
		.phys_base = K_PHYS_BASE,
		.kaslr = K_KASLR,
		.page_size = sizeof(struct page),
	};
}

static void boot(void)
{
	struct uts_namespace *uts = SYM(struct uts_namespace, init_uts_ns);

	strcpy(uts->name.sysname, "Linux");
	strcpy(uts->name.nodename, "synth");
	strcpy(uts->name.release, K_RELEASE);
	strcpy(uts->name.version, K_VERSION);
	strcpy(uts->name.machine, K_MACHINE);
#ifdef K_X86_64
	*SYM(unsigned long, phys_base) = (unsigned long)layout.phys_base;
#endif
	*SYM(unsigned long, jiffies) = (unsigned long)4295000000ULL;
#ifdef K_SPECIAL_MAPPING
	SYM(struct vm_special_mapping, vdso_mapping)->name = K(ram_string("[vdso]"));
#endif
#ifdef K_RANDOM_BASES
	*SYM(unsigned long, page_offset_base) = layout.page_offset;
	*SYM(unsigned long, vmemmap_base) = layout.vmemmap;
#endif
#ifdef K_ARM64
	*SYM(long long, memstart_addr) = K_RAM_BASE;
#endif
	map_kernel(sym_host(K_TOP_TABLE));
#ifdef K_PROTECTIONS
	map_protections(sym_host("protection_map"));
#endif
	page_init_all();
	zone_init();
	fs_init();
	block_init();
	task_init();
	log_write();
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--damages")) {
		damage_list();
		return 0;
	}
	if (argc != 4 && argc != 5)
		die("usage: %s VMLINUX VMCORE TRUTH [DAMAGE] | --damages", argv[0]);
	choose_layout();
	ram_init();
	image_load(argv[1]);
	boot();
	scenario();
	/* The truth is what was there before. */
	truth_write(argv[3]);
	if (argc == 5)
		damage(argv[4]);
	core_write(argv[2], vmcoreinfo_text(), 2);
	return 0;
}
