// Observer: what watches the operations of a thread while they are recorded and replayed. Profiling, anomaly mode and the
// pictures of the tape are observers; while there is none, each of these calls is one test of a pointer.
#pragma once
#include <gradus/autograd/variable.hpp>

#include <string>

namespace gradus {

class Observer;
namespace detail {
inline constinit thread_local Observer* observers = nullptr;       // newest first
inline constinit thread_local const Node* running_node = nullptr;  // whose rules the backward pass is in
}  // namespace detail

/// Watches its own thread from construction to destruction. Observers nest: the newest must be destroyed first.
class Observer {
 public:
  Observer() : next_(std::exchange(detail::observers, this)) {}
  virtual ~Observer() { detail::observers = next_; }
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  /// An operation is about to be recorded with this input (which its kernel may already have been through).
  virtual void input(const Tensor&) {}
  /// An operation has its result; `node` is null if nothing of it went on the tape. Its inputs came before. The rules of
  /// a backward pass are operations too.
  virtual void result(const char* /*op*/, const Tensor& /*y*/, const Node* /*node*/) {}
  /// A module's forward begins.
  virtual void enter_module() {}
  /// The backward pass: a node is about to run, it sends a gradient (`from` is null for the start), it has run.
  virtual void before(const Node&, const Variable& /*gradient*/) {}
  virtual void sent(const Node* /*from*/, const Node& /*to*/, const Variable& /*gradient*/) {}
  virtual void after(const Node&) {}

  Observer* next() const { return next_; }

 protected:
  static bool in_backward() { return detail::running_node != nullptr; }

 private:
  Observer* next_;
};

/// Anomaly mode: while it lives, the first result or gradient with a NaN or an infinity throws StateError, which names
/// the operation and its module, and describes its inputs. (PyTorch's detect_anomaly, which looks at gradients only.)
class DetectAnomaly final : public Observer {
 public:
  void input(const Tensor& x) override;
  void result(const char* op, const Tensor& y, const Node*) override;
  void before(const Node& node, const Variable& gradient) override;
  void sent(const Node* from, const Node& to, const Variable& gradient) override;

 private:
  std::string inputs_{}, gradient_{};  // described before a kernel may overwrite them
  bool input_was_finite_ = true, gradient_was_finite_ = true;
};

/// "f32 [2, 3]: min -1, max 2, mean 0.5; 1 NaN, 0 infinite" of the values that are finite.
std::string describe_values(const Tensor& x);

namespace detail {
template <class F>
void notify(F&& f) {
  for (Observer* o = observers; o; o = o->next()) f(*o);
}
}  // namespace detail

}  // namespace gradus
