// Private to data: the fields of a CSV file one after the other, in memory of one field.
#pragma once
#include <gradus/tensor/dtype.hpp>
#include <gradus/tensor/io/gzip.hpp>

#include <string>

namespace gradus::data::detail {

/// RFC 4180, as people's files have it: quoted fields with separators, line ends and doubled quotes inside; lines that end in
/// LF, CRLF or CR, the last one or none; a byte order mark; spaces and tabs around fields.
class CsvFields {
 public:
  CsvFields(const std::filesystem::path& path, char separator, std::uint64_t max_bytes);
  /// Goes to the next field. False at the end; a file that does not end in a line end ends its last field.
  bool next();
  std::string text{};
  bool quoted = false, last = true;  ///< last of its row
  Index line = 1, column = 0;        ///< where it begins, counted from 1
  /// A row without any field.
  bool blank() const { return last && column == 1 && !quoted && text.empty(); }
  /// Throws FormatError "csv: what at line:column: found ...".
  [[noreturn]] void fail_at(const std::string& what, const std::string& hint = {}) const;
  io::ByteReader& file() { return in_; }

 private:
  int peek();
  int take();
  bool take_line_end();
  void take_quoted();
  bool is_space(int c) const { return (c == ' ' || c == '\t') && c != separator_; }

  io::ByteReader in_;
  char separator_;
  std::string buffer_;
  std::size_t used_ = 0, filled_ = 0;
  Index line_now_ = 1;
};

/// What a field says. Numbers have a decimal point and an exponent, in the C locale; too small ones are 0, as in Python.
struct CsvNumber {
  enum Kind {
    number,
    unknown,    ///< empty, na, n/a, nan or null, in any case: NaN
    infinite,   ///< inf or infinity
    too_large,  ///< digits for more than the largest number: infinity
    text
  } kind;
  double value = 0;
};
CsvNumber csv_number(std::string_view field);

}  // namespace gradus::data::detail
