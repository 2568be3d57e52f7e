# shellcheck shell=bash
# Building the programs that run inside a test guest; to be sourced.

GUEST_SOURCES=$TOP/tests/guest
GUEST_CFLAGS=(-std=gnu11 -O2 -g0 -static -Wall -Wextra -Wshadow
	-Wmissing-prototypes)

# Builds init and workload into a directory. Static: a guest has no libraries.
build_guest() {
	local dir=$1 for_init for_workload
	for_init=(init truth procs files snapshot arena tar panic common)
	for_workload=(workload w_file w_path w_reclaim w_shmem w_anon w_vma w_task
		w_many w_large w_marks w_numa w_fs w_swap w_slow
		common)
	mkdir -p "$dir"
	compile_guest "$dir/init" "${for_init[@]}"
	compile_guest "$dir/workload" "${for_workload[@]}"
}

compile_guest() {
	local out=$1 sources
	shift
	sources=("${@/#/$GUEST_SOURCES/}")
	"${CC:-gcc}" "${GUEST_CFLAGS[@]}" -o "$out" \
		"${sources[@]/%/.c}" -pthread ||
		die "cannot build $(basename "$out") of the guest"
}
