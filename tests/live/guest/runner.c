/*
 * Runs mmapinfo in a guest, and stores what it says on the raw disk "live". Started by init
 * before the truth is recorded; keeps still until init has done that.
 */
#include "live.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int has_serial(const char *disk, const char *serial)
{
	char path[64], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/block/%s/serial", disk);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return !strncmp(text, serial, strlen(serial));
}

static const char *find_disk(const char *serial)
{
	static char path[16];
	char disk[8];

	for (char c = 'a'; c <= 'z'; c++) {
		snprintf(disk, sizeof(disk), "vd%c", c);
		snprintf(path, sizeof(path), "/dev/%s", disk);
		if (has_serial(disk, serial))
			return path;
	}
	fail("no disk '%s'", serial);
}

static void wait_for_init(void)
{
	char byte;

	if (write(THERE_FD, "t", 1) != 1 || read(GO_FD, &byte, 1) != 1)
		fail("init does not let the runner go");
	close(THERE_FD);
	close(GO_FD);
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";
	char text[64];

	setvbuf(stdout, NULL, _IOLBF, 0);
	store_open(find_disk("live"));
	wait_for_init();
	snprintf(text, sizeof(text), "what=%s\nrunner=%d\n", what, getpid());
	store_text("live", text);
	if (!strcmp(what, "parity"))
		live_parity();
	else if (!strcmp(what, "churn"))
		live_churn();
	else if (!strcmp(what, "rights"))
		live_rights();
	else
		fail("no way to run is called '%s'", what);
	store_close();
	printf("%s\n", MARK_LIVE);
	/* It was in the truth, so it is in the dump. */
	for (;;)
		pause();
}
