// SPDX-License-Identifier: GPL-2.0-or-later
/* drgn_python.c - the interpreter under Python's drgn; contract in drgn_python.h */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "drgn_python.h"

/* PyStatus, since 3.8 */
struct py_status {
	int type; /* 0: it is well */
	const char *func, *text;
	int exit_code;
};

/* PyConfig: some 500 bytes, of which nothing is known here. */
struct py_config {
	_Alignas(16) unsigned char room[8192];
};

struct py_thread;

#define PYTHON_CALLS(CALL)                                                                         \
	CALL(int, Py_IsInitialized, (void))                                                        \
	CALL(int, PyImport_AppendInittab, (const char *, void *(*)(void)))                         \
	CALL(void, PyConfig_InitIsolatedConfig, (struct py_config *))                              \
	CALL(struct py_status, Py_InitializeFromConfig, (const struct py_config *))                \
	CALL(void, PyConfig_Clear, (struct py_config *))                                           \
	CALL(int, PyRun_SimpleString, (const char *))                                              \
	CALL(struct py_thread *, PyEval_SaveThread, (void))

struct python {
#define MEMBER(result, name, args) result(*name) args;
	PYTHON_CALLS(MEMBER)
#undef MEMBER
	void *(*init_drgn)(void);
};

/*
 * drgn tells plugins of each program. They are programs of others, which may print or change what
 * is looked at: this stands where it looks for them. The package around is imported, too.
 */
static const char no_plugins[] = "import sys, types\n"
				 "_m = types.ModuleType('_drgn_util.plugins')\n"
				 "_m.call_plugins = lambda *args: None\n"
				 "sys.modules['_drgn_util.plugins'] = _m\n"
				 "sys.modules['_drgn_util'] = types.ModuleType('_drgn_util')\n";

enum mi_status mi_python_load(const char *file, unsigned int minor, struct mi_error *err)
{
	char name[40];

	if (dlsym(RTLD_DEFAULT, "Py_IsInitialized"))
		return MI_OK;
	snprintf(name, sizeof(name), "libpython3.%u.so.1.0", minor);
	if (dlopen(name, RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE))
		return MI_OK;
	return mi_fail(err, MI_ERR_MISSING,
		       "%s needs %s, which cannot be loaded: install libpython3.%u", file, name,
		       minor);
}

static enum mi_status find_calls(void *module, struct python *py, struct mi_error *err)
{
	const char *missing = NULL;
	void *at;

#define FIND(result, name, args)                                                                   \
	at = dlsym(RTLD_DEFAULT, #name);                                                           \
	missing = at ? missing : #name;                                                            \
	memcpy(&py->name, &at, sizeof(at));
	PYTHON_CALLS(FIND)
#undef FIND
	at = dlsym(module, "PyInit__drgn");
	missing = at ? missing : "PyInit__drgn";
	memcpy(&py->init_drgn, &at, sizeof(at));
	return missing ? mi_fail(err, MI_ERR_UNSUPPORTED, "Python does not have %s()", missing)
		       : MI_OK;
}

enum mi_status mi_python_start(void *module, struct mi_error *err)
{
	struct py_config config;
	struct py_status status;
	struct python py;
	enum mi_status st = find_calls(module, &py, err);
	bool quiet;

	if (st || py.Py_IsInitialized())
		return st;
	/* What it would import by the name _drgn is what is loaded. */
	if (py.PyImport_AppendInittab("_drgn", py.init_drgn))
		return mi_fail(err, MI_ERR_NOMEM, "out of memory");
	memset(&config, 0, sizeof(config));
	py.PyConfig_InitIsolatedConfig(&config);
	status = py.Py_InitializeFromConfig(&config);
	py.PyConfig_Clear(&config);
	if (status.type)
		return mi_fail(err, MI_ERR_MISSING, "Python does not start: %s",
			       status.text ? status.text : "it ends at once");
	quiet = !py.PyRun_SimpleString(no_plugins);
	/* drgn takes the interpreter's lock when it needs it. */
	py.PyEval_SaveThread();
	return quiet ? MI_OK
		     : mi_fail(err, MI_ERR_UNSUPPORTED, "drgn's plugins cannot be kept out");
}
