# shellcheck shell=bash
# The matrix: every dump of every kernel against every check. Sourced by tests/run.
#
# KERNELS: series to run, or "all". FULL=1: also what there is no time for each day,
# see in_full().
# RESULTS: a file that gets a line for each cell: dump, release, check (a column of
# scripts/support-table), number of tests, "ok" or "failed".

# shellcheck disable=SC2154 # passed, failed: of tests/run

# Beside the 4-level dump of each series: 5 levels of one, and a
# flavour whose structures differ most. With FULL=1 all of both.
matrix_dumps() {
	local series
	if [ "$KERNELS" != all ]; then
		for series in $KERNELS; do
			echo "$series-la48" "$series-la57"
		done
		return
	fi
	for series in $(scripts/fetch-kernel --list); do
		echo "$series-la48"
		! in_full "$series" 6.1 || echo "$series-la57"
	done
	echo 6.12-rt-la48
	[ -z "${FULL-}" ] || echo 6.1-full-la48 7.3-full-la48
}

# in_full DUMP SERIES...: is it of one of these series, or everything asked for?
in_full() {
	local of=${1%-la*} series
	shift
	[ -z "${FULL-}" ] || return 0
	for series; do
		[ "$of" != "$series" ] || return 0
	done
	return 1
}

# cell DUMP CHECK NAME COMMAND...: one TAP program, counted in the table as well.
cell() {
	local dump=$1 check=$2 name=$3 verdict=ok log ok bad
	shift 3
	try_tap "$dump $name" "$@"
	if [ "$bad" -ne 0 ] && another_guest "$dump $name"; then
		try_tap "$dump $name" "$@"
	fi
	take_tap
	[ "$bad" -eq 0 ] || verdict=failed
	printf '%s\t%s\t%s\t%d\t%s\n' "$dump" "$release" "$check" $((ok + bad)) \
		"$verdict" >>"$RESULTS"
}

# A guest goes on between what it says of itself and its dump, and its CPUs are emulated. So what
# does not fit is asked of a second guest as well, once for each dump and of few of them, and only
# what does not fit there either is a failure. The first dump is kept, as NAME.doubted, and what
# was said of it is printed: that the second fits is no reason not to look.
SECOND_GUESTS=4
another_guest() {
	local name=${dir##*/}
	[[ $SECOND_GUESTS -gt 0 && " ${asked_again-} " != *" $name "* ]] || return 1
	asked_again+=" $name"
	SECOND_GUESTS=$((SECOND_GUESTS - 1))
	sed 's/^/# /; 1s/$/; once more, of another guest/' "$log.out"
	rm -rf "$dir.doubted"
	cp -rl "$dir" "$dir.doubted"
	scripts/make-dump -f "$name" >/dev/null
}

# The line of the table that a dump belongs to.
row_of() {
	echo "$1" | sed 's/\(-i386.*\)-touch$/\1/; s/-panic$\|-stuck$\|-touch$/-la48/'
}

# Makes a dump and sets dir and release. A dump that cannot be made fails its checks.
matrix_dump() {
	local name=$1
	LIMIT=1200 run_step "dump $name" scripts/make-dump "$name"
	dir=$(scripts/make-dump "$name" 2>/dev/null) || {
		printf '%s\t%s\t%s\t0\tfailed\n' "$(row_of "$name")" - elf >>"$RESULTS"
		return 1
	}
	release=$(sed -n 's/^release=//p' "$dir/manifest")
}

# What makedumpfile leaves is looked at on one dump of each series.
files_of() {
	echo vmcore.elf
	! all_checks "$1" || echo vmcore.d31.zlib
}

column_of() {
	[ "$1" = vmcore.elf ] && echo elf || echo d31
}

check_pages() {
	local name=$1 file
	for file in $(files_of "$name"); do
		cell "$name" "$(column_of "$file")" "$file: every page" \
			tests/dumps/oracle.py "$dir/$file" "$dir/truth"
		check_rules "$name" "$(column_of "$file")" "$file"
	done
	case $name in
	*-la48) check_log "$name" elf "vmcore.elf: the kernel's log" ;;
	esac
}

# check_log ROW COLUMN NAME OPTION...: also of what makedumpfile left.
check_log() {
	local row=$1 column=$2 name=$3 file same=()
	shift 3
	for file in vmcore.d31.zlib vmcore.d31.lzo; do
		[ ! -e "$dir/$file" ] || same+=(--same "$dir/$file")
	done
	cell "$row" "$column" "$name" tests/dumps/log.py --mmapinfo "$BUILD/mmapinfo" "$@" \
		"${same[@]}" "$dir/vmcore.elf" "$dir/console.log"
}

# mmapinfo check: nothing but what the guest brought about; and with each damage that alone.
check_rules() {
	local row=$1 column=$2 file=$3
	cell "$row" "$column" "$file${4-}: rules" tests/dumps/check.py --mmapinfo \
		"$BUILD/mmapinfo" "$dir/$file" "$dir/truth"
	[ -z "${4-}" ] && [ "$file" = vmcore.elf ] && in_full "$row" 6.1 7.3 || return 0
	all_checks "$row" || return 0
	cell "$row" "$column" "$file: rules, and what is damaged" tests/dumps/check.py --mmapinfo \
		"$BUILD/mmapinfo" --damage "$BUILD/tests/damage" "$dir/$file"
}

check_windows() {
	local name=$1 file check
	in_full "$name" 5.10 6.1 7.3 || return 0
	for file in $(files_of "$name"); do
		[ "$file" = vmcore.elf ] || in_full "$name" 6.1 || continue
		check=$(column_of "$file")
		cell "$name" "$check" "$file: nonlinear windows" tests/dumps/windows.py \
			--mmapinfo "$BUILD/mmapinfo" "$dir/$file" "$dir/truth"
		cell "$name" "$check" "$file: what is faulted in" tests/dumps/prefault.py \
			--mmapinfo "$BUILD/mmapinfo" "$dir/$file" "$dir/truth"
	done
}

check_stacks() {
	local name=$1 check=$2 file=$3
	cell "$name" "$check" "${4-}$file: kernel stacks" tests/dumps/stacks.py \
		--mmapinfo "$BUILD/mmapinfo" "$dir/$file" "$dir/truth"
}

# Both flavours of page tables: with 5 levels the slow disk of some has a scheduler.
check_requests() {
	local name=$1 file check
	for file in $(files_of "$name"); do
		check=$(column_of "$file")
		cell "$name" "$check" "$file: requests and waiting tasks" \
			tests/dumps/requests.py --mmapinfo "$BUILD/mmapinfo" "$dir/$file" \
			"$dir/truth"
		cell "$name" "$check" "$file: stuck tasks" \
			tests/dumps/blocked.py --mmapinfo "$BUILD/mmapinfo" "$dir/$file" \
			"$dir/truth"
	done
}

# Tasks stuck on devices of all kinds.
check_stuck() {
	local row file files=(vmcore.elf)
	row=$(row_of "$1")
	! in_full "$row" 6.1 || files+=(vmcore.d31.zlib)
	for file in "${files[@]}"; do
		cell "$row" stuck "stuck, $file: requests and waiting tasks" \
			tests/dumps/requests.py --mmapinfo "$BUILD/mmapinfo" "$dir/$file" \
			"$dir/truth"
		cell "$row" stuck "stuck, $file: disks, tags and plugs" \
			tests/dumps/disks.py --mmapinfo "$BUILD/mmapinfo" "$dir/$file" \
			"$dir/truth"
		cell "$row" stuck "stuck, $file: why tasks are stuck" \
			tests/dumps/blocked.py --mmapinfo "$BUILD/mmapinfo" "$dir/$file" \
			"$dir/truth"
		cell "$row" stuck "stuck, $file: devices that stand on others" \
			tests/dumps/stacked.py --mmapinfo "$BUILD/mmapinfo" "$dir/$file" \
			"$dir/truth"
		cell "$row" stuck "stuck, $file: requests of FUSE and NFS" \
			tests/dumps/noqueue.py --mmapinfo "$BUILD/mmapinfo" "$dir/$file" \
			"$dir/truth"
	done
	! in_full "$row" 6.1 || cell "$row" stuck "stuck: a user's own conditions" \
		tests/dumps/expect.py --mmapinfo "$BUILD/mmapinfo" --stuck "$dir/vmcore.elf"
	check_stacks "$row" stuck vmcore.elf "stuck, "
	check_rules "$row" stuck vmcore.elf ", stuck"
	[[ -n ${FULL-} || $row != 7.3-* ]] || check_hidden "$row"
	for file in "${files[@]}"; do
		cell "$row" stuck "stuck, $file: locks" tests/dumps/locks.py \
			"$BUILD/tests/locks" "$dir/$file" "$dir/truth"
	done
}

# Of the newest the guest with stuck tasks, whose fewer mappings take less time.
check_hidden() {
	cell "$1" hide "each member missing in turn" "$BUILD/tests/hide" "$dir/vmcore.d31.zlib"
}

# The sources of symbols and types: 4-level dumps of the cloud flavour.
check_sources() {
	local name=$1 vmlinux
	vmlinux=$(scripts/fetch-kernel --dbg "${name%-la48}" 2>/dev/null)/vmlinux
	cell "$name" debuginfo "with DWARF: identical" \
		tests/dumps/identical.sh "$BUILD/mmapinfo" "$dir/vmcore.elf" "$vmlinux"
	# The forms of kallsyms: before 6.0 and of 7.x; the dump in git has that of 6.1.
	! in_full "$name" 5.10 7.3 || cell "$name" note "VMCOREINFO missing or damaged" \
		tests/dumps/without_note.sh "$BUILD" "$dir/vmcore.elf"
	cell "$name" note "kallsyms and BTF by search" "$BUILD/tests/search" "$dir/vmcore.d31.zlib"
	! in_full "$name" 5.10 || check_hidden "$name"
}

# A filter that takes more than it should.
check_thinned() {
	cell "$1" d31 "vmcore.d31.zlib without some of its pages" tests/dumps/lacking.py \
		"$BUILD/mmapinfo" "$dir/vmcore.elf" excluded "$dir/vmcore.d31.zlib" 3
}

# What a crash kernel saved after sysrq-c. From 7.1 on no makedumpfile that is released
# filters rightly (make-dump's compound_word): then what it left must be right, and the
# rest be told as filtered out.
check_panic() {
	local name=$1 row
	row=$(row_of "$1")
	cell "$row" panic "after a panic, vmcore.elf: every page" \
		tests/dumps/oracle.py "$dir/vmcore.elf" "$dir/truth"
	check_rules "$row" panic vmcore.elf ", after a panic"
	check_log "$row" panic "after a panic, vmcore.elf: the kernel's log"
	if scripts/elfcore vmcoreinfo "$dir/vmcore.elf" | grep -q compound_info; then
		cell "$row" panic "after a panic, vmcore.d31.lzo: what was left" \
			tests/dumps/lacking.py "$BUILD/mmapinfo" "$dir/vmcore.elf" excluded \
			"$dir/vmcore.d31.lzo"
	else
		cell "$row" panic "after a panic, vmcore.d31.lzo: every page" \
			tests/dumps/oracle.py "$dir/vmcore.d31.lzo" "$dir/truth"
	fi
}

# What the next touch of a page would do, and what it did when the guest went on: by mmapinfo,
# or by the command $2.
check_touch() {
	local row file mmapinfo=${2:-$BUILD/mmapinfo}
	row=$(row_of "$1")
	for file in "$dir"/vmcore.elf "$dir"/vmcore.*zlib; do
		file=${file##*/}
		cell "$row" touch "touch, $file: what was predicted, and what the kernel did" \
			tests/dumps/touch.py --mmapinfo "$mmapinfo" "$dir/$file" \
			"$dir/truth"
	done
	in_full "$row" 6.1 || return 0
	cell "$row" touch "touch: the comparison sees what is wrong" \
		tests/dumps/touch_sees.sh "$BUILD/mmapinfo" "$dir/vmcore.elf" "$dir/truth"
}

# 32 bits, with PAE, and with FULL=1 without. These kernels have no BTF, and this makedumpfile
# cannot read them.
i386_dumps() {
	[ "$KERNELS" = all ] || return 0
	echo 6.1-i386-pae
	[ -z "${FULL-}" ] || echo 6.1-i386
}

check_i386() {
	local name=$1 vmlinux file with_types=$BUILD/mmapinfo-$1
	vmlinux=$(scripts/fetch-kernel --dbg "$name" 2>/dev/null)/vmlinux
	printf '#!/bin/sh\nexec "%s" -s "%s" "$@"\n' "$PWD/$BUILD/mmapinfo" "$vmlinux" >"$with_types"
	chmod +x "$with_types"
	cell "$name" elf "vmcore.elf: requests and waiting tasks" tests/dumps/requests.py \
		--mmapinfo "$with_types" "$dir/vmcore.elf" "$dir/truth"
	check_log "$name" elf "vmcore.elf: the kernel's log" --vmlinux "$vmlinux" --none-else
	for file in vmcore.elf ${FULL:+vmcore.qemu.kdump-zlib}; do
		cell "$name" elf "$file: every page" tests/dumps/oracle.py \
			--mmapinfo "$BUILD/mmapinfo" --vmlinux "$vmlinux" "$dir/$file" \
			"$dir/truth"
	done
	# A process at a time, each of which reads all of the types.
	[ -n "${FULL-}" ] || return 0
	cell "$name" elf "vmcore.elf: nonlinear windows" tests/dumps/windows.py \
		--mmapinfo "$with_types" "$dir/vmcore.elf" "$dir/truth"
	cell "$name" elf "vmcore.elf: what is faulted in" \
		tests/dumps/prefault.py --mmapinfo "$with_types" "$dir/vmcore.elf" "$dir/truth"
	! matrix_dump "$name-touch" || check_touch "$name-touch" "$with_types"
}

# arm64, of which this makedumpfile reads nothing: an old CPU, and with FULL=1 the newest, with
# addresses of 52 bits; and 6.1, which keeps the names of functions alone.
arm64_dumps() {
	[ "$KERNELS" = all ] || return 0
	echo 6.12-arm64-la48
	[ -z "${FULL-}" ] || echo 6.12-arm64-la57 6.1-arm64-la48
}

# A CPU that marks no page as used itself.
touches() {
	[ "$1" = 6.12-arm64-la48 ]
}

check_arm64() {
	local name=$1 file symbols=()
	[[ $name != 6.1-* ]] ||
		symbols=(--vmlinux "$(scripts/fetch-kernel --dbg 6.1-arm64 2>/dev/null)/vmlinux")
	for file in vmcore.elf vmcore.qemu.kdump-zlib; do
		cell "$name" elf "$file: every page" tests/dumps/oracle.py \
			--mmapinfo "$BUILD/mmapinfo" "${symbols[@]}" "$dir/$file" "$dir/truth"
	done
	check_log "$name" elf "the kernel's log" "${symbols[@]}" --none-else
	[[ $name != 6.1-* ]] || return 0
	cell "$name" elf "requests and waiting tasks" tests/dumps/requests.py \
		--mmapinfo "$BUILD/mmapinfo" "$dir/vmcore.elf" "$dir/truth"
	cell "$name" elf "stuck tasks" tests/dumps/blocked.py \
		--mmapinfo "$BUILD/mmapinfo" "$dir/vmcore.elf" "$dir/truth"
	check_stacks "$name" elf vmcore.elf
}

# Only one dump of a kernel goes through all checks.
all_checks() {
	case $1 in
	*-full-* | *-rt-* | *-la57) return 1 ;;
	esac
}

# While one dump is being looked at, the next guest runs: make-dump's lock keeps two
# from making the same. What fails here is tried, and told, when its turn comes.
make_ahead() {
	local name
	for name in $(matrix_dumps); do
		scripts/make-dump "$name"
		! all_checks "$name" || {
			scripts/fetch-kernel --dbg "${name%-la48}"
			scripts/make-dump "${name%-la48}-stuck"
			scripts/make-dump "${name%-la48}-panic"
			scripts/make-dump "${name%-la48}-touch"
		}
	done
	for name in $(arm64_dumps) $(i386_dumps); do
		scripts/make-dump "$name"
		! touches "$name" || scripts/make-dump "${name%-la48}-touch"
	done
}

suite_kernels() {
	local name dir release
	mkdir -p "$BUILD"
	: >"$RESULTS"
	make_ahead >/dev/null 2>&1 </dev/null &
	asked_again=
	for name in $(matrix_dumps); do
		matrix_dump "$name" || continue
		check_pages "$name"
		check_requests "$name"
		check_windows "$name"
		case $name in
		*-la48) ! in_full "$name" 7.3 || check_stacks "$name" d31 vmcore.d31.zlib ;;
		esac
		all_checks "$name" || continue
		check_sources "$name"
		cell "$name" d31 "vmcore.d31.zlib: PIDs of namespaces" tests/dumps/pidns.sh \
			"$BUILD/mmapinfo" "$dir/vmcore.d31.zlib" "$dir/truth"
		! in_full "$name" 7.3 || check_thinned "$name"
		matrix_dump "${name%-la48}-stuck" && check_stuck "${name%-la48}-stuck"
		matrix_dump "${name%-la48}-panic" && check_panic "${name%-la48}-panic"
		matrix_dump "${name%-la48}-touch" && check_touch "${name%-la48}-touch"
	done
	for name in $(arm64_dumps); do
		! matrix_dump "$name" || check_arm64 "$name"
		! touches "$name" || ! matrix_dump "${name%-la48}-touch" ||
			check_touch "${name%-la48}-touch"
	done
	for name in $(i386_dumps); do
		! matrix_dump "$name" || check_i386 "$name"
	done
	wait
	echo
	scripts/support-table "$RESULTS"
	[ "$KERNELS" != all ] || run_step "docs/support.md says the same" \
		scripts/support-table --check "$RESULTS" docs/support.md
}
