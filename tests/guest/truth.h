/* Records what the kernel says of itself, as an archive on a raw disk. */
#ifndef GUEST_TRUTH_H
#define GUEST_TRUTH_H

/* brief: only the texts of processes, no pages. Fails if nothing holds still. */
void truth_record(const char *disk, int brief);

#endif
