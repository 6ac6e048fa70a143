#include <gradus/tensor/io/npy_format.hpp>
#include <gradus/tensor/io/npz.hpp>
#include <gradus/tensor/io/zip.hpp>

namespace gradus {

std::map<std::string, Tensor> load_npz(const std::filesystem::path& path) {
  const io::ZipReader archive(path);
  std::map<std::string, const io::ZipEntry*> entries;
  for (const io::ZipEntry& e : archive.entries()) {
    const std::string name = e.name.substr(0, e.name.size() - (e.name.ends_with(".npy") ? 4 : 0));
    if (!entries.emplace(name, &e).second)
      fail<FormatError>("npz: a name occurs twice: entry '", e.name, "', with and without .npy: ", path.native());
  }
  std::map<std::string, Tensor> tensors;
  for (const auto& item : entries) {
    io::ZipEntryReader content(archive, *item.second);
    tensors.emplace(item.first, io::read_npy(content));
    content.finish();
  }
  return tensors;
}

void save_npz(const std::map<std::string, Tensor>& tensors, const std::filesystem::path& path,
              const NpzOptions& options) {
  for (const auto& item : tensors)
    if (!item.second.defined()) fail<ValueError>("npz: a tensor is undefined: '", item.first, "': ", path.native());
  io::AtomicFile file(path);
  io::ZipWriter archive(file);
  for (const auto& item : tensors) {
    const Tensor t = contiguous(item.second);
    dispatch(t.dtype(), [&]<class T>() {
      const std::string_view data(reinterpret_cast<const char*>(t.read<T>()),
                                  static_cast<std::size_t>(t.numel()) * sizeof(T));
      archive.add(item.first + ".npy", {io::npy_header(t), data}, options.compress);
    });
  }
  archive.finish();
  file.commit();
}

}  // namespace gradus
