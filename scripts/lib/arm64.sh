# shellcheck shell=bash
# Guests of arm64: what is different about the machine; to be sourced by make-dump, whose
# variables these are.
# shellcheck disable=SC2034,SC2154

# The oldest CPU sets no "accessed" or "dirty" bit itself, the newest sets both, signs return
# addresses, and has addresses of 52 bits for kernels that can use them.
machine_of_arm64() {
	machine=(qemu-system-aarch64 -M virt)
	console=ttyAMA0
	guest_cc=aarch64-linux-gnu-gcc
	# makedumpfile knows the architecture it was built for alone.
	filtered="" formats=(kdump-zlib)
	# The machine has one serial line. The second of these is the host's word.
	[ "$variant" != touch ] ||
		machine+=(-chardev "null,id=nobody" -device "pci-serial,chardev=nobody"
			-device "pci-serial,chardev=word")
	case $cpu in
	max) cpu=max,pauth-impdef=on ;;
	*) cpu=cortex-a57 ;;
	esac
}
