#!/usr/bin/env bash
# Dumps whose VMCOREINFO is missing, damaged, of another kernel, or says nothing of
# kallsyms: the answer is that of the intact dump, byte for byte, or a refusal.
#   without_note.sh BUILD-DIR DUMP	ELF, or compressed by zlib
set -uo pipefail
. "$(dirname "$0")/../tap.sh"
build=$1
dump=$2
mi=$build/mmapinfo
. "$(dirname "$0")/note.sh"

# The dump's own lines, to make other values from.
line_of() {
	grep -aEom 1 "$1=.*" "$dump" | head -n 1
}

answers() {
	local pid
	"$mi" -c "$1" --all --json
	for pid in $pids; do
		"$mi" -c "$1" --json --pages "$pid"
	done
}

sources() {
	"$mi" -c "$1" --sources 1
}

# refused NAME REGEX CHANGE...
refused() {
	local name=$1 regex=$2
	shift 2
	"$unnote" "$dump" "$copy" "$@" || echo "Bail out!"
	fails "$name" 1 "$regex" "$mi" -c "$copy" 1
}

pids=$("$mi" -c "$dump" --all --json |
	python3 -c 'import json, sys
print(*[p["pid"] for p in json.load(sys.stdin)["processes"] if p.get("rss")][::20])')
intact
[ "$(wc -w <<<"$pids")" -ge 2 ]
ok $? "of two processes at least"
# Far from where any kernel's image lies: a near one could be mapped as it says.
stext='SYMBOL(_stext)=fffffffffee00000'
release=$(line_of OSRELEASE | sed 's/.$/~/')
found='^vmcoreinfo +yes .* searched .*memory at physical 0x'

same "no note" "$found" missing
same "note cut in a line" "$found" cut=1500
same "note cut before KERNELOFFSET" "no valid KERNELOFFSET" \
	drop='^(KERNELOFFSET|NUMBER\(KERNEL_IMAGE_SIZE\)|NUMBER\(sme_mask\))$'
same "noise in the note" "the note is damaged: byte " garble=200
same "note without the page table" "no valid SYMBOL\(swapper_pg_dir\)" \
	drop='^SYMBOL\((swapper_pg_dir|init_top_pgt)\)$'
same "note of another kernel: address" "the note does not fit the dump" "set=$stext"
same "note of another kernel: release" "the kernel in memory is" "set=$release"
if grep -aq '^SYMBOL(kallsyms_names)=' "$dump"; then
	same "note without kallsyms" '^symbols +yes .*kallsyms by search, found at' drop=kallsyms_
fi

# Where --sources says that the text was found.
found_at() {
	sources "$1" | sed -n 's/^vmcoreinfo *yes.*physical 0x//p'
}

# The kernel keeps two copies. Dumps that lack the page of one, then of both.
leave_out() {
	local at
	at=$(found_at "$1")
	scripts/thin-dump "$1" "$2" "$at-$(printf %x $((0x$at + 4096)))"
}

if [ "$(head -c 4 "$dump" | tail -c 3)" = ELF ]; then
	rival=$(line_of 'SIZE\(list_head\)' | sed 's/16/32/')
	same "no note, unprovable text in memory" "$found" missing "plant=$stext"
	same "no note, text of another release in memory" "$found" missing "plant=$release"
	same "no note, one of two copies damaged" "$found" missing first-garble=900
	same "damaged note and nothing better" "as they are: their page tables fit" \
		drop='^KERNELOFFSET$' memory-erase
	refused "no note, two that fit" "VMCOREINFO of two kernels fits" missing "plant=$rival"
	refused "no note, no text" "no VMCOREINFO note, and no VMCOREINFO in the memory" \
		missing memory-erase
	refused "note of another kernel, no text" "does not fit the dump.*no VMCOREINFO in the" \
		"set=$stext" memory-erase
	refused "no note, only texts that do not fit" "2 found and none fits" missing \
		"memory-set=$stext"
else
	"$unnote" "$dump" "$copy" missing && leave_out "$copy" "$copy.1" &&
		answers "$copy.1" >"$tap_dir/answers" 2>"$tap_dir/err" &&
		cmp "$tap_dir/intact" "$tap_dir/answers" >>"$tap_dir/err" &&
		[ "$(found_at "$copy")" != "$(found_at "$copy.1")" ]
	ok $? "no note, one of the two pages filtered out: the same answers" "$tap_dir/err"
	leave_out "$copy.1" "$copy.2"
	fails "no note, both pages filtered out" 1 \
		"no VMCOREINFO note, and no VMCOREINFO in the memory" "$mi" -c "$copy.2" 1
fi
done_testing
