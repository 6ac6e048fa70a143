#include <gradus/tensor/io/file.hpp>
#include <gradus/tensor/io/half.hpp>
#include <gradus/tensor/io/safetensors.hpp>
#include <gradus/tensor/io/safetensors_header.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>
#include <vector>

namespace gradus {
namespace {
static_assert(std::endian::native == std::endian::little, "safetensors data are little endian");

constexpr std::uint64_t largest_header = 100'000'000;

struct Format {
  std::string_view name;
  std::uint64_t bytes;
  DType dtype;
};
// What can be read. The writer uses those whose dtype has the same size, in this order: falling rank of the reference.
constexpr Format formats[] = {{"I64", 8, DType::i64}, {"F64", 8, DType::f64},      {"F32", 4, DType::f32},
                              {"U8", 1, DType::u8},   {"BOOL", 1, DType::boolean}, {"U32", 4, DType::i64},
                              {"I32", 4, DType::i64}, {"BF16", 2, DType::f32},     {"F16", 2, DType::f32},
                              {"U16", 2, DType::i64}, {"I16", 2, DType::i64},      {"I8", 1, DType::i64}};

std::size_t rank_of(DType dtype) {
  const auto is_same = [&](const Format& f) { return f.dtype == dtype; };
  return static_cast<std::size_t>(std::find_if(std::begin(formats), std::end(formats), is_same) - formats);
}

/// One tensor, checked: where its values are and what they become.
struct Entry {
  const std::string* name;
  Format format;
  Shape shape;
  std::uint64_t begin, end;
};

template <class... Parts>
[[noreturn]] void bad(const io::InputFile& file, const char* what, const Parts&... parts) {
  fail<FormatError>("safetensors: ", what, ": ", join(parts...), ": ", file.path().native());
}

Entry check_entry(const std::string& name, const io::TensorEntry& raw, const io::InputFile& file) {
  const auto* format =
      std::find_if(std::begin(formats), std::end(formats), [&](auto& f) { return f.name == *raw.dtype; });
  if (format == std::end(formats))
    bad(file, "a dtype cannot be read", "tensor '", name, "' is ", *raw.dtype,
        " — readable are BOOL, U8, I8, U16, I16, F16, BF16, U32, I32, F32, F64, I64");
  if (raw.shape->size() > static_cast<std::size_t>(max_rank))
    bad(file, "a tensor has too many axes", "tensor '", name, "', expected at most ", max_rank, ", found ",
        raw.shape->size());
  Entry e{&name, *format, {}, raw.offsets->at(0), raw.offsets->at(1)};
  Index product = 1;  // over all axes but those of extent 0, as in checked_numel
  bool overflow = false;
  for (const std::uint64_t n : *raw.shape) {
    const auto extent = static_cast<Index>(n);
    overflow |= extent < 0 || (extent > 0 && __builtin_mul_overflow(product, extent, &product)) || product > max_numel;
    if (overflow) bad(file, "the size of a tensor overflows", "tensor '", name, "', extent ", n);
    e.shape.push_back(extent);
  }
  const std::uint64_t wanted = static_cast<std::uint64_t>(e.shape.numel()) * format->bytes;
  if (e.end < e.begin || e.end - e.begin != wanted)
    bad(file, "data_offsets do not fit the shape", "tensor '", name, "' of ", format->name, " ", e.shape, ", expected ",
        wanted, " bytes, found ", e.begin, " to ", e.end);
  return e;
}

/// Checks that the tensors cover the data exactly: no hole, no overlap, nothing after the last.
std::vector<Entry> check_layout(const io::SafetensorsHeader& header, std::uint64_t data_bytes,
                                const io::InputFile& file) {
  std::vector<Entry> entries;
  for (const auto& [name, raw] : header.tensors) entries.push_back(check_entry(name, raw, file));
  std::stable_sort(entries.begin(), entries.end(),
                   [](auto& a, auto& b) { return a.begin != b.begin ? a.begin < b.begin : a.end < b.end; });
  std::uint64_t at = 0;
  for (const Entry& e : entries) {
    if (e.begin != at)
      bad(file, e.begin > at ? "the data have a hole" : "the data overlap", "tensor '", *e.name,
          "', offset of the data, expected ", at, ", found ", e.begin);
    at = e.end;
  }
  if (at != data_bytes)
    bad(file, at > data_bytes ? "the file ends too early" : "bytes follow the last tensor", "data, expected ", at,
        " bytes, found ", data_bytes);
  return entries;
}

void read_exactly(io::InputFile& file, void* to, std::size_t n) {
  if (file.read(to, n) != n) bad(file, "the file ends too early", "it was shortened while it was read");
}

template <class From, class To, class Convert>
void read_widened(io::InputFile& file, Tensor& t, Convert convert) {
  std::vector<From> part(static_cast<std::size_t>(std::min<Index>(t.numel(), 65536)));
  To* out = t.write<To>();
  for (Index left = t.numel(); left > 0;) {
    const auto n = static_cast<std::size_t>(std::min<Index>(left, static_cast<Index>(part.size())));
    read_exactly(file, part.data(), n * sizeof(From));
    for (std::size_t i = 0; i < n; ++i) *out++ = convert(part[i]);
    left -= static_cast<Index>(n);
  }
}

Tensor read_tensor(io::InputFile& file, const Entry& e) {
  Tensor t(e.shape, e.format.dtype);
  const auto widen = [](auto v) { return static_cast<Index>(v); };
  if (e.format.name == "F16") read_widened<std::uint16_t, float>(file, t, io::from_half);
  else if (e.format.name == "BF16") read_widened<std::uint16_t, float>(file, t, io::from_bfloat);
  else if (e.format.name == "I8") read_widened<std::int8_t, Index>(file, t, widen);
  else if (e.format.name == "I16") read_widened<std::int16_t, Index>(file, t, widen);
  else if (e.format.name == "U16") read_widened<std::uint16_t, Index>(file, t, widen);
  else if (e.format.name == "I32") read_widened<std::int32_t, Index>(file, t, widen);
  else if (e.format.name == "U32") read_widened<std::uint32_t, Index>(file, t, widen);
  else if (e.format.name == "BOOL")  // a bool that is neither 0 nor 1 would be undefined behaviour
    read_widened<std::uint8_t, bool>(file, t, [&](std::uint8_t v) {
      if (v > 1) bad(file, "a BOOL is neither 0 nor 1", "tensor '", *e.name, "', found ", int{v});
      return v == 1;
    });
  else
    dispatch(e.format.dtype,
             [&]<class T>() { read_exactly(file, t.write<T>(), static_cast<std::size_t>(e.end - e.begin)); });
  return t;
}
}  // namespace

TensorFile load_safetensors(const std::filesystem::path& path) {
  std::error_code none;
  if (std::filesystem::is_fifo(path, none))  // opening it would wait for its writer
    fail<FormatError>("safetensors: not a regular file: the size must be known: ", path.native());
  io::InputFile file(path);
  if (!file.is_regular()) bad(file, "not a regular file", "the size must be known");
  std::uint64_t length = 0;
  if (file.size() < sizeof length)
    bad(file, "the file ends too early", "header length, offset 0, expected 8 bytes, found ", file.size());
  read_exactly(file, &length, sizeof length);
  if (length > largest_header)
    bad(file, "the header is too long", "header length, offset 0, expected at most ", largest_header, ", found ",
        length);
  if (length > file.size() - sizeof length)
    bad(file, "the header is longer than the file", "header length, offset 0, expected at most ",
        file.size() - sizeof length, ", found ", length);
  std::string text(static_cast<std::size_t>(length), '\0');
  read_exactly(file, text.data(), text.size());
  io::SafetensorsHeader header = io::parse_safetensors_header(text, path.native());
  TensorFile content;
  for (const Entry& e : check_layout(header, file.size() - sizeof length - length, file))
    content.tensors.emplace(*e.name, read_tensor(file, e));
  content.metadata = std::move(header.metadata);
  return content;
}

void save_safetensors(const std::filesystem::path& path, const TensorFile& content) {
  std::vector<std::pair<const std::string*, Tensor>> order;
  for (const auto& [name, t] : content.tensors) {
    if (name == "__metadata__") fail<ValueError>("safetensors: the name __metadata__ is reserved: ", path.native());
    if (!t.defined()) fail<ValueError>("safetensors: a tensor is undefined: '", name, "': ", path.native());
    order.emplace_back(&name, t);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](auto& a, auto& b) { return rank_of(a.second.dtype()) < rank_of(b.second.dtype()); });
  std::string header = "{";
  const auto add = [&](const auto&... parts) { header += join(parts...); };
  if (!content.metadata.empty()) {
    add("\"__metadata__\":{");
    for (const auto& [key, value] : content.metadata)
      add(header.back() == '{' ? "" : ",", io::json_string(key), ':', io::json_string(value));
    add('}');
  }
  std::size_t at = 0;
  for (const auto& [name, t] : order) {
    const std::size_t end = at + static_cast<std::size_t>(t.numel()) * size_of(t.dtype());
    add(header.size() > 1 ? "," : "", io::json_string(*name), ":{\"dtype\":\"", formats[rank_of(t.dtype())].name,
        "\",\"shape\":[");
    for (Index i = 0; i < t.rank(); ++i) add(i ? "," : "", t.shape()[i]);
    add("],\"data_offsets\":[", at, ',', end, "]}");
    at = end;
  }
  add('}');
  header.resize((header.size() + 7) / 8 * 8, ' ');  // so that the data start at a multiple of 8
  if (header.size() > largest_header)
    fail<ValueError>("safetensors: the header would be too long: at most ", largest_header, " bytes, found ",
                     header.size());
  io::AtomicFile file(path);
  const std::uint64_t length = header.size();
  file.write(&length, sizeof length);
  file.write(header);
  for (const auto& item : order) {
    const Tensor t = contiguous(item.second);
    dispatch(t.dtype(), [&]<class T>() { file.write(t.read<T>(), static_cast<std::size_t>(t.numel()) * sizeof(T)); });
  }
  file.commit();
}

}  // namespace gradus
