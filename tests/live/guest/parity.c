/*
 * Asks mmapinfo all that /live/questions has, each line the options of a run:
 *
 *	PROCESS	 stands for each process that has memory
 *	BARE	 for each that has none: kernel threads and zombies
 *	SOME	 for some of these: a few kernel threads, and all zombies
 *	DISK	 for each block device
 *	@NAME	 for the process of this name
 */
#include "live.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define QUESTIONS "/live/questions"
#define LIMIT_MS 600000
#define MAX_WORDS 1024
#define KERNEL_THREADS 3

enum kind {
	KIND_PROCESS,
	KIND_BARE,
	KIND_SOME,
	KIND_DISK,
	KINDS
};

static const char *const kind_words[KINDS] = {"PROCESS", "BARE", "SOME", "DISK"};

struct list {
	char word[MAX_WORDS][16];
	size_t n;
};

static struct list lists[KINDS];
static size_t answers;

static void add(enum kind kind, const char *word)
{
	struct list *list = &lists[kind];

	if (list->n == MAX_WORDS)
		fail("more than %d %s", MAX_WORDS, kind_words[kind]);
	snprintf(list->word[list->n++], sizeof(list->word[0]), "%.15s", word);
}

/* Has it memory of its own? Kernel threads and zombies have no maps. */
static int has_memory(const char *pid)
{
	char path[64], byte;
	FILE *maps;
	int has;

	snprintf(path, sizeof(path), "/proc/%.15s/maps", pid);
	maps = fopen(path, "re");
	has = maps && fread(&byte, 1, 1, maps) == 1;
	if (maps)
		fclose(maps);
	return has;
}

static int is_zombie(const char *pid)
{
	char path[64], text[512] = "";
	const char *end;
	FILE *stat;

	snprintf(path, sizeof(path), "/proc/%.15s/stat", pid);
	stat = fopen(path, "re");
	if (!stat)
		return 0;
	if (!fgets(text, sizeof(text), stat))
		text[0] = '\0';
	fclose(stat);
	end = strrchr(text, ')');
	return end && !strncmp(end, ") Z", 3);
}

static void sort_in(const char *pid)
{
	static size_t kernel_threads;

	/* The runner itself was not there when the truth was recorded. */
	if (atoi(pid) == getpid())
		return;
	if (has_memory(pid)) {
		add(KIND_PROCESS, pid);
		return;
	}
	add(KIND_BARE, pid);
	if (is_zombie(pid) || kernel_threads++ < KERNEL_THREADS)
		add(KIND_SOME, pid);
}

static void for_each_name(const char *dir, void (*fn)(const char *name))
{
	struct dirent *entry;
	DIR *d = opendir(dir);

	if (!d)
		fail("no %s", dir);
	while ((entry = readdir(d)))
		if (entry->d_name[0] != '.')
			fn(entry->d_name);
	closedir(d);
}

/* A thread whose leader has exited has the memory alone: the truth has it as a process. */
static void consider_thread(const char *name)
{
	if (has_memory(name))
		add(KIND_PROCESS, name);
}

static void consider_process(const char *name)
{
	char path[300];

	if (!isdigit((unsigned char)name[0]))
		return;
	sort_in(name);
	if (!is_zombie(name))
		return;
	snprintf(path, sizeof(path), "/proc/%s/task", name);
	for_each_name(path, consider_thread);
}

static void consider_disk(const char *name)
{
	add(KIND_DISK, name);
}

/* The PID of a process, by its name. */
static const char *named(const char *comm)
{
	char path[64], text[32];
	FILE *f;

	for (size_t i = 0; i < lists[KIND_PROCESS].n; i++) {
		snprintf(path, sizeof(path), "/proc/%s/comm", lists[KIND_PROCESS].word[i]);
		f = fopen(path, "re");
		if (!f || !fgets(text, sizeof(text), f))
			text[0] = '\0';
		if (f)
			fclose(f);
		text[strcspn(text, "\n")] = '\0';
		if (!strcmp(text, comm))
			return lists[KIND_PROCESS].word[i];
	}
	fail("no process is called %s", comm);
}

/* /dev/DISK is what DISK is, behind /dev/. */
static const char *stands_for(char *word, const char *for_kind, const char *name)
{
	static char text[64];
	char *at = for_kind ? strstr(word, for_kind) : NULL;

	if (word[0] == '@')
		return named(word + 1);
	if (!at || at[strlen(for_kind)])
		return word;
	snprintf(text, sizeof(text), "%.*s%s", (int)(at - word), word, name);
	return text;
}

/* One question, LINE being its options and NAME what stands for the word of this kind. */
static void ask(char *line, const char *for_kind, const char *name)
{
	static struct run run;
	char dir[32], *save;
	int n = 0;

	run.argv[n++] = MMAPINFO;
	for (char *w = strtok_r(line, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		if (n == MAX_ARGS)
			fail("a question of more than %d words", MAX_ARGS);
		run.argv[n++] = stands_for(w, for_kind, name);
	}
	run.argv[n] = NULL;
	run.limit_ms = LIMIT_MS;
	snprintf(dir, sizeof(dir), "answers/%zu", answers++);
	store_run(dir, &run, NULL);
}

static void ask_for_each(const char *line)
{
	char copy[256];

	for (int k = 0; k < KINDS; k++) {
		if (!strstr(line, kind_words[k]))
			continue;
		for (size_t i = 0; i < lists[k].n; i++) {
			strcpy(copy, line);
			ask(copy, kind_words[k], lists[k].word[i]);
		}
		return;
	}
	strcpy(copy, line);
	ask(copy, NULL, NULL);
}

void live_parity(void)
{
	FILE *questions = fopen(QUESTIONS, "re");
	char line[256];

	if (!questions)
		fail("no %s", QUESTIONS);
	for_each_name("/proc", consider_process);
	for_each_name("/sys/block", consider_disk);
	while (fgets(line, sizeof(line), questions)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] && line[0] != '#')
			ask_for_each(line);
	}
	fclose(questions);
	printf("live: %zu answers\n", answers);
}
