// Lines of equal height over a grid of values.
#pragma once
#include <gradus/tensor/tensor.hpp>

#include <utility>
#include <vector>

namespace gradus::train {

/// Points (column, row) in units of the grid: value [r, c] stands at (c, r). A closed line ends where it began.
using ContourLine = std::vector<std::pair<double, double>>;

/// Where values [rows, columns], f32 or f64, take the level: marching squares with linear interpolation. Where a cell has
/// two ways to join its crossings, its mean decides. A cell with a corner that is not finite has no line. Throws ShapeError
/// for another rank, DTypeError, and ValueError for a level that is not finite.
std::vector<ContourLine> contour_lines(const Tensor& values, double level);

}  // namespace gradus::train
