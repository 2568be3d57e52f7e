#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Groups of dumps that are alike, as text, and as a page that Chromium shows. Prints TAP.

    groups.py MMAPINFO STUCK-DUMP
"""
import copy
import html.parser
import json
import os
import pathlib
import sys
import tempfile

from browser import Browser
from common import DEMO, FAKE, Tap, lines_of, made_dumps, said, triage

ROWS = "[...document.querySelectorAll('tbody tr')].filter(r => r.checkVisibility()).map(r => r.cells[%d].innerText.trim())"


class Counter(html.parser.HTMLParser):
    """Tags, by name, and attributes that would fetch something."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.fetch = {}, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags[tag] = self.tags.get(tag, 0) + 1
        self.fetch += [a for a in attrs if a[0] in ("src", "href", "onerror", "onload", "style", "srcset")]


def groups_of(text):
    """Count, kernels and what is said of each group, from the text."""
    found = []
    for block in text.split("\n\n")[:-1]:
        head, *rest = block.splitlines()
        found.append((int(head.split()[0]), dict(line.split(None, 1) for line in rest)))
    return found


def changed(line, **how):
    line = copy.deepcopy(line)
    line["path"] += "." + "-".join(how)
    task = line["blocked"]["groups"][0]["longest"]
    for name, value in how.items():
        if name in task:
            task[name] = value
        elif name in line["blocked"]["groups"][0]:
            line["blocked"]["groups"][0][name] = value
        elif name == "rule":
            line["findings"]["rules"][0]["id"] = value
        else:
            line[name] = value
    return line


def signatures(tap, tmp):
    """One thing is changed at a time: what counts makes a group of its own, what does not makes none."""
    base = lines_of(tmp + "/out.jsonl")[0] | {"path": "/base", "panic": "Oops: 0000 [#1] at 0xffff8000deadbeef on CPU 3"}
    alike = [changed(base, blocked_ns=1), changed(base, pid=99), changed(base, comm="other"), changed(base, tasks=4),
             changed(base, device="sdz"), changed(base, panic="Oops: 0002 [#7] at 0xffff8000cafef00d on CPU 11"),
             changed(base, stack=["submit_bio_wait.constprop.3", "vfs_read", "?"])]
    other = [changed(base, stack=["submit_bio_wait", "vfs_write"]), changed(base, device_kind="vd"),
             changed(base, verdicts={"queued": 1}), changed(base, rule="rss"), changed(base, panic="bad page"),
             changed(base, trouble="BUG: bad page")]
    for name, lines, want in (("alike", alike, [8]), ("other", other, [1] * 7)):
        path = pathlib.Path(tmp, name)
        path.write_text("".join(json.dumps(line) + "\n" for line in [base, *lines]))
        ended = triage("--group", path)
        got = [n for n, _ in groups_of(ended.stdout)]
        tap.result(got == want, f"{len(lines)} changes that make {'no' if name == 'alike' else 'each a'} group",
                   [got, *said(ended)])


def real(tap, mmapinfo, stuck, tmp):
    """The same dump twice is one group; its stack and device kinds are those of mmapinfo's answer."""
    where = pathlib.Path(tmp, "real")
    where.mkdir()
    for name in ("one", "two"):
        os.link(DEMO, where / name) if os.stat(DEMO).st_dev == os.stat(tmp).st_dev else \
            (where / name).write_bytes(DEMO.read_bytes())
    triage("--mmapinfo", mmapinfo, "-j2", "-o", tmp + "/real.jsonl", where, stuck)
    ended = triage("--group", tmp + "/real.jsonl")
    found = groups_of(ended.stdout)
    waits = set(found[1][1]["waits"].split(", "))
    tap.result([n for n, _ in found] == [2, 1] and {"device nvme", "lock mmap_lock", "userfault"} <= waits and
               " < " in found[1][1]["stack"] and "request-age" in found[1][1]["rules"],
               "real dumps: the demo dump twice, and one with stuck tasks", said(ended))


def seen(tap, page, tmp):
    """The page as it is shown."""
    browser = Browser(tmp + "/profile")
    try:
        browser.show(page.as_uri())
        counts = browser.value(ROWS % 0)
        tap.result(counts == ["2", "1", "1", "1"], "all groups are shown, the largest first", [counts])
        title = browser.value("document.title")
        shown = browser.value("document.body.textContent")
        tap.result(title == "mmapinfo-triage: 5 dumps" and '<script>document.title="owned"</script>' in shown,
                   "a script in a task's name is text", [title, shown[:2000]])
        browser.value("const f = document.getElementById('filter'); f.value = 'DEVICE vd'; "
                      "f.dispatchEvent(new Event('input'))")
        got = browser.value(ROWS % 2), browser.value("document.getElementById('shown').textContent")
        tap.result(got == (["device vd"], "1 of 4 groups"), "the filter narrows", got)
        browser.show(page.as_uri() + "#refused")
        tap.result(browser.value(ROWS % 0) == ["1"], "a filter in the address")
        browser.show(page.as_uri())
        orders = []
        for _ in range(2):
            browser.value("document.querySelectorAll('th button')[0].click()")
            orders.append(browser.value(ROWS % 0))
        browser.value("document.querySelectorAll('th button')[2].click()")
        orders.append(browser.value(ROWS % 2))
        good = orders[0] == ["2", "1", "1", "1"] and orders[1] == ["1", "1", "1", "2"] and orders[2][0] == "device vd"
        tap.result(good, "a click on a head sorts, another turns it round", orders)
        colours = []
        for scheme in ("light", "dark"):
            browser.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            colours.append(browser.value("getComputedStyle(document.querySelector('th')).backgroundColor"))
        tap.result(colours[0] != colours[1], "light and dark", colours)
        local = [url for url in browser.requests if not url.startswith(("file:", "about:"))]
        tap.result(not local and browser.requests, "nothing is fetched from anywhere", local)
        browser.ask("Emulation.setScriptExecutionDisabled", value=True)
        browser.show(page.as_uri())
        without = browser.value(ROWS % 0), browser.value("document.getElementById('tools').checkVisibility()")
        tap.result(without == (["2", "1", "1", "1"], False), "without JavaScript it can be read", without)
        browser.ask("Emulation.setScriptExecutionDisabled", value=False)
        forced = pathlib.Path(tmp, "forced.html")
        forced.write_text(page.read_text().replace("</table>", "</table><script>document.title='owned'</script>"
                                                   "<img src=x onerror=\"document.title='owned'\">"))
        browser.show(forced.as_uri())
        tap.result(browser.value("document.title") == title and browser.value("window.narrow !== undefined"),
                   "and a script that would get in does not run")
    finally:
        browser.close()


def main():
    mmapinfo, stuck = (os.path.realpath(w) for w in sys.argv[1:3])
    tap = Tap()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as tmp:
        where = made_dumps(tmp + "/dumps", ["sd-1", "sd-2", "vd-1", "hostile-1", "refused-1"])
        triage("-j1", "--mmapinfo", FAKE, "-o", tmp + "/out.jsonl", where)
        ended = triage("--group", tmp + "/out.jsonl")
        tap.result(ended.returncode == 0 and "\x1b" not in ended.stdout and "5 dumps, 3 groups" in ended.stdout,
                   "as text, with nothing for the terminal to obey", said(ended))
        signatures(tap, tmp)
        real(tap, mmapinfo, stuck, tmp)
        # Who is hostile here is so by a name, which makes no group: one is made by the panic.
        lines = [json.loads(line) for line in open(tmp + "/out.jsonl", encoding="utf-8")]
        for line in lines:
            if "hostile" in line["path"]:
                line["panic"] = "</td></table><script>document.title='owned'</script>"
        pathlib.Path(tmp, "out.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        page = pathlib.Path(tmp, "page.html")
        ended = triage("--group", tmp + "/out.jsonl", "-o", page)
        text = Counter(page.read_text())
        tap.result(ended.returncode == 0 and text.tags.get("script") == 1 and not text.fetch and "img" not in text.tags,
                   "the page has one script, ours, and fetches nothing", [text.tags, text.fetch, *said(ended)])
        seen(tap, page, tmp)
        ended = triage("--group", tmp + "/none")
        tap.result(ended.returncode == 2 and "none" in ended.stderr, "lines that are not there", said(ended))
    return tap.end()


sys.exit(main())
