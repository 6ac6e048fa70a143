// Tables in text files.
#pragma once
#include <gradus/tensor/tensor.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace gradus::data {

/// The texts of each text column by the column's name; a value stands for its place here.
using Categories = std::map<std::string, std::vector<std::string>>;

struct CsvOptions {
  char separator = ',';
  bool header = false;                    ///< the first row has the names of the columns
  std::vector<std::string> names = {};    ///< of the columns where the file has none, or instead of its own
  std::vector<std::string> columns = {};  ///< names of those to take, in this order; empty: all but the label
  std::string label = {};                 ///< name of the column for CsvTable::labels
  /// Of another table, so that texts get its numbers and one that it does not have is an error; columns that are not here are
  /// passed over. An empty list: a text column although it begins with a number.
  Categories categories = {};
  bool allow_nonfinite = false;                      ///< take nan, inf, and as NaN na, n/a, null and empty fields
  std::uint64_t max_bytes = std::uint64_t{1} << 30;  ///< of text, unpacked
};
struct CsvTable {
  Tensor values;                          ///< f64 [rows, columns]
  std::vector<std::string> columns = {};  ///< their names, if there are names
  Tensor labels = {};          ///< [rows], i64 if they are texts or all whole, else f64; undefined without a label
  Categories categories = {};  ///< in alphabetical order
};
/// A table, plain or gzip. Fields may be quoted as in RFC 4180; the decimal point is '.', whatever the locale; a number too
/// small for f64 is 0, one too large an error, or infinite where that is allowed. Columns that have names may be of texts
/// (those whose first field is no number), the others are of numbers. Blank lines are passed over; in a table of one column
/// they are empty fields, but for those at the end. Needs the memory of the numbers, not of the text. Throws IoError, ValueError for
/// options that contradict each other, and FormatError with line:column for what is no number, a row of another length, a
/// name that is missing or there twice, or no rows at all.
CsvTable read_csv(const std::filesystem::path& path, const CsvOptions& options = {});

/// As a field of a CSV file: in quotes if it has to be.
std::string csv_field(const std::string& text);
/// The same of a number, in the shortest form that read_csv() takes for it: "nan", "inf" and "-inf" where it is not finite.
std::string csv_field(double v);

}  // namespace gradus::data
