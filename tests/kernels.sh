# shellcheck shell=bash
# The matrix: every dump of every kernel against every check. Sourced by tests/run.
#
# KERNELS: series to run, or "all"; of "all", flavours beside cloud are part, too.
# RESULTS: a file that gets a line for each cell: dump, release, check (a column of
# scripts/support-table), number of tests, "ok" or "failed".

# shellcheck disable=SC2154 # passed, failed: of tests/run

matrix_dumps() {
	local series
	if [ "$KERNELS" = all ]; then
		for series in $(scripts/fetch-kernel --list); do
			echo "$series-la48" "$series-la57"
		done
		echo 6.1-full-la48 7.3-full-la48 6.12-rt-la48
		return
	fi
	for series in $KERNELS; do
		echo "$series-la48" "$series-la57"
	done
}

# cell DUMP CHECK NAME COMMAND...: one TAP program, counted in the table as well.
cell() {
	local dump=$1 check=$2 name=$3 was_failed=$failed was_passed=$passed verdict=ok
	shift 3
	run_tap "$dump $name" "$@"
	[ "$failed" -eq "$was_failed" ] || verdict=failed
	printf '%s\t%s\t%s\t%d\t%s\n' "$dump" "$release" "$check" \
		$((passed - was_passed + failed - was_failed)) "$verdict" >>"$RESULTS"
}

# Makes a dump and sets dir and release. A dump that cannot be made fails its checks.
matrix_dump() {
	local name=$1
	LIMIT=1200 run_step "dump $name" scripts/make-dump "$name"
	dir=$(scripts/make-dump "$name" 2>/dev/null) || {
		printf '%s\t%s\t%s\t0\tfailed\n' "${name/-panic/-la48}" - elf >>"$RESULTS"
		return 1
	}
	release=$(sed -n 's/^release=//p' "$dir/manifest")
}

check_pages() {
	local name=$1
	cell "$name" elf "ELF: every page" tests/dumps/oracle.py "$dir/vmcore.elf" "$dir/truth"
	cell "$name" d31 "-d 31: every page" tests/dumps/oracle.py "$dir/vmcore.d31.zlib" "$dir/truth"
}

# The sources of symbols and types: 4-level dumps of the cloud flavour.
check_sources() {
	local name=$1 vmlinux
	vmlinux=$(scripts/fetch-kernel --dbg "${name%-la48}" 2>/dev/null)/vmlinux
	cell "$name" debuginfo "with DWARF: identical" \
		tests/dumps/identical.sh "$BUILD/mmapinfo" "$dir/vmcore.elf" "$vmlinux"
	cell "$name" note "VMCOREINFO missing or damaged" \
		tests/dumps/without_note.sh "$BUILD" "$dir/vmcore.elf"
	cell "$name" note "kallsyms and BTF by search" "$BUILD/tests/search" "$dir/vmcore.d31.zlib"
	cell "$name" hide "each member missing in turn" "$BUILD/tests/hide" \
		"$dir/vmcore.d31.zlib"
}

# What a crash kernel saved after sysrq-c. From 7.1 on no makedumpfile that is released
# filters rightly (make-dump's compound_word): then what it left must be right, and the
# rest be told as filtered out.
check_panic() {
	local name=$1 row=${1/-panic/-la48}
	cell "$row" panic "after a panic, vmcore.elf: every page" \
		tests/dumps/oracle.py "$dir/vmcore.elf" "$dir/truth"
	if scripts/elfcore vmcoreinfo "$dir/vmcore.elf" | grep -q compound_info; then
		cell "$row" panic "after a panic, vmcore.d31.lzo: what was left" \
			tests/dumps/lacking.py "$BUILD/mmapinfo" "$dir/vmcore.elf" excluded \
			"$dir/vmcore.d31.lzo"
	else
		cell "$row" panic "after a panic, vmcore.d31.lzo: every page" \
			tests/dumps/oracle.py "$dir/vmcore.d31.lzo" "$dir/truth"
	fi
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
			scripts/make-dump "${name%-la48}-panic"
		}
	done >/dev/null 2>&1 </dev/null
}

suite_kernels() {
	local name dir release
	mkdir -p "$BUILD"
	: >"$RESULTS"
	make_ahead &
	for name in $(matrix_dumps); do
		matrix_dump "$name" || continue
		check_pages "$name"
		all_checks "$name" || continue
		check_sources "$name"
		matrix_dump "${name%-la48}-panic" && check_panic "${name%-la48}-panic"
	done
	wait
	echo
	scripts/support-table "$RESULTS"
	[ "$KERNELS" != all ] || run_step "docs/support.md is this table" \
		scripts/support-table --check "$RESULTS" docs/support.md
}
