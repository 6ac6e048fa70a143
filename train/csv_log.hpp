#pragma once
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

namespace gradus::train {

/// A table that grows on disk: header at once, each row flushed. Numbers in the shortest exact form; data::read_csv reads it with
/// .header = true, and .allow_nonfinite = true where a loss was not finite.
class CsvLog {
 public:
  /// Replaces the file. Throws IoError, also for a path that is no regular file.
  CsvLog(const std::filesystem::path& path, const std::vector<std::string>& columns);
  ~CsvLog();
  CsvLog(const CsvLog&) = delete;
  CsvLog& operator=(const CsvLog&) = delete;
  /// Throws ValueError for another number of values than columns, IoError when the disk is full.
  void row(const std::vector<double>& values);

 private:
  void write(const std::string& line);
  std::filesystem::path path_;
  std::size_t columns_;
  std::FILE* file_ = nullptr;
};

}  // namespace gradus::train
