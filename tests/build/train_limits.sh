#!/bin/sh
# train_limits.sh PROGRAM: what goes wrong around a run: a folder in use or with something odd in it, closed or full outputs, limits
# on memory and files. Each ends with exit code 1 and a reason, none hangs, and no file has what belongs elsewhere.
set -eu
. "$(dirname "$0")/scratch.sh"

any="timeout 60 $program --data digits --threads 1"
run="$any --epochs 2 --widths 8"
# expect CODE TEXT COMMAND: a shell command of these; TEXT is of what it says on stderr.
expect() {
  code=$1 text=$2 status=0
  (eval "$3") >out 2>err || status=$?
  if [ "$status" != "$code" ] || { [ "$text" ] && ! grep -qF -e "$text" err; }; then
    echo "$3: exit code $status instead of $code, or not \"$text\":"
    tail -n 3 out err
    failed=1
  fi
}
table() { # FOLDER ROWS
  [ "$(grep -c '^[0-9]' "$1/history.csv")" = "$2" ] && [ "$(grep -vc '^[0-9]' "$1/history.csv")" = 1 ] && return
  echo "$1/history.csv is no table of $2 rows:"
  cat "$1/history.csv"
  failed=1
}

# Standard streams that are closed or full: the files are whole all the same.
expect 1 "standard output cannot be written" '$run --out closed >&-'
table closed 2
expect 0 "" '$run --out closed2 2>&-'
table closed2 2
(eval '$run --out closed3 <&- >&- 2>&-') || true
table closed3 2
expect 1 "standard output cannot be written" '$run --out full >/dev/full'
table full 2
expect 1 "standard output cannot be written" '$run --help >/dev/full'
expect 0 "" '{ $run --out gone; echo $? >code; } | true; exit "$(cat code)"'
table gone 2

# What stands in the way.
for name in checkpoint.safetensors model.safetensors model_best.safetensors history.csv history.svg confusion.svg mistakes.svg; do
  mkdir "odd-$name"
  mkfifo "odd-$name/$name"
  expect 1 "it is not a regular file" "\$run --out odd-$name"
done
expect 1 "not a regular file" '$run --out odd-checkpoint.safetensors --resume'
expect 0 "" '$run --out twice && $run --out twice'

# A second run in the same folder, and a new run where one was stopped.
: >used.txt
"$program" --data digits --threads 1 --epochs 100000 --widths 8 --out used >used.txt 2>/dev/null &
process=$!
until grep -q '^epoch' used.txt; do
  kill -0 $process
  sleep 0.05
done
expect 1 "output folder: another run is writing to it: used" '$run --out used'
expect 1 "output folder: another run is writing to it: used" '$any --out used --resume'
kill -KILL $process
wait $process || true
expect 1 "of 100000 epochs: used — give --resume to go on, --overwrite to lose it, or another --out" '$run --out used'
expect 0 "" '$run --out used --overwrite'
table used 2
[ -z "$(find . -name '*.tmp.*' -o -name '*write-test*')" ] || { find . -name '*.tmp.*' -o -name '*write-test*' && failed=1; }

# Limits.
expect 1 "(ulimit -f)" 'ulimit -f 8; $any --widths 256,256 --out files'
for limit in 60000 150000 400000; do
  expect 1 "OpenBLAS needs" "ulimit -v $limit; OMP_NUM_THREADS=2 \$run --out address"
done
expect 1 "bytes asked for, " 'ulimit -v 1000000; OMP_NUM_THREADS=1 $any --widths 20000,20000 --out memory'
expect 1 "for a model of widths 20000,20000, with adamw" 'ulimit -v 1000000; OMP_NUM_THREADS=1 $any --widths 20000,20000 --out memory'

# A longer run from a finished one: the schedule is laid out again, the table goes on.
expect 0 "" '$run --out longer && $any --out longer --resume --epochs 5'
table longer 5
[ "$(sed -n '$s/^[^,]*,[^,]*,[^,]*,[^,]*,\([^,]*\),.*/\1/p' longer/history.csv)" = "$(eval '$any --epochs 5 --widths 8 --out five' >/dev/null 2>&1 && sed -n '$s/^[^,]*,[^,]*,[^,]*,[^,]*,\([^,]*\),.*/\1/p' five/history.csv)" ] ||
  { echo "a longer run ends with another lr" && failed=1; }
expect 1 "there are 55 steps already, --epochs 3 has 33" '$any --out longer --resume --epochs 3'
[ -s longer/model_best.safetensors ]
[ "$failed" = 0 ]
