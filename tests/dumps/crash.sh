#!/usr/bin/env bash
# The crash extension, in the crash that is installed.
#   crash.sh [--brief] VMLINUX BUILD DUMP... [--minimal DUMP...]
# JSON must be that of the command on each dump; behaviour is tested on the first,
# which must be ELF. Dumps behind --minimal this crash opens in no other way.
# --brief: without what starts crash again and again.
# CRASH: another crash to run; may be a script (chroot), then CRASH_BINARY is the
# program itself.
set -uo pipefail
. "$(dirname "$0")/../tap.sh"
here=$(cd "$(dirname "$0")" && pwd)
brief=
every=18
[ "$1" != --brief ] || { brief=1 every=30; shift; }
vmlinux=$1
build=$(cd "$2" && pwd)
shift 2
so=$build/mmapinfo.so
mi=$build/mmapinfo
dump=$1
dumps=()
minimal=()
while [ $# -gt 0 ]; do
	[ "$1" != --minimal ] || { shift; minimal=("$@"); break; }
	dumps+=("$1")
	shift
done
export CRASH=${CRASH:-$(command -v crash)}
tmp=$tap_dir/crash
mkdir "$tmp"

# session DUMP [OPTION...]: commands on stdin, all that crash says on stdout.
session() {
	local core=$1
	shift
	[[ " ${minimal[*]} " != *" $core "* ]] || set -- --minimal "$@"
	{
		echo "extend $so"
		cat
		echo quit
	} >"$tmp/cmds"
	timeout 300 "$CRASH" -s --no_crashrc "$@" -i "$tmp/cmds" "$vmlinux" "$core" </dev/null 2>&1
}

# pid_of DUMP NAME
pid_of() {
	"$mi" -c "$1" --all --json | python3 -c 'import json, sys
print(*[p["pid"] for p in json.load(sys.stdin)["processes"] if p["comm"] == sys.argv[1]][:1])' "$2"
}

# task_of DUMP PID: its task_struct, hexadecimal.
task_of() {
	"$mi" -c "$1" "$2" | sed -n '1s/.* task \([0-9a-f]\{16\}\).*/\1/p'
}

# has NAME REGEX FILE: a line of FILE matches. not_has: none does.
has() {
	grep -Eq "$2" "$3"
	ok $? "$1" "$3"
}

not_has() {
	[ -s "$3" ] && ! grep -Eq "$2" "$3"
	ok $? "$1" "$3"
}

# same NAME WANT GOT: equal, and not both empty.
same() {
	[ -s "$2" ] && cmp "$2" "$3" >"$tmp/cmp" 2>&1
	ok $? "$1" "$tmp/cmp"
}

# between FILE N: what the session said after "mark N", up to the next mark.
between() {
	awk -v n="$2" '/^MARK [0-9]+$/ { on = $2 == n; next } on' "$1"
}

# ---- what is linked in ----

linkage() {
	nm -D --defined-only "$so" >"$tmp/defined"
	[ ! -s "$tmp/defined" ]
	ok $? "the extension exports no symbol" "$tmp/defined"
	# What crash does not define, a library must: RTLD_NOW refuses the rest.
	ldd -r "$so" 2>&1 | awk '/undefined symbol/ { print $3 }' | sort -u >"$tmp/wanted"
	nm -D --defined-only "${CRASH_BINARY:-$CRASH}" | awk '{ print $3 }' | sort -u >"$tmp/given"
	comm -23 "$tmp/wanted" "$tmp/given" >"$tmp/missing"
	[ -s "$tmp/wanted" ] && [ ! -s "$tmp/missing" ]
	ok $? "crash has every symbol that is wanted of it" "$tmp/missing"
	! readelf -d "$so" | grep -q 'NEEDED.*libkdumpfile'
	ok $? "libkdumpfile is not needed"
}

# ---- the same answer ----

# Every 18th process, or 30th, and all ways to print it. PID 1 also by its task.
identical() {
	local core=$1 name pids pid n=0 how i
	local -a hows=("--json" "--json --each" "--json --sources" "" "--pages" "--map" "--json --next" "--next --map")
	name=$(basename "$core")
	pids=$("$mi" -c "$core" --all --json | python3 -c 'import json, sys
print(*[p["pid"] for p in json.load(sys.stdin)["processes"] if p.get("rss")][::int(sys.argv[1])])' \
		"$every")
	ways_of_stuck "$core"
	{
		for i in "${!stuck[@]}"; do
			echo "mmapinfo ${stuck[i]} > $tmp/got.stuck.$i"
		done
		for pid in $pids; do
			for how in "${!hows[@]}"; do
				echo "mmapinfo ${hows[how]} $pid > $tmp/got.$pid.$how"
			done
		done
		echo "mmapinfo --json --all > $tmp/got.all"
		echo "mmapinfo --json 0x$(task_of "$core" 1) > $tmp/got.task"
	} | session "$core" >"$tmp/said"
	for pid in $pids; do
		for how in "${!hows[@]}"; do
			n=$((n + 1))
			# shellcheck disable=SC2086 # options
			"$mi" -c "$core" ${hows[how]} "$pid" >"$tmp/want" 2>/dev/null
			if [[ ${hows[how]} == *--sources* ]]; then
				timeless <"$tmp/want" >"$tmp/want.s"
				timeless <"$tmp/got.$pid.$how" >"$tmp/got.s"
				same "$name: PID $pid ${hows[how]}" "$tmp/want.s" "$tmp/got.s"
			else
				same "$name: PID $pid ${hows[how]:-as text}" "$tmp/want" "$tmp/got.$pid.$how"
			fi
		done
	done
	[ "$n" -ge 12 ]
	ok $? "$name: there were processes to compare ($n answers)"
	"$mi" -c "$core" --json --all >"$tmp/want"
	same "$name: --all" "$tmp/want" "$tmp/got.all"
	"$mi" -c "$core" --json "0x$(task_of "$core" 1)" >"$tmp/want"
	same "$name: a task address" "$tmp/want" "$tmp/got.task"
	identical_stuck "$core"
	rm -f "$tmp"/got.*
}

# How to ask what is stuck, and behind what. with_fault: not empty if a task is in a page fault.
with_fault=
stuck=()
ways_of_stuck() {
	local pid
	cp "$here"/../../docs/checks/examples/*.json "$tmp"
	stuck=("--json --requests" "--requests" "--json --blocked" "--blocked --each"
		"--blocked --evidence" "--log" "--json --log=all" "check"
		"check --json --rule rss,request-age"
		"check --json --rule none --expect $tmp/memory.json"
		"check --rule rss --expect $tmp/io.json" "check --list --expect $tmp/demo.json")
	pid=$("$mi" -c "$1" --blocked --json | python3 -c 'import json, sys
print(*[t["pid"] for t in json.load(sys.stdin)["blocked"] if t["wait"] and t["fault"]][:1])')
	[ -z "$pid" ] || stuck+=("--json --evidence $pid" "--evidence $pid")
	with_fault+=$pid
}

identical_stuck() {
	local core=$1 i
	for i in "${!stuck[@]}"; do
		# shellcheck disable=SC2086 # options
		"$mi" -c "$core" ${stuck[i]} >"$tmp/want" 2>/dev/null
		same "$(basename "$core"): ${stuck[i]}" "$tmp/want" "$tmp/got.stuck.$i"
	done
}

# --sources without what differs: times, who read how many pages (crash keeps them), and
# types of modules, which stay once a command of the session wanted them.
timeless() {
	python3 -c 'import json, sys
d = json.load(sys.stdin)
def strip(x):
    if isinstance(x, dict):
        return {k: strip(v) for k, v in x.items() if k not in ("ms", "provider", "pages_read")}
    if isinstance(x, list):
        return [strip(v) for v in x if "BTF of module" not in str(v)]
    return x
print(json.dumps(strip(d)))'
}

# ---- behaviour ----

# One session; "sys" after each command shows that it goes on.
behaviour() {
	local name n
	local -a cmds=(
		"help mmapinfo"
		"mmapinfo 1"
		"mmapinfo 999999"
		"mmapinfo 2"
		"mmapinfo 1 2"
		"mmapinfo --nonsense"
		"mmapinfo -c other.vmcore 1"
		"mmapinfo --vma 1000 1"
		"mmapinfo --file /no/such/file 1"
		"mmapinfo ffff000000001234"
		"mmapinfo -5"
		"mmapinfo --help"
		"mmapinfo --version"
		"set 0 > /dev/null"$'\n'"mmapinfo"
		"mmapinfo 1 > /dev/full"
		"mmapinfo 1"
		"extend -u $so"
		"mmapinfo 1"
		"extend $so"
		"mmapinfo 1"
		"mmapinfo < $tmp/lines"
	)
	printf -- '-m 1\n--json 1\n' >"$tmp/lines"
	for n in "${!cmds[@]}"; do
		printf '!echo MARK %d\n%s\n!echo MARK %d\nsys\n' $((2 * n)) "${cmds[n]}" $((2 * n + 1))
	done | session "$dump" >"$tmp/said"
	for n in "${!cmds[@]}"; do
		between "$tmp/said" $((2 * n)) >"$tmp/out.$n"
		between "$tmp/said" $((2 * n + 1)) >"$tmp/sys"
		has "the session goes on after: ${cmds[n]//[$'\n']/; }" 'DUMPFILE: ' "$tmp/sys"
	done
	has "help: NAME" '^  mmapinfo - ' "$tmp/out.0"
	has "help: DESCRIPTION" '^DESCRIPTION$' "$tmp/out.0"
	has "help: EXAMPLES with crash's prompt" '^ *crash> mmapinfo ' "$tmp/out.0"
	not_has "help: fewer than 80 columns" '.{80}' "$tmp/out.0"
	not_has "help: no format left" '%[a-z%]' "$tmp/out.0"
	for name in $("$mi" --help | grep -oE -- ' --[a-z]+' | grep -vE -- '--(core|vmlinux|types|via|stable|watch|follow)'); do
		has "help: explains $name" "^    (-., )?${name}[[ ]" "$tmp/out.0"
	done
	"$mi" -c "$dump" 1 >"$tmp/want"
	same "a PID" "$tmp/want" "$tmp/out.1"
	one_line 2 "no such PID" 'no task with PID 999999'
	one_line 3 "a kernel thread" 'kernel thread'
	one_line 4 "two PIDs" 'one process at a time'
	one_line 5 "an unknown option" "nonsense.*help mmapinfo"
	one_line 6 "a dump given in crash" 'cannot be given in crash'
	one_line 7 "--vma without mapping" 'no mapping'
	one_line 8 "--file without mapping" 'no mapping'
	one_line 9 "a wrong task address" 'no task'
	one_line 10 "a negative PID" 'negative'
	has "--help" '^DESCRIPTION$' "$tmp/out.11"
	has "--version" '^mmapinfo [0-9]+\.[0-9]+' "$tmp/out.12"
	one_line 13 "the current context is idle" 'idle task'
	has "a full disk is told" '^mmapinfo: writing the answer' "$tmp/out.14"
	same "and forgotten" "$tmp/want" "$tmp/out.15"
	has "unload" 'shared object unloaded' "$tmp/out.16"
	not_has "unloaded: no such command" '^PID 1 ' "$tmp/out.17"
	has "load again" 'shared object loaded' "$tmp/out.18"
	same "after loading again" "$tmp/want" "$tmp/out.19"
	{ "$mi" -c "$dump" -m 1; "$mi" -c "$dump" --json 1; } >"$tmp/want"
	same "arguments from a file, a command a line" "$tmp/want" "$tmp/out.20"
}

# Before 9.0.2 crash looks for the other end of a pipe only for moments, and gives up
# on a busy machine. That is not what is tested: there are several rounds, of which one is
# looked at that came to pass.
pipes() {
	local round long
	long=$(pid_of "$dump" sparse-1g)
	round=$(pipe_rounds "$long")
	between "$tmp/said" "$((2 * round))" >"$tmp/round"
	between "$tmp/said" "$((2 * round + 1))" >"$tmp/sys"
	[ "$(cat "$tmp/count.$round")" = "$("$mi" -c "$dump" 1 | wc -l)" ]
	ok $? "a pipe gets every line (round $round)" "$tmp/count.$round"
	"$mi" -c "$dump" "$long" | head -n 1 >"$tmp/head"
	same "a reader that leaves early" "$tmp/head" "$tmp/first.$round"
	! grep -q '^mmapinfo: ' "$tmp/round"
	ok $? "a reader that leaves early: no complaint" "$tmp/round"
	has "a reader that leaves early: the session goes on" 'DUMPFILE: ' "$tmp/sys"
}

# Prints which round is to be looked at.
pipe_rounds() {
	local round
	for _ in {1..4}; do
		for round in {0..9}; do
			printf '%s\n' "!echo MARK $((2 * round))" "mmapinfo 1 | wc -l > $tmp/count.$round" \
				"mmapinfo --each $1 | head -n 1 > $tmp/first.$round" \
				"!echo MARK $((2 * round + 1))" sys
		done | session "$dump" >"$tmp/said"
		for round in {0..9}; do
			between "$tmp/said" $((2 * round)) | grep -q 'pipe operation failed' || break 2
		done
	done
	echo "$round"
}

# one_line N NAME REGEX: command N said one line, and that.
one_line() {
	[ "$(wc -l <"$tmp/out.$1")" -eq 1 ] && grep -Eq "^mmapinfo: .*($3)" "$tmp/out.$1"
	ok $? "$2: one line" "$tmp/out.$1"
}

# ---- other ways to start crash ----

# Where crash starts: with the task that panicked, or an idle one.
first_context() {
	printf 'set\n!echo MARK 1\nmmapinfo\n!echo MARK 2\n' | session "$dump" >"$tmp/said"
	between "$tmp/said" 1 >"$tmp/out"
	if grep -Eq '^ *PID: 0$' "$tmp/said"; then
		has "the first context is idle" '^mmapinfo: the current context is an idle' "$tmp/out"
	else
		"$mi" -c "$dump" "0x$(sed -n 's/^ *TASK: \([0-9a-f]*\).*/\1/p' "$tmp/said")" >"$tmp/want"
		same "the first context" "$tmp/want" "$tmp/out"
	fi
}

# The task that crash can be moved to: not each crash finds it in each kernel.
context() {
	local pid task
	pid=$(pid_of "$dump" file-private)
	task=$(task_of "$dump" "$pid")
	printf 'set %s\n!echo MARK 1\nmmapinfo --json > %s\n!echo MARK 2\n' "$task" "$tmp/context" |
		session "$dump" >"$tmp/said"
	if grep -q '^ *COMMAND: "file-private"' "$tmp/said"; then
		"$mi" -c "$dump" --json "0x$task" >"$tmp/want"
		same "the current context, chosen by set" "$tmp/want" "$tmp/context"
	else
		between "$tmp/said" 1 >"$tmp/out"
		has "the current context: this crash does not find the task, and we say so" \
			'^mmapinfo: the current context is an idle task' "$tmp/out"
	fi
}

switches() {
	local core
	"$mi" -c "$dump" --json 1 >"$tmp/want"
	printf 'mmapinfo --json 1 > %s\n!echo MARK 1\nmmapinfo\n!echo MARK 2\n' "$tmp/minimal" |
		session "$dump" --minimal >"$tmp/said"
	same "--minimal" "$tmp/want" "$tmp/minimal"
	between "$tmp/said" 1 >"$tmp/out"
	has "--minimal without a task" '^mmapinfo: no current context' "$tmp/out"
	for core; do
		"$mi" -c "$core" --json 1 >"$tmp/want"
		echo "mmapinfo --json 1 > $tmp/got" | session "$core" --zero_excluded >"$tmp/said"
		same "$(basename "$core"): crash --zero_excluded" "$tmp/want" "$tmp/got"
		rm -f "$tmp/got"
	done
}

# crash opens flattened dumps, the command need not.
flattened() {
	makedumpfile -c -F -d 31 -x "$vmlinux" "$dump" >"$tmp/flat" 2>"$tmp/err" &&
		makedumpfile -R "$tmp/back" <"$tmp/flat" >"$tmp/err" 2>&1
	ok $? "a flattened dump was made" "$tmp/err"
	echo "mmapinfo --json 1 > $tmp/got" | session "$tmp/flat" >"$tmp/said"
	"$mi" -c "$tmp/back" --json 1 >"$tmp/want"
	same "flattened as re-arranged" "$tmp/want" "$tmp/got"
	rm -f "$tmp/flat" "$tmp/back" "$tmp/got"
}

# What lies behind the end of a dump that was cut short is incomplete to both.
cut_short() {
	head -c $(($(stat -c %s "$1") - 20000)) "$1" >"$tmp/cut"
	echo "mmapinfo --json --pages 1 > $tmp/got" | session "$tmp/cut" --minimal >"$tmp/said"
	"$mi" -c "$tmp/cut" --json --pages 1 >"$tmp/want"
	has "cut short: told" '"why_incomplete": "it is cut at [0-9]* of [0-9]* bytes"' "$tmp/want"
	same "cut short: the same answer" "$tmp/want" "$tmp/got"
	rm -f "$tmp/cut" "$tmp/got"
}

# crash gets the parts of a split dump wrong, and so would we by what it reads.
split_dump() {
	makedumpfile -c -d 31 --splitblock-size 1024 --split "$dump" "$tmp/part1" "$tmp/part2" \
		>"$tmp/err" 2>&1
	ok $? "a split dump was made" "$tmp/err"
	echo "mmapinfo 1" | session "$tmp/part1" "$tmp/part2" --minimal >"$tmp/said"
	has "a split dump is refused" '^mmapinfo: .*makedumpfile --reassemble' "$tmp/said"
	rm -f "$tmp/part1" "$tmp/part2"
}

# makedumpfile -E: crash gives zeroes for what the file does not hold.
filtered_elf() {
	makedumpfile -E -d 31 -x "$vmlinux" "$dump" "$tmp/e31" >"$tmp/err" 2>&1
	ok $? "a filtered ELF dump was made" "$tmp/err"
	identical "$tmp/e31"
	rm -f "$tmp/e31"
}

# damage FILE PID: spoil some blocks that matter to the answer and leave one, and
# with which crash starts. Prints how many.
damage() {
	python3 - "$mi" "$1" "$2" "$CRASH" "$vmlinux" <<'PYTHON'
import subprocess, sys
mi, path, pid, crash, vmlinux = sys.argv[1:]
def answer():
    r = subprocess.run([mi, "-c", path, "--json", "--pages", pid], capture_output=True)
    return r.stdout if r.returncode == 0 else b""
def starts():
    return not subprocess.run([crash, "-s", "--minimal", "--no_crashrc", vmlinux, path],
                              input=b"quit\n", capture_output=True).returncode
kept, last, block = 0, answer(), 256 << 10
with open(path, "r+b", buffering=0) as f:
    for at in range(2 << 20, f.seek(0, 2) - block, block):
        f.seek(at)
        good = f.read(block)
        f.seek(at)
        f.write(b"\xa5" * block)
        now = answer()
        if now and now != last and b'"damaged"' in now and starts():
            kept, last = kept + 1, now
        else:
            f.seek(at)
            f.write(good)
        if kept == 3:
            break
print(kept)
PYTHON
}

# Damage is told by both in the same words, and not by crash's own messages in
# the middle of the answer. ELF dumps cannot show damage.
damaged() {
	local core=$1 name pid
	name=$(basename "$core")
	pid=$(pid_of "$core" file-private)
	# Guests with stuck tasks have no such process.
	[ "$(head -c 5 "$core")" = KDUMP ] && [ -n "$pid" ] || return 0
	cp "$core" "$tmp/damaged"
	chmod u+w "$tmp/damaged"
	[ "$(damage "$tmp/damaged" "$pid")" -ge 1 ]
	ok $? "$name: damage that matters was done"
	echo "mmapinfo --json --pages $pid > $tmp/got" |
		session "$tmp/damaged" --minimal >"$tmp/said"
	"$mi" -c "$tmp/damaged" --json --pages "$pid" >"$tmp/want"
	has "$name: damaged, and told" '"damaged"' "$tmp/want"
	same "$name: damaged, the same answer" "$tmp/want" "$tmp/got"
	not_has "$name: damaged, no message of crash's" 'uncompress' "$tmp/said"
	rm -f "$tmp/damaged" "$tmp/got"
}

# ---- recorded history: of a file, with the dump's names ----

recorded() {
	local core=$1 how n=0
	local -a hows=("" "--json" "--latency" "--format perfetto" "105 --limit 5" "--kind nonsense")
	"$build/tests/make_recorder" "$tmp/recorder"
	for how in "${hows[@]}"; do
		echo "mmapinfo --recorder $tmp/recorder --history $how > $tmp/got.$((n++))"
	done | session "$core" >"$tmp/said"
	for n in "${!hows[@]}"; do
		# shellcheck disable=SC2086 # options
		"$mi" -c "$core" --recorder "$tmp/recorder" --history ${hows[n]} >"$tmp/want" \
			2>"$tmp/want.err"
		[ -s "$tmp/want" ] || sed 's/try mmapinfo.*//' "$tmp/want.err" >"$tmp/want"
		same "--history ${hows[n]}" "$tmp/want" "$tmp/got.$n"
	done
}

interrupts() {
	local status
	"$here/crash_interrupt.py" "$vmlinux" "$build" "$dump" >"$tmp/tap" 2>"$tmp/err"
	status=$?
	[ "$status" -eq 0 ] || cat "$tmp/err"
	while IFS= read -r line; do
		case $line in
		"ok "*) ok 0 "${line#ok * - }" ;;
		"not ok "*) ok 1 "${line#not ok * - }" "$tmp/err" ;;
		esac
	done <"$tmp/tap"
	[ "$status" -eq 0 ] && grep -q '^1\.\.[1-9]' "$tmp/tap"
	ok $? "the tests of ^C ran" "$tmp/tap" "$tmp/err"
}

linkage
for core in "${dumps[@]}" "${minimal[@]}"; do
	identical "$core"
done
[ -n "$with_fault" ]
ok $? "a task in a page fault was compared"
behaviour
pipes
[ -z "$brief" ] || { done_testing; exit; }

interrupts
first_context
context
recorded "$dump"
switches "${dumps[@]}"
flattened
filtered_elf
cut_short "${dumps[-1]}"
split_dump
for core in "${dumps[@]}"; do
	damaged "$core"
done
done_testing
