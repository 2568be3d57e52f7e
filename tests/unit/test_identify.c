// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_identify.c - which kernel a dump is of, by notes and texts that lie or not
 *
 * The "dump" is 1 MiB. A kernel in it is six pages: _stext, four page tables, and
 * init_uts_ns; its VMCOREINFO is put where a test wants it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "internal.h"

#define PAGES 256
#define START_KERNEL_MAP 0xffffffff80000000ULL
#define ABSENT 37 /* a page that is not stored */

enum {
	STEXT,
	PGD,
	PUD,
	PMD,
	PTE,
	UTS
};

struct fake {
	struct mi_provider p;
	uint8_t *mem;
	char *note;
	bool interrupted;
	unsigned int patience; /* times that this may be asked before it is; 0: without end */
	uint64_t at;	       /* physical address of mem */
	const struct mi_arch_ops *arch;
	unsigned int runs, closed;
};

struct kernel {
	uint64_t va, pa;
	const char *release;
};

static const struct kernel first = {START_KERNEL_MAP + 0x1000000, 0x10000, "6.1.0-first"};
static const struct kernel second = {START_KERNEL_MAP + 0x2345000, 0x20000, "6.1.0-other"};

static struct fake *fake_of(struct mi_provider *p)
{
	return (struct fake *)p;
}

/* ---- the provider ---- */

static enum mi_read read_page(struct mi_provider *p, uint64_t pa, void *page)
{
	pa -= fake_of(p)->at;
	if (pa >= PAGES * 4096 || pa == ABSENT * 4096)
		return MI_READ_HOLE;
	memcpy(page, fake_of(p)->mem + pa, 4096);
	return MI_READ_OK;
}

static enum mi_read read_part(struct mi_provider *p, uint64_t pa, void *buf, size_t len)
{
	assert_true(len <= 4096 && pa < PAGES * 4096 && pa != ABSENT * 4096);
	memcpy(buf, fake_of(p)->mem + pa, len);
	return MI_READ_OK;
}

static bool next_run(struct mi_provider *p, uint64_t *pa, uint64_t *end)
{
	uint64_t at = fake_of(p)->at, from = *pa > at ? *pa - at : 0;

	fake_of(p)->runs++;
	if (from == ABSENT * 4096)
		from += 4096;
	*pa = at + from;
	*end = at + (from < ABSENT * 4096 ? ABSENT * 4096 : PAGES * 4096);
	return *pa < *end;
}

static enum mi_status vmcoreinfo(struct mi_provider *p, char **text, size_t *len,
				 struct mi_error *err)
{
	if (!fake_of(p)->note)
		return mi_fail(err, MI_ERR_MISSING, "no note");
	*text = strdup(fake_of(p)->note);
	*len = strlen(*text);
	return MI_OK;
}

static bool interrupted(struct mi_provider *p)
{
	struct fake *f = fake_of(p);

	if (f->patience && !--f->patience)
		f->interrupted = true;
	return f->interrupted;
}

static const struct mi_provider_ops ops = {
	.read_page = read_page,
	.vmcoreinfo = vmcoreinfo,
	.next_run = next_run,
	.interrupted = interrupted,
};
static const struct mi_provider_ops ops_heads = {
	.read_page = read_page,
	.vmcoreinfo = vmcoreinfo,
	.next_run = next_run,
	.read_part = read_part,
};
static const struct mi_provider_ops ops_no_search = {
	.read_page = read_page,
	.vmcoreinfo = vmcoreinfo,
	.interrupted = interrupted,
};

/* ---- what lies in memory ---- */

static void put_entry(struct fake *f, uint64_t table, uint64_t va, unsigned int level, uint64_t pa)
{
	const uint64_t entry = (pa + f->at) | 3;

	memcpy(f->mem + table + (va >> (12 + 9 * level) & 511) * 8, &entry, 8);
}

static void put_kernel(struct fake *f, const struct kernel *k)
{
	put_entry(f, k->pa + PGD * 4096, k->va, 3, k->pa + PUD * 4096);
	put_entry(f, k->pa + PUD * 4096, k->va, 2, k->pa + PMD * 4096);
	put_entry(f, k->pa + PMD * 4096, k->va, 1, k->pa + PTE * 4096);
	for (uint64_t i = 0; i <= UTS; i++)
		put_entry(f, k->pa + PTE * 4096, k->va + i * 4096, 0, k->pa + i * 4096);
	strcpy((char *)f->mem + k->pa + UTS * 4096 + 8, "Linux");
	strcpy((char *)f->mem + k->pa + UTS * 4096 + 8 + 130, k->release);
}

static char *text_of(const struct kernel *k, const char *extra)
{
	char *text;

	assert_true(asprintf(&text,
			     "OSRELEASE=%s\nPAGESIZE=4096\nSYMBOL(init_uts_ns)=%llx\n"
			     "OFFSET(uts_namespace.name)=8\nSYMBOL(swapper_pg_dir)=%llx\n"
			     "SYMBOL(_stext)=%llx\nNUMBER(phys_base)=%lld\nKERNELOFFSET=0\n%s",
			     k->release, (unsigned long long)k->va + UTS * 4096,
			     (unsigned long long)k->va + PGD * 4096, (unsigned long long)k->va,
			     (long long)(k->pa - (k->va - START_KERNEL_MAP)), extra) > 0);
	return text;
}

static void put_text(struct fake *f, uint64_t pa, const struct kernel *k, const char *extra)
{
	char *text = text_of(k, extra);

	memset(f->mem + pa, 0, 4096);
	memcpy(f->mem + pa, text, strlen(text));
	free(text);
}

static void put_note(struct fake *f, uint64_t pa, const struct kernel *k, const char *extra)
{
	char *text = text_of(k, extra);
	const uint32_t header[] = {11, (uint32_t)strlen(text), 0};

	memcpy(f->mem + pa, header, sizeof(header));
	memcpy(f->mem + pa + sizeof(header), "VMCOREINFO\0", 12);
	memcpy(f->mem + pa + sizeof(header) + 12, text, strlen(text));
	free(text);
}

static void setup(struct fake *f)
{
	memset(f, 0, sizeof(*f));
	f->p.ops = &ops;
	f->arch = &mi_arch_x86_64;
	f->mem = calloc(PAGES, 4096);
	assert_non_null(f->mem);
	put_kernel(f, &first);
}

static void teardown(struct fake *f)
{
	free(f->mem);
	free(f->note);
}

static void set_note(struct fake *f, const struct kernel *k, const char *extra)
{
	free(f->note);
	f->note = text_of(k, extra);
}

/* ---- what comes of it ---- */

static enum mi_status identify(struct fake *f, struct mi_target *t, struct mi_error *err)
{
	enum mi_status st;

	memset(t, 0, sizeof(*t));
	t->provider = &f->p;
	t->arch = f->arch;
	f->runs = 0;
	assert_int_equal(mi_memory_init(t, err), MI_OK);
	st = mi_identify(t, err);
	assert_true(st ? !t->vmcoreinfo && !t->xlat_ready : t->vmcoreinfo && t->xlat_ready);
	return st;
}

static void release(struct mi_target *t)
{
	mi_vmcoreinfo_free(t->vmcoreinfo);
	mi_memory_free(t);
}

/* It is @k; a line of its text is as expected; the last word on the source has @where. */
static void expect_kernel(struct fake *f, const struct kernel *k, const char *key,
			  const char *value, const char *where)
{
	const struct mi_source *src = NULL;
	struct mi_target t;
	struct mi_error err;
	const char *is;

	if (identify(f, &t, &err))
		fail_msg("%s", err.text);
	assert_string_equal(mi_vmcoreinfo_line(t.vmcoreinfo, "OSRELEASE"), k->release);
	assert_true(t.xlat.root == k->pa + PGD * 4096);
	is = mi_vmcoreinfo_line(t.vmcoreinfo, key);
	if (value)
		assert_string_equal(is, value);
	else
		assert_null(is);
	for (size_t i = 0; i < t.n_sources; i++)
		if (!strcmp(t.sources[i].what, "vmcoreinfo"))
			src = &t.sources[i];
	assert_true(src && src->ok);
	assert_string_equal(src->where, where);
	release(&t);
}

static void expect_refused(struct fake *f, enum mi_status status, const char *text)
{
	struct mi_target t;
	struct mi_error err = {0};

	assert_int_equal(identify(f, &t, &err), status);
	if (!strstr(err.text, text))
		fail_msg("\"%s\" is not in: %s", text, err.text);
	release(&t);
	/* The caller may not care why. */
	assert_int_equal(identify(f, &t, NULL), status);
	release(&t);
}

/* ---- tests ---- */

static void test_note(void **state)
{
	struct fake f;

	(void)state;
	setup(&f);
	set_note(&f, &first, "X=note\n");
	put_text(&f, 0x40000, &first, "X=memory\n");
	expect_kernel(&f, &first, "X", "note", "note in the dump");
	assert_int_equal(f.runs, 0);
	teardown(&f);
}

static void test_found(void **state)
{
	struct fake f;

	(void)state;
	setup(&f);
	put_text(&f, 0x40000, &first, "");
	expect_kernel(&f, &first, "X", NULL, "memory at physical 0x40000");
	f.p.ops = &ops_heads;
	expect_kernel(&f, &first, "X", NULL, "memory at physical 0x40000");
	memset(f.mem + 0x40000, 0, 4096);
	put_note(&f, 0xff000, &first, "");
	expect_kernel(&f, &first, "X", NULL, "memory at physical 0xff000");
	/* The kernel's copies: what it added last counts, wherever that lies. */
	put_text(&f, 0x40000, &first, "CRASHTIME=1\n");
	expect_kernel(&f, &first, "CRASHTIME", "1", "memory at physical 0x40000");
	put_text(&f, 0x40000, &first, "");
	put_note(&f, 0xff000, &first, "CRASHTIME=2\n");
	expect_kernel(&f, &first, "CRASHTIME", "2", "memory at physical 0xff000");
	teardown(&f);
}

/* Longer than a page: newer kernels have room for that. */
static void test_long(void **state)
{
	char extra[3 * 4096];
	struct fake f;

	(void)state;
	for (size_t i = 0; i < sizeof(extra) - 1; i++)
		extra[i] = i % 32 == 31 ? '\n' : i % 32 == 9 ? '=' : 'x';
	strcpy(extra + sizeof(extra) - 40, "\nLAST=1\n");
	setup(&f);
	put_text(&f, 0x40000, &first, extra);
	expect_kernel(&f, &first, "LAST", "1", "memory at physical 0x40000");
	memset(f.mem + 0x40000, 0, 16384);
	put_note(&f, 0x40000, &first, extra);
	expect_kernel(&f, &first, "LAST", "1", "memory at physical 0x40000");
	/* Its middle is not stored. */
	memset(f.mem + 0x40000, 0, 16384);
	put_text(&f, (ABSENT - 1) * 4096, &first, extra);
	expect_refused(&f, MI_ERR_MISSING, "no VMCOREINFO in the memory");
	teardown(&f);
}

static void test_bad_note(void **state)
{
	struct kernel liar = first;
	struct fake f;

	(void)state;
	setup(&f);
	put_kernel(&f, &second);
	put_text(&f, 0x40000, &first, "");
	/* Of a kernel that is not in memory. */
	liar.va += 0x1000;
	set_note(&f, &liar, "");
	expect_kernel(&f, &first, "X", NULL, "memory at physical 0x40000");
	liar = first;
	liar.release = "5.10.0-liar";
	set_note(&f, &liar, "");
	expect_kernel(&f, &first, "X", NULL, "memory at physical 0x40000");
	/* The end is missing, or in the middle there is noise. */
	set_note(&f, &first, "X=1\n");
	*strstr(f.note, "KERNELOFFSET") = '\0';
	expect_kernel(&f, &first, "X", NULL, "memory at physical 0x40000");
	set_note(&f, &first, "X=1\n\x80\xff\n");
	expect_kernel(&f, &first, "X", NULL, "memory at physical 0x40000");
	/* It is better than nothing. */
	memset(f.mem + 0x40000, 0, 4096);
	expect_kernel(&f, &first, "X", "1", "note in the dump");
	set_note(&f, &liar, "");
	expect_refused(&f, MI_ERR_MISMATCH, "release 5.10.0-liar, the kernel in memory is 6.1.0");
	/* Without a search, the page tables must do. */
	f.p.ops = &ops_no_search;
	expect_kernel(&f, &liar, "X", NULL, "note in the dump");
	liar.va += 0x1000;
	set_note(&f, &liar, "");
	expect_refused(&f, MI_ERR_READ, "does not map _stext");
	teardown(&f);
}

/* Whoever changes the release in memory changes it for all texts alike. */
static void test_other_release(void **state)
{
	struct kernel said = first;
	struct fake f;

	(void)state;
	said.release = "6.1.0-said";
	setup(&f);
	set_note(&f, &said, "");
	put_text(&f, 0x40000, &said, "");
	expect_kernel(&f, &said, "X", NULL, "memory at physical 0x40000");
	/* One that agrees is better. */
	put_text(&f, 0x50000, &first, "");
	expect_kernel(&f, &first, "X", NULL, "memory at physical 0x50000");
	teardown(&f);
}

static void test_two(void **state)
{
	struct kernel odd = first;
	struct fake f;

	(void)state;
	setup(&f);
	put_kernel(&f, &second);
	/* Both fit: neither is taken, in whatever order they lie. */
	put_text(&f, 0x40000, &first, "");
	put_text(&f, 0x50000, &second, "");
	expect_refused(&f, MI_ERR_FORMAT, "0x40000 (release 6.1.0-first) and that at 0x50000");
	put_text(&f, 0x40000, &second, "");
	put_text(&f, 0x50000, &first, "");
	expect_refused(&f, MI_ERR_FORMAT, "two kernels");
	/* The note decides if it is whole. */
	set_note(&f, &first, "");
	expect_kernel(&f, &first, "X", NULL, "note in the dump");
	free(f.note);
	f.note = NULL;
	/* Of the one that ran before, the page tables are gone. */
	memset(f.mem + second.pa + PMD * 4096, 0, 4096);
	expect_kernel(&f, &first, "X", NULL, "memory at physical 0x50000");
	put_text(&f, 0x40000, &first, "");
	put_text(&f, 0x50000, &second, "");
	expect_kernel(&f, &first, "X", NULL, "memory at physical 0x40000");
	/* Proof by all of it goes before proof by page tables. */
	odd.release = "odd";
	for (uint64_t pa = 0x30000; pa < 0x34000; pa += 4096)
		put_text(&f, pa, &odd, pa == 0x31000 ? "X=1\n" : pa == 0x32000 ? "X=2\n" : "Y=\n");
	expect_kernel(&f, &first, "X", NULL, "memory at physical 0x40000");
	memset(f.mem + 0x40000, 0, 4096);
	expect_refused(&f, MI_ERR_FORMAT, "two kernels");
	teardown(&f);
}

/* Texts in page cache and elsewhere: not at a page's start, not alone, not whole. */
static void test_no_text(void **state)
{
	struct fake f;

	(void)state;
	setup(&f);
	expect_refused(&f, MI_ERR_MISSING, "no note, and no VMCOREINFO in the memory (255 pages");
	expect_refused(&f, MI_ERR_MISSING, "before 4.13, give its vmlinux with -s");
	put_text(&f, 0x40040, &first, "");
	put_text(&f, 0x50000, &first, "");
	f.mem[0x50ff0] = 'x';
	put_text(&f, 0x60000, &first, "no equals sign\n");
	put_text(&f, 0x70000, &first, "CUT=with");
	put_text(&f, 0x80000, &first, "");
	memcpy(f.mem + 0x80000 + 12, "\n\n", 2);
	put_note(&f, 0x90000, &first, "");
	f.mem[0x90004] += 9;
	put_note(&f, 0xa0000, &first, "");
	f.mem[0xa0007] = 0xff;
	put_text(&f, ABSENT * 4096, &first, "");
	expect_refused(&f, MI_ERR_MISSING, "no VMCOREINFO in the memory");
	put_text(&f, 0xb0000, &second, "");
	expect_refused(&f, MI_ERR_MISSING, "1 found and none fits");
	teardown(&f);
}

/* Before 5.11 the place of the release is not in the text. */
static void test_without_offset(void **state)
{
	struct kernel liar = first;
	struct fake f;
	char *text;

	(void)state;
	liar.release = "5.10.0-liar";
	setup(&f);
	put_text(&f, 0x40000, &first, "");
	for (int lie = 0; lie < 2; lie++) {
		set_note(&f, lie ? &liar : &first, "X=1\n");
		text = strstr(f.note, "OFFSET(");
		memmove(text, strchr(text, '\n') + 1, strlen(strchr(text, '\n')));
		expect_kernel(&f, &first, "X", lie ? NULL : "1",
			      lie ? "memory at physical 0x40000" : "note in the dump");
	}
	teardown(&f);
}

/* ---- kernels before 4.10, which do not tell where they lie ---- */

#define OLD_BASE (START_KERNEL_MAP + 0x30000)
static const struct kernel old = {OLD_BASE, 0x30000, "2.6.32-old"};
#define VARIABLE (5 * 4096 + 2048) /* phys_base, in the page of init_uts_ns */

/* @more: the line that names the variable, or that a kernel before 3.10 has. */
static void set_old(struct fake *f, uint64_t at, uint64_t variable, const char *more)
{
	f->at = at;
	memset(f->mem, 0, PAGES * 4096);
	put_kernel(f, &old);
	memcpy(f->mem + old.pa + VARIABLE, &variable, 8);
	free(f->note);
	assert_true(asprintf(&f->note,
			     "OSRELEASE=%s\nPAGESIZE=4096\nSYMBOL(init_uts_ns)=%llx\n"
			     "SYMBOL(swapper_pg_dir)=%llx\nSYMBOL(_stext)=%llx\n%s",
			     old.release, (unsigned long long)old.va + UTS * 4096,
			     (unsigned long long)old.va + PGD * 4096, (unsigned long long)old.va,
			     more) > 0);
}

static void expect_base(struct fake *f, uint64_t base)
{
	struct mi_target t;
	struct mi_error err;

	if (identify(f, &t, &err))
		fail_msg("%s", err.text);
	assert_true(t.xlat.phys_base_found && t.xlat.phys_base == base);
	assert_true(t.xlat.root == old.pa + PGD * 4096 + f->at);
	assert_true(t.sources[0].ok);
	release(&t);
}

static void test_place(void **state)
{
	static const char vmlist[] = "SYMBOL(vmlist)=ffffffff80001000\n";
	char line[64];
	struct fake f;

	(void)state;
	sprintf(line, "SYMBOL(phys_base)=%llx\n", (unsigned long long)OLD_BASE + VARIABLE);
	setup(&f);
	f.p.ops = &ops_no_search;
	/* Where it was linked to; a dump's header that says something else changes nothing. */
	set_old(&f, 0, 0, line);
	expect_base(&f, 0);
	set_old(&f, 0, 77, vmlist);
	f.p.phys_base_told = true;
	f.p.phys_base = 0x600000;
	expect_base(&f, 0);
	/* As the header says, also where no search comes to. */
	set_old(&f, 0x10000000000, 0x10000000000, line);
	f.p.phys_base = 0x10000000000;
	expect_base(&f, 0x10000000000);
	/* The header has it wrong, or is none: searched for. */
	set_old(&f, 0x600000, 0x600000, line);
	expect_base(&f, 0x600000);
	f.p.phys_base_told = false;
	set_old(&f, 63ULL << 30, 63ULL << 30, vmlist);
	expect_base(&f, 63ULL << 30);
	/* There could be another that fits. */
	set_old(&f, 0x600000, 0x600000, vmlist);
	f.patience = 600; /* steps of 2 MiB from -1 GiB on */
	expect_refused(&f, MI_ERR_INTERRUPTED, "interrupted");
	f.interrupted = false;
	expect_base(&f, 0x600000);
	/* The kernel's own variable says something else: tables that were left over. */
	set_old(&f, 0x600000, 0x800000, line);
	expect_refused(&f, MI_ERR_READ, "does not map _stext");
	/* Not where a boot loader puts it. */
	set_old(&f, 0x601000, 0x601000, line);
	expect_refused(&f, MI_ERR_READ, "does not map _stext");
	teardown(&f);
}

/* ---- the same of arm64, before 4.12 ---- */

static const struct kernel old_arm64 = {0xffff800000030000, 0x30000, "3.16.0-old"};

static void set_old_arm64(struct fake *f, const struct mi_provider_ops *with, uint64_t at)
{
	const struct kernel *k = &old_arm64;

	f->p.ops = with;
	f->at = at;
	memset(f->mem, 0, PAGES * 4096);
	put_kernel(f, k);
	free(f->note);
	assert_true(asprintf(&f->note,
			     "OSRELEASE=%s\nPAGESIZE=4096\nSYMBOL(init_uts_ns)=%llx\n"
			     "SYMBOL(swapper_pg_dir)=%llx\nSYMBOL(_stext)=%llx\n"
			     "OFFSET(page._count)=28\n",
			     k->release, (unsigned long long)k->va + UTS * 4096,
			     (unsigned long long)k->va + PGD * 4096,
			     (unsigned long long)k->va) > 0);
}

static void expect_arm64(struct fake *f)
{
	struct mi_target t;
	struct mi_error err;

	if (identify(f, &t, &err))
		fail_msg("%s", err.text);
	assert_ptr_equal(t.arch, &mi_arch_arm64);
	assert_int_equal(t.xlat.shape.levels, 4);
	assert_true(t.xlat.root == old_arm64.pa + PGD * 4096 + f->at);
	assert_true(t.sources[0].ok);
	release(&t);
}

static void test_place_arm64(void **state)
{
	struct fake f;

	(void)state;
	setup(&f);
	f.arch = &mi_arch_arm64;
	set_old_arm64(&f, &ops, 0x80000000);
	expect_arm64(&f);
	/* Wherever the dump has memory; also if nothing but the text tells the architecture. */
	f.arch = NULL;
	set_old_arm64(&f, &ops, 0x80000000000);
	expect_arm64(&f);
	/* A provider that does not tell where it has memory. */
	set_old_arm64(&f, &ops_no_search, 63ULL << 30);
	expect_arm64(&f);
	f.patience = 600;
	expect_refused(&f, MI_ERR_INTERRUPTED, "interrupted");
	f.interrupted = false;
	set_old_arm64(&f, &ops_no_search, 64ULL << 30);
	expect_refused(&f, MI_ERR_READ, "nowhere there is a page table");
	/* Not where memory begins. */
	set_old_arm64(&f, &ops_no_search, 0x80001000);
	expect_refused(&f, MI_ERR_READ, "nowhere there is a page table");
	/* Of an address in the middle no number of bits can be told. */
	set_old_arm64(&f, &ops_no_search, 0x80000000);
	memcpy(strstr(f.note, "_stext)=") + 8, "80000000", 8);
	f.arch = &mi_arch_arm64;
	expect_refused(&f, MI_ERR_READ, "nowhere there is a page table");
	teardown(&f);
}

static void test_hostile(void **state)
{
	struct fake f;

	(void)state;
	setup(&f);
	put_kernel(&f, &second);
	for (uint64_t page = 0; page < PAGES; page++) {
		char extra[32];

		if (page >= first.pa / 4096 && page <= second.pa / 4096 + UTS)
			continue;
		sprintf(extra, "X=%u\n", (unsigned int)page);
		put_text(&f, page * 4096, page & 1 ? &first : &second, extra);
	}
	expect_refused(&f, MI_ERR_FORMAT, "two kernels");
	/* All pages full of text without an end. */
	for (size_t i = 0; i < PAGES * 4096; i++)
		f.mem[i] = "OSRELEASE=x\n\nPPP"[i % 16];
	expect_refused(&f, MI_ERR_MISSING, "no VMCOREINFO in the memory");
	f.interrupted = true;
	expect_refused(&f, MI_ERR_INTERRUPTED, "interrupted");
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_note),	      cmocka_unit_test(test_found),
		cmocka_unit_test(test_long),	      cmocka_unit_test(test_bad_note),
		cmocka_unit_test(test_other_release), cmocka_unit_test(test_two),
		cmocka_unit_test(test_no_text),	      cmocka_unit_test(test_without_offset),
		cmocka_unit_test(test_place_arm64),   cmocka_unit_test(test_place),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
