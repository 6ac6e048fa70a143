#include <gradus/tensor/io/zip.hpp>

#include <zlib.h>

#include <algorithm>
#include <limits>

namespace gradus::io {
namespace {
constexpr std::uint64_t in_zip64 = 0xffffffff;  // this value and larger ones stand in the zip64 field

/// Appends numbers in little-endian order, each in the bytes of its type.
template <class... Numbers>
void put(std::string& to, const Numbers&... numbers) {
  (to.append(reinterpret_cast<const char*>(&numbers), sizeof numbers), ...);
}
using U16 = std::uint16_t;
using U32 = std::uint32_t;
using U64 = std::uint64_t;

U32 narrow(U64 value) { return static_cast<U32>(std::min(value, in_zip64)); }

/// The zip64 field for those of the values that need it, or nothing.
std::string zip64_field(std::initializer_list<U64> values) {
  std::string content, field;
  for (const U64 value : values)
    if (value >= in_zip64) put(content, value);
  if (!content.empty()) put(field, U16{1}, static_cast<U16>(content.size()));
  return field + content;
}

/// Version, flags, method, a fixed time (so that equal content gives equal bytes), checksum, sizes, lengths.
void put_common(std::string& to, const ZipEntry& e, U16 version, std::size_t extra) {
  put(to, version, e.flags, e.method, U16{0}, U16{1 << 5 | 1}, e.crc, narrow(e.packed), narrow(e.size),
      static_cast<U16>(e.name.size()), static_cast<U16>(extra));
}

std::string deflated(std::initializer_list<std::string_view> content) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    fail<MemoryError>("npz: no memory for zlib");
  const std::unique_ptr<z_stream, decltype(&deflateEnd)> end(&stream, &deflateEnd);
  std::string packed;
  unsigned char block[65536];
  const auto run = [&](int flush) {
    do {
      stream.next_out = block;
      stream.avail_out = sizeof block;
      deflate(&stream, flush);  // cannot fail: the arguments are right and there is room
      packed.append(reinterpret_cast<const char*>(block), sizeof block - stream.avail_out);
    } while (stream.avail_out == 0);
  };
  for (std::string_view part : content)
    while (!part.empty()) {
      const std::size_t n = std::min<std::size_t>(part.size(), std::numeric_limits<uInt>::max());
      stream.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(part.data()));
      stream.avail_in = static_cast<uInt>(n);
      run(Z_NO_FLUSH);
      part.remove_prefix(n);
    }
  run(Z_FINISH);
  return packed;
}
}  // namespace

std::string zip_local_header(const ZipEntry& e) {
  // Here the field has both sizes or none.
  const bool large = std::max(e.size, e.packed) >= in_zip64;
  std::string extra;
  if (large) put(extra, U16{1}, U16{16}, e.size, e.packed);
  ZipEntry shown = e;
  if (large) shown.size = shown.packed = in_zip64;
  std::string header = "PK\3\4";
  put_common(header, shown, large ? 45 : 20, extra.size());
  return header + e.name + extra;
}

std::string zip_directory_header(const ZipEntry& e) {
  const std::string extra = zip64_field({e.size, e.packed, e.offset});
  const U16 version = extra.empty() ? 20 : 45;
  std::string header = "PK\1\2";
  put(header, static_cast<U16>(3 << 8 | version));  // made on Unix, so that the attributes are a mode
  put_common(header, e, version, extra.size());
  put(header, U16{0}, U16{0}, U16{0}, U32{0600u << 16}, narrow(e.offset));
  return header + e.name + extra;
}

std::string zip_end(U64 entries, U64 bytes, U64 offset) {
  std::string end;
  if (entries >= 0xffff || std::max(bytes, offset) >= in_zip64) {
    end = "PK\6\6";
    put(end, U64{44}, U16{3 << 8 | 45}, U16{45}, U32{0}, U32{0}, entries, entries, bytes, offset);
    end += "PK\6\7";
    put(end, U32{0}, offset + bytes, U32{1});
  }
  const U16 count = static_cast<U16>(std::min<U64>(entries, 0xffff));
  end += "PK\5\6";
  put(end, U16{0}, U16{0}, count, count, narrow(bytes), narrow(offset), U16{0});
  return end;
}

void ZipWriter::write(std::string_view bytes) {
  file_.write(bytes);
  at_ += bytes.size();
}

void ZipWriter::add(const std::string& name, std::initializer_list<std::string_view> content, bool compress) {
  if (const char* fault = zip_name_fault(name))
    fail<ValueError>("npz: a name is not allowed: it ", fault, ": entry number ", count_ + 1);
  ZipEntry e;
  e.name = name;
  e.offset = at_;
  const bool ascii = std::all_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (!ascii) e.flags = 1 << 11;  // the name is UTF-8
  for (const std::string_view part : content) {
    e.size += part.size();
    e.crc = static_cast<U32>(crc32_z(e.crc, reinterpret_cast<const unsigned char*>(part.data()), part.size()));
  }
  std::string packed;
  if (compress) packed = deflated(content);
  e.method = compress ? 8 : 0;
  e.packed = compress ? packed.size() : e.size;
  write(zip_local_header(e));
  if (compress) write(packed);
  else
    for (const std::string_view part : content) write(part);
  directory_ += zip_directory_header(e);
  ++count_;
}

void ZipWriter::finish() {
  const std::string end = zip_end(count_, directory_.size(), at_);
  write(directory_);
  write(end);
}

}  // namespace gradus::io
