// Where the time of a training step goes, operation by operation, forward and backward.
#pragma once
#include <gradus/autograd/observer.hpp>

#include <chrono>
#include <unordered_map>

namespace gradus {

/// While it lives, operations of this thread are timed. An operation's forward time runs from the end of the one before
/// it (or the start of its module's forward), so what the program does in between counts with it; its backward time is
/// that of its rules.
class Profiler final : public Observer {
 public:
  struct Times {
    std::int64_t forward = -1, backward = -1;  ///< nanoseconds; -1 if it did not run
  };
  /// All calls of one operation in one module.
  struct Row {
    std::string op, module;
    Index calls = 0;
    std::int64_t forward = 0, backward = 0;  ///< nanoseconds
  };

  Profiler() : last_(now()) {}
  /// Times of one node of the tape, by its number.
  Times times(std::uint64_t number) const;
  /// Everything seen so far, summed over calls, the most expensive first.
  std::vector<Row> rows() const;
  /// The same as text: op, module, calls, forward and backward time in microseconds, share.
  std::string table() const;
  void clear();

  void result(const char* op, const Tensor&, const Node* node) override;
  void enter_module() override;
  void before(const Node&, const Variable&) override { started_ = now(); }
  void after(const Node& node) override;

 private:
  static std::int64_t now() {
    return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
  }
  Row& row(const char* op, const char* module);

  std::int64_t last_, started_ = 0;
  std::unordered_map<std::uint64_t, Times> nodes_{};
  std::unordered_map<std::string, Row> rows_{};
};

}  // namespace gradus
