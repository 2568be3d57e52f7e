/* What the page cache holds of each file, asked by mincore and pagemap. */
#ifndef GUEST_FILES_H
#define GUEST_FILES_H

/* What the workload has noted. Before the files. */
void notes_read(void);
void notes_archive(void);

/*
 * Finds the files (below the mounts of the workload, and mapped or open in any
 * process) and reads their pages' PFNs. Touches cached pages, so it comes
 * before any snapshot of page flags.
 */
void files_read(void);

/* Marks the pages found as watched. */
void files_watch(void);

void files_archive(void);

#endif
