# shellcheck shell=bash
# Dumps of a kernel that panics: what its guest needs beyond that of others,
# and how the crash kernel's dumps come back; to be sourced by make-dump, whose
# variables these are.
# shellcheck disable=SC2034,SC2154

SAVED_MARK=MMAPINFO-GUEST-SAVED

# What the crash kernel needs. It must lie in one piece wherever in memory the
# kernel is put, which is at random: so it is less than half of what there is.
CRASH_MEMORY=160

# What is different about this guest.
guest_that_panics() {
	panics=1
	# Half of the memory is the crash kernel's: there is no room for all scenarios.
	memory=512
	variant=demo
	append="crashkernel=${CRASH_MEMORY}M ending=panic"
}

# The makedumpfile for this kernel and the libraries that it is linked with, as a
# program that runs where nothing else is. One that was fetched has its own.
add_makedumpfile() {
	local to=$1 tool loader lib
	tool=$(command -v "$(filter_tool)")
	loader=/lib64/ld-linux-x86-64.so.2
	local -a list=("$loader" --list)
	if [ -d "$(dirname "$tool")/tree" ]; then
		lib=$(dirname "$tool")/tree/usr/lib/x86_64-linux-gnu
		loader=$lib/ld-linux-x86-64.so.2
		list=("$loader" --library-path "$lib" --list)
		tool=$(dirname "$tool")/tree/usr/bin/makedumpfile
	fi
	mkdir -p "$to/bin" "$to/lib64" "$to/lib/x86_64-linux-gnu"
	cp -L "$tool" "$to/bin/makedumpfile"
	cp -L "$loader" "$to/lib64/ld-linux-x86-64.so.2"
	"${list[@]}" "$tool" | awk '$2 == "=>" { print $3 }' |
		xargs -I{} cp -L {} "$to/lib/x86_64-linux-gnu/"
}

# The crash kernel is the kernel itself, its initramfs holds makedumpfile. Both
# go into /crash of a tree for the first kernel's initramfs.
make_crash_tree() {
	local tree=$1 release
	release=$(cat "$kernel/release")
	mkdir -p "$tree/crash"
	cp "$kernel/boot/vmlinuz-$release" "$tree/crash/vmlinuz"
	add_makedumpfile "$WORKDIR/crash"
	"$TOP/scripts/make-initramfs" "$kernel" "$tree/crash/initramfs" \
		"$WORKDIR/bin/init" "$WORKDIR/crash"
}

# One disk with room for all dumps, and one on which not even one fits.
make_crash_disks() {
	need debugfs
	disks+=(dump small)
	truncate -s 2G "$WORKDIR/dump.img"
	truncate -s 16M "$WORKDIR/small.img"
	mke2fs -q -t ext4 -m 0 -E lazy_itable_init=0,lazy_journal_init=0 \
		"$WORKDIR/dump.img" >&2
	mke2fs -q -t ext4 -m 0 -O ^has_journal "$WORKDIR/small.img" >&2
}

wait_until_saved() {
	local until=$((SECONDS + timeout))
	while kill -0 "$QEMU_PID" 2>/dev/null && [ "$SECONDS" -lt "$until" ]; do
		sleep 0.3
	done
	kill "$QEMU_PID" 2>/dev/null || true
	wait "$QEMU_PID" 2>/dev/null || true
	QEMU_PID=
	! grep -qs "$FAILED_MARK" "$out/console.log" ||
		guest_failed "the crash kernel reports a failure"
	grep -qs "^$SAVED_MARK" "$out/console.log"
}

# The crash kernel boots as any other, so it is tried again like any other; but
# from the start, with fresh disks.
wait_for_crash_kernel() {
	local attempt
	for attempt in 1 2; do
		! wait_until_saved || return 0
		say "$name: the crash kernel saved nothing; trying again"
		mv "$out/console.log" "$CACHE/dumps/$name.failed.log"
		rm -f "$WORKDIR"/*.img
		make_disks
		boot_guest
	done
	wait_until_saved || guest_failed "the crash kernel saved nothing"
}

# All files of a disk that the guest has unmounted.
read_disk() {
	mkdir "$WORKDIR/files"
	debugfs -R "rdump / $WORKDIR/files" "$1" >&2 2>"$WORKDIR/debugfs" ||
		die "cannot read the disk: $(cat "$WORKDIR/debugfs")"
	mv "$WORKDIR"/files/vmcore.* "$out/"
	rm -rf "$WORKDIR/files"
}

take_crash_dumps() {
	wait_for_crash_kernel
	read_disk "$WORKDIR/dump.img"
	read_disk "$WORKDIR/small.img"
	chmod 644 "$out"/vmcore.*
	fallocate --dig-holes "$out/vmcore.elf"
}
