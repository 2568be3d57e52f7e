/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * example.c - a program on libmmapinfo: JSON about one process of a vmcore
 *
 *	cc example.c $(pkg-config --cflags --libs libmmapinfo) -o example
 *	./example VMCORE PID
 *
 * It compiles as C and as C++.
 */
#include <mmapinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct mi_request req;
	struct mi_session *session;
	struct mi_error err;
	enum mi_status st;

	if (argc != 3) {
		fprintf(stderr, "usage: example VMCORE PID\n");
		return 2;
	}
	/* No options: types and symbols come from the dump itself. */
	if (mi_session_open(argv[1], NULL, &session, &err)) {
		fprintf(stderr, "example: %s\n", err.text);
		return 1;
	}
	memset(&req, 0, sizeof(req));
	req.size = sizeof(req);
	req.whom = MI_WHOM_PID;
	req.pid = atoi(argv[2]);
	req.json = true;
	st = mi_session_run(session, &req, stdout, &err);
	if (st)
		fprintf(stderr, "example: %s\n", err.text);
	mi_session_close(session);
	return st ? 1 : 0;
}
