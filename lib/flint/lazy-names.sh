#!/bin/sh
# lazy-names.sh NM OUT ARCHIVE LIBRARY... - writes LAZY(name, n) for every function that the objects in
# ARCHIVE leave undefined and the n-th of the shared libraries defines (n from 0). OUT keeps its time
# when nothing changes. Variables cannot be stood in for: they are refused.
set -eu
nm=$1 out=$2 archive=$3
shift 3
{
    n=0
    for lib; do
        $nm -D --defined-only "$lib" | awk -v n=$n '{ sub(/@.*/, "", $3); print "has", $2, $3, n }'
        n=$((n + 1))
    done
    $nm -u "$archive" | awk 'NF == 2 && $1 == "U" { print "needs", "U", $2 }'
} | awk '
    $1 == "has" { kind[$3] = $2; lib[$3] = $4; next }
    !($3 in kind) || seen[$3]++ { next }
    kind[$3] ~ /[TWi]/ { print "LAZY(" $3 ", " lib[$3] ")"; next }
    { print "lazy-names: " $3 " is a variable of FLINT: not to be used" >"/dev/stderr"; bad = 1 }
    END { exit bad }' >"$out.tmp"
LC_ALL=C sort "$out.tmp" >"$out.new"
rm -f "$out.tmp"
if cmp -s "$out.new" "$out"; then rm -f "$out.new"; else mv "$out.new" "$out"; fi
