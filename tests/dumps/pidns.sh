#!/usr/bin/env bash
# --ns: every process of a PID namespace below the initial one, by each of its numbers, as
# /proc/PID/status had them.
#   pidns.sh COMMAND DUMP TRUTH
set -uo pipefail
. "$(dirname "$0")/../tap.sh"
mi=$1
dump=$2
truth=$3

field() { sed -n "s/^$1:[ \t]*//p" "$truth/proc/$2/status" 2>/dev/null; }

nested() { grep -lE '^NSpid:[[:space:]]+[0-9]+[[:space:]]+[0-9]' "$truth"/proc/*/status | sed 's|.*/proc/\([0-9]*\)/.*|\1|'; }

# is PID NAME OPTION...
is() {
	local pid=$1 name=$2
	shift 2
	"$mi" -c "$dump" "$@" >"$tap_dir/out" 2>"$tap_dir/err"
	head -n 1 "$tap_dir/out" | grep -q "^PID $pid "
	ok $? "$name" "$tap_dir/out" "$tap_dir/err"
}

# The namespace that a process is in is also one of those of its children.
check() {
	local pid=$1 parent numbers of_parent
	read -ra numbers < <(field NSpid "$pid")
	is "$pid" "PID $pid is ${numbers[-1]} in its own namespace" --ns "$pid" "${numbers[-1]}"
	parent=$(field PPid "$pid")
	read -ra of_parent < <(field NSpid "$parent")
	is "$pid" "PID $pid is ${numbers[${#of_parent[@]} - 1]} in that of its parent" \
		--ns "$parent" "${numbers[${#of_parent[@]} - 1]}"
	is "$pid" "PID $pid is itself in that of PID 1" --ns 1 "$pid"
	is "$pid" "and by the number of that namespace" --ns 'pid:[4026531836]' "$pid"
}

mapfile -t pids < <(nested)
[ ${#pids[@]} -ge 2 ]
ok $? "there are processes in PID namespaces"
for pid in "${pids[@]}"; do
	check "$pid"
done
fails "nobody has this number there" 1 "no task has PID 4194000 in PID namespace [0-9]+$" \
	"$mi" -c "$dump" --ns "${pids[0]}" 4194000
fails "no such namespace" 1 "no task is in PID namespace 4294967295" \
	"$mi" -c "$dump" --ns 4294967295 1
done_testing
