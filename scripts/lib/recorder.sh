# shellcheck shell=bash
# Guests that the recording module runs in; to be sourced after common.sh and guest.sh.
# shellcheck disable=SC2034,SC2154

RECORDER_SOURCES=$TOP/tests/recorder/guest
QEMU_PID=

stop_recorder_guest() {
	[ -z "$QEMU_PID" ] || kill "$QEMU_PID" 2>/dev/null || true
	QEMU_PID=
	drop_workdir
}

build_recorder_init() {
	"${CC:-gcc}" "${GUEST_CFLAGS[@]}" -I"$GUEST_SOURCES" -o "$1" "$RECORDER_SOURCES"/*.c \
		"$GUEST_SOURCES"/{common,tar,arena,procs,nfs_server}.c ||
		die "cannot build the recorder's guest"
}

pattern() {
	head -c "$2" /dev/zero | tr '\0' 'x' >"$1"
}

# The file system that the scenes work on, and the raw disk for the truth.
make_recorder_disks() {
	local tree=$WORKDIR/tree name
	rm -rf "$WORKDIR"/*.img "$tree"
	mkdir "$tree"
	for name in random around sequential evict generations; do
		pattern "$tree/$name.dat" $((4 << 20))
	done
	pattern "$tree/write.dat" $((1 << 20))
	pattern "$tree/odd.dat" 200123
	truncate -s 128M "$WORKDIR/data.img" "$WORKDIR/truth.img"
	mke2fs -q -t ext4 -d "$tree" -E lazy_itable_init=0,lazy_journal_init=0 \
		"$WORKDIR/data.img" >&2
}

# A module and what it needs; the guest loads them when it wants to, as the file "order" has it.
# add_module KERNELDIR TREE MODULE [PARAMETERS]
add_module() {
	local kernel=$1 tree=$2 module=$3 file name
	mkdir "$tree/$module"
	modprobe -d "$kernel" -S "$(cat "$kernel/release")" --show-depends "$module" |
		awk '$1 == "insmod" { print $2 }' >"$WORKDIR/modules.$module"
	while read -r file; do
		name=/$module/$(basename "${file%%.ko*}").ko
		case $file in
		*.xz) xz -dc "$file" ;;
		*.zst) zstd -qdc "$file" ;;
		*.gz) gzip -dc "$file" ;;
		*) cat "$file" ;;
		esac >"$tree$name"
		echo "$name"
	done <"$WORKDIR/modules.$module" | sed "s/\/$module.ko\$/& ${4-}/" >"$tree/$module/order"
	[ -s "$tree/$module/order" ] || die "no $module for $(cat "$kernel/release")"
}

# make_recorder_initramfs KERNELDIR MODULE...
make_recorder_initramfs() {
	mkdir "$WORKDIR/files"
	cp "${@:2}" "$WORKDIR/files/"
	add_module "$1" "$WORKDIR/files" null_blk nr_devices=0
	add_module "$1" "$WORKDIR/files" nfsv3
	build_recorder_init "$WORKDIR/init"
	"$TOP/scripts/make-initramfs" "$1" "$WORKDIR/initramfs" "$WORKDIR/init" \
		"$WORKDIR/files" recorder
}

# One thread for all CPUs: with one each, a CPU may go on with code that another has
# patched long since, and loops on a breakpoint that is not there any more.
#
# start_recorder_guest KERNELDIR WHAT CONSOLE [APPEND]: in the background.
start_recorder_guest() {
	local kernel=$1 release name options=()
	release=$(cat "$kernel/release")
	for name in data truth; do
		options+=(-drive "if=none,id=$name,file=$WORKDIR/$name.img,format=raw,cache=unsafe"
			-device "virtio-blk-pci,drive=$name,serial=$name")
	done
	qemu-system-x86_64 -accel tcg,thread=single -cpu max,la57=off -smp 2 -m 512 \
		-nodefaults -display none -no-reboot \
		-kernel "$kernel/boot/vmlinuz-$release" -initrd "$WORKDIR/initramfs" \
		-append "console=ttyS0 loglevel=4 recorder=$2 ${4-}" \
		-serial "file:$3" -device vmcoreinfo \
		-qmp "unix:$WORKDIR/qmp,server=on,wait=off" "${options[@]}" >&2 9>&- &
	QEMU_PID=$!
}

# await_mark CONSOLE REGEX SECONDS: 0 when the guest says it; 1: it failed, ended or is late.
await_mark() {
	local until=$((SECONDS + $3))
	while ! grep -Eqs "$2" "$1"; do
		! grep -qs "MMAPINFO-GUEST-FAILED" "$1" || return 1
		# Not the one that is waited for: an emulated kernel that lost its way.
		! grep -qs "end Kernel panic" "$1" || { grep -Eqs "$2" "$1"; return; }
		kill -0 "$QEMU_PID" 2>/dev/null || { grep -Eqs "$2" "$1"; return; }
		[ "$SECONDS" -lt "$until" ] || return 1
		sleep 0.5
	done
}
