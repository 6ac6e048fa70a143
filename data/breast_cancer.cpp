#include <gradus/data/breast_cancer.hpp>
#include <gradus/data/bundled.hpp>
#include <gradus/data/csv.hpp>
#include <gradus/tensor/views.hpp>

namespace gradus::data {

TensorDataset breast_cancer() {
  const auto path = detail::bundled("breast_cancer");
  const Tensor table = read_csv(path).values;
  if (table.size(1) != 31)
    fail<FormatError>("breast_cancer: expected 31 columns, found ", table.size(1), ": ", path.string());
  return {to(slice(table, 1, 0, 30), DType::f32), to(select(table, 1, 30), DType::i64)};
}

}  // namespace gradus::data
