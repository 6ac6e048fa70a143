#!/bin/sh
# train_usage.sh PROGRAM: --help lists every option, and what cannot work is refused before any work, with its reason.
set -eu
program=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
failed=0

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
  --schedule --seed --threads --out --checkpoint-every --resume; do
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
expect 2 "--epochs: Value 0 not in range" --epochs 0
expect 2 "--batch-size: Value 0 not in range" --batch-size 0
expect 2 "Could not convert: --lr = abc" --lr abc
expect 2 "--dropout" --dropout 2
expect 2 "--widths" --widths 16,0
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
