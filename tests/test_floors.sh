#!/bin/sh
# test_floors.sh - the shape of the tree: who includes whom, which files the build knows, what
# libleibniz exports. Prints a summary in the form of Check's.
set -u
top=${srcdir:-.}
n=0
bad=0

# verdict TEXT: one check; it passed when TEXT is empty.
verdict() {
    n=$((n + 1))
    [ -z "$2" ] && return
    bad=$((bad + 1))
    printf '%s:\n%s\n' "$1" "$2"
}

# Floors of lib/ stand in the first lines of each header ("num.h - floor 1: ..."). A source belongs
# to the header whose name it begins with (num_parse.c to num.h), or is a part of what the list below
# says. Passes of floor 4 may use those before them.
verdict 'includes in lib/ of a higher floor or a later pass' "$(
    cd "$top/lib" && awk '
    BEGIN {
        k = split("lex parse print subst ball diff rat simplify explain", pass)
        for (i = 1; i <= k; i++) at[pass[i]] = i
        k = split("ctx:expr commands:session series:diff apart:simplify basis:simplify define:simplify " \
            "field:simplify measure:simplify prove:simplify rational:simplify relation:simplify trig:simplify", part)
        for (i = 1; i <= k; i++) { split(part[i], p, ":"); of[p[1]] = p[2] }
    }
    FNR == 1 { file[++files] = FILENAME; stem[FILENAME] = stem_of(FILENAME) }
    FNR <= 3 && match($0, /floor [0-6]/) && !(FILENAME in floor) {
        floor[FILENAME] = substr($0, RSTART + 6, 1)
        if (FILENAME ~ /\.h$/) level[stem[FILENAME]] = floor[FILENAME]
    }
    /^[ \t]*#[ \t]*include[ \t]*"/ {
        split($0, q, "\"")
        line[++lines] = q[2]; where[lines] = FILENAME; no[lines] = FNR
    }
    function stem_of(f) { sub(/\.[a-z]+$/, "", f); sub(/_.*/, "", f); return f in of ? of[f] : f }
    function floor_of(f) { return f in floor ? floor[f] : level[stem_of(f)] }
    END {
        for (i = 1; i <= files; i++)
            if (floor_of(file[i]) == "" && file[i] != "leibniz.h" && file[i] !~ /\.def$/)
                print "lib/" file[i] ": what is its floor? (\042NAME.c - floor N: ...\042, or the list in this test)"
        for (i = 1; i <= lines; i++) {
            f = where[i]; g = line[i]
            if (g == "leibniz.h" || g == "lazy.names") continue
            if (g ~ /\//) { print "lib/" f ":" no[i] ": " g; continue }
            gf = g == "ops.def" ? 2 : floor_of(g)
            if (gf == "" || gf > floor_of(f) ||
                gf == 4 && floor_of(f) == 4 && at[stem_of(g)] > at[stem_of(f)])
                print "lib/" f ":" no[i] ": " g
        }
    }' *.c *.h)"

verdict 'src/ may include only leibniz.h and its own headers' "$(
    cd "$top/src" 2>/dev/null && for f in *.c *.h; do
        [ -f "$f" ] || continue
        sed -n 's/^[ \t]*#[ \t]*include[ \t]*"\(.*\)".*/\1/p' "$f" | while read -r h; do
            [ "$h" = leibniz.h ] || [ -f "$h" ] || echo "src/$f: $h"
        done
    done)"

verdict 'src/gpu/ may include only backend.h, program.h, ops.def, CUDA and its own headers' "$(
    cd "$top/src/gpu" 2>/dev/null && for f in *.c *.h; do
        [ -f "$f" ] || continue
        sed -n 's/^[ \t]*#[ \t]*include[ \t]*"\(.*\)".*/\1/p' "$f" | while read -r h; do
            case $h in backend.h | program.h | ops.def) ;; *) [ -f "$h" ] || echo "src/gpu/$f: $h" ;; esac
        done
    done)"

verdict 'files that Makefile.am does not list' "$(
    cd "$top" && for f in lib/*.c lib/*.h lib/*.def src/*.c src/*.h src/gpu/*.c src/gpu/*.h \
        tests/test_*.c tests/test_*.sh examples/*.lbz examples/*.txt examples/*.c; do
        [ -f "$f" ] || continue
        case $f in tests/test_*.c) f=${f%.c} ;; esac
        grep -q "^[^#]*[ 	=]$f\([ 	\\]\|\$\)" Makefile.am || echo "$f"
    done)"

verdict 'lists in Makefile.am that are not sorted, or go on after their $(end)' "$(
    awk 'ended && /^\t/ { print FNR ": " $1 }
        { ended = /^\t\$\(end\)$/ }
        /\\$/ && $1 ~ /^[a-z]+\/.*\.(c|h|def|sh)$|^tests\/test_/ {
            if (prev != "" && $1 <= prev) print $1; prev = $1; next }
        { prev = "" }' "$top/Makefile.am")"

for so in .libs/libleibniz.so; do
    [ -f "$so" ] || continue
    verdict 'names exported by libleibniz that do not begin with lbz_' "$(
        ${NM:-nm} -D --defined-only "$so" | awk '$2 != "A" && $3 !~ /^lbz_/ { print $3 }')"
    [ ! -f "$top/lib/session.c" ] || verdict 'functions of leibniz.h that are not exported' "$(
        { ${NM:-nm} -D --defined-only "$so" | awk '{ print "has", $3 }'
          grep -o '\blbz_[a-z_]*(' "$top/lib/leibniz.h" | tr -d '(' | sed 's/^/needs /'
        } | awk '$1 == "has" { has[$2] = 1; next } !($2 in has) { print $2 }')"
done
if [ -f libleibniz.a ]; then
    verdict 'names visible in libleibniz.a that do not begin with lbz_' "$(
        ${NM:-nm} -g --defined-only libleibniz.a |
            awk 'NF == 3 && $3 !~ /^lbz_/ && $3 !~ /^(DW\.ref|__odr_asan|__x86\.)/ { print $3 }')"
fi

echo "$((100 * (n - bad) / n))%: Checks: $n, Failures: $bad, Errors: 0"
[ "$bad" = 0 ]
