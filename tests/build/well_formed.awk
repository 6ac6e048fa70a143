# awk -f well_formed.awk FILE: whether an XML file is well formed, as far as our drawings go: one root, every element closed in
# order, attributes in quotes, no bare & or <. Says what is wrong and exits with 1.
function wrong(what) {
  print FILENAME ": " what
  failed = 1
  exit 1
}
{ text = text $0 "\n" }
END {
  if (failed) exit 1
  gsub(/"[^"<]*"/, "\"\"", text)
  n = split(text, parts, "<")
  if (parts[1] !~ /^[ \n]*$/) wrong("text before the root")
  for (i = 2; i <= n; i++) {
    end = index(parts[i], ">")
    if (!end) wrong("a tag without an end: <" substr(parts[i], 1, 40))
    tag = substr(parts[i], 1, end - 1)
    content = substr(parts[i], end + 1)
    gsub(/&(amp|lt|gt|quot|apos|#[0-9]+);/, "", content)
    if (content ~ /&/) wrong("a bare & after <" tag ">")
    if (tag ~ /^\/[A-Za-z]+$/) {
      if (depth == 0 || open[depth] != substr(tag, 2)) wrong("<" tag "> closes " (depth ? "<" open[depth] ">" : "nothing"))
      depth--
    } else {
      if (tag !~ /^[A-Za-z]+([ \n]+[A-Za-z][A-Za-z0-9:-]*="")*[ \n]*\/?$/) wrong("no tag: <" tag ">")
      if (depth == 0 && roots++) wrong("a second root: <" tag ">")
      if (tag !~ /\/$/) {
        depth++
        open[depth] = tag
        sub(/[ \n].*/, "", open[depth])
      }
    }
    if (depth == 0 && content !~ /^[ \n]*$/) wrong("text after the root")
  }
  if (depth) wrong("<" open[depth] "> is not closed")
  if (!roots) wrong("no element at all")
}
