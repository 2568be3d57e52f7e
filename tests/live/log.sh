# shellcheck shell=bash
# The running kernel's log, in a guest (run-script): every record as /dev/kmsg has it, and none of two
# halves while the ring is written round and round.
. /in-guest.sh

echo on >/proc/sys/kernel/printk_devkmsg

# "sequence microseconds level facility text", text as in JSON. Of a record /dev/kmsg has all that is not printable, and
# the backslash, as \xNN; lines that begin with a blank are the device it is about.
of_kernel() {
	dd if=/dev/kmsg bs=64K iflag=nonblock status=none 2>/dev/null | grep -v '^ ' |
		sed 's/"/\\"/g; s/\\x0a/\\n/g; s/\\x09/\\t/g; s/\\xc3\\xbc/ü/g; s/\\x5c/\\\\/g' |
		awk '{
			end = index($0, ";")
			split(substr($0, 1, end - 1), head, ",")
			print head[2], head[3], head[1] % 8, int(head[1] / 8), substr($0, end + 1)
		}'
}

# The same of what mmapinfo said.
of_answer() {
	sed -nE 's/"time_ns":0,/"time_ns":0000,/; s/^ *\{"seq":([0-9]+),"time_ns":([0-9]+)[0-9]{3},"level":([0-9]+),"facility":([0-9]+),.*"text":"(.*)"\},?$/\1 \2 \3 \4 \5/p' \
		"$1"
}

say_strange() {
	printf '%s\n' '<3>an error, with "quotes" and \backslashes\x0a' >/dev/kmsg
	printf '<30>of a service,\ttabbed\nand on two lines, für alle\n' >/dev/kmsg
	echo "<0>$(printf 'long %.0s' {1..150})" >/dev/kmsg
	printf '<14>\n' >/dev/kmsg
}

check_same() {
	say_strange
	of_kernel >/tmp/want
	mmapinfo --log=all --json >/tmp/out 2>/tmp/err
	ok $? "an answer" /tmp/err
	of_answer /tmp/out >/tmp/got
	[ "$(wc -l </tmp/want)" -gt 100 ] && [ "$(grep -c 'backslashes\|on two\|long long' /tmp/want)" -eq 3 ]
	ok $? "the kernel tells what it has" /tmp/want
	diff /tmp/want /tmp/got >/tmp/err
	ok $? "$(wc -l </tmp/want) records: each as /dev/kmsg has it" /tmp/err
	grep -q '"torn": 0,' /tmp/out && grep -q '"unread": 0,' /tmp/out && grep -q '"complete": true' /tmp/out
	ok $? "none is said to be damaged" /tmp/out
	mmapinfo --log=2 >/tmp/out && tail -n 1 /tmp/out | grep -Eq '^\[ *[0-9]+\.[0-9]{6}\] $' &&
		grep -Eq '\] (long ){149}long $' /tmp/out
	ok $? "as text: the last two" /tmp/out
}

# Each number is written with a tail that tells which it is.
flood() {
	local i tail=yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy
	for ((i = 0;; i++)); do
		echo "<7>flood $i ${tail:0:i % 80}." >/dev/kmsg
	done
}

# Of one answer in /tmp/got: how many were of the flood, or what is wrong.
judge() {
	awk '
		seq != "" && $1 <= seq { print "sequence", $1, "after", seq; bad = 1 }
		{ seq = $1 }
		$5 != "flood" { next }
		{ n++ }
		length($7) != $6 % 80 + 1 || $7 !~ /^y*\.$/ { print "torn:", $0; bad = 1 }
		first == "" { first = $1 - $6 }
		$1 - $6 != first { print "not of this place:", $0; bad = 1 }
		END { if (!bad) print n }' /tmp/got
}

check_flood() {
	local i total=0 wrong=0 n
	flood &
	flooder=$!
	for ((i = 0; i < 20; i++)); do
		mmapinfo --log=all --json >/tmp/out 2>/tmp/err || wrong=$((wrong + 1))
		of_answer /tmp/out >/tmp/got
		n=$(judge)
		case $n in
		*[!0-9]* | "") echo "$n" | head -n 3 >>/tmp/bad ;;
		*) total=$((total + n)) ;;
		esac
	done
	kill -KILL "$flooder"
	wait "$flooder" 2>/dev/null
	[ "$wrong" -eq 0 ]
	ok $? "while it is written to: 20 answers" /tmp/err
	[ ! -e /tmp/bad ] && [ "$total" -gt 1000 ]
	ok $? "while it is written to: $total records, none torn or misplaced" /tmp/bad
	of_kernel >/tmp/want
	mmapinfo --log=all --json >/tmp/out 2>/tmp/err
	of_answer /tmp/out >/tmp/got
	[ "$(head -n 1 /tmp/want | cut -d ' ' -f 1)" -gt 0 ] && diff /tmp/want /tmp/got >/tmp/err
	ok $? "when it was written round: each of $(wc -l </tmp/want) as /dev/kmsg has it" /tmp/err
}

check_same
check_flood
done_testing
