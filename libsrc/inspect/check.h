/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_INSPECT_CHECK_H
#define MI_INSPECT_CHECK_H

#include "inspect.h"

/*
 * Does the kernel's account of its memory contradict itself? Rules over all processes, the files
 * that they map, and what is pending on block devices. A rule that cannot be applied to this
 * kernel or dump says why; it is never passed over in silence.
 */

enum mi_rule {
#define MI_RULE(name, id, severity, finds, means) MI_RULE_##name,
#include "rules.def"
#undef MI_RULE
	MI_RULE_NR,
};

enum mi_severity {
	MI_SEVERITY_WARNING,
	MI_SEVERITY_ERROR,
	MI_SEVERITY_NR,
};

struct mi_rule_facts {
	const char *id;
	enum mi_severity severity;
	const char *finds, *means;
};

extern const struct mi_rule_facts mi_rules[MI_RULE_NR];
const char *mi_severity_word(enum mi_severity severity);
/* The rule that is called @id, @n bytes of it; MI_RULE_NR: none. */
enum mi_rule mi_rule_find(const char *id, size_t n);

/* A value that led to the finding. */
struct mi_evidence {
	const char *name; /* a literal: "page.mapcount" */
	bool is_address;
	uint64_t value; /* a negative number as an int64_t */
};

#define MI_EVIDENCE_MAX 8
#define MI_FOUND_TEXT 200

struct mi_found {
	enum mi_rule rule;
	const char *object;	  /* what is wrong: "page", "mm_struct"; a literal */
	uint64_t addr;		  /* of it, in the kernel's memory; unlike for findings of a rule */
	int32_t pid;		  /* a process that it concerns; 0: none, or unknown */
	char text[MI_FOUND_TEXT]; /* what was found, in words */
	struct mi_evidence evidence[MI_EVIDENCE_MAX];
	size_t n_evidence;
};

/* So many of each rule are kept; more are counted. */
#define MI_FOUND_MAX 64

struct mi_check_options {
	bool asked[MI_RULE_NR];
	uint64_t older_s;   /* REQUEST_AGE: from so many seconds on; 0: MI_CHECK_OLDER_S */
	uint64_t dirty_mib; /* DIRTY_SHARE: from so many MiB on; 0: MI_CHECK_DIRTY_MIB */
};

/* After that time SCSI's and NVMe's layers abort a command. */
#define MI_CHECK_OLDER_S 30
/* Of one file: a second of a disk's time and more. */
#define MI_CHECK_DIRTY_MIB 64

struct mi_check {
	struct mi_kernel *k;
	struct mi_check_options ask;
	const char *why_not[MI_RULE_NR]; /* NULL: it could be applied */
	uint64_t count[MI_RULE_NR];
	uint64_t applied[MI_RULE_NR]; /* objects that it was applied to */
	struct mi_found *found;	      /* in the order of rules */
	size_t n_found;
	uint64_t processes, files;
	uint64_t folios; /* of more than one page, whose mapcounts were compared */
};

/*
 * Apply the rules that are asked for; of none, nothing is looked at. MI_OK, whatever was found. At
 * a running kernel it looks several times; what is not found each time, by the same values, is
 * forgotten.
 */
enum mi_status mi_check_open(struct mi_kernel *k, const struct mi_check_options *ask,
			     struct mi_check **ret, struct mi_error *err);
void mi_check_close(struct mi_check *c);

#endif
