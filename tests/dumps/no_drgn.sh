#!/usr/bin/env bash
# drgn that cannot be used: one line says why, and nothing is read by other means.
#   no_drgn.sh MMAPINFO VMCORE
# Debian 12's python3-drgn is one that hides the C interface.
. "$(dirname "$0")/../tap.sh"
mi=$1 core=$2

file=$(echo /usr/lib/python3/dist-packages/_drgn.cpython-*.so)
[ -f "$file" ]
ok $? "python3-drgn is installed"
fails "a drgn without C interface" 1 "does not have drgn_[a-z_]*\(\): drgn 0.0.31 or newer" \
	"$mi" -c "$core" --via drgn 1
fails "the same, by its name" 1 "does not have drgn_[a-z_]*\(\): drgn 0.0.31 or newer" \
	"$mi" -c "$core" --via "drgn=$file" 1
fails "a file that is not there" 1 "no-such-file.so" "$mi" -c "$core" --via drgn=/no-such-file.so 1
fails "another library" 1 "does not have drgn_" "$mi" -c "$core" --via drgn=libc.so.6 1
fails "no library" 1 "drgn" "$mi" -c "$core" --via "drgn=$core" 1
fails "the module of a Python that is not there" 1 "libpython3.998.so.1.0, which cannot be" \
	"$mi" -c "$core" --via drgn=/_drgn.cpython-3998-x86_64.so 1
fails "of the running kernel" 1 "does not have drgn_" "$mi" --via drgn 1
fails "another name" 2 "is drgn, or drgn=FILE" "$mi" -c "$core" --via gdb 1
done_testing
