// How much memory tensors hold, from operation to operation.
#pragma once
#include <gradus/autograd/observer.hpp>

#include <filesystem>
#include <vector>

namespace gradus {

/// While it lives, memory_stats().live is read at each operation's result and around each node of a backward pass. The
/// operations are those of this thread, the bytes are those of the whole process; what comes and goes between two
/// readings (a kernel's scratch space) is not seen. What the program does before an operation counts with it.
class MemoryTimeline final : public Observer {
 public:
  struct Sample {
    double milliseconds;      ///< since it was made
    std::size_t bytes;        ///< held by tensors
    const char *op, *module;  ///< what has just run, or in a backward pass the node whose rules run; "" at the start
    bool backward;
  };

  MemoryTimeline();
  const std::vector<Sample>& samples() const { return samples_; }
  /// The first sample with the most bytes.
  Sample peak() const;
  /// Bytes against time, forward and backward shaded, the peak with its operation and module.
  std::string svg() const;
  /// The same as a file, replaced whole. Throws IoError.
  void save(const std::filesystem::path& path) const;

  void result(const char* op, const Tensor&, const Node*) override;
  void before(const Node& node, const Variable&) override { sample(node.op(), node.module(), true); }
  void sent(const Node*, const Node&, const Variable&) override;
  void after(const Node& node) override { sample(node.op(), node.module(), true); }

 private:
  void sample(const char* op, const char* module, bool backward);
  std::int64_t start_;
  std::vector<Sample> samples_{};
};

}  // namespace gradus
