# SPDX-License-Identifier: GPL-2.0-or-later
"""What a drgn user would write for mmapinfo's job; run by drgn itself.

usage: drgn ... bench-drgn.py inode PID     inode of the largest mapped file
       drgn ... bench-drgn.py cached PID    pointers of its cached pages
       drgn ... bench-drgn.py summary PID   counts for every mapping of a file
       drgn ... bench-drgn.py stuck 0       stacks of all tasks in state D

drgn's own helpers do the walking. Each struct page is read once, as a whole,
which is the fastest way: a mapped page that is the cached one needs no second
look.
"""

import sys

from drgn import FaultError
from drgn.helpers.linux.fs import address_space_for_each_page, d_path
from drgn.helpers.linux.mm import follow_page, for_each_vma
from drgn.helpers.linux.pid import find_task, for_each_task
from drgn.helpers.linux.sched import task_state_to_char

PAGE_SHIFT = prog["PAGE_SHIFT"].value_()  # noqa: F821 (drgn defines prog)
FLAGS = {
    name: 1 << prog.constant("PG_" + name).value_()  # noqa: F821
    for name in ("uptodate", "dirty", "writeback", "locked", "lru")
}


def file_vmas(pid):
    task = find_task(prog, pid)  # noqa: F821
    for vma in for_each_vma(task.mm):
        if vma.vm_file:
            yield vma


def largest(pid):
    return max(file_vmas(pid), key=lambda vma: (vma.vm_end - vma.vm_start).value_())


def state_of(page):
    """Flags, mapping and index of one page."""
    page = page[0].read_()
    return page.flags.value_(), page.mapping.value_(), page.index.value_()


def cached_pages(mapping):
    """Index -> (address of the page, flags), and what was counted on the way."""
    cached, counts = {}, dict.fromkeys(FLAGS, 0)
    owner = mapping.value_()
    strangers = 0
    for index, page in address_space_for_each_page(mapping):
        flags, page_mapping, page_at = state_of(page)
        strangers += page_mapping != owner or page_at != index
        for name, bit in FLAGS.items():
            if flags & bit:
                counts[name] += 1
        cached[index] = page.value_()
    return cached, counts, strangers


def mapped_pages(vma, cached):
    """How many are mapped, and how many of these are the file's cached page."""
    mm = vma.vm_mm.read_()
    start, end = vma.vm_start.value_(), vma.vm_end.value_()
    index = vma.vm_pgoff.value_()
    mapped = same = 0
    for addr in range(start, end, 1 << PAGE_SHIFT):
        try:
            page = follow_page(mm, addr)
        except FaultError:
            page = None
        if page is not None:
            mapped += 1
            if cached.get(index) == page.value_():
                same += 1
            else:
                state_of(page)
        index += 1
    return mapped, same


def summary(pid):
    files = {}
    for vma in file_vmas(pid):
        mapping = vma.vm_file.f_mapping.read_()
        known = files.get(mapping.value_())
        if known is None:
            known = files[mapping.value_()] = cached_pages(mapping)
        cached, counts, strangers = known
        mapped, same = mapped_pages(vma, cached)
        print(f"{vma.vm_start.value_():x}-{vma.vm_end.value_():x}",
              f"mapped={mapped} same={same} cached={len(cached)}",
              " ".join(f"{k}={v}" for k, v in counts.items()),
              f"strangers={strangers}",
              d_path(vma.vm_file.f_path).decode(errors="replace"))


def stuck():
    n = 0
    for task in for_each_task(prog):  # noqa: F821
        if task_state_to_char(task) == "D":
            print(f"{task.pid.value_()} {task.comm.string_().decode(errors='replace')}")
            print(prog.stack_trace(task))  # noqa: F821
            n += 1
    print(f"stuck={n}")


def main():
    what, pid = sys.argv[1], int(sys.argv[2])
    if what == "inode":
        print(f"{largest(pid).vm_file.f_inode.value_():x}")
    elif what == "cached":
        mapping = largest(pid).vm_file.f_mapping.read_()
        print(f"cached={sum(1 for _ in address_space_for_each_page(mapping))}")
    elif what == "stuck":
        stuck()
    elif what == "summary":
        summary(pid)
    else:
        sys.exit(__doc__)


main()
