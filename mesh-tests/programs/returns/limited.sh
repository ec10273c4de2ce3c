#!/bin/bash
# How little memory a control group (of the first version) may have before PROGRAM is killed in it: tried in halves, in MiB.
#   limited.sh PROGRAM [NAME=VALUE]...      the variables, LD_PRELOAD among them, are the program's
# Prints what the group used at most without a limit, and the least limit under which the program ended well.
set -euo pipefail
program=$1
shift
group=/sys/fs/cgroup/memory/mesh-limited-$$
mkdir "$group"
trap 'rmdir "$group"' EXIT

# Runs the program under a limit of so many bytes.
run() {
    echo 0 >"$group/memory.force_empty"
    echo "$1" >"$group/memory.limit_in_bytes"
    echo 0 >"$group/memory.max_usage_in_bytes"
    (
        echo 0 >"$group/cgroup.procs"
        exec env "${@:2}" "$program"
    ) >/dev/null 2>&1
}

run -1 "$@"
peak=$(($(<"$group/memory.max_usage_in_bytes") >> 20))
low=20 high=$((peak + 2))
while ((high - low > 2)); do
    middle=$(((low + high) / 2))
    if run $((middle << 20)) "$@"; then high=$middle; else low=$middle; fi
done
echo "peak $peak, least $high: $*"
