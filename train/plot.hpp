// Curves and points as SVG files that any browser shows.
#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace gradus::train {

struct Series {
  std::string name;
  std::vector<double> x, y;  ///< points that are not finite are left out: the line has a gap there
  bool line = true;          ///< false: points alone
};
struct Panel {
  std::string title, x_label, y_label;
  std::vector<Series> series;
  bool log_y = false;  ///< values that are not positive are left out
  bool log_x = false;
};
/// Panels side by side, each with ticks, grid and legend. Throws ValueError where x and y differ in length.
std::string line_plot(const std::vector<Panel>& panels);
/// The same into a file, replaced whole. Throws IoError.
void save_line_plot(const std::filesystem::path& path, const std::vector<Panel>& panels);

}  // namespace gradus::train
