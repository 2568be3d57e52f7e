#!/usr/bin/env bash
# Every form in which a dump may come: the answers are those of the plain form, or
# there is one line that says what to do. Each page is the same, or absent for the
# reason it is absent for.
#   forms.sh BUILD-DIR DUMP [QEMU-DIR]
# Without QEMU-DIR, of scripts/make-dump qemu, what can be made of a compressed DUMP
# and takes seconds; with it DUMP must be ELF.
set -uo pipefail
. "$(dirname "$0")/../tap.sh"
build=$1
elf=$2
qemu=${3-}
here=$(cd "$(dirname "$0")" && pwd)
mi=$build/mmapinfo
t=$tap_dir
mkdir "$t/tmp"
export TMPDIR=$t/tmp

# As fails; what is said is kept for documented.
refused() {
	fails "$@"
	cat "$t/err" >>"$t/said"
}

# Messages that docs/dumps.md quotes were all seen. X, Y, N, M stand for numbers, DIR
# and OLD for paths.
documented() {
	local quote
	while read -r quote; do
		grep -Eq "$quote" "$t/said"
		ok $? "docs/dumps.md: $quote" <(sort -u "$t/said" | head -n 40)
	done < <(grep -o '"[^"]*"' "$here/../../docs/dumps.md" | tr -d '"' |
		sed -E 's/[][().?+*|\\^$]/\\&/g; s/\b(X|Y|N|M)\b/[0-9]+/g; s/\b(DIR|OLD)\b/[^ ]+/g')
}

# make FILE OPTION...: $elf as makedumpfile writes it
make() {
	local out=$1
	shift
	makedumpfile --message-level 1 "$@" "$elf" "$out" >"$t/err" 2>&1
	ok $? "made: makedumpfile $*" "$t/err"
}

# each_part DUMP...: as options
each_part() {
	local part
	options=()
	for part; do
		options+=(-c "$part")
	done
}

# answers DUMP...: what is asked of each form
answers() {
	local options pid
	each_part "$@"
	"$mi" "${options[@]}" --json --all | jq -c 'del(.dump)'
	for pid in $pids; do
		"$mi" "${options[@]}" --json --pages "$pid" | jq -c 'del(.dump)'
	done
}

same_answers() {
	local name=$1 want=$2
	shift 2
	answers "$@" >"$t/got" 2>"$t/err" && [ ! -s "$t/err" ] && cmp "$want" "$t/got" 2>>"$t/err"
	ok $? "$name: the same answers" "$t/err"
}

# same_pages NAME REASONS DUMP PART...: of DUMP's pages the parts lack only those
# that REASONS (a regular expression) allows. $counts has what was counted.
same_pages() {
	local name=$1 reasons=$2 bad
	shift 2
	counts=$("$build/tests/samepages" "$@" 2>&1)
	local status=$?
	echo "$counts" >>"$t/said"
	bad=$(grep -oE '\b(unmapped|excluded|hole|incomplete|damaged|io)=[1-9][0-9]*' \
		<<<"$counts" | grep -vE "^($reasons)=")
	[ $status -eq 0 ] && [ -z "$bad" ]
	ok $? "$name: the same pages" <(echo "$counts")
}

count() {
	grep -oE "\b$1=[0-9]+" <<<"$counts" | cut -d= -f2
}

# whole NAME DUMP PART...: all is as in DUMP
whole() {
	local name=$1 dump=$2
	shift 2
	same_pages "$name" none "$dump" "$@"
	same_answers "$name" "$t/plain.answers" "$@"
}

# ---- forms ----

compressions() {
	local method
	make "$t/raw" -d 31
	whole "not compressed" "$t/plain" "$t/raw"
	for method in ${qemu:+lzo snappy} zstd; do
		"$build/tests/recompress" $method "$t/raw" "$t/packed" 2>"$t/err"
		ok $? "$method: recompressed" "$t/err"
		whole "$method" "$t/plain" "$t/packed"
	done
	"$build/tests/recompress" unknown "$t/raw" "$t/packed"
	refused "an unknown compression" 1 "unknown method \(flags 0x400\).*makedumpfile -c" \
		"$mi" -c "$t/packed" 1
	rm "$t/packed"
	makedumpfile --message-level 1 -c -d 0 "$t/raw" "$t/packed" >"$t/err" 2>&1
	ok $? "the command for such dumps works" "$t/err"
	whole "written anew" "$t/plain" "$t/packed"
	rm "$t/packed"
}

cycles() {
	make "$t/cyclic" -c -d 31 --cyclic-buffer 1
	whole "written in cycles" "$t/plain" "$t/cyclic"
	rm "$t/cyclic"
}

# Levels that differ in what they leave out. Zero pages stay, as one.
levels() {
	local level excluded sum=0
	make "$t/d0" -l -d 0
	# QEMU's ELF has the firmware, too.
	same_pages "-d 0" "hole" "$elf" "$t/d0"
	for level in 1 2 4 8 16 17 31; do
		make "$t/level" -l -d $level
		same_pages "-d $level" "excluded" "$t/d0" "$t/level"
		excluded=$(count excluded)
		case $level in
		1) [ "$excluded" -eq 0 ] ;;
		4 | 8 | 16) [ "$excluded" -gt 1000 ] && sum=$((sum + excluded)) ;;
		31) [ "$excluded" -eq "$sum" ] ;;
		*) [ "$excluded" -gt 0 ] ;;
		esac
		ok $? "-d $level: $excluded pages are excluded"
		same_answers "-d $level" "$t/plain.answers" "$t/level"
		rm "$t/level"
	done
	rm "$t/d0"
}

filtered_elf() {
	make "$t/e31" -E -d 31
	same_pages "-E -d 31" "excluded|hole" "$elf" "$t/e31"
	same_answers "-E -d 31" "$t/plain.answers" "$t/e31"
}

flattened() {
	local kind
	for kind in "-c:plain" ${qemu:+"-E:e31"}; do
		makedumpfile --message-level 1 "${kind%:*}" -F -d 31 "$elf" >"$t/flat${kind%:*}" 2>"$t/err"
		ok $? "made: makedumpfile ${kind%:*} -F" "$t/err"
		whole "flattened, ${kind%:*}" "$t/${kind#*:}" "$t/flat${kind%:*}"
	done
	[ -z "$(ls -A "$t/tmp")" ]
	ok $? "flattened: nothing is left in TMPDIR"
	"$mi" -c "$t/flat-c" --sources 1 >"$t/out" 2>&1
	grep -q '^dump .*flattened: .*makedumpfile -R NEW <' "$t/out"
	ok $? "flattened: --sources tells, and has the command" "$t/out"
	makedumpfile -R "$t/back" <"$t/flat-c" >"$t/err" 2>&1 && cmp "$t/back" "$t/plain"
	ok $? "flattened: the command works" "$t/err"
	rm -f "$t/back"
	refused "flattened, and no place for it" 1 "set TMPDIR.*makedumpfile -R NEW < " \
		env TMPDIR=/nowhere "$mi" -c "$t/flat-c" 1
	cp "$t/flat-c" "$t/huge" && truncate -s 8T "$t/huge"
	refused "flattened, and too little room" 1 "free: set TMPDIR.*makedumpfile -R NEW < " \
		env TMPDIR=/dev/shm "$mi" -c "$t/huge" 1
	rm "$t/huge"
}

progress() {
	script -qec "$mi -c $t/flat-E 1 >/dev/null" /dev/null >"$t/out" </dev/null
	grep -q 're-arranging the flattened dump: [0-9]* %' "$t/out"
	ok $? "flattened: progress on a terminal" "$t/out"
}

split() {
	local a=$t/part.1 b=$t/part.2 c=$t/part.3 part
	makedumpfile --message-level 1 -c -d 31 --splitblock-size 1024 --split "$elf" \
		"$a" "$b" "$c" >"$t/err" 2>&1
	ok $? "made: makedumpfile --split" "$t/err"
	whole "three parts" "$t/plain" "$a" "$b" "$c"
	whole "three parts, in another order" "$t/plain" "$c" "$a" "$b"
	for part in "$a" "$b" "$c"; do
		same_pages "one part" incomplete "$t/plain" "$part"
		[ "$(count incomplete)" -gt 1000 ] && grep -q 'one part of a split dump' <<<"$counts"
		ok $? "one part: $(count incomplete) pages are elsewhere" <(echo "$counts")
	done
	same_pages "two parts" incomplete "$t/plain" "$a" "$c"
	grep -q 'a part of the split dump is not given' <<<"$counts"
	ok $? "two parts: one is missing" <(echo "$counts")
	refused "one part" 1 "one part of a split dump.*makedumpfile --reassemble" "$mi" -c "$b" 1
	refused "a part given twice" 1 "given twice" "$mi" -c "$a" -c "$b" -c "$a" 1
	refused "a part and something else" 1 "not a part of a split dump" "$mi" -c "$a" -c "$elf" 1
	refused "two whole dumps" 1 "not a part of a split dump" "$mi" -c "$t/plain" -c "$t/raw" 1
	refused "a part and a text" 1 "not a part of a split dump" "$mi" -c "$a" -c "$0" 1
	makedumpfile --reassemble "$a" "$b" "$c" "$t/back" >"$t/err" 2>&1
	ok $? "the command for parts works" "$t/err"
	whole "parts that were joined" "$t/plain" "$t/back"
	rm -f "$t/back"
	# Taken at another time, as its header says.
	cp "$b" "$t/other" && printf x | dd of="$t/other" bs=1 seek=408 conv=notrunc status=none
	refused "parts of two dumps" 1 "not parts of the same dump" \
		"$mi" -c "$a" -c "$t/other" -c "$c" 1
	rm -f "$t/other"
}

# As QEMU writes them, without repair.
from_qemu() {
	local file=$qemu/vmcore.elf pids
	pids=$(some_pids "$file")
	answers "$file" >"$t/qemu.answers"
	for format in elf kdump-zlib paging; do
		# What nothing maps is no memory to QEMU's "paging".
		same_pages "QEMU's $format" "$([ $format = paging ] && echo hole || echo none)" \
			"$file" "$qemu/vmcore.qemu.$format"
		same_answers "QEMU's $format" "$t/qemu.answers" "$qemu/vmcore.qemu.$format"
	done
}

# As of a kernel with larger pages, which arm64 may have, by its note.
other_pages() {
	cp --sparse=always "$elf" "$t/pages" && chmod u+w "$t/pages"
	python3 -c 'import sys
with open(sys.argv[1], "r+b") as f:
    head = f.read(1 << 20)
    assert b"\nPAGESIZE=4096\n" in head
    f.seek(0)
    f.write(head.replace(b"\nPAGESIZE=4096\n", b"\nPAGESIZE=8192\n"))' "$t/pages"
	refused "pages of another size" 1 "pages of 8192 bytes; only 4096" "$mi" -c "$t/pages" 1
	rm "$t/pages"
}

# As of a kernel that keeps the names of functions alone: in the table of tokens, from
# which all names are put together, no token has a "k", so there is no init_task.
functions_alone() {
	cp --sparse=always "$elf" "$t/names" && chmod u+w "$t/names"
	python3 -c 'import mmap, re, sys
with open(sys.argv[1], "r+b") as f, mmap.mmap(f.fileno(), 0) as m:
    digits = b"\0".join(b"%d" % n for n in range(10))
    # Other tables count in ASCII, or are a compressed copy of this one.
    table, = re.finditer(rb"[a-z_.]\0[\0 -~]{64,2048}" + digits + rb"\0[A-Za-z_][\0 -~]{256,2048}", m)
    begin, end = table.span()
    m[begin:end] = table.group().replace(b"k", b"K")' "$t/names"
	refused "names of functions alone" 1 "names of functions alone.*with -s" \
		"$mi" -c "$t/names" 1
	rm "$t/names"
}

# ---- cut short ----

# One line, or an answer that says where the dump ends.
says_cut() {
	timeout 60 "$mi" -c "$1" --json 1 >"$t/out" 2>"$t/err"
	local status=$?
	cat "$t/err" >>"$t/said"
	case $status in
	0) [ ! -s "$t/err" ] && jq -e '.dump.incomplete and (.complete | not) and
		(.dump.why_incomplete | test("is cut|could not write|damaged record"))' "$t/out" >/dev/null ;;
	1) [ ! -s "$t/out" ] && [ "$(wc -l <"$t/err")" -eq 1 ] &&
		grep -q '^mmapinfo: .*the dump is incomplete: ' "$t/err" ;;
	*) false ;;
	esac
}

# A record whose size is nonsense.
damaged_record() {
	cp "$t/flat-c" "$t/cut"
	python3 -c 'import struct, sys
with open(sys.argv[1], "r+b") as f:
    at = 4096
    while at < 8 << 20:
        f.seek(at)
        at += 16 + struct.unpack(">qq", f.read(16))[1]
    f.seek(at + 8)
    f.write(b"\xff\x01")' "$t/cut"
	says_cut "$t/cut"
	ok $? "a damaged record: says so" "$t/err" "$t/out"
	same_pages "a damaged record" incomplete "$t/plain" "$t/cut"
	grep -q 'what follows is lost: a damaged record at' <<<"$counts"
	ok $? "a damaged record: says where" <(echo "$counts")
	rm "$t/cut"
}

# cut NAME DUMP BYTES...: cut to each of these sizes, the largest first
cut_to() {
	local name=$1 dump=$2 size
	shift 2
	cp --sparse=always "$dump" "$t/cut" && chmod u+w "$t/cut"
	# From large to small: to make a file longer is no cut.
	for size in $(printf '%s\n' "$@" | sort -rn); do
		truncate -s "$size" "$t/cut"
		says_cut "$t/cut"
		ok $? "$name cut to $size bytes: says so" "$t/err" "$t/out"
		grep -q 'within its\|beyond opening\|bytes of the flattened file$' "$t/err" && continue
		same_pages "$name cut to $size bytes" incomplete "$dump" "$t/cut"
	done
	rm "$t/cut"
}

cuts() {
	local size name
	for name in plain raw e31 flat-c flat-E part.1; do
		size=$(stat -c %s "$t/$name")
		cut_to "$name" "$t/$name" $((size - 50)) $((size * 97 / 100)) $((size / 2)) \
			$((size / 30)) 300000 50000 20000 9000 4150 300
	done
	size=$(stat -c %s "$elf")
	cut_to "ELF" "$elf" $((size - 5000)) $((size * 9 / 10)) $((size / 3 + 1)) 5000 300 100
}

# What makedumpfile leaves if the disk is full: an empty descriptor for each page
# that has no room, and a mark in the header.
full_disk() {
	local percent
	for percent in 95 40; do
		"$here/full_disk.py" "$t/plain" "$t/full" $percent
		says_cut "$t/full"
		ok $? "disk full at $percent %: says so" "$t/err" "$t/out"
		same_pages "disk full at $percent %" incomplete "$t/plain" "$t/full"
		[ "$(count incomplete)" -gt 100 ]
		ok $? "disk full at $percent %: $(count incomplete) pages are incomplete"
	done
	rm "$t/full"
}

# ---- all ----

some_pids() {
	"$mi" -c "$1" --all --json |
		jq -r '[.processes[] | select(.rss) | .pid] | [.[range(0; length; 9)]] | .[]'
}

pids=$(some_pids "$elf")
[ "$(wc -w <<<"$pids")" -gt 4 ]
ok $? "processes to compare"
make "$t/plain" -c -d 31
answers "$elf" >"$t/plain.answers"
same_answers "the plain form" "$t/plain.answers" "$t/plain"
compressions
[ -z "$qemu" ] || filtered_elf
flattened
split
full_disk
damaged_record
if [ -n "$qemu" ]; then
	cycles
	levels
	progress
	other_pages
	functions_alone
	from_qemu
	cuts
	documented
fi
done_testing
