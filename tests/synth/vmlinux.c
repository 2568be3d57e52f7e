// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmlinux.c - the variables and functions of a synthetic kernel
 *
 * Nothing here is initialized with an address: the image's writer does that, as
 * KASLR would have moved it. Functions are here for their names.
 */
#include "machine.h"
#include "printk.h"

/* in arrays of a page; with PAE 2^36 bytes in sections of 2^29 */
#define K_SECTION_ROOTS (K_SECTIONS / (4096 / sizeof(struct mem_section)))
#define K_PAE_SECTIONS (1 << (36 - 29))

#define VARIABLE(type, name)                                                                       \
	type name;                                                                                 \
	type name
#define PAGE_ALIGNED __attribute__((aligned(4096), section(".data..page_aligned")))
#define FUNCTION(name)                                                                             \
	void name(void);                                                                           \
	void name(void)                                                                            \
	{                                                                                          \
		__asm__ volatile("nop");                                                           \
	}

extern const char linux_banner[];
const char linux_banner[] = "Linux version " K_RELEASE " " K_BANNER_TOOLS " " K_VERSION "\n";

#ifdef K_LPAE
extern const char arm_lpae;
const char arm_lpae = 1;
#endif
#ifdef K_ARM
extern const unsigned int processor_id;
const unsigned int processor_id = 0x412fc0f1; /* Cortex-A15 */
#endif
#ifdef K_PROTECTIONS
/* The linker says where swapper_pg_dir is: below the image, of arm64 at its end. */
extern pgprot_t protection_map[K_PROTECTIONS];
pgprot_t protection_map[K_PROTECTIONS] = {{0}};
#elif defined(K_NARROW)
extern pgd_t swapper_pg_dir[4096 / sizeof(pgd_t)];
pgd_t swapper_pg_dir[4096 / sizeof(pgd_t)] PAGE_ALIGNED = {{0}};
#else
extern unsigned long init_level4_pgt[512];
unsigned long init_level4_pgt[512] PAGE_ALIGNED = {0};
#endif
#ifdef K_ARM64
extern long long memstart_addr;
long long memstart_addr;
#endif
#ifdef K_ZERO_PAGE_POINTER
extern struct page *empty_zero_page;
struct page *empty_zero_page;
#else
extern unsigned long empty_zero_page[4096 / sizeof(long)];
unsigned long empty_zero_page[4096 / sizeof(long)] PAGE_ALIGNED = {0};
#endif
extern union thread_union init_thread_union;
union thread_union init_thread_union __attribute__((aligned(8192), section(".data"))) = {{0}};

VARIABLE(struct task_struct, init_task);
VARIABLE(struct mm_struct, init_mm);
VARIABLE(struct uts_namespace, init_uts_ns);
VARIABLE(struct pid_namespace, init_pid_ns);
VARIABLE(struct signal_struct, init_signals);
VARIABLE(struct pid, init_struct_pid);
extern struct hlist_head *pid_hash;
struct hlist_head *pid_hash;
extern unsigned int pidhash_shift;
unsigned int pidhash_shift;
#ifdef K_X86_64
extern unsigned long phys_base;
unsigned long phys_base;
#endif
extern volatile unsigned long jiffies;
volatile unsigned long jiffies;
extern int nr_cpu_ids;
int nr_cpu_ids;
extern unsigned long __per_cpu_offset[8];
unsigned long __per_cpu_offset[8];
extern nodemask_t node_online_map;
nodemask_t node_online_map;
#ifdef K_ONE_NODE
VARIABLE(struct pglist_data, contig_page_data);
#else
extern struct pglist_data *node_data[64];
struct pglist_data *node_data[64];
#endif
#if defined(K_PAE)
extern struct mem_section mem_section[K_PAE_SECTIONS];
struct mem_section mem_section[K_PAE_SECTIONS];
#elif defined(K_SPARSE)
extern struct mem_section *mem_section[K_SECTION_ROOTS];
struct mem_section *mem_section[K_SECTION_ROOTS];
#else
extern struct page *mem_map;
struct page *mem_map;
#endif
VARIABLE(struct list_head, super_blocks);
extern struct super_block *blockdev_superblock;
struct super_block *blockdev_superblock;
#ifdef K_SWAP_INFO_POINTERS
extern struct swap_info_struct *swap_info[K_MAX_SWAPFILES];
struct swap_info_struct *swap_info[K_MAX_SWAPFILES];
#else
extern struct swap_info_struct swap_info[K_MAX_SWAPFILES];
struct swap_info_struct swap_info[K_MAX_SWAPFILES];
#endif
#ifdef K_SWAPPER_SPACES
extern struct address_space swapper_spaces[K_MAX_SWAPFILES];
struct address_space swapper_spaces[K_MAX_SWAPFILES];
#else
VARIABLE(struct address_space, swapper_space);
#endif
#ifdef K_RANDOM_BASES
extern unsigned long page_offset_base;
unsigned long page_offset_base;
extern unsigned long vmalloc_base;
unsigned long vmalloc_base;
extern unsigned long vmemmap_base;
unsigned long vmemmap_base;
#endif
#ifdef K_NUMA_BALANCING
extern struct page *huge_zero_page;
struct page *huge_zero_page;
#endif
#ifdef K_SPECIAL_MAPPING
VARIABLE(struct vm_special_mapping, vdso_mapping);
#endif
#ifdef K_SHADOWS
extern struct list_head workingset_shadow_nodes;
struct list_head workingset_shadow_nodes;
#endif
/* The buffer is of words, for it holds structures. */
extern u64 __log_buf[K_LOG_BUF_LEN / sizeof(u64)];
u64 __log_buf[K_LOG_BUF_LEN / sizeof(u64)];
extern char *log_buf;
char *log_buf;
#ifdef K_LOG_BYTES
extern int log_buf_len;
int log_buf_len;
extern unsigned int log_end, logged_chars;
unsigned int log_end, logged_chars;
#else
VARIABLE(struct K_LOG_RECORD, log_record); /* so that its type is known */
extern u32 log_buf_len, log_first_idx, log_next_idx;
u32 log_buf_len, log_first_idx, log_next_idx;
extern u64 log_first_seq, log_next_seq;
u64 log_first_seq, log_next_seq;
#endif
extern unsigned char vmcoreinfo_data[4096];
unsigned char vmcoreinfo_data[4096];

#define VM_OPS(name) VARIABLE(struct vm_operations_struct, name)
VM_OPS(generic_file_vm_ops);
VM_OPS(ext4_file_vm_ops);
VM_OPS(shmem_vm_ops);
VM_OPS(hugetlb_vm_ops);
VM_OPS(special_mapping_vmops);
#ifdef K_ARM64
VM_OPS(legacy_special_mapping_vmops);
#endif

#define AOPS(name) VARIABLE(struct address_space_operations, name)
#ifdef K_VMAP_AREA_LIST
VARIABLE(struct list_head, vmap_area_list);
#else
extern struct vm_struct *vmlist;
struct vm_struct *vmlist;
#endif

AOPS(shmem_aops);
AOPS(ramfs_aops);
AOPS(ext4_da_aops);
AOPS(hugetlbfs_aops);
AOPS(def_blk_aops);
AOPS(swap_aops);
VARIABLE(struct dentry_operations, pipefs_dentry_operations);

/* No handler is where the image begins, which has names of its own. */
FUNCTION(startup)
FUNCTION(filemap_fault)
FUNCTION(shmem_fault)
FUNCTION(special_mapping_fault)
FUNCTION(hugetlb_vm_op_fault)
FUNCTION(ext4_page_mkwrite)
FUNCTION(generic_file_remap_pages)
FUNCTION(handle_mm_fault)
#ifdef K_SWP_MIGRATION
FUNCTION(migrate_pages)
#endif
FUNCTION(schedule)
FUNCTION(io_schedule)
FUNCTION(wake_bit_function)
FUNCTION(autoremove_wake_function)
FUNCTION(K_SLEEP_ON_PAGE)
FUNCTION(__lock_page)
FUNCTION(__wait_on_bit_lock)
FUNCTION(wait_on_page_bit)
FUNCTION(mpage_end_io)
FUNCTION(end_bio_bh_io_sync)
FUNCTION(blk_init_queue)
FUNCTION(pipefs_dname)
FUNCTION(elf_format)
FUNCTION(free_compound_page)
FUNCTION(free_huge_page)
FUNCTION(scsi_request_fn)
#ifdef K_HMM
FUNCTION(hmm_devmem_add)
FUNCTION(hmm_mm_init)
#endif
#ifdef K_L1TF
FUNCTION(cpu_show_l1tf)
#endif
