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

# The rooms of lib/: a folder includes and calls its own files and those of the folders before it.
rooms='base flint number table tensor linear expr field parse print ball diff simplify program cpu point
    descent procedure trace eval session commands'

verdict 'folders of lib/ that are no room, or a room without its head' "$(
    cd "$top/lib" && for d in */; do
        d=${d%/}
        [ -n "$(ls "$d"/*.[ch] 2>/dev/null)" ] || continue
        case " $(echo $rooms) " in *" $d "*) ;; *) echo "lib/$d: stands in no list" ;; esac
        [ "$d" = flint ] || [ -f "$d/$d.h" ] || echo "lib/$d: $d.h is missing"
    done)"

verdict 'files that stand in lib/ itself' "$(
    cd "$top/lib" && ls *.c *.h 2>/dev/null | grep -v '^leibniz\.h$')"

verdict 'includes in lib/ of a later room' "$(
    cd "$top/lib" && awk -v rooms="$rooms" '
    BEGIN { k = split(rooms, room); for (i = 1; i <= k; i++) at[room[i]] = i }
    /^[ \t]*#[ \t]*include[ \t]*"/ {
        split($0, q, "\""); split(q[2], g, "/"); split(FILENAME, f, "/")
        if (q[2] ~ /^(leibniz\.h|ops\.def|lazy\.names)$/) next
        if (!(g[1] in at) || at[g[1]] > at[f[1]]) print "lib/" FILENAME ":" FNR ": " q[2]
    }' */*.c */*.h)"

# Calls and data, from what the objects define and leave undefined.
verdict 'calls in lib/ of a later room' "$(
    for o in lib/*/.libs/*.o lib/*/*.o; do
        [ -f "$o" ] && ${NM:-nm} "$o" | sed "s|^|$o |"
    done | awk -v rooms="$rooms" '
    BEGIN { k = split(rooms, room); for (i = 1; i <= k; i++) at[room[i]] = i }
    { split($1, p, "/"); from = p[2] }
    $NF == "" || $1 ~ /liblazy/ { next }
    $(NF - 1) ~ /^[TDBRVWC]$/ { home[$NF] = from; next }
    $(NF - 1) == "U" { n++; name[n] = $NF; user[n] = from; file[n] = $1 }
    END {
        for (i = 1; i <= n; i++)
            if (name[i] in home && at[home[name[i]]] > at[user[i]])
                print file[i] ": " name[i] " of " home[name[i]]
    }')"

# What the names that a folder exports begin with: the folder, or a concept in it with a type of
# its own. No two folders share one; lbz_ names belong to leibniz.h.
prefixes='
base:      mem_ large_ file_ child_ env_ arena_ str_ utf8_ map_ hash_
flint:     library_ wire_
tensor:    tensor_ dims_ dtype_
linear:    linear_
number:    num_ decimal_ double_
table:     op_ command_ synonym_ rule_ float64_ f64_ certified_ cert_
expr:      ex_ ctx_ sym_ subst_ shape_ sizes_ contract_ nodevec_ attempt_ attr_ elements_ row_ exact_
field:     field_ el_ poly_ rat_ heavy_
parse:     parse_ parsed_ parser_ lex_ tree_ build_
print:     print_ form_ box_ emit_
ball:      ball_
diff:      diff_ series_
simplify:  simplify_ best_ measure_ prove_ trig_ TRIG_ basis_ define_ normal_
program:   program_ pg_ planner_ lower_
cpu:       cpu_ kernel_
point:     accum_ kink_ slope_
descent:   descent_ dense_ search_ rules_ lbfgs_ trust_
procedure: procedure_ formula_ vm_ tape_ record_
trace:     trace_
eval:      eval_ symlist_
session:   session_ defs_ setting_ settings_ args_ answer_ objective_ open_
commands:  statement_ cmd_ request_ constant_ page_ word_ rows_ going_ compare_ special_ jump_ exist_ verdict_'
verdict 'names that a folder exports under no prefix of its own, or a prefix of two folders' "$(
    {
        echo "$prefixes"
        for o in lib/*/.libs/*.o lib/*/*.o; do
            [ -f "$o" ] && ${NM:-nm} -g --defined-only "$o" | sed "s|^|$o |"
        done
    } | awk '
    $1 ~ /:$/ {
        d = substr($1, 1, length($1) - 1)
        of[d] = $0
        for (i = 2; i <= NF; i++) {
            if ($i in owner) print $i ": of " owner[$i] " and " d
            owner[$i] = d
        }
        next
    }
    NF < 3 || $1 ~ /liblazy/ || $NF ~ /^(lbz_|DW\.ref|__odr_asan|__x86\.)/ { next }
    {
        split($1, p, "/"); k = split(of[p[2]], own, " ")
        for (i = 2; i <= k; i++)
            if (index($NF, own[i]) == 1 || $NF "_" == own[i]) next
        print $1 ": " $NF
    }')"

verdict 'rooms in another order in lib/README' "$(
    listed=$(sed -n '/^The rooms/,/^ROOM/s/^  \([a-z]\{1,\}\) .*/\1/p' "$top/lib/README")
    [ "$(echo $listed)" = "$(echo $rooms)" ] || echo $listed)"

verdict 'functions that lib/README places where they are not' "$(
    cd "$top/lib" && grep -o '[a-z_0-9]*() ([a-z/_]*\.c)' README | tr -d '()' |
        while read -r f file; do
            grep -q "^[A-Za-z].*\b$f(" "$file" || echo "$file: $f"
        done)"

verdict 'src/ may include only leibniz.h and its own headers' "$(
    cd "$top/src" 2>/dev/null && for f in *.c *.h; do
        [ -f "$f" ] || continue
        sed -n 's/^[ \t]*#[ \t]*include[ \t]*"\(.*\)".*/\1/p' "$f" | while read -r h; do
            [ "$h" = leibniz.h ] || [ -f "$h" ] || echo "src/$f: $h"
        done
    done)"

verdict 'src/gpu/ may include only program/backend.h, program/program.h, ops.def, CUDA and its own headers' "$(
    cd "$top/src/gpu" 2>/dev/null && for f in *.c *.h; do
        [ -f "$f" ] || continue
        sed -n 's/^[ \t]*#[ \t]*include[ \t]*"\(.*\)".*/\1/p' "$f" | while read -r h; do
            case $h in program/backend.h | program/program.h | ops.def) ;; *) [ -f "$h" ] || echo "src/gpu/$f: $h" ;; esac
        done
    done)"

verdict 'files that Makefile.am does not list' "$(
    cd "$top" && for f in lib/*.h lib/*/*.c lib/*/*.h lib/*.def src/*.c src/*.h src/gpu/*.c src/gpu/*.h \
        tests/test_*.c tests/test_*.sh examples/*.lbz examples/*.txt examples/*.c; do
        [ -f "$f" ] || continue
        case $f in tests/test_*.c) f=${f%.c} ;; esac
        grep -q "^[^#]*[ 	=]$f\([ 	\\]\|\$\)" Makefile.am || echo "$f"
    done)"

case $(clang-format --version 2>/dev/null) in *'version 14.'*)
    verdict 'files that clang-format would lay out otherwise' "$(
        cd "$top" && find lib src tests examples man -name '*.[ch]' |
            xargs clang-format --dry-run 2>&1 | sed -n 's/: warning:.*//p' | sed 's/:[0-9]*$//' | uniq -c)"
    ;;
esac

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
    [ ! -f "$top/lib/commands/statement.c" ] || verdict 'functions of leibniz.h that are not exported' "$(
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
