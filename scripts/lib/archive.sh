# shellcheck shell=bash
# The Debian archive this system installs from, other suites of it included;
# to be sourced after common.sh. No archive's address is written down here.

# The archive's address. Not of -updates or -security: theirs need not hold
# other suites.
archive_url() {
	# shellcheck disable=SC2016 # apt-get expands it
	apt-get indextargets --format '$(REPO_URI) $(CODENAME)' \
		'Created-By: Packages' 'Label: Debian' |
		awk '$2 !~ /-/ { print $1; exit }'
}

system_suite() {
	(. /etc/os-release && echo "${VERSION_CODENAME-}")
}

# Sets APT to the options with which apt-get and apt-cache see one suite. The
# system's own suite is seen as the system does, security updates included;
# any other, or that of another architecture, by an index of its own, which leaves
# the system alone.
use_suite() {
	local suite=$1 arch=${2:-} dir=$CACHE/apt/$1${2:+-$2} url
	# Root's own directories are closed to apt's download user.
	APT=(-o APT::Sandbox::User=root)
	APT_SUITE=$suite
	[ -n "$arch" ] || [ "$suite" != "$(system_suite)" ] || return 0
	mkdir -p "$dir/lists/partial" "$dir/cache"
	APT+=(-o "Dir::Etc::sourcelist=$dir/sources" -o Dir::Etc::sourceparts=-
		-o "Dir::State::lists=$dir/lists" -o "Dir::Cache=$dir/cache")
	[ -z "$arch" ] || APT+=(-o "APT::Architecture=$arch" -o "APT::Architectures=$arch"
		-o Dir::State::status=/dev/null)
	[ ! -s "$dir/sources" ] || return 0
	url=$(archive_url)
	[ -n "$url" ] || {
		refresh_system
		url=$(archive_url)
	}
	[ -n "$url" ] || die "apt knows no Debian archive"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $url $suite main" \
		>"$dir/sources.new"
	mv "$dir/sources.new" "$dir/sources"
}

refresh_system() {
	[ "$(id -u)" -eq 0 ] ||
		die "no package index: run 'apt-get update' as root first"
	apt-get -qq update >&2 || die "apt-get update failed"
}

refresh_suite() {
	say "fetching the package index of $APT_SUITE"
	[ "${#APT[@]}" -gt 2 ] || { refresh_system; return; }
	apt-get -qq "${APT[@]}" update >&2 || die "apt-get update of $APT_SUITE failed"
}

# Downloads packages of the suite into a directory, which it empties first.
# Versions vanish from the archive, so an index that is too old is renewed once.
download_packages() {
	local dir=$1
	shift
	rm -rf "$dir" && mkdir -p "$dir"
	say "downloading $*"
	(cd "$dir" && apt-get -qq "${APT[@]}" download "$@" >&2) || {
		refresh_suite
		(cd "$dir" && apt-get -qq "${APT[@]}" download "$@" >&2) ||
			die "cannot download $*"
	}
}
