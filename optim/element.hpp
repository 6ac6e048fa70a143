// for_each_element: an update rule written for one element, run over whole tensors in one pass. A rule that were a chain
// of tensor operations would read and write memory once for each of them; memory is what an optimizer step waits for.
#pragma once
#include <gradus/tensor/kernels/simd.hpp>
#include <gradus/tensor/parallel.hpp>
#include <gradus/tensor/tensor.hpp>

#include <cmath>
#include <limits>
#include <tuple>

namespace gradus::optim {

/// One element inside a rule. Doubles narrow to T before they meet it, so that `o.lr * p` stays in f32: on bare floats
/// it would be computed in f64, three times slower.
template <class T>
struct Element {
  T x;
  constexpr Element(T v) : x(v) {}  // NOLINT(google-explicit-constructor)
  template <class S>
    requires(std::is_arithmetic_v<S> && !std::is_same_v<S, T>)
  constexpr Element(S v) : x(static_cast<T>(v)) {}  // NOLINT(google-explicit-constructor)
  friend constexpr Element operator+(Element a, Element b) { return a.x + b.x; }
  friend constexpr Element operator-(Element a, Element b) { return a.x - b.x; }
  friend constexpr Element operator*(Element a, Element b) { return a.x * b.x; }
  friend constexpr Element operator/(Element a, Element b) { return a.x / b.x; }
  friend constexpr Element operator-(Element a) { return -a.x; }
  friend constexpr bool operator<(Element a, Element b) { return a.x < b.x; }
  friend constexpr bool operator>(Element a, Element b) { return a.x > b.x; }
  constexpr Element& operator+=(Element b) {
    x += b.x;
    return *this;
  }
  constexpr Element& operator-=(Element b) {
    x -= b.x;
    return *this;
  }
  constexpr Element& operator*=(Element b) {
    x *= b.x;
    return *this;
  }
  static constexpr Element largest() { return std::numeric_limits<T>::max(); }
  friend Element sqrt(Element a) { return std::sqrt(a.x); }
  friend Element abs(Element a) { return std::abs(a.x); }
  /// NaN where either is NaN.
  friend Element max(Element a, Element b) { return a.x != a.x || a.x > b.x ? a.x : b.x; }
  friend Element min(Element a, Element b) { return a.x != a.x || a.x < b.x ? a.x : b.x; }
  /// a + w (b - a): a for equal values and for w = 0, b for w = 1, bit for bit.
  friend Element lerp(Element a, Element b, double w) {
    return w == 1 ? b : w < 0.5 ? a + w * (b - a) : b - (1 - w) * (b - a);
  }
  /// beta v + (1 - beta) d^2; d^2 for beta = 0. Never inf - inf: a square too large for T stays, and what is divided by
  /// its root rests.
  friend Element mean_square(Element v, Element d, double beta) {
    return beta == 0 ? d * d : beta * v + (1 - beta) * d * d;
  }
  /// -1, 0 or 1; NaN stays.
  friend Element sign_of(Element a) { return a.x > 0 ? T(1) : a.x < 0 ? T(-1) : a.x; }
};

namespace detail {

/// __restrict and ivdep are both needed: without either the compiler fears that p and g overlap, and loads and stores
/// one element at a time.
template <class T, class F, class... P>
inline void element_loop(const F& rule, Index n, P* __restrict... p) {
  const F f = rule;  // by value: its constants stay in registers
  GRADUS_IVDEP
  for (Index i = 0; i < n; ++i) {
    [&](auto... e) {
      f(e...);
      (
          [&] {
            if constexpr (!std::is_const_v<P>) p[i] = e.x;
          }(),
          ...);
    }(std::conditional_t<std::is_const_v<P>, const Element<T>, Element<T>>(p[i])...);
  }
}
[[noreturn]] void refuse_layouts(std::initializer_list<const Tensor*> tensors);

template <class T, class X>
auto pointer(X& x) {
  if constexpr (std::is_const_v<X>) return x.template read<T>();
  else return x.template write<T>();
}

}  // namespace detail

/// rule(element...) for all elements of tensors of one shape, dtype (f32 or f64) and dense layout. A const Tensor gives
/// constant elements and is not counted as changed. Throws ShapeError where the tensors differ.
template <class F, class... Ts>
void for_each_element(const F& rule, Ts&... tensors) {
  const Tensor& first = std::get<0>(std::tie(tensors...));
  const auto fits = [&](const Tensor& t) {
    return t.defined() && t.shape() == first.shape() && t.strides() == first.strides() && t.dtype() == first.dtype();
  };
  if (!(fits(tensors) && ...) || !is_dense(first.shape(), first.strides())) detail::refuse_layouts({&tensors...});
  dispatch_floating(first.dtype(), "for_each_element", [&]<class T>() {
    const auto pointers = std::make_tuple(detail::pointer<T>(tensors)...);
    parallel_for(first.numel(), parallel_grain, [&](Index begin, Index end) {
      std::apply([&](auto*... p) { simd::run([&] { detail::element_loop<T>(rule, end - begin, (p + begin)...); }); },
                 pointers);
    });
  });
}

}  // namespace gradus::optim
