#!/usr/bin/env bash
# Bad input: one clear line, exit status 1 (2 for usage), nothing invented.
#   bad_input.sh BUILD-DIR COMPRESSED-DUMP
set -uo pipefail
. "$(dirname "$0")/../tap.sh"
build=$1
dump=$2
mi=$build/mmapinfo
t=$tap_dir

# What is in the dump comes from the dump: PIDs by name.
pid_of() {
	"$mi" -c "$dump" --all --json |
		python3 -c 'import json, sys
for p in json.load(sys.stdin)["processes"]:
    if p["comm"] == sys.argv[1]:
        print(p["pid"])' "$1" | head -n 1
}

# Then it is the running kernel, which needs a right, and /proc/kcore.
without_rights=()
[ "$(id -u)" -ne 0 ] || without_rights=(setpriv --bounding-set=-all --inh-caps=-all --)
fails "no dump, and no right to read the kernel" 1 "a vmcore can be read: give one with -c" \
	"${without_rights[@]}" "$mi" 1
fails "no PID given" 2 "PID" "$mi" -c "$dump"
fails "no such file" 1 "No such file" "$mi" -c "$t/none" 1
fails "a directory" 1 "not a dump|regular file" "$mi" -c "$t" 1
: >"$t/empty"
fails "an empty file" 1 "not a dump.*empty" "$mi" -c "$t/empty" 1
head -c 100000 /dev/urandom >"$t/noise"
fails "noise" 1 "not a dump" "$mi" -c "$t/noise" 1
fails "a text" 1 "not a dump" "$mi" -c "$0" 1
fails "an ELF file that is no dump" 1 "VMCOREINFO|not a dump" "$mi" -c "$mi" 1
for form in gzip:gunzip xz:unxz zstd:unzstd; do
	head -c 5000 "$dump" | "${form%:*}" >"$t/packed"
	fails "a dump packed by ${form%:*}" 1 "${form#*:}" "$mi" -c "$t/packed" 1
done

size=$(stat -c %s "$dump")
for part in 1 3 10 25 50; do
	head -c $((size * part / 100)) "$dump" >"$t/cut"
	fails "cut to $part %" 1 "incomplete|not a dump|damaged" "$mi" -c "$t/cut" 1
done

fails "wrong vmlinux" 1 "does not belong to this dump" "$mi" -c "$dump" -s "$mi" 1
fails "vmlinux is no ELF" 1 "ELF|vmlinux" "$mi" -c "$dump" -s "$0" 1
fails "no such vmlinux" 1 "No such file" "$mi" -c "$dump" -s "$t/none" 1

# no_answer NAME REGEX ARGS...: by each form of an answer there is.
no_answer() {
	local name=$1 regex=$2 form options
	shift 2
	for form in "${forms[@]}"; do
		read -ra options <<<"$form"
		fails "$name $form" 1 "$regex" "$mi" "${options[@]}" "$@"
	done
}

# What cannot be answered says so once, whatever is asked for.
head -c $((size / 10)) "$dump" >"$t/cut"
forms=("--all" "--all --json" "--blocked" "--blocked --json" "--requests" "--requests --json"
	"--log" "--log=all --json")
no_answer "no such file" "No such file" -c "$t/none"
no_answer "a damaged dump" "incomplete" -c "$t/cut"
forms=()
for option in --pages --each --map --next --windows --prefault "--stack --next"; do
	forms+=("$option" "$option --json")
done
no_answer "no such file" "No such file" -c "$t/none" 1
no_answer "a damaged dump" "incomplete" -c "$t/cut" 1
no_answer "no such PID" "no task with PID 3999999" -c "$dump" 3999999
no_answer "a kernel thread" "PID 2 \(kthreadd\) is a kernel thread" -c "$dump" 2

fails "no such PID" 1 "no task with PID 3999999" "$mi" -c "$dump" 3999999
fails "a kernel thread" 1 "PID 2 \(kthreadd\) is a kernel thread" "$mi" -c "$dump" 2
fails "the idle task" 1 "PID 0" "$mi" -c "$dump" 0
fails "a zombie" 1 "\(zombie\) is a zombie" "$mi" -c "$dump" "$(pid_of zombie)"
for text in abc 12x -5 '' ' ' 99999999999999 1.5 0x 'init' '1;ls'; do
	fails "PID '$text'" 2 "." "$mi" -c "$dump" -- "$text"
done
fails "an address that is no task" 1 "no task" "$mi" -c "$dump" ffff888000000000
fails "two PIDs" 2 "." "$mi" -c "$dump" 1 2
fails "unknown option" 2 "." "$mi" --no-such-option
fails "option without its value" 2 "." "$mi" -c
fails "--each with --all" 2 "." "$mi" -c "$dump" --all --each
fails "address outside all mappings" 1 "no mapping" "$mi" -c "$dump" --vma 0x10 1
fails "file that is not mapped" 1 "no mapping" "$mi" -c "$dump" --file '/no/such*' 1
fails "--vma with nonsense" 2 "." "$mi" -c "$dump" --vma xyz 1

"$mi" -c "$dump" 1 >/dev/full 2>"$t/err"
status=$?
[ "$status" -eq 1 ] && grep -q '^mmapinfo: ' "$t/err"
ok $? "a full disk is reported" "$t/err"
"$mi" -c "$dump" --each 1 2>"$t/err" | head -n 1 >/dev/null
[ ! -s "$t/err" ]
ok $? "a closed pipe is no story" "$t/err"
done_testing
