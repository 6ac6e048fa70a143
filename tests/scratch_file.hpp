// A file or a folder for one test, gone when the test ends.
#pragma once
#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

/// Written without the fsync of io::write_file_atomically, which would make thousands of cases slow.
struct ScratchFile {
  std::filesystem::path path;
  explicit ScratchFile(const std::string& bytes, bool packed = false)
      : path(std::filesystem::temp_directory_path() /
             ("gradus_" + std::to_string(getpid()) + "_" + std::to_string(number++))) {
    if (packed) {
      const gzFile out = gzopen(path.c_str(), "wb");
      gzwrite(out, bytes.data(), static_cast<unsigned>(bytes.size()));
      gzclose(out);
    } else {
      std::ofstream(path, std::ios::binary) << bytes;
    }
  }
  ~ScratchFile() { std::filesystem::remove(path); }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

 private:
  static inline int number = 0;
};

struct ScratchFolder {
  std::filesystem::path path;
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "gradus_XXXXXX").native();
    if (!::mkdtemp(name.data())) throw std::runtime_error("no folder can be made: " + name);
    path = name;
  }
  ~ScratchFolder() { std::filesystem::remove_all(path); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
};
