#include "contest.hpp"

#include <algorithm>
#include <cmath>
#include <map>

using namespace gradus;

namespace {

/// Runs until solved (ten looks in a row within the tolerance: some pass by), or lost, or `patience` gradients have been asked for.
Run run(const Problem& problem, const Contender& contender, double lr, int start, double patience) {
  Run r;
  const Attempt attempt = problem.start(start, contender.full_batch);
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
    r.lost = !(r.gap <= 1e6 * first);
    if (r.solved || r.lost || (held == 0 && gradients >= patience)) break;
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
  if (r.lost) r.gap = infinity;
  if (!r.solved) r.gradients = infinity;
  return r;
}

double median(const std::vector<Run>& runs, double Run::*what) {
  std::vector<double> all;
  for (const Run& r : runs) all.push_back(r.*what);
  std::sort(all.begin(), all.end());
  return all[all.size() / 2];
}

bool better(const Verdict& a, const Verdict& b) {
  if (a.gradients != b.gradients) return a.gradients < b.gradients;
  return a.gap < b.gap;
}

/// Learning rates by number: four of them double it.
class Search {
 public:
  Search(const Problem& problem, const Contender& contender) : problem_(problem), contender_(contender) {}

  void visit(int i) {
    if (i < lowest || i > highest || lost_.count(i)) return;
    Verdict v = judge(problem_, contender_, contender_.lowest * std::pow(2, i / 4.0), &best_);
    lost_[i] = v.lost;
    if (best_.lr != 0 && !better(v, best_)) return;
    best_ = std::move(v);
    place_ = i;
  }
  /// From the middle outwards.
  void everywhere(int stride) {
    for (int k = 0; k <= middle; k += stride)
      for (const int i : {middle - k, middle + k}) visit(i);
  }
  void around_the_best(int stride, int reach) {
    for (int seen = highest + 1; seen != place_ && !best_.lost;) {
      seen = place_;
      for (int i = seen - reach; i <= seen + reach; i += stride) visit(i);
    }
  }
  Verdict best() {
    best_.end = !best_.lost && (place_ == lowest || place_ == highest);
    best_.edge = lost_.count(place_ + 1) && lost_[place_ + 1];
    return std::move(best_);
  }
  static constexpr int middle = 40, lowest = -24, highest = 2 * middle + 24;

 private:
  const Problem& problem_;
  const Contender& contender_;
  std::map<int, bool> lost_;
  Verdict best_;
  int place_ = 0;
};

}  // namespace

std::size_t Verdict::starts_solved() const {
  return static_cast<std::size_t>(std::count_if(runs.begin(), runs.end(), [](const Run& r) { return r.solved; }));
}
std::pair<double, double> Verdict::spread() const {
  std::pair<double, double> ends{infinity, 0};
  for (const Run& r : runs)
    if (r.solved) ends = {std::min(ends.first, r.gradients), std::max(ends.second, r.gradients)};
  return ends;
}

Verdict judge(const Problem& problem, const Contender& contender, double lr, const Verdict* best) {
  Verdict v{.lr = lr};
  const auto budget = static_cast<double>(problem.budget);
  const double patience = best && best->solved ? best->gradients : budget;
  int worse = 0;
  for (int start = 0; start < problem.starts; ++start) {
    v.runs.push_back(run(problem, contender, lr, start, patience));
    const Run& r = v.runs.back();
    if (r.lost) return v;
    worse += best && !r.solved && (best->solved || r.gap > best->gap);
    if (2 * worse > problem.starts) {
      v.lost = false;
      return v;
    }
  }
  for (int start = 0; patience < budget && start < problem.starts; ++start)
    if (Run& r = v.runs[static_cast<std::size_t>(start)]; !r.solved) {  // slow, or lost later on?
      r = run(problem, contender, lr, start, budget);
      if (r.lost) return v;
    }
  v.lost = false;
  v.gradients = median(v.runs, &Run::gradients);
  v.solved = v.gradients < infinity;
  v.steps = median(v.runs, &Run::steps);
  v.gap = median(v.runs, &Run::gap);
  return v;
}

Verdict best_of(const Problem& problem, const Contender& contender, bool quick) {
  Search search(problem, contender);
  if (quick) {
    for (const int i : {32, 36}) search.visit(i);
    return search.best();
  }
  for (const int stride : {8, 4}) search.everywhere(stride);
  search.around_the_best(2, 8);
  search.around_the_best(1, 1);
  return search.best();
}

std::pair<double, double> rates_of(const Contender& contender) {
  return {contender.lowest, contender.lowest * std::pow(2, 2 * Search::middle / 4.0)};
}
