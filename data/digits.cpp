#include <gradus/data/csv.hpp>
#include <gradus/data/digits.hpp>
#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/views.hpp>

#include <cstdlib>

namespace gradus::data {

TensorDataset digits() {
  std::vector<std::filesystem::path> places;
  if (const char* folder = std::getenv("GRADUS_DATA")) places.emplace_back(folder);
  places.emplace_back(GRADUS_DATA_DIR);
  places.emplace_back(GRADUS_INSTALLED_DATA_DIR);
  for (const auto& place : places) {
    const auto path = place / "digits" / "digits.csv.gz";
    if (!std::filesystem::exists(path)) continue;
    const Tensor table = read_csv(path);
    if (table.size(1) != 65)
      fail<FormatError>("digits: expected 65 columns, found ", table.size(1), ": ", path.string());
    const Tensor pixels = to(slice(table, 1, 0, 64) / 16, DType::f32);
    return {reshape(pixels, {-1, 1, 8, 8}), to(select(table, 1, 64), DType::i64)};
  }
  fail<IoError>(
      "digits: digits.csv.gz was not found: it comes with the library, in data/digits — set GRADUS_DATA to that data "
      "folder");
}

}  // namespace gradus::data
