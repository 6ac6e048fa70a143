// Curves and points as SVG files that any browser shows, light or dark as the reader's system is.
#pragma once
#include <gradus/autograd/picture/mark.hpp>
#include <gradus/tensor/shape.hpp>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace gradus::train {

using svg::Mark;

struct Interval {
  double low = 0, high = 0;
};
struct Series {
  std::string name = {};               ///< for the legend; none if empty
  std::vector<double> x = {}, y = {};  ///< points that are not finite are left out: the line has a gap there
  bool line = true;                    ///< false: points alone
  Mark mark = Mark::dot;               ///< how points look
};
struct Panel {
  std::string title = {}, x_label = {}, y_label = {};
  std::vector<Series> series = {};
  bool log_y = false;  ///< values that are not positive are left out
  bool log_x = false;
  Interval y = {};  ///< what to show, up to round numbers, curves are cut off beyond; left empty: all
};
struct PlotOptions {
  Index columns = 0;                 ///< panels in a row; 0: all
  double width = 460, height = 360;  ///< of a panel; at least 200 and 160, at most 4096
};
/// Panels in rows, each with ticks, grid and legend; ticks on x are whole where all x are. Throws ValueError where x and y
/// differ in length, for an interval that does not ascend, and for options out of range.
std::string line_plot(const std::vector<Panel>& panels, const PlotOptions& options = {});
/// The same into a file, replaced whole. Throws IoError.
void save_line_plot(const std::filesystem::path& path, const std::vector<Panel>& panels,
                    const PlotOptions& options = {});

}  // namespace gradus::train
