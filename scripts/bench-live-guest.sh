#!/bin/bash
# What bench-live runs in its guest.
# shellcheck source=/dev/null
. /in-guest.sh

PAGES=1048576
RUNS=7
TIMEFORMAT="%R %U %S"

mkdir /tmp/big
mount -t tmpfs -o size=90% big /tmp/big
mkfifo /tmp/at
bench-pagemap hold /tmp/big/file $PAGES >/tmp/at &
read -r address pid </tmp/at

# one NAME COMMAND...: seconds of real, user and system time; what it says of the pages
one() {
	local name=$1
	shift
	{ time "$@" >/tmp/out 2>/tmp/err; } 2>/tmp/took || echo "failed $name: $(head -n 2 /tmp/err)"
	echo "took $name $(cat /tmp/took)"
	grep -E "^TOTAL|^[0-9]+ pages" /tmp/out >"/tmp/said.$name"
}

for ((run = 0; run < RUNS; run++)); do
	one pagemap bench-pagemap read "$pid" "$address" $PAGES
	one mmapinfo mmapinfo "$pid"
	one start-up mmapinfo 1
done
sed 's/^/kernel said /' /tmp/said.pagemap
sed 's/^/mmapinfo said /' /tmp/said.mmapinfo
