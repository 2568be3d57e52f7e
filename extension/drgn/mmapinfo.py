# SPDX-License-Identifier: GPL-2.0-or-later
"""mmapinfo from inside of drgn.

    >>> from mmapinfo import mmapinfo
    >>> answer = mmapinfo(prog, 105, each=True)
    >>> for m in answer.mappings:
    ...     print(hex(m.start), m.name, m.totals.mapped, m.vma.vm_flags)
    >>> page = answer.mappings[0].pages[0]
    >>> page.state, page.page_object().flags

The dump, or the running kernel, that the program has is read again, by libmmapinfo and not by
drgn: so an answer takes as long as that of the mmapinfo command, and says what is missing
as that does. An answer is the JSON document that docs/json.md describes, in two ways:

- items are the document's: answer["process"]["task"] is "0xffff8a0002dba0c0";
- attributes are what they lead to: answer.process.task is a drgn.Object, a struct task_struct *.
  So are mm, vma, inode, mapping, open_file, request, bio, first_bio, vm_fault and buffer; other
  addresses are numbers. A mapping's file is that entry of answer.files.

These need the program's debug information, as drgn does; items do not. None is: not known. A member
that does not apply is left out, which is an AttributeError.
"""
import ctypes
import json
import os

import drgn

__all__ = ["Answer", "Error", "Node", "Session", "load", "mmapinfo"]


class Error(Exception):
    """What libmmapinfo says went wrong; a line of text."""


# ---- libmmapinfo: mmapinfo.h ----


class _Options(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_size_t),
        ("vmlinux", ctypes.c_char_p),
        ("types", ctypes.c_int),
        ("more", ctypes.c_void_p),
        ("n_more", ctypes.c_size_t),
        ("progress", ctypes.c_void_p),
        ("progress_arg", ctypes.c_void_p),
        ("via", ctypes.c_int),
        ("library", ctypes.c_char_p),
    ]


class _Request(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_size_t),
        ("whom", ctypes.c_int),
        ("pid", ctypes.c_int32),
        ("task", ctypes.c_uint64),
        ("json", ctypes.c_bool),
        ("pages", ctypes.c_bool),
        ("each", ctypes.c_bool),
        ("map", ctypes.c_bool),
        ("sources", ctypes.c_bool),
        ("width", ctypes.c_uint),
        ("by_vma", ctypes.c_bool),
        ("vma", ctypes.c_uint64),
        ("file", ctypes.c_char_p),
        ("evidence", ctypes.c_bool),
        ("device", ctypes.c_char_p),
        ("stack", ctypes.c_bool),
        ("next", ctypes.c_bool),
        ("windows", ctypes.c_bool),
        ("prefault", ctypes.c_bool),
    ]


class _Err(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("text", ctypes.c_char * 640)]

    def __str__(self):
        return self.text.decode(errors="replace")


_WHOM_PID, _WHOM_TASK, _WHOM_ALL, _WHOM_DEVICES, _WHOM_BLOCKED = range(1, 6)

_libc = ctypes.CDLL(None)
_libc.open_memstream.restype = ctypes.c_void_p
_libc.fclose.argtypes = [ctypes.c_void_p]
_libc.free.argtypes = [ctypes.c_void_p]
_library = None


def load(path=None):
    """Load libmmapinfo from a file of that name; without, as the linker finds it."""
    global _library
    if path is None and _library is not None:
        return _library
    lib = ctypes.CDLL(path or "libmmapinfo.so.0")
    error = ctypes.POINTER(_Err)
    lib.mi_session_open.argtypes = [ctypes.c_char_p, ctypes.POINTER(_Options),
                                    ctypes.POINTER(ctypes.c_void_p), error]
    lib.mi_session_run.argtypes = [ctypes.c_void_p, ctypes.POINTER(_Request), ctypes.c_void_p,
                                   error]
    lib.mi_session_close.argtypes = [ctypes.c_void_p]
    lib.mi_session_close.restype = None
    _library = lib
    return lib


# ---- answers ----

_OBJECTS = {
    "task": "struct task_struct *",
    "mm": "struct mm_struct *",
    "vma": "struct vm_area_struct *",
    "inode": "struct inode *",
    "mapping": "struct address_space *",
    "open_file": "struct file *",
    "request": "struct request *",
    "bio": "struct bio *",
    "first_bio": "struct bio *",
    "vm_fault": "struct vm_fault *",
    "buffer": "struct buffer_head *",
}
# Numbers that are places in a list of the document.
_LISTS = {"file": "files", "open_file": "open_files"}
# Members whose values are text, whatever it looks like.
_TEXTS = frozenset(("name", "path", "comm", "text", "device", "symbol"))


class Node:
    """An object of the document."""

    def __init__(self, prog, root, value):
        self._prog, self._root, self._value = prog, root, value

    def __getitem__(self, name):
        return self._value[name]

    def __contains__(self, name):
        return name in self._value

    def __iter__(self):
        return iter(self._value)

    def __len__(self):
        return len(self._value)

    def __dir__(self):
        return [*super().__dir__(), *self._value]

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(self._value)})"

    def get(self, name, default=None):
        """As of a dict: an item, not an attribute."""
        return self._value.get(name, default)

    def _lead(self, name, value):
        if isinstance(value, dict):
            return Node(self._prog, self._root, value)
        if isinstance(value, list):
            return [self._lead(name, v) for v in value]
        if isinstance(value, str) and value.startswith("0x") and name not in _TEXTS:
            number = int(value, 16)
            if name in _OBJECTS:
                return drgn.Object(self._prog, _OBJECTS[name], value=number)
            return number
        if name in _LISTS and isinstance(value, int) and not isinstance(value, bool):
            return self._lead(name, self._root[_LISTS[name]][value])
        return value

    def __getattr__(self, name):
        if name.startswith("_") or name not in self._value:
            raise AttributeError(f"no member {name!r}: it does not apply here, or there is none")
        return self._lead(name, self._value[name])

    def _pfn(self):
        for place in (self._value, self._value.get("pte"), self._value.get("cached")):
            if isinstance(place, dict) and place.get("pfn") is not None:
                pfn = place["pfn"]
                return int(pfn, 0) if isinstance(pfn, str) else pfn
        return None

    def page_object(self):
        """The struct page * of a page; None if none is known. Of several pages in a run
        only the first is told: ask for each=True."""
        if self._value.get("pages", 1) != 1:
            raise ValueError(f"{self._value['pages']} pages in one run: ask for each=True")
        pfn = self._pfn()
        if pfn is None:
            return None
        from drgn.helpers.linux.mm import pfn_to_page

        return pfn_to_page(self._prog, pfn)


class Answer(Node):
    """A whole document; json is its text."""

    def __init__(self, prog, text):
        document = json.loads(text)
        super().__init__(prog, document, document)
        self._text = text

    @property
    def json(self):
        return self._text


# ---- asking ----


def _source(prog, core):
    """The dump that a program has, None for the running kernel."""
    flags = drgn.ProgramFlags
    if not prog.flags & flags.IS_LINUX_KERNEL:
        raise ValueError("the program is not a Linux kernel")
    if prog.flags & flags.IS_LIVE:
        if not prog.flags & flags.IS_LOCAL:
            raise ValueError("the kernel that runs elsewhere cannot be read again")
        return None
    # drgn tells it since 0.0.33.
    path = core or getattr(prog, "core_dump_path", None)
    if not path:
        raise ValueError("this drgn does not tell which file the program has, or it has none: "
                         "give it with core=PATH")
    return os.fsencode(path)


class Session:
    """The dump or kernel of a program, opened once for several answers.

    vmlinux: for kernels without BTF or kallsyms, as of the command's -s.
    core: the dump, where drgn does not tell it.
    """

    def __init__(self, prog, vmlinux=None, core=None):
        self._session = ctypes.c_void_p()
        self._prog = prog
        self._lib = load()
        options = _Options(size=ctypes.sizeof(_Options),
                           vmlinux=os.fsencode(vmlinux) if vmlinux else None)
        err = _Err()
        if self._lib.mi_session_open(_source(prog, core), ctypes.byref(options),
                                     ctypes.byref(self._session), ctypes.byref(err)):
            raise Error(str(err))

    def close(self):
        if self._session:
            self._lib.mi_session_close(self._session)
        self._session = ctypes.c_void_p()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def _ask(self, **members):
        if not self._session:
            raise ValueError("the session is closed")
        request = _Request(size=ctypes.sizeof(_Request), json=True, **members)
        text, length, err = ctypes.c_void_p(), ctypes.c_size_t(), _Err()
        out = _libc.open_memstream(ctypes.byref(text), ctypes.byref(length))
        if not out:
            raise MemoryError
        try:
            status = self._lib.mi_session_run(self._session, ctypes.byref(request), out,
                                              ctypes.byref(err))
        finally:
            _libc.fclose(out)
            answer = ctypes.string_at(text, length.value) if text else b""
            _libc.free(text)
        if status:
            raise Error(str(err))
        return Answer(self._prog, answer.decode())

    def process(self, who, *, pages=True, each=False, stack=False, next=False, file=None,
                vma=None):
        """who: a PID, or a struct task_struct *. The rest as of the command."""
        members = {"pages": pages, "each": each, "stack": stack, "next": next}
        if isinstance(who, drgn.Object):
            members.update(whom=_WHOM_TASK, task=int(who))
        else:
            members.update(whom=_WHOM_PID, pid=int(who))
        if file is not None:
            members["file"] = os.fsencode(file)
        if vma is not None:
            members.update(by_vma=True, vma=int(vma))
        return self._ask(**members)

    def all(self):
        """One row for every process."""
        return self._ask(whom=_WHOM_ALL)

    def blocked(self):
        """All tasks that are stuck, and why."""
        return self._ask(whom=_WHOM_BLOCKED, each=True)

    def requests(self, device=None):
        """Pending block requests, of one device or of all."""
        return self._ask(whom=_WHOM_DEVICES, device=os.fsencode(device) if device else None)


def mmapinfo(prog, who, *, vmlinux=None, core=None, **options):
    """The answer for one process: see Session.process()."""
    with Session(prog, vmlinux, core) as session:
        return session.process(who, **options)
