#include <gradus/autograd/observer.hpp>
#include <gradus/autograd/statistics.hpp>

namespace gradus {
namespace {

using detail::statistics_of, detail::Statistics;

bool is_finite(const Tensor& x) {
  if (!x.defined() || !is_floating(x.dtype())) return true;
  const Statistics s = statistics_of(x);
  return s.nan == 0 && s.infinite == 0;
}

}  // namespace

std::string describe_values(const Tensor& x) {
  if (!x.defined()) return "undefined";
  const std::string what = join(x.dtype(), " ", x.shape(), ": ");
  if (x.numel() == 0) return what + "no values";
  const Statistics s = statistics_of(x);
  if (!s.finite) return join(what, s.nan, " NaN, ", s.infinite, " infinite");
  return join(what, "min ", s.low, ", max ", s.high, ", mean ", s.mean, "; ", s.nan, " NaN, ", s.infinite, " infinite");
}

void DetectAnomaly::input(const Tensor& x) {
  if (in_backward() || !x.defined()) return;
  inputs_ += join(inputs_.empty() ? "" : " | ", describe_values(x));
  input_was_finite_ &= is_finite(x);
}

void DetectAnomaly::result(const char* op, const Tensor& y, const Node*) {
  if (in_backward()) return;  // what a rule computes is judged when it is sent
  const std::string inputs = std::exchange(inputs_, {});
  const bool were_finite = std::exchange(input_was_finite_, true);
  if (is_finite(y)) return;
  fail<StateError>(op, ": the result is not finite: ", describe_values(y), " — inputs",
                   were_finite ? " (all finite): " : " (not all finite): ", inputs);
}

void DetectAnomaly::before(const Node&, const Variable& gradient) {
  gradient_ = describe_values(gradient.data());
  gradient_was_finite_ = is_finite(gradient.data());
}

void DetectAnomaly::sent(const Node* from, const Node& to, const Variable& gradient) {
  if (is_finite(gradient.data())) return;
  if (!from) fail<StateError>("backward: the gradient to start with is not finite: ", describe_values(gradient.data()));
  std::string read;
  for (const KeptValue& k : from->kept())
    if (k.tensor.defined()) read += join(read.empty() ? "" : " | ", describe_values(k.tensor));
  fail<StateError>(from->op(), ": its backward gives a gradient that is not finite, for the result of ", to.op(), ": ",
                   describe_values(gradient.data()), " — it received ", gradient_,
                   read.empty() ? "" : "; its rule reads ", read);
}

}  // namespace gradus
