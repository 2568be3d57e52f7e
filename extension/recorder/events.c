// SPDX-License-Identifier: GPL-2.0
#include <linux/blk_types.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>

#include "mmaprec.h"

/* Each list of mmaprec_events.def as a table; where an event's fields begin, by counting. */

#define MMAPREC_EVENT(id, name, klass) MR_FIRST_##name,
#define MMAPREC_FIELD(event, ctype, name, type, unit, set) MR_FIELD_##event##_##name,
#define MMAPREC_TEXT(event, size, name) MR_FIELD_##event##_##name,
#define MMAPREC_VIEW(event, field, at, size, name, type, set) MR_FIELD_##event##_##name,
#define MMAPREC_END(event) MR_LAST_##event,
/* Each event takes two numbers more than it has fields. */
enum mr_count {
#include "mmaprec_events.def"
};

#define MMAPREC_EVENT(id, name, klass) MR_NTH_##name,
enum mr_nth {
#include "mmaprec_events.def"
};

#define MMAPREC_EVENT(i, n, k)                                                                     \
	{.id = i,                                                                                  \
	 .length = sizeof(struct mr_e_##n),                                                        \
	 .klass = MMAPREC_CLASS_##k,                                                               \
	 .first_field = MR_FIRST_##n - 2 * MR_NTH_##n,                                             \
	 .n_fields = MR_LAST_##n - MR_FIRST_##n - 1,                                               \
	 .name = #n},
const struct mmaprec_event_desc mr_event_descs[] = {
#include "mmaprec_events.def"
};
const unsigned int mr_event_desc_n = ARRAY_SIZE(mr_event_descs);

#define MMAPREC_FIELD(e, c, n, t, u, s)                                                            \
	{.name = #n,                                                                               \
	 .offset = offsetof(struct mr_e_##e, n),                                                   \
	 .size = sizeof(((struct mr_e_##e *)0)->n),                                                \
	 .type = MMAPREC_T_##t,                                                                    \
	 .unit = MMAPREC_U_##u,                                                                    \
	 .values = s},
#define MMAPREC_TEXT(e, z, n)                                                                      \
	{.name = #n, .offset = offsetof(struct mr_e_##e, n), .size = z, .type = MMAPREC_T_TEXT},
#define MMAPREC_VIEW(e, f, a, z, n, t, s)                                                          \
	{.name = #n,                                                                               \
	 .offset = offsetof(struct mr_e_##e, f) + (a),                                             \
	 .size = z,                                                                                \
	 .type = MMAPREC_T_##t,                                                                    \
	 .values = s},
const struct mmaprec_field_desc mr_field_descs[] = {
#include "mmaprec_events.def"
};
const unsigned int mr_field_desc_n = ARRAY_SIZE(mr_field_descs);

#define MMAPREC_VALUE(s, v, n) {.value = v, .name = n, .set = s},
#define MMAPREC_KERNEL_VALUE(s, e, v, n) MMAPREC_VALUE(s, (__force u64)(e), n)
const struct mmaprec_value_desc mr_value_descs[] = {
#include "mmaprec_events.def"
};
const unsigned int mr_value_desc_n = ARRAY_SIZE(mr_value_descs);

/* Whole words, so that the sum over them reads nothing that was not written. */
#define MMAPREC_EVENT(id, name, klass)                                                             \
	static_assert(sizeof(struct mr_e_##name) <= MMAPREC_PAYLOAD_SIZE &&                        \
		      !(sizeof(struct mr_e_##name) % 8));
#include "mmaprec_events.def"
static_assert(sizeof(struct mmaprec_slot) == MMAPREC_SLOT_SIZE);
/* "op" is a byte of the flags. */
static_assert((__force u32)REQ_OP_MASK == 0xff);
