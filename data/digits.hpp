#pragma once
#include <gradus/data/dataset.hpp>

namespace gradus::data {

/// The bundled 1797 handwritten digits of the UCI machine learning repository: x f32 [1797, 1, 8, 8] in 0 ... 1, y i64.
/// Looks in $GRADUS_DATA/digits, then in the source tree and where the library was installed. Throws IoError.
TensorDataset digits();

}  // namespace gradus::data
