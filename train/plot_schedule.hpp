// Pictures of schedules, drawn from their closed forms: nothing is stepped, and no optimizer changes.
#pragma once
#include <gradus/optim/schedulers/scheduler.hpp>
#include <gradus/train/plot.hpp>

namespace gradus::train {

/// The learning rate at indices 0 ... steps, one curve per group. Throws ValueError for steps < 1, and what lr() throws.
Panel schedule_panel(const optim::Scheduler& schedule, Index steps, const std::string& title = {});
/// The same of momentum (or beta1); without curves if the schedule leaves it alone.
Panel momentum_panel(const optim::Scheduler& schedule, Index steps, const std::string& title = {});
/// The learning rate, and beside it momentum if it moves, as SVG.
std::string schedule_plot(const optim::Scheduler& schedule, Index steps);
/// The same into a file, replaced whole. Throws IoError.
void save_schedule_plot(const std::filesystem::path& path, const optim::Scheduler& schedule, Index steps);

}  // namespace gradus::train
