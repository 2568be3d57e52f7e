// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_output.c - text, maps and JSON of a process made by hand
 *
 * The walks of inspect/ are replaced here: they hand out the runs below. Run
 * from the top of the source tree: the JSON schema is looked for in docs/.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../libsrc/output/escape.h"
#include "../../libsrc/output/json_writer.h"
#include "../../libsrc/output/output.h"
#include "../../libsrc/target/internal.h"

#define BIT(flag) (1U << (flag))
#define CLEAN (BIT(MI_PG_UPTODATE) | BIT(MI_PG_LRU))

/* ---- the process ---- */

static struct mi_target target;
static struct mi_kernel kernel;
static struct mi_process process;
static struct mi_mapping maps[3];
static struct mi_mapped_file files[1];
static struct mi_task threads[2];
static struct mi_run runs[8];
static size_t n_runs;
static uint64_t handed_out, repeat; /* repeat: hand the runs out so many times */
static enum mi_status walk_fails;
static bool walk_meets; /* a problem */
static struct mi_request ask;

static struct mi_run unmapped(uint64_t pgoff, uint64_t n)
{
	struct mi_run r = {.va = 0x7f0000000000 + pgoff * MI_PAGE_SIZE, .pgoff = pgoff, .n = n};

	return r;
}

static struct mi_page page(uint64_t pfn, uint32_t flags)
{
	struct mi_page p = {.pfn = pfn,
			    .head_pfn = pfn,
			    .flags = flags,
			    .owner = MI_OWNER_FILE,
			    .refcount = 2,
			    .mapcount = 1};

	return p;
}

static struct mi_run cached(uint64_t pgoff, uint64_t n, uint64_t pfn, uint32_t flags)
{
	struct mi_run r = unmapped(pgoff, n);

	r.cached = MI_CACHED_FOLIO;
	r.slot_pfn = pfn;
	r.slot_page = page(pfn, flags);
	r.has_slot_page = true;
	r.flags = MI_RUN_SLOT_PFN_CONSECUTIVE;
	return r;
}

static struct mi_run mapped(uint64_t pgoff, uint64_t n, uint64_t pfn, uint32_t flags)
{
	struct mi_run r = cached(pgoff, n, pfn, flags);

	r.pte = MI_PTE_PRESENT;
	r.pte_bits = MI_PTE_YOUNG;
	r.level = 1;
	r.has_pfn = true;
	r.pfn = pfn;
	r.has_page = true;
	r.page = r.slot_page;
	r.relation = MI_REL_SAME;
	r.flags = MI_RUN_PFN_CONSECUTIVE | MI_RUN_SLOT_PFN_CONSECUTIVE;
	return r;
}

static struct mi_run private_copy(uint64_t pgoff)
{
	struct mi_run r = mapped(pgoff, 1, 0x500, CLEAN | BIT(MI_PG_SWAPBACKED));

	r.page.owner = MI_OWNER_ANON;
	r.page.anon_exclusive = true;
	r.pte_bits |= MI_PTE_DIRTY | MI_PTE_WRITE;
	r.relation = MI_REL_PRIVATE;
	r.slot_pfn = 0x600;
	r.slot_page = page(0x600, CLEAN);
	return r;
}

static void make_runs(void)
{
	n_runs = 0;
	runs[n_runs++] = mapped(0, 4, 0x100, CLEAN | BIT(MI_PG_DIRTY));
	runs[n_runs++] = private_copy(4);
	runs[n_runs++] = cached(5, 3, 0x200, BIT(MI_PG_LOCKED));
	runs[n_runs++] = cached(8, 1, 0x203, CLEAN | BIT(MI_PG_READAHEAD));
	runs[n_runs] = unmapped(9, 2);
	runs[n_runs].cached = MI_CACHED_SHADOW;
	runs[n_runs++].slot_value = 0xabc;
	runs[n_runs] = unmapped(11, 1);
	runs[n_runs].pte = MI_PTE_UNREADABLE;
	runs[n_runs++].pte_why = MI_READ_EXCLUDED;
	runs[n_runs++] = unmapped(12, 2);
	runs[n_runs] = unmapped(14, 2);
	runs[n_runs++].beyond_eof = true;
}

static void make_mappings(void)
{
	memset(maps, 0, sizeof(maps));
	maps[0].vma = (struct mi_vma){.start = 0x7f0000000000,
				      .end = 0x7f0000010000,
				      .flags = MI_VM_READ | MI_VM_SHARED | MI_VM_MAYSHARE |
					       MI_VM_RAND_READ | 1ULL << 60,
				      .addr = 0xffff888000001000,
				      .file = 0xffff888000002000};
	maps[0].kind = MI_MAP_FILE;
	maps[0].name = "/data/\xc3\xa4\nb\\c\xff";
	maps[0].totals = (struct mi_totals){
		.pages = 16, .mapped = 5, .cached = 9, .dirty = 4, .locked = 3, .evicted = 2};
	maps[1] = maps[0];
	maps[1].vma.start = 0x7f0000020000;
	maps[1].vma.end = 0x7f0000022000;
	maps[1].vma.flags = MI_VM_READ | MI_VM_WRITE;
	maps[1].vma.pgoff = 16;
	maps[1].totals = (struct mi_totals){.pages = 2, .private_copies = 1};
	maps[2].vma = (struct mi_vma){.start = 0x1000, .end = 0x3000, .flags = MI_VM_READ};
	maps[2].kind = MI_MAP_ANON;
	maps[2].file = ~(size_t)0;
	maps[2].name = "[heap]";
	maps[2].totals = (struct mi_totals){.pages = 2, .mapped = 1, .anon = 1};
}

static void make_file(void)
{
	memset(files, 0, sizeof(files));
	files[0].path = maps[0].name;
	files[0].file =
		(struct mi_file){.mapping = 0xffff888000003000,
				 .inode = 0xffff888000004000,
				 .name = {.ino = 42, .dev_major = 8, .dev_minor = 1, .fs = "ext4"},
				 .size = 14 * MI_PAGE_SIZE - 1,
				 .nrpages = 9,
				 .nrpages_known = true};
	files[0].cache = (struct mi_totals){.pages = 14, .cached = 9};
	files[0].cache_known = true;
	files[0].n_mappings = 2;
}

static int setup(void **state)
{
	(void)state;
	memset(&target, 0, sizeof(target));
	memset(&kernel, 0, sizeof(kernel));
	target.facts = (struct mi_target_facts){.release = "6.1.0-test",
						.arch = "x86_64",
						.provider = "by hand",
						.dump_format = "elf",
						.dump_level = -1,
						.page_shift = 12,
						.paging_levels = 4};
	kernel.t = &target;
	mi_vma_flags_init(&kernel);
	make_mappings();
	make_file();
	make_runs();
	threads[0] = (struct mi_task){.addr = 0xffff888000005000,
				      .pid = 105,
				      .tgid = 105,
				      .ppid = 1,
				      .comm = "reader",
				      .state = 'D'};
	threads[1] = threads[0];
	threads[1].pid = 106;
	process = (struct mi_process){.k = &kernel,
				      .counted = true,
				      .task = threads[0],
				      .mm_tid = 105,
				      .threads = threads,
				      .n_threads = 1,
				      .maps = maps,
				      .n_maps = 3,
				      .files = files,
				      .n_files = 1};
	process.mm = (struct mi_mm){.addr = 0xffff888000006000,
				    .users = 1,
				    .map_count = 3,
				    .total_vm = 20,
				    .rss_known = true,
				    .rss_file = 5,
				    .rss_anon = 1};
	memset(&ask, 0, sizeof(ask));
	ask.width = 80;
	handed_out = 0;
	repeat = 1;
	walk_fails = MI_OK;
	walk_meets = false;
	return 0;
}

/* ---- in place of inspect/pages.c ---- */

static enum mi_status hand_out(mi_run_fn fn, void *arg, struct mi_error *err)
{
	uint64_t turn;
	size_t i;

	if (walk_meets) {
		mi_problem_read(&kernel.problems, "page table", 0x1000, MI_READ_EXCLUDED, NULL);
		mi_problem_read(&kernel.problems, "xa_node", 0x2000, MI_READ_DAMAGED, NULL);
	}
	for (turn = 0; turn < repeat; turn++)
		for (i = 0; i < n_runs; i++) {
			handed_out++;
			if (!fn(arg, &runs[i]))
				return MI_OK;
			if (walk_fails)
				return mi_fail(err, walk_fails, "the walk \"failed\"");
		}
	return MI_OK;
}

enum mi_status mi_mapping_pages(struct mi_process *p, const struct mi_mapping *m, bool each,
				mi_run_fn fn, void *arg, struct mi_error *err)
{
	(void)p;
	(void)each;
	return m == &maps[0] ? hand_out(fn, arg, err) : MI_OK;
}

enum mi_status mi_file_pages(struct mi_process *p, const struct mi_mapped_file *f, bool each,
			     mi_run_fn fn, void *arg, struct mi_error *err)
{
	struct mi_run r = cached(0, 3, 0x100, CLEAN);

	(void)p;
	(void)f;
	(void)each;
	(void)err;
	r.va = 0;
	fn(arg, &r);
	return MI_OK;
}

/* ---- helpers ---- */

static char *text;
static size_t text_size;

static FILE *begin(void)
{
	FILE *out;

	free(text);
	text = NULL;
	out = open_memstream(&text, &text_size);
	assert_non_null(out);
	return out;
}

static void has(const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in:\n%s", part, text);
}

static void has_not(const char *part)
{
	if (strstr(text, part))
		fail_msg("'%s' is in:\n%s", part, text);
}

static void as_text(void)
{
	struct mi_error err;
	FILE *out = begin();

	assert_int_equal(mi_text_process(&process, NULL, &ask, out, &err), MI_OK);
	fclose(out);
	has_not(" \n"); /* no trailing blanks */
}

static enum mi_status as_json(struct mi_error *err)
{
	FILE *out = begin();
	enum mi_status st = mi_json_process(&process, NULL, &ask, out, err);

	fclose(out);
	has_not("\n\n");
	return st;
}

/* Runs Python on the text: @code has d, the document. */
static bool python_on_text(const char *code)
{
	char path[] = "/tmp/mmapinfo-test-XXXXXX", command[1024];
	int fd = mkstemp(path), status;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, text_size), (ssize_t)text_size);
	close(fd);
	snprintf(command, sizeof(command),
		 "python3 -c 'import json, sys\n"
		 "d = json.load(open(sys.argv[1], encoding=\"utf-8\"))\n"
		 "%s' %s",
		 code, path);
	status = system(command);
	unlink(path);
	return !status;
}

/* The text is JSON of the schema, for which Python expression @that (of d) holds. */
static void json_is(const char *that)
{
	/* Loading the validator takes most of the time: each text is validated once. */
	static char *valid;
	static size_t valid_size;
	char code[768];

	if (!valid || valid_size != text_size || memcmp(valid, text, text_size)) {
		if (!python_on_text("import jsonschema\n"
				    "s = json.load(open(\"docs/mmapinfo.schema.json\"))\n"
				    "jsonschema.validate(d, s)"))
			fail_msg("not of the schema:\n%s", text);
		free(valid);
		valid = malloc(text_size);
		assert_non_null(valid);
		valid_size = text_size;
		memcpy(valid, text, text_size);
	}
	snprintf(code, sizeof(code), "assert %s", that);
	if (!python_on_text(code))
		fail_msg("not so: %s\n%s", that, text);
}

/* ---- text ---- */

static void test_text_head(void **state)
{
	(void)state;
	as_text();
	has("PID 105  reader  D (uninterruptible sleep)  parent 1  task ffff888000005000  "
	    "mm ffff888000006000\n");
	has("RSS 24 KiB (file 20, anon 4, shmem 0)  swap 0 KiB  size 80 KiB  VMAs 3  threads 1\n");
	has("KERNEL 6.1.0-test  x86_64  4 page-table levels  dump elf\n");
	has_not("NOT READ");
	has_not("Selected");
	has_not("THREADS");
}

static void test_text_head_unusual(void **state)
{
	(void)state;
	process.mm.rss_known = false;
	process.selected = true;
	process.n_threads = 2;
	process.mm_tid = 106;
	process.task.ppid = -1;
	strcpy(process.task.comm, "a\x1b[31m");
	target.facts.dump_level = 31;
	as_text();
	has("PID 105  a\\033[31m  D");
	has_not("parent");
	has("its memory lives on in thread 106");
	has("RSS ?  size");
	has("level 31");
	has("Selected: 3 of 3 mappings");
	has("\nTHREADS\nTID S             TASK COMMAND\n105 D ffff888000005000 reader\n");
}

/* ---- page faults ---- */

static struct mi_thread_faults faults[2];
static struct mi_fault_seen seen[2];

/* Thread 105 runs or waits for something else; 106 waits for page 5, which is being read. */
static void make_faults(void)
{
	memset(faults, 0, sizeof(faults));
	memset(seen, 0, sizeof(seen));
	process.n_threads = 2;
	process.faults = faults;
	seen[0].fault = (struct mi_fault){.addr = 0xffffc90000001000,
					  .va = 0x7f0000005000,
					  .address = 0x7f0000005123,
					  .exact = true,
					  .pgoff = 5,
					  .flags = 0x54 | 1 << 30,
					  .access = MI_ACCESS_READ,
					  .from = MI_FROM_USER};
	seen[0].vma = maps[0].vma;
	seen[0].name = maps[0].name;
	seen[0].page = cached(5, 1, 0x200, BIT(MI_PG_LOCKED));
	seen[0].page_known = true;
	seen[1] = seen[0];
	faults[1].list = seen;
	faults[1].n = 1;
	faults[1].regs = (struct mi_user_regs){
		.entry = MI_ENTRY_EXCEPTION, .ip = 0x401000, .sp = 0x7ffd00001000};
}

static void faults_as_json(void)
{
	assert_int_equal(as_json(NULL), MI_OK);
}

/* An expression of t, the thread that waits, and u, the other one. */
static void thread_is(const char *that)
{
	char expression[256];

	snprintf(expression, sizeof(expression), "(lambda u, t: %s)(*d[\"process\"][\"threads\"])",
		 that);
	json_is(expression);
}

static void test_fault(void **state)
{
	(void)state;
	make_faults();
	as_text();
	has("\nPAGE FAULTS\n"
	    "  TID 106  D  read at 7f0000005123, page 5 (byte 20480) of "
	    "/data/\xc3\xa4\\012b\\134c\\377\n"
	    "    from user mode at IP 401000; allow_retry killable user bit_30\n"
	    "    the page now: cached reading\n");
	has_not("TID 105");
	has_not("perhaps");
	faults_as_json();
	thread_is("\"fault\" not in u");
	thread_is("t[\"fault\"][\"address\"] == \"0x7f0000005123\"");
	thread_is("t[\"fault\"][\"flags\"] == "
		  "[\"allow_retry\", \"killable\", \"user\", \"bit_30\"]");
	thread_is("t[\"fault\"][\"page\"][\"state\"] == "
		  "\"cached reading\"");
	thread_is("t[\"entry\"][\"ip\"] == \"0x401000\"");
}

static void test_fault_in_call(void **state)
{
	struct mi_user_regs *regs = &faults[1].regs;

	(void)state;
	make_faults();
	seen[0].fault.from = MI_FROM_KERNEL;
	seen[0].fault.access = MI_ACCESS_WRITE;
	seen[0].fault.exact = false;
	seen[0].fault.copying = true;
	seen[0].vma.file = 0;
	seen[0].name = "[heap]";
	seen[0].page_known = false;
	regs->entry = MI_ENTRY_SYSCALL;
	regs->syscall = 17;
	strcpy(regs->syscall_name, "pread64");
	as_text();
	has("  TID 106  D  write at the page at 7f0000005000, in [heap]\n"
	    "    in system call pread64, called at IP 401000; allow_retry");
	has("    the page now: not known; a page for a private copy is there\n");
	faults_as_json();
	thread_is("t[\"fault\"][\"address\"] is None");
	thread_is("\"offset_bytes\" not in t[\"fault\"]");
	thread_is("t[\"fault\"][\"page\"] is None");
	thread_is("t[\"entry\"][\"name\"] == \"pread64\"");
	regs->syscall_name[0] = '\0';
	as_text();
	has("in system call number 17");
}

/* What is not sure is never told as the fault. */
static void test_fault_not_sure(void **state)
{
	(void)state;
	make_faults();
	faults[1].n = 2;
	faults[1].more = true;
	faults[1].regs.entry = MI_ENTRY_UNKNOWN;
	seen[0].doubts = MI_DOUBT_SEVERAL;
	seen[1].doubts = MI_DOUBT_SEVERAL | MI_DOUBT_ANSWERED;
	seen[1].fault.access = MI_ACCESS_UNKNOWN;
	seen[1].fault.from = MI_FROM_UNKNOWN;
	as_text();
	has("TID 106  D  perhaps: read at");
	has("TID 106  D  perhaps: access at");
	has("allows this already: it may be left over");
	has("one of several on this stack");
	has("TID 106  and more");
	has("origin unknown; ");
	faults_as_json();
	thread_is("t[\"fault\"] is None");
	thread_is("[f[\"doubts\"] for f in t[\"fault_candidates\"]] == "
		  "[[\"several\"], [\"several\", \"answered\"]]");
	thread_is("t[\"fault_candidates\"][1][\"access\"] is None");
	thread_is("t[\"entry\"] is None");
	faults[1].n = 1;
	seen[0].doubts = MI_DOUBT_ORIGIN;
	as_text();
	has("how the thread came into the kernel is not known");
	faults_as_json();
	thread_is("t[\"fault_candidates\"][0][\"doubts\"] == [\"origin\"]");
	thread_is("t[\"fault\"] is None");
}

static void test_fault_unknown(void **state)
{
	(void)state;
	make_faults();
	faults[0].status = MI_KSTACK_LOST;
	faults[1].n = 0;
	as_text();
	has_not("PAGE FAULTS");
	faults_as_json();
	thread_is("u[\"fault\"] is None");
	thread_is("\"fault\" not in t");
	process.faults = NULL;
	faults_as_json();
	thread_is("t[\"fault\"] is None");
}

static void test_text_tables(void **state)
{
	(void)state;
	as_text();
	has("       START          END PERM ADVICE PGOFF DEV INODE PAGES MAPPED CACHED DIRTY WB "
	    "LOCKED"
	    " EVICT PRIV FILE\n");
	has("7f0000000000 7f0000010000 r--s random     0 8:1    42    16      5      9     4  .    "
	    "  3"
	    "     2    . /data/\xc3\xa4\\012b\\134c\\377\n");
	has("7f0000020000 7f0000022000 rw-p .         16 8:1    42     2      .      .     .  .    "
	    "  ."
	    "     .    1 /data/");
	has("MAPPINGS MAPPED BYTES NRPAGES PAGES CACHED DIRTY WB LOCKED EVICT FS   FILE\n");
	has("       2      . 57343       9    14      9     .  .      .     . ext4 /data/");
	has("START  END PERM PAGES MAPPED SWAP ANON NAME\n"
	    " 1000 3000 r--p     2      1    .    1 [heap]\n");
}

/* ---- readahead ---- */

static struct mi_open_file open_files[2];

/* One open file of both mappings, which differ in advice; and one of a window without a word. */
static void add_readahead(void)
{
	struct mi_next_miss none = {MI_MISS_NONE, "MADV_RANDOM", 0, 0};
	struct mi_next_miss around = {MI_MISS_AROUND, NULL, 32, 16};

	memset(open_files, 0, sizeof(open_files));
	open_files[0] = (struct mi_open_file){.addr = 0xffff888000002000,
					      .n_mappings = 2,
					      .ra = {.start = 4,
						     .size = 12,
						     .async_size = 4,
						     .ra_pages = 32,
						     .mmap_miss = 3,
						     .has_prev_pos = true,
						     .prev_pos = -1,
						     .random_known = true},
					      .bdi = {.known = true, .name = "8:1", .ra_pages = 32},
					      .window = {.known = true,
							 .pages = 10,
							 .uptodate = 5,
							 .reading = 3,
							 .absent = 2,
							 .n_markers = 1,
							 .markers = {8}}};
	maps[0].has_readahead = maps[1].has_readahead = true;
	maps[0].next = none;
	maps[1].next = around;
	process.open_files = open_files;
	process.n_open_files = 1;
}

static void test_text_readahead(void **state)
{
	(void)state;
	add_readahead();
	as_text();
	has("\nREADAHEAD (of open files; in pages)\n/data/\xc3\xa4\\012b\\134c\\377\n"
	    "  window 4-15 (12 pages): 5 cached, 3 being read, 2 absent, 2 beyond EOF; marker at "
	    "8; "
	    "misses 3 of 100; limit 32\n"
	    "  next miss from 7f0000000000 on: none: MADV_RANDOM\n"
	    "  next miss from 7f0000020000 on: read-around: 32 pages from 16 before the fault\n");
	open_files[0].window.n_markers = 0;
	open_files[0].bdi.ra_pages = 64;
	open_files[0].ra.random = true;
	maps[1].next = maps[0].next;
	as_text();
	has("; no marker (was for 12); misses 3 of 100; limit 32, 64 for who opens it now; "
	    "POSIX_FADV_RANDOM, which faults do not heed\n  next miss: none: MADV_RANDOM\n");
}

/* What is as ever has no line, unless the file was asked for. */
static void test_text_readahead_quiet(void **state)
{
	(void)state;
	add_readahead();
	open_files[0].window = (struct mi_ra_window){.known = true, .pages = 10, .uptodate = 10};
	maps[0].next = maps[1].next;
	as_text();
	has_not("READAHEAD");
	ask.file = "*";
	as_text();
	has("\n  window 4-15 (12 pages): 10 cached, 2 beyond EOF;");
	ask.file = NULL;
	open_files[0].ra.mmap_miss = 50;
	as_text();
	has("misses 50 of 100");
	open_files[0].ra.wrong = "the window is larger than 4 GiB";
	as_text();
	has("\n  implausible: the window is larger than 4 GiB\n");
	has_not("misses");
	open_files[0].ra.wrong = NULL;
	open_files[0].ra.why = MI_READ_EXCLUDED;
	as_text();
	has("\n  not in the dump (filtered out)\n");
	process.n_open_files = 0;
	as_text();
	has_not("READAHEAD");
}

static void test_json_readahead(void **state)
{
	struct mi_error err;

	(void)state;
	add_readahead();
	assert_int_equal(as_json(&err), MI_OK);
	json_is("d[\"mappings\"][0][\"readahead\"] == {\"open_file\": 0, \"next_miss\": \"none\", "
		"\"text\": \"none: MADV_RANDOM\"} "
		"and d[\"mappings\"][1][\"readahead\"][\"before\"] == 16 "
		"and \"readahead\" not in d[\"mappings\"][2] "
		"and d[\"open_files\"][0][\"state\"][\"prev_pos_bytes\"] == -1 "
		"and \"order\" not in d[\"open_files\"][0][\"state\"] "
		"and d[\"open_files\"][0][\"window\"][\"markers\"] == [8] "
		"and d[\"open_files\"][0][\"window\"][\"marker_expected\"] == 12");
	open_files[0].ra.wrong = "nonsense";
	open_files[0].bdi.known = false;
	open_files[0].ra.random_known = false;
	assert_int_equal(as_json(&err), MI_OK);
	json_is("d[\"open_files\"][0] == {\"open_file\": \"0xffff888000002000\", \"file\": 0, "
		"\"mappings\": 2, \"fadvise_random\": None, \"implausible\": \"nonsense\", "
		"\"device_limits\": None}");
	kernel.l.off[MI_F_READAHEAD] = true;
	strcpy(kernel.l.why[MI_F_READAHEAD], "struct file has no member f_ra");
	maps[0].has_readahead = maps[1].has_readahead = false;
	assert_int_equal(as_json(&err), MI_OK);
	json_is("d[\"open_files\"] is None "
		"and d[\"features_off\"][0][\"feature\"] == \"readahead\" and not d[\"complete\"]");
	as_text();
	has("\n  readahead: cannot be had in this kernel: struct file has no member f_ra\n");
}

static void test_text_unknown(void **state)
{
	(void)state;
	kernel.l.off[MI_F_CACHE] = true;
	strcpy(kernel.l.why[MI_F_CACHE], "no member address_space.i_pages");
	files[0].cache_known = false;
	files[0].file.nrpages_known = false;
	maps[1].file = ~(size_t)0;
	maps[1].file_unreadable = true;
	maps[1].name = "";
	as_text();
	has("7f0000000000 7f0000010000 r--s random     0 8:1    42    16      5      ?     ?  ?    "
	    "  ?"
	    "     ?    . /data/");
	has("rw-p .         16   ?     ?     2      .      ?     ?  ?      ?     ?    1 ?\n");
	has("? cached, ? dirty");
	has("\nNOT READ\n  the page cache: cannot be had in this kernel: no member "
	    "address_space.i_pages\n");
}

static void test_text_problems(void **state)
{
	(void)state;
	mi_problem_read(&kernel.problems, "page table", 0x1000, MI_READ_EXCLUDED, "pages missing");
	mi_problem_read(&kernel.problems, "page table", 0x2000, MI_READ_EXCLUDED, "pages missing");
	mi_problem_bad(&kernel.problems, "xa_node", 0x3000, "runs in a circle", NULL);
	kernel.problems.dropped = 3;
	target.facts.incomplete = true;
	target.facts.why_incomplete = "it is cut at 10 of 20 bytes";
	target.facts.absent_may_be_zero = true;
	as_text();
	has("  page table: not in the dump (filtered out) (2 times, first at 1000): pages "
	    "missing\n");
	has("  xa_node: runs in a circle (at 3000)\n");
	has("  and 3 more of other kinds\n");
	has("  the dump is incomplete: it is cut at 10 of 20 bytes\n");
	has("cannot tell pages that were filtered out from zeroes");
}

/* Printing pages walks again: what the inspection met counts once. */
static void test_problems_count_once(void **state)
{
	struct mi_error err;

	(void)state;
	ask.pages = true;
	walk_meets = true;
	mi_problem_read(&kernel.problems, "page table", 0x1000, MI_READ_EXCLUDED, NULL);
	assert_int_equal(as_json(&err), MI_OK);
	json_is("[p[\"count\"] for p in d[\"problems\"]] == [1, 1]");
	as_text();
	has("page table: not in the dump (filtered out) (at 1000)\n");
	has("xa_node: damaged in the dump (at 2000)\n");
}

static void test_text_sources(void **state)
{
	(void)state;
	ask.sources = true;
	target.n_sources = 1;
	target.sources[0] = (struct mi_source){"types", "BTF in the dump", "5 types", true, 1.25};
	as_text();
	has("\nSOURCES (memory: by hand)\nWHAT  OK   MS DETAIL  WHERE\n"
	    "types yes 1.2 5 types BTF in the dump\n");
}

static void test_text_pages(void **state)
{
	(void)state;
	ask.pages = true;
	as_text();
	has("\n7f0000000000-7f0000010000 r--s  /data/\xc3\xa4\\012b\\134c\\377  16 pages from page "
	    "0 "
	    "(byte 0) of the file\n");
	has("    7f0000000000          0        4 y-------  pfn 100-103                      0     "
	    "2"
	    "     1  mapped dirty young                    uptodate,dirty,lru\n");
	has("ydw-----  pfn 500                          0     2     1  private-copy pte-dirty "
	    "young "
	    "cached   uptodate,lru,swapbacked,anon_exclusive\n");
	has("in cache  pfn 600                          0     2     1  folio");
	has("        3 .         pfn 200-202                      0     2     1  cached reading");
	has("shadow abc                       .     .     .  evicted\n");
	has("excluded                         .     .     .  pte-unknown\n");
	has(".     .     .  absent\n");
	has(".     .     .  beyond-eof\n");
	has("\n1000-3000 r--p  [heap]  2 pages\n");
}

static void test_text_failure(void **state)
{
	struct mi_error err;
	FILE *out = begin();

	(void)state;
	ask.pages = true;
	walk_fails = MI_ERR_INTERRUPTED;
	mi_problem_read(&kernel.problems, "page table", 0x1000, MI_READ_IO, NULL);
	assert_int_equal(mi_text_process(&process, NULL, &ask, out, &err), MI_ERR_INTERRUPTED);
	fclose(out);
	assert_string_equal(err.text, "the walk \"failed\"");
	has("NOT READ");
}

/* A full disk ends a long walk early. */
static void test_output_fails(void **state)
{
	struct mi_error err;
	FILE *out = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(out);
	repeat = 1000000;
	ask.pages = true;
	mi_text_process(&process, NULL, &ask, out, &err);
	assert_true(handed_out < 10000);
	handed_out = 0;
	mi_json_process(&process, NULL, &ask, out, &err);
	assert_true(handed_out < 10000);
	fclose(out);
}

/* ---- maps ---- */

static void test_map_small(void **state)
{
	(void)state;
	ask.map = true;
	as_text();
	/* 18 pages are mapped; the last two have no run: blanks, cut off. */
	has("\\377  (1 char = 1 page)\n"
	    "            R being read  D dirty  P private copy  ? not to be had  a readahead marker"
	    "  e evicted  . absent  ~ beyond EOF  blank: not mapped\n"
	    "          0 DDDDPRRRaee?..~~\n");
}

static void test_map_gap(void **state)
{
	(void)state;
	ask.map = true;
	n_runs = 0;
	runs[n_runs++] = mapped(0, 1, 0x100, CLEAN);
	runs[n_runs++] = unmapped(1, 8190);
	runs[n_runs++] = mapped(8191, 1, 0x100, CLEAN);
	maps[0].vma.end = maps[0].vma.start + 8192 * MI_PAGE_SIZE;
	process.n_maps = 1;
	files[0].file.size = 8192 * MI_PAGE_SIZE;
	as_text();
	has("(1 char = 8 pages)\n            M mapped  . absent\n"
	    "          0 M...............................................................\n"
	    "        512 ................................................................\n"
	    "        ...\n"
	    "       7680 ...............................................................M\n");
}

static void test_map_offset(void **state)
{
	uint64_t far = 1ULL << 50;

	(void)state;
	ask.map = true;
	n_runs = 0;
	runs[n_runs++] = mapped(far + 3, 2, 0x100, CLEAN);
	maps[0].vma.pgoff = far + 3;
	maps[0].vma.end = maps[0].vma.start + 2 * MI_PAGE_SIZE;
	process.n_maps = 1;
	as_text();
	has("\n1125899906842624    MM\n");
	maps[0].vma.pgoff = ~0ULL - 1; /* damaged: must not loop or overflow */
	as_text();
	has("1 char =");
}

static void test_map_width(void **state)
{
	(void)state;
	ask.map = true;
	n_runs = 0;
	runs[n_runs++] = mapped(0, 60, 0x100, CLEAN);
	maps[0].vma.end = maps[0].vma.start + 60 * MI_PAGE_SIZE;
	process.n_maps = 1;
	ask.width = 50;
	as_text();
	has("\n          0 MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM\n"
	    "         32 MMMMMMMMMMMMMMMMMMMMMMMMMMMM\n");
}

/* ---- JSON ---- */

static void test_json(void **state)
{
	struct mi_error err;

	(void)state;
	ask.sources = true;
	target.n_sources = 1;
	target.sources[0] = (struct mi_source){"types", "BTF in the dump", "5 types", true, 1.25};
	ask.pages = true;
	assert_int_equal(as_json(&err), MI_OK);
	has("{\n  \"schema\": \"mmapinfo/1\",\n  \"kernel\": {\n    \"release\": \"6.1.0-test\",");
	has("\"level\": null");
	json_is("d[\"complete\"] and d[\"sources\"][0][\"ms\"] == 1.25");
	json_is("len(d[\"mappings\"]) == 3 and d[\"mappings\"][2][\"file\"] is None");
	json_is("d[\"mappings\"][0][\"flags\"] == [\"read\", \"shared\", \"mayshare\", "
		"\"rand_read\", "
		"\"bit_60\"]");
	json_is("d[\"mappings\"][0][\"totals\"][\"dirty\"] == 4");
	json_is("\"dirty\" not in d[\"mappings\"][2][\"totals\"]");
	json_is("d[\"files\"][0][\"size_pages\"] == 14 and d[\"files\"][0][\"device\"] == \"8:1\"");
	json_is("d[\"files\"][0][\"pages\"][0][\"state\"] == \"cached\"");
	has("\n        {\"va\":\"0x7f0000000000\",\"pgoff\":0,\"pages\":4,\"state\":\"mapped dirty "
	    "young\","
	    "\"relation\":\"same\",\"pte\":{\"kind\":\"present\",\"level\":1,\"pfn\":256,"
	    "\"pfns\":\"consecutive\",\"bits\":[\"young\"]},\"page\":{\"order\":0,\"refcount\":2,"
	    "\"mapcount\":1,\"owner\":\"file\",\"index\":0,\"flags\":[\"uptodate\",\"dirty\","
	    "\"lru\"]},"
	    "\"cached\":{\"kind\":\"folio\",\"pfn\":256,\"pfns\":\"consecutive\",\"marks\":[]}},"
	    "\n");
	has("{\"kind\":\"unreadable\",\"why\":\"excluded\"}");
	has("\"cached\":{\"kind\":\"shadow\",\"value\":\"0xabc\"}");
	json_is("d[\"mappings\"][0][\"pages\"][-1][\"beyond_eof\"]");
}

static void test_json_names(void **state)
{
	struct mi_error err;

	(void)state;
	assert_int_equal(as_json(&err), MI_OK);
	has("\"name\": \"/data/\xc3\xa4\\nb\\\\c\xef\xbf\xbd\",\n"
	    "      \"name_hex\": \"2f646174612fc3a40a625c63ff\",");
	has("\"path_hex\"");
	has_not("comm_hex");
	has_not("sources");
	has_not("by hand"); /* nothing of the provider without --sources */
	json_is("\"pages\" not in d[\"mappings\"][0]");
}

static void test_json_unknown(void **state)
{
	struct mi_error err;

	(void)state;
	kernel.l.off[MI_F_CACHE] = true;
	strcpy(kernel.l.why[MI_F_CACHE], "no member");
	files[0].cache_known = false;
	files[0].file.nrpages_known = false;
	process.mm.rss_known = false;
	mi_problem_read(&kernel.problems, "page table", 0x1000, MI_READ_EXCLUDED, NULL);
	assert_int_equal(as_json(&err), MI_OK);
	json_is("d[\"mappings\"][0][\"totals\"][\"cached\"] is None");
	json_is("d[\"mappings\"][0][\"totals\"][\"mapped\"] == 5");
	json_is("d[\"files\"][0][\"cache\"] is None and d[\"files\"][0][\"nrpages\"] is None");
	json_is("d[\"process\"][\"rss\"] is None and not d[\"complete\"]");
	json_is("d[\"features_off\"] == [{\"feature\": \"page_cache\", \"why\": \"no "
		"member\"}]");
	json_is("d[\"problems\"][0][\"word\"] == \"excluded\" and "
		"d[\"problems\"][0][\"effect\"] is None");
}

/* What came out before a failure is still a document. */
static void test_json_failure(void **state)
{
	struct mi_error err;

	(void)state;
	ask.each = true;
	walk_fails = MI_ERR_INTERRUPTED;
	assert_int_equal(as_json(&err), MI_ERR_INTERRUPTED);
	json_is("d[\"error\"] == \"the walk \\\"failed\\\"\" and not d[\"complete\"]");
}

static void test_all(void **state)
{
	struct mi_summary list[3] = {{.task = threads[0], .has_mm = true, .n_threads = 2},
				     {.task = threads[1], .n_threads = 1},
				     {.task = threads[1], .n_threads = 1}};
	struct mi_all all = {&kernel, list, 3};
	struct mi_error err;
	FILE *out;

	(void)state;
	list[0].mm = process.mm;
	list[1].task.kind = MI_TASK_ZOMBIE;
	list[1].task.state = 'Z';
	list[2].task.kind = MI_TASK_KTHREAD;
	out = begin();
	assert_int_equal(mi_text_all(&all, &ask, out, &err), MI_OK);
	fclose(out);
	has("PID PPID THREADS RSS FILE ANON SHMEM SWAP SIZE VMAS S COMMAND\n"
	    "105    1       2  24   20    4     0    0   80    3 D reader\n"
	    "106    1       1   -    -    -     -    -    -    - Z reader\n");
	has("2 processes; 1 kernel threads are not shown.\n");
	out = begin();
	assert_int_equal(mi_json_all(&all, &ask, out, &err), MI_OK);
	fclose(out);
	json_is("len(d[\"processes\"]) == 2 and d[\"kernel_threads\"] == 1");
	json_is("d[\"processes\"][0][\"rss\"][\"file_pages\"] == 5");
	json_is("d[\"processes\"][1][\"mm\"] is None");
}

static void test_json_layout(void **state)
{
	struct mi_error err;
	struct mi_json *w;
	FILE *out = begin();

	(void)state;
	assert_int_equal(mi_json_new(out, &w, &err), MI_OK);
	mi_json_object(w, NULL);
	mi_json_array(w, "empty");
	mi_json_array_end(w);
	mi_json_array(w, "rows");
	mi_json_line_object(w, NULL);
	mi_json_u64(w, "max", ~0ULL);
	mi_json_i64(w, "min", INT64_MIN);
	mi_json_object_end(w);
	mi_json_line_object(w, NULL);
	mi_json_hex(w, "hex", ~0ULL);
	mi_json_ms(w, "ms", 12.0625);
	mi_json_object_end(w);
	mi_json_array_end(w);
	mi_json_text(w, "none", NULL);
	mi_json_object_end(w);
	assert_int_equal(mi_json_end(w, &err), MI_OK);
	fclose(out);
	assert_string_equal(text,
			    "{\n"
			    "  \"empty\": [\n"
			    "  ],\n"
			    "  \"rows\": [\n"
			    "    {\"max\":18446744073709551615,\"min\":-9223372036854775808},\n"
			    "    {\"hex\":\"0xffffffffffffffff\",\"ms\":12.063}\n"
			    "  ],\n"
			    "  \"none\": null\n"
			    "}\n");
}

static void test_json_misuse(void **state)
{
	struct mi_error err;
	struct mi_json *w;
	FILE *out = begin();

	(void)state;
	assert_int_equal(mi_json_new(out, &w, &err), MI_OK);
	mi_json_object(w, NULL);
	mi_json_u64(w, NULL, 1); /* a member without its key */
	mi_json_object_end(w);
	assert_int_equal(mi_json_end(w, &err), MI_ERR_INVALID);
	fclose(out);
}

/* ---- words ---- */

static void words_are(const struct mi_run *run, const char *expected)
{
	char buf[256];

	mi_run_words(run, buf, sizeof(buf));
	assert_string_equal(buf, expected);
}

static void test_words_of_the_cache(void **state)
{
	struct mi_run r = unmapped(0, 1);

	(void)state;
	words_are(&r, "absent");
	r.beyond_eof = true;
	words_are(&r, "beyond-eof");
	r = cached(0, 1, 1, CLEAN);
	words_are(&r, "cached");
	r.beyond_eof = true;
	words_are(&r, "beyond-eof cached");
	r = cached(0, 1, 1, BIT(MI_PG_LOCKED));
	words_are(&r, "cached reading");
	r = cached(0, 1, 1, CLEAN | BIT(MI_PG_LOCKED) | BIT(MI_PG_WRITEBACK) | BIT(MI_PG_DIRTY));
	words_are(&r, "cached locked writeback dirty");
	r = cached(0, 1, 1, BIT(MI_PG_ERROR));
	words_are(&r, "cached not-uptodate error");
	r = cached(0, 1, 1, CLEAN | BIT(MI_PG_READAHEAD));
	words_are(&r, "cached readahead");
	r.slot_page.why = MI_READ_EXCLUDED;
	words_are(&r, "cached page-unknown");
	r.cached = MI_CACHED_UNKNOWN;
	r.has_slot_page = false;
	words_are(&r, "cache-unknown");
	r.cached = MI_CACHED_SWAP;
	words_are(&r, "swapped");
}

static void test_words_of_ptes(void **state)
{
	struct mi_run r = mapped(0, 1, 1, CLEAN);

	(void)state;
	words_are(&r, "mapped young");
	r.pte_bits = MI_PTE_DIRTY | MI_PTE_HUGE;
	words_are(&r, "mapped pte-dirty huge");
	r.pte = MI_PTE_PROT_NONE;
	words_are(&r, "mapped prot-none pte-dirty huge");
	r.pte = MI_PTE_NUMA_HINT;
	words_are(&r, "mapped numa-hint pte-dirty huge");
	r = private_copy(0);
	words_are(&r, "private-copy pte-dirty young cached");
	r.slot_page.flags = BIT(MI_PG_LOCKED);
	words_are(&r, "private-copy pte-dirty young cached reading");
	r = mapped(0, 1, 1, CLEAN);
	r.relation = MI_REL_UNKNOWN;
	r.page.why = MI_READ_EXCLUDED;
	r.cached = MI_CACHED_NONE;
	words_are(&r, "mapped page-unknown young");
	r = unmapped(0, 1);
	r.pte = MI_PTE_SWAP;
	words_are(&r, "swapped");
	r.relation = MI_REL_PRIVATE;
	words_are(&r, "private-copy swapped");
	r.pte = MI_PTE_MARKER;
	r.swap_offset = MI_MARKER_GUARD;
	words_are(&r, "guard");
	r.pte = MI_PTE_UNREADABLE;
	words_are(&r, "pte-unknown");
}

static void test_words_fit(void **state)
{
	struct mi_run r = private_copy(0);
	char buf[16];

	(void)state;
	mi_run_words(&r, buf, sizeof(buf));
	assert_string_equal(buf, "private-copy");
	mi_run_words(&r, buf, 1);
	assert_string_equal(buf, "");
}

/* ---- escapes ---- */

static void escaped_is(const char *bytes, const char *utf8, const char *ascii)
{
	FILE *out = begin();
	char *s = mi_escaped_ascii(bytes);

	mi_put_escaped(out, bytes);
	fclose(out);
	assert_string_equal(text, utf8);
	assert_string_equal(s, ascii);
	free(s);
}

static void test_escapes(void **state)
{
	(void)state;
	escaped_is("a b\t\x7f\\", "a b\\011\\177\\134", "a b\\011\\177\\134");
	escaped_is("\xe2\x82\xac", "\xe2\x82\xac", "\\342\\202\\254");
	escaped_is("\xc2\x9b", "\\302\\233", "\\302\\233");		  /* CSI, a C1 control */
	escaped_is("\xc0\xaf", "\\300\\257", "\\300\\257");		  /* overlong */
	escaped_is("\xed\xa0\x80", "\\355\\240\\200", "\\355\\240\\200"); /* a surrogate */
	escaped_is("\xf4\x90\x80\x80", "\\364\\220\\200\\200", "\\364\\220\\200\\200");
	escaped_is("\xf0\x9f", "\\360\\237", "\\360\\237"); /* cut */
	assert_int_equal(mi_utf8_length("\xf0\x9f\x98\x80"), 4);
}

/* ---- nonlinear windows, locked memory ---- */

static struct mi_window window;

/* maps[] shown out of order: three pieces, which the kernel made of three mappings. */
static void make_window(void)
{
	size_t i;

	for (i = 0; i < 3; i++) {
		maps[i] = maps[0];
		maps[i].vma.start = 0x7f0000000000 + i * 16 * MI_PAGE_SIZE;
		maps[i].vma.end = maps[i].vma.start + 16 * MI_PAGE_SIZE;
		maps[i].vma.pgoff = 16 * (2 - i);
	}
	window = (struct mi_window){.n_vmas = 3,
				    .start = 0x7f0000000000,
				    .end = 0x7f0000030000,
				    .n_pieces = 3,
				    .file_pages = 48,
				    .last = 47,
				    .falling = true};
	process.windows = &window;
	process.n_windows = 1;
	process.vma_cost = (struct mi_vma_cost){.limit_known = true, .limit = 1000, .bytes = 200};
}

static void test_windows(void **state)
{
	(void)state;
	as_text();
	has_not("NONLINEAR");
	make_window();
	as_text();
	has("\nNONLINEAR WINDOWS (mappings side by side that show one file out of its order)\n");
	has("7f0000000000 7f0000030000 r--s    48      3    3 0.30%   600      0      47        48 "
	    "falling /data");
	has("\n3 of the process's 3 VMAs are in windows, where 1 would do if they were linear; "
	    "vm.max_map_count is 1000.\n");
	has("MAP_FIXED makes the same, and the kernel does not keep which it was");
	has("falling: each piece shows");
	has_not("PIECES\n\n");
	ask.windows = true;
	as_text();
	has("\nPIECES\n\n7f0000000000-7f0000030000  /data");
	has("    7f0000010000         16       16\n");
	assert_int_equal(as_json(NULL), MI_OK);
	json_is("[p[\"pgoff\"] for p in d[\"windows\"][0][\"pieces\"]] == [32, 16, 0]");
	json_is("d[\"windows\"][0][\"vma_bytes\"] == 600 "
		"and d[\"windows\"][0][\"order\"] == \"falling\"");
}

static void test_windows_of_unknown_cost(void **state)
{
	(void)state;
	make_window();
	window.falling = false;
	process.vma_cost = (struct mi_vma_cost){0};
	as_text();
	has(" 3    3     ?     ?      0      47        48 mixed ");
	has_not("max_map_count");
	has_not("falling");
	assert_int_equal(as_json(NULL), MI_OK);
	json_is("d[\"vma_cost\"] == {\"max_map_count\": None, \"vm_area_struct_bytes\": None} "
		"and d[\"windows\"][0][\"vma_bytes\"] is None");
}

static void test_locked(void **state)
{
	(void)state;
	as_text();
	has_not("LOCKED MEMORY");
	kernel.vma_flag[19] = NULL; /* lockonfault */
	maps[0].vma.flags |= MI_VM_LOCKED;
	maps[0].prefault.n[MI_PF_POPULATED] = 5;
	maps[0].prefault.n[MI_PF_TO_READ] = 11;
	maps[0].prefault.mlock_unknown = 1;
	as_text();
	has("\nLOCKED MEMORY (mlock)\n");
	has("r--s    16         5       ?    11   .       . on fault, or populating failed: ");
	assert_int_equal(as_json(NULL), MI_OK);
	json_is("d[\"mappings\"][0][\"mlock\"][\"state\"] == \"unsure\" "
		"and d[\"mappings\"][0][\"mlock\"][\"holes\"] == 11 "
		"and d[\"mappings\"][0][\"prefault\"][\"mlocked\"] is None "
		"and \"mlock\" not in d[\"mappings\"][1]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_text_head, setup),
		cmocka_unit_test_setup(test_text_head_unusual, setup),
		cmocka_unit_test_setup(test_text_tables, setup),
		cmocka_unit_test_setup(test_text_readahead, setup),
		cmocka_unit_test_setup(test_text_readahead_quiet, setup),
		cmocka_unit_test_setup(test_json_readahead, setup),
		cmocka_unit_test_setup(test_fault, setup),
		cmocka_unit_test_setup(test_fault_in_call, setup),
		cmocka_unit_test_setup(test_fault_not_sure, setup),
		cmocka_unit_test_setup(test_fault_unknown, setup),
		cmocka_unit_test_setup(test_text_unknown, setup),
		cmocka_unit_test_setup(test_text_problems, setup),
		cmocka_unit_test_setup(test_problems_count_once, setup),
		cmocka_unit_test_setup(test_text_sources, setup),
		cmocka_unit_test_setup(test_text_pages, setup),
		cmocka_unit_test_setup(test_text_failure, setup),
		cmocka_unit_test_setup(test_output_fails, setup),
		cmocka_unit_test_setup(test_map_small, setup),
		cmocka_unit_test_setup(test_map_gap, setup),
		cmocka_unit_test_setup(test_map_offset, setup),
		cmocka_unit_test_setup(test_map_width, setup),
		cmocka_unit_test_setup(test_json, setup),
		cmocka_unit_test_setup(test_json_names, setup),
		cmocka_unit_test_setup(test_json_unknown, setup),
		cmocka_unit_test_setup(test_json_failure, setup),
		cmocka_unit_test_setup(test_all, setup),
		cmocka_unit_test_setup(test_json_layout, setup),
		cmocka_unit_test_setup(test_json_misuse, setup),
		cmocka_unit_test_setup(test_words_of_the_cache, setup),
		cmocka_unit_test_setup(test_words_of_ptes, setup),
		cmocka_unit_test_setup(test_words_fit, setup),
		cmocka_unit_test_setup(test_escapes, setup),
		cmocka_unit_test_setup(test_windows, setup),
		cmocka_unit_test_setup(test_windows_of_unknown_cost, setup),
		cmocka_unit_test_setup(test_locked, setup),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(text);
	return failed;
}
