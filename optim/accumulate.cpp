#include <gradus/autograd/ops/arithmetic.hpp>
#include <gradus/optim/accumulate.hpp>
#include <gradus/tensor/arithmetic.hpp>

namespace gradus::optim {

void Accumulate::backward(const Variable& loss, Index count) {
  if (count < 1) fail<ValueError>("Accumulate: the number of examples must be at least 1: got ", count);
  if (finished_) fail<StateError>("Accumulate: backward() after finish(): step() must come first");
  if (count_ == 0) optimizer_->zero_grad();
  const auto n = static_cast<double>(count);
  (loss * n).backward();
  loss_ += loss.item() * n;
  count_ += count;
}

void Accumulate::finish() {
  if (count_ == 0) fail<StateError>("Accumulate: no backward() before step()");
  if (finished_) return;
  for (const Variable& p : optimizer_->parameters())
    if (p.grad().defined()) {
      if (!is_dense(p.grad().shape(), p.grad().strides())) p.grad() = copy(p.grad());
      mul_(p.grad(), 1 / static_cast<double>(count_));
    }
  finished_ = true;
}

double Accumulate::step() {
  optimizer_->check_step();  // before gradients change
  finish();
  optimizer_->step();
  optimizer_->zero_grad();
  const double mean = loss_ / static_cast<double>(count_);
  count_ = 0;
  loss_ = 0;
  finished_ = false;
  return mean;
}

StateDict Accumulate::state_dict() const {
  StateDict state{{"count", scalar_tensor(count_, DType::i64)},
                  {"loss", scalar_tensor(loss_, DType::f64)},
                  {"finished", scalar_tensor(finished_ ? 1 : 0, DType::i64)}};
  std::size_t i = 0;
  for (const Variable& p : optimizer_->parameters()) {
    if (count_ && p.grad().defined()) state[join("grad.", i)] = copy(p.grad());
    ++i;
  }
  return state;
}

void Accumulate::load_state_dict(const StateDict& state) {
  for (const char* key : {"count", "loss", "finished"})
    if (!state.contains(key) || state.at(key).numel() != 1)
      fail<ValueError>("Accumulate: load_state_dict: missing ", key);
  for (const char* key : {"count", "finished"})
    if (state.at(key).dtype() != DType::i64)
      fail<ValueError>("Accumulate: load_state_dict: ", key, " is no count: ", state.at(key).dtype());
  const Index count = state.at("count").item<Index>(), finished = state.at("finished").item<Index>();
  detail::check_range("Accumulate", "count", static_cast<double>(count), count_from(0));
  detail::check_range("Accumulate", "finished", static_cast<double>(finished), {0, count ? 1.0 : 0.0});
  const auto parameters = optimizer_->parameters();
  std::size_t known = 3;
  for (std::size_t i = 0; i < parameters.size(); ++i) known += state.contains(join("grad.", i));
  if (known != state.size())
    fail<ValueError>("Accumulate: load_state_dict: the state is not of these ", parameters.size(), " parameters");
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (const auto g = state.find(join("grad.", i));
        g != state.end() && !(g->second.shape() == parameters[i].shape() && is_floating(g->second.dtype())))
      fail<ValueError>("Accumulate: load_state_dict: grad.", i, " does not fit its parameter: ", g->second.dtype(), " ",
                       g->second.shape(), ", parameter is ", parameters[i].shape());
  count_ = count;
  loss_ = state.at("loss").item();
  finished_ = finished != 0;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto g = state.find(join("grad.", i));
    parameters[i].grad() = g == state.end() ? Tensor() : copy(to(g->second, parameters[i].dtype()));
  }
}

}  // namespace gradus::optim
