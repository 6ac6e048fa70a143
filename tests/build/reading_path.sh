#!/bin/sh
# reading_path.sh README: the files linked in its list between <!-- reading-path --> and <!-- /reading-path --> exist,
# are at most 12, and have at most 2500 lines together.
set -eu
readme=$1
root=$(dirname "$readme")
files=$(sed -n '/<!-- reading-path -->/,/<!-- \/reading-path -->/p' "$readme" |
  sed -n 's/^ *\([-*+]\|[0-9][0-9]*[.)]\)  *[^(]*](\([^)#]*\)[)#].*/\2/p')
count=0 lines=0 failed=0
for file in $files; do
  count=$((count + 1))
  if [ -f "$root/$file" ]; then
    n=$(wc -l <"$root/$file")
    printf '%5d %s\n' "$n" "$file"
    lines=$((lines + n))
  else
    echo "      $file: no such file"
    failed=1
  fi
done
echo "$count files (at most 12), $lines lines (at most 2500)"
[ "$count" -ge 1 ] && [ "$count" -le 12 ] && [ "$lines" -le 2500 ] && [ "$failed" = 0 ]
