#include <gradus/tensor/io/npy_format.hpp>

#include <charconv>
#include <optional>

namespace gradus::io {
namespace {
/// Reads the one dictionary that the format allows, not Python.
class Parser {
 public:
  Parser(std::string_view text, const std::string& format, const std::string& file)
      : text_(text), format_(format), file_(file) {}

  NpyHeader parse() {
    std::optional<std::string> descr;
    std::optional<bool> fortran_order;
    std::optional<std::vector<std::uint64_t>> shape;
    expect('{', "{");
    while (!accept('}')) {
      const std::string key = quoted("a key in quotes or }");
      if ((key == "descr" && descr) || (key == "fortran_order" && fortran_order) || (key == "shape" && shape))
        bad("a key of the header occurs twice", "'", key, "'");
      expect(':', ":");
      if (key == "descr") descr = type();
      else if (key == "fortran_order") fortran_order = boolean();
      else if (key == "shape") shape = tuple();
      else bad("the header has an unknown key", "'", key, "'");
      if (accept('}')) break;
      expect(',', ", or }");
    }
    skip_blanks();
    if (at_ != text_.size()) unexpected("nothing more");
    const char* missing = !descr ? "descr" : !fortran_order ? "fortran_order" : !shape ? "shape" : nullptr;
    if (missing) bad("a key of the header is missing", missing);
    return {*std::move(descr), *fortran_order, *std::move(shape)};
  }

 private:
  template <class... Parts>
  [[noreturn]] void bad(const char* what, const Parts&... parts) const {
    fail<FormatError>(format_, ": ", what, ": ", join(parts...), ": ", file_);
  }
  [[noreturn]] void unexpected(const char* wanted) const {
    const std::string found = at_ < text_.size() ? "'" + std::string(1, text_[at_]) + "'" : "its end";
    bad("the header cannot be read", "byte ", at_, " of the header, expected ", wanted, ", found ", found);
  }

  void skip_blanks() { at_ = std::min(text_.find_first_not_of(" \t\r\n\f", at_), text_.size()); }
  bool accept(char c) {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c, const char* wanted) {
    if (!accept(c)) unexpected(wanted);
  }
  bool accept_word(std::string_view word) {
    skip_blanks();
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  std::string quoted(const char* wanted) {
    const char quote = accept('\'') ? '\'' : '"';
    if (quote == '"') expect('"', wanted);
    const std::size_t start = at_;
    at_ = std::min(text_.find_first_of(quote == '"' ? "\"\\\n" : "'\\\n", at_), text_.size());
    if (at_ == text_.size() || text_[at_] != quote) unexpected("a closing quote");
    return std::string(text_.substr(start, at_++ - start));
  }
  std::string type() {
    if (accept('[')) bad("a structured array cannot be read", "descr is a list of fields");
    return quoted("a type in quotes");
  }
  bool boolean() {
    if (accept_word("True")) return true;
    if (!accept_word("False")) unexpected("True or False");
    return false;
  }
  /// "()", "(2,)", "(2, 3)", ...; "(2)" is a number in Python.
  std::vector<std::uint64_t> tuple() {
    std::vector<std::uint64_t> values;
    expect('(', "a tuple");
    while (!accept(')')) {
      values.push_back(number());
      if (accept(',')) continue;
      if (values.size() == 1) unexpected(",");
      expect(')', ", or )");
      break;
    }
    return values;
  }
  std::uint64_t number() {
    skip_blanks();
    const char* const begin = text_.data() + at_;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error == std::errc::invalid_argument) unexpected("an extent or )");
    const std::string_view digits(begin, static_cast<std::size_t>(end - begin));
    if (error != std::errc{}) bad("an extent is too large", "shape, found ", digits);
    if (digits.size() > 1 && digits[0] == '0') unexpected("an extent without leading zeros");
    at_ += digits.size();
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // as Python 2 wrote long integers
    return value;
  }

  std::string_view text_;
  const std::string &format_, &file_;
  std::size_t at_ = 0;
};

const char* descr_of(DType dtype) {
  constexpr const char* descrs[] = {"|b1", "|u1", "<i8", "<f4", "<f8"};
  return descrs[static_cast<int>(dtype)];
}
}  // namespace

NpyHeader parse_npy_header(std::string_view text, const std::string& format, const std::string& file) {
  return Parser(text, format, file).parse();
}

std::string npy_header(const Tensor& t) {
  std::string header(10, '\0');
  header += join("{'descr': '", descr_of(t.dtype()), "', 'fortran_order': False, 'shape': (");
  for (Index axis = 0; axis < t.rank(); ++axis) header += join(axis ? ", " : "", t.shape()[axis]);
  header += t.rank() == 1 ? ",), }" : "), }";
  // As NumPy does it: room for a first extent of 21 digits, then at least one character up to a multiple of 64.
  if (t.rank() > 0) header.append(21 - join(t.shape()[0]).size(), ' ');
  header.append(64 - (header.size() + 1) % 64, ' ');
  header += '\n';
  const std::size_t length = header.size() - 10;
  const char start[10] = {
      '\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0, static_cast<char>(length), static_cast<char>(length >> 8)};
  return header.replace(0, sizeof start, start, sizeof start);
}

}  // namespace gradus::io
