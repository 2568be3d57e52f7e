# shellcheck shell=bash
# --ns of the running kernel, in a guest (run-script), and mmapinfo in a container.
. /in-guest.sh

numbers() { sed -n "s/^NSpid:[[:space:]]*//p" "/proc/$1/status" 2>/dev/null; }
find_inner() {
	local p
	for p in /proc/[0-9]*; do
		[ "$(cat "$p/comm" 2>/dev/null)" = victim ] || continue
		inner=${p#/proc/}
		[ "$(numbers "$inner" | wc -w)" -eq 2 ] && return 0
	done
	return 1
}

# is NAME OPTION...: the answer is for the process in the container
is() {
	local name=$1
	shift
	mmapinfo "$@" >/tmp/out 2>/tmp/err
	head -n 1 /tmp/out | grep -q "^PID $inner  victim .*  in PID namespaces $number  "
	ok $? "$name" /tmp/out /tmp/err
}

truncate -s 64K /tmp/file
# Its number in there is not that of another by chance: sh is 1, what it starts comes behind.
unshare --pid --fork bash -c 'true & true & wait; victim spin /tmp/file >/dev/null & wait' &
await find_inner
ok $? "a process in a PID namespace"
number=$(numbers "$inner" | awk '{ print $2 }')
inode=$(readlink "/proc/$inner/ns/pid" | tr -dc 0-9)

is "by the PID of a process in it" --ns "$inner" "$number"
is "by the inode number" --ns "$inode" "$number"
is "by what the link says" --ns "pid:[$inode]" "$number"
is "by the path" --ns "/proc/$inner/ns/pid" "$number"
is "stopped" --ns "/proc/$inner/ns/pid" --stable "$number"
sed 1q /tmp/out | grep -q "T (stopped)" && ! grep -q '^State:.T' "/proc/$inner/status"
ok $? "and going on" /tmp/out
is "by its own PID" "$inner"
mmapinfo --ns "$inner" "$number" --json | grep -q "\"namespace_pids\":\[$number\]"
ok $? "JSON has both numbers"
fails "another kind of namespace" 1 "is no PID namespace" mmapinfo --ns /proc/self/ns/net 1
fails "no namespace" 1 "is no PID namespace" mmapinfo --ns /tmp/file 1
fails "no file" 1 "No such file" mmapinfo --ns /proc/4194000/ns/pid 1
fails "nobody with that number" 1 "no task has PID 4194000" mmapinfo --ns "$inner" 4194000

# In a container, with a /proc of its own.
container() { unshare --pid --fork --mount --mount-proc bash -c "$1"; }
container 'mmapinfo --ns /proc/self/ns/pid $$' >/tmp/out 2>/tmp/err
head -n 1 /tmp/out | grep -q "in PID namespaces 1  "
ok $? "in a container: its own PIDs by --ns" /tmp/out /tmp/err
container 'mmapinfo 1' >/tmp/out 2>/tmp/err
grep -q "^PID 1 .* parent 0  task" /tmp/out
ok $? "in a container: else those of the host" /tmp/out /tmp/err
fails "in a container: nothing is stopped" 1 "a PID namespace of its own" \
	unshare --pid --fork --mount --mount-proc mmapinfo --stable "$inner"
kill -KILL "$inner"
done_testing
