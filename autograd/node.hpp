// Node: the place on the tape from which a gradient travels on. It knows the operation and its inputs, but holds no
// values of its own, so an input's memory is free as soon as no rule needs it.
#pragma once
#include <gradus/tensor/tensor.hpp>

#include <functional>

namespace gradus {

class Engine;
class Variable;

/// One value that the tape keeps alive for a derivative rule.
struct KeptValue {
  Tensor tensor;
  std::uint32_t version;  ///< when it was saved
  bool is_output;         ///< the operation's own result
};

class Node {
 public:
  Node(const char* op, const Tensor& result);
  virtual ~Node() = default;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  const char* op() const { return op_; }
  const Shape& shape() const { return shape_; }
  DType dtype() const { return dtype_; }
  /// Number on the tape, from one global counter: later operations have larger numbers.
  std::uint64_t sequence() const { return sequence_; }
  /// Path of the module that recorded it ("encoder.fc1"), or "".
  const char* module() const { return module_; }

  /// Sends the gradient of each input that needs one to the engine.
  virtual void propagate(const Variable&, Engine&) {}
  /// Drops edges and saved values; a later propagate() throws StateError.
  virtual void forget() {}
  /// Throws StateError after forget(): what lay behind is unknown.
  virtual void check_alive() const {}
  virtual void each_input(const std::function<void(Node&)>&) {}
  virtual std::vector<KeptValue> kept() const { return {}; }
  virtual bool is_leaf() const { return false; }

 private:
  friend void retain(Node*);
  friend void release(Node*);
  inline static std::atomic<std::uint64_t> counter_{0};

  std::atomic<std::uint32_t> refs_{0};
  DType dtype_;
  const char* op_;
  const char* module_;
  std::uint64_t sequence_ = counter_.fetch_add(1, std::memory_order_relaxed);
  Shape shape_;
  Node* next_dead_ = nullptr;
};

inline void retain(Node* n) { n->refs_.fetch_add(1, std::memory_order_relaxed); }
/// A dying node only joins a list that the outermost release drains: however long the chain of nodes that own each
/// other, and through whatever (edges, saved values, a map), destruction never nests.
void release(Node* n);

/// The end of the tape: a value that the user wants a gradient for. The gradient is a Tensor, never a graph, because a
/// Variable here would make a cycle leaf -> gradient -> nodes -> leaf that nothing frees.
class Leaf final : public Node {
 public:
  explicit Leaf(const Tensor& value) : Node("leaf", value) {}
  bool is_leaf() const override { return true; }
  /// grad += g. The first gradient is taken over if nobody else holds its buffer, else copied.
  void accumulate(Tensor g);
  Tensor grad;
};

}  // namespace gradus
