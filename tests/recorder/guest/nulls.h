/* Disks of null_blk: nothing is behind them. */
#ifndef RECORDER_NULLS_H
#define RECORDER_NULLS_H

/* Makes one. @mbps: MB in a second; NULL: no limit. Its name stays valid. */
const char *null_disk(const char *name, const char *mbps);

/* Sets an attribute of its queue. */
void null_attr(const char *disk, const char *attr, const char *value);

#endif
