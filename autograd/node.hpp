// Node: the place on the tape from which a gradient travels on. It knows the operation and its inputs, but holds no
// values of its own, so an input's memory is free as soon as no rule needs it.
#pragma once
#include <gradus/tensor/tensor.hpp>

#include <functional>
#include <memory>

namespace gradus {

class Engine;
class Variable;

/// One value that the tape keeps alive for a derivative rule.
struct KeptValue {
  Tensor tensor;
  std::uint32_t version;  ///< when it was saved
  bool is_output;         ///< the operation's own result
};

/// Sees the gradient of a value once it is complete, and may return another one in its place (undefined: keep it).
using Hook = std::function<Variable(const Variable&)>;

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
  /// Whether its rule may lead to leaves that each_input() does not name.
  virtual bool is_opaque() const { return false; }

  /// What few nodes have: hooks, and a gradient kept for the user although this is no leaf.
  struct Extras {
    std::vector<std::pair<int, Hook>> hooks;  // with numbers, to remove them by
    int next_hook = 0;
    bool retain_grad = false;
    Tensor grad;
  };
  Extras* extras() const { return extras_.get(); }
  Extras& make_extras() {
    if (!extras_) extras_ = std::make_unique<Extras>();
    return *extras_;
  }

  /// Holds a node while a pass works on it. Throws StateError if another thread does: one graph, one thread at a time.
  class InUse {
   public:
    explicit InUse(Node& node) : node_(&node) {
      if (node.in_use_.exchange(true, std::memory_order_acquire)) taken(node.op());
    }
    ~InUse() { node_->in_use_.store(false, std::memory_order_release); }
    InUse(const InUse&) = delete;
    InUse& operator=(const InUse&) = delete;

   private:
    [[noreturn]] static void taken(const char* op);
    Node* node_;
  };

 private:
  friend void retain(Node*);
  friend void release(Node*);
  inline static std::atomic<std::uint64_t> counter_{0};

  std::atomic<std::uint32_t> refs_{0};
  std::atomic<bool> in_use_{false};
  DType dtype_;
  const char* op_;
  const char* module_;
  std::uint64_t sequence_ = counter_.fetch_add(1, std::memory_order_relaxed);
  Shape shape_;
  Node* next_dead_ = nullptr;
  std::unique_ptr<Extras> extras_;
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
  Tensor grad;
  /// Of an nn::Parameter's leaf: whether that still holds it, or has another one now or is gone.
  enum class Holder : std::uint8_t { none, parameter, gone };
  Holder holder = Holder::none;
};
/// grad += g, one thread at a time. The first gradient is taken over if nobody else holds its buffer, else copied.
void accumulate(Tensor& grad, Tensor g);

}  // namespace gradus
