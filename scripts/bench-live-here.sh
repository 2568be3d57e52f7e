#!/bin/bash
# What bench-live runs on this machine, in a mount namespace of its own.
#	bench-live-here.sh DIR MMAPINFO DUMP PID
# mmapinfo finds DUMP where the running kernel has its memory; the kernel's own is this machine's.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"

said=$1 mmapinfo=$2 dump=$3 pid=$4
. "$TOP/scripts/lib/bench-live.sh"
PATH=$said:$PATH
mkdir "$said/big" "$said/root"
mount -t tmpfs -o size=5G,huge=never big "$said/big"
mount --rbind / "$said/root"
mount -t tmpfs proc "$said/root/proc"
touch "$said/root/proc/kcore"
mount --bind -o ro "$dump" "$said/root/proc/kcore"
# Types of this machine's kernel are not its.
mount -t tmpfs sys "$said/root/sys"
cat "$dump" >/dev/null
hold "$said/big"
trap 'kill $holder' EXIT
compare "$pid" chroot "$said/root" "$mmapinfo"
