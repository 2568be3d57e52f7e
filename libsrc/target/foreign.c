// SPDX-License-Identifier: GPL-2.0-or-later
/* foreign.c - files that are no dump yet, known by their first bytes */
#include <string.h>

#include "foreign.h"

struct form {
	unsigned int at, len;
	const char *magic, *advice;
};

#define AT(off, text, advice)                                                                      \
	{                                                                                          \
		off, sizeof(text) - 1, text, advice                                                \
	}

static const struct form forms[] = {
	AT(0, "\x1f\x8b", "packed by gzip: unpack it with gunzip"),
	AT(0, "\xfd\x37zXZ\0", "packed by xz: unpack it with unxz"),
	AT(0, "\x28\xb5\x2f\xfd", "packed by zstd: unpack it with unzstd"),
	AT(0, "BZh", "packed by bzip2: unpack it with bunzip2"),
	AT(0, "\x04\x22\x4d\x18", "packed by lz4: unpack it with unlz4"),
	AT(0, "\x89LZO\0", "packed by lzop: unpack it with lzop -d"),
	AT(0, "PK\x03\x04", "a zip archive: unpack it with unzip"),
	AT(257, "ustar", "a tar archive: unpack it with tar -x"),
	AT(0, "LibvirtQemudSave",
	   "a saved machine of libvirt: dump it with virsh dump --memory-only DOMAIN NEW"),
	AT(0, "QEVM", "a saved machine of QEMU: dump it with dump-guest-memory"),
	AT(0, "QFI\xfb", "a disk image of QEMU: it holds no memory; dump-guest-memory writes that"),
	AT(0, "EMiL", "an image of LiME: take it as /proc/vmcore or by the hypervisor instead"),
	AT(0, "AVML", "an image of AVML: take it as /proc/vmcore or by the hypervisor instead"),
	AT(0, "PAGEDU64", "a dump of Windows"),
	AT(0, "\xd0\xbe\xd2\xbe", "a saved machine of VMware: make a core of it with vmss2core"),
	AT(0, "\xd1\xba\xd1\xba", "a saved machine of VMware: make a core of it with vmss2core"),
	AT(0, "\xd2\xbe\xd2\xbe", "a saved machine of VMware: make a core of it with vmss2core"),
};

const char *mi_foreign_advice(const struct mi_bytes *bytes)
{
	char start[16];
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (mi_bytes_read(bytes, forms[i].at, start, forms[i].len) &&
		    !memcmp(start, forms[i].magic, forms[i].len))
			return forms[i].advice;
	return NULL;
}
