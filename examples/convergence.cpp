// All optimizers on six problems: the gradients that each needs with its best learning rate, in the median of five starts.
// Writes convergence.md, for each problem in the plane the ways that the optimizers took, and their family tree.
#include <gradus/autograd/picture/svg.hpp>
#include <gradus/tensor/io/file.hpp>

#include "common/contest.hpp"
#include "common/example.hpp"
#include "common/ways.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <mutex>
#include <thread>

using namespace gradus;

namespace {

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
using Verdicts = std::vector<Verdict>;  // of the contenders, on one problem

std::size_t number_of(std::string_view name) {
  std::size_t c = 0;
  while (name != contenders[c].name) ++c;
  return c;
}

// ---- What is written ----------------------------------------------------------------------------------------------

std::string whole(double v) { return join(std::llround(v)); }
std::string share(const Verdict& v) { return join(v.starts_solved(), "/", v.runs.size()); }
std::string cell(const Verdict& v) {
  if (v.lost) return "lost";
  if (!v.solved) return join("(", svg::short_number(v.gap, 2), ")");
  return v.starts_solved() == v.runs.size() ? whole(v.gradients) : join(whole(v.gradients), " [", share(v), "]");
}

constexpr const char* introduction =
    R"(# The optimizers compared

Written by `./dev example convergence --out docs` (some five minutes on two cores). The number is how many gradients an optimizer asks for
until the loss comes within a tolerance of the least one and stays there for ten looks. Every learning rate is judged from five starts:
the usual one, and four that tell what was chance. Its figure is the **median**; a rate is *lost* if the loss of **one** start rises
a millionfold or is no number any more. In the table is the best of 21 rates, each twice the one before, of all rates √2 apart within four
times on each side of the best (beyond the 21 where it lies at their end), and of the neighbours ⁴√2 apart: the same search for each.

[4/5]: solved from so many of the starts only. In brackets: not solved; how far above the least value the best rate ends, in the
median. *Lost*: every rate is.

All other options are defaults, but weight decay is off, so that all look for the same weights (AdamW keeps its own, 0.01), and LARS and
LAMB scale steps by trust ratios without it too. Rates are constant: no schedule takes them down at the end.

)";
constexpr const char* quick_warning =
    "quick: two learning rates, one start and at most 100 gradients: the figures are no comparison of optimizers";

/// One line per optimizer: gradients until each problem is solved.
std::string overview(const std::vector<Problem>& problems, const std::vector<Verdicts>& results) {
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

/// "momentum (Beale, Digits); Adam (Digits)": where this holds.
template <class Holds>
std::string where(const std::vector<Problem>& problems, const std::vector<Verdicts>& results, const Holds& holds) {
  std::string out;
  for (std::size_t c = 0; c < std::size(contenders); ++c) {
    std::string names;
    for (std::size_t p = 0; p < problems.size(); ++p)
      if (holds(results[p][c])) names += (names.empty() ? "" : ", ") + problems[p].name;
    if (!names.empty()) out += join(out.empty() ? "" : "; ", contenders[c].name, " (", names, ")");
  }
  return out.empty() ? "none" : out;
}
std::string fewest(const Verdicts& of_problem) {
  std::vector<std::size_t> order(of_problem.size());
  for (std::size_t c = 0; c < order.size(); ++c) order[c] = c;
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return of_problem[a].gradients < of_problem[b].gradients; });
  std::string out;
  for (std::size_t i = 0; i < 5 && of_problem[order[i]].solved; ++i)
    out += join(i == 0 ? "" : ", ", contenders[order[i]].name, " ", whole(of_problem[order[i]].gradients));
  return out.empty() ? "none" : out;
}
/// AdamW against Adam at Adam's rates, with its decay and without.
std::string about_adamw(const std::vector<Problem>& problems, const std::vector<Verdicts>& results) {
  std::string out = "| at Adam's best rate |", rule = "|---|",
              rows[3] = {"| Adam |", "| AdamW, weight_decay=0 |", "| AdamW |"};
  int same = 0;
  for (std::size_t p = 0; p < problems.size(); ++p) {
    const Verdict& adam = results[p][number_of("Adam")];
    const Verdict without = judge(problems[p], {"AdamW", "adamw,weight_decay=0", 0}, adam.lr);
    same += adam.gradients == without.gradients && adam.gap == without.gap;
    out += " " + problems[p].name + " |";
    rule += "---:|";
    rows[0] += " " + cell(adam) + " |";
    rows[1] += " " + cell(without) + " |";
    rows[2] += " " + cell(judge(problems[p], {"AdamW", "adamw", 0}, adam.lr)) + " |";
  }
  return join(
      "**Why AdamW's row differs**: its decay looks for other weights. Each step takes lr λ θ off them, which near a "
      "minimum that is not at 0 must be won back. With the decay off its figures at Adam's rate are Adam's, digit "
      "for digit, on ",
      same, " of ", problems.size(), " problems:\n\n", out, "\n", rule, "\n", rows[0], "\n", rows[1], "\n", rows[2],
      "\n");
}

std::string observations(const std::vector<Problem>& problems, const std::vector<Verdicts>& results) {
  std::string out = "## What this run shows\n\nThe fewest gradients:\n\n";
  for (std::size_t p = 0; p < problems.size(); ++p)
    out += join("- *", problems[p].name, "*: ", fewest(results[p]), ".\n");
  out += join("\nNot solved at any rate: ", where(problems, results, [](auto& v) { return !v.solved; }),
              ".\n\nSolved at the best rate, but not from every start: ",
              where(problems, results, [](auto& v) { return v.solved && v.starts_solved() < v.runs.size(); }),
              ".\n\nAt the edge: with the next rate, 1.19 times the best, some start is lost: ",
              where(problems, results, [](auto& v) { return v.solved && v.edge; }),
              ".\n\nThe best rate lies at the end of those tried, so a better one may lie beyond: ",
              where(problems, results, [](auto& v) { return v.end; }), ".\n\n");
  return out + about_adamw(problems, results);
}

std::string details(const Problem& problem, const Verdicts& results) {
  std::string out = join("## ", problem.name, "\n\n", problem.text, ". Starts: ", problem.starts_text,
                         ". Solved within ", svg::short_number(problem.tolerance), " of the least value ",
                         svg::short_number(problem.least), "; at most ", problem.budget, " gradients");
  if (problem.check_every > 1) out += join("; looked at every ", problem.check_every, " steps");
  out += ".\n\n";
  if (problem.plane) out += join("![ways](convergence_", problem.name, ".svg)\n\n");
  out +=
      "| optimizer | learning rate | steps | gradients | fewest – most | starts solved | above the least |\n"
      "|---|---:|---:|---:|---:|---:|---:|\n";
  for (std::size_t c = 0; c < std::size(contenders); ++c) {
    const Verdict& v = results[c];
    const auto [low, high] = v.spread();
    out += join("| ", contenders[c].name, " | ",
                v.lost ? "" : join(svg::short_number(v.lr, 3), v.end ? " (end of its grid)" : ""), " | ",
                v.solved ? whole(v.steps) : "", " | ", v.solved ? whole(v.gradients) : "", " | ",
                !v.lost && v.starts_solved() > 0 ? join(whole(low), " – ", whole(high)) : "", " | ",
                v.lost ? "" : share(v), " | ", v.lost ? "lost" : svg::short_number(v.gap, 3), " |\n");
  }
  return out;
}

std::string settings() {
  std::string out = "## Settings\n\n| optimizer | by name | the 21 learning rates |\n|---|---|---|\n";
  for (const Contender& c : contenders) {
    const auto [low, high] = rates_of(c);
    out += join("| ", c.name, " | `", c.text, "` | ", svg::short_number(low), " ... ", svg::short_number(high), " |\n");
  }
  return out;
}

std::vector<Way> ways_of(const Verdicts& results) {
  std::vector<Way> ways;
  for (std::size_t c = 0; c < std::size(contenders); ++c)
    ways.push_back({contenders[c].name, cell(results[c]), results[c].runs.at(0).way});
  return ways;
}

// ---- What is run --------------------------------------------------------------------------------------------------

/// Every optimizer on every problem, side by side; what is slow first.
std::vector<Verdicts> contest(const std::vector<Problem>& problems, bool quick) {
  std::vector<Verdicts> results(problems.size(), Verdicts(std::size(contenders)));
  const std::size_t count = problems.size() * std::size(contenders);
  train::Progress progress("pairs of an optimizer and a problem", static_cast<std::int64_t>(count),
                           {.lines_every_percent = 5});
  std::size_t next = 0, done = 0;
  std::exception_ptr error;
  std::mutex mutex;
  const auto take_part = [&] {
    std::unique_lock lock(mutex);
    set_num_threads(1);  // everything here is small: a second thread would cost more than it does
    for (; next < count && !error; progress.update(static_cast<std::int64_t>(++done))) {
      const std::size_t i = count - ++next, p = i / std::size(contenders), c = i % std::size(contenders);
      lock.unlock();
      try {
        results[p][c] = best_of(problems[p], contenders[c], quick);
      } catch (...) {
        lock.lock();
        error = std::current_exception();
        return;
      }
      lock.lock();
    }
  };
  {
    std::vector<std::jthread> helpers;
    for (unsigned i = 1; i < std::thread::hardware_concurrency(); ++i) helpers.emplace_back(take_part);
    take_part();
  }
  if (error) std::rethrow_exception(error);
  progress.finish();
  return results;
}

void story(const ExampleOptions& options) {
  if (options.quick) std::printf("%s\n", quick_warning);
  auto problems = make_problems();
  if (options.quick)
    for (Problem& p : problems) p.budget = 100, p.starts = 1;
  const auto results = contest(problems, options.quick);
  for (std::size_t p = 0; p < problems.size(); ++p) {
    const auto ways = ways_of(results[p]);
    if (problems[p].plane) draw_ways(options.picture("convergence_" + problems[p].name + ".svg"), problems[p], ways);
    if (problems[p].name == "Quadratic") draw_family(options.picture("family.svg"), problems[p], ways);
  }
  const std::string table = overview(problems, results);
  std::printf("%s", table.c_str());
  std::string text = introduction;
  if (options.quick) text += join("**", quick_warning, ".**\n\n");
  text += table + "\n" + observations(problems, results);
  for (std::size_t p = 0; p < problems.size(); ++p) text += "\n" + details(problems[p], results[p]);
  text += "\n" + settings();
  io::write_file_atomically(options.out / "convergence.md", text);
  if (options.quick) std::printf("%s\n", quick_warning);
}

}  // namespace

int main(int argc, char** argv) {
  return run_example(argc, argv, "All optimizers on six problems: the gradients each needs, and the ways they take.",
                     story);
}
