#include <gradus/data/bundled.hpp>
#include <gradus/data/csv.hpp>
#include <gradus/data/digits.hpp>
#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/views.hpp>

namespace gradus::data {

TensorDataset digits() {
  const auto path = detail::bundled("digits");
  const Tensor table = read_csv(path).values;
  if (table.size(1) != 65) fail<FormatError>("digits: expected 65 columns, found ", table.size(1), ": ", path.string());
  const Tensor pixels = to(slice(table, 1, 0, 64) / 16, DType::f32);
  return {reshape(pixels, {-1, 1, 8, 8}), to(select(table, 1, 64), DType::i64)};
}

}  // namespace gradus::data
