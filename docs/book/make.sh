#!/bin/sh
# docs/book/make.sh [--check] [FOLDER]: runs the program of every chapter (as ./dev example does, or from FOLDER) and puts what it
# prints, and its pictures, into the pages. With --check it changes nothing and fails unless the pages are as this would leave
# them but for the digits of numbers, whose last ones depend on the processor.
#
# In a page, <!-- output --> and <!-- /output --> enclose all that its program prints, <!-- output: ADDRESS --> the lines that
# `sed -nE ADDRESSp` takes of it.
set -eu
check=
if [ "${1:-}" = --check ]; then
  check=1
  shift
fi
book=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
folder=
[ -z "${1:-}" ] || folder=$(CDPATH='' cd -- "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_NUM_THREADS=1 # sums are then added in one order

run() { # NAME
  if [ -n "$folder" ]; then
    "$folder/$1" --seed 1 --out pictures
  else
    "$book/../../dev" example "$1" --seed 1 --out pictures
  fi
}

fill() { # PAGE: the page with the blocks filled from the file `output`
  awk '
    /^<!-- output(: .*)? -->$/ {
      print
      address = $0
      sub(/^<!-- output(: )?/, "", address)
      sub(/ ?-->$/, "", address)
      print "```text"
      command = "sed -nE \047" address "p\047 output"
      lines = 0
      while ((command | getline line) > 0) {
        print line
        lines++
      }
      close(command)
      print "```"
      if (!lines) {
        print FILENAME ": nothing is at " address >"/dev/stderr"
        failed = 1
        exit 1
      }
      blocks++
      inside = 1
    }
    /^<!-- \/output -->$/ { inside = 0 }
    !inside
    END {
      if (!failed && (inside || !blocks)) {
        print FILENAME ": no output, or one without an end" >"/dev/stderr"
        failed = 1
      }
      exit failed
    }' "$1"
}
masked() { sed 's/-\{0,1\}[0-9][0-9.e+-]*/#/g; s/  */ /g' "$1"; }

status=0
for program in "$book"/../../examples/[0-9]*.cpp; do
  name=${program##*/}
  name=${name%.cpp}
  page=$book/$name.md
  grep -q "]($name.md)" "$book/README.md" || { echo "docs/book/README.md has no link to $name.md" && status=1; }
  run "$name" >output 2>error || { cat error && exit 1; }
  fill "$page" >"$name.md"
  if [ -n "$check" ]; then
    masked "$page" >old
    masked "$name.md" >new
    diff old new || { echo "$page is not what docs/book/make.sh makes" && status=1; }
  fi
done
for picture in $(sed -n 's/.*](\(pictures[^)]*\)).*/\1/p' ./*.md); do
  [ -e "$picture" ] || { echo "no program makes $picture" && status=1; }
done
for picture in pictures/*; do
  grep -q "]($picture)" ./*.md || { echo "$picture is in no page" && status=1; }
  [ "$(wc -c <"$picture")" -lt 150000 ] || { echo "$picture has 150 KB or more" && status=1; }
  [ -z "$check" ] || [ -e "$book/$picture" ] || { echo "docs/book/$picture is missing" && status=1; }
done
[ "$status" = 0 ] || exit 1
[ -z "$check" ] || exit 0
rm -rf "$book/pictures"
cp -r pictures "$book/pictures"
for page in [0-9]*.md; do
  cp "$page" "$book/$page"
done
