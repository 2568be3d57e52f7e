# shellcheck shell=bash
# Shared by the scripts here; to be sourced.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CACHE=${MMAPINFO_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mmapinfo}
SELF=$(basename "$0")
export TOP CACHE

say() { printf '%s: %s\n' "$SELF" "$*" >&2; }
die() { say "$*"; exit 1; }

# A work directory beside its destination, so that the final rename is atomic.
# It goes away with the script, however that ends.
WORKDIR=
make_workdir() {
	mkdir -p "$1"
	WORKDIR=$(mktemp -d "$1/.work.XXXXXX")
	trap drop_workdir EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

drop_workdir() {
	[ -z "$WORKDIR" ] || rm -rf "$WORKDIR"
	WORKDIR=
}

# Puts a finished directory in place of whatever stands there.
publish_dir() {
	local from=$1 to=$2
	chmod 755 "$from"
	rm -rf "$to.old"
	[ ! -e "$to" ] || mv -T "$to" "$to.old"
	mv -T "$from" "$to"
	rm -rf "$to.old"
}

need() {
	local tool
	for tool in "$@"; do
		command -v "$tool" >/dev/null ||
			die "$tool is missing; run scripts/setup test"
	done
}
