#!/usr/bin/env bash
# Install the recorder's sources into an empty directory, and have DKMS build the module from
# there for this Debian's kernel, as a machine would on which that kernel is installed.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
root=$tap_dir/root
prefix=/opt/mmapinfo
at=$root$prefix
version=$(sed -n 's/^VERSION := //p' Makefile)
sources=$at/src/mmaprec-$version
PATH=$PATH:/sbin:/usr/sbin

make -s install-recorder DESTDIR="$root" PREFIX=$prefix >"$tap_dir/log" 2>&1
ok $? "make install-recorder" "$tap_dir/log"
[ -f "$at/share/man/man8/mmaprec.8" ] && [ -f "$at/share/doc/mmapinfo/recorder.md" ]
ok $? "manual and documents are there"
(cd extension/recorder && git ls-files) | sort >"$tap_dir/wanted"
(cd "$sources" && find . -type f -printf '%P\n') | sort >"$tap_dir/installed"
diff "$tap_dir/wanted" "$tap_dir/installed" >"$tap_dir/diff"
ok $? "all sources are there, and nothing else" "$tap_dir/diff"
grep -qx "PACKAGE_VERSION=\"$version\"" "$sources/dkms.conf" &&
	grep -q "define MR_VERSION \"$version\"" "$sources/mmaprec.h"
ok $? "dkms.conf and the module have the version of all else"

# The headers where they are, not under /usr/src: one line of theirs says where they belong.
kernel=$(scripts/fetch-kernel --headers 6.1 2>"$tap_dir/log")
ok $? "headers of a kernel" "$tap_dir/log"
release=$(cat "$kernel/release")
cp -al "$kernel/headers/usr" "$tap_dir/usr" 2>/dev/null || cp -a "$kernel/headers/usr" "$tap_dir/usr"
headers=$tap_dir/usr/src/linux-headers-$release
sed "s|/usr/src/|$tap_dir/usr/src/|" "$headers/Makefile" >"$tap_dir/Makefile"
mv "$tap_dir/Makefile" "$headers/Makefile"

with_dkms() {
	dkms "$@" -m mmaprec -v "$version" -k "$release" -a x86_64 --dkmstree "$tap_dir/dkms" \
		--sourcetree "$at/src" --installtree "$tap_dir/modules" \
		--kernelsourcedir "$headers" >"$tap_dir/log" 2>&1
}

mkdir "$tap_dir/dkms" "$tap_dir/modules"
with_dkms add
ok $? "dkms add" "$tap_dir/log"
with_dkms build
ok $? "dkms build" "$tap_dir/log" "$tap_dir/dkms/mmaprec/$version/build/make.log"
built=$(find "$tap_dir/dkms/mmaprec/$version/$release" -name 'mmaprec.ko*')
[ -n "$built" ]
ok $? "there is a module"
modinfo "$built" >"$tap_dir/info" 2>&1
ok $? "modinfo" "$tap_dir/info"

says() {
	grep -Eq "$1" "$tap_dir/info"
	ok $? "modinfo: $2" "$tap_dir/info"
}
says "^vermagic: +$release " "it is of that kernel"
says '^license: +GPL$' "license"
says "^version: +$version\$" "version"
says '^description: +[A-Z]' "description"
grep -hoE '^module_param(_named)?\([a-z_]+' extension/recorder/*.c | sed 's/.*(//' | sort \
	>"$tap_dir/parameters"
[ -s "$tap_dir/parameters" ]
ok $? "the module has parameters"
while read -r parameter; do
	says "^parm: +$parameter:.{20}" "$parameter is described"
	grep -Eq "^\\.It Cm $parameter\\b" docs/mmaprec.8
	ok $? "mmaprec(8): $parameter"
done <"$tap_dir/parameters"

# A kernel without what it attaches to is left out.
sed 's/^CONFIG_KPROBES=y/# CONFIG_KPROBES is not set/' "$headers/.config" >"$tap_dir/.config"
mv "$tap_dir/.config" "$headers/.config"
with_dkms unbuild
with_dkms build
[ $? -eq 77 ]
ok $? "a kernel without kprobes is left out, which is no failure" "$tap_dir/log"

make -s uninstall-recorder DESTDIR="$root" PREFIX=$prefix >"$tap_dir/log" 2>&1
find "$root" -type f -o -type l >"$tap_dir/left"
[ ! -s "$tap_dir/left" ]
ok $? "make uninstall-recorder leaves nothing" "$tap_dir/left"
done_testing
