#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""extension/drgn/mmapinfo.py in drgn: the answer is the command's, its objects are drgn's.

    drgn_module.py MMAPINFO LIBRARY VMCORE VMLINUX

Run where there is a drgn: scripts/in-provider-tree. What an object leads to must say the same as
the answer.
"""
import ctypes
import json
import pathlib
import subprocess
import sys
import tempfile

import drgn

from tap import Tap

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(TOP / "extension" / "drgn"))
import mmapinfo as module  # noqa: E402

command, library, core, vmlinux = sys.argv[1:]
tap = Tap()


def program():
    prog = drgn.Program()
    prog.set_core_dump(core)
    prog.load_debug_info([vmlinux])
    return prog


def by_command(*options):
    r = subprocess.run([command, "-c", core, "--json", *options], capture_output=True, check=True)
    return r.stdout.decode()


def check_layout():
    """The structures are those of mmapinfo.h."""
    pairs = (("mi_session_options", module._Options), ("mi_request", module._Request),
             ("mi_error", module._Err))
    lines, want = [], []
    for name, cls in pairs:
        for field, _ in cls._fields_:
            lines.append(f'printf("{name}.{field} %zu\\n", offsetof(struct {name}, {field}));')
            want.append(f"{name}.{field} {getattr(cls, field).offset}")
    with tempfile.TemporaryDirectory() as work:
        source = pathlib.Path(work, "a.c")
        source.write_text("#include <mmapinfo.h>\nint main(void) {" + "".join(lines) + "}\n")
        subprocess.run(["gcc", f"-I{TOP}/libsrc/include", "-o", f"{work}/a", source], check=True)
        got = subprocess.run([f"{work}/a"], capture_output=True, check=True).stdout.decode()
    tap.same("members of structures", want, got.split("\n")[:-1])
    got = (module._WHOM_PID, module._WHOM_TASK, module._WHOM_ALL, module._WHOM_DEVICES,
           module._WHOM_BLOCKED)
    tap.result(got == (1, 2, 3, 4, 5) and ctypes.sizeof(module._Err) == 644, "numbers")


def fails(name, what, text, function, *args, **options):
    try:
        function(*args, **options)
    except what as e:
        tap.result(text in str(e) and "\n" not in str(e), f"{name}: {e}")
    else:
        tap.result(False, f"{name}: nothing was raised")


def check_task(answer, pid):
    task = answer.process.task
    tap.result(task.type_.type_name() == "struct task_struct *", "task is a drgn.Object")
    tap.result(task.pid.value_() == pid and task.comm.string_().decode() == answer.process.comm,
               "its pid and comm")
    tap.result(answer.process.mm.value_() == task.mm.value_(), "mm is the task's")
    tap.result(answer["process"]["task"] == hex(task.value_()), "items are the document's")


def check_mappings(answer):
    wrong = [m["start"] for m in answer.mappings
             if (m.vma.vm_start.value_(), m.vma.vm_end.value_()) != (m.start, m.end) or
             m.vma.vm_mm.value_() != answer.process.mm.value_()]
    tap.result(answer.mappings and not wrong, f"vma of {len(answer.mappings)} mappings", wrong)
    of_file = [m for m in answer.mappings if m.kind == "file"]
    wrong = [m["start"] for m in of_file
             if m.vma.vm_file.f_mapping.value_() != m.file.mapping.value_() or
             m.file.inode.i_ino.value_() != m.file.inode_number]
    tap.result(of_file and not wrong, f"file, inode and mapping of {len(of_file)} mappings", wrong)


def index_of(page):
    """Renamed in 6.16."""
    return (page.index if hasattr(page, "index") else page.__folio_index).value_()


def check_pages(answer):
    looked, wrong = 0, []
    for m in answer.mappings:
        if m.kind != "file":
            continue
        for run in m.pages:
            page = run.page_object()
            if page is None or run.get("cached", {}).get("kind") != "folio":
                continue
            if run.get("page", {}).get("owner") != "file" or run["page"]["order"]:
                continue
            looked += 1
            if (page.mapping.value_() != m.file.mapping.value_() or
                    index_of(page) != run["pgoff"]):
                wrong.append(run["va"])
    tap.result(looked and not wrong, f"struct page of {looked} pages of files", wrong)


def check_process(prog, pid):
    answer = module.mmapinfo(prog, pid, each=True, core=core)
    want = by_command("--pages", "--each", str(pid))
    tap.result(answer.json == want, f"PID {pid}: as the command")
    check_task(answer, pid)
    check_mappings(answer)
    check_pages(answer)
    again = module.mmapinfo(prog, answer.process.task, pages=False, core=core)
    tap.result(again.json == by_command(str(pid)), "asked by its task_struct")
    return answer


def check_stuck(session):
    answer = session.blocked()
    tap.result(answer.json == by_command("--blocked", "--each"), "blocked()")
    wrong = [t.pid for t in answer.blocked if t.task.pid.value_() != t.pid]
    tap.result(answer.blocked and not wrong, f"{len(answer.blocked)} stuck tasks", wrong)
    requests = [t.request for t in answer.blocked if t.request and t.request["request"]]
    wrong = [r["request"] for r in requests
             if r.request.type_.type_name() != "struct request *" or not r.request.q]
    tap.result(requests and not wrong, f"struct request of {len(requests)}", wrong)
    waits = [t.wait for t in answer.blocked if t.wait and t.wait.get("file")]
    wrong = [w["pfn"] for w in waits
             if w.page_object().mapping.value_() != w.file.mapping.value_()]
    tap.result(waits and not wrong, f"struct page that {len(waits)} wait for", wrong)


def check_session(prog):
    with module.Session(prog, core=core) as session:
        tap.result(session.all().json == by_command("--all"), "all()")
        tap.result(session.requests().json == by_command("--requests"), "requests()")
        check_stuck(session)
        fails("no such process", module.Error, "no task with PID", session.process, 4194304)
    fails("closed", ValueError, "closed", session.all)


def check_errors(prog, answer):
    fails("another file", module.Error, "No such file", module.mmapinfo, prog, 1, core="/no/such")
    fails("no kernel", ValueError, "not a Linux kernel", module.mmapinfo, drgn.Program(), 1)
    fails("a member there is not", AttributeError, "no member 'nonsense'", getattr, answer,
          "nonsense")
    runs = module.mmapinfo(prog, answer.process.pid, core=core)
    long = [r for m in runs.mappings for r in m.pages if r["pages"] > 1]
    fails("a page of a run", ValueError, "each=True", long[0].page_object)
    told = getattr(prog, "core_dump_path", None)
    if told:
        answer = module.mmapinfo(prog, 1)
        tap.result(answer.json == by_command("--pages", "1"), "the program's dump")
    else:
        fails("drgn does not tell its dump", ValueError, "core=PATH", module.mmapinfo, prog, 1)


def main():
    module.load(library)
    check_layout()
    prog = program()
    everyone = json.loads(by_command("--all"))["processes"]
    pids = [p["pid"] for p in everyone if (p.get("rss") or {}).get("file_pages", 0) > 20]
    answer = check_process(prog, 1)
    answer = check_process(prog, pids[-1])
    check_session(prog)
    check_errors(prog, answer)
    return tap.end()


sys.exit(main())
