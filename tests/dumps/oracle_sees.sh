#!/usr/bin/env bash
# The oracle must notice a difference of one bit, or its silence means nothing.
#   oracle_sees.sh COMMAND DUMP TRUTH
set -uo pipefail
. "$(dirname "$0")/../tap.sh"
mi=$1
dump=$2
truth=$3
pid=$(grep -lx file-private "$truth"/proc/*/comm | sed 's|.*/proc/\([0-9]*\)/.*|\1|')

# One word of a binary file of the truth: FILE INDEX XOR
flip() {
	python3 - "$1" "$2" "$3" <<'PY'
import struct, sys
path, index, xor = sys.argv[1], int(sys.argv[2]), int(sys.argv[3], 0)
data = bytearray(open(path, "rb").read())
old, = struct.unpack_from("<Q", data, 8 * index)
struct.pack_into("<Q", data, 8 * index, old ^ xor)
open(path, "wb").write(data)
PY
}

# NAME COMMAND...: a copy of the truth with one lie must be found out.
sees() {
	local name=$1
	shift
	rm -rf "$tap_dir/truth"
	cp -r "$truth" "$tap_dir/truth"
	"$@"
	tests/dumps/oracle.py --mmapinfo "$mi" --pid "$pid" "$dump" "$tap_dir/truth" \
		>"$tap_dir/out" 2>&1
	[ $? -eq 1 ] && grep -q '^not ok' "$tap_dir/out"
	ok $? "$name" "$tap_dir/out"
}

t=$tap_dir/truth
# A page that is present: the first of the program's text.
pfn=$(od -An -t u8 -N 8 "$truth/proc/$pid/pagemap" | python3 -c 'print(int(input()) & (1 << 55) - 1)')
tests/dumps/oracle.py --mmapinfo "$mi" --pid "$pid" "$dump" "$truth" >"$tap_dir/out" 2>&1
ok $? "the truth itself passes" "$tap_dir/out"
sees "present" flip "$t/proc/$pid/pagemap" 0 0x8000000000000000
sees "another frame" flip "$t/proc/$pid/pagemap" 0 0x1
sees "soft-dirty" flip "$t/proc/$pid/pagemap" 0 0x80000000000000
sees "exclusive" flip "$t/proc/$pid/pagemap" 0 0x100000000000000
sees "a page flag" flip "$t/kpageflags" "$pfn" 0x10
sees "a map count" flip "$t/kpagecount" "$pfn" 0x1
sees "permissions" sed -i '1s/r--p/rw-p/' "$t/proc/$pid/maps"
sees "a missing mapping" sed -i 2d "$t/proc/$pid/maps"
sees "smaps" sed -i '0,/^Rss: .*/s//Rss: 4000 kB/' "$t/proc/$pid/smaps"
sees "dirty pages of a mapping" sed -i '0,/^Private_Dirty: .*/s//Private_Dirty: 4000 kB/' \
	"$t/proc/$pid/smaps"
sees "referenced pages" sed -i '0,/^Referenced: .*/s//Referenced: 4000 kB/' "$t/proc/$pid/smaps"
sees "a flag of a mapping" sed -i '0,/^VmFlags: rd/s//VmFlags: rd gd/' "$t/proc/$pid/smaps"
sees "the size in status" sed -i 's/^VmSize:.*/VmSize: 4 kB/' "$t/proc/$pid/status"
# Its device is in no truth of this dump: said to be there, it must be right.
limit() {
	mkdir -p "$t/sys/class/bdi/254:0"
	echo "$1" >"$t/sys/class/bdi/254:0/read_ahead_kb"
}
sees "the limit of readahead" limit 12
# The open file of the program, which no one gave another limit.
start=$(sed -n '1s/-.*//p' "$truth/proc/$pid/maps")
state() {
	limit 128
	echo "readahead $pid $start ra_pages $1" >>"$t/notes"
}
sees "the state of readahead" state 33

# The same of windows.py.
sees_window() {
	local name=$1
	shift
	rm -rf "$t"
	cp -r "$truth" "$t"
	"$@"
	tests/dumps/windows.py --mmapinfo "$mi" "$dump" "$t" >"$tap_dir/out" 2>&1
	[ $? -eq 1 ] && grep -q '^not ok' "$tap_dir/out"
	ok $? "$name" "$tap_dir/out"
}

many=$t/proc/$(grep -lx many-vmas "$truth"/proc/*/comm | sed 's|.*/proc/\([0-9]*\)/.*|\1|')/maps
set_limit() {
	mkdir -p "$t/proc/sys/vm"
	echo 65531 >"$t/proc/sys/vm/max_map_count"
}
sees_window "a piece of another page" sed -i 's/ r--s 00007000 / r--s 00008000 /' "$many"
sees_window "a piece that is missing" sed -i '/ r--s 00007000 /d' "$many"
sees_window "a piece that is private" sed -i 's/ r--s 00007000 / r--p 00007000 /' "$many"
sees_window "a window less" sed -i 's/ r--s / r--p /' "$many"
sees_window "another limit of mappings" set_limit
done_testing
