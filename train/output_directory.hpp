#pragma once
#include <filesystem>
#include <initializer_list>

namespace gradus::train {

/// The folder of a run: made, proved to be writable before work is done that would be lost, and held against a second
/// run for as long as this lives (where the file system has locks).
class OutputDirectory {
 public:
  /// `files` are what the run will write there. Throws IoError if the folder cannot be made or written, if another
  /// OutputDirectory holds it, in this process or another, or if one of the files exists and is no regular file.
  explicit OutputDirectory(const std::filesystem::path& folder, std::initializer_list<const char*> files = {});
  ~OutputDirectory();
  OutputDirectory(const OutputDirectory&) = delete;
  OutputDirectory& operator=(const OutputDirectory&) = delete;

 private:
  int lock_ = -1;
};

}  // namespace gradus::train
