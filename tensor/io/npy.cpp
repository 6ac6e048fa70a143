#include <gradus/tensor/io/gzip.hpp>
#include <gradus/tensor/io/half.hpp>
#include <gradus/tensor/io/npy.hpp>
#include <gradus/tensor/io/npy_format.hpp>
#include <gradus/tensor/io/zip.hpp>
#include <gradus/tensor/views.hpp>

#include <algorithm>
#include <bit>
#include <cstring>

namespace gradus {
namespace io {
namespace {
static_assert(std::endian::native == std::endian::little, "npy data are written as they lie in memory");

constexpr std::uint32_t largest_header = 10'000;  // NumPy's own limit

struct Format {
  std::string_view code;  // the descr without its byte order
  std::uint64_t bytes;
  DType dtype;
};
constexpr Format formats[] = {{"b1", 1, DType::boolean}, {"u1", 1, DType::u8},  {"i1", 1, DType::i64},
                              {"i2", 2, DType::i64},     {"u2", 2, DType::i64}, {"i4", 4, DType::i64},
                              {"u4", 4, DType::i64},     {"i8", 8, DType::i64}, {"u8", 8, DType::i64},
                              {"f2", 2, DType::f32},     {"f4", 4, DType::f32}, {"f8", 8, DType::f64}};

template <class Source>
NpyHeader read_header(Source& source) {
  unsigned char start[12] = {};  // magic, version, length of the header
  source.read_exactly(start, 8);
  if (std::memcmp(start, "\x93NUMPY", 6) != 0) source.fail_format("not an npy array: offset 0, expected \\x93NUMPY");
  const int major = start[6], minor = start[7];
  if (major < 1 || major > 3 || minor != 0)
    source.fail_format("the version cannot be read: offset 6, found ", major, '.', minor,
                       " — readable are 1.0, 2.0 and 3.0");
  std::uint32_t length = 0;
  source.read_exactly(&length, major == 1 ? 2 : 4);
  if (length > largest_header)
    source.fail_format("the header is too long: header length, offset 8, expected at most ", largest_header, ", found ",
                       length);
  if (length > source.most_remaining())
    source.fail_format("the header is longer than the file: header length, offset 8, expected at most ",
                       source.most_remaining(), ", found ", length);
  std::string text(length, '\0');
  source.read_exactly(text.data(), text.size());
  return parse_npy_header(text, source.format(), source.path().native());
}

template <class Source>
const Format& find_format(Source& source, const std::string& descr) {
  const auto* format = std::find_if(std::begin(formats), std::end(formats),
                                    [&](auto& f) { return descr.size() == 3 && f.code == descr.substr(1); });
  if (format == std::end(formats) || std::strchr(format->bytes == 1 ? "<>=|" : "<>=", descr[0]) == nullptr)
    source.fail_format("an element type cannot be read: descr, found '", descr,
                       "' — readable are b1, i1, i2, i4, i8, u1, u2, u4, u8, f2, f4 and f8 after < or >");
  return *format;
}

/// The extents, after a check that their product can be held and that the file can be long enough.
template <class Source>
Shape check_shape(Source& source, const NpyHeader& header, const Format& format) {
  if (header.shape.size() > static_cast<std::size_t>(max_rank))
    source.fail_format("the array has too many axes: shape, expected at most ", max_rank, ", found ",
                       header.shape.size());
  Shape shape;
  Index product = 1;  // over all axes but those of extent 0, as in checked_numel
  for (const std::uint64_t n : header.shape) {
    const auto extent = static_cast<Index>(n);
    if (extent < 0 || (extent > 0 && __builtin_mul_overflow(product, extent, &product)) || product > max_numel)
      source.fail_format("the size of the array overflows: shape, extent ", n);
    shape.push_back(extent);
  }
  const std::uint64_t wanted = static_cast<std::uint64_t>(shape.numel()) * format.bytes;
  if (wanted > source.most_remaining())
    source.fail_format("the file ends too early: data of ", header.descr, ' ', shape, ", expected ", wanted,
                       " bytes, found at most ", source.most_remaining());
  return shape;
}

template <class T>
void reverse_bytes(T& value) {
  auto* const bytes = reinterpret_cast<unsigned char*>(&value);
  std::reverse(bytes, bytes + sizeof value);
}

template <class From, class To, class Source, class Convert>
void read_converted(Source& source, Tensor& t, bool swap, Convert convert) {
  std::vector<From> part(static_cast<std::size_t>(std::min<Index>(t.numel(), 65536)));
  To* out = t.write<To>();
  for (Index done = 0; done < t.numel();) {
    const auto n = static_cast<std::size_t>(std::min<Index>(t.numel() - done, static_cast<Index>(part.size())));
    source.read_exactly(part.data(), n * sizeof(From));
    for (std::size_t i = 0; i < n; ++i, ++done) {
      if (swap) reverse_bytes(part[i]);
      *out++ = convert(part[i], done);
    }
  }
}

template <class Source>
void read_elements(Source& source, Tensor& t, std::string_view code, bool swap) {
  const auto widen = [](auto v, Index) { return static_cast<Index>(v); };
  if (code == "i1") return read_converted<std::int8_t, Index>(source, t, swap, widen);
  if (code == "i2") return read_converted<std::int16_t, Index>(source, t, swap, widen);
  if (code == "u2") return read_converted<std::uint16_t, Index>(source, t, swap, widen);
  if (code == "i4") return read_converted<std::int32_t, Index>(source, t, swap, widen);
  if (code == "u4") return read_converted<std::uint32_t, Index>(source, t, swap, widen);
  if (code == "f2")
    return read_converted<std::uint16_t, float>(source, t, swap, [](std::uint16_t v, Index) { return from_half(v); });
  if (code == "u8")
    return read_converted<std::uint64_t, Index>(source, t, swap, [&](std::uint64_t v, Index i) {
      if (v > INT64_MAX) source.fail_format("a number does not fit i64: element ", i, ", found ", v);
      return static_cast<Index>(v);
    });
  if (code == "b1")  // a bool that is neither 0 nor 1 would be undefined behaviour
    return read_converted<std::uint8_t, bool>(source, t, swap, [&](std::uint8_t v, Index i) {
      if (v > 1) source.fail_format("a bool is neither 0 nor 1: element ", i, ", found ", int{v});
      return v == 1;
    });
  dispatch(t.dtype(), [&]<class T>() {
    T* const out = t.write<T>();
    source.read_exactly(out, static_cast<std::size_t>(t.numel()) * sizeof(T));
    if (swap) std::for_each(out, out + t.numel(), [](T& value) { reverse_bytes(value); });
  });
}
}  // namespace

template <class Source>
Tensor read_npy(Source& source) {
  const NpyHeader header = read_header(source);
  const Format& format = find_format(source, header.descr);
  Shape shape = check_shape(source, header, format);
  if (header.fortran_order) std::reverse(shape.begin(), shape.end());
  Tensor t(shape, format.dtype);
  read_elements(source, t, format.code, header.descr[0] == '>');
  if (!header.fortran_order) return t;
  Axes reversed = all_axes(t.rank());
  std::reverse(reversed.begin(), reversed.end());
  return permute(t, reversed);
}
template Tensor read_npy(ByteReader&);
template Tensor read_npy(ZipEntryReader&);
}  // namespace io

Tensor load_npy(const std::filesystem::path& path) {
  std::error_code unknown;  // a file that is not there is reported when it is opened
  const auto size = std::filesystem::file_size(path, unknown);
  const std::uint64_t usual = std::uint64_t{4} << 30;  // what a small compressed file may become at most
  io::ByteReader reader(path, "npy", unknown ? usual : std::max<std::uint64_t>(usual, size));
  Tensor t = io::read_npy(reader);
  if (!reader.at_end()) warn(join("npy: bytes follow the array: after offset ", reader.offset(), ": ", path.native()));
  return t;
}

void save_npy(const Tensor& t, const std::filesystem::path& path) {
  if (!t.defined()) fail<ValueError>("npy: the tensor is undefined: ", path.native());
  const Tensor data = contiguous(t);
  io::AtomicFile file(path);
  file.write(io::npy_header(t));
  dispatch(t.dtype(), [&]<class T>() { file.write(data.read<T>(), static_cast<std::size_t>(t.numel()) * sizeof(T)); });
  file.commit();
}

}  // namespace gradus
