#include <gradus/optim/element.hpp>
#include <gradus/optim/rprop.hpp>

namespace gradus::optim {

std::span<const OptionRow<RpropOptions>> RpropOptions::rows() {
  using O = RpropOptions;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  static const OptionRow<O> table[] = {{"lr", &O::lr},
                                       {"eta_minus", &O::eta_minus, unit_inside},
                                       {"eta_plus", &O::eta_plus, {1, infinity, false, true}},
                                       {"min_step", &O::min_step, {0, infinity, false, true}},
                                       {"max_step", &O::max_step, {0, infinity, false, true}},
                                       {"maximize", &O::maximize}};
  return table;
}
void RpropOptions::check(const RpropOptions& o) {
  if (!(o.min_step <= o.max_step))
    fail<ValueError>("Rprop: needs min_step <= max_step: got ", o.min_step, " and ", o.max_step);
}

void Rprop::update(Tensor& p, const Tensor& g, State& state, const Options& o) {
  if (!state.has("step_size")) state["step_size"].fill(o.lr);
  const double sign = o.maximize ? -1 : 1;
  ++state.step;
  // clang-format off
  for_each_element([=](auto& p, auto g, auto& previous, auto& size) {
    using E = std::remove_cvref_t<decltype(p)>;
    E d = sign * g;
    const E turn = sign_of(d) * sign_of(previous);  // a product of small ones would be 0
    const E factor = turn > 0 ? E(o.eta_plus) : turn < 0 ? E(o.eta_minus) : E(1);
    size = min(max(size * factor, E(o.min_step)), E(o.max_step));
    d = turn < 0 ? E(0) : d;  // after a turn this element rests for one step
    p -= sign_of(d) * size;
    previous = d;
  }, p, g, state["prev"], state["step_size"]);
  // clang-format on
}

}  // namespace gradus::optim
