#include <gradus/tensor/io/zip.hpp>

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

namespace gradus::io {

struct ZipEntryReader::Inflater {
  Inflater() = default;
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream); }
  z_stream stream{};
  std::array<unsigned char, 65536> input{};
  std::uint64_t taken = 0;  // packed bytes read from the file
  bool ended = false;
};

ZipEntryReader::ZipEntryReader(const ZipReader& archive, const ZipEntry& entry)
    : file_(archive.file()), entry_(entry), format_("npz: entry '" + entry.name + "'") {
  if (entry.method == 0) return;
  inflater_ = std::make_unique<Inflater>();
  if (inflateInit2(&inflater_->stream, -15) != Z_OK) fail<MemoryError>(format_, ": no memory for zlib");
}
ZipEntryReader::~ZipEntryReader() = default;

/// Inflates up to n bytes, fewer only at the end of the compressed data.
std::size_t ZipEntryReader::inflate_some(void* to, std::size_t n) {
  Inflater& s = *inflater_;
  std::size_t done = 0;
  while (!s.ended) {
    if (s.stream.avail_in == 0) {
      const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(s.input.size(), entry_.packed - s.taken));
      const std::size_t got = file_.read_at(entry_.data + s.taken, s.input.data(), wanted);
      if (got != wanted) fail_format("the file ends too early: it was shortened while it was read");
      s.taken += got;
      s.stream.next_in = s.input.data();
      s.stream.avail_in = static_cast<uInt>(got);
    }
    const std::size_t room = std::min<std::size_t>(n - done, std::numeric_limits<uInt>::max());
    s.stream.next_out = static_cast<unsigned char*>(to) + done;
    s.stream.avail_out = static_cast<uInt>(room);
    const int result = inflate(&s.stream, Z_NO_FLUSH);
    done += room - s.stream.avail_out;
    s.ended = result == Z_STREAM_END;
    if (done == n || s.ended) break;
    if (result == Z_BUF_ERROR && s.taken == entry_.packed)
      fail_format("the compressed data end too early: packed data, expected more than ", entry_.packed, " bytes");
    if (result != Z_OK && result != Z_BUF_ERROR)
      fail_format("the compressed data are damaged: near byte ", s.taken - s.stream.avail_in, " of the packed data, ",
                  s.stream.msg ? s.stream.msg : "zlib error");
  }
  return done;
}

void ZipEntryReader::read_exactly(void* to, std::size_t n) {
  std::size_t got = static_cast<std::size_t>(std::min<std::uint64_t>(n, most_remaining()));
  if (got == n && n > 0) {
    got = inflater_ ? inflate_some(to, n) : file_.read_at(entry_.data + done_, to, n);
    crc_ = static_cast<std::uint32_t>(crc32_z(crc_, static_cast<const unsigned char*>(to), got));
  }
  if (got != n)
    fail_format("the entry ends too early: offset ", done_, " of its content, expected ", n, " bytes, found ", got);
  done_ += n;
}

void ZipEntryReader::finish() {
  if (most_remaining() > 0) fail_format("bytes follow the array: expected ", done_, " bytes, found ", entry_.size);
  if (inflater_) {
    unsigned char excess = 0;
    if (inflate_some(&excess, 1) > 0)
      fail_format("the content is larger than its header says: size, expected ", entry_.size, " bytes, found more");
    const std::uint64_t used = inflater_->taken - inflater_->stream.avail_in;
    if (used != entry_.packed)
      fail_format("bytes follow the compressed data: packed size, expected ", entry_.packed, ", found ", used);
  }
  if (crc_ != entry_.crc) fail_format("the checksum is wrong: expected ", entry_.crc, ", found ", crc_);
}

}  // namespace gradus::io
