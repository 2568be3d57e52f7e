// SPDX-License-Identifier: GPL-2.0-or-later
/* vmcoreinfo.c - the KEY=VALUE lines of the VMCOREINFO note; contract in vmcoreinfo.h */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "vmcoreinfo.h"

/* The kernel's own buffer is a page or a few; beyond this it is something else. */
#define MAX_TEXT (1U << 20)
/* Smallest buffer of any kernel: a shorter text cannot have been cut by it. */
#define MIN_KERNEL_BUFFER 4096

struct line {
	const char *key;
	const char *value;
};

struct mi_vmcoreinfo {
	char *text;
	struct line *lines;
	size_t n_lines;
};

static size_t count_lines(const char *text)
{
	size_t n = 1;

	while ((text = strchr(text, '\n'))) {
		text++;
		n++;
	}
	return n;
}

/*
 * Split vi->text in place. The text of a full kernel buffer stops in the
 * middle of a line, and half an address still looks like one: such a last
 * line is dropped.
 */
static void split_lines(struct mi_vmcoreinfo *vi, size_t len)
{
	char *pos = vi->text;

	while (*pos) {
		char *end = strchr(pos, '\n');
		char *eq;

		if (!end && len >= MIN_KERNEL_BUFFER)
			break;
		if (end)
			*end = '\0';
		eq = strchr(pos, '=');
		if (eq && eq != pos) {
			*eq = '\0';
			vi->lines[vi->n_lines].key = pos;
			vi->lines[vi->n_lines].value = eq + 1;
			vi->n_lines++;
		}
		if (!end)
			break;
		pos = end + 1;
	}
}

enum mi_status mi_vmcoreinfo_parse(const char *text, size_t len, struct mi_vmcoreinfo **ret,
				   struct mi_error *err)
{
	struct mi_vmcoreinfo *vi;

	*ret = NULL;
	/* Notes are padded with NULs. */
	len = strnlen(text, len);
	if (len > MAX_TEXT)
		return mi_fail(err, MI_ERR_FORMAT, "VMCOREINFO of %zu bytes is implausible", len);
	vi = calloc(1, sizeof(*vi));
	if (!vi)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory for VMCOREINFO");
	vi->text = malloc(len + 1);
	if (vi->text) {
		memcpy(vi->text, text, len);
		vi->text[len] = '\0';
		vi->lines = calloc(count_lines(vi->text), sizeof(*vi->lines));
	}
	if (!vi->lines) {
		mi_vmcoreinfo_free(vi);
		return mi_fail(err, MI_ERR_NOMEM, "out of memory for VMCOREINFO");
	}
	split_lines(vi, len);
	if (!vi->n_lines) {
		mi_vmcoreinfo_free(vi);
		return mi_fail(err, MI_ERR_FORMAT, "VMCOREINFO has no KEY=VALUE line");
	}
	*ret = vi;
	return MI_OK;
}

/* Offset of the first line that is not as it should be, @len if all are. */
static size_t first_bad_line(const char *text, size_t len)
{
	size_t pos = 0;

	while (pos < len) {
		const char *line = text + pos, *end = memchr(line, '\n', len - pos);
		size_t n = end ? (size_t)(end - line) : len - pos;
		const char *eq = memchr(line, '=', n);

		if (!eq || eq == line || (!end && len < MIN_KERNEL_BUFFER))
			return pos;
		for (size_t i = 0; i < n; i++)
			if (line[i] < ' ' || line[i] > '~')
				return pos;
		for (const char *c = line; c < eq; c++)
			if (!isalnum((unsigned char)*c) && !strchr("_.()-", *c))
				return pos;
		pos += n + !!end;
	}
	return len;
}

static enum mi_status check_keys(const struct mi_vmcoreinfo *vi, struct mi_error *err)
{
	static const char *const keys[] = {"PAGESIZE", "SYMBOL(init_uts_ns)", "SYMBOL(_stext)",
					   "SYMBOL(swapper_pg_dir)"};
	uint64_t value;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!mi_vmcoreinfo_number(vi, keys[i], &value))
			return mi_fail(err, MI_ERR_FORMAT, "no valid %s", keys[i]);
	/* Where the kernel lies: since 4.10 in two numbers, of which the second is among the last.
	 */
	if (mi_vmcoreinfo_number(vi, "SYMBOL(phys_base)", &value))
		return MI_OK;
	/* i386, nowhere: it maps its image as all of low memory. */
	if (!mi_vmcoreinfo_number(vi, "SYMBOL(swapper_pg_dir)", &value) || value <= UINT32_MAX)
		return MI_OK;
	/* arm64, in one number; before 4.12, nowhere. Up to 4.6 a member has an older name. */
	if (mi_vmcoreinfo_number(vi, "NUMBER(kimage_voffset)", &value) ||
	    (mi_arch_of_text(vi) == &mi_arch_arm64 &&
	     mi_vmcoreinfo_number(vi, "OFFSET(page._count)", &value)))
		return MI_OK;
	/* Before 3.10, of which not all tell where that variable is. */
	if (mi_vmcoreinfo_number(vi, "SYMBOL(vmlist)", &value))
		return MI_OK;
	if (!mi_vmcoreinfo_number(vi, "NUMBER(phys_base)", &value))
		return mi_fail(err, MI_ERR_FORMAT, "no valid NUMBER(phys_base)");
	if (!mi_vmcoreinfo_number(vi, "KERNELOFFSET", &value))
		return mi_fail(err, MI_ERR_FORMAT, "no valid KERNELOFFSET");
	return MI_OK;
}

enum mi_status mi_vmcoreinfo_check(const char *text, size_t len, struct mi_error *err)
{
	static const char begin[] = "OSRELEASE=";
	struct mi_vmcoreinfo *vi;
	enum mi_status st;
	size_t bad;

	len = strnlen(text, len);
	if (len < sizeof(begin) - 1 || memcmp(text, begin, sizeof(begin) - 1))
		return mi_fail(err, MI_ERR_FORMAT, "it does not begin with %s", begin);
	bad = first_bad_line(text, len);
	if (bad < len)
		return mi_fail(err, MI_ERR_FORMAT, "byte %zu begins no line KEY=VALUE", bad);
	st = mi_vmcoreinfo_parse(text, len, &vi, err);
	if (st)
		return st;
	st = check_keys(vi, err);
	mi_vmcoreinfo_free(vi);
	return st;
}

void mi_vmcoreinfo_free(struct mi_vmcoreinfo *vi)
{
	if (!vi)
		return;
	free(vi->lines);
	free(vi->text);
	free(vi);
}

const char *mi_vmcoreinfo_line(const struct mi_vmcoreinfo *vi, const char *key)
{
	for (size_t i = 0; i < vi->n_lines; i++)
		if (!strcmp(vi->lines[i].key, key))
			return vi->lines[i].value;
	return NULL;
}

/* Written with %lx, not with %d or 0x%lx. */
static bool is_hexadecimal(const char *key)
{
	return !strncmp(key, "SYMBOL(", 7) || !strcmp(key, "KERNELOFFSET");
}

bool mi_vmcoreinfo_number(const struct mi_vmcoreinfo *vi, const char *key, uint64_t *value)
{
	const char *text = mi_vmcoreinfo_line(vi, key);
	const char *digits = text;
	unsigned long long n;
	int base = 10;
	char *end;

	if (!text)
		return false;
	if (*digits == '-')
		digits++;
	if (is_hexadecimal(key) || (digits[0] == '0' && (digits[1] | 0x20) == 'x'))
		base = 16;
	/* strtoull() would take blanks and a second sign. */
	if (!isxdigit((unsigned char)*digits))
		return false;
	errno = 0;
	n = strtoull(digits, &end, base);
	if (errno || end == digits || *end)
		return false;
	*value = *text == '-' ? -n : n;
	return true;
}
