#include <gradus/autograd/engine.hpp>
#include <gradus/autograd/observer.hpp>
#include <gradus/autograd/ops/arithmetic.hpp>
#include <gradus/autograd/ops/reduce.hpp>
#include <gradus/autograd/ops/shape.hpp>
#include <gradus/autograd/tape.hpp>
#include <gradus/tensor/arithmetic.hpp>

#include <algorithm>
#include <mutex>
#include <ostream>

namespace gradus {

// ---- nodes

Node::Node(const char* op, const Tensor& result)
    : dtype_(result.dtype()), op_(op), module_(detail::module_path ? detail::module_path : ""), shape_(result.shape()) {
}

namespace {
constinit thread_local Node* dead_nodes = nullptr;
constinit thread_local bool draining = false;
}  // namespace

void release(Node* n) {
  if (n->refs_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  n->next_dead_ = std::exchange(dead_nodes, n);
  if (draining) return;
  draining = true;
  while (Node* dead = dead_nodes) {
    dead_nodes = dead->next_dead_;
    delete dead;
  }
  draining = false;
}

void Node::InUse::taken(const char* op) {
  fail<StateError>(op, ": two threads run through one graph — give each its own, or let one wait for the other");
}

void accumulate(Tensor& grad, Tensor g) {
  static std::mutex mutex;  // threads may share parameters
  const std::lock_guard lock(mutex);
  if (grad.defined()) add_(grad, g);
  else grad = g.is_reusable() ? std::move(g) : copy(g);  // else it may be shared with another leaf, or a stride-0 view
}

void Saved::stale(const char* op, const Tensor& value, std::uint32_t saved_version) {
  fail<StateError>(op, ": a value saved for backward was modified in place: ", value.dtype(), " ", value.shape(),
                   " is at version ", value.version(), ", saved at version ", saved_version,
                   " — modify a copy, or do it after backward()");
}

// ---- variables

Variable leaf(Tensor value) {
  if (!value.defined()) fail<StateError>("leaf: the tensor is undefined");
  if (!is_floating(value.dtype()))
    fail<DTypeError>("leaf: only f32 and f64 have gradients: got ", value.dtype(), " — convert with to(x, DType::f32)");
  Ref<Node> node(new Leaf(value));
  return {std::move(value), std::move(node)};
}

std::ostream& operator<<(std::ostream& out, const Variable& x) { return out << x.data(); }

Tensor& Variable::grad() const {
  if (!node_) fail<StateError>("grad: this value needs no gradient: make it with leaf(tensor)");
  if (node_->is_leaf()) return static_cast<Leaf&>(*node_).grad;
  if (!node_->extras() || !node_->extras()->retain_grad)
    fail<StateError>("grad: only leaves keep a gradient: this is the result of ", node_->op(),
                     " — call retain_grad() before backward(), or use grad(output, input)");
  return node_->extras()->grad;
}
void Variable::retain_grad() const {
  if (!node_) fail<StateError>("retain_grad: this value needs no gradient: make it with leaf(tensor)");
  if (!node_->is_leaf()) node_->make_extras().retain_grad = true;
}
int Variable::register_hook(Hook f) const {
  if (!node_) fail<StateError>("register_hook: this value needs no gradient: make it with leaf(tensor)");
  if (!f) fail<ValueError>("register_hook: the function is empty");
  auto& extras = node_->make_extras();
  extras.hooks.emplace_back(extras.next_hook, std::move(f));
  return extras.next_hook++;
}
void Variable::remove_hook(int number) const {
  const bool removed = node_ && node_->extras() &&
                       std::erase_if(node_->extras()->hooks, [&](const auto& h) { return h.first == number; }) > 0;
  if (!removed) fail<ValueError>("remove_hook: this value has no hook of that number: ", number);
}

namespace {
/// The gradient that a pass starts with at y.
Variable seed(const char* call, const Variable& y, const Variable& given) {
  if (!y.node()) fail<StateError>(call, ": nothing was recorded for this value: no input of it requires a gradient");
  if (!given.defined()) {
    if (y.numel() != 1)
      fail<ShapeError>(call, ": needs a scalar: shape is ", y.shape(), " — reduce it, or pass a gradient");
    return full(y.shape(), 1, y.dtype());
  }
  if (!(given.shape() == y.shape()) || given.dtype() != y.dtype())
    fail<ShapeError>(call, ": the gradient does not match the value: gradient is ", given.dtype(), " ", given.shape(),
                     ", value is ", y.dtype(), " ", y.shape());
  return given;
}
}  // namespace

void Variable::backward(const BackwardOptions& options) const {
  const Variable start = seed("backward", *this, options.gradient);
  const NoGrad off;
  Engine engine;
  engine.send(node_, start);
  std::vector<std::pair<Ref<Node>, Tensor>> arrived;  // handed out at the end: an error on the way changes no .grad()
  engine.run(
      [&](Node& node, Variable& g) {
        if (node.is_leaf()) arrived.emplace_back(Ref<Node>(&node), std::move(g.data()));
        else if (node.extras() && node.extras()->retain_grad) arrived.emplace_back(Ref<Node>(&node), g.data());
        return !node.is_leaf();
      },
      options.retain_graph);
  for (auto& [node, g] : arrived)
    accumulate(node->is_leaf() ? static_cast<Leaf&>(*node).grad : node->extras()->grad, std::move(g));
}

std::vector<Variable> grad(const Variables& outputs, const std::vector<Variable>& inputs, const GradOptions& options) {
  if (outputs.empty() || inputs.empty())
    fail<ValueError>("grad: needs outputs and inputs: got ", outputs.size(), " and ", inputs.size());
  if (!options.gradients.empty() && options.gradients.size() != outputs.size())
    fail<ValueError>("grad: needs one gradient per output: got ", options.gradients.size(), " for ", outputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!inputs[i].node()) fail<StateError>("grad: input ", i, " requires no gradient: make it with leaf(tensor)");
  const Recording record(options.create_graph);
  std::vector<Variable> gradients(inputs.size());
  Engine engine;
  engine.only_towards(outputs, inputs);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Variable start = seed("grad", outputs[i], options.gradients.empty() ? Variable() : options.gradients[i]);
    if (engine.wants(*outputs[i].node())) engine.send(outputs[i].node(), start);
  }
  std::uint64_t oldest = ~std::uint64_t{0};
  for (const Variable& x : inputs) oldest = std::min(oldest, x.node()->sequence());
  engine.run(
      [&](Node& node, Variable& g) {
        for (std::size_t i = 0; i < inputs.size(); ++i)
          if (inputs[i].node().get() == &node) gradients[i] = g;
        return node.sequence() > oldest && !node.is_leaf();
      },
      options.retain_graph || options.create_graph);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!gradients[i].defined()) gradients[i] = zeros(inputs[i].shape(), inputs[i].dtype());
  return gradients;
}
Variable grad(const Variables& outputs, const Variable& input, const GradOptions& options) {
  return grad(outputs, std::vector{input}, options)[0];
}

// ---- the engine

void Engine::send(const Ref<Node>& to, Variable g) {
  if (g.dtype() != to->dtype()) g = gradus::to(g, to->dtype());
  if (!(g.shape() == to->shape())) g = sum_to(g, to->shape());
  detail::notify([&](Observer& o) { o.sent(detail::running_node, *to, g); });
  const auto [entry, first] = pending_.try_emplace(to->sequence());
  Pending& pending = entry->second;
  if (first) {
    pending = {to, std::move(g)};
  } else if (!recording() && pending.gradient.data().is_reusable()) {
    add_(pending.gradient.data(), g.data());
  } else {
    pending.gradient = pending.gradient + g;
  }
}

void Engine::step(Node& node, const Variable& gradient, bool retain_graph) {
  const Node::InUse hold(node);
  struct Restore {
    const char* path = detail::module_path;
    const Node* node = detail::running_node;
    ~Restore() {
      detail::module_path = path;
      detail::running_node = node;
    }
  } restore;
  detail::module_path = node.module();
  detail::running_node = &node;
  detail::notify([&](Observer& o) { o.before(node, gradient); });
  node.propagate(gradient, *this);
  if (!retain_graph) node.forget();
  detail::notify([&](Observer& o) { o.after(node); });
}

void Engine::run_hooks(Node& node, Variable& gradient) {
  const auto hooks = node.extras()->hooks;  // a copy: a hook may remove itself
  for (const auto& [number, hook] : hooks) {
    Variable changed = hook(gradient);
    if (!changed.defined()) continue;
    if (!(changed.shape() == node.shape()) || changed.dtype() != node.dtype())
      fail<ShapeError>("hook: its gradient does not match the value: gradient is ", changed.dtype(), " ",
                       changed.shape(), ", value is ", node.dtype(), " ", node.shape());
    gradient = std::move(changed);
  }
}

void Engine::only_towards(const std::vector<Variable>& from, const std::vector<Variable>& wanted) {
  restricted_ = true;
  oldest_ = ~std::uint64_t{0};
  for (const Variable& x : wanted) {
    useful_.insert(x.node()->sequence());
    oldest_ = std::min(oldest_, x.node()->sequence());
  }
  find_useful(from);
}
void Engine::extend(const Variable& y) {
  if (restricted_) find_useful({y});
}
void Engine::find_useful(const std::vector<Variable>& from) {
  std::map<std::uint64_t, Ref<Node>> reachable;  // ascending: a node's inputs come before it
  std::vector<Node*> to_visit;
  const auto reach = [&](Node& n) {
    if (n.sequence() >= oldest_ && reachable.try_emplace(n.sequence(), Ref<Node>(&n)).second) to_visit.push_back(&n);
  };
  for (const Variable& y : from)
    if (y.node()) reach(*y.node());
  while (!to_visit.empty()) {
    Node* n = to_visit.back();
    to_visit.pop_back();
    if (n->is_leaf()) continue;
    const Node::InUse hold(*n);
    if (!useful_.contains(n->sequence())) n->check_alive();
    n->each_input(reach);
  }
  for (const auto& [sequence, node] : reachable) {
    bool leads = node->is_opaque();
    if (node->is_leaf()) continue;
    const Node::InUse hold(*node);
    node->each_input([&](Node& input) { leads |= useful_.contains(input.sequence()); });
    if (leads) useful_.insert(sequence);
  }
}

}  // namespace gradus
