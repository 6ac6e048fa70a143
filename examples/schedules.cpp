// Every learning-rate schedule on one sheet: what each does over 100 steps to a base rate of 1.
//   schedules [FILE.svg]                writes the sheet (default: schedules.svg)
//   schedules TEXT STEPS [FILE.svg]     draws one schedule by its name, as `train --schedule` takes it
#include <gradus/gradus.hpp>
#include <gradus/tensor/io/file.hpp>

#include <cmath>
#include <cstdio>
#include <cstdlib>

using namespace gradus;

namespace {

constexpr Index steps = 100;

/// A metric that improves, stalls, improves a little more and stalls again: the rate falls while it stalls.
train::Panel plateau() {
  optim::SGD optimizer({leaf(zeros({1}))}, {.lr = 1});
  optim::ReduceLROnPlateau schedule(optimizer, {.factor = 0.5, .patience = 5, .threshold = 1e-2});
  train::Series rate{"learning rate", {}, {}}, metric{"metric", {}, {}};
  for (Index e = 0; e <= steps; ++e) {
    const double x = static_cast<double>(e);
    rate.x.push_back(x);
    metric.x.push_back(x);
    rate.y.push_back(optimizer.get(0, "lr"));
    metric.y.push_back(0.3 + 0.6 * std::exp(-x / 6) + (e < 50 ? 0.15 : 0.15 * std::exp((50 - x) / 8)));
    schedule.step(metric.y.back());
  }
  return {.title = "ReduceLROnPlateau", .x_label = "epoch", .y_label = "", .series = {rate, metric}};
}

std::string sheet() {
  optim::SGD o({leaf(zeros({1}))}, {.lr = 1, .momentum = 0.9});
  std::vector<train::Panel> panels;
  const auto draw = [&](const optim::Scheduler& schedule, const std::string& detail = {}) {
    panels.push_back(train::schedule_panel(schedule, steps, schedule.name() + detail));
  };
  draw(optim::ConstantLR(o, {.total_iters = 30}));
  draw(optim::LinearLR(o, {.start_factor = 1, .end_factor = 0.1, .total_iters = 80}));
  draw(optim::PolynomialLR(o, {.total_iters = 90, .power = 2}), ", power 2");
  draw(optim::StepLR(o, {.step_size = 30, .gamma = 0.3}));
  draw(optim::MultiStepLR(o, {.milestones = {50, 75}, .gamma = 0.3}));
  draw(optim::ExponentialLR(o, {.gamma = 0.96}));
  draw(optim::LambdaLR(o, [](Index e) { return 1 / (1 + 0.05 * static_cast<double>(e)); }), ": 1 / (1 + e / 20)");
  draw(optim::MultiplicativeLR(o, [](Index e) { return e % 20 == 0 ? 0.6 : 1; }), ": 0.6 every 20 steps");
  draw(optim::CosineAnnealingLR(o, {.T_max = 70}), ", T_max 70");
  draw(optim::CosineAnnealingWarmRestarts(o, {.T_0 = 14, .T_mult = 2}), ", T_mult 2");
  draw(optim::CyclicLR(o, {.base_lr = 0.1, .max_lr = 1, .step_size_up = 12}), ", triangular");
  draw(optim::CyclicLR(o, {.base_lr = 0.1, .max_lr = 1, .step_size_up = 12, .mode = optim::CyclicMode::triangular2}),
       ", triangular2");
  draw(optim::CyclicLR(
           o, {.base_lr = 0.1, .max_lr = 1, .step_size_up = 12, .mode = optim::CyclicMode::exp_range, .gamma = 0.98}),
       ", exp_range");
  const optim::OneCycleLR cycle(o, {.max_lr = 1, .total_steps = steps});
  draw(cycle);
  panels.push_back(train::momentum_panel(cycle, steps, "OneCycleLR: momentum"));
  draw(
      optim::OneCycleLR(
          o,
          {.max_lr = 1, .total_steps = steps, .pct_start = 0.35, .anneal = optim::Anneal::linear, .three_phase = true}),
      ", three phases");
  draw(optim::LinearWarmup(o, {.warmup_steps = 40}));
  draw(optim::GeometricWarmup(o, {.warmup_steps = 40}));
  draw(optim::ExponentialWarmup(o, {.tau = 15}));
  draw(optim::InverseSqrtLR(o, {.warmup_steps = 15}));
  draw(optim::NoamLR(o, {.d_model = 4, .warmup_steps = 15}));
  train::Panel wsd{.title = "WSDLR, every cooldown", .x_label = "step", .y_label = "learning rate", .series = {}};
  for (const auto& [name, cooldown] :
       {std::pair{"sqrt", optim::Cooldown::sqrt}, std::pair{"linear", optim::Cooldown::linear},
        std::pair{"square", optim::Cooldown::square}, std::pair{"cosine", optim::Cooldown::cosine},
        std::pair{"exp.", optim::Cooldown::exponential}}) {
    const optim::WSDLR schedule(
        o, {.warmup_steps = 10, .stable_steps = 40, .decay_steps = 40, .cooldown = cooldown, .min_ratio = 0.05});
    wsd.series.push_back(train::schedule_panel(schedule, steps).series[0]);
    wsd.series.back().name = name;
  }
  panels.push_back(std::move(wsd));
  draw(optim::SequentialLR(
           o, {optim::make<optim::CosineAnnealingLR>(o, {.T_max = 100}), optim::make<optim::SWALR>(o, {.swa_lr = 0.4})},
           {60}),
       ": cosine, then SWALR");
  draw(optim::SequentialLR(o,
                           {optim::make<optim::LinearWarmup>(o, {.warmup_steps = 15}),
                            optim::make<optim::CosineAnnealingLR>(o, {.T_max = 85})},
                           {15}),
       ": warm-up, then cosine");
  draw(optim::ChainedScheduler(o, {optim::make<optim::ExponentialWarmup>(o, {.tau = 10}),
                                   optim::make<optim::StepLR>(o, {.step_size = 35, .gamma = 0.4})}),
       ": warm-up times steps");
  panels.push_back(plateau());
  for (train::Panel& p : panels) p.x_label = p.y_label = "";  // the same everywhere
  return train::line_plot(panels, {.columns = 3, .width = 276, .height = 180});
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc < 3) {
      const char* file = argc > 1 ? argv[1] : "schedules.svg";
      io::write_file_atomically(file, sheet());
      std::printf("%s\n", file);
      return 0;
    }
    optim::SGD optimizer({leaf(zeros({1}))}, {.lr = 1, .momentum = 0.9});
    const Index length = std::atoll(argv[2]);
    const auto schedule = optim::schedule_factory(argv[1])(optimizer, length);
    const char* file = argc > 3 ? argv[3] : "schedule.svg";
    train::save_schedule_plot(file, *schedule, length);
    std::printf("%s\n", file);
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "error: %s\n", e.what());
    return 1;
  }
}
