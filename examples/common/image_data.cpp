#include "common/image_data.hpp"

#include <cstdio>

using namespace gradus;

std::string resolve_image_data(const std::string& name, const std::string& root) {
  if (name != "auto") return name;
  if (!root.empty() || data::fashion_mnist_available(root)) return "fashion-mnist";
  std::printf("Fashion-MNIST is not here (Debian package dataset-fashion-mnist): falling back to the bundled digits\n");
  return "digits";
}

ImageData load_image_data(const std::string& name, const std::string& root, Index validation, std::uint64_t seed) {
  const auto check = [&](Index available) {
    if (validation < 1 || validation >= available)
      fail<ValueError>("train: --validation must leave examples on both sides: got ", validation, " of ", available);
  };
  if (name == "fashion-mnist") {
    const auto train = data::fashion_mnist("train", root), test = data::fashion_mnist("test", root);
    if (validation < 0) validation = 5000;
    check(train.size());
    const auto parts = data::random_split(train, {train.size() - validation, validation}, seed);
    return {name,
            data::share(parts[0]),
            data::share(parts[1]),
            data::share(test),
            {1, 28, 28},
            {data::fashion_mnist_classes.begin(), data::fashion_mnist_classes.end()}};
  }
  const auto all = data::digits();
  const Index test = 297;
  if (validation < 0) validation = 180;
  check(all.size() - test);
  const auto parts = data::random_split(all, {all.size() - validation - test, validation, test}, seed);
  return {name,
          data::share(parts[0]),
          data::share(parts[1]),
          data::share(parts[2]),
          {1, 8, 8},
          {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}};
}
