#include <gradus/optim/adagrad.hpp>
#include <gradus/optim/element.hpp>

namespace gradus::optim {

std::span<const OptionRow<AdagradOptions>> AdagradOptions::rows() {
  using O = AdagradOptions;
  static const OptionRow<O> table[] = {{"lr", &O::lr},
                                       {"lr_decay", &O::lr_decay},
                                       {"weight_decay", &O::weight_decay},
                                       {"initial_accumulator_value", &O::initial_accumulator_value},
                                       {"eps", &O::eps},
                                       {"maximize", &O::maximize}};
  return table;
}

void Adagrad::update(Tensor& p, const Tensor& g, State& state, const Options& o) {
  if (!state.has("sum")) state["sum"].fill(o.initial_accumulator_value);
  const double lr = o.lr / (1 + static_cast<double>(state.step++) * o.lr_decay), sign = o.maximize ? -1 : 1;
  // clang-format off
  for_each_element([=](auto& p, auto g, auto& sum) {
    const auto d = sign * g + o.weight_decay * p;
    sum += d * d;
    p -= lr * d / (sqrt(sum) + o.eps);
  }, p, g, state["sum"]);
  // clang-format on
}

}  // namespace gradus::optim
