#!/bin/sh
# train_optimizers.sh PROGRAM: every optimizer, by its name alone, trains the digits in ten epochs to more than 85 % of the test
# images; --help states what it begins with.
set -eu
. "$(dirname "$0")/scratch.sh"

"$program" --help >help
names=$(tr -d '\n' <help | sed -n 's/.*NAME\[,option=value\.\.\.\]: *\([a-z, ]*[a-z]\).*/\1/p' | tr -d ',')
[ "$(echo "$names" | wc -w)" -ge 22 ] || { echo "only these names: $names" && exit 1; }
for name in $names; do
  case $name in
    sam | asam | lookahead) rule=$name:sgd ;;
    *)
      rule=$name
      grep -q "$name,.*lr=" help || { echo "--help says nothing on $name" && failed=1; }
      ;;
  esac
  "$program" --data digits --threads 1 --optimizer "$rule" --out "$name" >out 2>&1 || { cat out && failed=1; }
  accuracy=$(sed -n 's/^test accuracy: \([0-9]*\).*/\1/p' out)
  [ "${accuracy:-0}" -ge 85 ] || { echo "$rule: ${accuracy:-no} %" && failed=1; }
done
[ "$failed" = 0 ]
