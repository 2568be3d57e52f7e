# shellcheck shell=bash
# --stable, in a guest (run-script): what is stopped goes on, whatever becomes of mmapinfo.
. /in-guest.sh

writes() { od -An -v -tu8 -N 8 /tmp/file | tr -d ' '; }

# How things are, by the shell alone: hold asks again and again.
stopped() {
	local stat
	read -r stat <"/proc/$1/stat"
	[[ ${stat##*) } == T* ]]
}
runs() { ! stopped "$1"; }
cgroup_says() {
	local events
	read -r -d '' events </sys/fs/cgroup/a/cgroup.events
	[[ $events == *"$1"* ]]
}
frozen() { cgroup_says "frozen 1"; }
thawed() { cgroup_says "frozen 0"; }

# Its counter goes on, so it does not merely look as if it ran.
goes_on() {
	local before
	await runs "$1" || return 1
	before=$(writes)
	await eval '[ "$(writes)" != '"$before"' ]'
}

no_guardian() { ! ps -eo comm= | grep -q mmapinfo-guard; }

# hold HAPPENED [ARGUMENT]: mmapinfo ($tool) is stopped itself once it has stopped the process, for
# as long as the test needs. That is looked for without a pause and without another process: on a
# fast machine it lasts some milliseconds.
hold() {
	local end=$((SECONDS + 60))
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] && [ -d "/proc/$tool" ] || return 1
	done
	kill -STOP "$tool" && await stopped "$tool" && "$@"
}

# What becomes of it: by the signals that came meanwhile, or else an answer.
let_end() {
	kill -CONT "$tool" 2>/dev/null
	wait "$tool" 2>/dev/null
}

# ---- the answer ----

# While a reader does not read, the process goes on: the answer is kept aside.
check_answer() {
	start_victim spin
	mmapinfo --stable "$victim" --each >/tmp/out 2>/tmp/err
	ok $? "an answer" /tmp/err
	grep -q "^PID $victim " /tmp/out && grep -q "T (stopped)" /tmp/out
	ok $? "the process was stopped when it was looked at" /tmp/out
	[ ! -s /tmp/err ]
	ok $? "and nothing is said of it" /tmp/err
	goes_on "$victim"
	ok $? "it goes on"
	await no_guardian
	ok $? "the guardian is gone"
	mmapinfo --stable --json "$victim" | {
		await stopped "$victim"
		await runs "$victim" && cat >/dev/null
	}
	ok $? "it runs while its answer waits to be read"
	mmapinfo --stable "$(ls "/proc/$victim/task" | tail -n 1)" >/dev/null && goes_on "$victim"
	ok $? "by the number of a thread"
	end_victim
}

# A mapping with so many pages that there is time to end the command in the middle.
start_slow() {
	start_victim spin 32M
	# What bash starts behind "&" would not know of ^C.
	env --default-signal=INT,QUIT mmapinfo --stable "$victim" --each --json >/tmp/out 2>/tmp/err &
	tool=$!
	hold stopped "$victim"
}

check_ends() {
	local sig status
	local -a signals=(INT KILL SEGV PIPE)
	# With FULL=1.
	! grep -qw everything /proc/cmdline || signals+=(TERM HUP QUIT ABRT)
	for sig in "${signals[@]}"; do
		start_slow
		ok $? "SIG$sig: the process is stopped first"
		kill -"$sig" "$tool"
		# By the signal, or, if the reader went away, with the status of a cut answer.
		let_end
		status=$?
		[ "$status" -ge 128 ] || { [ "$sig" = PIPE ] && [ "$status" -eq 1 ]; }
		ok $? "SIG$sig: mmapinfo ends by it"
		goes_on "$victim"
		ok $? "SIG$sig: it goes on"
		await no_guardian
		ok $? "SIG$sig: the guardian is gone"
		end_victim
	done
}

# The guardian's own death.
check_guardian() {
	start_slow
	ok $? "guardian: the process is stopped first"
	kill -KILL "$(pid_of mmapinfo-guard)"
	let_end
	ok $? "guardian: the answer is given although it was killed" /tmp/err
	goes_on "$victim"
	ok $? "guardian: the process goes on"
	end_victim
	start_slow
	kill -INT "$(pid_of mmapinfo-guard)"
	let_end
	ok $? "guardian: other signals do not concern it" /tmp/err
	goes_on "$victim"
	ok $? "guardian: and the process goes on"
	end_victim
}

# ^C on a terminal goes to all of the foreground.
check_terminal() {
	start_victim spin 32M
	# script(1) does not pass on how it ended.
	script -qec "trap : INT; mmapinfo --stable $victim --each --json; echo \$? >/tmp/status" \
		/dev/null >/tmp/out 2>&1 < <(
		await eval '[ -n "$(pid_of mmapinfo)" ]'
		tool=$(pid_of mmapinfo)
		hold stopped "$victim" && : >/tmp/held
		printf '\003'
		sleep 1
		kill -CONT "$tool"
		sleep 1
	)
	[ -e /tmp/held ] && [ "$(cat /tmp/status)" = 130 ]
	ok $? "^C on a terminal: mmapinfo ends by it"
	goes_on "$victim"
	ok $? "^C on a terminal: it goes on"
	await no_guardian
	ok $? "^C on a terminal: the guardian is gone"
	end_victim
}

check_full() {
	start_victim spin
	mmapinfo --stable "$victim" >/dev/full 2>/tmp/err
	[ $? -eq 1 ] && [ "$(wc -l </tmp/err)" -eq 1 ] && goes_on "$victim"
	ok $? "output that cannot be written: one line, and it goes on" /tmp/err
	end_victim
}

# ---- what is left as it is ----

check_left_alone() {
	start_victim spin
	kill -STOP "$victim"
	await stopped "$victim"
	mmapinfo --stable "$victim" >/dev/null 2>/tmp/err && [ ! -s /tmp/err ] && sleep 0.5 &&
		stopped "$victim"
	ok $? "what was stopped before stays so" /tmp/err
	end_victim
	start_victim traced
	mmapinfo --stable "$victim" >/tmp/out 2>/tmp/err
	ok $? "a traced process: an answer" /tmp/err
	grep -q "is traced by PID" /tmp/err && [ "$(wc -l </tmp/err)" -eq 1 ]
	ok $? "a traced process: one line says that it is left alone" /tmp/err
	goes_on "$victim"
	ok $? "a traced process: it runs"
	end_victim
	start_victim vfork
	mmapinfo --stable "$victim" >/tmp/out 2>/tmp/err
	ok $? "a thread in D: an answer" /tmp/err
	grep -q "did not stop within 2 s: thread $victim (D)" /tmp/err && [ "$(wc -l </tmp/err)" -eq 1 ]
	ok $? "a thread in D: one line names it" /tmp/err
	goes_on "$victim"
	ok $? "a thread in D: the others go on"
	end_victim
}

check_refused() {
	fails "PID 1" 1 "PID 1 cannot be stopped" mmapinfo --stable 1
	fails "a kernel thread" 1 "is a kernel thread" mmapinfo --stable 2
	fails "nobody" 1 "no task with PID 4194000" mmapinfo --stable 4194000
	# shellcheck disable=SC2016
	fails "itself" 1 "cannot stop itself" bash -c 'exec mmapinfo --stable $$'
	fails "a dump" 2 "does not go with a dump" mmapinfo -c /tmp/x --stable 1
	fails "all" 2 "with a PID alone" mmapinfo --stable --all
}

# ---- the freezer ----

start_in_cgroup() {
	mkdir -p /sys/fs/cgroup/a
	start_victim spin "${1:-64K}"
	echo "$victim" >/sys/fs/cgroup/a/cgroup.procs
}

check_freezer() {
	start_in_cgroup
	mmapinfo --stable=freezer "$victim" >/tmp/out 2>/tmp/err && [ ! -s /tmp/err ]
	ok $? "freezer: an answer, and nothing said" /tmp/err
	thawed && goes_on "$victim"
	ok $? "freezer: it goes on"
	echo 1 >/sys/fs/cgroup/a/cgroup.freeze
	await frozen
	mmapinfo --stable=freezer "$victim" >/tmp/out 2>/tmp/err && frozen
	ok $? "freezer: what was frozen before stays so" /tmp/err
	echo 0 >/sys/fs/cgroup/a/cgroup.freeze
	end_victim
	start_in_cgroup 32M
	mmapinfo --stable=freezer "$victim" --each --json >/tmp/out 2>/tmp/err &
	tool=$!
	hold frozen
	ok $? "freezer: frozen meanwhile" /tmp/err
	kill -KILL "$tool"
	let_end
	await thawed && goes_on "$victim"
	ok $? "freezer: SIGKILL of mmapinfo: it goes on"
	mmapinfo --stable=freezer "$victim" --each --json >/tmp/out 2>/tmp/err &
	tool=$!
	hold frozen && kill -KILL "$(pid_of mmapinfo-guard)" && let_end
	ok $? "freezer: SIGKILL of the guardian: an answer" /tmp/err
	await thawed && goes_on "$victim"
	ok $? "freezer: SIGKILL of the guardian: it goes on"
	# shellcheck disable=SC2016
	fails "freezer: mmapinfo's own cgroup" 1 "mmapinfo is in cgroup /a itself" \
		bash -c 'echo $$ >/sys/fs/cgroup/a/cgroup.procs; exec mmapinfo --stable=freezer '"$victim"
	end_victim
	start_victim spin
	fails "freezer: the root cgroup" 1 "root cgroup" mmapinfo --stable=freezer "$victim"
	end_victim
}

check_answer
check_ends
check_guardian
check_terminal
check_full
check_left_alone
check_refused
check_freezer
done_testing
