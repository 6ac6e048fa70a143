#include <gradus/tensor/io/gzip.hpp>

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

namespace gradus::io {
namespace {
constexpr std::size_t input_bytes = std::size_t{1} << 16;
constexpr std::uint64_t best_ratio = 1032;  // a deflate bit stream never grows by more
}  // namespace

struct ByteReader::State {
  State(const std::filesystem::path& path, std::string name, std::uint64_t most)
      : file(path), format(std::move(name)), max_bytes(most) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (compressed) inflateEnd(&stream);
  }

  /// Fills the input buffer if it is empty; false at the end of the file.
  bool fill() {
    if (used == filled) {
      used = 0;
      filled = file.read(input.data(), input.size());
      consumed += filled;
    }
    return used < filled;
  }

  InputFile file;
  std::string format;
  std::uint64_t max_bytes;
  std::array<unsigned char, input_bytes> input{};
  std::size_t used = 0, filled = 0;  // the part of `input` still to be read is [used, filled)
  std::uint64_t consumed = 0;        // bytes taken from the file
  std::uint64_t produced = 0;        // uncompressed bytes, the one looked at by at_end() included
  bool compressed = false, in_member = false, damaged = false;
  z_stream stream{};
  int ahead = -1;  // a byte that at_end() has read
};

ByteReader::ByteReader(const std::filesystem::path& path, std::string format, std::uint64_t max_bytes)
    : state_(std::make_unique<State>(path, std::move(format), max_bytes)) {
  State& s = *state_;
  s.fill();
  if (s.filled >= 2 && s.input[0] == 0x1f && s.input[1] == 0x8b) {
    if (inflateInit2(&s.stream, 15 + 16) != Z_OK) fail<MemoryError>(s.format, ": no memory for zlib: ", path.native());
    s.compressed = s.in_member = true;
  }
}
ByteReader::ByteReader(ByteReader&&) noexcept = default;
ByteReader& ByteReader::operator=(ByteReader&&) noexcept = default;
ByteReader::~ByteReader() = default;

std::size_t ByteReader::read(void* to, std::size_t n) {
  State& s = *state_;
  auto* out = static_cast<unsigned char*>(to);
  std::size_t done = 0;
  if (n && s.ahead >= 0) {
    out[done++] = static_cast<unsigned char>(s.ahead);
    s.ahead = -1;
  }
  while (done < n) {
    if (!s.compressed) {
      if (!s.fill()) break;
      const std::size_t part = std::min(n - done, s.filled - s.used);
      std::copy_n(s.input.data() + s.used, part, out + done);
      s.used += part;
      s.produced += part;
      done += part;
    } else {
      if (s.damaged) fail_format("read after an error in the compressed data");
      const bool more = s.fill();
      if (!s.in_member) {
        if (!more) break;
        if (inflateReset(&s.stream) != Z_OK) fail_format("zlib cannot be reset");
        s.in_member = true;
      } else if (!more) {
        s.damaged = true;
        fail_format("the compressed data end too early: offset ", s.consumed,
                    " of the file, expected more bytes, found its end");
      }
      const std::size_t room = std::min<std::size_t>(n - done, std::numeric_limits<uInt>::max());
      s.stream.next_in = s.input.data() + s.used;
      s.stream.avail_in = static_cast<uInt>(s.filled - s.used);
      s.stream.next_out = out + done;
      s.stream.avail_out = static_cast<uInt>(room);
      const int result = inflate(&s.stream, Z_NO_FLUSH);
      s.used = s.filled - s.stream.avail_in;
      s.produced += room - s.stream.avail_out;
      done += room - s.stream.avail_out;
      if (result == Z_STREAM_END) {
        s.in_member = false;
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        s.damaged = true;
        const std::uint64_t at = s.consumed - (s.filled - s.used);
        fail_format("the compressed data are damaged: offset ", at, " of the file, ",
                    s.stream.msg ? s.stream.msg : "zlib error");
      }
    }
    if (s.produced > s.max_bytes)
      fail_format("the content is too large: expected at most ", s.max_bytes, " bytes, found more");
  }
  return done;
}

void ByteReader::read_exactly(void* to, std::size_t n) {
  const std::uint64_t start = offset();
  const std::size_t got = read(to, n);
  if (got != n) fail_format("the file ends too early: offset ", start, ", expected ", n, " bytes, found ", got);
}

bool ByteReader::at_end() {
  State& s = *state_;
  if (s.ahead >= 0) return false;
  unsigned char byte = 0;
  if (read(&byte, 1) == 0) return true;
  s.ahead = byte;
  return false;
}

std::uint64_t ByteReader::offset() const { return state_->produced - (state_->ahead >= 0 ? 1 : 0); }
bool ByteReader::is_compressed() const { return state_->compressed; }
const std::filesystem::path& ByteReader::path() const { return state_->file.path(); }
const std::string& ByteReader::format() const { return state_->format; }

std::uint64_t ByteReader::most_remaining() const {
  const State& s = *state_;
  const std::uint64_t cap = s.max_bytes - std::min(s.max_bytes, offset());
  if (!s.file.is_regular()) return cap;
  if (!s.compressed) return std::min(cap, s.file.size() - std::min(s.file.size(), offset()));
  const std::uint64_t whole = s.file.size() > cap / best_ratio ? cap : s.file.size() * best_ratio;
  return std::min(cap, whole - std::min(whole, offset()));
}

}  // namespace gradus::io
