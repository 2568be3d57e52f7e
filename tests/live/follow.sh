# shellcheck shell=bash
# --history --follow, in a guest (run-script, with mmaprec.ko and ACCEL=tcg,thread=single).
. /in-guest.sh

follow() {
	: >/tmp/out
	env --default-signal=INT,QUIT mmapinfo --history --follow "$@" >/tmp/out 2>/tmp/err &
	tool=$!
}

ended() {
	wait "$tool"
	status=$?
	[ "$status" -eq 0 ]
}

interrupt() {
	kill -INT "$tool"
	ended && [ ! -s /tmp/err ]
}

started() { grep -q "^ *TIME CPU" /tmp/out; }
looked() { [ -s /tmp/out ]; }

# Some events of class task.
events() {
	local i
	for ((i = 0; i < $1; i++)); do
		id >/dev/null
	done
}

# Time, CPU, task and event of each row: no two are the same.
rows() { sed '1,/^ *TIME CPU/d; /^$/,$d' "$1" | awk '{ print $1, $2, $3, $5 }' | sort; }

has_rows() { [ "$(rows /tmp/out | wc -l)" -ge "$1" ]; }

# What was shown against what the recorder has: nothing twice, nothing left out in between.
check_rows() {
	local name=$1
	shift
	follow --kind task "$@"
	await started
	ok $? "$name: begins" /tmp/err
	[ "$(rows /tmp/out | wc -l)" -eq 0 ]
	ok $? "$name: with no records that were there" /tmp/out
	events 20
	await has_rows 40
	events 20
	await has_rows 80
	ok $? "$name: what comes is shown" /tmp/err
	interrupt
	ok $? "$name: ^C ends it with status 0" /tmp/err
	rows /tmp/out >/tmp/shown
	[ -z "$(uniq -d /tmp/shown)" ]
	ok $? "$name: nothing is shown twice" /tmp/shown
	mmapinfo --history --kind task "$@" >/tmp/all
	rows /tmp/all | awk -v first="$(head -n 1 /tmp/shown)" -v last="$(tail -n 1 /tmp/shown)" \
		'$0 == first { on = 1 } on { print } $0 == last { exit }' >/tmp/wanted
	cmp /tmp/shown /tmp/wanted >/tmp/diff 2>&1
	ok $? "$name: nothing is left out" /tmp/diff /tmp/shown
}

check_begin() {
	local ended
	# Of a process that makes no more of them.
	id >/dev/null &
	ended=$!
	wait "$ended"
	follow --limit 1 --kind task --pid "$ended"
	await started
	[ "$(rows /tmp/out | wc -l)" -eq 1 ]
	ok $? "--limit: begins with the last" /tmp/out
	interrupt
	follow --since 1000 --kind task
	await started
	[ "$(rows /tmp/out | wc -l)" -ge 80 ]
	ok $? "--since: begins with all since" /tmp/out
	interrupt
	follow --limit 1 --pid 4194000
	await started
	events 5
	sleep 1
	interrupt
	[ "$(rows /tmp/out | wc -l)" -eq 0 ]
	ok $? "--pid: nothing of others" /tmp/out
}

check_json() {
	follow --json --limit 1
	await looked
	events 20
	sleep 2
	interrupt
	ok $? "JSON: ^C" /tmp/err
	[ "$(wc -l </tmp/out)" -ge 2 ] && ! grep -vq '^{"schema".*"records_lost": 0.*}$' /tmp/out
	ok $? "JSON: a document a line" /tmp/out
}

lost() { grep -q "[1-9][0-9]* records are lost" /tmp/out; }

check_lost() {
	follow --kind task
	await started
	kill -STOP "$tool"
	events 400
	kill -CONT "$tool"
	await lost
	ok $? "what was overwritten meanwhile is counted" /tmp/out
	interrupt
	ok $? "and it goes on" /tmp/err
}

unload() { rmmod mmaprec 2>/dev/null; }

check_unload() {
	follow "$@"
	await started
	await unload
	ok $? "unloading, with options '$*'"
	ended && [ "$(cat /tmp/err)" = "mmapinfo: the recorder was unloaded" ]
	ok $? "it ends then, and says so" /tmp/err
}

fails "no recorder" 1 "mmaprec is not loaded" mmapinfo --history --follow
insmod /bin/mmaprec.ko classes=task
check_rows "kernel memory"
check_rows "device" --recorder /dev/mmaprec
check_begin
check_json
check_unload
insmod /bin/mmaprec.ko classes=task kib=16
check_lost
check_unload --recorder /dev/mmaprec
done_testing
