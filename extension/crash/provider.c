// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * provider.c - provider: the memory that crash has open
 *
 * The answer must be that of the mmapinfo command on the same file. So reasons
 * come from where it takes them: of an ELF dump from the segments, of others
 * from what crash's reader returns.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../libsrc/target/dumpfile.h"
#include "host.h"
#include "interrupt.h"
#include "provider.h"

struct crash {
	struct mi_provider p;
	struct mi_dumpfile file; /* empty: of a format that only crash knows */
	struct mi_bytes bytes;
	int fd;
	unsigned int polls;
};

static struct crash *to_crash(struct mi_provider *p)
{
	return (struct crash *)p;
}

static enum mi_read read_page(struct mi_provider *p, uint64_t pa, void *page)
{
	struct crash *c = to_crash(p);
	enum mi_read r = MI_READ_OK;
	uint64_t offset;

	if (c->file.bytes)
		r = mi_dumpfile_look(&c->file, pa, &offset);
	if (!r)
		r = mi_host_read_page(pa, page);
	/* Without headers of ours: a page that was never written has an empty descriptor. */
	if (r == MI_READ_DAMAGED && p->incomplete && !c->file.bytes)
		r = MI_READ_INCOMPLETE;
	return r;
}

static bool symbol(struct mi_provider *p, const char *name, uint64_t *addr)
{
	(void)p;
	return mi_host_symbol(name, addr);
}

static bool interrupted(struct mi_provider *p)
{
	/* Asking for the pager is a system call. */
	if (mi_interrupted())
		return true;
	return to_crash(p)->polls++ % 64 == 0 && mi_host_output_closed();
}

static void close_provider(struct mi_provider *p)
{
	struct crash *c = to_crash(p);

	mi_dumpfile_close(&c->file);
	if (c->fd >= 0)
		close(c->fd);
	free(c);
}

/* ---- VMCOREINFO ---- */

/* crash hands out single keys. Those that libsrc/ asks for, if there is nothing better. */
static const char *const keys[] = {
	"OSRELEASE",
	"BUILD-ID",
	"PAGESIZE",
	"KERNELOFFSET",
	"SYMBOL(init_uts_ns)",
	"SYMBOL(_stext)",
	"SYMBOL(init_top_pgt)",
	"SYMBOL(init_level4_pgt)",
	"SYMBOL(swapper_pg_dir)",
	"SYMBOL(kallsyms_names)",
	"SYMBOL(kallsyms_num_syms)",
	"SYMBOL(kallsyms_token_table)",
	"SYMBOL(kallsyms_token_index)",
	"SYMBOL(kallsyms_offsets)",
	"SYMBOL(kallsyms_addresses)",
	"SYMBOL(kallsyms_relative_base)",
	"NUMBER(phys_base)",
	"NUMBER(pgtable_l5_enabled)",
	"NUMBER(sme_mask)",
	"NUMBER(MAX_PHYSMEM_BITS)",
	"NUMBER(KERNEL_IMAGE_SIZE)",
	"OFFSET(uts_namespace.name)",
};

static char *text_from_keys(size_t *len)
{
	char *text = NULL, *value;
	FILE *out = open_memstream(&text, len);
	size_t i;

	if (!out)
		return NULL;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		value = mi_host_vmcoreinfo(keys[i]);
		if (value)
			fprintf(out, "%s=%s\n", keys[i], value);
		free(value);
	}
	fclose(out);
	if (text && *len)
		return text;
	free(text);
	return NULL;
}

/*
 * The ELF note, where the kernel has it in memory: what the dump's own is a copy of. When
 * it panics, the kernel writes its text from a safe copy, in memory that no dump has.
 */
static char *text_from_note(size_t *len)
{
	static const char name[12] = "VMCOREINFO";
	struct {
		Elf64_Nhdr nhdr;
		char name[sizeof(name)];
	} head;
	uint64_t at;
	char *text;

	/* An array until 4.13, then a pointer. */
	if (!mi_host_symbol("vmcoreinfo_note", &at) || !mi_host_read_virt(at, &head, sizeof(head)))
		return NULL;
	if (memcmp(head.name, name, sizeof(name)) && (!mi_host_read_virt(at, &at, sizeof(at)) ||
						      !mi_host_read_virt(at, &head, sizeof(head))))
		return NULL;
	if (memcmp(head.name, name, sizeof(name)) || head.nhdr.n_descsz > 64 * 1024)
		return NULL;
	text = malloc(head.nhdr.n_descsz + 1);
	if (!text || !mi_host_read_virt(at + sizeof(head), text, head.nhdr.n_descsz)) {
		free(text);
		return NULL;
	}
	text[head.nhdr.n_descsz] = '\0';
	*len = head.nhdr.n_descsz;
	return text;
}

/* The text the kernel keeps for its crash dump; a pointer to it since 4.13. */
static char *text_from_memory(size_t *len)
{
	static const char first[] = "OSRELEASE=";
	uint64_t at, size;
	char start[sizeof(first) - 1], *text;

	if (!mi_host_symbol("vmcoreinfo_data", &at) || !mi_host_symbol("vmcoreinfo_size", &size) ||
	    !mi_host_read_virt(size, &size, sizeof(size)) || size < sizeof(start) ||
	    size > 64 * 1024 || !mi_host_read_virt(at, start, sizeof(start)))
		return NULL;
	if (memcmp(start, first, sizeof(start)))
		memcpy(&at, start, sizeof(at));
	text = malloc(size + 1);
	if (text && mi_host_read_virt(at, text, size) && !memcmp(text, first, sizeof(start))) {
		text[size] = '\0';
		*len = size;
		return text;
	}
	free(text);
	return NULL;
}

/* The line of @key in @text is what the dump's own note says; without note, it is right. */
static bool agrees(const char *text, const char *key)
{
	char line[256], *value = mi_host_vmcoreinfo(key);
	bool ok = true;

	if (value) {
		snprintf(line, sizeof(line), "%s=%s\n", key, value);
		ok = strstr(text, line);
	}
	free(value);
	return ok;
}

/* NULL instead of a text that does not agree with the note. */
static char *believed(char *text)
{
	if (!text || (agrees(text, "OSRELEASE") && agrees(text, "KERNELOFFSET") &&
		      agrees(text, "NUMBER(phys_base)")))
		return text;
	free(text);
	return NULL;
}

static enum mi_status vmcoreinfo(struct mi_provider *p, char **text, size_t *len,
				 struct mi_error *err)
{
	(void)p;
	*text = believed(text_from_note(len));
	if (!*text)
		*text = believed(text_from_memory(len));
	if (!*text)
		*text = text_from_keys(len);
	if (*text)
		return MI_OK;
	return mi_fail(err, MI_ERR_MISSING, "no VMCOREINFO, neither in memory nor in the dump");
}

/* ---- opening ---- */

static bool flat_bytes(void *arg, uint64_t off, void *buf, size_t len)
{
	return mi_host_flat_bytes(*(int *)arg, off, buf, len);
}

/* crash re-arranges a flattened dump, makedumpfile -F's, as it reads. */
static bool open_bytes(struct crash *c, const struct mi_host_facts *f)
{
	if (!f->flattened)
		return mi_dumpfile_bytes(&c->fd, &c->bytes, NULL) == MI_OK;
	c->bytes = (struct mi_bytes){.arg = &c->fd, .size = ~0ULL, .read = flat_bytes};
	return true;
}

/* One that holds everything is as good as a whole dump. */
static bool is_part(const struct crash *c)
{
	const struct mi_compressed_facts *f;

	if (!c->file.compressed)
		return false;
	f = mi_compressed_facts(c->file.compressed);
	return f->split && (f->start > 0 || f->end < f->max_pfn);
}

static void gather_facts(struct crash *c)
{
	struct mi_host_facts f;

	mi_host_facts(&f);
	c->p.live = f.live;
	if (f.dumpfile)
		c->fd = open(f.dumpfile, O_RDONLY | O_CLOEXEC);
	if (c->fd >= 0 && open_bytes(c, &f) && !mi_dumpfile_open(&c->bytes, &c->file, NULL)) {
		mi_dumpfile_facts(&c->file, &c->p);
	} else {
		mi_dumpfile_close(&c->file);
		/* Of a format that only crash knows, its word is all there is. */
		c->p.absent_may_be_zero = f.zero_excluded;
	}
	if (f.incomplete)
		mi_provider_lacks(
			&c->p,
			"makedumpfile could not write all of it (disk full?), as its header says");
}

static const struct mi_provider_ops crash_ops = {
	.read_page = read_page,
	.vmcoreinfo = vmcoreinfo,
	.symbol = symbol,
	.interrupted = interrupted,
	.close = close_provider,
};

enum mi_status mi_crash_provider(struct mi_provider **ret, struct mi_error *err)
{
	struct crash *c = calloc(1, sizeof(*c));
	bool part;

	if (!c)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	c->p.ops = &crash_ops;
	c->p.name = "crash";
	c->p.dump_level = -1;
	c->fd = -1;
	gather_facts(c);
	part = is_part(c);
	/* 8.0.2 takes bytes of other pages for what is asked. */
	if (part) {
		close_provider(&c->p);
		return mi_fail(err, MI_ERR_UNSUPPORTED,
			       "crash reads the parts of a split dump wrongly: join them: "
			       "makedumpfile --reassemble PART... NEW; or give each to the "
			       "mmapinfo command with a -c of its own");
	}
	*ret = &c->p;
	return MI_OK;
}
