/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sample_dir.h - a directory with sample.c in it, for tests that compile it
 *
 * To be included behind the text "source"; setup() and teardown() are the
 * group's.
 */
#include <stdio.h>
#include <stdlib.h>

static char dir[] = "/tmp/mmapinfo-sample-XXXXXX";

static int setup(void **state)
{
	char path[128];
	FILE *f;

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/sample.c", dir);
	f = fopen(path, "w");
	if (!f)
		return -1;
	fputs(source, f);
	return fclose(f);
}

static int teardown(void **state)
{
	char text[128];

	(void)state;
	snprintf(text, sizeof(text), "rm -r %s", dir);
	return system(text);
}
