/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MI_CLI_FOLLOW_H
#define MI_CLI_FOLLOW_H

#include "../output/command.h"

/*
 * Recorded history as it comes, until ^C ends the program or the recorder is unloaded. @s: NULL: of
 * the recorder's device alone.
 */
enum mi_status mi_follow_run(const struct mi_request *ask, struct mi_session *s, FILE *out,
			     struct mi_error *err);

#endif
