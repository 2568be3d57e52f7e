# shellcheck shell=bash
# The extension in crash of other suites, built there against their own defs.h, and which crash
# opens which kernel's dump. Sourced by tests/run.
# Each day in one tree, of one kernel; with FULL=1 in all, and of all kernels. What this system's
# crash does with 6.1 in full, suite_crash tests each day.

# What crash_opens.py finds: one file for each suite, for they are written in trees.
crash_record() {
	if [ "$1" = here ]; then
		echo "$BUILD/crashes.tsv"
	else
		echo "$BUILD/providers/$1/crashes.tsv"
	fi
}

# Of each series a dump that QEMU took of a kernel at work, and one of a crash kernel: what crash
# makes of them differs.
crash_dumps() {
	local series
	[ -n "${FULL-}" ] || { echo 6.1-panic; return; }
	for series in $(scripts/fetch-kernel --list); do
		printf '%s\n' "$series-la48" "$series-panic"
	done
}

# Where that suite's crash is; "here" is this system.
check_crash_opens() {
	local suite=$1 name core vmlinux
	for name in $(crash_dumps); do
		core=$(scripts/make-dump "$name" 2>/dev/null)/vmcore.elf
		vmlinux=$(scripts/fetch-kernel --dbg "${name%-*}" 2>/dev/null)/vmlinux
		if [ "$suite" = here ]; then
			LIMIT=1200 run_tap "$suite, $name: crash" tests/dumps/crash_opens.py \
				"$BUILD" "$vmlinux" "$core" "$name" "$(crash_record here)"
		else
			LIMIT=1200 run_tap "$suite, $name: crash" scripts/in-provider-tree "$suite" \
				"vmcore=$core" "vmlinux=$vmlinux" -- tests/dumps/crash_opens.py \
				/build /files/vmlinux /files/vmcore "$name" /build/crashes.tsv
		fi
	done
}

# The dumps of 6.1 that a suite's crash opens, as arguments of crash.sh, and those that it opens
# by --minimal alone. 8.0.6 wants to know who panicked.
crash_arguments() {
	case $1 in
	trixie) echo "/files/panic.elf ${FULL:+/files/panic.d31.lzo} --minimal /files/stuck.d31.zlib" ;;
	*) echo "/files/la48.elf /files/la48.d31.zlib /files/panic.elf /files/panic.d31.lzo /files/stuck.d31.zlib" ;;
	esac
}

check_crash_commands() {
	local suite=$1 name file vmlinux
	local -a files=() brief=(--brief) arguments
	[ -z "${FULL-}" ] || brief=()
	read -r -a arguments < <(crash_arguments "$suite")
	for file in "${arguments[@]}"; do
		[ "$file" != --minimal ] || continue
		name=${file#/files/}
		files+=("$name=$(scripts/make-dump "6.1-${name%%.*}" 2>/dev/null)/vmcore.${name#*.}")
	done
	vmlinux=$(scripts/fetch-kernel --dbg 6.1 2>/dev/null)/vmlinux
	LIMIT=3600 run_tap "$suite: in crash" scripts/in-provider-tree "$suite" "${files[@]}" \
		"vmlinux=$vmlinux" -- tests/dumps/crash.sh "${brief[@]}" /files/vmlinux /build \
		"${arguments[@]}"
}

# On the running kernel. This system's crash, 8.0.2, does not open that of its own suite: "cannot set
# context for pid".
check_crash_live() {
	local suite=$1 dir=$BUILD/providers/$1/crash vmlinux
	vmlinux=$(scripts/fetch-kernel --dbg 6.1 2>/dev/null)/vmlinux
	run_step "$suite: crash for a guest" scripts/in-provider-tree "$suite" \
		"vmlinux=$vmlinux" -- tests/live/crash-files /build /files/vmlinux /build/crash
	EXTRA=crash=$dir MEMORY=3500 LIMIT=3600 TIMEOUT=3000 \
		run_tap "$suite: crash on the running kernel" tests/live/run-script 6.1 \
		tests/live/crash.sh "$(type -P strings)" "$(type -P diff)"
	rm -f "$dir/vmlinux"
}

suite_crashes() {
	local suite
	local -a records=()
	for suite in ${FULL:+here} trixie ${FULL:+sid}; do
		rm -f "$(crash_record "$suite")"
		[ "$suite" = here ] || {
			LIMIT=1800 run_step "$suite: a tree with crash" scripts/provider-tree "$suite"
			LIMIT=1800 run_step "$suite: build for its crash" \
				scripts/in-provider-tree "$suite" -- make -s -j2 BUILD=/build \
				CFLAGS=-O2 /build/mmapinfo /build/mmapinfo.so \
				/build/tests/make_recorder
			check_crash_commands "$suite"
			[ -z "${FULL-}" ] || check_crash_live "$suite"
		}
		check_crash_opens "$suite"
		records+=("$(crash_record "$suite")")
	done
	scripts/crash-table "${records[@]}"
	# Whether an old crash finds a newer kernel in memory may depend on where it was loaded.
	[ -n "${FULL-}" ] || run_step "docs/crash.md is what was found" \
		scripts/crash-table --check docs/crash.md "${records[@]}"
}
