#!/bin/sh
# tape_page.sh PROGRAM SCRIPT: opens the pages that PROGRAM writes in a headless Chromium, with SCRIPT at their end, which tries
# everything out: no error, folding, all steps of the backward pass, colours, places; in a window of a desk and of a phone.
# Skipped (77) without a Chromium.
set -eu
program=$1 script=$2
browser=
for name in chromium-headless-shell chromium chromium-browser google-chrome; do
  browser=$(command -v "$name") && break
done
if [ -z "$browser" ]; then
  echo "skipped: no Chromium here (Debian: chromium-headless-shell)"
  exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0

"$program" "$folder" >"$folder/names"
while read -r name nodes; do
  page=$folder/$name.html
  if grep -qE 'https?://|src=|href=' "$page" && [ "$name" != escape ]; then
    echo "$name: refers to something outside"
    failed=1
  fi
  { # before the end of the body
    sed '/^<\/body>/,$d' "$page"
    echo "<script>{ const wanted = { name: \"$name\", nodes: $nodes };"
    cat "$script"
    echo "}</script></body></html>"
  } >"$folder/test.html"
  for window in 1400,900 390,844; do
    HOME=$folder "$browser" --headless --no-sandbox --disable-gpu --window-size=$window --enable-logging=stderr --dump-dom \
      "file://$folder/test.html" >"$folder/dom" 2>"$folder/log" </dev/null || true
    result=$(sed -n 's/.*<pre id="result">//p' "$folder/dom")
    echo "$name, $window: $nodes nodes, $(wc -c <"$page") bytes: ${result:-no result}"
    case $result in passed*) ;; *) failed=1 ;; esac
    if grep CONSOLE "$folder/log"; then failed=1; fi
  done
done <"$folder/names"
[ -s "$folder/names" ] && [ "$failed" = 0 ]
