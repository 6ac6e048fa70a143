#!/bin/sh
# train_resume.sh PROGRAM: a run that Ctrl-C stops in the middle, and SIGTERM again, ends like one that was never stopped: the
# same weights byte for byte, the same table but for the seconds, the same pictures and printed numbers.
set -eu
program=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

set -- --data digits --epochs 2000 --batch-size 16 --widths 24 --dropout 0.2 --optimizer sgd,momentum=0.9 --lr 0.05 --threads 1

# stopped SIGNAL CODE ARGUMENT...: starts the program in the background, sends SIGNAL after the first epoch, wants exit code CODE.
stopped() {
  signal=$1 wanted=$2
  shift 2
  : >out
  "$program" "$@" >out 2>/dev/null &
  process=$!
  until grep -q '^epoch' out; do
    kill -0 $process || { cat out && exit 1; }
    sleep 0.02
  done
  kill -"$signal" $process
  status=0
  wait $process || status=$?
  if [ "$status" != "$wanted" ] || ! grep -q 'to go on: ./dev train --resume stopped/checkpoint.safetensors' out; then
    echo "SIG$signal: exit code $status instead of $wanted, or no word on how to go on"
    tail -n 3 out
    exit 1
  fi
  tail -n 1 out
}

"$program" "$@" --out whole >whole.txt 2>/dev/null
stopped INT 130 "$@" --out stopped
[ ! -e stopped/model.safetensors ]
stopped TERM 143 --resume stopped/checkpoint.safetensors --threads 1
"$program" --resume --out stopped --lr 0.05 --validation 180 --threads 1 >rest.txt 2>/dev/null

for file in model.safetensors history.svg confusion.svg mistakes.svg; do
  cmp whole/$file stopped/$file
done
for run in whole stopped; do
  sed 's/,[^,]*$//' $run/history.csv >$run.csv
done
cmp whole.csv stopped.csv
[ "$(grep -c '^[0-9]' stopped.csv)" = 2000 ]
grep '^test accuracy' whole.txt >whole.accuracy
grep '^test accuracy' rest.txt | cmp whole.accuracy -
tail -n 1 whole.csv
