# shellcheck shell=bash
# Stacks of threads that sleep and run by turns, in a guest (run-script): whole, or not told; never of two
# moments.
. /in-guest.sh

LOOKS=40

# look PID: the answers of all looks, in /tmp/out.
look() {
	local i
	: >/tmp/out
	for ((i = 0; i < LOOKS; i++)); do
		mmapinfo --json --stack "$1" >>/tmp/out 2>>/tmp/err || return 1
	done
}

# How each stack ended.
ends() { sed -nE 's/.*"stack_end": ?"([a-z_]*)".*/\1/p' /tmp/out | sort | uniq -c; }

judge() {
	ends >/tmp/ends
	[ -s /tmp/ends ] && ! grep -qvwE 'whole|running|unstable' /tmp/ends
	ok $? "$1: every stack has its end: $(tr -s ' \n' ' ' </tmp/ends)" /tmp/ends
	[ "$(awk '$2 == "whole" { print $1 }' /tmp/ends)" -ge "$2" ]
	ok $? "$1: most are told" /tmp/ends
}

rm -f /tmp/err
start_victim toss
look "$victim"
ok $? "threads that toss a byte: $LOOKS answers" /tmp/err
# The first thread sleeps all the time.
judge "threads that toss a byte" $((LOOKS * 3 / 2))
while :; do sleep 0.01; done &
sleeper=$!
for name in rcu_preempt rcu_sched; do
	thread=$(pid_of $name)
	[ -n "$thread" ] || continue
	look "$thread"
	ok $? "$name: $LOOKS answers" /tmp/err
	judge $name $((LOOKS / 2))
done
kill -KILL "$sleeper"
wait "$sleeper" 2>/dev/null
end_victim
done_testing
