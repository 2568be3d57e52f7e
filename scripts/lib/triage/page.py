# SPDX-License-Identifier: GPL-2.0-or-later
"""Groups of dumps as text, and as a page of HTML that needs nothing but itself.

Every text of a dump is escaped; beside, the page's own policy lets no script run but the one whose
hash it has."""
import base64
import hashlib
import html

from . import signature

PATHS, TASKS_TEXT = 200, 200
STYLE = """
:root { color-scheme: light dark; --line: #8886; --soft: #8882; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5rem; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; }
th:nth-child(1), th:nth-child(4) { width: 4.5rem; }
th:nth-child(2) { width: 15rem; }
th:nth-child(9) { width: 9rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { position: sticky; top: 0; background: Canvas; vertical-align: bottom; }
th button { font: inherit; font-weight: bold; border: 0; background: none; color: inherit; cursor: pointer; padding: 0; text-align: left; }
th[aria-sort=ascending] button::after { content: " \\2191"; }
th[aria-sort=descending] button::after { content: " \\2193"; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
td ul { margin: 0; padding-left: 1.1rem; }
pre, code { font: 13px/1.35 ui-monospace, monospace; margin: 0; }
pre { white-space: pre-wrap; background: var(--soft); padding: .4rem; }
tr.failed { background: var(--soft); }
#tools { margin: 1rem 0; }
#filter { font: inherit; width: min(30rem, 100%); padding: .3rem; }
@media print { #tools { display: none; } th { position: static; } }
"""
SCRIPT = """
"use strict";
const table = document.querySelector("table"), body = table.tBodies[0];
const filter = document.getElementById("filter"), shown = document.getElementById("shown");
function narrow() {
  const words = filter.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let n = 0;
  for (const row of body.rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every(word => text.includes(word));
    n += !row.hidden;
  }
  shown.textContent = n + " of " + body.rows.length + " groups";
}
function order(head, column) {
  const up = head.getAttribute("aria-sort") === "descending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const key = row => row.cells[column].dataset.n ?? row.cells[column].textContent;
  const rows = [...body.rows].sort((a, b) => String(key(a)).localeCompare(String(key(b)), "en", {numeric: true}));
  body.append(...(up ? rows : rows.reverse()));
}
[...table.tHead.rows[0].cells].forEach((head, column) => {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = head.textContent;
  button.addEventListener("click", () => order(head, column));
  head.replaceChildren(button);
});
filter.addEventListener("input", narrow);
filter.value = decodeURIComponent(location.hash.slice(1));
document.getElementById("tools").hidden = false;
narrow();
"""
HEADS = ("Dumps", "Kernels", "Waits", "Most stuck tasks", "Longest wait", "Findings", "Panic, oops", "Not known", "Which")


def plain(text):
    """For a terminal: nothing that it would obey."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def seconds(ns):
    return "?" if ns is None else f"{ns / 1e9:.1f} s"


def esc(text):
    return html.escape(plain(text), quote=True)


# ---- text ----

def parts(group):
    s = group.signature
    for what, found in (("waits", s["verdicts"]), ("stack", s["stack"]), ("rules", s["rules"]),
                        ("panic", [s["panic"]] if s["panic"] else []),
                        ("trouble", [s["trouble"]] if s["trouble"] else []), ("failed", s["failures"])):
        if found:
            yield what, (" < " if what == "stack" else ", ").join(found)


def text(groups):
    out = []
    for group in groups:
        n = len(group.lines)
        out.append(f"{n} {'dump' if n == 1 else 'dumps'}  {group.name}  {plain(', '.join(group.kernels()))}")
        found = list(parts(group)) or [("nothing", "no stuck task, no finding")]
        out += [f"  {what:<8} {plain(said)}" for what, said in found]
        if group.lacking():
            out.append(f"  lacking  {group.lacking()} of them: more might be found in whole dumps")
        out += [f"  example  {plain(group.example()['path'])}", ""]
    total = sum(len(group.lines) for group in groups)
    return "\n".join(out + [f"{total} dumps, {len(groups)} groups"]) + "\n"


# ---- HTML ----

def details(summary, inside):
    return f"<details><summary>{summary}</summary>{inside}</details>"


def short(text, most=60):
    """All of it at a click, where it is long."""
    return esc(text) if len(text) <= most else details(esc(text[:most]) + "…", f"<p>{esc(text)}</p>")


def listed(items):
    return "<ul>" + "".join(f"<li>{short(i)}</li>" for i in items) + "</ul>" if items else ""


def longest_cell(group):
    task = signature.longest(group.example())
    if not task:
        return '<td data-n="-1"></td>'
    ns = task["blocked_ns"]
    frames = "<pre>" + "\n".join(map(esc, task["stack"])) + "</pre>" if task["stack"] else ""
    said = f"{esc(task['comm'] or '?')} (PID {task['pid']}): {esc(task['verdict_text'] or '?')}"
    return f'<td data-n="{-1 if ns is None else ns}">' + details(seconds(ns), f"<p>{said}</p>{frames}") + "</td>"


def findings_cell(group):
    rules = (group.example()["findings"] or {}).get("rules", [])
    inside = "".join(f"<p><b>{esc(r['id'])}</b> ({esc(r['severity'])}, {r['count']})</p>" + listed(r["texts"])
                     for r in rules)
    return "<td>" + (details(esc(", ".join(group.signature["rules"])), inside) if rules else "") + "</td>"


def which_cell(group):
    paths = [line["path"] for line in group.lines]
    more = [f"and {len(paths) - PATHS} more"] if len(paths) > PATHS else []
    return "<td>" + details(f"<code>{group.name}</code>", listed(paths[:PATHS] + more)) + "</td>"


def lacking(group):
    return [f"{group.lacking()} lack something: more might be found"] if group.lacking() else []


def row(group):
    tasks = group.tasks()
    panics = sorted({line[name] for line in group.lines for name in ("panic", "trouble") if line[name]})[:4]
    return (f'<tr id="g{group.name}"{" class=failed" if group.failed() else ""}>'
            f'<td class=n data-n="{len(group.lines)}">{len(group.lines)}</td>'
            f"<td>{listed(group.kernels())}</td>"
            f"<td>{listed(group.signature['verdicts'])}</td>"
            f'<td class=n data-n="{-1 if tasks is None else tasks}">{"?" if tasks is None else tasks}</td>'
            f"{longest_cell(group)}{findings_cell(group)}"
            f"<td>{listed(panics)}</td>"
            f"<td>{listed(group.signature['failures'] + lacking(group))}</td>"
            f"{which_cell(group)}</tr>\n")


def allowed(what):
    return "'sha256-" + base64.b64encode(hashlib.sha256(what.encode()).digest()).decode() + "'"


def page(groups):
    total = sum(len(group.lines) for group in groups)
    failed = sum(len(group.lines) for group in groups if group.failed())
    policy = f"default-src 'none'; style-src {allowed(STYLE)}; script-src {allowed(SCRIPT)}"
    heads = "".join(f"<th scope=col>{h}</th>" for h in HEADS)
    return (f'<!DOCTYPE html>\n<html lang=en><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
            f'<meta name=viewport content="width=device-width, initial-scale=1">'
            f"<title>mmapinfo-triage: {total} dumps</title><style>{STYLE}</style></head>\n<body>"
            f"<h1>{total} dumps, {len(groups)} groups</h1>"
            f"<p>Dumps with the same waits, the same stack of the task that has waited longest, the same findings "
            f"and the same panic are one group. {failed} could not be triaged as a whole.</p>\n"
            f'<div id=tools hidden><label>Groups with these words: <input id=filter type=search></label> '
            f"<span id=shown></span></div>\n"
            f"<table><thead><tr>{heads}</tr></thead><tbody>\n{''.join(map(row, groups))}</tbody></table>\n"
            f"<script>{SCRIPT}</script></body></html>\n")
