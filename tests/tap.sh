# shellcheck shell=bash
# Little TAP helpers, sourced by the shell tests.

tap_n=0
tap_bad=0
tap_dir=$(mktemp -d)
trap 'rm -rf "$tap_dir"' EXIT

# ok STATUS NAME [DETAIL-FILE...]
ok() {
	local status=$1 name=$2
	shift 2
	tap_n=$((tap_n + 1))
	if [ "$status" -eq 0 ]; then
		echo "ok $tap_n - $name"
		return
	fi
	tap_bad=$((tap_bad + 1))
	echo "not ok $tap_n - $name"
	[ $# -eq 0 ] || head -c 2000 "$@" | sed 's/^/# /'
}

done_testing() {
	echo "1..$tap_n"
	[ "$tap_bad" -eq 0 ]
}

# fails NAME STATUS REGEX CMD...: nothing on stdout, one line on stderr that
# begins with "mmapinfo: " and matches; the usage hint is a second line.
fails() {
	local name=$1 want=$2 regex=$3 got lines=1 good=0
	shift 3
	[ "$want" -ne 2 ] || lines=2
	timeout 60 "$@" >"$tap_dir/out" 2>"$tap_dir/err" </dev/null
	got=$?
	[ "$got" -eq "$want" ] && [ ! -s "$tap_dir/out" ] &&
		[ "$(wc -l <"$tap_dir/err")" -le "$lines" ] &&
		head -n 1 "$tap_dir/err" | grep -Eq "^mmapinfo: .*($regex)" || good=1
	[ "$good" -eq 0 ] || echo "status $got, wanted $want and /$regex/" >>"$tap_dir/err"
	ok "$good" "$name" "$tap_dir/err"
}
