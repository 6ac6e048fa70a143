// All optimizers on six problems: the gradients that each needs, with the best of 20 learning rates.
// Writes convergence.md, for each problem in the plane the ways that the optimizers took, and their family tree.
#include <gradus/tensor/io/file.hpp>
#include <gradus/train/svg.hpp>

#include "common/example.hpp"
#include "common/family.hpp"
#include "common/problems.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

using namespace gradus;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Contender {
  const char* name;
  const char* text;  // as optimizer_factory() takes it, without lr
  double lowest;     // of the 20 learning rates, each twice the one before
  bool full_batch = false;
  const char* also = "";  // another option that gets the learning rate
};
// Weight decay is off, so that all look for the same weights; only AdamW keeps the decay that it is known for. LARS and LAMB
// scale by trust ratios, as they do by default only where there is decay.
const Contender contenders[] = {
    {"gradient descent", "sgd", 1e-4},
    {"momentum", "sgd,momentum=0.9", 1e-4},
    {"Nesterov", "sgd,momentum=0.9,nesterov=1", 1e-4},
    {"Adagrad", "adagrad", 1e-3},
    {"RMSprop", "rmsprop", 1e-5},
    {"Adadelta", "adadelta", 1e-2},
    {"Adam", "adam", 1e-4},
    {"AMSGrad", "adam,amsgrad=1", 1e-4},
    {"Adamax", "adamax", 1e-4},
    {"NAdam", "nadam", 1e-4},
    {"RAdam", "radam", 1e-4},
    {"AdamW", "adamw", 1e-4},
    {"Adan", "adan", 1e-4},
    {"Lion", "lion", 1e-5},
    {"LARS", "lars,always_adapt=1", 1e-2},
    {"LAMB", "lamb,weight_decay=0,always_adapt=1", 1e-5},
    {"Adafactor", "adafactor", 1e-4},
    {"Muon", "muon,weight_decay=0,adamw.weight_decay=0", 1e-4, false, "adamw.lr"},
    {"ASGD", "asgd", 1e-4},
    {"Rprop", "rprop", 1e-4, true},
    {"L-BFGS", "lbfgs", 1e-4, true},
    {"L-BFGS, Wolfe", "lbfgs,strong_wolfe=1", 1e-4, true},
    {"Schedule-Free SGD", "schedulefreesgd", 1e-4},
    {"Schedule-Free AdamW", "schedulefreeadamw", 1e-4},
    {"Lookahead, momentum", "lookahead:sgd,momentum=0.9", 1e-4},
    {"Lookahead, Adam", "lookahead:adam", 1e-4},
    {"SAM, momentum", "sam:sgd,momentum=0.9", 1e-6},
    {"ASAM, momentum", "asam:sgd,momentum=0.9", 1e-6},
};
std::vector<double> rates_of(const Contender& c, bool quick) {
  std::vector<double> rates;
  for (int i = quick ? 8 : 0; i < (quick ? 10 : 20); ++i) rates.push_back(c.lowest * std::pow(2, i));
  return rates;
}

struct Result {
  double lr = 0;
  bool solved = false;
  double steps = 0, gradients = infinity;  // until it came within the tolerance to stay
  double gap = infinity;                   // loss above the least one, at the end
  train::Series way = {};                  // in the plane
};

/// Runs until solved (ten looks in a row within the tolerance: some pass by), or lost, or `patience` gradients have been
/// asked for.
Result run(const Problem& problem, const Contender& contender, double lr, std::uint64_t seed, double patience) {
  Result r{.lr = lr};
  const Attempt attempt = problem.start(seed, contender.full_batch);
  std::string text = join(contender.text, ",lr=", lr);
  if (*contender.also) text += join(",", contender.also, "=", lr);
  const auto optimizer = optim::optimizer_factory(text)(attempt.parameters);
  double gradients = 0, first = 0;
  Index steps = 0;
  int held = 0;
  const auto look = [&](double loss) {
    r.gap = loss - problem.least;
    if (r.solved) return;
    if (held == 0) {
      r.steps = static_cast<double>(steps);
      r.gradients = gradients;
    }
    held = r.gap <= problem.tolerance ? held + 1 : 0;
    r.solved = held == 10;
  };
  const auto note = [&] {
    if (!problem.plane) return;
    r.way.x.push_back(attempt.parameters[0].data()[0][0].item());
    r.way.y.push_back(attempt.parameters[0].data()[0][1].item());
  };
  const bool looks_inside = std::string_view(contender.name).starts_with("L-BFGS");  // a step of it is many gradients
  while (true) {
    if (steps % (contender.full_batch ? 1 : problem.check_every) == 0 && !r.solved) {
      optimizer->eval();
      look(no_grad([&] { return attempt.whole_loss().item(); }));
      if (!looks_inside) note();
      optimizer->train();
    }
    if (steps == 0) first = r.gap;
    if (r.solved || !(r.gap <= 1e6 * first) || (held == 0 && gradients >= patience)) break;
    attempt.next();
    ++steps;
    optimizer->step([&] {
      optimizer->zero_grad();
      Variable loss = attempt.loss();
      gradients += static_cast<double>(attempt.batches);
      if (looks_inside) {
        note();
        look(loss.item());
      }
      loss.backward();
      return loss;
    });
  }
  if (!(r.gap <= 1e6 * first)) r.gap = infinity;
  if (!r.solved) r.gradients = infinity;
  return r;
}

bool better(const Result& a, const Result& b) {
  if (a.gradients != b.gradients) return a.gradients < b.gradients;
  return a.gap < b.gap;
}

/// The best learning rate of the grid; of several seeds the median counts.
Result best_of(const Problem& problem, const Contender& contender, bool quick, const std::function<void()>& done) {
  Result best;
  for (const double lr : rates_of(contender, quick)) {
    std::vector<Result> runs;
    for (int seed = 1; seed <= problem.repeats; ++seed)
      runs.push_back(
          run(problem, contender, lr, static_cast<std::uint64_t>(seed),
              std::min(best.gradients, static_cast<double>(problem.budget))));  // no better: no need to go on
    std::sort(runs.begin(), runs.end(), better);
    Result& median = runs[runs.size() / 2];
    if (best.lr == 0 || better(median, best)) best = std::move(median);
    done();
  }
  return best;
}

// ---- What is written ----------------------------------------------------------------------------------------------

std::string whole(double v) { return join(std::llround(v)); }
std::string cell(const Result& r) {
  if (r.solved) return whole(r.gradients);
  return r.gap < infinity ? join("(", train::svg::short_number(r.gap), ")") : "lost";
}

constexpr const char* introduction =
    R"(# The optimizers compared

Written by `./dev example convergence --out docs` (seven minutes). The number is how many gradients an optimizer asks for until the loss
comes within a tolerance of the least one and stays there for ten looks, with the best of 20 learning rates, each twice the one before:
the same budget for each. In brackets: not solved; how far above the least value the best rate ends. *Lost*: no rate stays near.

All other options are defaults, but weight decay is off, so that all look for the same weights (AdamW keeps its own, 0.01), and LARS and
LAMB scale steps by trust ratios without it too. Rates are constant: with a schedule, those that circle the minimum at a distance that
goes with the rate (Lion, Muon, LARS, LAMB, SAM) would come closer.

)";

/// One line per optimizer: gradients until each problem is solved.
std::string overview(const std::vector<Problem>& problems, const std::vector<std::vector<Result>>& results) {
  std::string head = "| optimizer |", rule = "|---|", rows;
  for (const Problem& p : problems) {
    head += " " + p.name + " |";
    rule += "---:|";
  }
  for (std::size_t c = 0; c < std::size(contenders); ++c) {
    rows += join("| ", contenders[c].name, " |");
    for (const auto& of_problem : results) rows += " " + cell(of_problem[c]) + " |";
    rows += "\n";
  }
  return head + "\n" + rule + "\n" + rows;
}

std::string details(const Problem& problem, const std::vector<Result>& results) {
  std::string out =
      join("## ", problem.name, "\n\n", problem.text, ". Solved within ", train::svg::short_number(problem.tolerance),
           " of the least value ", train::svg::short_number(problem.least), "; at most ", problem.budget, " gradients");
  if (problem.repeats > 1)
    out += join("; the median of ", problem.repeats, " seeds, looked at every ", problem.check_every, " steps");
  out += ".\n\n";
  if (problem.plane) out += join("![ways](convergence_", problem.name, ".svg)\n\n");
  out += "| optimizer | learning rate | steps | gradients | above the least |\n|---|---:|---:|---:|---:|\n";
  const auto at_the_end = [](const Contender& c, double lr) {  // a better one may lie beyond
    const auto rates = rates_of(c, false);
    return lr == rates.front() || lr == rates.back() ? " (end of its grid)" : "";
  };
  for (std::size_t c = 0; c < std::size(contenders); ++c) {
    const Result& r = results[c];
    out += join("| ", contenders[c].name, " | ",
                r.gap < infinity ? train::svg::short_number(r.lr) + at_the_end(contenders[c], r.lr) : "", " | ",
                r.solved ? whole(r.steps) : "", " | ", r.solved ? whole(r.gradients) : "", " | ",
                r.gap < infinity ? train::svg::short_number(r.gap) : "lost", " |\n");
  }
  return out;
}

std::string settings() {
  std::string out = "## Settings\n\n| optimizer | by name | learning rates |\n|---|---|---|\n";
  for (const Contender& c : contenders) {
    const auto rates = rates_of(c, false);
    out += join("| ", c.name, " | `", c.text, "` | ", train::svg::short_number(rates.front()), " ... ",
                train::svg::short_number(rates.back()), " |\n");
  }
  return out;
}

/// Heights of the plane on a grid, as the logarithm, so that the floor of a valley shows.
train::Field ground(const Problem& problem, Index n) {
  const auto axis = [n](train::Interval i) {
    return (arange(n, DType::f64) + 0.5) * ((i.high - i.low) / static_cast<double>(n)) + i.low;
  };
  const Tensor x = axis(problem.plane->x), y = flip(axis(problem.plane->y), {0});
  const Tensor height = log10(0.01 + no_grad([&] { return plane_function(problem.name, x, unsqueeze(y, 1)).data(); }));
  train::Field field{
      .values = height, .x = problem.plane->x, .y = problem.plane->y, .colours = train::Colours::sequential};
  const double low = min(height).item(), high = max(height).item();
  field.range = {low, high + 2 * (high - low)};  // pale
  for (int i = 1; i < 12; ++i) field.levels.push_back(low + (high - low) * i / 12);
  return field;
}
/// At most about 300 points, the first ones all.
train::Series thinned(const train::Series& way) {
  train::Series out;
  const std::size_t n = way.x.size();
  for (std::size_t i = 0; i < n; i += i < 100 || n < 300 ? 1 : std::max<std::size_t>(1, n / 200)) {
    out.x.push_back(way.x[i]);
    out.y.push_back(way.y[i]);
  }
  out.x.push_back(way.x.back());
  out.y.push_back(way.y.back());
  return out;
}
void draw_ways(const std::filesystem::path& file, const Problem& problem, const std::vector<Result>& results) {
  std::vector<train::Field> fields;
  const train::Field base = ground(problem, 120);
  for (std::size_t c = 0; c < std::size(contenders); ++c) {
    train::Field f = base;
    f.title = join(contenders[c].name, ": ", cell(results[c]));
    f.marks = {thinned(results[c].way)};
    f.marks.push_back({"", {f.marks[0].x.back()}, {f.marks[0].y.back()}, false});
    fields.push_back(std::move(f));
  }
  train::save_field_sheet(
      file, fields,
      {.title = problem.name + ": gradients until solved (in brackets: how far above the least value in the end)",
       .columns = 7,
       .size = 180});
}

/// The family tree on the quadratic, in thumbnails.
void draw_family(const std::filesystem::path& file, const Problem& problem, const std::vector<Result>& results) {
  constexpr Index n = 24;
  train::Field base = ground(problem, n);
  const train::Interval x = std::exchange(base.x, {}),
                        y = std::exchange(base.y, {});  // no scales: in units of the grid
  std::map<std::string, train::Series> ways;
  for (std::size_t c = 0; c < std::size(contenders); ++c) {
    train::Series& way = ways[contenders[c].name] = thinned(results[c].way);
    for (double& v : way.x) v = (v - x.low) / (x.high - x.low) * n;
    for (double& v : way.y) v = (y.high - v) / (y.high - y.low) * n;
  }
  io::write_file_atomically(file, family_tree(base, ways));
}

void story(const ExampleOptions& options) {
  set_num_threads(1);  // everything here is small: a second thread would cost more than it does
  const auto problems = make_problems();
  std::int64_t runs = 0, done = 0;
  for (const Contender& c : contenders) runs += static_cast<std::int64_t>(rates_of(c, options.quick).size());
  train::Progress progress("learning rates tried", runs * static_cast<std::int64_t>(problems.size()));
  std::vector<std::vector<Result>> results;
  for (Problem problem : problems) {
    if (options.quick) problem.budget = std::min<Index>(problem.budget, 100), problem.repeats = 1;
    auto& of_problem = results.emplace_back();
    for (const Contender& c : contenders)
      of_problem.push_back(best_of(problem, c, options.quick, [&] { progress.update(++done); }));
    if (problem.plane) draw_ways(options.picture("convergence_" + problem.name + ".svg"), problem, of_problem);
    if (problem.name == "Quadratic") draw_family(options.picture("family.svg"), problem, of_problem);
  }
  progress.finish();
  std::string text = overview(problems, results);
  std::printf("%s", text.c_str());
  text = introduction + text;
  for (std::size_t p = 0; p < problems.size(); ++p) text += "\n" + details(problems[p], results[p]);
  text += "\n" + settings();
  io::write_file_atomically(options.out / "convergence.md", text);
}

}  // namespace

int main(int argc, char** argv) {
  return run_example(argc, argv, "All optimizers on six problems: the gradients each needs, and the ways they take.",
                     story);
}
