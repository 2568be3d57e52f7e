#!/usr/bin/env bash
# A process with 100,000 mappings takes a second: whatever grows with their square
# takes minutes. Limits are of CPU time, so a busy machine does no harm.
#   many.sh COMMAND DUMP TRUTH
set -uo pipefail
. "$(dirname "$0")/../tap.sh"
mi=$1
dump=$2
truth=$3
pid=$(grep -lx vmas-100k "$truth"/proc/*/comm | sed 's|.*/proc/\([0-9]*\)/.*|\1|')

# NAME OPTIONS...: all mappings are shown, within 20 s of CPU time and 400 MB
quick() {
	local name=$1
	shift
	(
		ulimit -t 20 -v 400000
		exec "$mi" -c "$dump" "$@" "$pid"
	) >"$tap_dir/out" 2>"$tap_dir/err"
	[ $? -eq 0 ] && [ "$(grep -cE '^ *([0-9a-f]{6,} |"start")' "$tap_dir/out")" -ge 100000 ]
	ok $? "$name" "$tap_dir/err"
}

quick "text"
quick "pages" --pages
quick "JSON" --json
quick "JSON of each page" --json --each
done_testing
