#!/usr/bin/env bash
# Install into an empty directory and use everything from there: command,
# manual, pkg-config, shared and static library, from C and from C++.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
. tests/tap.sh
root=$tap_dir/root
prefix=/opt/mmapinfo
at=$root$prefix
demo=$PWD/vmcores/demo/vmcore

make -s install DESTDIR="$root" PREFIX=$prefix >"$tap_dir/log" 2>&1
ok $? "make install" "$tap_dir/log"

"$at/bin/mmapinfo" -c "$demo" 1 >"$tap_dir/out" 2>&1 && grep -q '^PID 1 ' "$tap_dir/out"
ok $? "the installed command" "$tap_dir/out"
[ -f "$at/share/man/man1/mmapinfo.1" ] && [ -f "$at/lib/crash/extensions/mmapinfo.so" ]
ok $? "manual and crash extension are there"

"$at/bin/mmapinfo-triage" --one "$demo" >"$tap_dir/out" 2>&1 &&
	jq -e '.calls.check.status == "ok" and .blocked.looked_at > 0' "$tap_dir/out" >"$tap_dir/log" &&
	[ -f "$at/share/man/man1/mmapinfo-triage.1" ] && [ -x "$at/bin/mmapinfo-triage" ]
ok $? "the installed mmapinfo-triage, with the mmapinfo beside it" "$tap_dir/out"

cmp -s extension/drgn/mmapinfo.py "$at/lib/python3/dist-packages/mmapinfo.py"
ok $? "the module for drgn is there"

nm -D --defined-only "$at/lib/libmmapinfo.so" | awk '{ print $3 }' | sort >"$tap_dir/exported"
[ -s "$tap_dir/exported" ] && ! grep -Ev '^(mi_[a-z_]+@@MMAPINFO_1|MMAPINFO_1.*)$' "$tap_dir/exported"
ok $? "only versioned mi_ names are exported" "$tap_dir/exported"
grep -o 'mi_[a-z_]*' "$tap_dir/exported" | sort -u >"$tap_dir/in_lib"
grep -o '\bmi_[a-z_]*(' libsrc/include/mmapinfo.h | tr -d '(' | sort -u >"$tap_dir/in_header"
comm -23 "$tap_dir/in_lib" "$tap_dir/in_header" >"$tap_dir/undocumented"
[ ! -s "$tap_dir/undocumented" ]
ok $? "every exported name is in the public header" "$tap_dir/undocumented"

export PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_PATH=$at/lib/pkgconfig
for lang in c c++; do
	compiler=cc
	[ $lang = c ] || compiler=c++
	# shellcheck disable=SC2046 # flags are words
	$compiler -Wall -Wextra -Werror -x $lang docs/example.c -x none -o "$tap_dir/example-$lang" \
		$(pkg-config --cflags --libs libmmapinfo) >"$tap_dir/log" 2>&1
	ok $? "the example compiles as $lang" "$tap_dir/log"
	LD_LIBRARY_PATH=$at/lib "$tap_dir/example-$lang" "$demo" 1 >"$tap_dir/out" 2>&1 &&
		grep -q '"schema"' "$tap_dir/out"
	ok $? "and answers" "$tap_dir/out"
done
# shellcheck disable=SC2046 # flags are words
cc docs/example.c -o "$tap_dir/example-static" \
	$(pkg-config --cflags --libs --static libmmapinfo | sed 's/-lmmapinfo/-l:libmmapinfo.a/') \
	>"$tap_dir/log" 2>&1
ok $? "the example with the static library" "$tap_dir/log"
"$tap_dir/example-static" "$demo" 1 >"$tap_dir/out" 2>&1 && grep -q '"schema"' "$tap_dir/out" &&
	! ldd "$tap_dir/example-static" | grep -q libmmapinfo
ok $? "and answers without the shared one" "$tap_dir/out"
LD_LIBRARY_PATH=$at/lib "$tap_dir/example-c" /nonexistent 1 >"$tap_dir/out" 2>&1
[ $? -eq 1 ] && grep -q 'No such file' "$tap_dir/out"
ok $? "and fails well" "$tap_dir/out"

make -s uninstall DESTDIR="$root" PREFIX=$prefix >"$tap_dir/log" 2>&1
find "$root" -type f -o -type l >"$tap_dir/left"
[ ! -s "$tap_dir/left" ]
ok $? "make uninstall leaves nothing" "$tap_dir/left"
done_testing
