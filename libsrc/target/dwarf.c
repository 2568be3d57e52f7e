// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dwarf.c - answering type queries out of DWARF, by libdw; contract in types.h
 *
 * A kernel repeats struct page in 2,000 units and 3.6 million top-level
 * entries. So a few units that see nearly all of mm, fs and block come first
 * (2 ms), and only for what they lack are the others swept (0.4 s).
 *
 * The answers are those of btf_resolve.c, member for member. What loops among
 * the entries of a damaged file could do is bounded in the same way.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "types.h"
#include "wanted.h"

#define MAX_CHAIN 64
#define MAX_DEPTH 16
#define MAX_STEPS (32U << 20)
/* No kernel has a tenth of it. */
#define MAX_UNITS (1U << 18)

static const char *const preferred_units[] = {
	"mm/filemap.c",		"mm/readahead.c", "mm/swapfile.c",    "kernel/fork.c",
	"fs/namespace.c",	"block/blk-mq.c", "lib/maple_tree.c", "lib/xarray.c",
	"mm/shmem.c",		"mm/vmscan.c",	  "mm/memory.c",      "fs/inode.c",
	"kernel/module/main.c", "mm/slub.c",
};

#define N_PREFERRED (sizeof(preferred_units) / sizeof(preferred_units[0]))

struct unit {
	Dwarf_Die die;
	bool scanned; /* by the resolve call under way */
};

struct mi_dwarf {
	int fd;
	Dwarf *dw;
	struct unit *units;
	size_t n_units;
	struct unit *preferred[N_PREFERRED];
	struct mi_type_source_info info;
};

struct walk {
	struct mi_dwarf *dwarf;
	struct mi_wanted *wanted;
	uint32_t steps_left;
};

/* A type: tag 0 is void, for which there is no entry. */
struct dw_type {
	Dwarf_Die die;
	int tag;
};

/* ---- entries ---- */

/*
 * The next sibling. Entries lie in file order: a DW_AT_sibling that leads
 * back would never end.
 */
static bool next_die(Dwarf_Die *die)
{
	Dwarf_Die next;

	if (dwarf_siblingof(die, &next) || (char *)next.addr <= (char *)die->addr)
		return false;
	*die = next;
	return true;
}

static const char *die_name(Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	const char *name = NULL;

	if (dwarf_attr(die, DW_AT_name, &attr))
		name = dwarf_formstring(&attr);
	return name ? name : "";
}

static bool die_number(Dwarf_Die *die, unsigned int at, uint64_t *value)
{
	Dwarf_Attribute attr;
	Dwarf_Word word;

	if (!dwarf_attr(die, at, &attr) || dwarf_formudata(&attr, &word))
		return false;
	*value = word;
	return true;
}

/* Forms of a fixed width hold no sign; gcc uses them for what is unsigned. */
static bool die_signed(Dwarf_Die *die, unsigned int at, int64_t *value)
{
	Dwarf_Attribute attr;
	Dwarf_Sword sword;
	Dwarf_Word word;
	unsigned int form;

	if (!dwarf_attr(die, at, &attr))
		return false;
	form = dwarf_whatform(&attr);
	if (form == DW_FORM_sdata || form == DW_FORM_implicit_const) {
		if (dwarf_formsdata(&attr, &sword))
			return false;
		*value = sword;
		return true;
	}
	if (dwarf_formudata(&attr, &word))
		return false;
	*value = (int64_t)word;
	return true;
}

static bool is_declaration(Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	bool flag = false;

	return dwarf_attr(die, DW_AT_declaration, &attr) && !dwarf_formflag(&attr, &flag) && flag;
}

static bool is_aggregate(int tag)
{
	return tag == DW_TAG_structure_type || tag == DW_TAG_union_type;
}

/* ---- types ---- */

/* The type that an entry refers to; false if the reference is broken. */
static bool type_of(Dwarf_Die *die, struct dw_type *type)
{
	Dwarf_Attribute attr;

	type->tag = 0;
	if (!dwarf_attr(die, DW_AT_type, &attr))
		return true;
	if (!dwarf_formref_die(&attr, &type->die))
		return false;
	type->tag = dwarf_tag(&type->die);
	return true;
}

static bool is_modifier(int tag)
{
	switch (tag) {
	case DW_TAG_typedef:
	case DW_TAG_const_type:
	case DW_TAG_volatile_type:
	case DW_TAG_restrict_type:
	case DW_TAG_atomic_type:
		return true;
	default:
		return false;
	}
}

static bool peel(struct dw_type *type)
{
	for (int i = 0; i < MAX_CHAIN; i++) {
		Dwarf_Die die = type->die;

		if (!is_modifier(type->tag))
			return true;
		if (!type_of(&die, type))
			return false;
	}
	return false;
}

/* Elements of one array entry, all its dimensions; 0 if one is open. */
static bool array_count(Dwarf_Die *array, uint64_t *count)
{
	Dwarf_Die die;

	if (dwarf_child(array, &die))
		return true;
	do {
		uint64_t n = 0;
		int64_t upper;

		if (dwarf_tag(&die) != DW_TAG_subrange_type)
			continue;
		if (!die_number(&die, DW_AT_count, &n) &&
		    die_signed(&die, DW_AT_upper_bound, &upper))
			n = (uint64_t)upper + 1;
		/* gcc writes the bound of int a[0] as -1 in so many bytes. */
		if (n == 1ULL << 32)
			n = 0;
		if (__builtin_mul_overflow(*count, n, count))
			return false;
	} while (next_die(&die));
	return true;
}

static bool peel_arrays(struct dw_type *type, uint64_t *count)
{
	*count = 1;
	for (int i = 0; i < MAX_CHAIN; i++) {
		Dwarf_Die die;

		if (!peel(type))
			return false;
		if (type->tag != DW_TAG_array_type)
			return true;
		die = type->die;
		if (!array_count(&die, count) || !type_of(&die, type))
			return false;
	}
	return false;
}

/* BTF calls an enum signed if one of its values is below zero: so do we. */
static bool enum_is_signed(Dwarf_Die *enumeration)
{
	Dwarf_Die die;
	int64_t value;

	if (dwarf_child(enumeration, &die))
		return false;
	do {
		if (dwarf_tag(&die) == DW_TAG_enumerator &&
		    die_signed(&die, DW_AT_const_value, &value) && value < 0)
			return true;
	} while (next_die(&die));
	return false;
}

static bool describe_base(Dwarf_Die *die, struct mi_type_query *query)
{
	uint64_t encoding;

	if (!die_number(die, DW_AT_encoding, &encoding))
		return false;
	switch (encoding) {
	case DW_ATE_signed:
	case DW_ATE_signed_char:
		query->is_signed = true;
		query->cls = MI_TYPE_INT;
		return true;
	case DW_ATE_boolean:
	case DW_ATE_unsigned:
	case DW_ATE_unsigned_char:
	case DW_ATE_UTF:
		query->cls = MI_TYPE_INT;
		return true;
	default:
		return true; /* float */
	}
}

static uint8_t address_size(Dwarf_Die *die)
{
	uint8_t bytes = 8;
	Dwarf_Die unit;

	return dwarf_diecu(die, &unit, &bytes, NULL) ? bytes : 8;
}

static bool describe_pointer(Dwarf_Die *die, struct mi_type_query *query)
{
	struct dw_type pointee;

	query->cls = MI_TYPE_POINTER;
	if (!query->size)
		query->size = address_size(die);
	if (!type_of(die, &pointee) || !peel(&pointee))
		return false;
	if (is_aggregate(pointee.tag) || pointee.tag == DW_TAG_enumeration_type)
		mi_wanted_tag(query, die_name(&pointee.die));
	return true;
}

/* Class, size, sign and tag of an element type; false if it is incomplete. */
static bool describe(struct dw_type *type, struct mi_type_query *query)
{
	query->cls = MI_TYPE_OTHER;
	query->size = 0;
	query->is_signed = false;
	query->type_name[0] = '\0';
	if (!type->tag)
		return true;
	if (!die_number(&type->die, DW_AT_byte_size, &query->size))
		query->size = 0;
	switch (type->tag) {
	case DW_TAG_base_type:
		return describe_base(&type->die, query);
	case DW_TAG_pointer_type:
		return describe_pointer(&type->die, query);
	case DW_TAG_enumeration_type:
		query->cls = MI_TYPE_ENUM;
		query->is_signed = enum_is_signed(&type->die);
		break;
	case DW_TAG_structure_type:
		query->cls = MI_TYPE_STRUCT;
		break;
	case DW_TAG_union_type:
		query->cls = MI_TYPE_UNION;
		break;
	default:
		return true;
	}
	mi_wanted_tag(query, die_name(&type->die));
	return !is_declaration(&type->die);
}

/* ---- members ---- */

/* Byte offset of a member: a constant, or before DWARF 3 an expression. */
static bool member_location(Dwarf_Die *die, uint64_t *bytes)
{
	Dwarf_Attribute attr;
	Dwarf_Word word;
	Dwarf_Op *ops;
	size_t n;

	*bytes = 0;
	if (!dwarf_attr(die, DW_AT_data_member_location, &attr))
		return true; /* of a union */
	if (!dwarf_formudata(&attr, &word)) {
		*bytes = word;
		return true;
	}
	if (dwarf_getlocation(&attr, &ops, &n) || n != 1 || ops[0].atom != DW_OP_plus_uconst)
		return false;
	*bytes = ops[0].number;
	return true;
}

/* Bit offset of a member that is no old-style bitfield. */
static bool member_offset(Dwarf_Die *die, uint64_t *bits)
{
	uint64_t bytes;

	if (die_number(die, DW_AT_data_bit_offset, bits))
		return true;
	if (!member_location(die, &bytes))
		return false;
	*bits = bytes * 8;
	return true;
}

/*
 * DWARF before 4 counts a bitfield's place from the top bit of a storage
 * unit, which lies at the member's location. Little endian only.
 */
static void old_bitfield(Dwarf_Die *die, struct mi_type_query *query)
{
	uint64_t storage = query->size;
	int64_t from_top;

	if (!die_signed(die, DW_AT_bit_offset, &from_top))
		return;
	die_number(die, DW_AT_byte_size, &storage);
	query->bit_offset += storage * 8 - (uint64_t)from_top - query->bit_size;
}

/* Find a member by name, unnamed structs and unions included; @at gets the bit offset. */
static bool find_member(struct walk *walk, Dwarf_Die *aggregate, const char *name, size_t len,
			int depth, Dwarf_Die *member, uint64_t *at)
{
	Dwarf_Die die;

	if (dwarf_child(aggregate, &die))
		return false;
	do {
		struct dw_type inner;
		const char *its_name;
		uint64_t offset;

		if (!walk->steps_left)
			return false;
		walk->steps_left--;
		if (dwarf_tag(&die) != DW_TAG_member)
			continue;
		its_name = die_name(&die);
		if (*its_name) {
			if (!mi_wanted_same(its_name, name, len))
				continue;
			*member = die;
			return member_offset(&die, at);
		}
		if (depth == MAX_DEPTH || !type_of(&die, &inner) || !peel(&inner) ||
		    !is_aggregate(inner.tag) || !member_offset(&die, &offset))
			continue;
		if (find_member(walk, &inner.die, name, len, depth + 1, member, at)) {
			*at += offset;
			return true;
		}
	} while (next_die(&die));
	return false;
}

static bool fill_member(Dwarf_Die *member, uint64_t at, struct mi_type_query *query)
{
	struct dw_type type;

	if (!type_of(member, &type) || !peel_arrays(&type, &query->count) ||
	    !describe(&type, query))
		return false;
	query->bit_offset = at;
	if (die_number(member, DW_AT_bit_size, &query->bit_size)) {
		old_bitfield(member, query);
		return true;
	}
	return mi_wanted_member_bits(query);
}

/* ---- answers ---- */

static bool answer_size(struct dw_type type, struct mi_type_query *query)
{
	return peel_arrays(&type, &query->count) && describe(&type, query) &&
	       mi_wanted_whole(query);
}

static bool answer_member(struct walk *walk, struct dw_type type, struct mi_type_query *query)
{
	const char *path = query->member;
	uint64_t sum = 0, at, count;
	Dwarf_Die member;

	for (;;) {
		size_t len = mi_wanted_component(path);

		if (!is_aggregate(type.tag) || !len ||
		    !find_member(walk, &type.die, path, len, 0, &member, &at))
			return false;
		sum += at;
		if (!path[len])
			return fill_member(&member, sum, query);
		if (!type_of(&member, &type) || !peel_arrays(&type, &count))
			return false;
		path += len + 1;
	}
}

/*
 * Has an equal definition been looked into before, without an answer to what
 * is still open? Most units hold a copy of the same few headers.
 */
static bool was_tried(struct mi_wanted_name *name, Dwarf_Die *die, struct dw_type *type)
{
	uint64_t line, size = 0, mark;

	if (!die_number(die, DW_AT_decl_line, &line))
		return false;
	if (type->tag)
		die_number(&type->die, DW_AT_byte_size, &size);
	mark = line << 40 ^ size << 16 ^ (uint64_t)dwarf_tag(die);
	for (uint32_t i = 0; i < name->n_tried; i++)
		if (name->tried[i] == mark)
			return true;
	if (name->n_tried < MI_WANTED_TRIED)
		name->tried[name->n_tried++] = mark;
	return false;
}

static void answer_type(struct walk *walk, Dwarf_Die *die, int tag)
{
	struct mi_wanted *wanted = walk->wanted;
	struct mi_wanted_name *name = mi_wanted_find(&wanted->types, die_name(die));
	struct dw_type type = {.tag = tag};
	uint32_t i;

	if (!name)
		return;
	type.die = *die;
	/* An incomplete type says nothing, and must not count as tried. */
	if (!peel(&type) || (type.tag && is_declaration(&type.die)) || was_tried(name, die, &type))
		return;
	for (i = mi_wanted_open(wanted, name->first); i != MI_WANTED_END;
	     i = mi_wanted_open(wanted, wanted->next[i])) {
		struct mi_type_query *query = &wanted->queries[i];
		struct mi_type_query answer = *query;
		bool ok;

		if (query->kind == MI_QUERY_SIZE)
			ok = answer_size(type, &answer);
		else
			ok = answer_member(walk, type, &answer);
		if (!ok)
			continue;
		*query = answer;
		mi_wanted_answered(wanted, &wanted->types, name, i);
	}
}

static void answer_enumerator(struct walk *walk, Dwarf_Die *enumeration, Dwarf_Die *die)
{
	struct mi_wanted *wanted = walk->wanted;
	struct mi_wanted_name *name = mi_wanted_find(&wanted->enumerators, die_name(die));
	struct dw_type type = {.die = *enumeration, .tag = DW_TAG_enumeration_type};
	int64_t value;
	uint32_t i;

	if (!name || !die_signed(die, DW_AT_const_value, &value))
		return;
	for (i = mi_wanted_open(wanted, name->first); i != MI_WANTED_END;
	     i = mi_wanted_open(wanted, wanted->next[i])) {
		struct mi_type_query *query = &wanted->queries[i];

		describe(&type, query);
		mi_wanted_enumerator(query, value);
		mi_wanted_answered(wanted, &wanted->enumerators, name, i);
	}
}

static void answer_enum(struct walk *walk, Dwarf_Die *enumeration)
{
	Dwarf_Die die;

	if (!walk->wanted->enumerators.open || dwarf_child(enumeration, &die))
		return;
	do {
		if (dwarf_tag(&die) == DW_TAG_enumerator)
			answer_enumerator(walk, enumeration, &die);
	} while (next_die(&die));
}

/* ---- units ---- */

static bool all_answered(const struct walk *walk)
{
	return !walk->wanted->types.open && !walk->wanted->enumerators.open;
}

static enum mi_status scan_unit(struct walk *walk, struct unit *unit, struct mi_error *err)
{
	Dwarf_Die die;

	unit->scanned = true;
	if (dwarf_child(&unit->die, &die))
		return MI_OK;
	do {
		int tag = dwarf_tag(&die);

		walk->dwarf->info.types++;
		if (is_aggregate(tag) || tag == DW_TAG_typedef)
			answer_type(walk, &die, tag);
		else if (tag == DW_TAG_enumeration_type)
			answer_enum(walk, &die);
		if (!walk->steps_left)
			return mi_fail(err, MI_ERR_FORMAT, "DWARF structs are entangled");
	} while (!all_answered(walk) && next_die(&die));
	return MI_OK;
}

static enum mi_status scan(struct walk *walk, struct mi_error *err)
{
	struct mi_dwarf *dwarf = walk->dwarf;
	enum mi_status status = MI_OK;

	for (size_t i = 0; i < dwarf->n_units; i++)
		dwarf->units[i].scanned = false;
	for (size_t i = 0; i < N_PREFERRED && !status && !all_answered(walk); i++)
		if (dwarf->preferred[i])
			status = scan_unit(walk, dwarf->preferred[i], err);
	for (size_t i = 0; i < dwarf->n_units && !status && !all_answered(walk); i++)
		if (!dwarf->units[i].scanned)
			status = scan_unit(walk, &dwarf->units[i], err);
	return status;
}

enum mi_status mi_dwarf_resolve(struct mi_dwarf *dwarf, struct mi_type_query *queries, size_t n,
				struct mi_error *err)
{
	struct mi_wanted wanted;
	struct walk walk = {.dwarf = dwarf, .wanted = &wanted, .steps_left = MAX_STEPS};
	enum mi_status status = mi_wanted_init(&wanted, queries, n, err);

	if (status)
		return status;
	status = scan(&walk, err);
	mi_wanted_fini(&wanted);
	return status;
}

/* Is @path the file @suffix, whatever directory the kernel was built in? */
static bool path_ends(const char *path, const char *suffix)
{
	size_t len = strlen(path), n = strlen(suffix);

	return len >= n && !strcmp(path + len - n, suffix) &&
	       (len == n || path[len - n - 1] == '/');
}

static void mark_preferred(struct mi_dwarf *dwarf)
{
	for (size_t u = 0; u < dwarf->n_units; u++) {
		const char *path = die_name(&dwarf->units[u].die);

		for (size_t i = 0; i < N_PREFERRED; i++)
			if (!dwarf->preferred[i] && path_ends(path, preferred_units[i]))
				dwarf->preferred[i] = &dwarf->units[u];
	}
}

static enum mi_status list_units(struct mi_dwarf *dwarf, struct mi_error *err)
{
	Dwarf_CU *cu = NULL;
	size_t capacity = 0;
	Dwarf_Die die;
	int more;

	while (!(more = dwarf_get_units(dwarf->dw, cu, &cu, NULL, NULL, &die, NULL))) {
		struct unit *units;

		if (dwarf->n_units >= MAX_UNITS)
			return mi_fail(err, MI_ERR_FORMAT, "DWARF of more than %u units",
				       MAX_UNITS);
		if (dwarf->n_units == capacity) {
			capacity = capacity ? capacity * 2 : 256;
			units = realloc(dwarf->units, capacity * sizeof(*units));
			if (!units)
				return mi_fail(err, MI_ERR_NOMEM, "out of memory for DWARF units");
			dwarf->units = units;
		}
		dwarf->units[dwarf->n_units].die = die;
		dwarf->n_units++;
	}
	if (more < 0)
		return mi_fail(err, MI_ERR_FORMAT, "DWARF unit %zu: %s", dwarf->n_units,
			       dwarf_errmsg(-1));
	if (!dwarf->n_units)
		return mi_fail(err, MI_ERR_MISSING, "DWARF without a unit");
	mark_preferred(dwarf);
	return MI_OK;
}

static enum mi_status begin(struct mi_dwarf *dwarf, int fd, struct mi_error *err)
{
	const char *ident;
	struct stat st;

	dwarf->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (dwarf->fd < 0 || fstat(dwarf->fd, &st))
		return mi_fail(err, MI_ERR_IO, "%s", strerror(errno));
	dwarf->info.bytes = (uint64_t)st.st_size;
	elf_version(EV_CURRENT);
	dwarf->dw = dwarf_begin(dwarf->fd, DWARF_C_READ);
	if (!dwarf->dw)
		return mi_fail(err, MI_ERR_MISSING, "%s", dwarf_errmsg(-1));
	ident = elf_getident(dwarf_getelf(dwarf->dw), NULL);
	if (!ident || ident[EI_DATA] != ELFDATA2LSB)
		return mi_fail(err, MI_ERR_UNSUPPORTED, "not little endian");
	return list_units(dwarf, err);
}

enum mi_status mi_dwarf_open(int fd, const char *path, struct mi_dwarf **ret, struct mi_error *err)
{
	struct mi_dwarf *dwarf = calloc(1, sizeof(*dwarf));
	enum mi_status status;

	*ret = NULL;
	if (!dwarf)
		return mi_fail(err, MI_ERR_NOMEM, "out of memory for DWARF");
	dwarf->fd = -1;
	status = begin(dwarf, fd, err);
	if (status) {
		mi_dwarf_close(dwarf);
		mi_fail_in(err, "DWARF of %s", path);
		return status;
	}
	*ret = dwarf;
	return MI_OK;
}

void mi_dwarf_close(struct mi_dwarf *dwarf)
{
	if (!dwarf)
		return;
	if (dwarf->dw)
		dwarf_end(dwarf->dw);
	if (dwarf->fd >= 0)
		close(dwarf->fd);
	free(dwarf->units);
	free(dwarf);
}

void mi_dwarf_info(const struct mi_dwarf *dwarf, struct mi_type_source_info *info)
{
	*info = dwarf->info;
}
