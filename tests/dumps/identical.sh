#!/usr/bin/env bash
# One dump, three sources of types, the same JSON.
#   identical.sh COMMAND DUMP VMLINUX
set -uo pipefail
. "$(dirname "$0")/../tap.sh"
mi=$1
dump=$2
vmlinux=$3

pids=$("$mi" -c "$dump" --all --json |
	python3 -c 'import json, sys
print(*[p["pid"] for p in json.load(sys.stdin)["processes"] if p.get("rss")][::9])')
for pid in $pids; do
	"$mi" -c "$dump" --json --pages "$pid" >"$tap_dir/dump"
	for types in vmlinux dwarf; do
		"$mi" -c "$dump" -s "$vmlinux" --types $types --json --pages "$pid" \
			>"$tap_dir/$types" 2>"$tap_dir/err"
		[ -s "$tap_dir/$types" ] && cmp "$tap_dir/dump" "$tap_dir/$types" 2>>"$tap_dir/err"
		ok $? "PID $pid: types of the dump and of $types" "$tap_dir/err"
	done
done
"$mi" -c "$dump" -s "$vmlinux" --types dwarf --sources 1 >"$tap_dir/out" 2>&1
grep -q DWARF "$tap_dir/out"
ok $? "--sources names DWARF" "$tap_dir/out"
done_testing
