/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MMAPREC_ABI_H
#define MMAPREC_ABI_H

#include <linux/types.h>

/*
 * What mmaprec.ko leaves in memory, for whoever reads it: from /dev/mmaprec, from
 * /proc/kcore, or out of a vmcore without the module's debuginfo. docs/recorder-format.md
 * says how to read it, and why it is so.
 *
 *	directory		one or more pages: struct mmaprec_header, then sections:
 *				event descriptions, names of values, hooks, CPUs, clock samples
 *	frame list of a CPU	__u64 page frame numbers of its ring, in pages of their own
 *	ring of a CPU		1 << ring_order slots of MMAPREC_SLOT_SIZE bytes
 *
 * All numbers are in the byte order of the machine (see byte_order). Zero means "none" or "not
 * known" unless said otherwise. An area is always whole pages; pages of an area may lie
 * anywhere in physical memory.
 *
 * Versions: a reader refuses another major. A higher minor only adds: fields at the end of
 * entries (step by entry_size, never by sizeof), events, sections, flags.
 */
#define MMAPREC_ABI_MAJOR 1
#define MMAPREC_ABI_MINOR 1

/*
 * The first two words of a directory, inverted, so that a program that looks for them does
 * not find itself.
 */
#define MMAPREC_NOT_MAGIC0 0xe6ad6d7125909a43ULL
#define MMAPREC_NOT_MAGIC1 0x4502f1dfd42169beULL

/* A variable of the module that holds the address of the directory. */
#define MMAPREC_SYMBOL "mmaprec_directory"

#define MMAPREC_BYTE_ORDER 0x0102030405060708ULL

/* ---- slots ---- */

#define MMAPREC_SLOT_SIZE 128
#define MMAPREC_PAYLOAD_SIZE 88

/*
 * One event. Its sequence number counts the events of this CPU, from 1; it lies in slot
 * seq & (slots - 1).
 *
 * Written: seq_end = 0; seq_begin = seq; all else; seq_end = seq, with barriers between. So
 *	seq_begin == seq_end != 0, seq & (slots - 1) is the slot, check is right	valid
 *	both 0										never used
 *	anything else									torn
 * A torn slot was being written (by what the writer interrupted, or as the machine stopped),
 * or lies in a page that is damaged. Nothing in it is to be believed, seq_begin least of all.
 */
struct mmaprec_slot {
	__u64 seq_begin;
	__u64 time;   /* raw: see struct mmaprec_clock */
	__u16 event;  /* enum mmaprec_event, see struct mmaprec_event_desc */
	__u8 context; /* MMAPREC_IN_* */
	__u8 length;  /* bytes of payload in use; the rest is not written, nor checked */
	__u32 check;  /* mmaprec_check() */
	__u32 tid;    /* the task that ran, 0: the idle task */
	__u32 tgid;
	__u8 payload[MMAPREC_PAYLOAD_SIZE]; /* as the event's description says */
	__u64 seq_end;
};

/* What the event interrupted, or ran as. */
#define MMAPREC_IN_SOFTIRQ 0x01
#define MMAPREC_IN_HARDIRQ 0x02
#define MMAPREC_IN_NMI 0x04
#define MMAPREC_IN_KTHREAD 0x08 /* the task has no memory of its own */

/*
 * Folded sum of what is in a slot, or, for the writer, of the payload and @x. Words are XORed, so
 * it costs little, and finds a slot of which a part is from another time. The payload is aligned,
 * and read in whole words: what is behind its length in the last one must be 0.
 */
static inline __u32 mmaprec_sum(const struct mmaprec_slot *s, __u64 x, unsigned int length)
{
	const __u64 *word = (const __u64 *)(const void *)s->payload;
	unsigned int n = (length + 7u) / 8;

	/* No loop: for the writer the length is known when it is compiled. */
#define MMAPREC_WORD(i) (n > (i) ? word[i] : 0)
	x ^= MMAPREC_WORD(0) ^ MMAPREC_WORD(1) ^ MMAPREC_WORD(2) ^ MMAPREC_WORD(3);
	x ^= MMAPREC_WORD(4) ^ MMAPREC_WORD(5) ^ MMAPREC_WORD(6) ^ MMAPREC_WORD(7);
	x ^= MMAPREC_WORD(8) ^ MMAPREC_WORD(9) ^ MMAPREC_WORD(10);
#undef MMAPREC_WORD
	return (__u32)(x ^ (x >> 32));
}

static inline __u32 mmaprec_check(const struct mmaprec_slot *s)
{
	__u64 x = s->seq_begin ^ s->time ^
		  ((__u64)s->event | (__u64)s->context << 16 | (__u64)s->length << 24) ^
		  ((__u64)s->tid | (__u64)s->tgid << 32);

	return mmaprec_sum(s, x, s->length);
}

/* ---- the directory ---- */

enum mmaprec_section_id {
	MMAPREC_S_EVENTS = 1, /* struct mmaprec_event_desc */
	MMAPREC_S_FIELDS,     /* struct mmaprec_field_desc */
	MMAPREC_S_VALUES,     /* struct mmaprec_value_desc */
	MMAPREC_S_HOOKS,      /* struct mmaprec_hook */
	MMAPREC_S_CPUS,	      /* struct mmaprec_cpu, ascending by number */
	MMAPREC_S_FRAMES,     /* __u64 page frame numbers: of the pages of all frame lists */
	MMAPREC_S_CLOCK,      /* struct mmaprec_clock_sample, a ring */
	MMAPREC_S_FILTERS,    /* struct mmaprec_filter: what is in force */
	MMAPREC_SECTIONS = 16,
};

struct mmaprec_section {
	__u32 offset; /* from the start of the directory, a multiple of 8 */
	__u32 entry_size;
	__u32 n; /* entries */
	__u32 reserved;
};

#define MMAPREC_DIR_PAGES_MAX 128

/* How raw times are counted. */
enum mmaprec_clock {
	MMAPREC_CLOCK_MONO = 1, /* nanoseconds of CLOCK_MONOTONIC, as NMIs may ask it */
	MMAPREC_CLOCK_TSC,	/* time stamp counter: only by the samples */
};

enum mmaprec_state {
	MMAPREC_LOADING = 1,
	MMAPREC_RUNNING,
	MMAPREC_PAUSED,	  /* by the user */
	MMAPREC_FROZEN,	  /* the kernel panics */
	MMAPREC_UNLOADED, /* what is found are the remains of an earlier one */
};

struct mmaprec_header {
	__u64 magic0, magic1;
	__u64 byte_order; /* MMAPREC_BYTE_ORDER */
	__u16 abi_major, abi_minor;
	__u32 header_size; /* sizeof(struct mmaprec_header) of the writer */
	__u32 page_size;
	__u32 dir_pages;
	/*
	 * CRC32 (zlib's crc32()) of the directory's bytes that never change: all of the
	 * sections EVENTS, FIELDS, VALUES and FRAMES in this order, then of this header from
	 * abi_major up to and including fixed_end, with this member as 0.
	 */
	__u32 crc;
	__u32 copy; /* 0: the directory, 1: its second copy, elsewhere in memory */

	char release[64];	    /* uname -r */
	char version[32];	    /* of the module */
	__u8 boot_id[16];	    /* zero if it could not be had */
	__u8 build_id[20];	    /* of the module; zero: none */
	__u32 clock;		    /* enum mmaprec_clock */
	__u64 loaded_mono;	    /* CLOCK_MONOTONIC at load, ns */
	__u64 loaded_real;	    /* CLOCK_REALTIME at load, ns */
	__u64 module;		    /* struct module */
	__u64 text_start, text_end; /* of the module's code */
	__u32 slot_size;	    /* MMAPREC_SLOT_SIZE */
	__u32 ring_order;	    /* slots of a ring: 1 << ring_order */
	__u64 ring_bytes;
	__u32 n_cpus; /* entries of the section CPUS: of possible CPUs */
	__u32 reserved0;
	struct mmaprec_section section[MMAPREC_SECTIONS]; /* [MMAPREC_S_* - 1] */
	/* Where this directory and its other copy lie. */
	__u64 dir_va, other_va;
	__u64 dir_frame[MMAPREC_DIR_PAGES_MAX];	  /* of this copy */
	__u64 other_frame[MMAPREC_DIR_PAGES_MAX]; /* of the other */
	__u64 fixed_end; /* the same as magic0, inverted; what follows changes */

	__u32 state; /* enum mmaprec_state */
	__u32 filter_changes;
	__u64 updated;	      /* raw time of the latest update of what changes here */
	__u64 clock_count;    /* samples ever taken: the latest is in (count - 1) % n */
	__u64 frozen;	      /* raw time, if frozen */
	__u64 events_enabled; /* bit MMAPREC_CLASS_* */
};

struct mmaprec_clock_sample {
	__u64 raw, mono, real; /* taken at one moment; mono, real in ns */
	__u64 sched;	       /* sched_clock(), ns: what dmesg and the scheduler have */
};

/* Counters are the owner CPU's; a reader sees each whole, but not all of one moment. */
struct mmaprec_cpu {
	__u32 cpu;
	__u32 online;	   /* at the latest update */
	__u64 ring_va;	   /* the ring, contiguous in kernel addresses */
	__u64 mmap_offset; /* in /dev/mmaprec */
	__u32 first_frame; /* index in section FRAMES of its frame list's pages... */
	__u32 n_frames;	   /* ...and how many; each has page_size / 8 page frame numbers */
	__u64 head;	   /* latest sequence number, at the latest update: a lower bound */
	/* Events that were not recorded, by reason. */
	__u64 lost_nested;   /* deeper than MMAPREC_NESTING */
	__u64 lost_torn;     /* overtaken while being written: a ring wrapped in between */
	__u64 lost_overload; /* the brake was on */
	__u64 filtered;	     /* not asked for */
	__u64 sampled_out;   /* minor faults of which 1/N is recorded */
};

#define MMAPREC_NESTING 4

enum mmaprec_mechanism {
	MMAPREC_M_ABSENT, /* not attached: reason says why */
	MMAPREC_M_TRACEPOINT,
	MMAPREC_M_KPROBE_FTRACE,
	MMAPREC_M_KPROBE, /* by a breakpoint */
	MMAPREC_M_KRETPROBE,
	MMAPREC_M_WRAPPED, /* calls of interest go through a function of the module */
};

struct mmaprec_hook {
	char name[48];	 /* "mm_filemap_add_to_page_cache", "handle_mm_fault" */
	char reason[72]; /* if ABSENT: in words, no newline */
	__u32 mechanism; /* enum mmaprec_mechanism */
	__u32 klass;	 /* MMAPREC_CLASS_* it serves */
	__u64 calls;	 /* counted only if asked for: parameter count_calls */
	__u64 missed;	 /* nmissed of a probe, at the latest update */
	__u64 events;	 /* recorded by it, at the latest update */
};

/* ---- descriptions ---- */

/* Where in a number of @size bytes its lowest one is. */
#define MMAPREC_LOW_BYTE(size) (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : (size)-1)

#define MMAPREC_NAME 32

struct mmaprec_event_desc {
	__u16 id;
	__u16 length;		     /* bytes of payload */
	__u32 klass;		     /* enum mmaprec_class */
	__u32 first_field, n_fields; /* in section FIELDS */
	char name[MMAPREC_NAME];
};

enum mmaprec_type {
	MMAPREC_T_UINT = 1, /* of size bytes */
	MMAPREC_T_INT,
	MMAPREC_T_POINTER, /* a kernel address; of an object that may be gone */
	MMAPREC_T_ADDRESS, /* a user address */
	MMAPREC_T_ENUM,	   /* values says which names */
	MMAPREC_T_FLAGS,   /* bits; values says which names, each of one bit or mask */
	MMAPREC_T_DEV,	   /* dev_t of the kernel: major << 20 | minor */
	MMAPREC_T_TEXT,	   /* chars, padded with 0 */
	MMAPREC_T_TIME,	   /* raw time */
	MMAPREC_T_CODE,	   /* an address of code: user or kernel */
	/* As FLAGS, but bits without a name are not meant: of what shares its bytes with others. */
	MMAPREC_T_NAMED_FLAGS,
};

enum mmaprec_unit {
	MMAPREC_U_NONE,
	MMAPREC_U_BYTES,
	MMAPREC_U_PAGES,   /* of page_size */
	MMAPREC_U_SECTORS, /* of 512 bytes */
	MMAPREC_U_NS,
	MMAPREC_U_PFN,
};

struct mmaprec_field_desc {
	char name[MMAPREC_NAME];
	__u16 offset; /* from the start of the payload */
	__u8 size;    /* 1, 2, 4, 8; of TEXT any */
	__u8 type;    /* enum mmaprec_type */
	__u8 unit;    /* enum mmaprec_unit */
	__u8 values;  /* set of names; 0: none */
	__u16 reserved;
};

struct mmaprec_value_desc {
	__u64 value; /* of FLAGS: the bits */
	char name[MMAPREC_NAME - 2];
	__u8 set;
	__u8 reserved;
};

/* Kinds of filters; an event passes if for each kind present one entry fits. */
enum mmaprec_filter_kind {
	MMAPREC_F_TGID = 1,   /* value: a thread group, and what it forks from then on */
	MMAPREC_F_DEVICE,     /* value: dev_t of the kernel, of a disk or partition */
	MMAPREC_F_INODE,      /* value: inode number, value2: dev_t of its super block */
	MMAPREC_F_SAMPLE,     /* value: of minor faults every Nth */
	MMAPREC_F_MAJOR_ONLY, /* value: 1 */
};

struct mmaprec_filter {
	__u32 kind; /* 0: unused */
	__u32 reserved;
	__u64 value, value2;
};

/* What can be switched on and off as a whole; bit 1 << class in events_enabled. */
enum mmaprec_class {
	MMAPREC_CLASS_CONTROL,	 /* the recorder itself; always on */
	MMAPREC_CLASS_FAULT,	 /* page faults */
	MMAPREC_CLASS_READAHEAD, /* filemap_fault and its decision */
	MMAPREC_CLASS_READ,	 /* calls into file systems */
	MMAPREC_CLASS_CACHE,	 /* pages entering and leaving */
	MMAPREC_CLASS_BLOCK,	 /* bios and requests */
	MMAPREC_CLASS_MAP,	 /* mmap and the like */
	MMAPREC_CLASS_RECLAIM,
	MMAPREC_CLASS_WRITEBACK,
	MMAPREC_CLASS_TASK, /* fork, exec, exit: names of tasks */
	MMAPREC_CLASSES,
};

/* How users write them: an array by enum mmaprec_class. */
#define MMAPREC_CLASS_NAMES                                                                        \
	{                                                                                          \
		[MMAPREC_CLASS_CONTROL] = "control", [MMAPREC_CLASS_FAULT] = "fault",              \
		[MMAPREC_CLASS_READAHEAD] = "readahead", [MMAPREC_CLASS_READ] = "read",            \
		[MMAPREC_CLASS_CACHE] = "cache", [MMAPREC_CLASS_BLOCK] = "block",                  \
		[MMAPREC_CLASS_MAP] = "map", [MMAPREC_CLASS_RECLAIM] = "reclaim",                  \
		[MMAPREC_CLASS_WRITEBACK] = "writeback", [MMAPREC_CLASS_TASK] = "task",            \
	}

#endif
