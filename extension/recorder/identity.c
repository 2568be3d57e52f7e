// SPDX-License-Identifier: GPL-2.0
#include <linux/elf.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/uuid.h>

#include "identity.h"

ssize_t mr_read_file(const char *path, void *to, size_t size)
{
	struct file *file = filp_open(path, O_RDONLY, 0);
	loff_t pos = 0;
	ssize_t got = 0;

	if (IS_ERR(file))
		return PTR_ERR(file);
	while (pos < size) {
		got = kernel_read(file, to + pos, size - pos, &pos);
		if (got <= 0)
			break;
	}
	filp_close(file, NULL);
	return got < 0 ? got : pos;
}

static void identify_boot(struct mmaprec_header *h)
{
	char text[UUID_STRING_LEN + 1] = "";
	uuid_t id;

	if (mr_read_file("/proc/sys/kernel/random/boot_id", text, UUID_STRING_LEN) ==
		    UUID_STRING_LEN &&
	    !uuid_parse(text, &id))
		memcpy(h->boot_id, &id, sizeof(h->boot_id));
}

/* The kernel shows a module's notes in sysfs; ours has one of the linker. */
static void identify_build(struct mmaprec_header *h)
{
	struct {
		struct elf32_note note;
		char name[4];
		u8 id[sizeof(h->build_id)];
	} note;

	if (mr_read_file("/sys/module/" MR_NAME "/notes/.note.gnu.build-id", &note, sizeof(note)) ==
		    sizeof(note) &&
	    note.note.n_descsz == sizeof(note.id))
		memcpy(h->build_id, note.id, sizeof(note.id));
}

void mr_identify(struct mmaprec_header *h)
{
	identify_boot(h);
	identify_build(h);
	h->module = (unsigned long)THIS_MODULE;
#ifdef MR_HAVE_MODULE_MEMORY
	h->text_start = (unsigned long)THIS_MODULE->mem[MOD_TEXT].base;
	h->text_end = h->text_start + THIS_MODULE->mem[MOD_TEXT].size;
#else
	h->text_start = (unsigned long)THIS_MODULE->core_layout.base;
	h->text_end = h->text_start + THIS_MODULE->core_layout.text_size;
#endif
}
