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
    if (lost_.count(i)) return;
    first_ = std::min(first_, i);
    last_ = std::max(last_, i);
    Verdict v = judge(problem_, contender_, contender_.lowest * std::pow(2, i / 4.0), best_.gradients);
    lost_[i] = v.lost;
    if (best_.lr != 0 && !better(v, best_)) return;
    best_ = std::move(v);
    place_ = i;
  }
  /// While the best is at an end, 64 times further at most.
  void extend() {
    for (int more = 0; more < 12 && !best_.lost && at_end(); ++more) visit(place_ == first_ ? first_ - 2 : last_ + 2);
  }
  void refine() {
    for (int seen = place_ + 1; seen != place_;) {
      seen = place_;
      visit(seen - 1);
      visit(seen + 1);
    }
  }
  Verdict best() {
    best_.end = !best_.lost && at_end();
    best_.edge = lost_.count(place_ + 1) && lost_[place_ + 1];
    return std::move(best_);
  }

 private:
  bool at_end() const { return place_ <= first_ + 1 || place_ >= last_ - 1; }

  const Problem& problem_;
  const Contender& contender_;
  std::map<int, bool> lost_;
  Verdict best_;
  int place_ = 0, first_ = std::numeric_limits<int>::max(), last_ = std::numeric_limits<int>::min();
};
constexpr int last_rate = 78;

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

Verdict judge(const Problem& problem, const Contender& contender, double lr, double patience) {
  Verdict v{.lr = lr};
  const auto budget = static_cast<double>(problem.budget);
  int failed = 0;
  for (int start = 0; start < problem.starts; ++start) {
    v.runs.push_back(run(problem, contender, lr, start, std::min(patience, budget)));
    if (v.runs.back().lost) return v;
    failed += !v.runs.back().solved;
    if (patience < budget && 2 * failed > problem.starts) {
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
  for (const int stride : {8, 4, 2})  // coarse first: what is clearly worse than the best so far is soon given up
    for (int i = 0; i <= last_rate; i += stride) search.visit(i);
  search.extend();
  search.refine();
  return search.best();
}

std::pair<double, double> rates_of(const Contender& contender) {
  return {contender.lowest, contender.lowest * std::pow(2, last_rate / 4.0)};
}
