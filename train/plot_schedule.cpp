#include <gradus/tensor/io/file.hpp>
#include <gradus/train/plot_schedule.hpp>

#include <cmath>

namespace gradus::train {
namespace {

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

}  // namespace gradus::train
