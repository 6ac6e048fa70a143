// Private to the pictures: a backward pass that leaves everything as it was, written down step by step.
#pragma once
#include <gradus/autograd/statistics.hpp>
#include <gradus/autograd/variable.hpp>

namespace gradus::detail {

/// A gradient on its way to the node that it was sent to.
struct SentGradient {
  std::uint64_t to;
  Statistics values;
};
/// One node's turn: its complete gradient, and what its rules sent. A leaf sends nothing: its gradient goes to .grad().
struct ReplayStep {
  std::uint64_t node;
  Statistics gradient;
  std::vector<SentGradient> sent;
  std::int64_t nanoseconds = -1;  ///< of its rules
};
/// A node that is not on y's tape, because a rule of `owner` recorded it during the pass (a checkpoint).
struct RecordedAgain {
  std::uint64_t number, owner;
  std::string op, module;
  Shape shape;
  DType dtype;
  std::vector<KeptValue> kept;
};
struct Replay {
  std::vector<ReplayStep> steps;
  std::vector<RecordedAgain> again;
};

/// Sends ones through everything that y was computed from, in the engine's order. The tape stays, no .grad() changes,
/// other observers see nothing; hooks do run. Throws StateError for a constant and for a tape that was released.
Replay replay(const char* call, const Variable& y);

}  // namespace gradus::detail
