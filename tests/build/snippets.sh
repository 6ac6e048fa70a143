#!/bin/sh
# snippets.sh SOURCE_DIR COMPILER [FLAG...]: every block of C++ in a Markdown file compiles. All go into one source, each into a
# function of its own, which sees snippets.hpp; "..." stands for any statement. A comment before the block says otherwise:
#   <!-- cpp: definitions -->    at namespace scope; the blocks after it in the same file see them
#   <!-- cpp: in gradus -->      the same inside namespace gradus: a definition of what a header declares
#   <!-- cpp: from FILE -->      is part of FILE, word by word (white space and comments aside), where it is compiled
set -eu
source=$1
shift
scripts=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

extract() {  # MARKDOWN_FILE NAMESPACE: its blocks as C++; those of other files go to the list $folder/from
  awk -v file="$1" -v space="$2" -v folder="$folder" '
    /^[ \t]*<!-- cpp: .* -->$/ { how = $0; sub(/^[ \t]*<!-- cpp: /, "", how); sub(/ -->$/, "", how); next }
    /^[ \t]*```cpp/ {
      inside = 1
      if (how ~ /^from /) {
        block = folder "/" space "_" NR
        print block, substr(how, 6), file ":" NR >>(folder "/from")
        printf "" >block
      } else {
        if (how == "in gradus") print "namespace gradus {"
        else if (how == "definitions") print "namespace " space " {"
        else if (how == "") print "namespace " space " { [[maybe_unused]] static auto snippet_" NR "() {"
        else print "#error unknown marker: " how
        print "#line " NR + 1 " \"" file "\""
      }
      next
    }
    inside && /^[ \t]*```/ {
      if (how !~ /^from /) print how == "" ? "} }" : "}"
      inside = 0
      how = ""
      next
    }
    !inside { if ($0 !~ /^[ \t]*$/) how = ""; next }
    how ~ /^from / { print >block; next }
    /^#include/ { print >(folder "/includes"); print ""; next }
    { gsub(/\(\.\.\.\)/, "(;;)"); gsub(/(^|[ \t])\.\.\.([ \t]|$)/, " ; "); print }
  ' "$source/$1"
}
words() {
  sed -e 's:[ \t]*//.*::' "$1" | tr -d ' \t\n'
}

: >"$folder/from"
: >"$folder/includes"
: >"$folder/blocks"
(cd "$source" && find . -name '*.md' ! -path './build*' ! -path './.*/*' | sed 's:^\./::' | sort) >"$folder/files"
while IFS= read -r file; do
  extract "$file" "$(printf '%s' "$file" | tr -c 'A-Za-z0-9' _)" >>"$folder/blocks"
done <"$folder/files"

status=0
while read -r block file place; do
  case $(words "$source/$file") in
    *"$(words "$block")"*) ;;
    *)
      echo "$place is no part of $file"
      status=1
      ;;
  esac
done <"$folder/from"
{
  cat "$folder/includes"
  printf '#include "%s"\n' "$scripts/snippets.hpp"
  cat "$folder/blocks"
} >"$folder/snippets.cpp"
"$@" -std=c++20 -w -fsyntax-only "$folder/snippets.cpp" || status=1
compiled=$(grep -c '^#line' "$folder/blocks") parts=$(grep -c . "$folder/from")
all=$(cd "$source" && xargs cat <"$folder/files" | grep -c '^ *```cpp')
[ $((compiled + parts)) = "$all" ] || { echo "of $all blocks only $compiled + $parts were looked at"; status=1; }
[ "$status" = 0 ] && echo "$compiled blocks compile, $parts are parts of sources"
