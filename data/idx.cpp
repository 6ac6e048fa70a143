#include <gradus/data/idx.hpp>
#include <gradus/tensor/io/gzip.hpp>

#include <bit>

namespace gradus::data {
namespace {

std::uint64_t big_endian(const unsigned char* bytes, std::size_t n) {
  std::uint64_t v = 0;
  for (std::size_t i = 0; i < n; ++i) v = v << 8 | bytes[i];
  return v;
}

struct Type {
  unsigned code;
  std::size_t bytes;
  DType dtype;
};
constexpr Type types[] = {{0x08, 1, DType::u8},  {0x09, 1, DType::i64}, {0x0B, 2, DType::i64},
                          {0x0C, 4, DType::i64}, {0x0D, 4, DType::f32}, {0x0E, 8, DType::f64}};

}  // namespace

Tensor read_idx(const std::filesystem::path& path) {
  io::ByteReader in(path, "idx");
  unsigned char head[4];
  in.read_exactly(head, 4);
  if (head[0] != 0 || head[1] != 0)
    in.fail_format("wrong magic at offset 0: expected 00 00, found ", static_cast<unsigned>(head[0]), " ",
                   static_cast<unsigned>(head[1]));
  const Type* type = nullptr;
  for (const Type& t : types)
    if (t.code == head[2]) type = &t;
  if (!type)
    in.fail_format("unknown element type at offset 2: ", static_cast<unsigned>(head[2]), ", known are 8 9 11 12 13 14");
  if (head[3] > max_rank)
    in.fail_format("too many axes at offset 3: found ", static_cast<unsigned>(head[3]), ", at most ", max_rank);
  Shape shape;
  std::uint64_t bytes = type->bytes;
  bool overflow = false, zero = false;
  for (unsigned i = 0; i < head[3]; ++i) {
    unsigned char extent[4];
    in.read_exactly(extent, 4);
    shape.push_back(static_cast<Index>(big_endian(extent, 4)));
    zero |= shape.back() == 0;
    // Axes of extent 0 aside, as in checked_numel.
    if (shape.back() > 0) overflow |= __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(shape.back()), &bytes);
    overflow |= bytes > static_cast<std::uint64_t>(max_numel);
  }
  if (zero && !overflow) bytes = 0;
  else if (overflow || bytes > in.most_remaining())
    in.fail_format("the sizes do not fit the file: shape ", shape, " from offset 4, at most ", in.most_remaining(),
                   " bytes can follow");

  Tensor t(shape, type->dtype);
  if (type->dtype == DType::u8) {
    in.read_exactly(t.write<std::uint8_t>(), static_cast<std::size_t>(bytes));
  } else {
    dispatch(type->dtype, [&]<class T>() {
      unsigned char raw[8];
      for (T& v : t.mutable_span<T>()) {
        in.read_exactly(raw, type->bytes);
        const std::uint64_t bits = big_endian(raw, type->bytes);
        if constexpr (std::is_same_v<T, float>) v = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
        else if constexpr (std::is_same_v<T, double>) v = std::bit_cast<double>(bits);
        else {
          const auto shift = 64 - 8 * type->bytes;  // brings the sign to the top and back
          v = static_cast<T>(static_cast<std::int64_t>(bits << shift) >> shift);
        }
      }
    });
  }
  if (!in.at_end()) in.fail_format("bytes after the data at offset ", in.offset(), ": expected the end");
  return t;
}

}  // namespace gradus::data
