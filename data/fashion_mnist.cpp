#include <gradus/data/fashion_mnist.hpp>
#include <gradus/data/idx.hpp>
#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/reduce.hpp>
#include <gradus/tensor/views.hpp>

#include <cstdlib>

namespace gradus::data {

const std::array<const char*, 10> fashion_mnist_classes = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                                           "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
namespace {

/// The file of this stem, gzip or plain, in the first folder that has it; empty if none has.
std::filesystem::path find(const std::string& stem, const std::filesystem::path& root) {
  std::vector<std::filesystem::path> folders;
  if (!root.empty()) {
    folders.push_back(root);
  } else {
    if (const char* data = std::getenv("GRADUS_DATA")) folders.push_back(std::filesystem::path(data) / "fashion-mnist");
    folders.emplace_back("/usr/share/datasets/fashion-mnist");
  }
  for (const auto& folder : folders)
    for (const char* ending : {".gz", ""})
      if (const auto path = folder / (stem + ending); std::filesystem::exists(path)) return path;
  return {};
}
Tensor read(const std::string& stem, const std::filesystem::path& root) {
  const auto path = find(stem, root);
  if (path.empty())
    fail<IoError>(
        "fashion_mnist: ", stem, " was not found", root.empty() ? "" : join(" in ", root.string()),
        " — on Debian: apt install dataset-fashion-mnist; elsewhere set GRADUS_DATA to a folder with fashion-mnist/",
        stem, ".gz");
  return read_idx(path);
}

}  // namespace

TensorDataset fashion_mnist(const std::string& part, const std::filesystem::path& root) {
  if (part != "train" && part != "test") fail<ValueError>("fashion_mnist: the part must be train or test: got ", part);
  const std::string stem = part == "train" ? "train" : "t10k";
  const Tensor images = read(stem + "-images-idx3-ubyte", root), labels = read(stem + "-labels-idx1-ubyte", root);
  if (images.rank() != 3 || labels.rank() != 1 || images.size(0) != labels.size(0))
    fail<FormatError>("fashion_mnist: images and labels do not fit: images are ", images.shape(), ", labels are ",
                      labels.shape());
  if (images.dtype() != DType::u8 || labels.dtype() != DType::u8)
    fail<FormatError>("fashion_mnist: expected bytes: images are ", images.dtype(), ", labels are ", labels.dtype());
  if (labels.numel() && max(labels).item() > 9)
    fail<FormatError>("fashion_mnist: a label is out of range: expected 0 ... 9, found ", max(labels).item());
  return {unsqueeze(to(images, DType::f32) / 255, 1), to(labels, DType::i64)};
}
bool fashion_mnist_available(const std::filesystem::path& root) {
  for (const char* stem :
       {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"})
    if (find(stem, root).empty()) return false;
  return true;
}

}  // namespace gradus::data
