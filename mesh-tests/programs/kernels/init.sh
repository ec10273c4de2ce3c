#!/bin/bash
# The first process of a guest that scripts/other-kernels has booted. What it says on the second serial port: a line that begins with "ok: "
# or "FAILED: " for each check, and a last one with the word that the kernel's command line gives it, and how many there were of each.
#
# From the command line: `guest_word`; `guest_barrier`, the write barrier that this kernel should permit; `guest_levels` of its tables of pages; `guest_short`, if not all is to be run.
set -u
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 PYTHONHASHSEED=0
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/shm /dev/pts
mount -t tmpfs shm /dev/shm
mount -t devpts pts /dev/pts
ln -s /proc/self/fd /dev/fd
chmod 1777 /tmp /dev/shm
stty -F /dev/ttyS1 raw
exec </dev/null >/dev/ttyS1 2>&1

here=/mesh
passed=0 failed=0
passes() { passed=$((passed + 1)); echo "ok: $*"; }
# What the last run printed follows, without its summary.
fails() {
    failed=$((failed + 1))
    echo "FAILED: $*"
    grep -h -v -E '^ *[]{},"[]' /tmp/said /tmp/errors | sed 's/^/    /' | tail -n 30
}
note() { echo "note: $*"; }

# Runs a command, with or without words like NAME=VALUE before it: `status`, /tmp/said, /tmp/errors.
plain() {
    timeout --signal=KILL 900 env "$@" >/tmp/said 2>/tmp/errors
    status=$?
}
# The same under the library, in a hurry.
under() { plain LD_PRELOAD="$here/libmesh.so" MALLOCSTATS=json MESH_PERIOD_MS=1 "$@"; }
# A number or a word of the last summary that was printed.
figure() { sed -n "s/^  \"$1\": \"\\{0,1\\}\\([^\",]*\\)\"\\{0,1\\},\$/\\1/p" /tmp/errors | tail -n 1; }

# What a run was like: WHAT, BARRIER. It ended well, and there are meshes behind that barrier.
judge() {
    local what=$1 barrier=$2 count
    count=$(figure mesh_count)
    if [ $status != 0 ]; then
        fails "$what: ended with $status"
    elif [ "$(figure barrier)" != "$barrier" ]; then
        fails "$what: the barrier is $(figure barrier) ($(figure barrier_reason)), not $barrier"
    elif [ "${count:-0}" = 0 ]; then
        fails "$what: nothing was meshed: $(figure refused) steps were refused; $(figure unmeshed_because)"
    else
        passes "$what: $count meshes, $barrier"
    fi
}
# Runs a program that prints a line for each check of its own: WHAT, BARRIER, and the command.
meshes() {
    local what=$1 barrier=$2
    shift 2
    under "$@"
    if [ $status = 0 ] && { ! grep -q '^ok ' /tmp/said || grep -v '^ok ' /tmp/said | grep -q -v -E '^[a-zA-Z]+ [0-9]+$'; }; then
        fails "$what: not all is well"
    else
        judge "$what" "$barrier"
    fi
}
# A command prints the same and ends alike without the library, and with it behind each barrier.
same() {
    local what=$1 wanted ended barrier
    shift
    rm -rf /tmp/work
    mkdir /tmp/work && cd /tmp/work || return
    plain "$@"
    wanted=$(cksum </tmp/said) ended=$status
    if [ "$ended" != 0 ]; then fails "$what: without the library it ended with $ended"; return; fi
    for barrier in "${barriers[@]}"; do
        cd / && rm -rf /tmp/work && mkdir /tmp/work && cd /tmp/work || return
        under "MESH_BARRIER=$barrier" "$@"
        if [ $status != "$ended" ]; then
            fails "$what, $barrier: ended with $status"
        elif [ "$(cksum </tmp/said)" != "$wanted" ]; then
            fails "$what, $barrier: says something else"
        elif [ "$(figure barrier)" != "$barrier" ] || grep -q '^ERROR: ld.so' /tmp/errors; then
            fails "$what, $barrier: not under the library, or behind $(figure barrier)"
        elif grep -q '^mesh: ' /tmp/errors; then
            fails "$what, $barrier: the library complains"
        else
            passes "$what, $barrier"
        fi
    done
    cd /
}
is() { if [ "$2" "$3" "$4" ]; then passes "$1: $2"; else fails "$1: $2, not $3 $4"; fi; }

: >/tmp/said
: >/tmp/errors
barriers=("$guest_barrier")
[ "$guest_barrier" = mprotect ] || barriers+=(mprotect)
note "Linux $(uname -r), $(getconf GNU_LIBC_VERSION), $(nproc) processors"

# The machine is what was asked for.
levels=4
# The flag is there only if the kernel uses it.
! grep -q -w la57 /proc/cpuinfo || levels=5
is "levels of tables" "$levels" = "$guest_levels"

# Which barrier there is, and why.
under "$here/heap" compacted
is "barrier" "$(figure barrier)" = "$guest_barrier"
under MESH_BARRIER=mprotect "$here/heap" compacted
is "mprotect, why" "$(figure barrier_reason)" = "as asked"
if [ "$guest_barrier" = mprotect ]; then
    under MESH_BARRIER=userfaultfd "$here/heap" compacted
    is "no userfaultfd, why" "$(figure barrier_reason)" = "the kernel lacks userfaultfd or a feature of it"
else
    nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    chmod 600 /dev/userfaultfd
    under "${nobody[@]}" "$here/heap" compacted
    is "nobody, why" "$(figure barrier_reason)" = "userfaultfd is not permitted"
    chmod 666 /dev/userfaultfd
    meshes "nobody, with the device" userfaultfd "${nobody[@]}" "$here/heap" compacted
    chmod 600 /dev/userfaultfd
    echo 1 >/proc/sys/vm/unprivileged_userfaultfd
    meshes "nobody, as the machine permits" userfaultfd "${nobody[@]}" "$here/heap" compacted
    echo 0 >/proc/sys/vm/unprivileged_userfaultfd
fi

# Heaps that mesh, threads, forks.
forks=(contents) threads=(mailboxes)
if [ -z "${guest_short-}" ]; then
    forks+=(beside-threads generations raw-clones signals handlers storm)
    threads+=(short-lives destructors cancellation heap-stacks)
fi
for barrier in "${barriers[@]}"; do
    meshes "threads and forks" "$barrier" MESH_BARRIER="$barrier" "$here/heap" by-itself
    for topic in "${forks[@]}"; do meshes "forks: $topic" "$barrier" MESH_BARRIER="$barrier" "$here/fork" "$topic"; done
done
for topic in "${threads[@]}"; do same "threads: $topic" "$here/threads" "$topic"; done
[ $levels = 4 ] || for barrier in "${barriers[@]}"; do
    meshes "beyond 47 bits" "$barrier" MESH_BARRIER="$barrier" "$here/heap" high
done
[ -n "${guest_short-}" ] || for barrier in "${barriers[@]}"; do
    meshes "in its own thread" "$barrier" MESH_BACKGROUND_THREAD=1 MESH_BARRIER="$barrier" "$here/heap" by-itself
    under MESH_BARRIER="$barrier" "$here/stress" --fragment --seconds=20
    judge "stress" "$barrier"
done

# Names of mappings, where the kernel knows any: they take no more mappings.
of() { sed -n "s/^$1 //p" /tmp/said; }
for barrier in "${barriers[@]}"; do
    meshes "without names" "$barrier" MESH_NAMES=0 MESH_BARRIER="$barrier" "$here/heap" names
    meshed=$(of meshed) free=$(of free)
    is "without names: named" $(($(of heap) + $(of shared) + $(of tables))) = 0
    meshes "names" "$barrier" MESH_BARRIER="$barrier" "$here/heap" names
    is "names: of the heap, known: $(of known)" "$(($(of heap) > 0))" = "$(of known)"
    is "names: of tables" "$(($(of tables) > 0))" = "$(of known)"
    is "names: mappings, $meshed without" "$(of meshed)" -le $((meshed + meshed / 10 + 8))
    is "names: mappings when all is free, $free without" "$(of free)" -le $((free + free / 10 + 8))
    note "names: shared $(of shared), of $(of meshed) mappings"
done

# Programs that people run.
same "bash" bash "$here/work.sh"
same "Python, threads and forks" PYTHONMALLOC=malloc python3 "$here/work.py"
same "git" bash "$here/small.sh"
seq 1 150000 | rev >/tmp/lines
# The shell says behind which barrier it was: a program that closes its files at the end does not.
same "sort" bash -c 'sort --parallel=4 --buffer-size=4M /tmp/lines | cksum'
if [ -z "${guest_short-}" ]; then
    same "Perl" perl "$here/everything.pl"
    same "Python" python3 "$here/everything.py"
    same "git, all of it" sh "$here/git.sh"
fi

# Transparent huge pages. `huge` says what lies on some: KiB.
pages=/sys/kernel/mm/transparent_hugepage/enabled
usual=$(sed 's/.*\[\(.*\)\].*/\1/' $pages)
echo always >$pages
under "$here/heap" huge
is "THP always: small blocks on huge pages" "$(of small)" -lt 2048
is "THP always: a large block on huge pages" "$(of large)" -ge 49152
under MESH_THP=never "$here/heap" huge
is "THP always, MESH_THP=never: on huge pages" "$(of large)" -lt 2048
for barrier in "${barriers[@]}"; do
    meshes "THP always" "$barrier" MESH_BARRIER="$barrier" "$here/heap" by-itself
done
same "THP always: Python" PYTHONMALLOC=malloc python3 "$here/work.py"
echo never >$pages
under "$here/heap" huge
is "THP never: on huge pages" "$(of large)" -lt 2048
meshes "THP never" "$guest_barrier" "$here/heap" by-itself
echo "$usual" >$pages

# No more memory is promised than there is.
sysctl() { echo "$2" >"/proc/sys/vm/$1"; }
committed() { plain cat /proc/meminfo; sed -n 's/^Committed_AS: *\([0-9]*\) kB$/\1/p' /tmp/said; }
committed_under() { under cat /proc/meminfo; sed -n 's/^Committed_AS: *\([0-9]*\) kB$/\1/p' /tmp/said; }
sysctl overcommit_ratio 80
sysctl overcommit_memory 2
limit=$(($(sed -n 's/^CommitLimit: *\([0-9]*\) kB$/\1/p' /proc/meminfo) / 1024))
plain "$here/heap" exhaustion
without=$(of MiB)
before=$(committed)
after=$(committed_under)
# Nothing is said by a program that did not start.
is "strict overcommit: KiB that the library asks for" $((${after:-99999999} - before)) -lt 65536
for barrier in "${barriers[@]}"; do
    meshes "strict overcommit" "$barrier" MESH_BARRIER="$barrier" "$here/heap" by-itself
    meshes "strict overcommit: until there is no more" "$barrier" MESH_BARRIER="$barrier" "$here/heap" exhaustion
    is "strict overcommit: MiB of $limit" "$(of MiB)" -lt "$limit"
    is "strict overcommit: MiB, of $without without the library" "$(of MiB)" -ge $((without - without / 16))
    meshes "strict overcommit: forks" "$barrier" MESH_BARRIER="$barrier" "$here/fork" contents
    meshes "strict overcommit: what is promised" "$barrier" MESH_BARRIER="$barrier" "$here/heap" promises
    note "of $(of full) KiB, meshed: $(of compacted)"
done
same "strict overcommit: Python" PYTHONMALLOC=malloc python3 "$here/work.py"
same "strict overcommit: git" bash "$here/small.sh"
sysctl overcommit_memory 0

# Few mappings.
most=$(cat /proc/sys/vm/max_map_count)
sysctl max_map_count 1500
for barrier in "${barriers[@]}"; do
    meshes "1,500 mappings" "$barrier" MESH_BARRIER="$barrier" "$here/heap" by-itself
    is "1,500 mappings: permitted" "$(figure mappings_limit)" -lt 1500
    meshes "1,500 mappings: forks" "$barrier" MESH_BARRIER="$barrier" "$here/fork" contents
done
same "1,500 mappings: Python" PYTHONMALLOC=malloc python3 "$here/work.py"
sysctl max_map_count "$most"

echo "$guest_word: $passed passed, $failed failed"
sleep 1
echo b >/proc/sysrq-trigger
sleep 60
