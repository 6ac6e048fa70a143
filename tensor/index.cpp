#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/index.hpp>
#include <gradus/tensor/kernels/loops.hpp>
#include <gradus/tensor/views.hpp>

namespace gradus {

Tensor concat(const std::vector<Tensor>& xs, Index asked) {
  if (xs.empty()) fail<ValueError>("concat: no tensors were given");
  const Index axis = wrap_axis("concat", asked, xs[0].rank());
  Shape shape = xs[0].shape();
  DType dtype = xs[0].dtype();
  shape[axis] = 0;
  for (const Tensor& x : xs) {
    Shape other = x.shape();
    if (other.size() == shape.size()) other[axis] = shape[axis];
    if (!(other == shape))
      fail<ShapeError>("concat: shapes differ beside axis ", asked, ": ", xs[0].shape(), " and ", x.shape());
    shape[axis] += x.shape()[axis];
    dtype = promote(dtype, x.dtype());
  }
  Tensor y(shape, dtype);
  Index start = 0;
  for (const Tensor& x : xs) {
    slice(y, axis, start, start + x.shape()[axis]).copy_from(x);
    start += x.shape()[axis];
  }
  return y;
}
Tensor stack(const std::vector<Tensor>& xs, Index axis) {
  std::vector<Tensor> longer;
  for (const Tensor& x : xs) {
    if (!(x.shape() == xs[0].shape())) fail<ShapeError>("stack: shapes differ: ", xs[0].shape(), " and ", x.shape());
    longer.push_back(unsqueeze(x, axis));
  }
  return concat(longer, axis);
}

namespace {
/// Checks what gather and scatter_add have in common; returns the wrapped axis.
Index check_index(const char* op, const Tensor& x, Index asked, const Tensor& index) {
  const Index axis = wrap_axis(op, asked, x.rank());
  if (index.dtype() != DType::i64) fail<DTypeError>(op, ": the index must be i64: got ", index.dtype());
  bool fits = index.rank() == x.rank();
  for (Index i = 0; fits && i < x.rank(); ++i) fits = i == axis || index.shape()[i] <= x.shape()[i];
  if (!fits) fail<ShapeError>(op, ": the index does not fit: index is ", index.shape(), ", x is ", x.shape());
  const Index n = x.shape()[axis];
  const Tensor dense = contiguous(index);
  for (const Index i : dense.span<Index>())
    if (i < 0 || i >= n)
      fail<IndexError>(op, ": a position is out of range: ", i, " on axis ", asked, " of ", x.shape());
  return axis;
}
Strides without(Strides strides, Index axis) {
  strides[axis] = 0;
  return strides;
}
}  // namespace

Tensor gather(const Tensor& x, Index asked, const Tensor& index) {
  const Index axis = check_index("gather", x, asked, index), stride = x.strides()[axis];
  Tensor y(index.shape(), x.dtype());
  dispatch(x.dtype(), [&]<class T>() {
    const T* in = x.read<T>();
    const Index* at = index.read<Index>();
    T* out = y.write<T>();
    kernels::for_rows<3>(index.shape(), {y.strides(), index.strides(), without(x.strides(), axis)},
                         [&](auto& o, Index n, auto& s) {
                           for (Index i = 0; i < n; ++i)
                             out[o[0] + i * s[0]] = in[o[2] + i * s[2] + at[o[1] + i * s[1]] * stride];
                         });
  });
  return y;
}

Tensor scatter_add(const Tensor& x, Index asked, const Tensor& index, const Tensor& src) {
  const Index axis = check_index("scatter_add", x, asked, index);
  if (!(src.shape() == index.shape()) || src.dtype() != x.dtype())
    fail<ShapeError>("scatter_add: the source does not fit: source is ", src.dtype(), " ", src.shape(), ", index is ",
                     index.shape(), ", x is ", x.dtype(), " ", x.shape());
  Tensor y = copy(x);
  const Index stride = y.strides()[axis];
  dispatch_number(x.dtype(), "scatter_add", [&]<class T>() {
    const T* in = src.read<T>();
    const Index* at = index.read<Index>();
    T* out = y.write<T>();
    kernels::for_rows<3>(index.shape(), {src.strides(), index.strides(), without(y.strides(), axis)},
                         [&](auto& o, Index n, auto& s) {
                           for (Index i = 0; i < n; ++i) {
                             T& to = out[o[2] + i * s[2] + at[o[1] + i * s[1]] * stride];
                             to = static_cast<T>(to + in[o[0] + i * s[0]]);
                           }
                         });
  });
  return y;
}

Tensor embed(const Tensor& x, const Shape& shape, Index asked, Index start, Index step) {
  const Index axis = wrap_axis("embed", asked, shape.size());
  const Index count = x.rank() == shape.size() ? x.shape()[axis] : -1;
  Shape expected = shape;
  expected[axis] = count;
  if (!(expected == x.shape()) || step < 1 || start < 0 || (count > 0 && start + (count - 1) * step >= shape[axis]))
    fail<ShapeError>("embed: the tensor does not fit: ", x.shape(), " into ", shape, " from ", start, " in steps of ",
                     step);
  Tensor y = zeros(shape, x.dtype());
  if (count > 0) slice(y, axis, start, start + (count - 1) * step + 1, step).copy_from(x);
  return y;
}

Tensor one_hot(const Tensor& labels, Index classes, DType dtype) {
  if (labels.dtype() != DType::i64) fail<DTypeError>("one_hot: labels must be i64: got ", labels.dtype());
  Shape shape = labels.shape();
  shape.push_back(classes);
  const Tensor y = zeros(shape, dtype);
  const Tensor index = unsqueeze(labels, -1);
  return scatter_add(y, -1, index, ones(index.shape(), dtype));
}

}  // namespace gradus
