// Variable: a Tensor and its place on the tape. A cheap handle, like Tensor: copying one copies neither values nor tape.
#pragma once
#include <gradus/autograd/node.hpp>

#include <utility>

namespace gradus {

struct BackwardOptions {
  Tensor gradient = {};       ///< of the final loss with respect to this value; 1 for a scalar by default
  bool retain_graph = false;  ///< keep the tape for another pass
};

class Variable {
 public:
  Variable() = default;
  /// A constant: no gradient flows into it.
  Variable(Tensor value) : data_(std::move(value)) {}  // NOLINT(google-explicit-constructor): x * t is the point
  Variable(Tensor value, Ref<Node> node) : data_(std::move(value)), node_(std::move(node)) {}

  const Tensor& data() const { return data_; }
  /// The value, for in-place changes, which the tape notices by their version. Assigning another tensor changes only
  /// this handle.
  Tensor& data() { return data_; }
  bool defined() const { return data_.defined(); }
  const Shape& shape() const { return data_.shape(); }
  DType dtype() const { return data_.dtype(); }
  Index rank() const { return data_.rank(); }
  Index numel() const { return data_.numel(); }
  Index size(Index axis) const { return data_.size(axis); }
  template <class T = double>
  T item() const {
    return data_.item<T>();
  }

  /// Entry i of the first axis; or several, by number or by mask (tensor/index.hpp).
  Variable operator[](Index i) const;
  Variable operator[](const Tensor& t) const;

  bool requires_grad() const { return static_cast<bool>(node_); }
  bool is_leaf() const { return !node_ || node_->is_leaf(); }
  const Ref<Node>& node() const { return node_; }
  /// The same value as a constant.
  Variable detach() const { return data_; }

  /// The accumulated gradient of a leaf, or of a value marked by retain_grad(); an undefined Tensor before the first
  /// backward(). Throws StateError for any other value.
  Tensor& grad() const;
  /// Lets backward() keep this value's gradient too, though it is no leaf.
  void retain_grad() const;
  /// Calls f with this value's gradient each time a backward pass has it complete, before it travels on; a defined result
  /// takes its place. Returns a number for remove_hook(). f must not hold this Variable: it would never be freed.
  int register_hook(Hook f) const;
  void remove_hook(int number) const;
  /// Adds the gradients of this value to the .grad() of all leaves it was computed from.
  /// Throws StateError without a tape or after a first pass, ShapeError for a non-scalar without a gradient.
  void backward(const BackwardOptions& options = {}) const;

 private:
  Tensor data_;
  Ref<Node> node_;
};

/// A value that gradients are wanted for (f32 or f64; PyTorch's requires_grad=True).
Variable leaf(Tensor value);

std::ostream& operator<<(std::ostream& out, const Variable& x);

struct GradOptions {
  bool create_graph = false;             ///< record the derivatives, so that they can be differentiated again
  bool retain_graph = false;             ///< keep the tape; implied by create_graph
  std::vector<Variable> gradients = {};  ///< of each output; 1 for scalars by default
};
/// One Variable or several: y, {y, z}, a vector.
struct Variables : std::vector<Variable> {
  Variables(const Variable& x) : vector{x} {}                     // NOLINT(google-explicit-constructor)
  Variables(std::initializer_list<Variable> xs) : vector(xs) {}   // NOLINT(google-explicit-constructor)
  Variables(std::vector<Variable> xs) : vector(std::move(xs)) {}  // NOLINT(google-explicit-constructor)
};
/// Gradients of the (sum of the) outputs with respect to the inputs, leaves or not; .grad() is not touched, and only
/// what lies between outputs and inputs is computed. An input that the outputs do not depend on gets zeros. A list of
/// inputs gives a list, grad(y, {x})[0]; an input alone its gradient.
std::vector<Variable> grad(const Variables& outputs, const std::vector<Variable>& inputs,
                           const GradOptions& options = {});
Variable grad(const Variables& outputs, const Variable& input, const GradOptions& options = {});
inline std::vector<Variable> grad(const Variables& outputs, std::initializer_list<Variable> inputs,
                                  const GradOptions& options = {}) {
  return grad(outputs, std::vector(inputs), options);
}

namespace detail {
inline constinit thread_local bool recording = true;
}
/// Whether operations of this thread go on the tape.
inline bool recording() { return detail::recording; }
/// While it lives, operations of this thread are recorded or not.
class Recording {
 public:
  explicit Recording(bool on) : before_(std::exchange(detail::recording, on)) {}
  ~Recording() { detail::recording = before_; }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

 private:
  bool before_;
};
/// Recording switched off until the end of the scope.
class NoGrad : public Recording {
 public:
  NoGrad() : Recording(false) {}
};
/// Calls f with recording switched off.
template <class F>
decltype(auto) no_grad(F&& f) {
  const NoGrad off;
  return std::forward<F>(f)();
}

}  // namespace gradus
