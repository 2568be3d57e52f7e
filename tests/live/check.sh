# shellcheck shell=bash
# mmapinfo check of the running kernel, in a guest (run-script): what changes while it is looked at
# is no finding.
. /in-guest.sh

# finds_nothing NAME
finds_nothing() {
	mmapinfo check --severity error >/tmp/out 2>/tmp/err
	ok $? "$1: nothing is found" /tmp/out
	grep -q "^CHECKED  [1-9][0-9]* rules, [1-9][0-9]* processes" /tmp/out && [ ! -s /tmp/err ]
	ok $? "$1: it was looked for" /tmp/err
}

finds_nothing "at rest"
start_victim spin 32M
finds_nothing "a process that writes to its mapping"
end_victim
start_victim grow
finds_nothing "a process that maps more and more"
end_victim
while :; do (true); done &
forks=$!
finds_nothing "processes that come and go"
{ while :; do cat /bin/bash >/tmp/copy; rm /tmp/copy; done; } &
files=$!
finds_nothing "and files"
kill -KILL "$forks" "$files"
wait "$forks" "$files" 2>/dev/null
mmapinfo check --rule rss,mapcount,nrpages --format tap >/tmp/out
ok $? "some rules"
[ "$(grep -c '^ok' /tmp/out)" -eq 3 ] && ! grep -q SKIP /tmp/out
ok $? "each of them was applied" /tmp/out

# What is the same at both looks is told; what time it is, is not.
cat >/tmp/expect.json <<EXPECT
[
  {"name": "stays", "message": "PID 1 is there", "about": "process",
   "finds": "select(.process.pid == 1) | {text: .process.comm, at: now}"},
  {"name": "changes", "message": "time goes by", "about": "process", "finds": "now | tostring"},
  {"name": "holds", "message": "no process at all", "about": "processes",
   "expect": ".processes | length > 0"}
]
EXPECT
mmapinfo check --rule none --expect /tmp/expect.json --format tap >/tmp/out 2>/tmp/err
[ $? -eq 1 ] && grep -q '^not ok 1 - stays: 1 findings$' /tmp/out
ok $? "an expectation: what is found twice" /tmp/out
grep -q '^ok 2 - changes$' /tmp/out && grep -q '^ok 3 - holds$' /tmp/out && [ ! -s /tmp/err ]
ok $? "an expectation: what is found but once is forgotten" /tmp/out
done_testing
