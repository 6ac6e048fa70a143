#pragma once
#include <gradus/tensor/tensor.hpp>

#include <filesystem>

namespace gradus::data {

struct CsvOptions {
  char separator = ',';
  bool header = false;                               ///< pass over the first line
  bool allow_nan = false;                            ///< take "nan" and empty fields as NaN
  std::uint64_t max_bytes = std::uint64_t{1} << 30;  ///< of text, unpacked
};
/// A table of numbers, plain or gzip, as f64 [rows, columns]. The decimal point is '.', whatever the locale; a byte order
/// mark, CRLF and a missing last line end are accepted. Throws IoError, and FormatError with row:column for text that is
/// no number, a row of another length, or no rows at all.
Tensor read_csv(const std::filesystem::path& path, CsvOptions options = {});

}  // namespace gradus::data
