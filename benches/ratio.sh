#!/usr/bin/env bash
# How long `slowpath check` takes, in release:
#
#   benches/ratio.sh DIR            compared with parsing the same files and nothing else
#   benches/ratio.sh --growth DIR   on four copies of DIR, compared with one
#
# Each is run five times, in turns, after one run to warm the page cache. Compared are the medians
# of wall time, and the least processor time, which other work on the machine disturbs less.
# benches/README.md says how to find out where the time goes.
set -euo pipefail

usage() {
    sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
    exit 2
}

growth=false
if [ "${1-}" = --growth ]; then
    growth=true
    shift
fi
[ $# -eq 1 ] && [ -d "$1" ] || usage
tree=$(cd "$1" && pwd -P)
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo build --quiet --release --bin slowpath --example parse_only
release=${CARGO_TARGET_DIR:-target}/release

check() {
    "$release/slowpath" check --exit-zero --quiet --no-config --format json --output /dev/null "$1"
}

parse_only() {
    "$release/examples/parse_only" "$1" >/dev/null
}

# Seconds of wall time, and of processor time, that a command takes.
seconds() {
    local TIMEFORMAT='%R %U %S'
    { time "$@"; } 2>&1 | awk '{ print $1, $2 + $3 }'
}

# Of lines with two numbers each: the median of the first, the least of the second.
middle_and_least() {
    sort -n | awk '{ wall[NR] = $1; if (NR == 1 || $2 < least) least = $2 } END { print wall[int((NR + 1) / 2)], least }'
}

# Prints wall and processor time of both, and how many times the first the second is.
compare() {
    local name_a=$1 name_b=$2 dir_a=$3 dir_b=$4 times_a=() times_b=()
    "$name_a" "$dir_a"
    "$name_b" "$dir_b"
    for _ in 1 2 3 4 5; do
        times_a+=("$(seconds "$name_a" "$dir_a")")
        times_b+=("$(seconds "$name_b" "$dir_b")")
    done
    local a b
    a=$(printf '%s\n' "${times_a[@]}" | middle_and_least)
    b=$(printf '%s\n' "${times_b[@]}" | middle_and_least)
    awk -v a="$a" -v b="$b" -v first="$5" -v second="$6" 'BEGIN {
        split(a, x, " "); split(b, y, " ")
        printf "%-12s %8s   %8s\n", "", "wall", "cpu"
        printf "%-12s %8.3f s %8.3f s\n", first, x[1], x[2]
        printf "%-12s %8.3f s %8.3f s\n", second, y[1], y[2]
        printf "%-12s %8.2f   %8.2f\n", "ratio", y[1] / x[1], y[2] / x[2]
    }'
}

if $growth; then
    copies=$(mktemp -d)
    trap 'rm -rf "$copies"' EXIT
    mkdir "$copies/one" "$copies/four"
    for copy in one/a four/a four/b four/c four/d; do
        cp -a "$tree" "$copies/$copy"
        rm -rf "$copies/$copy/.git"
    done
    compare check check "$copies/one" "$copies/four" 'one copy' 'four copies'
else
    "$release/examples/parse_only" "$tree"
    compare parse_only check "$tree" "$tree" 'parse only' 'check'
fi
