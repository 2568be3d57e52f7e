// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * watch_show.c - one of many answers, with what is new in it marked
 *
 * A line is new if the answer before had no line like it: no more is kept of that than the hashes
 * of its lines, and rows that come in between do not make all that follow look new.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "ending.h"
#include "spool.h"
#include "watch.h"

#define BOLD "\033[1m"
#define REVERSE "\033[7m"
#define PLAIN "\033[0m"
#define HOME "\033[H"
#define CLEAR "\033[2J"
#define REST_OF_LINE "\033[K"
#define REST_OF_SCREEN "\033[J"
#define NO_WRAP "\033[?7l"

/* Where the answer is shown: how much of it, and what of that. */
struct frame {
	struct mi_watch_show *w;
	struct mi_lines lines; /* of this answer */
	bool marked;	       /* false: the first, or too long to compare */
	size_t n, n_new, n_gone;
};

static bool is_new(const struct frame *f, const char *line, size_t len)
{
	return f->marked && !mi_lines_has(&f->w->lines, line, len);
}

/* A first look at all of it. */
static enum mi_status count(struct frame *f, FILE *spool, struct mi_error *err)
{
	size_t room = 0;
	bool fits = true;
	char *line = NULL;
	ssize_t len;

	rewind(spool);
	while ((len = getline(&line, &room, spool)) > 0) {
		f->n++;
		f->n_new += is_new(f, line, (size_t)len);
		fits = fits && mi_lines_add(&f->lines, line, (size_t)len);
	}
	free(line);
	if (ferror(spool))
		return mi_fail(err, MI_ERR_IO, "reading the answer again: %s", strerror(errno));
	if (!fits)
		mi_lines_free(&f->lines);
	f->marked = f->marked && fits;
	f->n_gone = f->marked ? mi_lines_without(&f->w->lines, &f->lines) : 0;
	return MI_OK;
}

static void put_head(const struct frame *f)
{
	time_t now = time(NULL);
	char text[32] = "";
	struct tm tm;

	if (localtime_r(&now, &tm))
		strftime(text, sizeof(text), "%F %T", &tm);
	fprintf(f->w->out, "--- %s  %s", text, f->w->title);
	if (f->marked)
		fprintf(f->w->out, "  %zu lines are new, %zu are gone", f->n_new, f->n_gone);
	else if (f->w->shown)
		fputs("  too long to be compared with the one before", f->w->out);
}

/* ---- a file or a pipe ---- */

static void put_all(const struct frame *f, FILE *spool)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	put_head(f);
	fputc('\n', f->w->out);
	rewind(spool);
	while (!ferror(f->w->out) && (len = getline(&line, &room, spool)) > 0) {
		if (is_new(f, line, (size_t)len))
			fputs("* ", f->w->out);
		else if (line[0] != '\n')
			fputs("  ", f->w->out);
		fwrite(line, 1, (size_t)len, f->w->out);
	}
	free(line);
	fputc('\n', f->w->out);
}

/* ---- a terminal ---- */

static void put_line(const struct frame *f, char *line, size_t len)
{
	bool new = is_new(f, line, len);

	line[strcspn(line, "\n")] = '\0';
	fprintf(f->w->out, "\r\n%s%s%s" REST_OF_LINE, new ? BOLD : "", line, new ? PLAIN : "");
}

/* As many lines as there is room for; the last tells of the others. */
static void put_screen(const struct frame *f, FILE *spool, size_t rows)
{
	size_t room = 0, n = 0, left_new = f->n_new, fit;
	char *line = NULL;
	ssize_t len;

	fputs(f->w->shown ? NO_WRAP HOME REVERSE : NO_WRAP CLEAR HOME REVERSE, f->w->out);
	put_head(f);
	fputs(PLAIN REST_OF_LINE, f->w->out);
	fit = f->n < rows ? f->n : rows - 2;
	rewind(spool);
	while (n < fit && (len = getline(&line, &room, spool)) > 0) {
		left_new -= is_new(f, line, (size_t)len);
		put_line(f, line, (size_t)len);
		n++;
	}
	free(line);
	if (n < f->n)
		fprintf(f->w->out, "\r\n" REVERSE "... %zu more lines, %zu of them new" PLAIN,
			f->n - n, left_new);
	fputs(REST_OF_LINE REST_OF_SCREEN MI_TERMINAL_RESET, f->w->out);
}

static size_t rows_of(FILE *out)
{
	struct winsize ws;

	return !ioctl(fileno(out), TIOCGWINSZ, &ws) && ws.ws_row > 3 ? ws.ws_row : 24;
}

/* ---- all of them ---- */

static enum mi_status put_text(struct mi_watch_show *w, FILE *spool, struct mi_error *err)
{
	struct frame f = {.w = w, .marked = w->lines.n > 0};
	enum mi_status st = count(&f, spool, err);

	if (!st && w->terminal)
		put_screen(&f, spool, rows_of(w->out));
	else if (!st)
		put_all(&f, spool);
	mi_lines_free(&w->lines);
	w->lines = f.lines;
	return st;
}

enum mi_status mi_watch_show(struct mi_watch_show *w, FILE *spool, struct mi_error *err)
{
	enum mi_status st;

	st = w->json ? mi_spool_compact(spool, w->out, err) : put_text(w, spool, err);
	w->shown++;
	errno = 0;
	if ((fflush(w->out) || ferror(w->out)) && !st)
		st = mi_fail(err, MI_ERR_IO, "writing: %s", strerror(errno ? errno : EIO));
	return st;
}
