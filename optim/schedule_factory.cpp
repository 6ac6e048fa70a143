#include <gradus/optim/schedulers/composite.hpp>
#include <gradus/optim/schedulers/cosine.hpp>
#include <gradus/optim/schedulers/cyclic.hpp>
#include <gradus/optim/schedulers/inverse_sqrt.hpp>
#include <gradus/optim/schedulers/one_cycle.hpp>
#include <gradus/optim/schedulers/ramp.hpp>
#include <gradus/optim/schedulers/step.hpp>
#include <gradus/optim/schedulers/swa_lr.hpp>
#include <gradus/optim/schedulers/warmup.hpp>
#include <gradus/optim/schedulers/wsd.hpp>
#include <gradus/optim/spec_reader.hpp>

namespace gradus::optim {
namespace {

using Attach = std::function<std::unique_ptr<Scheduler>(OptimizerBase&)>;

template <class S>
Attach attach(typename S::Options o) {
  return [o](OptimizerBase& optimizer) { return std::make_unique<S>(optimizer, o); };
}
/// The schedule with these options, and those that the text gives.
template <class S>
Attach filled(Reader& reader, typename S::Options o) {
  reader.fill(o);
  return attach<S>(o);
}
Index share(double part, Index steps) { return std::max<Index>(1, std::llround(part * static_cast<double>(steps))); }
/// One value per group, in relation to its base rate.
std::vector<double> of_base(const OptimizerBase& optimizer, double ratio) {
  std::vector<double> values;
  for (std::size_t g = 0; g < optimizer.group_count(); ++g) values.push_back(ratio * optimizer.initial_lr(g));
  return values;
}
/// Whether to move the momentum: a group that runs without any (or has none: NaN) is not given one.
bool cycles_momentum(const OptimizerBase& optimizer, std::optional<bool> given) {
  bool all = true;
  for (std::size_t g = 0; g < optimizer.group_count(); ++g)
    all &= optimizer.get(g, "momentum") > 0 || optimizer.get(g, "beta1") > 0;
  return given.value_or(all);
}

// Each reads a link that lasts `steps`; its first line says what the text may leave open.
Attach read_constant(Reader& reader, Index steps) {
  return filled<ConstantLR>(reader, {.factor = 1, .total_iters = steps});
}
Attach read_cosine(Reader& reader, Index steps) { return filled<CosineAnnealingLR>(reader, {.T_max = steps}); }
Attach read_cosine_restarts(Reader& reader, Index steps) {
  return filled<CosineAnnealingWarmRestarts>(reader, {.T_0 = share(0.25, steps)});
}
Attach read_cyclic(Reader& reader, Index steps) {
  CyclicLROptions o{.base_lr = std::nan(""), .step_size_up = share(0.1, steps)};
  reader.fill(o, {"cycle_momentum"});
  const auto cycle = reader.flag("cycle_momentum");
  return [o, cycle](OptimizerBase& optimizer) {
    CyclicLROptions made = o;
    if (std::isnan(o.base_lr)) made.base_lr = 0, made.base_lrs = of_base(optimizer, 0.1);
    made.cycle_momentum = cycles_momentum(optimizer, cycle);
    return std::make_unique<CyclicLR>(optimizer, made);
  };
}
Attach read_exponential(Reader& reader, Index steps) {
  return filled<ExponentialLR>(reader, {.gamma = std::pow(0.01, 1 / static_cast<double>(steps))});
}
Attach read_inverse_sqrt(Reader& reader, Index steps) {
  return filled<InverseSqrtLR>(reader, {.warmup_steps = share(0.1, steps)});
}
Attach read_linear(Reader& reader, Index steps) {
  return filled<LinearLR>(reader, {.start_factor = 1, .end_factor = 0, .total_iters = steps});
}
Attach read_multistep(Reader& reader, Index steps) {
  MultiStepLROptions o{.milestones = {share(0.5, steps), share(0.75, steps)}};
  reader.fill(o);
  if (const auto given = reader.text("milestones")) {
    o.milestones.clear();
    std::string_view rest = *given;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(':'), rest.size());
      o.milestones.push_back(reader.count("milestones", std::string(rest.substr(0, end)), count_from(0)));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return attach<MultiStepLR>(o);
}
Attach read_noam(Reader& reader, Index steps) { return filled<NoamLR>(reader, {.warmup_steps = share(0.1, steps)}); }
Attach read_one_cycle(Reader& reader, Index steps) {
  OneCycleLROptions o{.total_steps = std::max<Index>(steps, 4)};  // fewer have no room: a short run ends on the way
  reader.fill(o, {"cycle_momentum"});
  const auto cycle = reader.flag("cycle_momentum");
  return [o, cycle](OptimizerBase& optimizer) {
    OneCycleLROptions made = o;
    made.cycle_momentum = cycles_momentum(optimizer, cycle);
    return std::make_unique<OneCycleLR>(optimizer, made);
  };
}
Attach read_polynomial(Reader& reader, Index steps) { return filled<PolynomialLR>(reader, {.total_iters = steps}); }
Attach read_step(Reader& reader, Index steps) {
  return filled<StepLR>(reader, {.step_size = std::max<Index>(1, (steps + 2) / 3)});
}
Attach read_swa(Reader& reader, Index steps) {
  SWALROptions o{.swa_lr = std::nan(""), .anneal_epochs = share(0.25, steps)};
  reader.fill(o);
  return [o](OptimizerBase& optimizer) {
    SWALROptions made = o;
    if (std::isnan(o.swa_lr)) made.swa_lrs = of_base(optimizer, 0.5);  // 0.05 after 0.1 in the paper
    return std::make_unique<SWALR>(optimizer, made);
  };
}
Attach read_warmup(Reader& reader, Index steps) { return filled<LinearWarmup>(reader, {.warmup_steps = steps}); }
Attach read_warmup_exponential(Reader& reader, Index steps) {
  return filled<ExponentialWarmup>(
      reader, {.tau = static_cast<double>(steps) / 5});  // the last step is within 1 % of the base rate
}
Attach read_warmup_geometric(Reader& reader, Index steps) {
  return filled<GeometricWarmup>(reader, {.warmup_steps = steps});
}
Attach read_wsd(Reader& reader, Index steps) {
  WSDLROptions o{.warmup_steps = share(0.05, steps), .stable_steps = -1, .decay_steps = share(0.2, steps)};
  reader.fill(o);
  if (o.stable_steps < 0) o.stable_steps = std::max<Index>(0, steps - o.warmup_steps - o.decay_steps);
  return attach<WSDLR>(o);
}

struct Entry {
  const char* name;
  Attach (*read)(Reader&, Index steps);
};
const Entry schedules[] = {{"constant", read_constant},
                           {"cosine", read_cosine},
                           {"cosine_restarts", read_cosine_restarts},
                           {"cyclic", read_cyclic},
                           {"exponential", read_exponential},
                           {"inverse_sqrt", read_inverse_sqrt},
                           {"linear", read_linear},
                           {"multistep", read_multistep},
                           {"noam", read_noam},
                           {"onecycle", read_one_cycle},
                           {"polynomial", read_polynomial},
                           {"step", read_step},
                           {"swa", read_swa},
                           {"warmup", read_warmup},
                           {"warmup_exponential", read_warmup_exponential},
                           {"warmup_geometric", read_warmup_geometric},
                           {"wsd", read_wsd}};

struct Link {
  Attach attach;
  Index steps;
};
/// The links of a chain over a run of so many steps. A link without ":STEPS" takes the steps that are left.
std::vector<Link> read_links(const std::vector<Spec>& specs, Index total) {
  std::vector<Link> links;
  Index left = total;
  for (const Spec& spec : specs) {
    if (spec.names[0] == "plateau")
      fail<ValueError>(
          "schedule: plateau follows a metric, but a schedule by name is stepped without one — use "
          "optim::ReduceLROnPlateau and step(metric)");
    const Entry& entry = find_entry("schedule", schedules, spec.names[0]);
    const bool last = &spec == &specs.back();
    if (spec.names.size() > 2 || (spec.names.size() < 2 && !last))
      fail<ValueError>("schedule: ", entry.name,
                       spec.names.size() > 2 ? " takes one number of steps" : " needs its steps", ": got ",
                       to_text(specs), " — write warmup:200+cosine or warmup:5%+cosine");
    const Index steps =
        spec.names.size() == 2 ? Reader(entry.name, spec, total).count("steps", spec.names[1], count_from(0)) : left;
    left -= steps;
    if (!last && left <= 0)
      fail<ValueError>("schedule: there are no steps left after ", entry.name, ": a run of ", total, " steps, got ",
                       to_text(specs));
    Reader reader(entry.name, spec, total);
    Attach attach = entry.read(reader, std::max<Index>(1, steps));
    reader.finish();
    if (last || steps > 0) links.push_back({attach, steps});  // a warm-up of 0 steps is none
  }
  return links;
}

}  // namespace

ScheduleFactory schedule_factory(std::string_view text) {
  const std::vector<Spec> specs = parse_specs(text);
  read_links(specs, 1'000'000'000'000);  // checks the text, for a run that is long enough
  return [specs](OptimizerBase& optimizer, Index total_steps) -> std::unique_ptr<Scheduler> {
    if (total_steps < 1) fail<ValueError>("schedule: a run needs at least 1 step: got ", total_steps);
    const std::vector<Link> links = read_links(specs, total_steps);
    if (links.size() == 1) return links[0].attach(optimizer);
    Schedules parts;
    std::vector<Index> milestones;
    for (const Link& link : links) {
      parts.push_back(link.attach(optimizer));
      milestones.push_back(link.steps + (milestones.empty() ? 0 : milestones.back()));
    }
    milestones.pop_back();
    return std::make_unique<SequentialLR>(optimizer, std::move(parts), std::move(milestones));
  };
}
std::vector<std::string> schedule_names() { return names_of(schedules); }

}  // namespace gradus::optim
