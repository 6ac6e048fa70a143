#include <gradus/data/csv_fields.hpp>

#include <algorithm>
#include <charconv>
#include <limits>

namespace gradus::data::detail {

CsvFields::CsvFields(const std::filesystem::path& path, char separator, std::uint64_t max_bytes)
    : in_(path, "csv", max_bytes), separator_(separator), buffer_(std::size_t{1} << 16, '\0') {
  if (separator == '"' || separator == '\n' || separator == '\r')
    fail<ValueError>("csv: the separator must be neither a quote nor a line end");
  if (peek() == 0xef)
    for (const int byte : {0xef, 0xbb, 0xbf})
      if (take() != byte) in_.fail_format("no text: it begins with byte 0xef, but not with a byte order mark");
}

int CsvFields::peek() {
  if (used_ == filled_) {
    used_ = 0;
    filled_ = in_.read(buffer_.data(), buffer_.size());
    if (filled_ == 0) {
      if (!in_.at_end()) in_.fail_format("bytes after the end");
      return -1;
    }
  }
  return static_cast<unsigned char>(buffer_[used_]);
}
int CsvFields::take() {
  const int c = peek();
  if (c >= 0) ++used_;
  return c;
}
bool CsvFields::take_line_end() {
  const int c = peek();
  if (c != '\n' && c != '\r') return false;
  take();
  if (c == '\r' && peek() == '\n') take();
  ++line_now_;
  return true;
}
void CsvFields::take_quoted() {
  quoted = true;
  take();
  while (true) {
    const int c = take();
    if (c < 0) fail_at("a quoted field does not end");
    if (c == '"' && peek() != '"') break;
    if (c == '"') take();
    if (c == '\n' || (c == '\r' && peek() != '\n')) ++line_now_;
    text += static_cast<char>(c);
  }
  while (is_space(peek())) take();
  const int c = peek();
  if (c >= 0 && c != static_cast<unsigned char>(separator_) && c != '\n' && c != '\r')
    fail_at("text after the closing quote", "a quote inside of a quoted field is doubled");
}

bool CsvFields::next() {
  if (last && peek() < 0) return false;
  column = last ? 1 : column + 1;
  line = line_now_;
  text.clear();
  quoted = last = false;
  while (is_space(peek())) take();
  if (peek() == '"') take_quoted();
  while (true) {
    if (peek() < 0 || take_line_end()) {
      last = true;
      break;
    }
    const int c = take();
    if (c == static_cast<unsigned char>(separator_)) break;
    text += static_cast<char>(c);
  }
  while (!quoted && !text.empty() && is_space(text.back())) text.pop_back();
  return true;
}

void CsvFields::fail_at(const std::string& what, const std::string& hint) const {
  in_.fail_format(what, " at ", line, ":", column, ": found \"", std::string_view(text).substr(0, 40), "\"",
                  hint.empty() ? "" : " — ", hint);
}

// ---- numbers

namespace {

bool is_word(std::string_view s, std::initializer_list<std::string_view> words) {
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view w) { return std::equal(s.begin(), s.end(), w.begin(), w.end(), same); });
}
/// Of digits that are out of range: whether they are too small, not too large. The exponent of the first digit says it.
bool is_tiny(std::string_view s) {
  const auto e = std::min(s.find_first_of("eE"), s.size());
  const std::string_view digits = s.substr(0, e), exponent = s.substr(std::min(e + 1, s.size()));
  const auto point = std::min(digits.find('.'), digits.size()), first = digits.find_first_of("123456789");
  long long power = 0;
  const char* start = exponent.data() + (exponent.starts_with('+') ? 1 : 0);
  if (std::from_chars(start, exponent.data() + exponent.size(), power).ec == std::errc::result_out_of_range)
    return exponent.starts_with('-');
  return power < static_cast<long long>(first) - static_cast<long long>(point);
}

}  // namespace

CsvNumber csv_number(std::string_view s) {
  constexpr double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  if (is_word(s, {"", "na", "n/a", "null"})) return {CsvNumber::unknown, nan};
  const double sign = s[0] == '-' ? -1 : 1;
  if (s[0] == '-' || s[0] == '+') s.remove_prefix(1);
  if (is_word(s, {"nan"})) return {CsvNumber::unknown, nan};
  if (is_word(s, {"inf", "infinity"})) return {CsvNumber::infinite, sign * infinity};
  if (s.empty() || !(s[0] == '.' || (s[0] >= '0' && s[0] <= '9'))) return {CsvNumber::text};
  double v = 0;
  const auto [stop, error] = std::from_chars(s.data(), s.data() + s.size(), v);
  if (stop != s.data() + s.size() || error == std::errc::invalid_argument) return {CsvNumber::text};
  if (error == std::errc()) return {CsvNumber::number, sign * v};
  return is_tiny(s) ? CsvNumber{CsvNumber::number, sign * 0.0} : CsvNumber{CsvNumber::too_large, sign * infinity};
}

}  // namespace gradus::data::detail
