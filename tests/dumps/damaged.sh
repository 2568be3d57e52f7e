#!/usr/bin/env bash
# States and damage that are put into a copy of a dump.
#   damaged.sh BUILD-DIR ELF-DUMP COMPRESSED-DUMP
set -uo pipefail
. "$(dirname "$0")/../tap.sh"
build=$1
elf=$2
mi=$build/mmapinfo
copy=$tap_dir/copy

pid_of() {
	"$mi" -c "$elf" --all --json |
		python3 -c 'import json, sys
print(*[p["pid"] for p in json.load(sys.stdin)["processes"] if p["comm"] == sys.argv[1]])' "$1"
}

# A fresh copy with one thing changed.
damage() {
	cp --sparse=always "$elf" "$copy" && chmod u+w "$copy" &&
		"$build/tests/poke" "$copy" "$@"
}

pid=$(pid_of file-shared)
damage mm_users "$pid"
fails "an mm that is being torn down" 1 "being torn down" "$mi" -c "$copy" "$pid"
damage exit_mm "$pid"
fails "a task that has given its mm back" 1 "is exiting" "$mi" -c "$copy" "$pid"

damage map_count "$pid"
"$mi" -c "$copy" --json "$pid" >"$tap_dir/json" 2>"$tap_dir/err"
python3 - "$tap_dir/json" <<'PY' 2>>"$tap_dir/err"
import json, sys
doc = json.load(open(sys.argv[1]))
assert not doc["complete"], "complete"
assert any("map_count" in p["why"] for p in doc["problems"]), doc["problems"]
assert len(doc["mappings"]) > 5
PY
ok $? "a wrong map_count is reported and the rest shown" "$tap_dir/err"

damage task_cycle "$pid"
timeout 20 "$mi" -c "$copy" --all >"$tap_dir/out" 2>"$tap_dir/err"
[ $? -eq 0 ] && grep -q circle "$tap_dir/out"
ok $? "a circle in the task list ends and is reported" "$tap_dir/out" "$tap_dir/err"

# A dump of another architecture, as far as its header tells. Its CPU notes, which
# would not fit, are named so that nobody reads them.
cp --sparse=always "$elf" "$copy" && chmod u+w "$copy" && python3 - "$copy" <<'PY'
import sys
with open(sys.argv[1], "r+b") as f:
    head = bytearray(f.read(65536))
    head[18:20] = b"\x16\0"
    f.seek(0)
    f.write(head.replace(b"CORE\0", b"XORE\0"))
PY
fails "another architecture" 1 "architecture s390x: only x86_64, " "$mi" -c "$copy" 1

# ELF dumps cut short: what is left is shown, what is gone is named.
size=$(stat -c %s "$elf")
for part in 5 40 75 95; do
	cp --sparse=always "$elf" "$copy" && chmod u+w "$copy" &&
		truncate -s $((size / 100 * part)) "$copy"
	timeout 20 "$mi" -c "$copy" --json 1 >"$tap_dir/out" 2>"$tap_dir/err"
	status=$?
	if [ $status -eq 0 ]; then
		python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
assert d["dump"]["incomplete"]' "$tap_dir/out" 2>>"$tap_dir/err"
		ok $? "ELF cut to $part %: says that it is incomplete" "$tap_dir/err"
	else
		[ $status -eq 1 ] && [ ! -s "$tap_dir/out" ] &&
			[ "$(wc -l <"$tap_dir/err")" -eq 1 ] && grep -q incomplete "$tap_dir/err"
		ok $? "ELF cut to $part %: refused in one line" "$tap_dir/err"
	fi
done

seeds=${FULL:+300}
"$build/tests/hostile" "$3" "${seeds:=100}" >"$tap_dir/out" 2>&1
status=$?
grep '^not ok\|^ok' "$tap_dir/out" >"$tap_dir/lines"
[ $status -eq 0 ] && ! grep -q '^not ok' "$tap_dir/lines" && [ "$(wc -l <"$tap_dir/lines")" -eq $((seeds / 25)) ]
ok $? "$seeds dumps that lie" "$tap_dir/out"
done_testing
