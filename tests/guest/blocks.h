/* What the block layer tells of its queues: debugfs and sysfs, as text. */
#ifndef GUEST_BLOCKS_H
#define GUEST_BLOCKS_H

/* Mounts debugfs, where the kernel has it. Before anything is recorded. */
void blocks_init(void);

/* Puts block/DISK/... and block/DISK/sysfs/{inflight,scheduler} into the archive. */
void blocks_archive(void);

#endif
