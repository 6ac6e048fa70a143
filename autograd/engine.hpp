// The engine: replays the tape from the newest node to the oldest, so that when a node's turn comes, everything that
// uses it has already sent its share of the gradient. One ordered map is queue and accumulator in one.
#pragma once
#include <gradus/autograd/variable.hpp>

#include <map>
#include <unordered_set>

namespace gradus {

class Engine {
 public:
  /// Adds g to what waits for `to`: summed over broadcast axes, converted to the input's dtype.
  void send(const Ref<Node>& to, Variable g);
  /// Restricts the pass to nodes that lead to a wanted one; asked before a rule runs, not after.
  void only_towards(const std::vector<Variable>& from, const std::vector<Variable>& wanted);
  /// Takes what y was computed from into a restricted pass that is already running.
  void extend(const Variable& y);
  bool wants(const Node& n) const { return !restricted_ || useful_.contains(n.sequence()); }
  /// Pops node after node; visit(node, gradient) returns whether to go on to the node's inputs.
  template <class Visit>
  void run(Visit&& visit, bool retain_graph) {
    while (!pending_.empty()) {
      const auto entry = pending_.extract(pending_.begin());
      Node& node = *entry.mapped().node;
      if (node.extras()) run_hooks(node, entry.mapped().gradient);
      if (!visit(node, entry.mapped().gradient)) continue;
      step(node, entry.mapped().gradient, retain_graph);
    }
  }

 private:
  struct Pending {
    Ref<Node> node;
    Variable gradient;
  };
  void step(Node& node, const Variable& gradient, bool retain_graph);
  static void run_hooks(Node& node, Variable& gradient);
  void find_useful(const std::vector<Variable>& from);

  std::map<std::uint64_t, Pending, std::greater<>> pending_;
  bool restricted_ = false;
  std::uint64_t oldest_ = 0;
  std::unordered_set<std::uint64_t> useful_;
};

}  // namespace gradus
