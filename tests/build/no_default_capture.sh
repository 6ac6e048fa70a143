#!/bin/sh
# no_default_capture.sh SOURCE_DIR: no rule given to edge() or edges() captures by reference or by default ([&], [&x], [=]): what a
# rule reads is listed after it. A rule is a lambda that is itself an argument of the call; lambdas inside its body may do as they like.
set -eu

scan() {
  awk '
    FNR == 1 { depth = 0 }
    {
      line = $0
      gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
      sub(/\/\/.*/, "", line)
      n = length(line)
      for (i = 1; i <= n; i++) {
        c = substr(line, i, 1)
        if (depth == 0) {  # outside of a call: is this the ( of edge( or edges( ?
          if (c == "(" && substr(line, 1, i - 1) ~ /(^|[^A-Za-z0-9_])edges?[ ]*$/) { depth = 1; after = ","; what = FNR }
          continue
        }
        if (depth == 1 && c == "[" && after == "," && substr(line, i + 1) ~ /^[ ]*([&=]|[^]]*,[ ]*[&])/) {
          print FILENAME ":" FNR ": " $0
          bad = 1
        }
        if (c ~ /[({[]/) depth++
        if (c ~ /[])}]/) depth--
        if (c !~ /[ \t]/) after = c
      }
    }
    END { exit bad }' "$@"
}

probe=$(mktemp -d)
trap 'rm -rf "$probe"' EXIT
cat >"$probe/good.cpp" <<'EOF'
record("a", y, edge(a, [axis](auto& g, auto& b) { return each(g, [&](int i) { return x[i]; }); }, b));
edge (x, [](auto& g) { return g; }, output);  // edge(x, [&] is not meant
f([&] { return 1; });
EOF
scan "$probe/good.cpp"
for text in 'edge(a, [&](auto& g) { return g; })' 'edges({q, k}, [=](auto& g) {' 'edge(a, [axis, &b](auto& g) {' 'edge(f(a[1]),
  [ &b ](auto& g) { return g; })'; do
  printf '%s\n' "$text" >"$probe/bad.cpp"
  if scan "$probe/bad.cpp" >/dev/null; then
    echo "the scan misses: $text"
    exit 1
  fi
done

find "$1/autograd" "$1/nn" "$1/optim" "$1/train" "$1/examples" -name '*.[ch]pp' -print >"$probe/files"
[ -s "$probe/files" ]
status=0
while IFS= read -r file; do
  scan "$file" || status=1
done <"$probe/files"
[ "$status" = 0 ] && echo "$(wc -l <"$probe/files") files, every rule's capture is explicit and by value"
