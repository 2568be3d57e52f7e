// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_recorder.c - libFuzzer: any bytes as a recorder's directory and rings
 *
 * The checksum is set right, for it would keep everything else from being tried. What is
 * found must be whole: all slots are counted once, and records come in order.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/recorder_writer.h"

#include "../../libsrc/kernel/recorder.h"

#define ROOM (16 * 4096)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

bool mi_target_interrupted(struct mi_target *t)
{
	(void)t;
	return false;
}

const char *mi_read_text(enum mi_read why)
{
	return why ? "absent" : "there";
}

const char *mi_read_word(enum mi_read why)
{
	return mi_read_text(why);
}

struct bytes {
	const uint8_t *data;
	size_t size;
};

static enum mi_read get(const struct bytes *b, uint64_t off, void *buf, size_t len)
{
	if (off > b->size || len > b->size - off)
		return MI_READ_INCOMPLETE;
	memcpy(buf, b->data + off, len);
	return MI_READ_OK;
}

static enum mi_read directory(void *arg, const struct mmaprec_header *h, uint32_t page, void *buf,
			      size_t len)
{
	return get(arg, h ? (uint64_t)page * h->page_size : 0, buf, len);
}

static enum mi_read ring(void *arg, const struct mi_recorder *rec, size_t cpu, uint64_t off,
			 void *buf, size_t len)
{
	return get(arg, rec->cpus[cpu].own.mmap_offset % ROOM + off, buf, len);
}

static void done(void *arg)
{
	(void)arg;
}

static void set_right(uint8_t *mem)
{
	struct mmaprec_header *h = (struct mmaprec_header *)(void *)mem;
	size_t i;

	h->magic0 = ~MMAPREC_NOT_MAGIC0;
	h->magic1 = ~MMAPREC_NOT_MAGIC1;
	h->byte_order = MMAPREC_BYTE_ORDER;
	h->abi_major = MMAPREC_ABI_MAJOR;
	h->fixed_end = MMAPREC_NOT_MAGIC0;
	for (i = 0; i < MMAPREC_SECTIONS; i++)
		if (h->section[i].offset + (uint64_t)h->section[i].n * h->section[i].entry_size >
		    ROOM)
			return;
	h->crc = w_sum(h);
}

static void use(struct mi_recorder *rec)
{
	struct mi_records w;
	struct mi_record r;
	uint64_t value, n = 0, slots = 0, seq = 0;
	size_t i;

	if (rec->slots * rec->n_cpus > 1 << 16 || mi_recorder_index(rec, NULL, NULL))
		return;
	for (i = 0; i < rec->n_cpus; i++)
		slots += rec->cpus[i].own.n_frames || rec->cpus[i].own.mmap_offset ? rec->slots : 0;
	if (rec->valid + rec->never + rec->torn + rec->absent != slots)
		abort();
	if (mi_records_start(&w, rec, NULL))
		return;
	for (; mi_records_next(&w, &r); n++) {
		mi_recorder_time(rec, r.raw);
		for (i = 0; r.event && i < r.event->n_fields; i++)
			mi_record_field(&r, &r.event->fields[i], &value);
		for (i = 0; i < MI_R_NR; i++)
			mi_record_get(&r, (enum mi_rec_known)i, &value);
		if (rec->n_cpus == 1 && r.seq <= seq)
			abort();
		seq = r.seq;
	}
	mi_records_end(&w);
	if (n != rec->valid)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t mem[ROOM];
	struct bytes b = {mem, ROOM};
	const struct mi_recorder_io io = {
		.arg = &b, .directory = directory, .ring = ring, .close = done};
	struct mi_problems problems = {.n = 0};
	struct mi_recorder *rec;
	struct writer w;
	size_t i;

	/* A good one, in which the input changes bytes: a place of two bytes, and what to put
	 * there. */
	memset(mem, 0, sizeof(mem));
	w_begin(&w, mem, ROOM / 4096, 0x100, 1, 5);
	for (i = 0; i < 40; i++)
		W_EVENT(&w, 0, i * 10, fault_begin, 7, .address = i);
	for (i = 0; i + 3 <= size; i += 3)
		mem[(data[i] | data[i + 1] << 8) % ROOM] = data[i + 2];
	set_right(mem);
	if (!mi_recorder_open(&io, &problems, &rec, NULL)) {
		use(rec);
		mi_recorder_close(rec);
	}
	return 0;
}
