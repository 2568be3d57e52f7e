# shellcheck shell=bash
# What rights mmapinfo keeps on the running kernel, in a guest (run-script), and that these do.
. /in-guest.sh

user=(setpriv --reuid 65534 --regid 65534 --clear-groups)

# Bits of capabilities(7).
KILL=0000000000000020
KILL_PTRACE=0000000000080020
KILL_PTRACE_FILES=0000000000080022

# rights PID EFFECTIVE: these alone, and nothing that is executed gets more
rights() {
	grep -E '^(Cap|NoNewPrivs)' "/proc/$1/status" >/tmp/rights
	grep -q "^CapEff:.$2$" /tmp/rights && grep -q "^CapPrm:.$2$" /tmp/rights &&
		grep -q "^CapAmb:.0*$" /tmp/rights && grep -q "^NoNewPrivs:.1$" /tmp/rights
}

# As somebody else.
start_victim() {
	truncate -s 64K /tmp/file
	chmod 666 /tmp/file
	"${user[@]}" victim "$1" /tmp/file >/dev/null &
	victim=$!
	sleep 1
}

watch() {
	: >/tmp/out
	env --default-signal=INT mmapinfo --watch 0.1 "$@" >/tmp/out 2>/tmp/err &
	tool=$!
	await has_answers 2
}

interrupt() {
	kill -INT "$tool"
	wait "$tool"
}

check_kept() {
	start_victim spin
	watch "$victim"
	ok $? "answers with no rights left" /tmp/err
	rights "$tool" 0000000000000000
	ok $? "there are none left" /tmp/rights
	interrupt
	watch --stable "$victim"
	ok $? "--stable: answers" /tmp/err
	rights "$tool" "$KILL"
	ok $? "--stable: signals may be sent, no more" /tmp/rights
	rights "$(pid_of mmapinfo-guard)" "$KILL_PTRACE"
	ok $? "--stable: the guardian may see processes, too" /tmp/rights
	interrupt
	watch --all
	rights "$tool" 0000000000000000
	ok $? "--all: none are left" /tmp/rights
	interrupt
	end_victim
}

# Another user's process: that signals may be sent to it is a right of its own.
check_other_user() {
	start_victim spin
	mmapinfo --stable "$victim" >/tmp/out 2>/tmp/err && grep -q "T (stopped)" /tmp/out &&
		[ ! -s /tmp/err ]
	ok $? "another user's process is stopped" /tmp/out /tmp/err
	mkdir -p /sys/fs/cgroup/b
	echo "$victim" >/sys/fs/cgroup/b/cgroup.procs
	chown 65534 /sys/fs/cgroup/b/cgroup.freeze
	chmod 600 /sys/fs/cgroup/b/cgroup.freeze
	watch --stable=freezer "$victim"
	ok $? "a cgroup that was delegated to another user is frozen" /tmp/err
	rights "$(pid_of mmapinfo-guard)" "$KILL_PTRACE_FILES"
	ok $? "--stable=freezer: the guardian may open files of others" /tmp/rights
	interrupt
	end_victim
}

check_hidepid() {
	mount -o remount,hidepid=2 /proc
	start_victim spin
	mmapinfo --stable "$victim" >/tmp/out 2>/tmp/err && grep -q "T (stopped)" /tmp/out
	ok $? "hidepid: it is stopped all the same" /tmp/out /tmp/err
	watch "$victim"
	ok $? "hidepid: answers" /tmp/err
	end_victim
	wait "$tool"
	[ $? -eq 0 ] && [ "$(cat /tmp/err)" = "mmapinfo: PID $victim has ended" ]
	ok $? "hidepid: its end is seen" /tmp/err
	mount -o remount,hidepid=0 /proc
}

check_not_root() {
	fails "not root" 1 "needs root with CAP_SYS_RAWIO" "${user[@]}" mmapinfo 1
	fails "not root: --stable" 1 "needs root with CAP_SYS_RAWIO" "${user[@]}" mmapinfo --stable $$
	fails "not root: --watch" 1 "needs root with CAP_SYS_RAWIO" "${user[@]}" mmapinfo --watch 1 1
	fails "root without the right" 1 "needs root with CAP_SYS_RAWIO" \
		setpriv --bounding-set -sys_rawio --inh-caps -sys_rawio mmapinfo 1
}

# What hides addresses hides nothing that memory does not have.
check_hidden() {
	echo 2 >/proc/sys/kernel/kptr_restrict
	mmapinfo $$ >/tmp/out 2>/tmp/err && grep -q "^PID $$ " /tmp/out
	ok $? "kptr_restrict=2: an answer" /tmp/err
	echo 1 >/proc/sys/kernel/kptr_restrict
	setpriv --bounding-set -syslog --inh-caps -syslog mmapinfo $$ >/tmp/out 2>/tmp/err
	ok $? "without CAP_SYSLOG: an answer" /tmp/err
	mkdir -p /tmp/none
	mount --bind /tmp/none /sys/kernel/btf
	mmapinfo $$ >/tmp/out 2>/tmp/err && grep -q "^PID $$ " /tmp/out
	ok $? "without /sys/kernel/btf: an answer" /tmp/err
	umount /sys/kernel/btf
}

check_kept
check_other_user
check_hidepid
check_not_root
check_hidden
done_testing
