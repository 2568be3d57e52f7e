// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * drgn_load.c - finding a libdrgn on this machine
 *
 * The module of Python's drgn is libdrgn and the binding in one. It wants symbols of libpython,
 * which the interpreter has in itself; outside of it they come from the shared library, loaded
 * first for all to see: drgn_python.c.
 */
#include <dlfcn.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "drgn_api.h"
#include "drgn_python.h"

/* Where distributions and pip put modules of the system's Python. */
static const char *const module_places[] = {
	"/usr/local/lib/python3*/dist-packages/_drgn.cpython-3*.so",
	"/usr/local/lib*/python3*/site-packages/_drgn.cpython-3*.so",
	"/usr/lib/python3*/dist-packages/_drgn.cpython-3*.so",
	"/usr/lib*/python3*/site-packages/_drgn.cpython-3*.so",
};

static const char *const library_names[] = {"libdrgn.so.0", "libdrgn.so"};

/* "/.../_drgn.cpython-313-x86_64-linux-gnu.so" was made for 3.13; 0: it is no such name. */
static unsigned int python_minor(const char *file)
{
	const char *name = strrchr(file, '/');
	unsigned int minor = 0;

	name = name ? name + 1 : file;
	if (sscanf(name, "_drgn.cpython-3%u", &minor) != 1 || minor > 999)
		return 0;
	return minor;
}

/* ---- one file ---- */

static enum mi_status find_calls(struct mi_drgn_api *api, struct mi_error *err)
{
	const char *missing = NULL;
	void *at;

	/* A pointer to a function out of one to data: POSIX wants it done like this. */
#define FIND(result, name, args)                                                                   \
	at = dlsym(api->handle, "drgn_" #name);                                                    \
	if (!at && !missing)                                                                       \
		missing = "drgn_" #name;                                                           \
	memcpy(&api->name, &at, sizeof(at));
	MI_DRGN_CALLS(FIND)
#undef FIND
	if (missing)
		return mi_fail(err, MI_ERR_UNSUPPORTED,
			       "%s does not have %s(): drgn 0.0.31 or newer is needed, which shows "
			       "its C interface",
			       api->file, missing);
	at = dlsym(api->handle, "drgn_error_code");
	memcpy(&api->error_code, &at, sizeof(at));
	return MI_OK;
}

static enum mi_status load_file(const char *file, struct mi_drgn_api *api, struct mi_error *err)
{
	unsigned int minor = python_minor(file);
	const char *why;
	enum mi_status st = minor ? mi_python_load(file, minor, err) : MI_OK;

	if (st)
		return st;
	snprintf(api->file, sizeof(api->file), "%s", file);
	api->handle = dlopen(file, RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
	if (!api->handle) {
		why = dlerror();
		return mi_fail(err, MI_ERR_MISSING, "%s", why ? why : file);
	}
	st = find_calls(api, err);
	if (!st && minor)
		st = mi_python_start(api->handle, err);
	if (st)
		mi_drgn_unload(api);
	return st;
}

/* ---- all of them ---- */

/* The module for the newest Python of a row. */
static bool newest_of(const char *pattern, char *ret, size_t size)
{
	unsigned int best = 0, minor;
	glob_t found;
	size_t i;

	if (glob(pattern, 0, NULL, &found))
		return false;
	for (i = 0; i < found.gl_pathc; i++) {
		minor = python_minor(found.gl_pathv[i]);
		if (minor > best && strlen(found.gl_pathv[i]) < size) {
			best = minor;
			snprintf(ret, size, "%s", found.gl_pathv[i]);
		}
	}
	globfree(&found);
	return best > 0;
}

enum mi_status mi_drgn_load(const char *file, struct mi_drgn_api *ret, struct mi_error *err)
{
	char module[sizeof(ret->file)];
	struct mi_error first;
	enum mi_status st, worst = MI_OK;
	size_t i;

	memset(ret, 0, sizeof(*ret));
	if (file)
		return load_file(file, ret, err);
	for (i = 0; i < sizeof(library_names) / sizeof(library_names[0]); i++) {
		st = load_file(library_names[i], ret, err);
		if (st != MI_ERR_MISSING)
			return st;
	}
	for (i = 0; i < sizeof(module_places) / sizeof(module_places[0]); i++) {
		if (!newest_of(module_places[i], module, sizeof(module)))
			continue;
		st = load_file(module, ret, worst ? NULL : &first);
		if (!st)
			return MI_OK;
		worst = worst ? worst : st;
	}
	if (worst)
		return mi_fail(err, worst, "%s", first.text);
	return mi_fail(err, MI_ERR_MISSING,
		       "there is neither a libdrgn.so nor drgn for the system's Python here; "
		       "--via drgn=FILE names one");
}

void mi_drgn_unload(struct mi_drgn_api *api)
{
	if (api->handle)
		dlclose(api->handle);
	api->handle = NULL;
}

/* ---- errors ---- */

enum mi_drgn_error mi_drgn_code(const struct mi_drgn_api *api, struct drgn_error *e)
{
	return api->error_code ? api->error_code(e) : *(const uint8_t *)e;
}

enum mi_status mi_drgn_fail(const struct mi_drgn_api *api, struct drgn_error *e,
			    enum mi_status status, struct mi_error *err)
{
	char *text = api->error_string(e);

	if (mi_drgn_code(api, e) == MI_DRGN_NO_MEMORY)
		status = MI_ERR_NOMEM;
	if (text)
		text[strcspn(text, "\n")] = '\0';
	mi_fail(err, status, "drgn: %s", text ? text : "out of memory");
	free(text);
	api->error_destroy(e);
	return status;
}
