# shellcheck shell=bash
# Copies of a dump whose VMCOREINFO is another, and what is answered of them. Sourced after
# tap.sh by tests that set dump, and have answers DUMP and sources DUMP.

# shellcheck disable=SC2154 # dump, tap_dir: of who sources this

unnote=$(dirname "$0")/unnote.py
copy=$tap_dir/copy

# same NAME WHAT-REGEX CHANGE...: the answer of the changed copy, and a line of its sources.
same() {
	local name=$1 regex=$2
	shift 2
	"$unnote" "$dump" "$copy" "$@" 2>"$tap_dir/err" &&
		answers "$copy" >"$tap_dir/answers" 2>"$tap_dir/err" &&
		cmp "$tap_dir/intact" "$tap_dir/answers" >>"$tap_dir/err" &&
		sources "$copy" >"$tap_dir/out" 2>>"$tap_dir/err"
	ok $? "$name: the same answers" "$tap_dir/err"
	grep -Eq "$regex" "$tap_dir/out"
	ok $? "$name: --sources says /$regex/" "$tap_dir/out"
}

# intact: the answers that the others are compared with.
intact() {
	answers "$dump" >"$tap_dir/intact" 2>"$tap_dir/err"
	[ -s "$tap_dir/intact" ]
	ok $? "answers of the intact dump" "$tap_dir/err"
}
