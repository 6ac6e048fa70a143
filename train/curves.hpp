// Private to the drawings: series as lines and points within a frame.
#pragma once
#include <gradus/autograd/picture/svg.hpp>
#include <gradus/train/plot.hpp>

#include <functional>

namespace gradus::train {

/// Series number k, its points at the places that `px` and `py` give; where one is NaN the line has a gap.
std::string draw_series(const Series& s, std::size_t k, const std::function<double(double)>& px,
                        const std::function<double(double)>& py);
/// The same of many, cut off at the frame, whose clip path gets this name.
std::string draw_clipped(const std::string& name, double x, double y, double width, double height,
                         const std::vector<Series>& all, const std::function<double(double)>& px,
                         const std::function<double(double)>& py);
/// What the legend says of those that have a name.
std::vector<svg::Key> keys_of(const std::vector<Series>& all);

}  // namespace gradus::train
