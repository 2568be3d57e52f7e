/* The recorder, as the guest uses it: the module and its device. */
#ifndef RECORDER_REC_H
#define RECORDER_REC_H

#include "common.h"

#include "../../../extension/recorder/mmaprec_abi.h"

/* Ids and payloads of events: REC_fault_end, struct ev_fault_end. */
#define MMAPREC_EVENT(id, name, klass) REC_##name = id,
enum rec_event {
#include "../../../extension/recorder/mmaprec_events.def"
};
/* clang-format off */
#define MMAPREC_EVENT(id, name, klass) struct ev_##name {
#define MMAPREC_FIELD(event, ctype, name, type, unit, set) ctype name;
#define MMAPREC_TEXT(event, size, name) char name[size];
#define MMAPREC_END(event) };
/* clang-format on */
#include "../../../extension/recorder/mmaprec_events.def"

#define REC_MODULE "/mmaprec.ko"
#define REC_DEVICE "/dev/mmaprec"
#define REC_STATUS "/proc/mmaprec"

/* 0, or -1 with errno. */
int rec_load(const char *parameters);
int rec_unload(void);

/* Writes a command; 0, or -1 with errno. */
int rec_command(const char *command);
void rec_must(const char *command);

/* All of it, mapped: the directory, and behind it the rings. */
struct rec_map {
	int fd;
	const struct mmaprec_header *dir;
	size_t size;
};

void rec_map(struct rec_map *map);
void rec_unmap(struct rec_map *map);

const void *rec_entry(const struct mmaprec_header *dir, enum mmaprec_section_id id, unsigned int i);
const struct mmaprec_slot *rec_ring(const struct mmaprec_header *dir, unsigned int nth_cpu);

/* Is this slot of a ring whole, with a number that belongs here? */
int rec_valid(const struct mmaprec_header *dir, const struct mmaprec_slot *slot, size_t nth);

/* Calls @fn for each valid record that came after the latest control record "mark @mark". */
void rec_after_mark(const struct mmaprec_header *dir, unsigned long long mark,
		    void (*fn)(const struct mmaprec_slot *slot, void *arg), void *arg);

#endif
