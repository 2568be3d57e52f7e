# shellcheck shell=bash
# --watch, in a guest (run-script): what is new, when it ends, and what it leaves behind.
. /in-guest.sh

has_documents() { [ "$(wc -l </tmp/out)" -ge "$1" ]; }

# What bash starts behind "&" would not know of ^C.
watch() {
	: >/tmp/out
	env --default-signal=INT,QUIT mmapinfo --watch "$@" >/tmp/out 2>/tmp/err &
	tool=$!
}

interrupt() {
	kill -"$1" "$tool"
	wait "$tool"
	status=$?
	[ "$status" -eq 0 ] && [ ! -s /tmp/err ]
}

check_process() {
	start_victim grow 4M
	watch 0.2 "$victim" --file /tmp/file
	await has_answers 4
	ok $? "answers come one after the other" /tmp/err
	interrupt INT
	ok $? "^C ends it, with status 0 and nothing said" /tmp/err
	[ "$(sed -n '/^--- /,/^--- /p' /tmp/out | grep -c '^\* ')" -gt 0 ]
	ok $? "what is new is marked" /tmp/out
	! sed '/^--- /,$!d; 1,/^--- .* new/!d' /tmp/out | grep -q '^\* '
	ok $? "in the first answer nothing is" /tmp/out
	[ "$(grep -c '^  KERNEL ' /tmp/out)" -ge 4 ] && ! grep -q '^\* KERNEL' /tmp/out
	ok $? "what stays the same is not" /tmp/out
	grep '^--- ' /tmp/out | sed 1d | grep -Eq \
		"^--- [0-9-]{10} [0-9:]{8}  PID $victim  [0-9]+ lines are new, [0-9]+ are gone$"
	ok $? "a line tells when, what, and how much of it is new" /tmp/out
	tail -n 1 /tmp/out | grep -q '^$'
	ok $? "the last answer is whole" /tmp/out
	end_victim
}

check_end() {
	start_victim grow 4M
	watch 0.3 "$victim"
	await has_answers 1
	kill -KILL "$victim"
	wait "$victim" 2>/dev/null
	wait "$tool"
	status=$?
	[ "$status" -eq 0 ] && [ "$(cat /tmp/err)" = "mmapinfo: PID $victim has ended" ]
	ok $? "a process that ends: one line, status 0" /tmp/err
	fails "a process that never was" 1 "no task with PID 4194000" mmapinfo --watch 1 4194000
}

check_json() {
	start_victim grow 4M
	watch 0.2 "$victim" --json
	await has_documents 3
	ok $? "JSON: a document a line" /tmp/err
	interrupt TERM
	ok $? "JSON: SIGTERM ends it, with status 0" /tmp/err
	! grep -vq '^{"schema".*"complete": true *}$' /tmp/out
	ok $? "JSON: each is whole" /tmp/out
	end_victim
}

check_all() {
	local what
	for what in --all --requests --blocked; do
		watch 0.1 "$what"
		await has_answers 3 && interrupt INT
		ok $? "$what" /tmp/err
	done
}

check_stable() {
	start_victim spin 4M
	watch 0.1 --stable "$victim"
	await has_answers 4 && interrupt INT
	ok $? "--stable: answers" /tmp/err
	[ "$(grep -c 'T (stopped)' /tmp/out)" -ge 4 ]
	ok $? "--stable: the process is stopped for each" /tmp/out
	sleep 0.5
	! grep -q '^State:.T' "/proc/$victim/status"
	ok $? "--stable: and goes on at the end"
	end_victim
}

# A reader that takes nothing more: ^C ends it all the same.
check_stalled() {
	start_victim spin 4M
	mkfifo /tmp/stalled
	env --default-signal=INT mmapinfo --watch 0.1 "$victim" --each --json >/tmp/stalled 2>/tmp/err &
	tool=$!
	exec 9</tmp/stalled
	sleep 8
	kill -INT "$tool"
	sleep 0.5
	kill -INT "$tool"
	timeout 20 tail --pid="$tool" -f /dev/null
	ok $? "a reader that takes nothing: ^C ends it"
	exec 9<&-
	mmapinfo --watch 0.1 "$victim" 2>/tmp/err | head -n 3 >/tmp/out
	[ "${PIPESTATUS[0]}" -eq 1 ] && [ ! -s /tmp/err ]
	ok $? "a reader that goes away ends it" /tmp/err
	end_victim
}

check_terminal() {
	start_victim grow 4M
	# script(1) does not pass on how it ended.
	script -qec "trap : INT; stty rows 12 cols 60; mmapinfo --watch 0.2 $victim; echo \$? >/tmp/status" \
		/dev/null >/tmp/out 2>&1 < <(
		sleep 8
		printf '\003'
		sleep 1
	)
	[ "$(cat /tmp/status)" = 0 ]
	ok $? "terminal: ^C ends it with status 0" /tmp/status
	grep -q $'\033\[2J' /tmp/out && [ "$(grep -c $'\033\[2J' /tmp/out)" -eq 1 ]
	ok $? "terminal: it is cleared once" /tmp/out
	grep -q $'\033\[H' /tmp/out && grep -q $'\033\[1m' /tmp/out
	ok $? "terminal: then drawn over, what is new in bold" /tmp/out
	grep -Eq '\.\.\. [0-9]+ more lines, [0-9]+ of them new' /tmp/out
	ok $? "terminal: what it has no room for is counted" /tmp/out
	tail -c 20 /tmp/out | grep -q $'\033\[?7h'
	ok $? "terminal: it is left as it was" /tmp/out
	end_victim
}

check_process
check_end
check_json
check_all
check_stable
check_stalled
check_terminal
done_testing
