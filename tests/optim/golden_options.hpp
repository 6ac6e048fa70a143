// Options as the golden files have them.
#pragma once
#include <gradus/gradus.hpp>

#include "golden.hpp"

namespace golden {

/// Options by name, through the table of rows.
template <class O>
O options(const nlohmann::json& values) {
  O o;
  for (const auto& [name, value] : values.items()) {
    const auto* row = gradus::optim::find_row<O>(name);
    if (!row) throw std::runtime_error("golden: no option " + name);
    gradus::optim::set(o, *row, value.is_boolean() ? (value == true ? 1.0 : 0.0) : value.template get<double>());
  }
  return o;
}

}  // namespace golden
