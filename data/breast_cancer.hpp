#pragma once
#include <gradus/data/dataset.hpp>

namespace gradus::data {

/// The bundled 569 diagnoses of the UCI machine learning repository: x f32 [569, 30] as measured (the columns differ by
/// factors of up to 1e5), y i64: 0 malignant, 1 benign. Looked for where digits() looks. Throws IoError.
TensorDataset breast_cancer();

}  // namespace gradus::data
