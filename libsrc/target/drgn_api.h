/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_TARGET_DRGN_API_H
#define MI_TARGET_DRGN_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "error.h"

/*
 * The calls of libdrgn that are used here, found by name when they are needed: no distribution
 * has its header, few its library, and it promises neither API nor ABI. So what is used is what has
 * been the same from 0.0.31 (2025) on, and never a structure's inside:
 *
 * - structures are opaque; struct mi_drgn_object is only room for one of drgn's (32 bytes);
 * - enumerations of drgn's have one byte where they are packed;
 * - a drgn that lacks any of these calls is refused as a whole.
 *
 * One thread at a time may use what belongs to one drgn_program.
 */
struct drgn_error;
struct drgn_platform;
struct drgn_program;
struct drgn_stack_trace;
struct drgn_symbol;
struct drgn_type;
struct drgn_type_member;

struct mi_drgn_type {
	struct drgn_type *type;
	uint8_t qualifiers;
};

struct mi_drgn_object {
	_Alignas(16) unsigned char room[128];
};

/* enum drgn_error_code, of which all but the last few have kept their numbers */
enum mi_drgn_error {
	MI_DRGN_NO_MEMORY = 0,
	MI_DRGN_OS = 6,
};

/* enum drgn_type_kind */
enum mi_drgn_kind {
	MI_DRGN_VOID = 1,
	MI_DRGN_INT,
	MI_DRGN_BOOL,
	MI_DRGN_FLOAT,
	MI_DRGN_STRUCT,
	MI_DRGN_UNION,
	MI_DRGN_CLASS,
	MI_DRGN_ENUM,
	MI_DRGN_TYPEDEF,
	MI_DRGN_POINTER,
	MI_DRGN_ARRAY,
	MI_DRGN_FUNCTION,
};

/* enum drgn_find_object_flags, enum drgn_architecture, enum drgn_symbol_{binding,kind} */
#define MI_DRGN_CONSTANT 1
#define MI_DRGN_X86_64 1
#define MI_DRGN_I386 2
#define MI_DRGN_AARCH64 3
#define MI_DRGN_ARM 4
#define MI_DRGN_LOCAL 1
#define MI_DRGN_WEAK 3
#define MI_DRGN_FUNC 2
#define MI_DRGN_SECTION 3
#define MI_DRGN_FILE 4

/* CALL(result, name without drgn_, arguments) */
#define MI_DRGN_CALLS(CALL)                                                                        \
	CALL(void, error_destroy, (struct drgn_error *))                                           \
	CALL(char *, error_string, (struct drgn_error *))                                          \
	CALL(struct drgn_error *, program_create,                                                  \
	     (const struct drgn_platform *, struct drgn_program **))                               \
	CALL(void, program_destroy, (struct drgn_program *))                                       \
	CALL(void, program_set_log_level, (struct drgn_program *, int))                            \
	CALL(void, program_set_progress_file, (struct drgn_program *, FILE *))                     \
	CALL(struct drgn_error *, program_set_core_dump_fd, (struct drgn_program *, int))          \
	CALL(struct drgn_error *, program_set_kernel, (struct drgn_program *))                     \
	CALL(const struct drgn_platform *, program_platform, (struct drgn_program *))              \
	CALL(int, platform_arch, (const struct drgn_platform *))                                   \
	CALL(struct drgn_error *, program_load_debug_info,                                         \
	     (struct drgn_program *, const char **, size_t, bool, bool))                           \
	CALL(struct drgn_error *, program_read_memory,                                             \
	     (struct drgn_program *, void *, uint64_t, size_t, bool))                              \
	CALL(struct drgn_error *, program_find_type,                                               \
	     (struct drgn_program *, const char *, const char *, struct mi_drgn_type *))           \
	CALL(struct drgn_error *, program_find_object,                                             \
	     (struct drgn_program *, const char *, const char *, int, struct mi_drgn_object *))    \
	CALL(void, object_init, (struct mi_drgn_object *, struct drgn_program *))                  \
	CALL(void, object_deinit, (struct mi_drgn_object *))                                       \
	CALL(struct drgn_error *, object_sizeof, (const struct mi_drgn_object *, uint64_t *))      \
	CALL(struct drgn_error *, object_read_bytes, (const struct mi_drgn_object *, void *))      \
	CALL(struct drgn_error *, object_read_signed, (const struct mi_drgn_object *, int64_t *))  \
	CALL(struct drgn_error *, object_read_unsigned,                                            \
	     (const struct mi_drgn_object *, uint64_t *))                                          \
	CALL(uint8_t, type_kind, (struct drgn_type *))                                             \
	CALL(struct drgn_error *, type_sizeof, (struct drgn_type *, uint64_t *))                   \
	CALL(uint64_t, type_length, (struct drgn_type *))                                          \
	CALL(bool, type_is_signed, (struct drgn_type *))                                           \
	CALL(bool, type_is_complete, (struct drgn_type *))                                         \
	CALL(const char *, type_tag, (struct drgn_type *))                                         \
	CALL(struct mi_drgn_type, type_type, (struct drgn_type *))                                 \
	CALL(struct drgn_error *, type_find_member_len,                                            \
	     (struct drgn_type *, const char *, size_t, struct drgn_type_member **, uint64_t *))   \
	CALL(struct drgn_error *, member_type,                                                     \
	     (struct drgn_type_member *, struct mi_drgn_type *, uint64_t *))                       \
	CALL(struct drgn_error *, program_find_symbols_by_name,                                    \
	     (struct drgn_program *, const char *, struct drgn_symbol ***, size_t *))              \
	CALL(void, symbols_destroy, (struct drgn_symbol **, size_t))                               \
	CALL(const char *, symbol_name, (struct drgn_symbol *))                                    \
	CALL(uint64_t, symbol_address, (struct drgn_symbol *))                                     \
	CALL(uint8_t, symbol_binding, (struct drgn_symbol *))                                      \
	CALL(uint8_t, symbol_kind, (struct drgn_symbol *))                                         \
	CALL(struct drgn_error *, program_stack_trace,                                             \
	     (struct drgn_program *, uint32_t, struct drgn_stack_trace **))                        \
	CALL(void, stack_trace_destroy, (struct drgn_stack_trace *))                               \
	CALL(size_t, stack_trace_num_frames, (struct drgn_stack_trace *))                          \
	CALL(bool, stack_frame_is_inline, (struct drgn_stack_trace *, size_t))                     \
	CALL(bool, stack_frame_pc, (struct drgn_stack_trace *, size_t, uint64_t *))

struct mi_drgn_api {
	void *handle;	/* of dlopen() */
	char file[200]; /* what was opened */
	/* Since 0.3.0; before, the code is the first byte of the structure. NULL: before. */
	uint8_t (*error_code)(struct drgn_error *);
#define MI_DRGN_MEMBER(result, name, args) result(*name) args;
	MI_DRGN_CALLS(MI_DRGN_MEMBER)
#undef MI_DRGN_MEMBER
};

/*
 * Find a drgn and load it: @file, or, if that is NULL, an installed libdrgn.so, else the module of
 * the newest Python's drgn. MI_ERR_MISSING: there is none; MI_ERR_UNSUPPORTED: one that does not
 * show what is needed (before 0.0.31).
 */
enum mi_status mi_drgn_load(const char *file, struct mi_drgn_api *ret, struct mi_error *err);
void mi_drgn_unload(struct mi_drgn_api *api);

/* What went wrong. @e is drgn's, and not NULL. */
enum mi_drgn_error mi_drgn_code(const struct mi_drgn_api *api, struct drgn_error *e);
/* The same as text, of which the first line is taken; frees @e. */
enum mi_status mi_drgn_fail(const struct mi_drgn_api *api, struct drgn_error *e,
			    enum mi_status status, struct mi_error *err);

#endif
