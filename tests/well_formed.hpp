// Whether a drawing is what a browser takes.
#pragma once
#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

/// What is wrong with the XML of a drawing or a number in it, "" if nothing is: one root, tags that close, attributes in
/// quotes and none twice, no bare &, no nan or inf outside of bitmaps.
inline std::string svg_fault(std::string_view s) {
  std::vector<std::string> open;
  std::string words;
  bool root = false;
  while (!s.empty()) {
    if (s[0] != '<') {
      const std::size_t end = std::min(s.find('<'), s.size());
      const std::string_view text = s.substr(0, end);
      for (std::size_t at = text.find('&'); at != text.npos; at = text.find('&', at + 1))
        if (!text.substr(at).starts_with("&lt;") && !text.substr(at).starts_with("&gt;") &&
            !text.substr(at).starts_with("&amp;"))
          return "a bare &";
      if (open.empty() && text.find_first_not_of(" \n") != text.npos) return "text outside of the root";
      words += text;
      s.remove_prefix(end);
      continue;
    }
    const std::size_t end = s.find('>');
    if (end == s.npos) return "a tag without an end";
    std::string_view tag = s.substr(1, end - 1);
    s.remove_prefix(end + 1);
    if (tag.starts_with('/')) {
      if (open.empty() || open.back() != tag.substr(1)) return "closes what is not open: " + std::string(tag);
      open.pop_back();
      continue;
    }
    const bool alone = tag.ends_with('/');
    if (alone) tag.remove_suffix(1);
    if (open.empty() && root) return "two roots";
    root = true;
    const std::string name(tag.substr(0, tag.find_first_of(" \n")));
    tag.remove_prefix(name.size());
    std::vector<std::string> seen;
    while (tag.find_first_not_of(' ') != tag.npos) {
      tag.remove_prefix(tag.find_first_not_of(' '));
      const std::size_t is = tag.find("=\"");
      const std::size_t close = is == tag.npos ? tag.npos : tag.find('"', is + 2);
      if (close == tag.npos) return "no attribute: " + std::string(tag);
      const std::string key(tag.substr(0, is));
      const std::string_view value = tag.substr(is + 2, close - is - 2);
      for (const auto& other : seen)
        if (other == key) return "an attribute twice: " + key;
      seen.push_back(key);
      if (value.find('<') != value.npos) return "a < in " + key;
      if (!value.starts_with("data:")) words += ' ' + std::string(value);
      tag.remove_prefix(close + 1);
    }
    if (!alone) open.push_back(name);
  }
  if (!root || !open.empty()) return "a root that does not end";
  for (char& c : words) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const auto letter = [&](std::size_t i) { return i < words.size() && words[i] >= 'a' && words[i] <= 'z'; };
  for (const char* number : {"nan", "inf"})
    for (std::size_t at = words.find(number); at != words.npos; at = words.find(number, at + 1))
      if (!letter(at + 3) && (at == 0 || !letter(at - 1))) return number;
  return {};
}
