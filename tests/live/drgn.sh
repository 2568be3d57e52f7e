#!/bin/bash
# The running kernel, read by /proc/kcore and by drgn. Run in a guest by run-script, with the files
# of drgn-files in /drgn.
. /in-guest.sh

by_drgn() { chroot /drgn /build/mmapinfo --via drgn "$@"; }
by_kcore() { chroot /drgn /build/mmapinfo "$@"; }

# What is asked about keeps still, but pages that it shares with others need not.
same() {
	local i
	for i in 1 2 3 4 5; do
		by_kcore "$@" >/tmp/want 2>/tmp/err
		by_drgn "$@" >/tmp/got 2>>/tmp/err
		! cmp -s /tmp/want /tmp/got || break
	done
	[ -s /tmp/want ] && cmp /tmp/want /tmp/got >>/tmp/err 2>&1
	ok $? "$*: the same ($i)" /tmp/err
}

# It clears the bit "young" of page table entries all the time, by default in 7.3.
damon=/sys/module/damon_stat/parameters/enabled
[ ! -e $damon ] || echo N >$damon
mount --bind /proc /drgn/proc
mount --bind /sys /drgn/sys
same --json 1
same --json --pages 1
same --json --each --next 1
same --json --prefault 1
by_drgn --json --sources 1 >/tmp/out 2>/tmp/err
grep -q '"provider": "drgn"' /tmp/out && grep -q '"live": true' /tmp/out
ok $? "read by drgn, and live" /tmp/err
setpriv --bounding-set -sys_rawio chroot /drgn /build/mmapinfo --via drgn 1 >/tmp/out 2>/tmp/err
[ $? -eq 1 ] && [ ! -s /tmp/out ] && [ "$(wc -l </tmp/err)" -eq 1 ] &&
	grep -q '^mmapinfo: drgn: .*/proc/kcore' /tmp/err
ok $? "without the right to read: one line" /tmp/err
done_testing
