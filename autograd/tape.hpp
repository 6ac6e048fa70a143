// How an operation goes on the tape: record(name, result, edge(input, rule, what the rule reads...)...).
//
//   Variable matmul(const Variable& a, const Variable& b) {
//     return record("matmul", matmul(a.data(), b.data()),
//                   edge(a, [](auto& g, auto& b) { return matmul(g, transpose(b)); }, b),
//                   edge(b, [](auto& g, auto& a) { return matmul(transpose(a), g); }, a));
//   }
//
// A rule gets the gradient of the result, then the values listed after it, and returns the gradient of its input,
// written in Variable operations, so that it can be differentiated again. It need not undo broadcasting.
#pragma once
#include <gradus/autograd/engine.hpp>
#include <gradus/autograd/observer.hpp>

#include <array>
#include <optional>
#include <tuple>
#include <type_traits>

namespace gradus {

/// A value that a rule reads: handing it in after an in-place change throws StateError.
class Saved {
 public:
  explicit Saved(const Variable& x) : value_(x), version_(x.data().version()) {}
  const Variable& value(const char* op) const {
    if (value_.data().version() != version_) stale(op, value_.data(), version_);
    return value_;
  }
  KeptValue kept() const { return {value_.data(), version_, false}; }
  [[noreturn]] static void stale(const char* op, const Tensor& value, std::uint32_t saved_version);

 private:
  Variable value_;
  std::uint32_t version_;
};

/// Stands for the operation's own result in the list of what a rule reads.
struct Output {};
inline constexpr Output output{};
/// Which inputs of edges() need a gradient.
template <std::size_t N>
using Needs = std::array<bool, N>;

namespace detail {
inline Saved save(const Variable& x) { return Saved(x); }
inline Output save(Output) { return {}; }
template <class>
using Read = const Variable&;
template <class Rule>
constexpr bool captures_no_tensor =
    std::is_trivially_copy_constructible_v<Rule>&& std::is_trivially_destructible_v<Rule>;
}  // namespace detail

/// One input with its rule and what the rule reads. Empty where the input needs no gradient: nothing is kept then.
template <class Rule, class... Reads>
struct Edge {
  static constexpr bool reads_output = (std::is_same_v<Reads, Output> || ...);
  Ref<Node> input;
  Rule rule;
  std::tuple<Reads...> reads;

  template <class Handed>
  void follow(const Variable& g, Engine& engine, const Handed& handed) const {
    if (!engine.wants(*input)) return;
    std::apply([&](const auto&... r) { engine.send(input, rule(g, handed(r)...)); }, reads);
  }
  template <class F>
  void each_input(F&& f) const {
    f(*input);
  }
};
template <class Rule, class... Reads>
auto edge(const Variable& x, Rule rule, const Reads&... reads) {
  static_assert(detail::captures_no_tensor<Rule>, "a rule captures no tensor: list what it reads after it");
  static_assert(std::is_same_v<std::invoke_result_t<const Rule&, const Variable&, detail::Read<Reads>...>, Variable>,
                "a rule returns a Variable built from Variable operations");
  using E = Edge<Rule, decltype(detail::save(reads))...>;
  detail::notify([&](Observer& o) { o.input(x.data()); });
  if (!recording() || !x.requires_grad()) return std::optional<E>();
  return std::optional<E>(E{x.node(), rule, {detail::save(reads)...}});
}

/// Several inputs whose gradients share work: rule(g, needs, reads...) returns one Variable per input; those that are
/// not needed may stay undefined.
template <std::size_t N, class Rule, class... Reads>
struct SharedEdges {
  static constexpr bool reads_output = (std::is_same_v<Reads, Output> || ...);
  std::array<Ref<Node>, N> inputs;
  Rule rule;
  std::tuple<Reads...> reads;

  template <class Handed>
  void follow(const Variable& g, Engine& engine, const Handed& handed) const {
    Needs<N> needs;
    bool any = false;
    for (std::size_t i = 0; i < N; ++i) any |= needs[i] = inputs[i] && engine.wants(*inputs[i]);
    if (!any) return;
    std::array<Variable, N> gradients =
        std::apply([&](const auto&... r) { return rule(g, needs, handed(r)...); }, reads);
    for (std::size_t i = 0; i < N; ++i)
      if (needs[i]) engine.send(inputs[i], std::move(gradients[i]));
  }
  template <class F>
  void each_input(F&& f) const {
    for (const auto& input : inputs)
      if (input) f(*input);
  }
};
template <std::size_t N, class Rule, class... Reads>
auto edges(const std::array<Variable, N>& xs, Rule rule, const Reads&... reads) {
  static_assert(detail::captures_no_tensor<Rule>, "a rule captures no tensor: list what it reads after it");
  using E = SharedEdges<N, Rule, decltype(detail::save(reads))...>;
  std::optional<E> e;
  bool any = false;
  for (const Variable& x : xs) {
    detail::notify([&](Observer& o) { o.input(x.data()); });
    any |= x.requires_grad();
  }
  if (!recording() || !any) return e;
  e.emplace(E{{}, rule, {detail::save(reads)...}});
  for (std::size_t i = 0; i < N; ++i) e->inputs[i] = xs[i].node();
  return e;
}

/// A rule that is a kernel when the backward pass is not recorded, and a formula of differentiable operations when it
/// is. Only inputs, outputs and constants (masks, indices) may enter the formula.
template <class Formula, class Kernel>
struct Fused {
  Formula formula;
  Kernel kernel;
  template <class... Args>
  auto operator()(const Variable& g, Args&&... args) const -> decltype(formula(g, std::forward<Args>(args)...)) {
    if (recording()) return formula(g, std::forward<Args>(args)...);
    return kernel(g, std::forward<Args>(args)...);
  }
};
template <class Formula, class Kernel>
Fused<Formula, Kernel> fused(Formula formula, Kernel kernel) {
  return {formula, kernel};
}

namespace detail {

struct Nothing {};
struct SavedOutput {
  Tensor value;
  std::uint32_t version = 0;
};

// An operation's edges come in three forms: std::optional<Edge>, std::optional<SharedEdges>, and for a number of inputs
// known only at run time std::vector<std::optional<Edge>>. These treat them alike.
template <class E, class F>
void each_edge(const std::optional<E>& e, F&& f) {
  if (e) f(*e);
}
template <class E, class F>
void each_edge(const std::vector<std::optional<E>>& es, F&& f) {
  for (const auto& e : es)
    if (e) f(*e);
}
template <class E>
void drop_edges(std::optional<E>& e) {
  e.reset();
}
template <class E>
void drop_edges(std::vector<std::optional<E>>& es) {
  es.clear();
}
template <class E>
bool any_edge(const E& e) {
  bool any = false;
  each_edge(e, [&](const auto&) { any = true; });
  return any;
}
template <class E>
struct edge_of;
template <class E>
struct edge_of<std::optional<E>> {
  using type = E;
};
template <class E>
struct edge_of<std::vector<std::optional<E>>> {
  using type = E;
};

template <class... Edges>
class Operation final : public Node {
 public:
  Operation(const char* op, const Tensor& y, Edges&&... edges) : Node(op, y), edges_(std::move(edges)...) {
    if constexpr (keeps_output) {
      bool read = false;
      each([&](const auto& e) { read |= std::remove_cvref_t<decltype(e)>::reads_output; });
      if (read) output_ = {y, y.version()};
    }
  }

  void propagate(const Variable& g, Engine& engine) override {
    check_alive();
    Variable y;
    if constexpr (keeps_output) {
      if (output_.value.defined()) {
        if (output_.value.version() != output_.version) Saved::stale(op(), output_.value, output_.version);
        y = Variable(output_.value, gradus::recording() ? Ref<Node>(this) : Ref<Node>());
      }
    }
    const auto handed = [&](const auto& read) -> const Variable& {
      if constexpr (std::is_same_v<std::remove_cvref_t<decltype(read)>, Output>) return y;
      else return read.value(op());
    };
    each([&](const auto& e) { e.follow(g, engine, handed); });
  }
  void forget() override {
    forgotten_ = true;
    std::apply([](auto&... e) { (drop_edges(e), ...); }, edges_);
    output_ = {};
  }
  void check_alive() const override {
    if (forgotten_) already_released(op());
  }
  void each_input(const std::function<void(Node&)>& f) override {
    each([&](const auto& e) { e.each_input(f); });
  }
  std::vector<KeptValue> kept() const override {
    std::vector<KeptValue> values;
    const auto add = [&](const auto& read) {
      if constexpr (std::is_same_v<std::remove_cvref_t<decltype(read)>, Saved>) values.push_back(read.kept());
    };
    each([&](const auto& e) { std::apply([&](const auto&... r) { (add(r), ...); }, e.reads); });
    if constexpr (keeps_output)
      if (output_.value.defined()) values.push_back({output_.value, output_.version, true});
    return values;
  }

 private:
  static constexpr bool keeps_output = (edge_of<Edges>::type::reads_output || ...);
  template <class F>
  void each(F&& f) const {
    std::apply([&](const auto&... e) { (each_edge(e, f), ...); }, edges_);
  }
  [[noreturn]] static void already_released(const char* op) {
    fail<StateError>(op,
                     ": backward through it a second time: its saved values were released — pass "
                     "{.retain_graph = true} to the first backward() or grad()");
  }

  bool forgotten_ = false;
  std::tuple<Edges...> edges_;
  [[no_unique_address]] std::conditional_t<keeps_output, SavedOutput, Nothing> output_;
};

}  // namespace detail

/// Puts an operation with result y on the tape; y alone where no edge needs it. `op` must live for ever.
template <class... Edges>
Variable record(const char* op, Tensor y, Edges... edges) {
  Ref<Node> node;
  if ((detail::any_edge(edges) || ...)) node = Ref<Node>(new detail::Operation<Edges...>(op, y, std::move(edges)...));
  detail::notify([&](Observer& o) { o.result(op, y, node.get()); });
  return {std::move(y), std::move(node)};
}

}  // namespace gradus
