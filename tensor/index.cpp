#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/index.hpp>
#include <gradus/tensor/kernels/zip.hpp>
#include <gradus/tensor/views.hpp>

#include <algorithm>

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
    static_cast<void>(checked_numel("concat", shape));  // each time, before the sum overflows
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
                             to = kernels::add(to, in[o[0] + i * s[0]]);
                           }
                         });
  });
  return y;
}

namespace {
/// The wrapped axis; throws unless every position lies on it.
Index check_positions(const char* op, const Tensor& x, Index asked, const Tensor& index) {
  const Index axis = wrap_axis(op, asked, x.rank()), n = x.shape()[axis];
  if (index.dtype() != DType::i64) fail<DTypeError>(op, ": the index must be i64: got ", index.dtype());
  if (index.rank() != 1) fail<ShapeError>(op, ": the index must have one axis: index is ", index.shape());
  const Tensor dense = contiguous(index);
  for (const Index i : dense.span<Index>())
    if (i < 0 || i >= n)
      fail<IndexError>(op, ": a position is out of range: ", i, " on axis ", asked, " of ", x.shape());
  return axis;
}
}  // namespace

Tensor index_select(const Tensor& x, Index asked, const Tensor& index) {
  const Index axis = check_positions("index_select", x, asked, index);
  Shape shape = x.shape();
  shape[axis] = index.numel();
  Tensor y(shape, x.dtype());
  const Tensor at = contiguous(index);
  Shape inner, strides;  // the axes behind: blocks that are copied whole if they are dense
  for (Index i = axis + 1; i < x.rank(); ++i) {
    inner.push_back(x.shape()[i]);
    strides.push_back(x.strides()[i]);
  }
  const Index block = inner.numel();
  if (y.numel() == 0) return y;
  if (!is_row_major(inner, strides)) {
    for (Index i = 0; i < index.numel(); ++i) select(y, axis, i).copy_from(select(x, axis, at.read<Index>()[i]));
    return y;
  }
  Shape outer = shape;
  for (Index i = axis; i < x.rank(); ++i) outer[i] = 1;
  dispatch(x.dtype(), [&]<class T>() {
    const T* in = x.read<T>();
    T* out = y.write<T>();
    const Index *from = at.read<Index>(), n = index.numel(), step = x.strides()[axis];
    kernels::for_rows<2>(outer, {y.strides(), x.strides()}, [&](auto& o, Index m, auto& s) {
      for (Index k = 0; k < m; ++k) {
        const T* source = in + o[1] + k * s[1];
        T* to = out + o[0] + k * s[0];
        if (block == 1)
          for (Index i = 0; i < n; ++i) to[i] = source[from[i] * step];
        else
          for (Index i = 0; i < n; ++i) std::copy_n(source + from[i] * step, block, to + i * block);
      }
    });
  });
  return y;
}

Tensor index_add(const Tensor& x, Index asked, const Tensor& index, const Tensor& src) {
  const Index axis = check_positions("index_add", x, asked, index);
  Shape expected = x.shape();
  expected[axis] = index.numel();
  if (!(src.shape() == expected) || src.dtype() != x.dtype())
    fail<ShapeError>("index_add: the source does not fit: source is ", src.dtype(), " ", src.shape(), ", index is ",
                     index.shape(), ", x is ", x.dtype(), " ", x.shape());
  Tensor y = copy(x);
  const Tensor at = contiguous(index);
  Shape rest = x.shape();
  rest[axis] = 1;
  dispatch_number(x.dtype(), "index_add", [&]<class T>() {
    const T* in = src.read<T>();
    T* out = y.write<T>();
    const Index *to = at.read<Index>(), n = index.numel(), in_step = src.strides()[axis], out_step = y.strides()[axis];
    kernels::for_rows<2>(rest, {y.strides(), src.strides()}, [&](auto& o, Index m, auto& s) {
      const Index rows = s[0] == 1 ? 1 : m, width = s[0] == 1 ? m : 1;  // whole rows where y's lie side by side
      for (Index row = 0; row < rows; ++row)
        for (Index i = 0; i < n; ++i) {
          T* const sum = out + o[0] + row * s[0] + to[i] * out_step;
          const T* const from = in + o[1] + row * s[1] + i * in_step;
          if (s[1] == 1)
            simd::run([=] {
              for (Index k = 0; k < width; ++k) sum[k] = kernels::add(sum[k], from[k]);
            });
          else
            for (Index k = 0; k < width; ++k) sum[k] = kernels::add(sum[k], from[k * s[1]]);
        }
    });
  });
  return y;
}

Tensor nonzero(const Tensor& x) {
  const Tensor mask = contiguous(to(x, DType::boolean));
  std::vector<Index> found;
  const bool* set = mask.read<bool>();
  for (Index i = 0; i < mask.numel(); ++i)
    if (set[i]) found.push_back(i);
  Tensor y({static_cast<Index>(found.size()), x.rank()}, DType::i64);
  Index* out = y.write<Index>();
  for (const Index place : found) {
    Index rest = place;
    for (Index i = x.rank(); i-- > 0; rest /= x.shape()[i]) out[i] = rest % x.shape()[i];
    out += x.rank();
  }
  return y;
}

Tensor masked_select(const Tensor& x, const Tensor& mask) {
  if (mask.dtype() != DType::boolean) fail<DTypeError>("masked_select: the mask must be bool: got ", mask.dtype());
  const Shape shape = broadcast_shapes("masked_select", x.shape(), mask.shape());
  return index(expand(x, shape), expand(mask, shape));
}

IndexPlan plan_index(const Shape& x, const Tensor& t) {
  IndexPlan plan;
  Index axes = 1;  // that t stands for
  if (!t.defined() || (t.dtype() != DType::i64 && t.dtype() != DType::boolean))
    fail<DTypeError>("index: needs i64 or a mask: got ", t.defined() ? name(t.dtype()) : "an undefined tensor");
  if (t.dtype() == DType::boolean) {
    axes = t.rank();
    bool fits = t.rank() <= x.size();
    for (Index i = 0; fits && i < t.rank(); ++i) fits = t.shape()[i] == x[i];
    if (!fits) fail<IndexError>("index: the mask does not fit: mask is ", t.shape(), ", x is ", x);
    const Tensor at = nonzero(reshape(t, {t.numel()}));
    plan.positions = reshape(at, {at.shape()[0]});
    plan.shape.push_back(at.shape()[0]);
  } else {
    if (x.size() == 0) fail<IndexError>("index: a tensor without axes cannot be indexed");
    const Index n = x[0];
    plan.positions = copy(reshape(t, {t.numel()}));
    for (Index& i : plan.positions.mutable_span<Index>()) {
      if (i < -n || i >= n) fail<IndexError>("index: a position is out of range: ", i, " on axis 0 of ", x);
      if (i < 0) i += n;
    }
    plan.shape = t.shape();
  }
  for (Index i = 0; i < x.size(); ++i) {
    if (i < axes) {
      plan.joined[0] *= x[i];
    } else {
      plan.joined.push_back(x[i]);
      plan.shape.push_back(x[i]);
    }
  }
  return plan;
}
Tensor index(const Tensor& x, const Tensor& t) {
  const IndexPlan plan = plan_index(x.shape(), t);
  return reshape(index_select(reshape(x, plan.joined), 0, plan.positions), plan.shape);
}

Tensor embed(const Tensor& x, const Shape& shape, Index asked, Index start, Index step) {
  const Index axis = wrap_axis("embed", asked, shape.size());
  const Index count = x.rank() == shape.size() ? x.shape()[axis] : -1;
  Shape expected = shape;
  expected[axis] = count;
  const auto fits = [&] {  // start + (count - 1) step might overflow
    return count == 0 || (start < shape[axis] && (count == 1 || step <= (shape[axis] - 1 - start) / (count - 1)));
  };
  if (!(expected == x.shape()) || step < 1 || start < 0 || !fits())
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
