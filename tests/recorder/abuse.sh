#!/usr/bin/env bash
# The recording module where it is hard on it: refusals, filters that change, a CPU that goes,
# loading and unloading under load. The guest prints TAP.
#
# usage: abuse.sh SERIES [LOADS]
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib/common.sh"
. "$TOP/scripts/lib/guest.sh"
. "$TOP/scripts/lib/recorder.sh"

main() {
	local series=${1:?SERIES} loads=${2:-10} kernel module hurt attempt log
	PATH=$PATH:/sbin:/usr/sbin
	kernel=$("$TOP/scripts/fetch-kernel" "$series")
	module=$("$TOP/scripts/build-recorder" "$series")
	hurt=$("$TOP/scripts/build-recorder" --hurt "$series")
	make_workdir "$CACHE/dumps"
	trap stop_recorder_guest EXIT
	log=$WORKDIR/console.log
	make_recorder_initramfs "$kernel" "$module" "$hurt"
	# An emulated CPU loses its way now and then while a kernel boots.
	for attempt in 1 2 3; do
		make_recorder_disks
		start_recorder_guest "$kernel" "abuse:$loads" "$log" panic=-1
		! await_mark "$log" "^ok 1 |^not ok 1 " "${TIMEOUT:-600}" || break
		kill "$QEMU_PID" 2>/dev/null || true
		wait "$QEMU_PID" 2>/dev/null || true
		[ "$attempt" -lt 3 ] || die "the guest does not begin"
	done
	await_mark "$log" "^MMAPINFO-GUEST-READY" $((${TIMEOUT:-600} + loads * 10)) || {
		grep -E '^(not )?ok |^#' "$log" || true
		echo "not ok - the guest did not come to its end"
		tail -n 20 "$log" >&2
		exit 1
	}
	tr -d '\r' <"$log" | grep -E '^(not )?ok |^#|^1\.\.'
	! grep -q '^not ok' "$log"
}

main "$@"
