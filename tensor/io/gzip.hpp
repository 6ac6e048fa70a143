// Bytes from a file that may be gzip-compressed, without ever inflating more than was asked for.
#pragma once
#include <gradus/tensor/io/file.hpp>

#include <memory>

namespace gradus::io {

/// Reads a plain or gzip file (told apart by its first two bytes, not by its name) from front to back. Joined gzip
/// members are read as one; checksums and lengths are checked when at_end() has returned true.
class ByteReader {
 public:
  /// `format` opens the error texts ("idx"). A read that would take the uncompressed bytes past max_bytes throws
  /// FormatError. Throws IoError if the file cannot be opened.
  ByteReader(const std::filesystem::path& path, std::string format, std::uint64_t max_bytes = std::uint64_t{4} << 30);
  ByteReader(ByteReader&&) noexcept;
  ByteReader& operator=(ByteReader&&) noexcept;
  ~ByteReader();

  /// Reads n bytes. Throws FormatError if the file ends before or is damaged.
  void read_exactly(void* to, std::size_t n);
  /// Reads n bytes, fewer only at the end.
  std::size_t read(void* to, std::size_t n);
  /// Whether there is no further byte; looks at most one byte ahead.
  bool at_end();
  /// Uncompressed bytes read so far.
  std::uint64_t offset() const;
  bool is_compressed() const;
  /// The most bytes that can follow: exact for a plain file, from deflate's best ratio for a compressed one, and never
  /// above max_bytes. For checking sizes before memory is allocated.
  std::uint64_t most_remaining() const;
  /// Throws FormatError "format: path: ..." with the joined parts.
  template <class... Parts>
  [[noreturn]] void fail_format(const Parts&... parts) const {
    fail<FormatError>(format(), ": ", join(parts...), ": ", path().native());
  }
  const std::filesystem::path& path() const;
  const std::string& format() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gradus::io
