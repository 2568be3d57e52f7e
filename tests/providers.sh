# shellcheck shell=bash
# The same dump through libkdumpfile and through drgn, and the module for drgn's Python. Sourced
# by tests/run.
# Each day in one tree, of a dump with stuck tasks; with FULL=1 in all trees, of all kernels.

provider_suites() {
	echo trixie
	[ -z "${FULL-}" ] || echo sid
}

# With its version.
library_name() {
	basename "$(readlink -f "$BUILD/libmmapinfo.so")"
}

# The dumps of a series, as NAME=FILE.
provider_dumps() {
	local series=$1 dir
	dir=$(scripts/make-dump "$series-stuck" 2>/dev/null) &&
		echo "stuck.d31.zlib=$dir/vmcore.d31.zlib"
	[ -n "${FULL-}" ] || return 0
	echo "stuck.elf=$dir/vmcore.elf"
	dir=$(scripts/make-dump "$series-la48" 2>/dev/null) &&
		printf 'la48.%s\n' "elf=$dir/vmcore.elf" "d31.zlib=$dir/vmcore.d31.zlib"
	[ "$series" = 6.1 ] || return 0
	# From a crash kernel, with pages that are missing; and what drgn cannot open itself.
	dir=$(scripts/make-dump 6.1-panic 2>/dev/null) &&
		printf 'panic.%s\n' "elf=$dir/vmcore.elf" "d31.elf=$dir/vmcore.d31.elf"
	dir=$(scripts/make-dump qemu 2>/dev/null) &&
		echo "flattened=$dir/vmcore.qemu.kdump-zlib"
}

check_provider_series() {
	local suite=$1 series=$2 vmlinux dump name
	LIMIT=1800 run_step "dump $series-stuck" scripts/make-dump "$series-stuck"
	vmlinux=$(scripts/fetch-kernel --dbg "$series" 2>/dev/null)/vmlinux
	for dump in $(provider_dumps "$series"); do
		name=${dump%%=*}
		run_tap "$suite, $series-$name: libkdumpfile and drgn" \
			scripts/in-provider-tree "$suite" "$dump" "vmlinux=$vmlinux" -- \
			tests/dumps/providers.py /build/mmapinfo "/files/$name" /files/vmlinux 3
		[ "$name" != stuck.d31.zlib ] || [ "$series" != 6.1 ] ||
			run_tap "$suite, $series-$name: inside drgn" \
				scripts/in-provider-tree "$suite" "$dump" "vmlinux=$vmlinux" -- \
				tests/dumps/drgn_module.py /build/mmapinfo \
				"/build/$(library_name)" "/files/$name" /files/vmlinux
		[ "$name" != panic.d31.elf ] || run_tap "$suite, $series-$name: JSON by drgn" \
			scripts/in-provider-tree "$suite" "$dump" "vmlinux=$vmlinux" -- \
			tests/dumps/schema.py /build/mmapinfo "/files/$name" --via drgn -s /files/vmlinux
	done
}

# The running kernel of a guest, read by a suite's drgn.
check_provider_live() {
	local suite=$1 series=$2
	run_step "$suite: drgn for a guest" scripts/in-provider-tree "$suite" -- \
		tests/live/drgn-files /build/mmapinfo /build/guest
	EXTRA=drgn=$BUILD/providers/$suite/guest LIMIT=3600 TIMEOUT=3000 \
		run_tap "$series running: by $suite's drgn" tests/live/run-script "$series" \
		tests/live/drgn.sh /usr/sbin/chroot
}

provider_series() {
	if [ -n "${FULL-}" ]; then
		scripts/fetch-kernel --list
	else
		echo 6.1
	fi
}

suite_providers() {
	local suite series
	run_tap "drgn that cannot be used" tests/dumps/no_drgn.sh "$BUILD/mmapinfo" \
		vmcores/demo/vmcore
	for suite in $(provider_suites); do
		LIMIT=1800 run_step "$suite: a tree with drgn" scripts/provider-tree "$suite"
		LIMIT=1800 run_step "$suite: build" scripts/in-provider-tree "$suite" -- \
			make -s -j2 BUILD=/build CFLAGS=-O2 /build/mmapinfo "/build/$(library_name)"
		run_tap "$suite: a user's own conditions, by its libjq" scripts/in-provider-tree \
			"$suite" -- tests/dumps/expect.py --mmapinfo /build/mmapinfo \
			vmcores/demo/vmcore
		for series in $(provider_series); do
			check_provider_series "$suite" "$series"
			[ -z "${FULL-}" ] || check_provider_live "$suite" "$series"
		done
	done
}
