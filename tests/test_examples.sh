#!/bin/sh
# test_examples.sh - runs each examples/NAME.lbz and examples/d2l/NAME.lbz, and examples/embed, and compares all they print with
# NAME.txt; after a change that is meant, write the new ones with
#     make check TESTS=tests/test_examples.sh UPDATE=yes
# Prints a summary in the form of Check's.
set -u
top=$(cd "${srcdir:-.}" && pwd)
build=$PWD
n=0
bad=0
got=$(mktemp) || exit 1
trap 'rm -f "$got"' EXIT

compare() {
    n=$((n + 1))
    [ -z "${UPDATE:-}" ] || cp "$got" "$1"
    diff -u "$1" "$got" || bad=$((bad + 1))
}

for f in "$top"/examples/*.lbz "$top"/examples/d2l/*.lbz; do
    (cd "${f%/*}" && "$LEIBNIZ" -f "${f##*/}") >"$got" 2>&1 </dev/null
    compare "${f%.lbz}.txt"
done
"$build/examples/embed" >"$got" 2>&1 </dev/null
compare "$top/examples/embed.txt"

echo "$((100 * (n - bad) / n))%: Checks: $n, Failures: $bad, Errors: 0"
[ "$bad" = 0 ]
