# shellcheck shell=bash
# What all scripts have that run in a guest (run-script).
set -u
. /tap.sh
PATH=/bin

# Waits up to some seconds for a command to succeed.
await() {
	local i
	for ((i = 0; i < 400; i++)); do
		! "$@" || return 0
		sleep 0.05
	done
	return 1
}

pid_of() { ps -eo pid=,comm= | awk -v name="$1" '$2 == name { print $1 }'; }

has_answers() { [ "$(grep -c '^--- ' /tmp/out)" -ge "$1" ]; }

# start_victim DOING [SIZE]: it has begun when this returns; SIZE of the file that it maps
start_victim() {
	truncate -s "${2:-64K}" /tmp/file
	rm -f /tmp/ready
	mkfifo /tmp/ready
	victim "$1" /tmp/file >/tmp/ready &
	victim=$!
	read -r _ </tmp/ready
}

end_victim() {
	kill -KILL "$victim" 2>/dev/null
	wait "$victim" 2>/dev/null
}
