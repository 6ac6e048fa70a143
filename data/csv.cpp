#include <gradus/data/csv.hpp>
#include <gradus/tensor/io/gzip.hpp>

#include <charconv>
#include <limits>
#include <string>

namespace gradus::data {
namespace {

std::string read_all(io::ByteReader& in) {
  std::string text;
  char chunk[1 << 16];
  while (const std::size_t n = in.read(chunk, sizeof chunk)) text.append(chunk, n);
  if (!in.at_end()) in.fail_format("bytes after the end");
  return text;
}
std::string_view trim(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

}  // namespace

Tensor read_csv(const std::filesystem::path& path, CsvOptions options) {
  io::ByteReader in(path, "csv", options.max_bytes);
  const std::string text = read_all(in);
  std::string_view rest = text;
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  std::vector<double> values;
  Index rows = 0, columns = 0;
  for (Index line = 1; !rest.empty(); ++line) {
    const auto end = rest.find('\n');
    std::string_view row = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (row.ends_with('\r')) row.remove_suffix(1);
    if ((options.header && line == 1) || trim(row).empty()) continue;
    Index column = 0;
    for (bool more = true; more;) {
      const auto comma = row.find(options.separator);
      const std::string_view field = trim(row.substr(0, comma));
      more = comma != std::string_view::npos;
      if (more) row.remove_prefix(comma + 1);
      ++column;
      double v = std::numeric_limits<double>::quiet_NaN();
      const bool missing = field.empty() || field == "nan" || field == "NaN" || field == "NA";
      if (!(missing && options.allow_nan)) {
        const auto start = field.starts_with('+') ? field.data() + 1 : field.data();
        const auto [stop, error] = std::from_chars(start, field.data() + field.size(), v);
        // from_chars also knows inf, infinity and nan(...), and a minus after our plus.
        const bool word = field.find_first_of("nN") != std::string_view::npos || field.starts_with("+-");
        if (missing || word || error != std::errc() || stop != field.data() + field.size())
          in.fail_format("no number at ", line, ":", column, ": found \"", field.substr(0, 40), "\"");
      }
      values.push_back(v);
    }
    if (rows == 0) columns = column;
    if (column != columns)
      in.fail_format("row ", line, " has another length: expected ", columns, " fields, found ", column);
    ++rows;
  }
  if (rows == 0) in.fail_format("no rows");
  return tensor(values, {rows, columns});
}

}  // namespace gradus::data
