#!/usr/bin/env bash
# Dumps of kernels before 4.0 whose VMCOREINFO tells less, or is missing: the answer is that
# of the intact dump, byte for byte. A vmlinux of another build is refused.
#   old_note.sh BUILD-DIR KERNEL OTHER-KERNEL	of the synthetic dumps
set -uo pipefail
. "$(dirname "$0")/../tap.sh"
build=$1
dump=$build/tests/synth/$2.vmcore
vmlinux=$build/tests/synth/$2.vmlinux
other=$build/tests/synth/$3.vmlinux
mi=$build/mmapinfo
. "$(dirname "$0")/note.sh"

# answers DUMP: one process whole, and what is pending
answers() {
	"$mi" -c "$1" -s "$vmlinux" --json --pages 700
	"$mi" -c "$1" -s "$vmlinux" --json --requests
}

sources() {
	"$mi" -c "$1" -s "$vmlinux" --sources 700
}

intact
# i386 has no such thing, and tells of PAE or of nothing; arm tells nothing at all.
case $2 in
*_i386 | *_arm*) ;;
*_pae) same "no word of PAE" '^translation +yes .*3 levels' 'drop=CONFIG_X86_PAE' ;;
*) same "no place of phys_base" '^translation +yes' \
	'drop=SYMBOL\(phys_base\)|NUMBER\(phys_base\)' ;;
esac
same "no note" '^vmcoreinfo +yes .*symbols of the vmlinux' missing
same "no note" '^vmlinux +yes .*by its linux_banner' missing
fails "another kernel's vmlinux" 1 'does not belong to this dump' \
	"$mi" -c "$dump" -s "$other" 700
"$unnote" "$dump" "$copy" missing || echo "Bail out!"
fails "no note, another kernel's vmlinux" 1 \
	'nor do the symbols|does not belong to this dump' "$mi" -c "$copy" -s "$other" 700
fails "no note, no vmlinux" 1 "no VMCOREINFO.*give its vmlinux with -s" "$mi" -c "$copy" 700
done_testing
