// Optimizers and schedules by name, for command lines and configuration files: "adamw,lr=1e-3", "onecycle,pct_start=0.2".
#pragma once
#include <gradus/optim/schedulers/scheduler.hpp>

#include <memory>

namespace gradus::optim {

/// A name with options. Behind ':' follows what the name is put around, or its argument: "lookahead:adamw,k=5,lr=1e-3" is
/// {lookahead, adamw} with options for either of them, "warmup:200" is {warmup, 200}.
struct Spec {
  std::vector<std::string> names;
  std::map<std::string, std::string> options;
};
/// The links of a chain, joined by '+': "warmup:200+cosine,eta_min=1e-5". Throws ValueError for a name that is missing, or
/// an option without a value or given twice.
std::vector<Spec> parse_specs(std::string_view text);
/// The one spelling of a chain: options in alphabetical order, numbers in their shortest form, 1 and 0 for true and false.
std::string to_text(const std::vector<Spec>& links);

using OptimizerFactory = std::function<std::unique_ptr<OptimizerBase>(const std::vector<Variable>& parameters)>;
using ScheduleFactory = std::function<std::unique_ptr<Scheduler>(OptimizerBase& optimizer, Index total_steps)>;

/// Checks the whole text now and returns what makes the optimizer. Throws ValueError for an unknown name or option,
/// listing those that there are, and for a value that is no number or out of range. An option that several know goes to
/// the outermost; write rmsprop.alpha=0.9 for the inner one. "muon" gives parameters with fewer than two axes to AdamW,
/// whose options are written adamw.lr=1e-3.
OptimizerFactory optimizer_factory(std::string_view text);
/// The same for a schedule that is stepped per batch, or a chain of them: LINK or LINK:STEPS+...+LINK, where LINK is
/// NAME[,option=value...]. Each link lasts its STEPS, the last one for the rest of the run; there it counts from 0.
/// "warmup:200+cosine,eta_min=1e-5", "cosine", "multistep,milestones=50%:75%". Numbers of steps may be percentages of the
/// run. What the text leaves open comes from the optimizer (the peak is its lr) and the length of the link (docs/schedules.md).
ScheduleFactory schedule_factory(std::string_view text);
std::vector<std::string> optimizer_names();
std::vector<std::string> schedule_names();

/// Throws ValueError "what: there is no name — did you mean ...? There are: ...".
[[noreturn]] void fail_unknown(const char* what, std::string_view name, const std::vector<std::string>& known);

}  // namespace gradus::optim
