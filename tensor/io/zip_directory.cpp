#include <gradus/tensor/io/zip.hpp>

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>

namespace gradus::io {
namespace {
constexpr std::uint32_t in_zip64 = 0xffffffff;  // "the value stands in the zip64 field"
constexpr std::uint16_t has_descriptor = 1 << 3, encrypted = 1 << 0 | 1 << 6 | 1 << 13, patch = 1 << 5;

/// Takes little-endian fields one after the other; the caller has checked that they are there.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : bytes_(bytes) {}
  template <class T>
  T next() {
    T value;
    std::memcpy(&value, bytes_.data(), sizeof value);
    bytes_.remove_prefix(sizeof value);
    return value;
  }
  std::string_view text(std::size_t n) {
    const std::string_view part = bytes_.substr(0, n);
    bytes_.remove_prefix(n);
    return part;
  }
  std::size_t left() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
};

/// Reads and checks what stands at the end of the archive and before each entry.
class DirectoryReader {
 public:
  explicit DirectoryReader(const InputFile& file) : file_(file) {}

  std::vector<ZipEntry> read() {
    if (!file_.is_regular()) bad("not a regular file", "the size must be known");
    find_directory();
    Fields directory(text_);
    std::vector<ZipEntry> entries;
    std::set<std::string_view> names;
    for (std::uint64_t i = 0; i < count_; ++i) entries.push_back(directory_entry(directory));
    if (directory.left() > 0) bad("bytes follow the last entry of the directory", "found ", directory.left());
    for (const ZipEntry& e : entries)
      if (!names.insert(e.name).second) bad("a name occurs twice", "entry '", e.name, "'");
    check_places(entries);
    return entries;
  }

 private:
  template <class... Parts>
  [[noreturn]] void bad(const char* what, const Parts&... parts) const {
    fail<FormatError>("npz: ", what, ": ", join(parts...), ": ", file_.path().native());
  }
  std::string bytes_at(std::uint64_t offset, std::uint64_t n) const {
    std::string bytes(static_cast<std::size_t>(n), '\0');
    if (file_.read_at(offset, bytes.data(), bytes.size()) != n)
      bad("the file ends too early", "it was shortened while it was read");
    return bytes;
  }

  /// Sets count_, begin_ and text_ from the end record, whose comment must reach exactly to the end of the file.
  void find_directory() {
    constexpr std::uint64_t record = 22, largest_comment = 65535;
    const std::string tail = bytes_at(file_.size() - std::min(file_.size(), record + largest_comment),
                                      std::min(file_.size(), record + largest_comment));
    for (std::size_t at = tail.rfind("PK\5\6"); at != std::string::npos;
         at = at > 0 ? tail.rfind("PK\5\6", at - 1) : std::string::npos) {
      if (tail.size() - at < record) continue;
      Fields end(std::string_view(tail).substr(at + 4));
      const auto disk = end.next<std::uint16_t>(), directory_disk = end.next<std::uint16_t>(),
                 here = end.next<std::uint16_t>(), total = end.next<std::uint16_t>();
      const auto bytes = end.next<std::uint32_t>(), begin = end.next<std::uint32_t>();
      if (end.next<std::uint16_t>() != end.left()) continue;
      const std::uint64_t position = file_.size() - tail.size() + at;
      if (std::uint64_t{begin} + bytes != position && read_zip64_end(position, total, bytes, begin)) return;
      if (disk != 0 || directory_disk != 0 || here != total)
        bad("an archive in several parts cannot be read", "end of the directory, offset ", position);
      return take_directory(position, total, bytes, begin);
    }
    bad("the end of a zip archive is missing", "the file was cut off or is none, size ", file_.size());
  }

  /// Whether a zip64 record stands before the end record at `position`; then the directory is taken from it.
  bool read_zip64_end(std::uint64_t position, std::uint64_t old_total, std::uint64_t old_bytes,
                      std::uint64_t old_begin) {
    constexpr std::uint64_t locator_bytes = 20, record_bytes = 56;
    if (position < locator_bytes + record_bytes) return false;
    const std::string locator_text = bytes_at(position - locator_bytes, locator_bytes);
    if (!locator_text.starts_with("PK\6\7")) return false;
    Fields locator(std::string_view(locator_text).substr(4));
    const auto disk = locator.next<std::uint32_t>();
    const auto record_at = locator.next<std::uint64_t>();
    const auto disks = locator.next<std::uint32_t>();
    if (disk != 0 || disks > 1) bad("an archive in several parts cannot be read", "zip64 locator, ", disks, " disks");
    if (record_at > position - locator_bytes - record_bytes)
      bad("the zip64 record is not in the file", "zip64 locator, found offset ", record_at);
    const std::string text = bytes_at(record_at, record_bytes);
    Fields record(text);
    const auto signature = record.text(4);
    const auto size = record.next<std::uint64_t>();
    if (signature != "PK\6\6" || size != position - locator_bytes - record_at - 12)
      bad("the zip64 record is damaged", "offset ", record_at);
    record.text(4);  // versions
    const auto first = record.next<std::uint32_t>(), second = record.next<std::uint32_t>();
    const auto here = record.next<std::uint64_t>(), total = record.next<std::uint64_t>(),
               bytes = record.next<std::uint64_t>(), begin = record.next<std::uint64_t>();
    if (first != 0 || second != 0 || here != total)
      bad("an archive in several parts cannot be read", "zip64 record, offset ", record_at);
    if ((old_total != 0xffff && old_total != total) || (old_bytes != in_zip64 && old_bytes != bytes) ||
        (old_begin != in_zip64 && old_begin != begin))
      bad("the end record contradicts the zip64 record", "offset ", record_at);
    take_directory(record_at, total, bytes, begin);
    return true;
  }

  void take_directory(std::uint64_t position, std::uint64_t count, std::uint64_t bytes, std::uint64_t begin) {
    if (begin > position || bytes != position - begin)
      bad("the directory does not end where its end record starts", "directory, expected end ", position,
          ", found offset ", begin, " and ", bytes, " bytes");
    begin_ = begin;
    count_ = count;
    text_ = bytes_at(begin, bytes);
  }

  ZipEntry directory_entry(Fields& fields) const {
    constexpr std::size_t fixed = 46;
    if (fields.left() < fixed) bad("the directory has fewer entries than it should have", "expected ", count_);
    if (fields.text(4) != "PK\1\2") bad("an entry of the directory has a wrong signature", "expected PK\\1\\2");
    ZipEntry e;
    fields.text(4);  // versions: what they allow shows in the fields
    e.flags = fields.next<std::uint16_t>();
    e.method = fields.next<std::uint16_t>();
    fields.text(4);  // time
    e.crc = fields.next<std::uint32_t>();
    e.packed = fields.next<std::uint32_t>();
    e.size = fields.next<std::uint32_t>();
    const std::size_t name = fields.next<std::uint16_t>(), extra = fields.next<std::uint16_t>(),
                      comment = fields.next<std::uint16_t>();
    const auto disk = fields.next<std::uint16_t>();
    fields.text(6);  // attributes
    e.offset = fields.next<std::uint32_t>();
    if (fields.left() < name + extra + comment)
      bad("an entry of the directory is cut off", "expected ", count_, " entries");
    e.name = fields.text(name);
    if (const char* fault = zip_name_fault(e.name))
      bad("a name is not allowed", "entry at offset ", e.offset, ", the name ", fault);
    take_zip64(e, fields.text(extra), {&e.size, &e.packed, &e.offset});
    fields.text(comment);
    if (disk != 0) bad("an archive in several parts cannot be read", "entry '", e.name, "', disk ", disk);
    if (e.flags & encrypted) bad("an entry is encrypted", "entry '", e.name, "', flags ", e.flags);
    if ((e.method != 0 && e.method != 8) || e.flags & patch)
      bad("the compression cannot be read", "entry '", e.name, "', method ", e.method, ", flags ", e.flags,
          " — readable are 0 (stored) and 8 (deflate)");
    // A deflate bit stream grows at most 1032-fold, see gzip.cpp.
    if (e.method == 0 ? e.packed != e.size : e.size / 1032 > e.packed)
      bad("the sizes cannot be right", "entry '", e.name, "', ", e.packed, " bytes cannot become ", e.size);
    return e;
  }

  /// Replaces those of the values that say so by the ones in the zip64 field, which holds only these, in this order.
  void take_zip64(const ZipEntry& e, std::string_view extra, std::initializer_list<std::uint64_t*> values) const {
    std::optional<Fields> zip64;
    for (Fields fields(extra); fields.left() > 0;) {
      if (fields.left() < 4) bad("an extra field is cut off", "entry '", e.name, "'");
      const auto id = fields.next<std::uint16_t>(), size = fields.next<std::uint16_t>();
      if (fields.left() < size) bad("an extra field is cut off", "entry '", e.name, "', field ", id);
      const std::string_view content = fields.text(size);
      if (id == 1 && zip64) bad("a zip64 field occurs twice", "entry '", e.name, "'");
      if (id == 1) zip64.emplace(content);
    }
    for (std::uint64_t* value : values) {
      if (*value != in_zip64) continue;
      if (!zip64 || zip64->left() < sizeof *value) bad("a zip64 field is missing or cut off", "entry '", e.name, "'");
      *value = zip64->next<std::uint64_t>();
    }
  }

  /// Compares each entry with its local header; no byte may belong to two entries or to the directory too.
  void check_places(std::vector<ZipEntry>& entries) const {
    std::vector<std::pair<std::uint64_t, ZipEntry*>> order;
    for (ZipEntry& e : entries) order.emplace_back(e.offset, &e);
    std::sort(order.begin(), order.end(), [](auto& a, auto& b) { return a.first < b.first; });
    std::uint64_t free_from = 0;
    for (const auto& item : order) {
      ZipEntry& e = *item.second;
      if (e.offset < free_from)
        bad("entries overlap", "entry '", e.name, "', expected offset ", free_from, " or more, found ", e.offset);
      free_from = end_of(e);
    }
  }

  /// Checks the local header, sets where the data are, and returns where the entry ends.
  std::uint64_t end_of(ZipEntry& e) const {
    constexpr std::uint64_t fixed = 30;
    const auto outside = [&] {
      bad("an entry is not before the directory", "entry '", e.name, "', offset ", e.offset);
    };
    if (e.offset > begin_ || begin_ - e.offset < fixed) outside();
    const std::string text = bytes_at(e.offset, fixed);
    Fields fields(text);
    const auto signature = fields.text(4);
    fields.text(2);  // version
    ZipEntry local;
    local.flags = fields.next<std::uint16_t>();
    local.method = fields.next<std::uint16_t>();
    fields.text(4);  // time
    local.crc = fields.next<std::uint32_t>();
    local.packed = fields.next<std::uint32_t>();
    local.size = fields.next<std::uint32_t>();
    const std::uint64_t name = fields.next<std::uint16_t>(), extra = fields.next<std::uint16_t>();
    if (signature != "PK\3\4") bad("a local header has a wrong signature", "entry '", e.name, "', offset ", e.offset);
    if (begin_ - e.offset - fixed < name + extra) outside();
    const std::string rest = bytes_at(e.offset + fixed, name + extra);
    local.name = rest.substr(0, name);
    take_zip64(e, std::string_view(rest).substr(name), {&local.size, &local.packed});
    e.data = e.offset + fixed + name + extra;
    if (begin_ - e.data < e.packed) outside();

    const auto compare = [&](const char* field, auto wanted, auto found) {
      if (wanted != found)
        bad("the local header contradicts the directory", "entry '", e.name, "', ", field, ", expected ", wanted,
            ", found ", found);
    };
    compare("name", e.name, local.name);
    compare("flags", e.flags, local.flags);
    compare("method", e.method, local.method);
    const bool streamed = e.flags & has_descriptor;  // then the values may be 0 here and follow the data
    if (!streamed || local.crc) compare("checksum", e.crc, local.crc);
    if (!streamed || local.packed) compare("packed size", e.packed, local.packed);
    if (!streamed || local.size) compare("size", e.size, local.size);
    return e.data + e.packed + (streamed ? descriptor_bytes(e) : 0);
  }

  /// Bytes of the descriptor after the data, which has a signature or not, and sizes of 8 bytes or of 4.
  std::uint64_t descriptor_bytes(const ZipEntry& e) const {
    const std::uint64_t at = e.data + e.packed;
    const std::string found = bytes_at(at, std::min<std::uint64_t>(24, begin_ - at));
    const auto append = [](std::string& to, auto value) { to.append(reinterpret_cast<char*>(&value), sizeof value); };
    for (const char* signature : {"PK\7\10", ""}) {
      std::string wide = signature;
      append(wide, e.crc);
      std::string narrow = wide;
      append(wide, e.packed);
      append(wide, e.size);
      append(narrow, static_cast<std::uint32_t>(e.packed));
      append(narrow, static_cast<std::uint32_t>(e.size));
      if (found.starts_with(wide)) return wide.size();
      if (std::max(e.packed, e.size) < in_zip64 && found.starts_with(narrow)) return narrow.size();
    }
    bad("the descriptor contradicts the directory", "entry '", e.name, "', offset ", at);
  }

  const InputFile& file_;
  std::uint64_t count_ = 0, begin_ = 0;  // of the directory: entries, offset
  std::string text_;
};
}  // namespace

const char* zip_name_fault(std::string_view name) {
  if (name.size() > 0xffff) return "is longer than 65535 bytes";
  for (std::size_t i = 0; i < name.size();) {
    const auto byte = [&](std::size_t k) { return k < name.size() ? static_cast<unsigned char>(name[k]) : 0u; };
    const unsigned first = byte(i);
    if (first == 0) return "holds a null byte";
    const int more = first < 0x80 ? 0 : first >> 5 == 6 ? 1 : first >> 4 == 14 ? 2 : first >> 3 == 30 ? 3 : -1;
    if (more < 0) return "is not UTF-8";
    unsigned code = more == 0 ? first : first & (0x3fu >> more);
    for (int k = 1; k <= more; ++k) {
      if (byte(i + k) >> 6 != 2) return "is not UTF-8";
      code = code << 6 | (byte(i + k) & 0x3f);
    }
    constexpr unsigned smallest[] = {0, 0x80, 0x800, 0x10000};
    if (code < smallest[more] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return "is not UTF-8";
    i += static_cast<std::size_t>(more) + 1;
  }
  return nullptr;
}

ZipReader::ZipReader(const std::filesystem::path& path) : file_(path), entries_(DirectoryReader(file_).read()) {}

}  // namespace gradus::io
