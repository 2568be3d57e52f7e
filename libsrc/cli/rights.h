/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_CLI_RIGHTS_H
#define MI_CLI_RIGHTS_H

#define MI_RIGHT_SIGNALS 1U /* to signal processes of others */
#define MI_RIGHT_PROC 2U    /* to see them in /proc, where that is mounted with hidepid */
#define MI_RIGHT_FILES 4U   /* to open files of others: a cgroup that was delegated */

/*
 * Give up for good all capabilities but those for @keep; nothing that is executed gets them
 * back. What is open stays open. Who has none gives up none: that cannot fail.
 */
void mi_rights_drop(unsigned int keep);

#endif
