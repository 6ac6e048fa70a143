// Files read whole or piece by piece, and files replaced atomically: a reader sees the old content or the new, never a
// mix.
#pragma once
#include <gradus/tensor/error.hpp>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace gradus::io {

/// Fills the descriptors 0, 1 and 2 if they are closed, so that no file gets one of them and with it what the program
/// prints. What is read from or written to a stream that was closed still fails. All that opens files here calls it.
void keep_standard_streams();

/// While it lives, a write of this thread beyond the file size limit (ulimit -f) fails with EFBIG instead of ending the
/// program by SIGXFSZ.
class SizeLimitErrors {
 public:
  SizeLimitErrors();
  ~SizeLimitErrors();
  SizeLimitErrors(const SizeLimitErrors&) = delete;
  SizeLimitErrors& operator=(const SizeLimitErrors&) = delete;

 private:
  sigset_t before_{};
};

/// Throws IoError if there is something of this name that is no regular file: a folder, a pipe, a device.
void check_replaceable(const std::filesystem::path& path);

/// A file open for reading, from front to back.
class InputFile {
 public:
  /// Throws IoError (path, the system's reason, a hint) if it is missing, a directory or not readable.
  explicit InputFile(const std::filesystem::path& path);
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile();

  const std::filesystem::path& path() const { return path_; }
  /// False for pipes and devices, whose size() is 0.
  bool is_regular() const { return regular_; }
  /// Bytes in the file when it was opened.
  std::uint64_t size() const { return size_; }
  /// Reads n bytes, fewer only at the end of the file. Throws IoError.
  std::size_t read(void* to, std::size_t n);
  /// The same from a position in a regular file; read() goes on where it was.
  std::size_t read_at(std::uint64_t offset, void* to, std::size_t n) const;

 private:
  std::filesystem::path path_;
  int fd_ = -1;
  bool regular_ = false;
  std::uint64_t size_ = 0;
};

/// The whole file. Throws IoError, and FormatError if it has more than max_bytes.
std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes = std::uint64_t{4} << 30);

/// A file in the making: written to a temporary file beside `path`, which commit() puts in its place. Without a
/// commit() nothing happens to the old file, and the temporary file is removed.
class AtomicFile {
 public:
  /// Throws IoError if the folder cannot be written or `path` names something that is not a regular file. An existing
  /// file's mode is kept; a symbolic link stays, its target is replaced. Temporary files that dead processes of this machine
  /// left in the folder are removed.
  explicit AtomicFile(const std::filesystem::path& path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  /// Appends n bytes. Throws IoError (disk full, ...).
  void write(const void* data, std::size_t n);
  void write(std::string_view bytes) { write(bytes.data(), bytes.size()); }
  /// Makes the new content durable (fsync of the file and of its folder) and visible (rename). Throws IoError.
  void commit();

 private:
  [[noreturn]] void fail_to(const char* what);
  std::filesystem::path path_, temporary_;
  int fd_ = -1;
};

/// Replaces or creates `path` with these bytes, or with what `writer` writes. Throws IoError and what writer throws;
/// the old file is then untouched.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);
void write_file_atomically(const std::filesystem::path& path, const std::function<void(AtomicFile&)>& writer);

}  // namespace gradus::io
