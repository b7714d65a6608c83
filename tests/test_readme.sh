#!/bin/sh
# test_readme.sh - what README shows is what happens: the session ("> input" and the lines below it) is
# run as one session, and every "$ command" by the shell; the outputs must be the ones shown, apart
# from the times in JSON records. Prints a summary in the form of Check's.
set -u
top=$(cd "${srcdir:-.}" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$LEIBNIZ" "$work/bin/leibniz"
PATH=$work/bin:$PATH
export PATH
cd "$work" || exit 1
n=0
bad=0

same() { # same WANTED GOT
    n=$((n + 1))
    diff -u "$1" "$2" || bad=$((bad + 1))
}
plain() { sed 's/"ms":[0-9.e-]*/"ms":0/'; }

# The indented lines of README that are input or output, without their indent; "!" for the others.
awk '/^    / { print substr($0, 5); next } { print "!" }' "$top/README" >lines

awk '/^> / { on = 1; next } /^(!|\$ )/ { on = 0 } on' lines >wanted
sed -n 's/^> //p' lines | leibniz >got 2>&1
same wanted got

awk -v dir="$work" '
    /^\$ / { k++; print substr($0, 3) > (dir "/command." k); on = 1; next }
    /^(!|> )/ { on = 0 }
    on { print > (dir "/wanted." k) }
    END { print k + 0 > (dir "/count") }' lines
k=1
while [ "$k" -le "$(cat count)" ]; do
    [ -f wanted.$k ] || : >wanted.$k
    plain <wanted.$k >wanted
    sh command.$k 2>&1 </dev/null | plain >got
    same wanted got
    k=$((k + 1))
done

echo "$((100 * (n - bad) / n))%: Checks: $n, Failures: $bad, Errors: 0"
[ "$bad" = 0 ]
