#!/bin/sh
# examples.sh PROGRAM: the quick form of a chapter of the course ends well, says what it promises and leaves the pictures that it
# names, well formed and without a number that is none; --help and wrong usage behave.
set -eu
program=$1 name=${1##*/}
scripts=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

die() {
  echo "$name: $*"
  [ ! -e out ] || cat out
  exit 1
}

# The check of the pictures finds what is wrong.
good='<svg a="1"><g><text>a &lt; b</text></g><x/></svg>'
printf '%s\n' "$good" >probe.svg
awk -f "$scripts/well_formed.awk" probe.svg
for bad in '<svg><g></svg>' '<svg></svg><svg/>' '<svg><text>a & b</text></svg>' '<svg a=1/>' '<svg' 'a<svg/>' '<svg/>a' '</svg>' ''; do
  printf '%s\n' "$bad" >probe.svg
  ! awk -f "$scripts/well_formed.awk" probe.svg >/dev/null || die "the check takes for well formed: $bad"
done

"$program" --quick --out pictures >out 2>err || die "exit code $?: $(cat err)"
grep '^picture: ' out | sed 's/^picture: //' >pictures.txt
[ -s pictures.txt ] || die "names no picture"
while IFS= read -r picture; do
  awk -f "$scripts/well_formed.awk" "$picture" || die "a picture is not well formed"
  ! grep -qE '[ ,"(>]-?(nan|inf)[ ,")<]' "$picture" || die "$picture has a number that is none"
done <pictures.txt
[ "$(find pictures -name '*.svg' -o -name '*.png' | wc -l)" = "$(sort -u pictures.txt | wc -l)" ] || die "leaves a picture that it does not name"
! grep -qiE '(^|[^a-z])-?(nan|inf)([^a-z]|$)' out || die "prints a number that is none"

promise() {
  grep -qE -e "$1" out || die "does not say: $1"
}
case $name in
  01_line)
    promise '^after forward: loss [0-9.]+$'
    promise '^5 operations, 2 leaves; 400 B kept for backward$'
    promise '^1 operation, 0 leaves; 0 B kept for backward$'
    awk '/^gradient descent/ { w = $4; b = $6 } /^least squares/ { exit !((w - $4) ^ 2 + (b - $6) ^ 2 < 1e-3) }' out ||
      die "the two lines differ"
    ;;
  02_chain_rule)
    promise '^df/dx +([0-9.]+) +\1 +\1$'
    promise '^df/da +([0-9.]+) +\1$'
    promise '^my_softplus_wrong +gradcheck +DIFFER '
    promise '^my_softplus_once +gradgradcheck +DIFFER +tape  0\.000000 '
    [ "$(grep -cE '^my_softplus(_wrong|_once|_fused)? +grad(grad)?check +(agree|DIFFER) ' out)" = 8 ] || die "not eight checks"
    promise '^in its own words: gradcheck: differ: analytic '
    [ "$(grep -c DIFFER out)" = 2 ] || die "not two of the checks differ"
    ;;
  03_spirals)
    promise '^step    0  accuracy '
    promise '^step   64  accuracy '
    promise '^loss 0\.[67][0-9]+ at first, 0\.[0-6][0-9]+ in the end$'
    ;;
  04_mlp_by_hand | 05_mlp)
    promise '^epoch  3  loss [01]\.[0-9]{8}$'
    promise '^[789][0-9]\.[0-9]{2} % of 297 test images are right$'
    ;;
  06_second_derivatives)
    promise '^descent step  1000 '
    promise '^Newton  step     6  x  1\.00000  y  1\.00000  f [0-9.]+e-(1[5-9]|[2-9][0-9])$'
    promise '^H v by the matrix (\(.*\)), by hvp \1$'
    promise '^plain +error on the points '
    promise '^at the end +[0-9]+ negative curvatures'
    ;;
  convergence)
    promise '^[|] optimizer [|] Rosenbrock [|] Beale [|] Himmelblau [|] Quadratic [|] Logistic regression [|] Digits [|]$'
    promise '^[|] L-BFGS, Wolfe ([|] (lost|[0-9]+|[(][0-9.e-]+[)]) ){6}[|]$'
    [ "$(grep -c '^quick: .* no comparison of optimizers$' out)" = 2 ] || die "does not warn before and after"
    grep -q '^[*][*]quick: .* no comparison' pictures/convergence.md || die "convergence.md does not warn"
    [ "$(wc -l <pictures/convergence.md)" -gt 200 ] || die "convergence.md is short"
    ! grep -qiE '(nan|inf)[ |]' pictures/convergence.md || die "convergence.md has a number that is none"
    ;;
  *) die "examples.sh has no promises for it" ;;
esac

"$program" --help >out || die "--help: exit code $?"
for option in --quick --seed --out; do
  promise "^  $option "
done
status=0
"$program" --unknown >out 2>&1 || status=$?
[ $status = 2 ] || die "an unknown option: exit code $status instead of 2"
status=0
"$program" --quick --out /dev/null/out >out 2>&1 || status=$?
[ $status = 1 ] || die "a folder that cannot be made: exit code $status instead of 1"
promise '^error: output folder: cannot be made'
