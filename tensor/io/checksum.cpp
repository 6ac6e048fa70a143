#include <gradus/tensor/io/checksum.hpp>
#include <gradus/tensor/views.hpp>

#include <zlib.h>

namespace gradus {
namespace {

const std::string all = "crc32", of_tensor = "crc32.";

uLong add_text(uLong crc, const std::string& text) {  // with its end: "a","bc" is not "ab","c"
  return crc32_z(crc, reinterpret_cast<const Bytef*>(text.c_str()), text.size() + 1);
}
std::string hex(uLong crc) {
  std::string text(8, '0');
  for (std::size_t i = 8; i-- > 0; crc /= 16) text[i] = "0123456789abcdef"[crc % 16];
  return text;
}
std::string checksum(const Tensor& tensor) {
  const Tensor t = contiguous(tensor);
  uLong crc = add_text(crc32_z(0, nullptr, 0), join(t.dtype(), " ", t.shape()));
  dispatch(t.dtype(), [&]<class T>() {
    const auto* bytes = reinterpret_cast<const Bytef*>(t.read<T>());
    if (t.numel()) crc = crc32_z(crc, bytes, static_cast<std::size_t>(t.numel()) * sizeof(T));
  });
  return hex(crc);
}
std::string checksum(const std::map<std::string, std::string>& metadata) {
  uLong crc = crc32_z(0, nullptr, 0);
  for (const auto& [key, value] : metadata)
    if (key != all) crc = add_text(add_text(crc, key), value);
  return hex(crc);
}

}  // namespace

void add_checksums(TensorFile& content) {
  std::erase_if(content.metadata, [](const auto& entry) { return entry.first.starts_with(of_tensor); });
  for (const auto& [name, t] : content.tensors) content.metadata[of_tensor + name] = checksum(t);
  content.metadata[all] = checksum(content.metadata);
}

void check_checksums(const TensorFile& content, const char* format, const std::filesystem::path& path) {
  const auto damaged = [&](const auto&... what) {
    fail<FormatError>(format, ": the file is damaged: ", join(what...), ": ", path.native());
  };
  const auto stated = content.metadata.find(all);
  if (stated == content.metadata.end()) damaged("there is no checksum of its metadata");
  if (stated->second != checksum(content.metadata)) damaged("the metadata do not have their checksum");
  for (const auto& [name, t] : content.tensors) {
    const auto found = content.metadata.find(of_tensor + name);
    if (found == content.metadata.end()) damaged("there is no checksum of tensor ", name);
    if (found->second != checksum(t)) damaged("tensor ", name, " does not have its checksum");
  }
  for (const auto& [key, value] : content.metadata)
    if (key.starts_with(of_tensor) && !content.tensors.contains(key.substr(of_tensor.size())))
      damaged("tensor ", key.substr(of_tensor.size()), " is missing");
}

}  // namespace gradus
