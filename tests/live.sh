# shellcheck shell=bash
# The running kernel: mmapinfo inside of guests. Sourced by tests/run. FULL: as in tests/kernels.sh.

# live_series SERIES...: these each day, with FULL=1 all.
live_series() {
	if [ -n "${FULL-}" ]; then
		scripts/fetch-kernel --list
	else
		printf '%s\n' "$@"
	fi
}

# Processes that keep still: all that is said of dumps is as true of the running kernel.
check_live_parity() {
	local series=$1 dir check
	local -a more
	LIMIT=7200 run_step "guest $series-live-parity" scripts/make-live-guest "$series-live-parity"
	dir=$(scripts/make-live-guest "$series-live-parity" 2>/dev/null) || return
	for check in oracle requests windows prefault stacks; do
		more=()
		[ $check != oracle ] || more=(--no-runs)
		run_tap "$series running: $check" "tests/dumps/$check.py" "${more[@]}" \
			--mmapinfo tests/live/answer "$dir/answers" "$dir/truth"
	done
	run_tap "$series running: as in the dump" tests/live/parity.py \
		--mmapinfo "$BUILD/mmapinfo" "$dir"
}

# Processes that change: each day 40 runs, with FULL=1 10,000 over all kernels.
check_live_churn() {
	local series=$1 dir runs=40
	[ -z "${FULL-}" ] || runs=2000
	LIMIT=64800 run_step "guest $series-live-churn" scripts/make-live-guest --runs $runs \
		"$series-live-churn"
	dir=$(scripts/make-live-guest --runs $runs "$series-live-churn" 2>/dev/null) || return
	run_tap "$series running: while mappings change" tests/live/churn.py "$dir/answers" $runs
}

check_live_rights() {
	local series=$1 dir
	LIMIT=3600 run_step "guest $series-live-rights" scripts/make-live-guest "$series-live-rights"
	dir=$(scripts/make-live-guest "$series-live-rights" 2>/dev/null) || return
	run_tap "$series running: what is missing" tests/live/rights.py "$dir/answers"
}

# Options of the running kernel alone: a script of each, which runs in a guest, with FILEs.
check_live_script() {
	LIMIT=3600 TIMEOUT=3000 APPEND=${FULL:+everything} run_tap "$1 running: $2" \
		tests/live/run-script "$1" "tests/live/$2.sh" "${@:3}"
}

check_live_follow() {
	local series=$1 module
	LIMIT=1800 run_step "mmaprec.ko for $series" scripts/build-recorder "$series"
	module=$(scripts/build-recorder "$series" 2>/dev/null) || return
	LIMIT=3600 TIMEOUT=3000 ACCEL=tcg,thread=single run_tap "$series running: follow" \
		tests/live/run-script "$series" tests/live/follow.sh "$module"
}

# Emulated, a parity guest takes half an hour, most of it for the 100,000 mappings of one
# process: there is no time for it each day.
suite_live() {
	local series script
	for series in $(live_series 6.1); do
		check_live_rights "$series"
		check_live_churn "$series"
		check_live_script "$series" stable
	done
	[ -n "${FULL-}" ] || return 0
	for series in $(live_series); do
		for script in watch ns dropped check stacks; do
			check_live_script "$series" $script
		done
		check_live_script "$series" log "$(type -P diff)"
		check_live_follow "$series"
		check_live_parity "$series"
	done
}
