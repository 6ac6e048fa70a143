#include <gradus/autograd/engine.hpp>
#include <gradus/autograd/observer.hpp>
#include <gradus/autograd/picture/replay.hpp>

#include <chrono>
#include <unordered_map>

namespace gradus::detail {
namespace {

std::int64_t now() { return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1); }

/// No observer at all until the end of the scope.
class Unobserved {
 public:
  Unobserved() : before_(std::exchange(observers, nullptr)) {}
  ~Unobserved() { observers = before_; }
  Unobserved(const Unobserved&) = delete;
  Unobserved& operator=(const Unobserved&) = delete;

 private:
  Observer* before_;
};

class Recorder final : public Observer {
 public:
  /// `known` nodes are on the tape from the start.
  explicit Recorder(const std::unordered_map<std::uint64_t, Node*>& known) {
    for (const auto& [number, node] : known) owners_[number] = number;
  }
  void turn(const Node& node, const Variable& gradient) {
    pass_.steps.push_back({node.sequence(), statistics_of(gradient.data()), {}, -1});
  }
  void before(const Node&, const Variable&) override {
    started_ = now();
    own_time_ = 0;
  }
  void sent(const Node* from, const Node& to, const Variable& gradient) override {
    if (!from || pass_.steps.empty() || pass_.steps.back().node != from->sequence()) return;
    const std::int64_t start = now();
    pass_.steps.back().sent.push_back({to.sequence(), statistics_of(gradient.data())});
    const std::uint64_t owner = owners_[from->sequence()];
    const auto [place, unknown] = owners_.try_emplace(to.sequence(), to.is_opaque() ? to.sequence() : owner);
    if (unknown) pass_.again.push_back({to.sequence(), owner, to.op(), to.module(), to.shape(), to.dtype(), to.kept()});
    own_time_ += now() - start;
  }
  void after(const Node& node) override {
    if (pass_.steps.back().node == node.sequence()) pass_.steps.back().nanoseconds = now() - started_ - own_time_;
  }
  Replay& pass() { return pass_; }

 private:
  Replay pass_{};
  // Of what a node's rules record: itself, or the one whose rules recorded it.
  std::unordered_map<std::uint64_t, std::uint64_t> owners_{};
  std::int64_t started_ = 0, own_time_ = 0;
};

}  // namespace

Replay replay(const char* call, const Variable& y) {
  if (!y.node()) fail<StateError>(call, ": nothing was recorded for this value: no input of it requires a gradient");
  std::unordered_map<std::uint64_t, Node*> nodes;
  std::vector<Node*> to_visit;
  const auto reach = [&](Node& n) {
    if (nodes.try_emplace(n.sequence(), &n).second) to_visit.push_back(&n);
  };
  reach(*y.node());
  while (!to_visit.empty()) {
    Node* n = to_visit.back();
    to_visit.pop_back();
    n->check_alive();
    n->each_input(reach);
  }
  const NoGrad off;
  const Unobserved alone;
  Recorder recorder(nodes);
  Engine engine;
  engine.send(y.node(), full(y.shape(), 1, y.dtype()));
  engine.run(
      [&](Node& node, const Variable& gradient) {
        recorder.turn(node, gradient);
        return !node.is_leaf();
      },
      true);
  return std::move(recorder.pass());
}

}  // namespace gradus::detail
