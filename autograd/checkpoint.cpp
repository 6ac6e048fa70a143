#include <gradus/autograd/checkpoint.hpp>
#include <gradus/autograd/tape.hpp>
#include <gradus/tensor/random.hpp>

namespace gradus {
namespace {

/// The default generator as it was at some earlier time, until the end of the scope.
class RandomState {
 public:
  explicit RandomState(const Generator::State& then) : now_(default_generator().state()) {
    default_generator().set_state(then);
  }
  ~RandomState() { default_generator().set_state(now_); }
  RandomState(const RandomState&) = delete;
  RandomState& operator=(const RandomState&) = delete;

 private:
  Generator::State now_;
};

class Checkpoint final : public Node {
 public:
  Checkpoint(Function f, const std::vector<Variable>& inputs, const Generator::State& random, const Tensor& y)
      : Node("checkpoint", y), f_(std::move(f)), random_(random) {
    for (const Variable& x : inputs) inputs_.emplace_back(x);
  }

  // The second run hangs below this node on the same tape, so the pass simply goes on through it: to the inputs, to any
  // weights that f uses, and, if derivatives are recorded, with a graph of its own for the next derivative.
  void propagate(const Variable& g, Engine& engine) override {
    check_alive();
    std::vector<Variable> inputs;
    for (const Saved& x : inputs_) inputs.push_back(x.value(op()));
    Variable y;
    {
      const Recording on(true);
      const RandomState then(random_);
      y = f_(inputs);
    }
    if (!(y.shape() == shape()) || y.dtype() != dtype())
      fail<StateError>("checkpoint: the function gives something else when it runs again: ", y.dtype(), " ", y.shape(),
                       ", first ", dtype(), " ", shape());
    if (!y.requires_grad()) return;
    engine.extend(y);
    if (engine.wants(*y.node())) engine.send(y.node(), g);
  }
  void forget() override {
    forgotten_ = true;
    f_ = {};
    inputs_.clear();
  }
  void check_alive() const override {
    if (forgotten_)
      fail<StateError>(
          "checkpoint: backward through it a second time: its inputs were released — pass "
          "{.retain_graph = true} to the first backward() or grad()");
  }
  void each_input(const std::function<void(Node&)>& f) override {
    for (const Saved& x : inputs_)
      if (const Ref<Node>& node = x.value(op()).node()) f(*node);
  }
  std::vector<KeptValue> kept() const override {
    std::vector<KeptValue> values;
    for (const Saved& x : inputs_) values.push_back(x.kept());
    return values;
  }
  bool is_opaque() const override { return true; }  // f may use weights

 private:
  Function f_;
  std::vector<Saved> inputs_;
  Generator::State random_;
  bool forgotten_ = false;
};

}  // namespace

Variable checkpoint(const Function& f, const std::vector<Variable>& inputs) {
  if (!f) fail<ValueError>("checkpoint: the function is empty");
  if (!recording()) return f(inputs);
  const Generator::State random = default_generator().state();
  Tensor y = no_grad([&] { return f(inputs); }).data();
  if (!y.defined() || !is_floating(y.dtype()))
    fail<DTypeError>("checkpoint: the function must give f32 or f64: got ", y.defined() ? name(y.dtype()) : "nothing");
  Ref<Node> node(new Checkpoint(f, inputs, random, y));
  return {std::move(y), std::move(node)};
}
Variable checkpoint(const UnaryFunction& f, const Variable& input) {
  if (!f) fail<ValueError>("checkpoint: the function is empty");
  return checkpoint([f](const std::vector<Variable>& x) { return f(x[0]); }, std::vector{input});
}

}  // namespace gradus
