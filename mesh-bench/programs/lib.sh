# What the programs beside have in common: a temporary directory, clients that keep the C library's malloc, and an end.
set -eu
work=$(mktemp -d)
server=
finish() {
    [ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

# A client of the program that is measured.
client() { env -u LD_PRELOAD "$@"; }

# Tries a command until it succeeds, for a minute at most.
until_it_works() {
    tries=0
    until client "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || { echo "in vain: $*" >&2; exit 1; }
        sleep 0.1
    done
}
