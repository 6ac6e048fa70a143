#pragma once
#include <gradus/data/dataset.hpp>

#include <array>
#include <filesystem>
#include <string>

namespace gradus::data {

/// Fashion-MNIST (Xiao, Rasul and Vollgraf 2017): part "train" (60 000) or "test" (10 000), x f32 [n, 1, 28, 28] in 0 ... 1,
/// y i64 [n]. Looks in `root`, or else in $GRADUS_DATA/fashion-mnist and where Debian's package dataset-fashion-mnist puts
/// the files. Throws ValueError for another part, IoError where there are no files, FormatError where they are broken.
TensorDataset fashion_mnist(const std::string& part, const std::filesystem::path& root = {});
/// Whether all four files can be found.
bool fashion_mnist_available(const std::filesystem::path& root = {});
/// "T-shirt/top", "Trouser", ...
extern const std::array<const char*, 10> fashion_mnist_classes;

}  // namespace gradus::data
