# shellcheck shell=bash
# The recording module on all kernels: what it recorded, and what is read of it out of a dump.
# Sourced by tests/run. KERNELS and FULL: as in tests/kernels.sh.

# Each day that of Debian stable and the newest, whose hooks differ most.
recorder_series() {
	if [ -n "${FULL-}" ]; then
		scripts/fetch-kernel --list
	else
		echo 6.1 7.3
	fi
}

# What a panic leaves, and where it is hard on the module: each day of one kernel; with FULL=1 of
# all, and it is loaded a thousand times.
check_recorder_hard() {
	local series=$1 how dir
	for how in crash oops; do
		run_step "dump $series-recorder-$how" scripts/make-recorder-dump "$series-recorder-$how"
		dir=$(scripts/make-recorder-dump "$series-recorder-$how" 2>/dev/null) || return
		run_tap "$series-recorder-$how: readable up to the panic" \
			tests/recorder/crash.py "$dir"
		run_tap "$series-recorder-$how: rules over what was recorded" tests/dumps/check.py \
			--mmapinfo "$BUILD/mmapinfo" --damage "$BUILD/tests/damage" "$dir/vmcore.elf"
	done
	LIMIT=14400 run_tap "$series: refusals, loads and unloads under load" \
		tests/recorder/abuse.sh "$series" "${FULL:+1000}"
}

suite_recorder() {
	local series dir
	for series in $(recorder_series); do
		LIMIT=1800 run_step "mmaprec.ko for $series" scripts/build-recorder "$series"
		run_step "dump $series-recorder" scripts/make-recorder-dump "$series-recorder"
		dir=$(scripts/make-recorder-dump "$series-recorder" 2>/dev/null) || continue
		run_tap "$series-recorder: what was recorded" tests/recorder/check.py "$dir"
		run_tap "$series-recorder: the history in the dump" tests/dumps/history.py \
			"$BUILD/mmapinfo" "$dir/truth" "$dir"/vmcore.{elf,d31.zlib,d31.elf}
		! in_full "$series" 6.1 || check_recorder_hard "$series"
	done
}
