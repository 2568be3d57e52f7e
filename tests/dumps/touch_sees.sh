#!/usr/bin/env bash
# touch.py must notice each kind of difference, or its silence means nothing.
#   touch_sees.sh COMMAND DUMP TRUTH
set -uo pipefail
. "$(dirname "$0")/../tap.sh"
mi=$1
dump=$2
truth=$3

# The directory of a touch, in a copy of the truth.
place() {
	dirname "$(grep -lx "name=$1" "$tap_dir"/truth/touch/*/*/info)"
}

# One number of a binary file: FILE INDEX BYTES XOR
flip() {
	python3 - "$@" <<'PY'
import sys
path, (index, size, xor) = sys.argv[1], (int(a, 0) for a in sys.argv[2:])
with open(path, "r+b") as f:
    f.seek(index * size)
    old = int.from_bytes(f.read(size), "little")
    f.seek(index * size)
    f.write((old ^ xor).to_bytes(size, "little"))
PY
}

compare() {
	tests/dumps/touch.py --mmapinfo "$mi" --only "$1" "$dump" "$tap_dir/truth" \
		>"$tap_dir/out" 2>&1
}

# CASE NAME COMMAND...: one lie about this touch, told in its directory, must be found out.
sees() {
	local case=$1 name=$2 dir
	shift 2
	dir=$(place "$case")
	compare "$case"
	ok $? "$case: the truth itself passes" "$tap_dir/out"
	cp -r "$dir" "$tap_dir/saved"
	(cd "$dir" && "$@")
	compare "$case"
	[ $? -eq 1 ] && grep -q '^not ok' "$tap_dir/out"
	ok $? "$case: $name" "$tap_dir/out"
	rm -r "$dir"
	mv "$tap_dir/saved" "$dir"
}

info() {
	sed -i "s/^$1=.*/$1=$2/" info
}

cp -r "$truth" "$tap_dir/truth"
sees near "a major fault" info major 1
sees near "a neighbour more is mapped" flip pagemap.after 200 8 0x8000000000000000
sees near "a neighbour less is mapped" flip pagemap.after 101 8 0x8000000000000000
sees near "it came into the cache only then" flip mincore.before 100 1 1
sees around-mid "a page more is read" flip mincore.after 200 1 1
sees around-mid "a page less is read" flip mincore.after 113 1 1
sees around-mid "there is no marker" flip cache 136 8 0x200
sees around-mid "it was not as in the dump" info same 0
sees random "no fault" sed -i 's/^major=.*/major=0/; s/^silent=.*/silent=1/' info
sees marker "nothing is read beside it" cp mincore.before mincore.after
sees orphan-write "another page than before" flip pagemap.after 3 8 1
sees anon-read "not the zero page" info flags.after 0
sees eof-shared "no signal" sed -i 's/^sigbus=.*/sigbus=0/; s/^silent=.*/silent=1/' info
sees slow-wait "it began a read" info stuck.pgmajfault 1
sees swap-read "nothing came from swap" info pswpin 0
sees walk-hole "another number of faults" info minor 1000
sees walk-cold "a page less is read" flip mincore.after 200 1 1
# A class that never happened was not compared.
grep -lxE 'sigsegv=[1-9].*' "$tap_dir"/truth/touch/*/*/info | xargs -n 1 dirname | xargs rm -r
tests/dumps/touch.py --mmapinfo "$mi" "$dump" "$tap_dir/truth" >"$tap_dir/out" 2>&1
grep -q '^not ok .* sigsegv: happened 0 times' "$tap_dir/out"
ok $? "a class that never happened" "$tap_dir/out"
done_testing
