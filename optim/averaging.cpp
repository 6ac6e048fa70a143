#include <gradus/optim/averaging.hpp>
#include <gradus/optim/element.hpp>
#include <gradus/tensor/arithmetic.hpp>

#include <algorithm>
#include <cmath>

namespace gradus::optim {

WeightAverage::WeightAverage(const std::vector<Variable>& parameters, AveragingOptions options,
                             const std::vector<Tensor>& buffers)
    : parameters_(parameters), buffers_(buffers), options_(options) {
  detail::check_range("WeightAverage", "decay", options.decay, {0, 1});
  if (parameters.empty()) fail<ValueError>("WeightAverage: there are no parameters");
  if (options.from_zero && options.kind != Average::exponential)
    fail<ValueError>("WeightAverage: from_zero is for exponential averages");
  for (const Variable& p : parameters) {
    if (!is_floating(p.dtype())) fail<DTypeError>("WeightAverage: parameters must be f32 or f64: got ", p.dtype());
    if (!is_dense(p.shape(), p.data().strides()))
      fail<ValueError>("WeightAverage: a parameter has holes in its memory: ", p.dtype(), " ", p.shape(),
                       " with strides ", p.data().strides(), " — make it of a copy: leaf(copy(view))");
    averages_.push_back(zeros_like(p.data()));
  }
  for (const Tensor& b : buffers) kept_buffers_.push_back(copy(b));
}

double WeightAverage::decay_now() const {
  const auto t = static_cast<double>(updates_);
  if (options_.kind == Average::equal) return t / (t + 1);
  if (options_.warmup == EmaWarmup::tensorflow) return std::min(options_.decay, (1 + t) / (10 + t));
  if (options_.warmup == EmaWarmup::power) return std::min(options_.decay, 1 - std::pow(1 + t, -2.0 / 3));
  return options_.decay;
}

void WeightAverage::update() {
  for (const Variable& p : parameters_) check_held("WeightAverage", p);
  const NoGrad off;
  const bool copies = updates_ == 0 && !options_.from_zero;
  const double take = copies ? 1 : 1 - decay_now();
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (copies) averages_[i].copy_from(parameters_[i].data());
    else
      for_each_element([=](auto& average, auto p) { average = lerp(average, p, take); }, averages_[i],
                       std::as_const(parameters_[i].data()));
  }
  for (std::size_t i = 0; i < buffers_.size(); ++i) kept_buffers_[i].copy_from(buffers_[i]);
  remaining_ *= 1 - take;
  ++updates_;
}

std::vector<Tensor> WeightAverage::averages() const {
  if (updates_ == 0) fail<StateError>("WeightAverage: no update() yet");
  std::vector<Tensor> result;
  for (const Tensor& a : averages_) {
    result.push_back(copy(a));
    if (options_.from_zero && remaining_ < 1) mul_(result.back(), 1 / (1 - remaining_));
  }
  return result;
}

void WeightAverage::apply() {
  const auto values = averages();
  for (const Variable& p : parameters_) check_held("WeightAverage", p);
  for (std::size_t i = 0; i < parameters_.size(); ++i) parameters_[i].data().copy_from(values[i]);
  for (std::size_t i = 0; i < buffers_.size(); ++i) buffers_[i].copy_from(kept_buffers_[i]);
}

WeightAverage::Swap::Swap(WeightAverage& average) : average_(&average) {
  for (const Variable& p : average.parameters_) weights_.push_back(copy(p.data()));
  for (const Tensor& b : average.buffers_) buffers_.push_back(copy(b));
  average.apply();
}
WeightAverage::Swap::~Swap() {
  for (std::size_t i = 0; i < weights_.size(); ++i) average_->parameters_[i].data().copy_from(weights_[i]);
  for (std::size_t i = 0; i < buffers_.size(); ++i) average_->buffers_[i].copy_from(buffers_[i]);
}

StateDict WeightAverage::state_dict() const {
  StateDict state{{"updates", scalar_tensor(updates_, DType::i64)},
                  {"remaining", scalar_tensor(remaining_, DType::f64)}};
  for (std::size_t i = 0; i < averages_.size(); ++i) state[join("average.", i)] = copy(averages_[i]);
  for (std::size_t i = 0; i < kept_buffers_.size(); ++i) state[join("buffer.", i)] = copy(kept_buffers_[i]);
  return state;
}
void WeightAverage::load_state_dict(const StateDict& state) {
  const auto check = [&](const std::string& key, const Shape& shape) {
    const auto t = state.find(key);
    if (t == state.end()) fail<ValueError>("WeightAverage: load_state_dict: missing ", key);
    if (!(t->second.shape() == shape))
      fail<ValueError>("WeightAverage: load_state_dict: ", key, " does not fit: ", t->second.shape(), " instead of ",
                       shape);
  };
  check("updates", {});
  check("remaining", {});
  for (std::size_t i = 0; i < averages_.size(); ++i) check(join("average.", i), averages_[i].shape());
  for (std::size_t i = 0; i < kept_buffers_.size(); ++i) check(join("buffer.", i), kept_buffers_[i].shape());
  if (state.size() != 2 + averages_.size() + kept_buffers_.size())
    fail<ValueError>("WeightAverage: load_state_dict: the state is of other weights: ", state.size(),
                     " entries, needs ", 2 + averages_.size() + kept_buffers_.size());
  if (state.at("updates").dtype() != DType::i64)
    fail<ValueError>("WeightAverage: load_state_dict: updates is no count: ", state.at("updates").dtype());
  const Index updates = state.at("updates").item<Index>();
  const double remaining = state.at("remaining").item();
  detail::check_range("WeightAverage", "updates", static_cast<double>(updates), count_from(0));
  detail::check_range("WeightAverage", "remaining", remaining, unit_closed);
  updates_ = updates;
  remaining_ = remaining;
  for (std::size_t i = 0; i < averages_.size(); ++i) averages_[i].copy_from(state.at(join("average.", i)));
  for (std::size_t i = 0; i < kept_buffers_.size(); ++i) kept_buffers_[i].copy_from(state.at(join("buffer.", i)));
}

}  // namespace gradus::optim
