// SPDX-License-Identifier: GPL-2.0
#include <linux/types.h>
#include <linux/kdev_t.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "command.h"
#include "filter.h"
#include "hooks.h"

#define ALL_CLASSES (BIT(MMAPREC_CLASSES) - 1 - BIT(MMAPREC_CLASS_CONTROL))

static int class_of(const char *name, size_t length)
{
	unsigned int i;

	for (i = MMAPREC_CLASS_CONTROL + 1; i < MMAPREC_CLASSES; i++)
		if (strlen(mr_class_names[i]) == length && !memcmp(mr_class_names[i], name, length))
			return i;
	return -EINVAL;
}

int mr_parse_classes(const char *text, unsigned long *classes)
{
	unsigned long bits = 0;
	size_t length;
	int class;

	if (!strcmp(text, "none"))
		text = "";
	if (!strcmp(text, "all")) {
		bits = ALL_CLASSES;
		text = "";
	}
	while (*text) {
		length = strcspn(text, ",");
		class = class_of(text, length);
		if (class < 0)
			return class;
		bits |= BIT(class);
		text += length;
		text += *text == ',';
	}
	*classes = bits;
	return 0;
}

/* ---- the commands ---- */

static bool running(void)
{
	return mr_header->state == MMAPREC_RUNNING;
}

/* What is detached first records no more, what is attached is asked last. */
static void apply(void)
{
	if (running())
		WRITE_ONCE(mr_recording, mr_classes);
	mr_hooks_apply();
}

static int do_classes(char *text)
{
	int err = mr_parse_classes(text, &mr_classes);

	if (!err)
		apply();
	return err;
}

static int do_tgid(char *text)
{
	unsigned int tgid;
	int err;

	if ((*text != '+' && *text != '-') || kstrtouint(text + 1, 10, &tgid) || !tgid)
		return -EINVAL;
	err = *text == '+' ? mr_filter_add(MMAPREC_F_TGID, tgid, 0)
			   : mr_filter_remove(MMAPREC_F_TGID, tgid, 0);
	if (!err)
		mr_hooks_apply();
	return err;
}

static int do_device(char *text)
{
	unsigned int major, minor;
	char end;

	if (sscanf(text, "%u:%u%c", &major, &minor, &end) != 2)
		return -EINVAL;
	return mr_filter_add(MMAPREC_F_DEVICE, MKDEV(major, minor), 0);
}

static int do_inode(char *text)
{
	unsigned int major, minor;
	unsigned long long ino;
	char end;

	if (sscanf(text, "%u:%u:%llu%c", &major, &minor, &ino, &end) != 3)
		return -EINVAL;
	return mr_filter_add(MMAPREC_F_INODE, ino, MKDEV(major, minor));
}

static int do_sample(char *text)
{
	unsigned int n;
	int err;

	if (kstrtouint(text, 10, &n) || !n)
		return -EINVAL;
	err = mr_filter_set(MMAPREC_F_SAMPLE, n == 1 ? 0 : n);
	if (!err)
		WRITE_ONCE(mr_sample, n);
	return err;
}

static int do_majors(char *text)
{
	bool on;
	int err;

	if (kstrtobool(text, &on))
		return -EINVAL;
	err = mr_filter_set(MMAPREC_F_MAJOR_ONLY, on);
	if (err)
		return err;
	mr_majors_only = on;
	apply();
	return 0;
}

static int do_clear(char *text)
{
	if (strcmp(text, "filters"))
		return -EINVAL;
	mr_filters_clear();
	mr_majors_only = false;
	apply();
	return 0;
}

static int do_pause(char *text)
{
	if (*text || !running())
		return -EINVAL;
	mr_control(MR_PAUSED, 0, 0, 0);
	WRITE_ONCE(mr_recording, 0);
	mr_directory_state(MMAPREC_PAUSED);
	return 0;
}

static int do_resume(char *text)
{
	if (*text || mr_header->state != MMAPREC_PAUSED)
		return -EINVAL;
	WRITE_ONCE(mr_recording, mr_classes);
	mr_control(MR_RESUMED, 0, 0, 0);
	mr_directory_state(MMAPREC_RUNNING);
	return 0;
}

static int do_mark(char *text)
{
	unsigned long long value;

	if (kstrtoull(text, 0, &value))
		return -EINVAL;
	mr_control(MR_MARK, value, 0, 0);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(char *text);
	u32 filter; /* kind that it changes: the change is recorded */
} commands[] = {
	{"classes", do_classes, 0},
	{"tgid", do_tgid, MMAPREC_F_TGID},
	{"device", do_device, MMAPREC_F_DEVICE},
	{"inode", do_inode, MMAPREC_F_INODE},
	{"sample", do_sample, MMAPREC_F_SAMPLE},
	{"majors", do_majors, MMAPREC_F_MAJOR_ONLY},
	{"clear", do_clear, ~0U},
	{"pause", do_pause, 0},
	{"resume", do_resume, 0},
	{"mark", do_mark, 0},
};

static int run(unsigned int i, char *text)
{
	int err;

	mutex_lock(&mr_lock);
	err = commands[i].run(text);
	if (!err && commands[i].filter) {
		mr_header->filter_changes++;
		mr_control(MR_FILTER, 0, 0, commands[i].filter);
	}
	if (!err)
		mr_directory_update(false);
	mutex_unlock(&mr_lock);
	return err;
}

int mr_command(char *line)
{
	char *text = strim(line), *name = strsep(&text, " ");
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return run(i, text ? strim(text) : name + strlen(name));
	return -EINVAL;
}
