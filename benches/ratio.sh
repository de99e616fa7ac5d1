#!/usr/bin/env bash
# How long `slowpath check` takes, in release:
#
#   benches/ratio.sh DIR            compared with parsing the same files and nothing else
#   benches/ratio.sh --growth DIR   on four copies of DIR, compared with one
#
# Each is run five times, in turns, after one run to warm the page cache; medians are compared.
set -euo pipefail

usage() {
    sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
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

# Microseconds that a command takes.
micros() {
    local start=$EPOCHREALTIME
    "$@"
    local end=$EPOCHREALTIME
    echo $((${end/[.,]/} - ${start/[.,]/}))
}

# The middle one of five numbers on standard input.
median() {
    sort -n | sed -n 3p
}

# Prints both medians and how many times the first the second is.
compare() {
    local name_a=$1 name_b=$2 dir_a=$3 dir_b=$4 times_a=() times_b=()
    "$name_a" "$dir_a"
    "$name_b" "$dir_b"
    for _ in 1 2 3 4 5; do
        times_a+=("$(micros "$name_a" "$dir_a")")
        times_b+=("$(micros "$name_b" "$dir_b")")
    done
    local a b
    a=$(printf '%s\n' "${times_a[@]}" | median)
    b=$(printf '%s\n' "${times_b[@]}" | median)
    awk -v a="$a" -v b="$b" -v first="$5" -v second="$6" 'BEGIN {
        printf "%-12s %8.3f s\n%-12s %8.3f s\nratio        %8.2f\n", first, a / 1e6, second, b / 1e6, b / a
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
