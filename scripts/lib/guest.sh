# shellcheck shell=bash
# Building the programs that run inside a test guest; to be sourced.

GUEST_SOURCES=$TOP/tests/guest
GUEST_CFLAGS=(-std=gnu11 -D_FILE_OFFSET_BITS=64 -O2 -g0 -static -Wall -Wextra -Wshadow
	-Wmissing-prototypes)

# Builds init and workload into a directory. Static: a guest has no libraries.
build_guest() {
	local dir=$1 for_init for_workload
	for_init=(init truth procs blocks files snapshot arena tar panic turns common)
	for_workload=(workload w_file w_path w_reclaim w_shmem w_anon w_vma w_task
		w_many w_large w_marks w_numa w_fs w_swap w_readahead w_slow w_fault
		disk_io w_disks w_plug w_locks w_crowd w_stacked w_fuse w_nfs nfs_server
		w_nonlinear w_prefault
		touch w_touch_file w_touch_chance w_touch_anon w_touch_wait arena tar common)
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
