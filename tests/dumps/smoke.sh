#!/usr/bin/env bash
# Every kind of output over all processes of a dump, for runs under sanitizers
# and valgrind: only the status and a sign of life are looked at.
#   smoke.sh COMMAND DUMP [EVERY]     EVERY: take each nth process
set -uo pipefail
. "$(dirname "$0")/../tap.sh"
read -ra mi <<<"$1"
dump=$2
step=${3:-1}

try() {
	local name=$1
	shift
	"${mi[@]}" -c "$dump" "$@" >"$tap_dir/out" 2>"$tap_dir/err"
	local status=$?
	[ $status -eq 0 ] && [ -s "$tap_dir/out" ] && [ ! -s "$tap_dir/err" ]
	ok $? "$name" "$tap_dir/err"
}

pids=$("${mi[@]}" -c "$dump" --all --json |
	python3 -c 'import json, sys
print(*[p["pid"] for p in json.load(sys.stdin)["processes"] if p.get("rss")])')
[ "$(wc -w <<<"$pids")" -gt 8 ]
ok $? "a list of processes"
try "--all" --all
try "--sources" --sources 1
try "--requests" --requests
try "--requests --json" --requests --json
try "--blocked" --blocked --evidence
try "--blocked --json" --blocked --json
try "--log" --log=all
try "--log --json" --log=all --json
# Guests have old requests and a costly window: those are no part of a sign of life.
for format in text json tap junit; do
	try "check, $format" check --severity error --format $format
done
try "check --expect" check --rule none --severity error \
	--expect "$(dirname "$0")/../../docs/checks/examples/database.json"
i=0
for pid in $pids; do
	i=$((i + 1))
	[ $((i % step)) -eq 0 ] || continue
	try "PID $pid text" --pages --map --prefault --windows "$pid"
	try "PID $pid JSON" --pages --prefault --json "$pid"
	try "PID $pid --next" --next --map "$pid"
	try "PID $pid --next JSON" --next --json "$pid"
done
try "--each" --each 1
done_testing
