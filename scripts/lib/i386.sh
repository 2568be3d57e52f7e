# shellcheck shell=bash
# Guests of i386: what is different about the machine; to be sourced by make-dump, whose
# variables these are.
# shellcheck disable=SC2034,SC2154

# A part of the memory is out of the kernel's direct map: above 896 MiB, or where there is PAE
# above 4 GiB. QEMU for i386 emulates no PAE with memory there: that for x86-64 does.
machine_of_i386() {
	machine=(qemu-system-i386)
	memory=1152
	# On a busy machine the timer does not come when the kernel looks for it.
	append=no_timer_check
	case $series in
	*-pae) machine=(qemu-system-x86_64 -M "pc,max-ram-below-4g=640M") ;;
	*) cpu=max ;;
	esac
	guest_cc=i686-linux-gnu-gcc
	# makedumpfile knows the architecture it was built for alone.
	filtered="" formats=(kdump-zlib)
}
