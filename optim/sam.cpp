#include <gradus/optim/clip.hpp>
#include <gradus/optim/element.hpp>
#include <gradus/optim/sam.hpp>

namespace gradus::optim {

SAM::SAM(std::unique_ptr<OptimizerBase> inner, SAMOptions options)
    : Wrapper(options.adaptive ? "ASAM" : "SAM", std::move(inner)), options_(options) {
  detail::check_range(name(), "rho", options.rho, at_least_zero);
  detail::check_range(name(), "eta", options.eta, at_least_zero);
}

void SAM::first_step() {
  if (!before_.empty()) fail<StateError>(name(), ": first_step() twice: second_step() must come between");
  const NoGrad off;
  const auto all = parameters();
  const auto scaled = [&](const Tensor& p) { return options_.adaptive && p.rank() > 1; };  // biases: as in SAM
  const double eta = options_.eta;
  std::vector<Tensor> gradients(all.size()), sizes(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Tensor& p = all[i].data();
    sizes[i] = gradients[i] = gradient_of(all[i]);
    if (!gradients[i].defined() || !scaled(p)) continue;
    sizes[i] = empty_like(p);
    for_each_element([=](auto& s, auto g, auto p) { s = (abs(p) + eta) * g; }, sizes[i], std::as_const(gradients[i]),
                     p);
  }
  const double scale = options_.rho / (total_norm(sizes) + 1e-12);
  before_.resize(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!gradients[i].defined()) continue;
    Tensor p = all[i].data();
    before_[i] = copy(p);
    if (scaled(p))
      for_each_element([=](auto& p, auto g) { p += scale * ((abs(p) + eta) * (abs(p) + eta) * g); }, p,
                       std::as_const(gradients[i]));
    else for_each_element([=](auto& p, auto g) { p += scale * g; }, p, std::as_const(gradients[i]));
  }
}

void SAM::put_back() {
  auto all = parameters();
  for (std::size_t i = 0; i < before_.size(); ++i)
    if (before_[i].defined()) all[i].data().copy_from(before_[i]);
  before_.clear();
}
void SAM::second_step() {
  if (before_.empty()) fail<StateError>(name(), ": second_step() without first_step()");
  put_back();
  inner_->step();
}

void SAM::check_step() const {
  fail<StateError>(name(), ": step() needs a closure: gradients are taken twice — or call first_step(), second_step()");
}
Variable SAM::step(const Closure& closure) {
  const Recording on(true);
  const Variable loss = closure();
  first_step();
  try {
    zero_grad();
    closure();
  } catch (...) {
    put_back();
    throw;
  }
  second_step();
  return loss.detach();
}

void SAM::save_extra(StateDict&) const {
  if (!before_.empty()) fail<StateError>(name(), ": state_dict() between first_step() and second_step()");
}
void SAM::check_extra(const StateDict& state) const {
  if (!before_.empty()) fail<StateError>(name(), ": load_state_dict() between first_step() and second_step()");
  for (const auto& [key, t] : state)
    if (!key.starts_with("inner."))
      fail<ValueError>(name(), ": load_state_dict: ", key, " is unknown to this optimizer");
}

}  // namespace gradus::optim
