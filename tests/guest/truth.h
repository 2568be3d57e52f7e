/* Records what the kernel says of itself, as an archive on a raw disk. */
#ifndef GUEST_TRUTH_H
#define GUEST_TRUTH_H

enum truth_of {
	TRUTH_PAGES, /* all: texts, pages, block layer */
	TRUTH_STUCK, /* no pages: whoever touches one that is stuck gets stuck, too */
	TRUTH_BRIEF, /* only the texts of processes */
};

/* Fails if nothing holds still. */
void truth_record(const char *disk, enum truth_of of);

#endif
