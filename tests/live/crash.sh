#!/bin/bash
# The extension in crash on the running kernel, against mmapinfo's own reader. Run in a guest by
# run-script, with what crash-files collects and the kernel's vmlinux in /crash.
. /in-guest.sh

# Where crash looks for strings(1).
[ -e /usr/bin ] || { mkdir -p /usr && ln -s /bin /usr/bin; }

questions=("1" "--json 1" "--json --each 1" "--json --prefault 1" "--all" "--json --log=all")

# What each of the two says of itself apart, and those who ask, and what other processes that map the
# same files make of their pages: that these are used.
plain() {
	sed -E 's/"(young|referenced|active)",?//g; s/,]/]/g; /"provider": |"pages_read": |^READ BY /d; / (bash|mmapinfo|ld-linux-x86-64)$/d' "$1"
}

# Of what may change meanwhile there is an answer before and one after.
own() {
	local i
	for i in "${!questions[@]}"; do
		# shellcheck disable=SC2086
		/crash/mmapinfo ${questions[$i]} >"/tmp/$1.$i" 2>&1
	done
}

{
	echo "extend /crash/mmapinfo.so"
	for i in "${!questions[@]}"; do
		echo "mmapinfo ${questions[$i]} > /tmp/got.$i"
	done
	echo "extend -u /crash/mmapinfo.so"
	echo "quit"
} >/tmp/input

own before
/crash/crash -s -i /tmp/input /crash/vmlinux /proc/kcore </dev/null >/tmp/said 2>&1
ok $? "crash comes to its end" /tmp/said
own after
for i in "${!questions[@]}"; do
	plain "/tmp/got.$i" >/tmp/got
	for which in before after; do
		plain "/tmp/$which.$i" >/tmp/want
		! cmp -s /tmp/want /tmp/got || break
	done
	[ -s /tmp/got ] && diff /tmp/want /tmp/got >/tmp/err 2>&1
	ok $? "mmapinfo ${questions[$i]}: the same" /tmp/err
done
grep -q '"live": true' /tmp/got.1
ok $? "it says that the kernel runs" /tmp/got.1
done_testing
