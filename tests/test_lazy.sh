#!/bin/sh
# test_lazy.sh - FLINT is opened at its first use and not before, and when it cannot be opened the
# program says so. $LAZY_LIBS: the names of the libraries, empty where they are linked as usual.
set -u
n=0
bad=0

# same WHAT GOT WANTED
same() {
    n=$((n + 1))
    [ "$2" = "$3" ] && return
    bad=$((bad + 1))
    printf '%s:\n    got    %s\n    wanted %s\n' "$1" "$2" "$3"
}

if [ -z "${LAZY_LIBS:-}" ]; then
    echo "FLINT is linked as usual"
    exit 77
fi

opened() {
    LD_DEBUG=files "$LEIBNIZ" -e "$1" 2>&1 | grep -c 'calling init: .*/libflint'
}
same 'FLINT opened for 1+1' "$(opened '1+1')" 0
same 'FLINT opened for d/dx x^2*sin(x)' "$(opened 'd/dx x^2*sin(x)')" 0
same 'digits by Arb' "$("$LEIBNIZ" -e 'N(sin(1), 30)')" 0.841470984807896506652502321630

# Files of that name that are no libraries, found first.
fake=$(mktemp -d) || exit 1
trap 'rm -rf "$fake"' EXIT
for lib in $(echo "$LAZY_LIBS" | tr '",' '  '); do : >"$fake/$lib"; done
same 'an answer without FLINT' "$(LD_LIBRARY_PATH=$fake "$LEIBNIZ" -e '1+1')" 2
LD_LIBRARY_PATH=$fake "$LEIBNIZ" -e 'N(sin(1), 30)' >"$fake/out" 2>"$fake/err"
same 'status when FLINT cannot be opened' $? 5
same 'its message' "$(grep -c 'a library is needed that cannot be opened: .*libflint' "$fake/err")" 1

echo "$((100 * (n - bad) / n))%: Checks: $n, Failures: $bad, Errors: 0"
[ "$bad" = 0 ]
