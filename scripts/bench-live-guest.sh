#!/bin/bash
# What bench-live runs in its guest.
# shellcheck source=/dev/null
. /in-guest.sh
# shellcheck source=/dev/null
. bench-live.sh

mkdir /tmp/big
mount -t tmpfs -o size=90% big /tmp/big
hold /tmp/big
# shellcheck disable=SC2154 # set by hold
compare "$holder" mmapinfo
