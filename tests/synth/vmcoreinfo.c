// SPDX-License-Identifier: GPL-2.0-or-later
/* vmcoreinfo.c - the lines that these kernels write for whoever reads the dump */
#include <stdarg.h>
#include <string.h>

#include "printk.h"
#include "world.h"

#define SYMBOL(name) line("SYMBOL(%s)=%llx\n", #name, (unsigned long long)sym_va(#name))
#define SYMBOL_AS(name, of) line("SYMBOL(%s)=%llx\n", #name, (unsigned long long)sym_va(#of))
#define SIZE(type) line("SIZE(%s)=%zu\n", #type, sizeof(type))
#define STRUCT_SIZE(tag) line("SIZE(%s)=%zu\n", #tag, sizeof(struct tag))
#define OFFSET(tag, member) line("OFFSET(%s.%s)=%zu\n", #tag, #member, offsetof(struct tag, member))
#define OFFSET_AS(tag, member)                                                                     \
	line("OFFSET(%s.%s)=%zu\n", NAME(tag), #member, offsetof(struct tag, member))
#define NAME(tag) NAME_(tag)
#define NAME_(tag) #tag
#define LENGTH(what, n) line("LENGTH(%s)=%lu\n", #what, (unsigned long)(n))
#define NUMBER(what, n) line("NUMBER(%s)=%ld\n", #what, (long)(n))

static char text[4096];
static size_t length;

__attribute__((format(printf, 1, 2))) static void line(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	length += (size_t)vsnprintf(text + length, sizeof(text) - length, format, args);
	va_end(args);
}

static void symbols(void)
{
	SYMBOL(init_uts_ns);
	SYMBOL(node_online_map);
#ifdef K_X86_64
	/* a macro for the other name */
	SYMBOL_AS(swapper_pg_dir, init_level4_pgt);
#else
	SYMBOL(swapper_pg_dir);
#endif
	SYMBOL(_stext);
#ifdef K_VMAP_AREA_LIST
	SYMBOL(vmap_area_list);
#else
	SYMBOL(vmlist);
#endif
#ifdef K_ONE_NODE
	SYMBOL(contig_page_data);
#endif
#ifdef K_SPARSE
	SYMBOL(mem_section);
#ifdef K_PAE
	LENGTH(mem_section, 1UL << (36 - 29));
#else
	LENGTH(mem_section, K_SECTIONS / (4096 / sizeof(struct mem_section)));
#endif
	STRUCT_SIZE(mem_section);
	OFFSET(mem_section, section_mem_map);
#else
	SYMBOL(mem_map);
#endif
}

static void structures(void)
{
	STRUCT_SIZE(page);
	STRUCT_SIZE(pglist_data);
	STRUCT_SIZE(zone);
	STRUCT_SIZE(free_area);
	STRUCT_SIZE(list_head);
	SIZE(nodemask_t);
	OFFSET(page, flags);
	OFFSET(page, _count);
	OFFSET(page, mapping);
	OFFSET(page, lru);
#ifdef K_VMCOREINFO_MAPCOUNT
	OFFSET(page, _mapcount);
#endif
#if defined(K_VMCOREINFO_MAPCOUNT) || defined(K_VMCOREINFO_RHEL6)
	OFFSET(page, private);
#endif
	OFFSET(pglist_data, node_zones);
	OFFSET(pglist_data, nr_zones);
	OFFSET(pglist_data, node_start_pfn);
	OFFSET(pglist_data, node_spanned_pages);
	OFFSET(pglist_data, node_id);
	OFFSET(zone, free_area);
	OFFSET(zone, vm_stat);
	OFFSET(zone, spanned_pages);
	OFFSET(free_area, free_list);
	OFFSET(list_head, next);
	OFFSET(list_head, prev);
	LENGTH(zone.free_area, 11);
	LENGTH(free_area.free_list,
	       sizeof(((struct free_area *)0)->free_list) / sizeof(struct list_head));
}

static void numbers(void)
{
	NUMBER(NR_FREE_PAGES, 0);
	NUMBER(PG_lru, PG_lru);
	NUMBER(PG_private, PG_private);
	NUMBER(PG_swapcache, PG_swapcache);
#ifdef K_VMCOREINFO_RHEL6
	NUMBER(PG_buddy, PG_buddy);
	NUMBER(PG_hwpoison, PG_hwpoison);
	NUMBER(PG_head_mask, 1L << PG_head);
#endif
#ifdef K_VMCOREINFO_MAPCOUNT
	NUMBER(PG_slab, PG_slab);
#ifdef K_SWP_HWPOISON
	NUMBER(PG_hwpoison, PG_hwpoison);
#endif
	NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE, -128);
#endif
}

#ifndef K_X86_64
static void architecture(void)
{
#ifdef K_PAE
	line("CONFIG_%s=y\n", "X86_PAE");
#endif
}
#else
static void architecture(void)
{
	/* The address only; what is there is the number that makes it readable. */
#ifdef K_VMCOREINFO_PHYS_BASE
	NUMBER(phys_base, layout.phys_base);
#else
	SYMBOL(phys_base);
#endif
	SYMBOL(init_level4_pgt);
	SYMBOL(node_data);
	LENGTH(node_data, 64);
#ifdef K_VMCOREINFO_KERNELOFFSET
	line("KERNELOFFSET=%llx\n", (unsigned long long)layout.kaslr);
#endif
#ifdef K_VMCOREINFO_PHYS_BASE
	NUMBER(KERNEL_IMAGE_SIZE, 1L << 30);
	NUMBER(sme_mask, 0);
#endif
}
#endif

static void log_of_kernel(void)
{
	SYMBOL(log_buf);
	SYMBOL(log_buf_len);
#ifdef K_LOG_BYTES
	SYMBOL(log_end);
	SYMBOL(logged_chars);
#else
	SYMBOL(log_first_idx);
	SYMBOL(log_next_idx);
	line("SIZE(%s)=%zu\n", NAME(K_LOG_RECORD), sizeof(struct K_LOG_RECORD));
	OFFSET_AS(K_LOG_RECORD, ts_nsec);
	OFFSET_AS(K_LOG_RECORD, len);
	OFFSET_AS(K_LOG_RECORD, text_len);
	OFFSET_AS(K_LOG_RECORD, dict_len);
#endif
}

const char *vmcoreinfo_text(void)
{
	line("OSRELEASE=%s\n", K_RELEASE);
	line("PAGESIZE=%d\n", 4096);
	symbols();
	structures();
	numbers();
	log_of_kernel();
	architecture();
	line("CRASHTIME=%ld\n", 1404000000L);
	strcpy(sym_host("vmcoreinfo_data"), text);
	return text;
}
