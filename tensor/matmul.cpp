#include <gradus/tensor/arithmetic.hpp>
#include <gradus/tensor/kernels/gemm.hpp>
#include <gradus/tensor/kernels/loops.hpp>
#include <gradus/tensor/matmul.hpp>
#include <gradus/tensor/views.hpp>

#include <algorithm>

namespace gradus {
namespace {

void check_dtypes(const char* op, const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype())
    fail<DTypeError>(op, ": dtypes differ: ", a.dtype(), " and ", b.dtype(), " — convert one with to(x, dtype)");
}

/// How BLAS sees the last two axes: stored rows dense as they are, or those of the transpose.
struct Layout {
  bool transposed;
  Index row;  // distance between stored rows
};
bool find_layout(const Tensor& t, Layout& layout) {
  const Index r = t.rank(), rows = t.shape()[r - 2], columns = t.shape()[r - 1];
  const Index down = t.strides()[r - 2], across = t.strides()[r - 1];
  if ((across == 1 || columns == 1) && (down >= columns || rows == 1)) {
    layout = {false, rows > 1 ? std::max(down, Index{1}) : std::max(columns, Index{1})};
    return true;
  }
  if ((down == 1 || rows == 1) && (across >= rows || columns == 1)) {
    layout = {true, columns > 1 ? std::max(across, Index{1}) : std::max(rows, Index{1})};
    return true;
  }
  return false;
}
/// t, or a copy of it where BLAS cannot read the layout.
Tensor readable(const Tensor& t, Layout& layout) {
  if (find_layout(t, layout)) return t;
  const Tensor dense = copy(t);
  find_layout(dense, layout);
  return dense;
}

Strides batch_strides(const Tensor& t, const Shape& batch) {
  const Index lead = batch.size() - (t.rank() - 2);
  Strides strides = batch;
  for (Index i = 0; i < batch.size(); ++i)
    strides[i] = i < lead || t.shape()[i - lead] == 1 ? 0 : t.strides()[i - lead];
  return strides;
}
Shape batch_of(const Tensor& t) {
  Shape batch;
  for (Index i = 0; i < t.rank() - 2; ++i) batch.push_back(t.shape()[i]);
  return batch;
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b) {
  if (a.rank() < 1 || b.rank() < 1)
    fail<ShapeError>("matmul: needs at least one axis on both sides: a is ", a.shape(), ", b is ", b.shape());
  check_dtypes("matmul", a, b);
  if (a.rank() == 1) return squeeze(matmul(unsqueeze(a, 0), b), b.rank() == 1 ? 0 : -2);
  if (b.rank() == 1) return squeeze(matmul(a, unsqueeze(b, 1)), -1);
  const Index m = a.size(-2), k = a.size(-1), n = b.size(-1);
  if (b.size(-2) != k) fail<ShapeError>("matmul: inner dimensions differ: a is ", a.shape(), ", b is ", b.shape());
  const Shape batch = broadcast_shapes("matmul", batch_of(a), batch_of(b));
  Shape shape = batch;
  shape.push_back(m);
  shape.push_back(n);
  Tensor y(shape, a.dtype());
  if (y.numel() == 0) return y;
  Layout la{}, lb{};
  const Tensor x = readable(a, la), z = readable(b, lb);
  dispatch_floating(a.dtype(), "matmul", [&]<class T>() {
    const T *p = x.read<T>(), *q = z.read<T>();
    T* out = y.write<T>();
    Strides out_strides = batch;
    for (Index i = batch.size(), step = m * n; i-- > 0; step *= batch[i]) out_strides[i] = step;
    kernels::for_rows<3>(
        batch, {out_strides, batch_strides(x, batch), batch_strides(z, batch)}, [&](auto& at, Index count, auto& step) {
          const auto product = [&](Index i) {
            kernels::gemm(kernels::Gemm<T>{la.transposed, lb.transposed, m, n, k, p + at[1] + i * step[1], la.row,
                                           q + at[2] + i * step[2], lb.row, out + at[0] + i * step[0], n});
          };
          // Large products use the threads inside, many small ones side by side.
          if (m * n * k > 1 << 20 || count == 1) {
            for (Index i = 0; i < count; ++i) product(i);
          } else {
            parallel_for(count, std::max<Index>(1, (1 << 18) / (m * n * std::max<Index>(1, k))),
                         [&](Index begin, Index end) {
                           for (Index i = begin; i < end; ++i) product(i);
                         });
          }
        });
  });
  return y;
}

void check_vectors(const char* op, const Shape& a, const Shape& b, bool same_length) {
  if (a.size() != 1 || b.size() != 1 || (same_length && a[0] != b[0]))
    fail<ShapeError>(op, ": needs two vectors", same_length ? " of one length" : "", ": a is ", a, ", b is ", b);
}
Tensor dot(const Tensor& a, const Tensor& b) {
  check_dtypes("dot", a, b);
  check_vectors("dot", a.shape(), b.shape(), true);
  return matmul(a, b);
}
Tensor outer(const Tensor& a, const Tensor& b) {
  check_vectors("outer", a.shape(), b.shape(), false);
  return unsqueeze(a, 1) * b;
}

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  check_dtypes("linear", x, weight);
  if (weight.rank() != 2)
    fail<ShapeError>("linear: the weight must have two axes [out, in]: weight is ", weight.shape());
  const Index in = weight.size(1), out = weight.size(0);
  if (x.rank() < 1 || x.size(-1) != in)
    fail<ShapeError>("linear: the last axis of the input must be the weight's second: input is ", x.shape(),
                     ", weight is ", weight.shape());
  if (bias.defined()) {
    check_dtypes("linear", x, bias);
    if (!(bias.shape() == Shape{out}))
      fail<ShapeError>("linear: the bias does not fit: bias is ", bias.shape(), ", weight is ", weight.shape());
  }
  Shape shape = x.shape();
  shape[shape.size() - 1] = out;
  Tensor y(shape, x.dtype());
  if (y.numel() == 0) return y;
  Layout lx{}, lw{};
  const Index rows = y.numel() / out;
  const Tensor flat = readable(reshape(x, {rows, in}), lx), w = readable(weight, lw);
  const Tensor b = bias.defined() ? contiguous(bias) : Tensor();
  dispatch_floating(x.dtype(), "linear", [&]<class T>() {
    kernels::gemm(kernels::Gemm<T>{lx.transposed, !lw.transposed, rows, out, in, flat.read<T>(), lx.row, w.read<T>(),
                                   lw.row, y.write<T>(), out, b.defined() ? b.read<T>() : nullptr});
  });
  return y;
}

}  // namespace gradus
