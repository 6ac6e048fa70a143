// Private to the npz reader and writer: the part of the zip format that NumPy uses (stored and deflate, zip64).
#pragma once
#include <gradus/tensor/io/file.hpp>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gradus::io {

/// One file in an archive. Its name is a text and never a path on a disk.
struct ZipEntry {
  std::string name;
  std::uint16_t flags = 0;
  std::uint16_t method = 0;  // 0: stored, 8: deflate
  std::uint32_t crc = 0;     // of the content
  std::uint64_t packed = 0;  // bytes in the archive
  std::uint64_t size = 0;    // bytes of the content
  std::uint64_t offset = 0;  // where the local header is
  std::uint64_t data = 0;    // where the packed bytes are; set by the reader
};

/// An archive whose headers have all been read and compared. Throws FormatError for encrypted entries, other methods,
/// names that occur twice or are not UTF-8, entries that overlap, and headers that contradict each other.
class ZipReader {
 public:
  explicit ZipReader(const std::filesystem::path& path);
  const std::vector<ZipEntry>& entries() const& { return entries_; }
  const InputFile& file() const& { return file_; }

 private:
  InputFile file_;
  std::vector<ZipEntry> entries_;
};

/// The content of one entry, from front to back; never more of it is inflated than the headers promise.
class ZipEntryReader {
 public:
  ZipEntryReader(const ZipReader& archive, const ZipEntry& entry);
  ZipEntryReader(const ZipEntryReader&) = delete;
  ZipEntryReader& operator=(const ZipEntryReader&) = delete;
  ~ZipEntryReader();

  /// Reads n bytes. Throws FormatError if there are fewer or the data are damaged.
  void read_exactly(void* to, std::size_t n);
  std::uint64_t most_remaining() const { return entry_.size - done_; }
  /// Checks that everything was read, that nothing follows and that the checksum is right. Throws FormatError.
  void finish();
  /// Throws FormatError "npz: entry 'name': ...: path" with the joined parts.
  template <class... Parts>
  [[noreturn]] void fail_format(const Parts&... parts) const {
    fail<FormatError>(format_, ": ", join(parts...), ": ", path().native());
  }
  const std::filesystem::path& path() const { return file_.path(); }
  const std::string& format() const { return format_; }

 private:
  struct Inflater;
  std::size_t inflate_some(void* to, std::size_t n);
  const InputFile& file_;
  const ZipEntry& entry_;
  std::string format_;
  std::uint64_t done_ = 0;  // bytes of the content that were read
  std::uint32_t crc_ = 0;
  std::unique_ptr<Inflater> inflater_;
};

/// Writes an archive; equal content gives equal bytes. The caller commits the file.
class ZipWriter {
 public:
  explicit ZipWriter(AtomicFile& file) : file_(file) {}
  /// Adds an entry made of these parts. Throws ValueError for a name that no archive can hold, and IoError.
  void add(const std::string& name, std::initializer_list<std::string_view> content, bool compress);
  /// Writes the central directory.
  void finish();

 private:
  void write(std::string_view bytes);
  AtomicFile& file_;
  std::uint64_t at_ = 0;
  std::uint64_t count_ = 0;
  std::string directory_;
};

/// The header before an entry's data, its line in the central directory, and the end of the archive. Sizes, positions and
/// counts that need it are written in zip64 fields.
std::string zip_local_header(const ZipEntry& entry);
std::string zip_directory_header(const ZipEntry& entry);
std::string zip_end(std::uint64_t entries, std::uint64_t directory_bytes, std::uint64_t directory_offset);

/// Why a name cannot stand in an archive: "is not UTF-8", ..., or null.
const char* zip_name_fault(std::string_view name);

}  // namespace gradus::io
