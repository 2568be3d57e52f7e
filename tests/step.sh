#!/usr/bin/env bash
# One command as one TAP test: ok if it succeeds.
#   step.sh COMMAND...
. "$(dirname "$0")/tap.sh"
"$@" >"$tap_dir/out" 2>&1
status=$?
tail -n 25 "$tap_dir/out" >"$tap_dir/tail"
ok $status "status $status" "$tap_dir/tail"
done_testing
