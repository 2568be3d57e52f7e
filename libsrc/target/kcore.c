// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kcore.c - provider: the running kernel, by /proc/kcore
 *
 * An ELF file with a segment for each piece of RAM, as it lies in the kernel's direct mapping, and
 * others (vmalloc, the image, vmemmap) that are not needed: virtual addresses go through the
 * kernel's own page tables, as in a dump. Since 4.11 the headers tell physical addresses
 * (464920104bf7), since 4.19 there is a note with VMCOREINFO (23c85094fe18).
 *
 * fs/proc/kcore.c gives zeroes for pages that are offline, poisoned, or given back to the host. No
 * structure of the kernel lies there, and pages of processes are not read.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "target.h"

#define KCORE "/proc/kcore"
#define VMCOREINFO_AT "/sys/kernel/vmcoreinfo"
#define LOCKDOWN "/sys/kernel/security/lockdown"
#define NOTES_MAX (4U << 20)

struct segment {
	uint64_t pa, end, offset; /* physical; where it begins in the file */
};

struct kcore {
	struct mi_provider p;
	int fd;
	struct segment *seg; /* in order of address */
	size_t n_segs;
	uint64_t notes, notes_size; /* in the file */
};

static struct kcore *to_kcore(struct mi_provider *p)
{
	return (struct kcore *)p;
}

/* If not, errno says why: ENODATA at the file's end. */
static bool read_all(int fd, void *buf, size_t len, uint64_t off)
{
	char *to = buf;

	while (len) {
		ssize_t n = pread(fd, to, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = ENODATA;
		if (n <= 0)
			return false;
		to += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return true;
}

/* ---- reading ---- */

static const struct segment *find_segment(const struct kcore *k, uint64_t pa, uint64_t len)
{
	size_t low = 0, high = k->n_segs, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (k->seg[mid].end <= pa)
			low = mid + 1;
		else
			high = mid;
	}
	return low < k->n_segs && k->seg[low].pa <= pa && k->seg[low].end - pa >= len ? &k->seg[low]
										      : NULL;
}

static enum mi_read kcore_read_run(struct mi_provider *p, uint64_t pa, const struct iovec *iov,
				   size_t n)
{
	struct kcore *k = to_kcore(p);
	const struct segment *s = find_segment(k, pa, n * MI_PAGE_SIZE);
	ssize_t got;

	if (!s)
		return MI_READ_HOLE;
	got = preadv(k->fd, iov, (int)n, (off_t)(s->offset + (pa - s->pa)));
	return got == (ssize_t)(n * MI_PAGE_SIZE) ? MI_READ_OK : MI_READ_IO;
}

static enum mi_read kcore_read_part(struct mi_provider *p, uint64_t pa, void *buf, size_t len)
{
	struct kcore *k = to_kcore(p);
	const struct segment *s = find_segment(k, pa, len);

	if (!s)
		return MI_READ_HOLE;
	if (read_all(k->fd, buf, len, s->offset + (pa - s->pa)))
		return MI_READ_OK;
	return errno == EFAULT ? MI_READ_UNMAPPED : MI_READ_IO;
}

static enum mi_read kcore_read_page(struct mi_provider *p, uint64_t pa, void *page)
{
	return kcore_read_part(p, pa, page, MI_PAGE_SIZE);
}

/* ---- VMCOREINFO ---- */

static uint64_t aligned(uint64_t n)
{
	return (n + 3) & ~3ULL;
}

/* The text in a row of ELF notes; malloc'd. */
static char *text_in_notes(const char *notes, uint64_t size, size_t *len)
{
	static const char name[] = "VMCOREINFO";
	uint64_t at = 0, desc;
	Elf64_Nhdr nh;
	char *text;

	while (at <= size && size - at >= sizeof(nh)) {
		memcpy(&nh, notes + at, sizeof(nh));
		at += sizeof(nh);
		desc = at + aligned(nh.n_namesz);
		if (desc > size || nh.n_descsz > size - desc)
			break;
		if (nh.n_namesz == sizeof(name) && !memcmp(notes + at, name, sizeof(name))) {
			text = malloc((size_t)nh.n_descsz + 1);
			if (text)
				memcpy(text, notes + desc, nh.n_descsz);
			*len = nh.n_descsz;
			return text;
		}
		at = desc + aligned(nh.n_descsz);
	}
	return NULL;
}

/* Before the file had it, sysfs told where the note lies. */
static bool read_note_in_memory(struct kcore *k, char **notes, uint64_t *size)
{
	FILE *f = fopen(VMCOREINFO_AT, "re");
	unsigned long long pa, len;
	bool told;

	if (!f)
		return false;
	told = fscanf(f, "%llx %llx", &pa, &len) == 2 && len && len < NOTES_MAX;
	fclose(f);
	*notes = told ? malloc(len) : NULL;
	*size = len;
	return *notes && !kcore_read_part(&k->p, pa, *notes, len);
}

static enum mi_status kcore_vmcoreinfo(struct mi_provider *p, char **text, size_t *len,
				       struct mi_error *err)
{
	struct kcore *k = to_kcore(p);
	char *notes = NULL;
	uint64_t size = 0;

	*text = NULL;
	if (k->notes_size && k->notes_size <= NOTES_MAX) {
		size = k->notes_size;
		notes = malloc(size);
		if (notes && read_all(k->fd, notes, size, k->notes))
			*text = text_in_notes(notes, size, len);
	}
	if (!*text) {
		free(notes);
		notes = NULL;
		if (read_note_in_memory(k, &notes, &size))
			*text = text_in_notes(notes, size, len);
	}
	free(notes);
	return *text ? MI_OK
		     : mi_fail(err, MI_ERR_MISSING,
			       "the running kernel tells no VMCOREINFO (CONFIG_VMCORE_INFO, before "
			       "6.9 CONFIG_CRASH_CORE)");
}

static void kcore_close(struct mi_provider *p)
{
	struct kcore *k = to_kcore(p);

	if (k->fd >= 0)
		close(k->fd);
	free(k->seg);
	free(k);
}

static const struct mi_provider_ops kcore_ops = {
	.read_page = kcore_read_page,
	.vmcoreinfo = kcore_vmcoreinfo,
	.read_part = kcore_read_part,
	.read_run = kcore_read_run,
	.close = kcore_close,
};

/* ---- opening ---- */

/* "none [integrity] confidentiality": is it the strictest? Unreadable: false. */
static bool locked_down(void)
{
	char text[80] = "";
	FILE *f = fopen(LOCKDOWN, "re");

	if (!f)
		return false;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	return strstr(text, "[confidentiality]") != NULL;
}

static enum mi_status cannot_open(int why, struct mi_error *err)
{
	static const char then[] = "a vmcore can be read: give one with -c";

	if (why == ENOENT)
		return mi_fail(err, MI_ERR_MISSING,
			       KCORE
			       " is not there (CONFIG_PROC_KCORE is off, or a container hides "
			       "it); %s",
			       then);
	if (why == ENODATA)
		return mi_fail(err, MI_ERR_MISSING,
			       KCORE " is empty (a container masks it with another file); %s",
			       then);
	if (why == EPERM && locked_down())
		return mi_fail(
			err, MI_ERR_IO,
			"the kernel is locked down (lockdown=confidentiality), so nobody may "
			"read " KCORE "; %s",
			then);
	if (why == EPERM || why == EACCES)
		return mi_fail(err, MI_ERR_IO,
			       "reading the running kernel needs root with CAP_SYS_RAWIO (" KCORE
			       ": %s); %s",
			       strerror(why), then);
	return mi_fail(err, MI_ERR_IO, KCORE ": %s; %s", strerror(why), then);
}

static int by_address(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	return (x->pa > y->pa) - (x->pa < y->pa);
}

/* Segments of RAM. Others have no physical address (~0), or a second way to the same memory. */
static void take_header(struct kcore *k, const Elf64_Phdr *ph)
{
	struct segment *s = &k->seg[k->n_segs];

	if (ph->p_type == PT_NOTE) {
		k->notes = ph->p_offset;
		k->notes_size = ph->p_filesz;
	}
	if (ph->p_type != PT_LOAD || ph->p_paddr == ~0ULL || !ph->p_filesz ||
	    ph->p_paddr + ph->p_filesz < ph->p_paddr)
		return;
	s->pa = ph->p_paddr;
	s->end = ph->p_paddr + ph->p_filesz;
	s->offset = ph->p_offset;
	k->n_segs++;
}

/* Apart from each other: the image is mapped twice. */
static bool separate(struct kcore *k)
{
	size_t i, n = 0;

	qsort(k->seg, k->n_segs, sizeof(*k->seg), by_address);
	for (i = 0; i < k->n_segs; i++) {
		struct segment s = k->seg[i];
		uint64_t done = n ? k->seg[n - 1].end : 0;

		if (s.end <= done)
			continue;
		if (s.pa < done) {
			s.offset += done - s.pa;
			s.pa = done;
		}
		k->seg[n++] = s;
	}
	k->n_segs = n;
	return n > 0;
}

static enum mi_status read_headers(struct kcore *k, struct mi_error *err)
{
	Elf64_Ehdr eh;
	Elf64_Phdr *ph;
	size_t i, size;
	bool ok;

	if (!read_all(k->fd, &eh, sizeof(eh), 0))
		return cannot_open(errno, err);
	if (memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0 || eh.e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh.e_phentsize != sizeof(*ph) || !eh.e_phnum)
		return mi_fail(err, MI_ERR_UNSUPPORTED,
			       KCORE " is not of a 64-bit kernel: only x86-64 and arm64 can be "
				     "read while they run");
	k->p.arch = eh.e_machine == EM_X86_64	 ? "x86_64"
		    : eh.e_machine == EM_AARCH64 ? "aarch64"
						 : "an unknown one";
	size = eh.e_phnum * sizeof(*ph);
	ph = malloc(size);
	k->seg = calloc(eh.e_phnum, sizeof(*k->seg));
	ok = ph && k->seg && read_all(k->fd, ph, size, eh.e_phoff);
	for (i = 0; ok && i < eh.e_phnum; i++)
		take_header(k, &ph[i]);
	free(ph);
	if (!ok)
		return mi_fail(err, MI_ERR_IO, KCORE ": its headers cannot be read");
	if (!separate(k) || !k->seg[k->n_segs - 1].pa)
		return mi_fail(err, MI_ERR_UNSUPPORTED,
			       KCORE " does not tell physical addresses (kernels before 4.11)");
	return MI_OK;
}

enum mi_status mi_kcore_open(struct mi_provider **ret, struct mi_error *err)
{
	struct kcore *k = calloc(1, sizeof(*k));
	enum mi_status st;

	if (!k)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	k->p.ops = &kcore_ops;
	k->p.name = "kcore";
	k->p.dump_level = -1;
	k->p.live = true;
	k->fd = open(KCORE, O_RDONLY | O_CLOEXEC);
	st = k->fd < 0 ? cannot_open(errno, err) : read_headers(k, err);
	if (st) {
		kcore_close(&k->p);
		return st;
	}
	*ret = &k->p;
	return MI_OK;
}
