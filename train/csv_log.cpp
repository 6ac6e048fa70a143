#include <gradus/data/csv.hpp>
#include <gradus/tensor/error.hpp>
#include <gradus/tensor/io/file.hpp>
#include <gradus/train/csv_log.hpp>

#include <cerrno>
#include <cstring>

namespace gradus::train {

CsvLog::CsvLog(const std::filesystem::path& path, const std::vector<std::string>& columns)
    : path_(path), columns_(columns.size()) {
  io::check_replaceable(path);  // opening a pipe would wait for its reader
  io::keep_standard_streams();
  file_ = std::fopen(path.c_str(), "we");
  if (!file_) fail<IoError>("csv: cannot be opened for writing: ", path.string(), ": ", std::strerror(errno));
  std::string line;
  for (const auto& c : columns) line += (&c == &columns.front() ? "" : ",") + data::csv_field(c);
  try {
    write(line);
  } catch (...) {
    std::fclose(file_);
    throw;
  }
}
CsvLog::~CsvLog() { std::fclose(file_); }

void CsvLog::row(const std::vector<double>& values) {
  if (values.size() != columns_)
    fail<ValueError>("csv: the row does not fit: ", values.size(), " values, ", columns_, " columns");
  std::string line;
  for (std::size_t i = 0; i < values.size(); ++i) line += (i ? "," : "") + data::csv_field(values[i]);
  write(line);
}
void CsvLog::write(const std::string& line) {
  const io::SizeLimitErrors size_limit;
  if (std::fputs((line + "\n").c_str(), file_) < 0 || std::fflush(file_) != 0)
    fail<IoError>("csv: cannot be written: ", path_.string(), ": ", std::strerror(errno));
}

}  // namespace gradus::train
