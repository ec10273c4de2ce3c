#!/bin/bash
# How often PROGRAM ends well in a control group (of the first version) with so little memory, in MiB: four runs under each limit.
#   limited.sh PROGRAM LIMIT... -- [NAME=VALUE]...      the variables, LD_PRELOAD among them, are the program's
set -euo pipefail
program=$1
shift
limits=()
while [[ $1 != -- ]]; do
    limits+=("$1")
    shift
done
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
echo "$*: $(($(<"$group/memory.max_usage_in_bytes") >> 20)) MiB without a limit"
for limit in "${limits[@]}"; do
    well=0
    for _ in 1 2 3 4; do
        if run $((limit << 20)) "$@"; then well=$((well + 1)); fi
    done
    echo "$*: $limit MiB: $well of 4"
done
