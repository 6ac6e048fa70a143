#include <gradus/data/csv.hpp>
#include <gradus/tensor/error.hpp>
#include <gradus/train/csv_log.hpp>

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace gradus::train {

void prepare_output_directory(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) fail<IoError>("output folder: cannot be made: ", folder.string(), ": ", error.message());
  const auto probe = folder / join(".write-test.", static_cast<long long>(getpid()));
  std::FILE* f = std::fopen(probe.c_str(), "w");
  const bool written = f && std::fputs("x", f) >= 0 && std::fflush(f) == 0;
  const int reason = errno;
  if (f) std::fclose(f);
  std::filesystem::remove(probe, error);
  if (!written) fail<IoError>("output folder: cannot be written to: ", folder.string(), ": ", std::strerror(reason));
}

CsvLog::CsvLog(const std::filesystem::path& path, const std::vector<std::string>& columns)
    : path_(path), columns_(columns.size()), file_(std::fopen(path.c_str(), "w")) {
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
  if (std::fputs((line + "\n").c_str(), file_) < 0 || std::fflush(file_) != 0)
    fail<IoError>("csv: cannot be written: ", path_.string(), ": ", std::strerror(errno));
}

}  // namespace gradus::train
