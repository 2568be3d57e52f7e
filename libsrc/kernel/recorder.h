/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_KERNEL_RECORDER_H
#define MI_KERNEL_RECORDER_H

#include "../../extension/recorder/mmaprec_abi.h"
#include "kernel.h"

/*
 * What mmaprec.ko has recorded; docs/recorder-format.md describes the bytes.
 *
 * Nothing here knows an event: descriptions in the recorder's directory say what a record
 * holds, so one of a newer recorder is read, too. Events and fields that are known by name
 * are looked up once.
 *
 *	if (!mi_recorder_find(k, true, &found, &err)) {
 *		mi_recorder_index(found.rec, k->t, &err);
 *		mi_records_start(&walk, found.rec, &err);
 *		while (mi_records_next(&walk, &record)) ...
 */

/* ---- where the pages come from ---- */

struct mi_recorder;

/* A dump, the recorder's device, a copy of what that has. No read crosses a page. */
struct mi_recorder_io {
	void *arg;
	const char *name; /* "dump", "file" */
	/* The start of page @page of the directory; @h: NULL for the header itself, page 0. */
	enum mi_read (*directory)(void *arg, const struct mmaprec_header *h, uint32_t page,
				  void *buf, size_t len);
	/* Optional: the directory is parsed; rings will be asked for. */
	enum mi_status (*attach)(void *arg, struct mi_recorder *rec, struct mi_error *err);
	/* Bytes of the ring of rec->cpus[@cpu]. */
	enum mi_read (*ring)(void *arg, const struct mi_recorder *rec, size_t cpu, uint64_t off,
			     void *buf, size_t len);
	void (*close)(void *arg);
};

/* ---- descriptions ---- */

#define MI_REC_NAME (MMAPREC_NAME + 1)

/* Fields that are known by name. */
#define MI_REC_FIELDS(X)                                                                           \
	X(MM, "mm")                                                                                \
	X(ADDRESS, "address")                                                                      \
	X(MAPPING, "mapping")                                                                      \
	X(INDEX, "index")                                                                          \
	X(INO, "ino")                                                                              \
	X(DEV, "dev")                                                                              \
	X(ACCESS, "access")                                                                        \
	X(ATTEMPT, "attempt")                                                                      \
	X(BEGIN, "begin")                                                                          \
	X(FIRST, "first")                                                                          \
	X(FAULT_CLASS, "fault_class")                                                              \
	X(WEIGHT, "weight")                                                                        \
	X(WINDOW_START, "window_start")                                                            \
	X(WINDOW_SIZE, "window_size")                                                              \
	X(WINDOW_ASYNC, "window_async")                                                            \
	X(MMAP_MISS, "mmap_miss")                                                                  \
	X(DECISION, "decision")                                                                    \
	X(PAGES, "pages")                                                                          \
	X(IN_FAULT, "in_fault")                                                                    \
	X(OFFSET, "offset")                                                                        \
	X(LENGTH, "length")                                                                        \
	X(READER, "reader")                                                                        \
	X(PFN, "pfn")                                                                              \
	X(REFAULT, "refault")                                                                      \
	X(WHY_LEFT, "why_left")                                                                    \
	X(BIO, "bio")                                                                              \
	X(REQUEST, "request")                                                                      \
	X(SECTOR, "sector")                                                                        \
	X(BYTES, "bytes")                                                                          \
	X(DISK, "disk")                                                                            \
	X(OP, "op")                                                                                \
	X(OP_FLAGS, "op_flags")                                                                    \
	X(OTHER_SECTOR, "other_sector")                                                            \
	X(OTHER_DISK, "other_disk")                                                                \
	X(TAG, "tag")                                                                              \
	X(ERROR, "error")                                                                          \
	X(CALL, "call")                                                                            \
	X(VALUE, "value")                                                                          \
	X(VALUE2, "value2")                                                                        \
	X(WHAT, "what")                                                                            \
	X(NODE, "node")                                                                            \
	X(ORDER, "order")                                                                          \
	X(RECLAIMED, "reclaimed")                                                                  \
	X(OTHER, "other")                                                                          \
	X(COMM, "comm")

enum mi_rec_known {
#define MI_REC_FIELD(key, name) MI_R_##key,
	MI_REC_FIELDS(MI_REC_FIELD)
#undef MI_REC_FIELD
	MI_R_NR
};

/* Events that are known by name. */
#define MI_REC_EVENTS(X)                                                                           \
	X(CONTROL, "control")                                                                      \
	X(FAULT_BEGIN, "fault_begin")                                                              \
	X(FAULT_END, "fault_end")                                                                  \
	X(FILEMAP_FAULT, "filemap_fault")                                                          \
	X(READAHEAD, "readahead")                                                                  \
	X(READ, "read")                                                                            \
	X(CACHE_ADD, "cache_add")                                                                  \
	X(CACHE_DELETE, "cache_delete")                                                            \
	X(BIO_QUEUE, "bio_queue")                                                                  \
	X(BIO_SPLIT, "bio_split")                                                                  \
	X(BIO_REMAP, "bio_remap")                                                                  \
	X(BIO_BACKMERGE, "bio_backmerge")                                                          \
	X(BIO_FRONTMERGE, "bio_frontmerge")                                                        \
	X(RQ_ALLOC, "rq_alloc")                                                                    \
	X(RQ_INSERT, "rq_insert")                                                                  \
	X(RQ_ISSUE, "rq_issue")                                                                    \
	X(RQ_REQUEUE, "rq_requeue")                                                                \
	X(RQ_COMPLETE, "rq_complete")                                                              \
	X(BIO_COMPLETE, "bio_complete")                                                            \
	X(MAP, "map")                                                                              \
	X(RECLAIM_BEGIN, "reclaim_begin")                                                          \
	X(RECLAIM_END, "reclaim_end")                                                              \
	X(WRITEBACK_BEGIN, "writeback_begin")                                                      \
	X(WRITEBACK_END, "writeback_end")                                                          \
	X(TASK, "task")

enum mi_rec_kind {
	MI_E_UNKNOWN, /* described, perhaps, but by a name of which nothing is known here */
#define MI_REC_EVENT(key, name) MI_E_##key,
	MI_REC_EVENTS(MI_REC_EVENT)
#undef MI_REC_EVENT
	MI_E_NR
};

struct mi_rec_field {
	char name[MI_REC_NAME];
	uint16_t offset; /* with size, inside MMAPREC_PAYLOAD_SIZE */
	uint8_t size;
	uint8_t type; /* enum mmaprec_type, or one that is not known here */
	uint8_t unit; /* enum mmaprec_unit, ditto */
	uint8_t values;
};

struct mi_rec_event {
	uint16_t id, length;
	uint32_t klass; /* enum mmaprec_class, or one that is not known here */
	char name[MI_REC_NAME];
	const struct mi_rec_field *fields;
	size_t n_fields;
	enum mi_rec_kind kind;
	/* Those known by name that are numbers, or text; NULL: it has none. */
	const struct mi_rec_field *known[MI_R_NR];
};

/* A name of a value, or, of flags, of some bits. */
struct mi_rec_value {
	uint64_t value;
	char name[MI_REC_NAME];
	uint8_t set;
};

/* ---- the directory ---- */

struct mi_rec_hook {
	char name[49], reason[73];
	uint32_t mechanism, klass;
	uint64_t calls, missed, events;
};

#define MI_REC_NO_FRAME (~0ULL)

struct mi_rec_cpu {
	struct mmaprec_cpu own; /* as the recorder has it */
	/* Of a dump: the page frames of its ring; MI_REC_NO_FRAME where they are not known. */
	uint64_t *frames;

	/* By mi_recorder_index(). Each slot of the ring is one of these: */
	uint64_t valid, never, torn;
	uint64_t absent[MI_READ_NR]; /* in a page that is not to be had, by reason */
	uint64_t last;		     /* highest sequence number known of */
	uint64_t overwritten;	     /* events before the ones that the ring still has */
	uint64_t *seq;		     /* of the valid ones, ascending */
};

struct mi_recorder {
	struct mi_recorder_io io;
	struct mi_problems *problems;
	struct mmaprec_header head; /* what is not known of it is 0 */
	unsigned char *dir;	    /* dir_pages whole pages */
	size_t dir_size;
	struct mi_rec_event *events;
	size_t n_events;
	uint16_t *by_id; /* place in events, + 1 */
	struct mi_rec_field *fields;
	size_t n_fields;
	struct mi_rec_value *values;
	size_t n_values;
	struct mi_rec_hook *hooks;
	size_t n_hooks;
	struct mi_rec_cpu *cpus;
	size_t n_cpus;
	struct mmaprec_filter *filters; /* in force */
	size_t n_filters;
	struct mmaprec_clock_sample *clock; /* ascending, raw and mono */
	size_t n_clock;
	uint64_t slots; /* of each ring */

	/* By mi_recorder_index(): sums over the CPUs. */
	uint64_t valid, never, torn, absent, overwritten;
	uint64_t lost_nested, lost_torn, lost_overload, filtered, sampled_out;
};

/* recorder_dir.c. Takes @io over, also when it fails. MI_ERR_FORMAT, MI_ERR_UNSUPPORTED. */
enum mi_status mi_recorder_open(const struct mi_recorder_io *io, struct mi_problems *problems,
				struct mi_recorder **ret, struct mi_error *err);
void mi_recorder_close(struct mi_recorder *rec);

/* Whether these are the first bytes of a directory; @buf: MI_RECORDER_MAGIC of them. */
#define MI_RECORDER_MAGIC 16
bool mi_recorder_magic(const void *buf);

const struct mi_rec_event *mi_recorder_event(const struct mi_recorder *rec, uint16_t id);
/* The name of @value in @set, or of exactly these bits; NULL: it has none. */
const char *mi_recorder_value(const struct mi_recorder *rec, uint8_t set, uint64_t value);
/* "fault", "readahead", ...; NULL: not known here. */
const char *mi_recorder_class(uint32_t klass);
/* "running", "frozen", ...; NULL: not known here. */
const char *mi_recorder_state(uint32_t state);
const char *mi_recorder_mechanism(uint32_t mechanism);

/* ---- where it is found ---- */

enum mi_recorder_how {
	MI_RECORDER_SYMBOL, /* a symbol of the module */
	MI_RECORDER_MODULE, /* a pointer in the module's data */
	MI_RECORDER_SCAN,   /* its magic, at the start of a page */
	MI_RECORDER_FILE,
};

#define MI_RECORDER_OTHERS 8

/* Another directory that was met: remains of a recorder that was unloaded, or of another boot. */
struct mi_recorder_other {
	uint64_t frame;
	uint32_t state;
	uint64_t loaded_real;
	char release[65];
};

struct mi_recorder_found {
	struct mi_recorder *rec;
	enum mi_recorder_how how;
	uint64_t at; /* physical address of the directory */
	bool second; /* the first copy of the directory is not to be had */
	struct mi_recorder_other others[MI_RECORDER_OTHERS];
	size_t n_others; /* not more than there is room for */
	uint64_t more_others;
	uint64_t refused; /* have the magic, and are no directories */
	uint64_t pages;	  /* that a scan looked at */
};

/*
 * recorder_find.c: in the memory of @k: by module, and if that leads to none and @scan is set,
 * by a look at every page of the dump. MI_ERR_NOT_FOUND: there is none; MI_ERR_FORMAT: what
 * is there is damaged.
 */
enum mi_status mi_recorder_find(struct mi_kernel *k, bool scan, struct mi_recorder_found *ret,
				struct mi_error *err);

/* recorder_file.c: the recorder's device, or a copy of what that has. */
enum mi_status mi_recorder_file(const char *path, struct mi_problems *problems,
				struct mi_recorder **ret, struct mi_error *err);

/* ---- time: recorder_clock.c ---- */

struct mi_rec_time {
	bool known;	   /* false: there are no samples to tell by */
	bool extrapolated; /* before the first sample, or behind the last */
	uint64_t mono;	   /* ns of CLOCK_MONOTONIC */
	uint64_t real;	   /* ns of CLOCK_REALTIME, as it was set then; 0: not known */
	uint64_t sched;	   /* ns of sched_clock(), as dmesg has it; 0: not known */
};

struct mi_rec_time mi_recorder_time(const struct mi_recorder *rec, uint64_t raw);
/* When the dump was made, or the latest that is known of it: raw. */
uint64_t mi_recorder_now(const struct mi_recorder *rec);
/* Nanoseconds from @from to @to, both raw; false: not known, or the wrong way round. */
bool mi_recorder_span(const struct mi_recorder *rec, uint64_t from, uint64_t to, uint64_t *ns);

/* ---- records: recorder_ring.c ---- */

struct mi_record {
	const struct mi_rec_event *event; /* NULL: not described */
	uint16_t id;
	uint8_t context, length;
	uint32_t cpu, tid, tgid;
	uint64_t seq, raw;
	size_t cpu_index; /* of rec->cpus[] */
	unsigned char payload[MMAPREC_PAYLOAD_SIZE];
};

/* Look at every slot. @t: to ask whether the user wants it to stop; may be NULL. */
enum mi_status mi_recorder_index(struct mi_recorder *rec, struct mi_target *t,
				 struct mi_error *err);

/* What a slot is that lies at @place of a ring with @slots. */
enum mi_slot_state {
	MI_SLOT_VALID,
	MI_SLOT_NEVER,
	MI_SLOT_TORN
};
enum mi_slot_state mi_slot_judge(const struct mmaprec_slot *s, uint64_t place, uint64_t slots);

/*
 * All valid records: of a CPU in the order of sequence numbers, of several by time. Where the
 * time of a CPU steps back (what an interrupt recorded goes before what it interrupted), the
 * later of the two counts, so that the order of a CPU is kept.
 */
struct mi_records {
	struct mi_recorder *rec;
	struct mi_records_cpu *heap;
	size_t n;
	uint64_t gone; /* overwritten since they were indexed: a running recorder */
};

enum mi_status mi_records_start(struct mi_records *w, struct mi_recorder *rec,
				struct mi_error *err);
bool mi_records_next(struct mi_records *w, struct mi_record *ret);
void mi_records_end(struct mi_records *w);

/* A field of a record, sign-extended; false: the record has none, or it is no number. */
bool mi_record_field(const struct mi_record *r, const struct mi_rec_field *f, uint64_t *value);
bool mi_record_get(const struct mi_record *r, enum mi_rec_known f, uint64_t *value);
/* A field of chars; at most @room - 1 of them. */
bool mi_record_text(const struct mi_record *r, const struct mi_rec_field *f, char *buf,
		    size_t room);

static inline enum mi_rec_kind mi_record_kind(const struct mi_record *r)
{
	return r->event ? r->event->kind : MI_E_UNKNOWN;
}

#endif
