#!/bin/sh
# Installs Mesh from this archive, or removes what it installed.
#
#   ./install.sh [--prefix DIR] [--uninstall]
#
# DIR is /usr/local unless given. DESTDIR, if set, goes before it.
set -eu
prefix=/usr/local action=install
while [ $# -gt 0 ]; do
    case $1 in
        --prefix) prefix=${2:?--prefix needs a directory}; shift ;;
        --prefix=*) prefix=${1#--prefix=} ;;
        --uninstall) action=uninstall ;;
        --help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit ;;
        *) echo "install.sh: unknown: $1; see --help" >&2; exit 2 ;;
    esac
    shift
done
case $prefix in /*) ;; *) echo "install.sh: the prefix must begin with /: $prefix" >&2; exit 2 ;; esac
to=${DESTDIR:-}$prefix
cd "$(dirname "$0")"

# Everything in the archive but this file.
files() { find . \( -type f -o -type l \) ! -path ./install.sh | LC_ALL=C sort; }

if [ $action = install ]; then
    files | while read -r file; do
        mkdir -p "$to/$(dirname "$file")"
        # Beside it first: programs that run have the old file mapped, and go on with it.
        cp -P --preserve=mode,timestamps "$file" "$to/$file.new"
        mv -f "$to/$file.new" "$to/$file"
    done
    echo "installed; LD_PRELOAD=$prefix/lib/libmesh.so.1 runs a program on it"
else
    files | while read -r file; do
        rm -f "$to/$file"
        # What is empty below bin, lib, include and share goes as well.
        inside=${file#./} inside=${inside#*/}
        case $inside in */*) (cd "$to/${file%"/$inside"}" 2>/dev/null && rmdir -p "${inside%/*}" 2>/dev/null) || true ;; esac
    done
    echo "removed"
fi
# The loader finds libraries of the usual places through its cache.
if [ -z "${DESTDIR:-}" ] && [ "$(id -u)" = 0 ] && command -v ldconfig >/dev/null; then ldconfig; fi
