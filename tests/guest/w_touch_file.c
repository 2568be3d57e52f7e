/* Touches of file mappings after the dump. */
#include "touch.h"
#include "touch_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* No window comes near the next miss, whose fault-around would count it as a hit. */
#define MISS_STRIDE 20
/* Larger files are holes. */
#define DATA_PAGES 2048

static const struct file_case cases[] = {
	/* Read-around. */
	{"around-mid", EXT4, 256, 0, ALL, SHARED_RO, 0, "", .touches = "r128"},
	{"around-begin", EXT4, 256, 0, ALL, SHARED_RO, 0, "", .touches = "r5"},
	{"around-first", EXT4, 256, 0, ALL, SHARED_RO, 0, "", .touches = "r0"},
	{"around-last", EXT4, 256, 0, ALL, SHARED_RO, 0, "", .touches = "r255"},
	{"around-eof", EXT4, 250, 100, ALL, SHARED_RO, 0, "", .touches = "r245"},
	{"around-tiny", EXT4, 7, 9, ALL, SHARED_RO, 0, "", .touches = "r3"},
	{"around-vma", EXT4, 256, 0, 64, 8, SHARED_RO, 0, "", .touches = "r3"},
	{"around-offset", EXT4, 256, 0, 100, 100, SHARED_RO, 0, "", .touches = "r20"},
	{"around-some", EXT4, 256, 0, ALL, SHARED_RO, 0, "c112-119 c130 c140-141",
	 .touches = "r128"},
	{"around-marked", EXT4, 256, 0, ALL, SHARED_RO, 0, "c136", .touches = "r128"},
	{"around-private", EXT4, 256, 0, ALL, PRIVATE, 0, "", .touches = "r128"},
	{"around-cow", EXT4, 256, 0, ALL, PRIVATE, 0, "", .touches = "w128"},
	{"around-write", EXT4, 256, 0, ALL, SHARED, 0, "", .touches = "w128"},
	{"around-read-rw", EXT4, 256, 0, ALL, SHARED, 0, "", .touches = "r128"},
	{"around-16k", EXT4, 256, 0, ALL, SHARED_RO, 0, "", .touches = "r128", .ahead_kb = 16},
	{"around-20k", EXT4, 256, 0, ALL, SHARED_RO, 0, "", .touches = "r128", .ahead_kb = 20},
	{"around-4k", EXT4, 256, 0, ALL, SHARED_RO, 0, "", .touches = "r128", .ahead_kb = 4},
	{"around-512k", EXT4, 512, 0, ALL, SHARED_RO, 0, "", .touches = "r256", .ahead_kb = 512},
	{"around-2m", EXT4, 1024, 0, ALL, SHARED_RO, 0, "", .touches = "r512", .ahead_kb = 2048},
	{"around-none", EXT4, 256, 0, ALL, SHARED_RO, 0, "", .touches = "r128",
	 .ahead_kb = NONE_KB},
	{"around-device", EXT4, 1024, 0, ALL, SHARED_RO, 0, "", .touches = "r512",
	 .ahead_kb = DEVICE_KB},
	{"around-after", EXT4, 256, 0, ALL, SHARED_RO, 0, "r40", .touches = "r128"},
	{"around-hole", EXT4, 256, 0, ALL, SHARED_RO, 0, "c0-255 e200-210", .touches = "r205"},
	{"around-read", EXT4, 256, 0, ALL, SHARED_RO, 0, "s0-23", .touches = "r128"},
	{"around-next", EXT4, 256, 0, ALL, SHARED_RO, 0, "s0-23 e24-255", .touches = "r24"},
	/* Advice. */
	{"random", EXT4, 256, 0, ALL, SHARED_RO, MADV_RANDOM, "", .touches = "r128"},
	{"random-cow", EXT4, 256, 0, ALL, PRIVATE, MADV_RANDOM, "", .touches = "w128"},
	{"random-write", EXT4, 256, 0, ALL, SHARED, MADV_RANDOM, "", .touches = "w128"},
	{"random-cached", EXT4, 256, 0, ALL, SHARED_RO, MADV_RANDOM, "c90-130", .touches = "r100"},
	{"seq-first", EXT4, 256, 0, ALL, SHARED_RO, MADV_SEQUENTIAL, "", .touches = "r0"},
	{"seq-mid", EXT4, 256, 0, ALL, SHARED_RO, MADV_SEQUENTIAL, "", .touches = "r128"},
	{"seq-last", EXT4, 256, 0, ALL, SHARED_RO, MADV_SEQUENTIAL, "", .touches = "r250"},
	{"seq-some", EXT4, 256, 0, ALL, SHARED_RO, MADV_SEQUENTIAL, "c100-127", .touches = "r128"},
	{"seq-next", EXT4, 256, 0, ALL, SHARED_RO, MADV_SEQUENTIAL, "s0-23 e24-255",
	 .touches = "r24"},
	{"seq-window-end", EXT4, 256, 0, ALL, SHARED_RO, MADV_SEQUENTIAL, "s0-23 e32-255",
	 .touches = "r64"},
	{"seq-cow", EXT4, 256, 0, ALL, PRIVATE, MADV_SEQUENTIAL, "", .touches = "w128"},
	{"seq-marker", EXT4, 256, 0, ALL, SHARED_RO, MADV_SEQUENTIAL, "s0-23", .touches = "r32"},
	{"seq-512k", EXT4, 512, 0, ALL, SHARED_RO, MADV_SEQUENTIAL, "", .touches = "r128",
	 .ahead_kb = 512},
	{"seq-16k", EXT4, 256, 0, ALL, SHARED_RO, MADV_SEQUENTIAL, "", .touches = "r128",
	 .ahead_kb = 16},
	{"fadv-random", EXT4, 256, 0, ALL, SHARED_RO, 0, "", .touches = "r128",
	 .fadvice = POSIX_FADV_RANDOM + 1},
	{"fadv-seq", EXT4, 256, 0, ALL, SHARED_RO, 0, "", .touches = "r128",
	 .fadvice = POSIX_FADV_SEQUENTIAL + 1},
	{"fadv-random-seq", EXT4, 256, 0, ALL, SHARED_RO, MADV_SEQUENTIAL, "", .touches = "r128",
	 .fadvice = POSIX_FADV_RANDOM + 1},
	{"huge", EXT4, 1536, 0, ALL, SHARED_RO, MADV_HUGEPAGE, "", .touches = "r600"},
	{"huge-end", EXT4, 700, 0, ALL, SHARED_RO, MADV_HUGEPAGE, "", .touches = "r600"},
	{"code", EXT4, 256, 0, 64, 64, CODE, 0, "", .touches = "r30"},
	{"code-end", EXT4, 256, 0, 64, 64, CODE, 0, "", .touches = "r60"},
	{"code-random", EXT4, 256, 0, 64, 64, CODE, MADV_RANDOM, "", .touches = "r30"},
	{"code-seq", EXT4, 256, 0, 64, 64, CODE, MADV_SEQUENTIAL, "", .touches = "r30"},
	{"code-cached", EXT4, 256, 0, 64, 64, CODE, 0, "c80-110", .touches = "r30"},
	/* Misses that were counted: 100 are too many. */
	{"misses-50", EXT4, 2600, 0, ALL, SHARED_RO, 0, "m50", .touches = "r2550", .ahead_kb = 16},
	{"misses-99", EXT4, 2600, 0, ALL, SHARED_RO, 0, "m99", .touches = "r2550", .ahead_kb = 16},
	{"misses-100", EXT4, 2600, 0, ALL, SHARED_RO, 0, "m100", .touches = "r2550",
	 .ahead_kb = 16},
	{"misses-101", EXT4, 2600, 0, ALL, SHARED_RO, 0, "m101", .touches = "r2550",
	 .ahead_kb = 16},
	{"misses-120", EXT4, 2600, 0, ALL, SHARED_RO, 0, "m120", .touches = "r2550",
	 .ahead_kb = 16},
	{"misses-cow", EXT4, 2600, 0, ALL, PRIVATE, 0, "m110", .touches = "w2550", .ahead_kb = 16},
	{"misses-cached", EXT4, 2600, 0, ALL, SHARED_RO, 0, "m110 c2540-2555", .touches = "r2550",
	 .ahead_kb = 16},
	/* The marker of readahead. */
	{"marker", EXT4, 256, 0, ALL, SHARED_RO, 0, "s0-23", .touches = "r32"},
	{"marker-cow", EXT4, 256, 0, ALL, PRIVATE, 0, "s0-23", .touches = "w32"},
	{"marker-write", EXT4, 256, 0, ALL, SHARED, 0, "s0-23", .touches = "w32"},
	{"marker-random", EXT4, 256, 0, ALL, SHARED_RO, MADV_RANDOM, "s0-23", .touches = "r32"},
	{"marker-other", EXT4, 256, 0, ALL, SHARED_RO, 0, "f0-23", .touches = "r32"},
	{"marker-eof", EXT4, 70, 0, ALL, SHARED_RO, 0, "s0-23", .touches = "r32"},
	{"marker-none", EXT4, 256, 0, ALL, SHARED_RO, 0, "f0-23", .touches = "r32",
	 .ahead_kb = NONE_KB},
	{"marker-near", EXT4, 256, 0, ALL, SHARED_RO, 0, "s0-23", .touches = "r36"},
	{"marker-around", EXT4, 256, 0, ALL, SHARED_RO, 0, "r128", .touches = "r136"},
	{"marker-mapped", EXT4, 256, 0, ALL, SHARED_RO, 0, "s0-23 r30", .touches = "r33"},
	/* Fault-around. */
	{"near", EXT4, 256, 0, ALL, SHARED_RO, 0, "c0-255", .touches = "r100"},
	{"near-first", EXT4, 256, 0, ALL, SHARED_RO, 0, "c0-255", .touches = "r0"},
	{"near-private", EXT4, 256, 0, ALL, PRIVATE, 0, "c0-255", .touches = "r20"},
	{"near-holes", EXT4, 256, 0, ALL, SHARED_RO, 0, "c96-98 c100 c104-107 c111",
	 .touches = "r100"},
	{"near-alone", EXT4, 256, 0, ALL, SHARED_RO, 0, "c100", .touches = "r100"},
	{"near-mapped", EXT4, 256, 0, ALL, SHARED_RO, 0, "c0-255 r100 z98-103", .touches = "r101"},
	{"near-begin", EXT4, 256, 0, 100, 100, SHARED_RO, 0, "c0-255", .touches = "r2"},
	{"near-end", EXT4, 256, 0, 100, 100, SHARED_RO, 0, "c0-255", .touches = "r99"},
	{"near-small", EXT4, 256, 0, 100, 5, SHARED_RO, 0, "c0-255", .touches = "r3"},
	{"near-border", EXT4, 256, 0, ALL, SHARED_RO, 0, "c0-255", .touches = "r98", .border = 100},
	{"near-border-end", EXT4, 256, 0, ALL, SHARED_RO, 0, "c0-255", .touches = "r102",
	 .border = 100},
	{"near-eof", EXT4, 100, 50, ALL, SHARED_RO, 0, "c90-100", .touches = "r98"},
	{"near-dirty", EXT4, 256, 0, ALL, SHARED_RO, 0, "d96-111", .touches = "r100"},
	{"near-partial", EXT4, 256, 0, ALL, SHARED_RO, 0, "D96-111", .touches = "r100"},
	{"write-partial", EXT4, 256, 0, ALL, SHARED, 0, "D96-111", .touches = "w100"},
	{"copy-partial", EXT4, 256, 0, ALL, PRIVATE, 0, "D96-111", .touches = "w100"},
	{"near-rw", EXT4, 256, 0, ALL, SHARED, 0, "c0-255", .touches = "r100"},
	{"near-copies", EXT4, 256, 0, ALL, PRIVATE, 0, "c0-255 w98 w102", .touches = "r100"},
	{"near-seq", EXT4, 256, 0, ALL, SHARED_RO, MADV_SEQUENTIAL, "c0-255", .touches = "r100"},
	{"near-read", EXT4, 256, 0, ALL, SHARED_RO, 0, "f0-200 f0-255", .touches = "r100"},
	/* Writes to what is cached, and to what is mapped. */
	{"write-cached", EXT4, 256, 0, ALL, SHARED, 0, "c0-255", .touches = "w100"},
	{"write-dirty", EXT4, 256, 0, ALL, SHARED, 0, "d90-110", .touches = "w100"},
	{"write-mapped", EXT4, 256, 0, ALL, SHARED, 0, "c0-255 r100", .touches = "w100"},
	{"write-written", EXT4, 256, 0, ALL, SHARED, 0, "c0-255 w100", .touches = "w100"},
	{"write-written-read", EXT4, 256, 0, ALL, SHARED, 0, "c0-255 w100", .touches = "r100"},
	{"write-synced", EXT4, 256, 0, ALL, SHARED, 0, "c0-255 w100 S", .touches = "w100"},
	{"write-mapped-dirty", EXT4, 256, 0, ALL, SHARED, 0, "d90-110 r100", .touches = "w100"},
	{"copy-cached", EXT4, 256, 0, ALL, PRIVATE, 0, "c0-255", .touches = "w100"},
	{"copy-mapped", EXT4, 256, 0, ALL, PRIVATE, 0, "c0-255 r100", .touches = "w100"},
	{"copy-mapped-read", EXT4, 256, 0, ALL, PRIVATE, 0, "c0-255 r100", .touches = "r105"},
	{"copy-copied", EXT4, 256, 0, ALL, PRIVATE, 0, "c0-255 w100", .touches = "w100"},
	{"copy-copied-read", EXT4, 256, 0, ALL, PRIVATE, 0, "c0-255 w100", .touches = "r100"},
	{"locked", EXT4, 256, 0, 100, 16, SHARED, 0, "l0-15", .touches = "r5"},
	{"locked-write", EXT4, 256, 0, 100, 16, SHARED, 0, "l0-15", .touches = "w6"},
	{"locked-copy", EXT4, 256, 0, 100, 16, PRIVATE, 0, "l0-15", .touches = "r5"},
	{"locked-copy-write", EXT4, 256, 0, 100, 16, PRIVATE, 0, "l0-15", .touches = "w6"},
	/* Where it ends. */
	{"eof-shared", EXT4, 10, 100, 0, 20, SHARED, 0, "", .touches = "r11"},
	{"eof-shared-write", EXT4, 10, 100, 0, 20, SHARED, 0, "", .touches = "w12"},
	{"eof-private", EXT4, 10, 100, 0, 20, PRIVATE, 0, "c0-10", .touches = "r11"},
	{"eof-private-write", EXT4, 10, 100, 0, 20, PRIVATE, 0, "c0-10", .touches = "w12"},
	{"eof-private-end", EXT4, 10, 100, 0, 20, PRIVATE, 0, "c0-10", .touches = "r19"},
	{"eof-partial", EXT4, 10, 100, 0, 20, SHARED, 0, "", .touches = "r10"},
	{"eof-partial-write", EXT4, 10, 100, 0, 20, SHARED, 0, "c0-10", .touches = "w10"},
	{"eof-partial-copy", EXT4, 10, 100, 0, 20, PRIVATE, 0, "", .touches = "w10"},
	{"eof-cut-copy", EXT4, 10, 100, 0, 20, PRIVATE, 0, "c0-10 r9", .touches = "w9"},
	{"read-only-write", EXT4, 256, 0, ALL, SHARED_RO, 0, "c0-255 r10", .touches = "w10"},
	{"read-only-write-new", EXT4, 256, 0, ALL, SHARED_RO, 0, "c0-255 r10", .touches = "w200"},
	{"protected", EXT4, 256, 0, ALL, SHARED, 0, "c0-255 r10 p0-255", .touches = "w10"},
	{"protected-read", EXT4, 256, 0, ALL, SHARED, 0, "c0-255 r10 p0-255", .touches = "r100"},
	{"none-read", EXT4, 256, 0, ALL, SHARED, 0, "c0-255 r10 n0-255", .touches = "r10"},
	{"none-read-write", EXT4, 256, 0, ALL, SHARED, 0, "c0-255 r10 n0-255", .touches = "w11"},
	{"none-read-new", EXT4, 256, 0, ALL, SHARED, 0, "c0-255 r10 n0-255", .touches = "r200"},
	/* Other file systems. */
	{"xfs-around", "/xfs", 256, 0, ALL, SHARED_RO, 0, "", .touches = "r128"},
	{"xfs-seq", "/xfs", 256, 0, ALL, SHARED_RO, MADV_SEQUENTIAL, "", .touches = "r128"},
	{"xfs-cow", "/xfs", 256, 0, ALL, PRIVATE, 0, "", .touches = "w128"},
	{"xfs-write", "/xfs", 256, 0, ALL, SHARED, 0, "", .touches = "w128"},
	{"xfs-write-cached", "/xfs", 256, 0, ALL, SHARED, 0, "c0-255", .touches = "w100"},
	{"xfs-near", "/xfs", 256, 0, ALL, SHARED_RO, 0, "c90-130", .touches = "r100"},
	{"xfs-large-near", "/xfs", 256, 0, ALL, SHARED_RO, 0, "f0-200", .touches = "r100"},
	{"xfs-large-cow", "/xfs", 256, 0, ALL, PRIVATE, 0, "f0-200", .touches = "w100"},
	{"xfs-large-write", "/xfs", 256, 0, ALL, SHARED, 0, "f0-200 r100", .touches = "w100"},
	{"xfs-marker", "/xfs", 256, 0, ALL, SHARED_RO, 0, "s0-23", .touches = "r32"},
	/* Without a window of its own, the end of what is cached is looked for. */
	{"xfs-marker-other", "/xfs", 256, 0, ALL, SHARED_RO, 0, "f0-23", .touches = "r32"},
	{"xfs-marker-mid", "/xfs", 256, 0, ALL, SHARED_RO, 0, "f0-23", .touches = "r34"},
	{"xfs-marker-far", "/xfs", 256, 0, ALL, SHARED_RO, 0, "f0-100", .touches = "r128"},
	{"xfs-marker-ahead", "/xfs", 256, 0, ALL, SHARED_RO, 0, "f0-100 c160-250",
	 .touches = "r130"},
	{"xfs-random", "/xfs", 256, 0, ALL, SHARED_RO, MADV_RANDOM, "", .touches = "r128"},
	{"xfs-huge", "/xfs", 1536, 0, ALL, SHARED_RO, MADV_HUGEPAGE, "", .touches = "r600"},
	{"xfs-64k", "/xfs", 256, 0, ALL, SHARED_RO, 0, "", .touches = "r128", .ahead_kb = 64},
	{"xfs-eof", "/xfs", 10, 100, 0, 20, SHARED, 0, "", .touches = "r10"},
	{"xfs-eof-write", "/xfs", 10, 100, 0, 20, SHARED, 0, "", .touches = "w12"},
	{"btrfs-around", "/btrfs", 256, 0, ALL, SHARED_RO, 0, "", .touches = "r128"},
	{"btrfs-device", "/btrfs", 256, 0, ALL, SHARED_RO, 0, "", .touches = "r128",
	 .ahead_kb = DEVICE_KB},
	{"btrfs-random", "/btrfs", 256, 0, ALL, SHARED_RO, MADV_RANDOM, "", .touches = "r128"},
	{"btrfs-cow", "/btrfs", 256, 0, ALL, PRIVATE, MADV_RANDOM, "", .touches = "w128"},
	{"btrfs-write", "/btrfs", 256, 0, ALL, SHARED, 0, "c0-255", .touches = "w100"},
	{"btrfs-near", "/btrfs", 256, 0, ALL, SHARED_RO, 0, "c90-130", .touches = "r100"},
	{"btrfs-64k", "/btrfs", 256, 0, ALL, SHARED_RO, 0, "", .touches = "r128", .ahead_kb = 64},
	{"overlay-around", "/overlay", 256, 0, ALL, SHARED_RO, 0, "", .touches = "r128"},
	{"overlay-cow", "/overlay", 256, 0, ALL, PRIVATE, 0, "c0-255", .touches = "w100"},
	{"overlay-write", "/overlay", 256, 0, ALL, SHARED, 0, "c0-255", .touches = "w100"},
	{"overlay-near", "/overlay", 256, 0, ALL, SHARED_RO, 0, "c90-130", .touches = "r100"},
};

static const struct file_case walks[] = {
	/* Holes: nothing has to come from a disk, so it is sure what a fault finds. */
	{"walk-hole", EXT4, 2100, 0, 0, 256, SHARED_RO, 0, "", .touches = "r0-255"},
	{"walk-hole-seq", EXT4, 2100, 0, 0, 256, SHARED_RO, MADV_SEQUENTIAL, "",
	 .touches = "r0-255"},
	{"walk-hole-16k", EXT4, 2100, 0, 0, 256, SHARED_RO, 0, "", .touches = "r0-255",
	 .ahead_kb = 16},
	{"walk-hole-some", EXT4, 2100, 0, 0, 256, SHARED_RO, 0, "c0-60 c80-99 c150 c180-255",
	 .touches = "r0-255"},
	{"walk-hole-copies", EXT4, 2100, 0, 0, 128, PRIVATE, 0, "", .touches = "w0-127"},
	{"walk-hole-private", EXT4, 2100, 0, 0, 128, PRIVATE, 0, "w10 w100", .touches = "r0-127"},
	{"walk-hole-write", EXT4, 2100, 0, 0, 128, SHARED, 0, "", .touches = "w0-127"},
	{"walk-hole-eof", EXT4, 2100, 100, 2070, 40, SHARED_RO, 0, "", .touches = "r0-39"},
	{"walk-hole-xfs", "/xfs", 2100, 0, 0, 256, SHARED_RO, 0, "", .touches = "r0-255"},
	{"walk-hole-xfs-seq", "/xfs", 2100, 0, 0, 256, SHARED_RO, MADV_SEQUENTIAL, "",
	 .touches = "r0-255"},
	{"walk-hole-xfs-some", "/xfs", 2100, 0, 0, 256, SHARED_RO, 0, "f0-60 c80-99 f180-230",
	 .touches = "r0-255"},
	{"walk-cold", EXT4, 256, 0, ALL, SHARED_RO, 0, "", .touches = "r0-255"},
	{"walk-seq", EXT4, 256, 0, ALL, SHARED_RO, MADV_SEQUENTIAL, "", .touches = "r0-255"},
	{"walk-random", EXT4, 64, 0, ALL, SHARED_RO, MADV_RANDOM, "", .touches = "r0-63"},
	{"walk-cached", EXT4, 256, 0, ALL, SHARED_RO, 0, "c0-255", .touches = "r0-255"},
	{"walk-holes", EXT4, 256, 0, ALL, SHARED_RO, 0, "c0-60 c80-99 c150 c180-255",
	 .touches = "r0-255"},
	{"walk-copies", EXT4, 128, 0, ALL, PRIVATE, 0, "", .touches = "w0-127"},
	{"walk-private", EXT4, 128, 0, ALL, PRIVATE, 0, "w10 w100", .touches = "r0-127"},
	{"walk-write", EXT4, 128, 0, ALL, SHARED, 0, "", .touches = "w0-127"},
	{"walk-write-cached", EXT4, 128, 0, ALL, SHARED, 0, "c0-127 r20", .touches = "w0-127"},
	{"walk-16k", EXT4, 256, 0, ALL, SHARED_RO, 0, "", .touches = "r0-255", .ahead_kb = 16},
	{"walk-none", EXT4, 64, 0, ALL, SHARED_RO, 0, "", .touches = "r0-63", .ahead_kb = NONE_KB},
	{"walk-seq-16k", EXT4, 256, 0, ALL, SHARED_RO, MADV_SEQUENTIAL, "", .touches = "r0-255",
	 .ahead_kb = 16},
	{"walk-read", EXT4, 256, 0, ALL, SHARED_RO, 0, "s0-23", .touches = "r0-255"},
	{"walk-misses", EXT4, 2600, 0, 2476, 124, SHARED_RO, 0, "m110", .touches = "r0-123",
	 .ahead_kb = 16},
	{"walk-eof", EXT4, 50, 100, 0, 60, SHARED_RO, 0, "", .touches = "r0-59"},
	{"walk-part", EXT4, 256, 0, 37, 100, SHARED_RO, 0, "", .touches = "r0-99"},
	{"walk-none-prot", EXT4, 64, 0, ALL, SHARED, 0, "n0-63", .touches = "r0-63"},
	{"walk-xfs", "/xfs", 256, 0, ALL, SHARED_RO, 0, "", .touches = "r0-255"},
	{"walk-xfs-seq", "/xfs", 256, 0, ALL, SHARED_RO, MADV_SEQUENTIAL, "", .touches = "r0-255"},
	{"walk-btrfs", "/btrfs", 256, 0, ALL, SHARED_RO, 0, "", .touches = "r0-255"},
	{"walk-device", EXT4, 256, 0, ALL, SHARED_RO, 0, "", .touches = "r0-255",
	 .ahead_kb = DEVICE_KB},
};

/* ---- files ---- */

int touch_make_file(const char *path, size_t pages, size_t tail)
{
	static char text[16 * 4096];
	size_t len = pages * PAGE + tail, part;
	int fd = make_file(path, 0);

	if (pages > DATA_PAGES && ftruncate(fd, (off_t)len) == 0)
		return fd;
	memset(text, 'x', sizeof(text));
	for (size_t at = 0; at < len; at += part) {
		part = len - at < sizeof(text) ? len - at : sizeof(text);
		if (write(fd, text, part) != (ssize_t)part)
			fail("cannot fill %s", path);
	}
	return fd;
}

/* What files get that are opened from now on. Returns what it was. */
static int set_ahead(const char *dir, int kb)
{
	char path[80], text[24] = "";
	struct stat st;
	int fd, was;

	if (stat(dir, &st) < 0)
		fail("stat %s", dir);
	snprintf(path, sizeof(path), "/sys/class/bdi/%u:%u/read_ahead_kb", major(st.st_dev),
		 minor(st.st_dev));
	if (access(path, F_OK))
		snprintf(path, sizeof(path), "/sys/class/bdi/%s/read_ahead_kb", "btrfs-1");
	fd = must_open(path, O_RDONLY);
	if (read(fd, text, sizeof(text) - 1) <= 0 || sscanf(text, "%d", &was) != 1)
		fail("%s", path);
	close(fd);
	snprintf(text, sizeof(text), "%d", kb);
	must_write(path, text);
	return was;
}

static void path_of(const struct file_case *c, char path[80])
{
	snprintf(path, 80, "%s/touch-%s", c->dir, c->name);
}

/* Opened under a limit. The files of overlayfs are those of /mnt. */
static int open_case(const struct file_case *c, int flags, int kb)
{
	const char *disk = strcmp(c->dir, "/overlay") ? c->dir : EXT4;
	char path[80];
	int fd, was;

	path_of(c, path);
	if (kb == DEVICE_KB)
		return must_open(path, flags);
	was = set_ahead(disk, kb == NONE_KB ? 0 : kb);
	fd = must_open(path, flags);
	set_ahead(disk, was);
	return fd;
}

/* ---- history ---- */

struct opened {
	const struct file_case *c;
	struct place place;
	int fd, other; /* the mapped open file, and one for all else */
};

static void read_range(int fd, size_t first, size_t count, size_t step)
{
	static char buffer[16 * 4096];

	for (size_t i = first; i < first + count; i += step)
		if (pread(fd, buffer, step * PAGE, (off_t)(i * PAGE)) < 0)
			fail("read");
}

static void read_alone(struct opened *o, size_t first, size_t count)
{
	posix_fadvise(o->other, 0, 0, POSIX_FADV_RANDOM);
	read_range(o->other, first, count, 1);
	posix_fadvise(o->other, 0, 0, POSIX_FADV_NORMAL);
}

static void write_range(int fd, size_t first, size_t count, size_t len)
{
	static char text[4096] = "dirty";

	for (size_t i = first; i < first + count; i++)
		if (pwrite(fd, text, len, (off_t)(i * PAGE)) != (ssize_t)len)
			fail("write");
}

/* A fault that is not tried a second time, so that it counts one miss. */
static void count_miss(const char *address)
{
	static int fd = -1;
	char byte;

	if (fd < 0)
		fd = must_open("/proc/self/mem", O_RDONLY);
	if (pread(fd, &byte, 1, (off_t)(uintptr_t)address) != 1)
		fail("a miss through mem");
}

/* Through a mapping that goes away again: what counts them is the open file. */
static void miss(struct opened *o, size_t count)
{
	char *map = map_fd(o->fd, 0, o->c->file_pages * PAGE, PROT_READ, MAP_SHARED);

	for (size_t i = 0; i < count; i++)
		count_miss(map + (4 + i * MISS_STRIDE) * PAGE);
	munmap(map, o->c->file_pages * PAGE);
}

static void protect(struct opened *o, size_t first, size_t count, int prot)
{
	if (mprotect(o->place.map + first * PAGE, count * PAGE, prot) < 0)
		fail("mprotect");
}

static void do_word(struct opened *o, char word, size_t first, size_t count)
{
	char *map = o->place.map;

	switch (word) {
	case 'c':
		read_alone(o, first, count);
		break;
	case 'd':
		write_range(o->other, first, count, PAGE);
		break;
	case 'D':
		write_range(o->other, first, count, 5);
		break;
	case 'e':
		posix_fadvise(o->other, (off_t)(first * PAGE), (off_t)(count * PAGE),
			      POSIX_FADV_DONTNEED);
		break;
	case 'f':
		read_range(o->other, first, count, 16);
		break;
	case 's':
		read_range(o->fd, first, count, 16);
		break;
	case 'S':
		fsync(o->fd);
		break;
	case 'r':
		read_pages(map, first, count);
		break;
	case 'w':
		write_pages(map, first, count);
		break;
	case 'z':
		advise(map, first, count, MADV_DONTNEED);
		break;
	case 'm':
		miss(o, first);
		break;
	case 'p':
		protect(o, first, count, PROT_READ);
		break;
	case 'n':
		protect(o, first, count, PROT_NONE);
		break;
	case 'l':
		if (mlock(map + first * PAGE, count * PAGE) < 0)
			fail("mlock");
		break;
	default:
		fail("no word %c", word);
	}
}

/* Calls for each word; returns when there are no more. */
static void for_each_word(const char *words, struct opened *o,
			  void (*fn)(struct opened *o, char word, size_t first, size_t count))
{
	size_t first, last;
	char word, *end;

	while (*words) {
		word = *words++;
		first = last = strtoul(words, &end, 10);
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		fn(o, word, first, last - first + 1);
		words = end + strspn(end, " ");
	}
}

static void plan_word(struct opened *o, char word, size_t first, size_t count)
{
	touch_plan(&o->place, o->c->name, word, first, count);
}

/* ---- cases ---- */

/* Somewhere, or so that a page table ends behind its first pages. */
static char *map_case(const struct file_case *c, int fd, size_t pages)
{
	char *room, *map;
	uintptr_t border;

	if (!c->border)
		return map_fd(fd, c->first * PAGE, pages * PAGE, c->prot, c->flags);
	room = map_anon(2 * HUGE_PAGE, PROT_NONE, MAP_PRIVATE);
	border = ((uintptr_t)room + HUGE_PAGE) & ~(HUGE_PAGE - 1);
	map = mmap((void *)(border - c->border * PAGE), pages * PAGE, c->prot, c->flags | MAP_FIXED,
		   fd, (off_t)(c->first * PAGE));
	if (map == MAP_FAILED)
		fail("mmap");
	return map;
}

static void make_files(const struct file_case *table, size_t count)
{
	char path[80];

	for (size_t i = 0; i < count; i++) {
		path_of(&table[i], path);
		close(touch_make_file(path, table[i].file_pages, table[i].tail));
	}
	sync();
	drain_lru();
	for (size_t i = 0; i < count; i++) {
		int fd;

		path_of(&table[i], path);
		fd = must_open(path, O_RDONLY);
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		close(fd);
	}
}

static void set_up(const struct file_case *c)
{
	struct opened o = {.c = c};

	o.fd = open_case(c, c->prot & PROT_WRITE ? O_RDWR : O_RDONLY,
			 c->ahead_kb ? c->ahead_kb : USUAL_KB);
	o.other = open_case(c, O_RDWR, c->ahead_kb > 0 ? c->ahead_kb : USUAL_KB);
	if (c->fadvice && posix_fadvise(o.fd, 0, 0, c->fadvice - 1))
		fail("fadvise");
	o.place.pages = c->pages ? c->pages : c->file_pages + !!c->tail;
	o.place.map = map_case(c, o.fd, o.place.pages);
	place_probe(&o.place, o.other);
	advise(o.place.map, 0, o.place.pages, c->advice);
	for_each_word(c->history, &o, do_word);
	for_each_word(c->touches, &o, plan_word);
}

_Noreturn void touch_table(const char *scenario, const struct file_case *table, size_t count)
{
	touch_init();
	make_files(table, count);
	for (size_t i = 0; i < count; i++)
		set_up(&table[i]);
	touch_run(scenario, NULL);
}

static void touch_file(void)
{
	touch_table("touch-file", cases, ARRAY_SIZE(cases));
}

static void touch_walk(void)
{
	touch_table("touch-walk", walks, ARRAY_SIZE(walks));
}

const struct scenario touch_file_scenarios[] = {
	{"touch-file", touch_file},
	{"touch-walk", touch_walk},
	{NULL, NULL},
};
