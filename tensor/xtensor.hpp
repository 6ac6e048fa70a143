// A Tensor as an xtensor expression and back, for users who mix both; link gradus::xtensor. An adaptor holds a handle of
// its tensor, so the memory lives as long as the adaptor and every expression made from it by value.
#pragma once
#include <gradus/tensor/tensor.hpp>

#include <memory>
#include <type_traits>
#include <utility>

#if __has_include(<xtensor/containers/xadapt.hpp>)  // xtensor 0.26 moved its headers
#include <xtensor/containers/xadapt.hpp>
#include <xtensor/containers/xarray.hpp>
#include <xtensor/containers/xtensor.hpp>
#include <xtensor/core/xnoalias.hpp>
#include <xtensor/core/xoperation.hpp>
#include <xtensor/views/xstrided_view.hpp>
#else
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xnoalias.hpp>
#include <xtensor/xoperation.hpp>
#include <xtensor/xstrided_view.hpp>
#include <xtensor/xtensor.hpp>

// g++ takes the shape of an xarray, svector<size_t, 4>, for that of an array of four axes: evaluating a + b would write to
// memory of a wrong size. xtensor 0.24 cures that in C++17 only.
template <>
struct xt::detail::xtype_for_shape<xt::dynamic_shape<std::size_t>> {
  template <class T, xt::layout_type L>
  using type = xt::xarray<T, L>;
};
#endif

namespace gradus {
namespace detail {
using XtShape = xt::dynamic_shape<std::size_t>;
using XtStrides = xt::dynamic_shape<std::ptrdiff_t>;
/// Memory that a tensor keeps alive.
template <class T>
using XtBuffer = xt::xbuffer_adaptor<T*, xt::smart_ownership, std::shared_ptr<const Tensor>>;

inline XtShape xt_shape(const Shape& shape) { return {shape.begin(), shape.end()}; }
inline XtStrides xt_strides(const Strides& strides) { return {strides.begin(), strides.end()}; }
template <class Extents>
Shape from_xt(const Extents& extents) {
  if (extents.size() > static_cast<std::size_t>(max_rank))
    fail<ShapeError>("from_xtensor: too many axes: at most ", max_rank, ", found ", extents.size());
  Shape shape;
  for (const auto n : extents) shape.push_back(static_cast<Index>(n));
  return shape;
}

/// The element type that holds values of V: itself, or i64 for the other integers.
template <class V>
using XtElement =
    std::conditional_t<std::is_integral_v<V> && !std::is_same_v<V, bool> && !std::is_same_v<V, std::uint8_t>, Index, V>;

template <class Container>
Tensor adopt_xtensor(Container&& container) {
  const Shape shape = from_xt(container.shape()), strides = from_xt(container.strides());
  auto kept = std::make_shared<std::remove_cvref_t<Container>>(std::move(container));
  auto* const data = kept->data();
  constexpr DType dtype = dtype_of<std::remove_pointer_t<decltype(data)>>();
  const Tensor t = from_memory(data, shape, dtype, [kept]() mutable { kept.reset(); });
  return t.numel() > 0 ? t.as_strided(shape, strides) : t;
}
/// Whether a container's memory can go on as a tensor's: elements of our types without gaps.
template <class Elements, xt::layout_type L, class V = typename Elements::value_type>
inline constexpr bool xt_adoptable =
    std::is_same_v<XtElement<V>, V>&& std::is_same_v<Elements, xt::uvector<V, typename Elements::allocator_type>> &&
    (L == xt::layout_type::row_major || L == xt::layout_type::column_major);
}  // namespace detail

/// The tensor as an expression that reads its memory: shape and strides are x's, nothing is copied. Throws DTypeError if
/// T is not x's element type.
template <class T>
auto as_xtensor(const Tensor& x) {
  using Adaptor = xt::xarray_adaptor<detail::XtBuffer<const T>, xt::layout_type::dynamic, detail::XtShape>;
  detail::XtBuffer<const T> buffer(x.read<T>(), static_cast<std::size_t>(x.numel()), std::make_shared<const Tensor>(x));
  return Adaptor(std::move(buffer), detail::xt_shape(x.shape()), detail::xt_strides(x.strides()));
}

/// The tensor as a view to write through: `as_mutable_xtensor<float>(x) += 2 * a`. The shape stays; what is assigned is
/// broadcast to it. Counts as one in-place write, made now: write at once, do not keep the view for later.
/// Throws DTypeError if T is not x's element type, and ValueError if elements share memory (after expand).
template <class T>
auto as_mutable_xtensor(Tensor& x) {
  Index last = x.numel() > 0 ? 0 : -1;  // the farthest element from the first one
  for (Index axis = 0; axis < x.rank() && last >= 0; ++axis) {
    if (x.strides()[axis] == 0 && x.shape()[axis] > 1)
      fail<ValueError>("as_mutable_xtensor: elements share memory: shape ", x.shape(), ", strides ", x.strides(),
                       " — write into copy(x)");
    last += (x.shape()[axis] - 1) * x.strides()[axis];
  }
  const auto size = static_cast<std::size_t>(last + 1);
  detail::XtBuffer<T> buffer(x.write<T>(), size, std::make_shared<const Tensor>(x));
  using Flat = xt::xarray_adaptor<detail::XtBuffer<T>, xt::layout_type::row_major, detail::XtShape>;
  // A strided view, because an adaptor takes over the strides of what is assigned to it.
  return xt::strided_view(Flat(std::move(buffer), detail::XtShape{size}), detail::xt_shape(x.shape()),
                          detail::xt_strides(x.strides()), 0,
                          x.is_contiguous() ? xt::layout_type::row_major : xt::layout_type::dynamic);
}
template <class T>
auto as_mutable_xtensor(Tensor&& x) {
  return as_mutable_xtensor<T>(x);
}

/// Evaluates any xtensor expression into a new tensor. bool, uint8_t, float and double keep their type, other integers
/// become i64. Throws ShapeError for more than max_rank axes or operands that do not fit together, and ValueError for an
/// unsigned number beyond i64.
template <class E>
Tensor from_xtensor(const xt::xexpression<E>& expression) {
  using Value = std::remove_cv_t<typename E::value_type>;
  using T = detail::XtElement<Value>;
  const E& e = expression.derived_cast();
  try {
    Tensor t(detail::from_xt(e.shape()), dtype_of<T>());
    auto out =
        xt::adapt(t.write<T>(), static_cast<std::size_t>(t.numel()), xt::no_ownership(), detail::xt_shape(t.shape()));
    if constexpr (std::is_same_v<T, Value>) xt::noalias(out) = e;
    else xt::noalias(out) = xt::cast<T>(e);
    if constexpr (std::is_unsigned_v<Value> && sizeof(Value) == sizeof(Index) && !std::is_same_v<T, Value>)
      for (const Index value : t.template span<Index>())
        if (value < 0) fail<ValueError>("from_xtensor: a number does not fit i64: ", static_cast<Value>(value));
    return t;
  } catch (const xt::broadcast_error& error) {
    fail<ShapeError>("from_xtensor: the operands do not fit together: ", error.what());
  }
}

/// Takes over the memory of an array that is moved in, without a copy: from_xtensor(std::move(a)). Arrays of other
/// element types or of dynamic layout are evaluated as above.
template <class Elements, xt::layout_type L, class Extents, class Tag>
  requires(detail::xt_adoptable<Elements, L>)
Tensor from_xtensor(xt::xarray_container<Elements, L, Extents, Tag>&& array) {
  return detail::adopt_xtensor(std::move(array));
}
template <class Elements, std::size_t N, xt::layout_type L, class Tag>
  requires(detail::xt_adoptable<Elements, L>)
Tensor from_xtensor(xt::xtensor_container<Elements, N, L, Tag>&& array) {
  return detail::adopt_xtensor(std::move(array));
}

}  // namespace gradus
