// SPDX-License-Identifier: GPL-2.0-or-later
/* vmlinux.c - what a vmlinux on disk tells; contract in vmlinux.h */
#define _GNU_SOURCE 1 /* memmem */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmlinux.h"

#define DEBUG_ROOT "/usr/lib/debug"
#define MAX_PATH 4096
#define MAX_BTF (256U << 20)
#define MAX_BANNER 512
#define BANNER "Linux version "
#define NO_KERNEL (1U << 20) /* no kernel is linked below */

struct elf_file {
	int fd;
	Elf *elf;
	char path[MAX_PATH];
	uint8_t build_id[MI_BUILD_ID_MAX];
	size_t build_id_len;
};

struct mi_vmlinux {
	struct elf_file image;
	struct elf_file debug; /* separate debug file; elf is NULL if there is none */
	bool debug_tried;
	bool banner_tried;
	char banner[MAX_BANNER];
};

/* ---- files ---- */

static bool take_build_id(struct elf_file *file, Elf_Data *data)
{
	size_t pos = 0, next, name, desc;
	GElf_Nhdr note;

	while (data && (next = gelf_getnote(data, pos, &note, &name, &desc)) > 0) {
		const char *bytes = data->d_buf;

		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof("GNU") &&
		    !memcmp(bytes + name, "GNU", sizeof("GNU")) && note.n_descsz &&
		    note.n_descsz <= MI_BUILD_ID_MAX) {
			memcpy(file->build_id, bytes + desc, note.n_descsz);
			file->build_id_len = note.n_descsz;
			return true;
		}
		pos = next;
	}
	return false;
}

/* From the sections; from the program headers if those are stripped. */
static void find_build_id(struct elf_file *file)
{
	Elf_Scn *scn = NULL;
	size_t n;

	while ((scn = elf_nextscn(file->elf, scn))) {
		GElf_Shdr shdr;

		if (gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_NOTE &&
		    take_build_id(file, elf_getdata(scn, NULL)))
			return;
	}
	if (elf_getphdrnum(file->elf, &n))
		return;
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr phdr;

		if (gelf_getphdr(file->elf, (int)i, &phdr) && phdr.p_type == PT_NOTE &&
		    take_build_id(file, elf_getdata_rawchunk(file->elf, (int64_t)phdr.p_offset,
							     phdr.p_filesz, ELF_T_NHDR)))
			return;
	}
}

static void close_file(struct elf_file *file)
{
	if (file->elf)
		elf_end(file->elf);
	if (file->fd >= 0)
		close(file->fd);
	file->elf = NULL;
	file->fd = -1;
}

static enum mi_status check_ident(struct elf_file *file, struct mi_error *err)
{
	const char *ident;

	if (!file->elf)
		return mi_fail(err, MI_ERR_FORMAT, "%s: %s", file->path, elf_errmsg(-1));
	if (elf_kind(file->elf) != ELF_K_ELF)
		return mi_fail(err, MI_ERR_FORMAT,
			       "%s is not an ELF file (vmlinux is meant, not vmlinuz)", file->path);
	ident = elf_getident(file->elf, NULL);
	if (!ident || ident[EI_DATA] != ELFDATA2LSB)
		return mi_fail(err, MI_ERR_UNSUPPORTED, "%s is not little endian", file->path);
	return MI_OK;
}

static enum mi_status open_file(struct elf_file *file, const char *path, struct mi_error *err)
{
	enum mi_status status;

	file->elf = NULL;
	file->build_id_len = 0;
	if ((size_t)snprintf(file->path, sizeof(file->path), "%s", path) >= sizeof(file->path)) {
		file->fd = -1;
		return mi_fail(err, MI_ERR_IO, "%s: %s", path, strerror(ENAMETOOLONG));
	}
	file->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (file->fd < 0)
		return mi_fail(err, MI_ERR_IO, "%s: %s", path, strerror(errno));
	elf_version(EV_CURRENT);
	file->elf = elf_begin(file->fd, ELF_C_READ_MMAP, NULL);
	status = check_ident(file, err);
	if (status) {
		close_file(file);
		return status;
	}
	find_build_id(file);
	return MI_OK;
}

/* A section with contents, by name. */
static Elf_Scn *find_section(Elf *elf, const char *name, GElf_Shdr *shdr)
{
	Elf_Scn *scn = NULL;
	size_t strings;

	if (!elf || elf_getshdrstrndx(elf, &strings))
		return NULL;
	while ((scn = elf_nextscn(elf, scn))) {
		const char *its_name;

		if (!gelf_getshdr(scn, shdr) || shdr->sh_type == SHT_NOBITS)
			continue;
		its_name = elf_strptr(elf, strings, shdr->sh_name);
		if (its_name && !strcmp(its_name, name))
			return scn;
	}
	return NULL;
}

/* ---- the separate debug file ---- */

static bool try_debug(struct mi_vmlinux *vm, const char *path)
{
	struct elf_file *file = &vm->debug;

	if (strlen(path) >= MAX_PATH - 1 || open_file(file, path, NULL))
		return false;
	if (file->build_id_len == vm->image.build_id_len &&
	    !memcmp(file->build_id, vm->image.build_id, file->build_id_len))
		return true;
	close_file(file);
	return false;
}

static bool try_by_build_id(struct mi_vmlinux *vm)
{
	const struct elf_file *image = &vm->image;
	char hex[2 * MI_BUILD_ID_MAX + 1];
	char path[MAX_PATH];

	for (size_t i = 0; i < image->build_id_len; i++)
		snprintf(hex + 2 * i, 3, "%02x", image->build_id[i]);
	snprintf(path, sizeof(path), DEBUG_ROOT "/.build-id/%.2s/%s.debug", hex, hex + 2);
	return try_debug(vm, path);
}

/* File name in .gnu_debuglink; NULL if there is none. */
static const char *debuglink(const struct elf_file *file)
{
	Elf_Data *data;
	GElf_Shdr shdr;
	Elf_Scn *scn = find_section(file->elf, ".gnu_debuglink", &shdr);

	data = scn ? elf_getdata(scn, NULL) : NULL;
	if (!data || !data->d_buf || !memchr(data->d_buf, 0, data->d_size))
		return NULL;
	/* It names a file beside, nothing elsewhere. */
	if (!*(const char *)data->d_buf || strchr(data->d_buf, '/'))
		return NULL;
	return data->d_buf;
}

static bool try_beside(struct mi_vmlinux *vm)
{
	const struct elf_file *image = &vm->image;
	const char *link = debuglink(image);
	const char *slash = strrchr(image->path, '/');
	int dir = slash ? (int)(slash - image->path) + 1 : 0;
	char path[MAX_PATH + 8];

	snprintf(path, sizeof(path), "%s.debug", image->path);
	if (try_debug(vm, path))
		return true;
	if (!link || (size_t)dir + strlen(link) + sizeof(DEBUG_ROOT "/.debug/") > MAX_PATH)
		return false;
	snprintf(path, sizeof(path), "%.*s%s", dir, image->path, link);
	if (try_debug(vm, path))
		return true;
	snprintf(path, sizeof(path), "%.*s.debug/%s", dir, image->path, link);
	if (try_debug(vm, path))
		return true;
	snprintf(path, sizeof(path), DEBUG_ROOT "%.*s%s", dir, image->path, link);
	return *image->path == '/' && try_debug(vm, path);
}

/* Look once; without a build-id nothing could prove that a file belongs here. */
static struct elf_file *debug_file(struct mi_vmlinux *vm)
{
	if (!vm->debug_tried && vm->image.build_id_len) {
		if (!try_by_build_id(vm))
			try_beside(vm);
	}
	vm->debug_tried = true;
	return vm->debug.elf ? &vm->debug : NULL;
}

/* ---- the interface ---- */

enum mi_status mi_vmlinux_open(const char *path, struct mi_vmlinux **ret, struct mi_error *err)
{
	struct mi_vmlinux *vm = calloc(1, sizeof(*vm));
	enum mi_status status;

	*ret = NULL;
	if (!vm)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory for %s", path);
	vm->debug.fd = -1;
	status = open_file(&vm->image, path, err);
	if (status) {
		free(vm);
		return status;
	}
	*ret = vm;
	return MI_OK;
}

void mi_vmlinux_close(struct mi_vmlinux *vm)
{
	if (!vm)
		return;
	close_file(&vm->debug);
	close_file(&vm->image);
	free(vm);
}

size_t mi_vmlinux_build_id(const struct mi_vmlinux *vm, uint8_t id[MI_BUILD_ID_MAX])
{
	memcpy(id, vm->image.build_id, vm->image.build_id_len);
	return vm->image.build_id_len;
}

static bool take_banner(struct mi_vmlinux *vm, const char *text, size_t size)
{
	const char *end = text + size;
	const char *pos = text;

	while ((pos = memmem(pos, (size_t)(end - pos), BANNER, strlen(BANNER)))) {
		const char *version = pos + strlen(BANNER);
		size_t len = 0;

		/* Format strings and messages have the words, but no number. */
		if (version < end && isdigit((unsigned char)*version)) {
			while (pos + len < end && pos[len] && pos[len] != '\n' &&
			       len < sizeof(vm->banner) - 1)
				len++;
			memcpy(vm->banner, pos, len);
			vm->banner[len] = '\0';
			return true;
		}
		pos = version;
	}
	return false;
}

const char *mi_vmlinux_banner(struct mi_vmlinux *vm)
{
	Elf_Data *data;
	GElf_Shdr shdr;
	Elf_Scn *scn;

	if (!vm->banner_tried) {
		vm->banner_tried = true;
		scn = find_section(vm->image.elf, ".rodata", &shdr);
		data = scn ? elf_rawdata(scn, NULL) : NULL;
		if (data && data->d_buf)
			take_banner(vm, data->d_buf, data->d_size);
	}
	return *vm->banner ? vm->banner : NULL;
}

size_t mi_vmlinux_read(struct mi_vmlinux *vm, uint64_t va, void *buf, size_t len)
{
	Elf_Scn *scn = NULL;
	Elf_Data *data;
	GElf_Shdr shdr;
	uint64_t at;

	while ((scn = elf_nextscn(vm->image.elf, scn))) {
		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type == SHT_NOBITS ||
		    !(shdr.sh_flags & SHF_ALLOC) || va < shdr.sh_addr ||
		    va - shdr.sh_addr >= shdr.sh_size)
			continue;
		at = va - shdr.sh_addr;
		data = elf_rawdata(scn, NULL);
		if (!data || !data->d_buf || at >= data->d_size)
			return 0;
		len = len < data->d_size - at ? len : data->d_size - (size_t)at;
		memcpy(buf, (const char *)data->d_buf + at, len);
		return len;
	}
	return 0;
}

static Elf_Data *btf_section(struct elf_file *file)
{
	Elf_Data *data;
	GElf_Shdr shdr;
	Elf_Scn *scn = file ? find_section(file->elf, ".BTF", &shdr) : NULL;

	data = scn ? elf_rawdata(scn, NULL) : NULL;
	return data && data->d_buf && data->d_size ? data : NULL;
}

enum mi_status mi_vmlinux_btf(struct mi_vmlinux *vm, void **blob, size_t *size,
			      struct mi_error *err)
{
	Elf_Data *data = btf_section(&vm->image);

	*blob = NULL;
	if (!data)
		data = btf_section(debug_file(vm));
	if (!data)
		return mi_fail(err, MI_ERR_MISSING, "%s has no .BTF", vm->image.path);
	if (data->d_size > MAX_BTF)
		return mi_fail(err, MI_ERR_FORMAT, "%s: .BTF of %zu bytes", vm->image.path,
			       data->d_size);
	*blob = malloc(data->d_size);
	if (!*blob)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory for .BTF");
	memcpy(*blob, data->d_buf, data->d_size);
	*size = data->d_size;
	return MI_OK;
}

enum mi_status mi_vmlinux_dwarf(struct mi_vmlinux *vm, struct mi_dwarf **ret, struct mi_error *err)
{
	struct elf_file *file;
	enum mi_status status = mi_dwarf_open(vm->image.fd, vm->image.path, ret, err);

	if (status != MI_ERR_MISSING)
		return status;
	file = debug_file(vm);
	if (!file)
		return mi_fail(err, MI_ERR_MISSING,
			       "%s has no DWARF, nor is there a debug file of its build-id",
			       vm->image.path);
	return mi_dwarf_open(file->fd, file->path, ret, err);
}

/* ---- symbols ---- */

/* What is needed of a section header, read once: symbols ask 100k times. */
struct section {
	uint64_t flags;
	uint32_t type;
	bool fixed; /* per-cpu offsets: KASLR does not move them */
};

static struct section *read_sections(Elf *elf, size_t n)
{
	struct section *sections = calloc(n + 1, sizeof(*sections));
	Elf_Scn *scn = NULL;
	size_t strings;

	if (!sections || elf_getshdrstrndx(elf, &strings))
		return sections;
	while ((scn = elf_nextscn(elf, scn))) {
		size_t i = elf_ndxscn(scn);
		const char *name;
		GElf_Shdr shdr;

		if (i >= n || !gelf_getshdr(scn, &shdr))
			continue;
		name = elf_strptr(elf, strings, shdr.sh_name);
		sections[i].flags = shdr.sh_flags;
		sections[i].type = shdr.sh_type;
		/* x86-64 until 6.15 links the per-cpu area at 0. */
		sections[i].fixed =
			name && !strcmp(name, ".data..percpu") && shdr.sh_addr < NO_KERNEL;
	}
	return sections;
}

/* nm's letter. */
static char letter_of(const GElf_Sym *sym, uint32_t index, const struct section *section)
{
	int bind = GELF_ST_BIND(sym->st_info);
	char letter;

	if (index == SHN_UNDEF)
		return 'U';
	if (!section || section->fixed)
		letter = 'A';
	else if (bind == STB_WEAK)
		return GELF_ST_TYPE(sym->st_info) == STT_OBJECT ? 'V' : 'W';
	else if (section->flags & SHF_EXECINSTR)
		letter = 'T';
	else if (section->type == SHT_NOBITS)
		letter = 'B';
	else
		letter = section->flags & SHF_WRITE ? 'D' : 'R';
	return bind == STB_LOCAL ? (char)tolower(letter) : letter;
}

/* No file and section names, no labels of compiler and assembler ("$x" of arm64). */
static bool is_wanted(const GElf_Sym *sym, const char *name)
{
	int type = GELF_ST_TYPE(sym->st_info);

	return type != STT_FILE && type != STT_SECTION && name && *name && *name != '$' &&
	       strncmp(name, ".L", 2);
}

static enum mi_status add_symbols(struct elf_file *file, Elf_Scn *scn, const GElf_Shdr *shdr,
				  uint64_t kaslr_offset, struct mi_symtab *tab,
				  struct mi_error *err)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	enum mi_status status = MI_OK;
	struct section *sections;
	size_t n_sections, n;

	if (!data || !shdr->sh_entsize || elf_getshdrnum(file->elf, &n_sections))
		return mi_fail(err, MI_ERR_FORMAT, "%s: .symtab: %s", file->path, elf_errmsg(-1));
	sections = read_sections(file->elf, n_sections);
	if (!sections)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory for %s", file->path);
	n = shdr->sh_size / shdr->sh_entsize;
	for (size_t i = 1; i < n && !status; i++) {
		const struct section *section;
		const char *name;
		GElf_Sym sym;
		char letter;

		if (!gelf_getsym(data, (int)i, &sym))
			break;
		name = elf_strptr(file->elf, shdr->sh_link, sym.st_name);
		if (!is_wanted(&sym, name))
			continue;
		section = sym.st_shndx < n_sections ? &sections[sym.st_shndx] : NULL;
		letter = letter_of(&sym, sym.st_shndx, section);
		if (toupper((unsigned char)letter) != 'A' && letter != 'U')
			sym.st_value += kaslr_offset;
		status = mi_symtab_add(tab, name, strlen(name), letter, sym.st_value, err);
	}
	free(sections);
	return status;
}

enum mi_status mi_vmlinux_symbols(struct mi_vmlinux *vm, uint64_t kaslr_offset,
				  struct mi_symtab **ret, struct mi_error *err)
{
	struct elf_file *file = &vm->image;
	enum mi_status status;
	struct mi_symtab *tab;
	GElf_Shdr shdr;
	Elf_Scn *scn = find_section(file->elf, ".symtab", &shdr);

	*ret = NULL;
	if (!scn) {
		file = debug_file(vm);
		scn = file ? find_section(file->elf, ".symtab", &shdr) : NULL;
	}
	if (!scn)
		return mi_fail(err, MI_ERR_MISSING, "%s has no .symtab", vm->image.path);
	tab = mi_symtab_new();
	if (!tab)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory for %s", file->path);
	status = add_symbols(file, scn, &shdr, kaslr_offset, tab, err);
	if (status) {
		mi_symtab_free(tab);
		return status;
	}
	*ret = tab;
	return MI_OK;
}
