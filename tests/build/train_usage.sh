#!/bin/sh
# train_usage.sh PROGRAM: --help lists every option, and what cannot work is refused before any work, with its reason.
set -eu
. "$(dirname "$0")/scratch.sh"

# expect CODE TEXT ARGUMENT...: the program ends with CODE, says TEXT and has not begun to work.
expect() {
  code=$1 text=$2
  shift 2
  status=0
  "$program" --data digits "$@" >out 2>&1 || status=$?
  if [ "$status" != "$code" ] || ! grep -qF -e "$text" out || grep -q 'training,' out; then
    echo "train $*: exit code $status instead of $code, or not \"$text\", or begun:"
    cat out
    failed=1
  fi
}

for option in --data --data-root --validation --model --widths --dropout --epochs --batch-size --optimizer --lr --weight-decay \
  --schedule --seed --threads --out --checkpoint-every --resume --overwrite; do
  expect 0 "  $option " --help
done
expect 0 "adamw, adan, asam, asgd" --help
expect 2 "model: there is no cnm — there are mlp" --model cnm
expect 2 "data set: there is no digit — did you mean digits? There are auto, digits, fashion-mnist" --data digit
expect 2 "optimizer: there is no adamm — did you mean adam? There are adadelta" --optimizer adamm
expect 2 "there is no momentun — did you mean momentum?" --optimizer sgd,momentun=1
expect 2 "sgd: lr must be a number: got fast" --optimizer sgd,lr=fast
expect 2 "lr must be finite and >= 0: got nan" --lr nan
expect 2 "there is no weight_decay — there are lr, max_iter" --optimizer lbfgs --weight-decay 1
expect 2 "schedule: there is no onecycel — did you mean onecycle?" --schedule onecycel
expect 2 "schedule: plateau follows a metric" --schedule warmup:5%+plateau
expect 2 "schedule: warmup needs its steps: got warmup+cosine" --schedule warmup+cosine
expect 1 "schedule: there are no steps left after warmup" --schedule warmup:99999+cosine --out o
expect 0 "sgd,lr=" --help

# Every option with every kind of value that is none.
for option in epochs batch-size validation checkpoint-every threads seed widths; do
  for value in 010 0x10 -1 -5 1e2 1.5 " 7" "7 " +7 abc nan inf 18446744073709551616 99999999999999999999999 7,, ,7 7x; do
    expect 2 "--$option: must be a whole number from " "--$option=$value"
  done
done
for option in epochs batch-size validation checkpoint-every widths; do
  expect 2 "--$option: must be a whole number from 1 to " --$option 0
done
expect 2 "--epochs: must be a whole number from 1 to 100000: got 010" --epochs 010
expect 2 "--seed: must be a whole number from 0 to 18446744073709551615: got 18446744073709551616" --seed 18446744073709551616
expect 2 "--widths: must be a whole number from 1 to 1000000: got 0" --widths 16,0
for value in nan -nan inf -0.1 1.1 2 1e400 abc "0.5 " 0,5; do
  expect 2 "--dropout: must be a number from 0 to 1: got $value" "--dropout=$value"
done
expect 2 "--lr: must be a number: got 0.1,momentum=0.9" --lr 0.1,momentum=0.9
for value in nan inf -inf -1 abc 1e400 "1 " 0x1p3; do
  expect 2 "must be " "--lr=$value"
  expect 2 "must be " "--weight-decay=$value"
done
for option in data data-root validation model widths dropout epochs batch-size optimizer lr weight-decay schedule seed threads out \
  checkpoint-every resume; do
  expect 2 "an argument is empty: --$option" "--$option" ""
  expect 2 "an argument is empty: --$option=" "--$option="
done
expect 2 "--unknown" --unknown 1
expect 1 "--validation must leave examples on both sides: got 1500 of 1500" --validation 1500 --out o
expect 1 "output folder: cannot be made: /dev/null/out" --out /dev/null/out
expect 1 "nowhere/checkpoint.safetensors: No such file or directory" --resume --out nowhere
"$program" --data digits --epochs 1 --widths 4 --out finished >/dev/null 2>&1
expect 1 "checkpoint: this is none" --resume finished/model.safetensors
expect 1 "batch-size is 7 here, 128 in the checkpoint" --resume finished/checkpoint.safetensors --batch-size 7
expect 1 "optimizer is adamw,lr=0.5,weight_decay=0.01 here, adamw,lr=0.004,weight_decay=0.01 in the checkpoint" \
  --resume finished/checkpoint.safetensors --lr 0.5
expect 1 "validation is 99 here, 180 in the checkpoint" --resume finished/checkpoint.safetensors --validation 99
[ "$failed" = 0 ]
