# shellcheck shell=bash
# What bench-live measures, in a guest and on this machine; sourced there.

said=${said:-/tmp} # a directory for what the two say
PAGES=1048576
RUNS=7
TIMEFORMAT="%R %U %S"

# hold DIR: somebody has so many pages of a file in there; sets address, holder
hold() {
	mkfifo "$1/at"
	bench-pagemap hold "$1/file" $PAGES >"$1/at" &
	read -r address holder <"$1/at"
}

# one NAME COMMAND...: seconds of real, user and system time; what it says of the pages
one() {
	local name=$1
	shift
	{ time "$@" >"$said/out" 2>"$said/err"; } 2>"$said/took" ||
		echo "failed $name: $(head -n 2 "$said/err")"
	echo "took $name $(cat "$said/took")"
	grep -E "^TOTAL|^[0-9]+ pages" "$said/out" >"$said/$name"
}

# compare PID COMMAND...: the kernel's own of who holds pages, and mmapinfo of PID
compare() {
	local pid=$1 run
	shift
	for ((run = 0; run < RUNS; run++)); do
		one pagemap bench-pagemap read "$holder" "$address" $PAGES
		one mmapinfo "$@" "$pid"
		one start-up "$@" 1
	done
	sed 's/^/kernel said /' "$said/pagemap"
	sed 's/^/mmapinfo said /' "$said/mmapinfo"
}
