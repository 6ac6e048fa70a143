#include <gradus/tensor/io/file.hpp>
#include <gradus/train/plot_schedule.hpp>
#include <gradus/train/svg.hpp>

#include <algorithm>
#include <cmath>

namespace gradus::train {
namespace {

constexpr double panel_width = 460, panel_height = 360;  // what line_plot() makes

template <class Value>
Panel panel(const optim::Scheduler& schedule, Index steps, const std::string& title, const char* what, Value value) {
  if (steps < 1) fail<ValueError>("plot: a schedule needs at least 1 step: got ", steps);
  Panel p{.title = title.empty() ? schedule.name() : title, .x_label = "step", .y_label = what, .series = {}};
  const std::size_t groups = schedule.optimizer().group_count();
  for (std::size_t g = 0; g < groups; ++g) {
    Series curve{groups == 1 ? "" : join("group ", g), {}, {}};
    bool any = false;
    for (Index e = 0; e <= steps; ++e) {
      curve.x.push_back(static_cast<double>(e));
      curve.y.push_back(value(g, e));
      any |= std::isfinite(curve.y.back());
    }
    if (any) p.series.push_back(std::move(curve));
  }
  return p;
}

}  // namespace

Panel schedule_panel(const optim::Scheduler& schedule, Index steps, const std::string& title) {
  return panel(schedule, steps, title, "learning rate", [&](std::size_t g, Index e) { return schedule.lr(g, e); });
}
Panel momentum_panel(const optim::Scheduler& schedule, Index steps, const std::string& title) {
  return panel(schedule, steps, title, "momentum", [&](std::size_t g, Index e) { return schedule.momentum(g, e); });
}
std::string schedule_plot(const optim::Scheduler& schedule, Index steps) {
  std::vector<Panel> panels{schedule_panel(schedule, steps)};
  if (Panel momentum = momentum_panel(schedule, steps); !momentum.series.empty()) panels.push_back(std::move(momentum));
  return line_plot(panels);
}
void save_schedule_plot(const std::filesystem::path& path, const optim::Scheduler& schedule, Index steps) {
  io::write_file_atomically(path, schedule_plot(schedule, steps));
}

std::string plot_sheet(const std::vector<Panel>& panels, Index columns) {
  if (columns < 1) fail<ValueError>("plot: a sheet needs at least 1 column: got ", columns);
  const auto count = static_cast<Index>(panels.size());
  std::string body;
  for (Index i = 0; i < count; ++i)
    body += "<g transform=\"translate(" + svg::number(panel_width * static_cast<double>(i % columns)) + "," +
            svg::number(panel_height * static_cast<double>(i / columns)) + ")\">" +
            line_plot({panels[static_cast<std::size_t>(i)]}) + "</g>\n";
  return svg::document(panel_width * static_cast<double>(std::clamp<Index>(count, 1, columns)),
                       panel_height * static_cast<double>(std::max<Index>(1, (count + columns - 1) / columns)), body);
}

}  // namespace gradus::train
