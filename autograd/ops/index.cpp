#include <gradus/autograd/ops/index.hpp>
#include <gradus/autograd/ops/shape.hpp>
#include <gradus/autograd/tape.hpp>
#include <gradus/tensor/index.hpp>

namespace gradus {

Variable concat(const std::vector<Variable>& xs, Index axis) {
  std::vector<Tensor> values;
  for (const Variable& x : xs) values.push_back(x.data());
  Tensor y = concat(values, axis);
  Index start = 0;
  const auto part = [&](const Variable& x) {
    const Index first = start;
    start += x.size(axis);
    return edge(x, [axis, first, stop = start](auto& g) { return slice(g, axis, first, stop); });
  };
  std::vector<decltype(part(xs[0]))> parts;
  for (const Variable& x : xs) parts.push_back(part(x));
  return record("concat", std::move(y), std::move(parts));
}
Variable stack(const std::vector<Variable>& xs, Index axis) {
  std::vector<Variable> longer;
  for (const Variable& x : xs) {
    if (!(x.shape() == xs[0].shape())) fail<ShapeError>("stack: shapes differ: ", xs[0].shape(), " and ", x.shape());
    longer.push_back(unsqueeze(x, axis));
  }
  return concat(longer, axis);
}

Variable gather(const Variable& x, Index axis, const Tensor& index) {
  return record("gather", gather(x.data(), axis, index), edge(x, [axis, from = x.shape()](auto& g, auto& index) {
                  return scatter_add(zeros(from, g.dtype()), axis, index.data(), g);
                }, Variable(index)));
}
Variable scatter_add(const Variable& x, Index axis, const Tensor& index, const Variable& src) {
  return record("scatter_add", scatter_add(x.data(), axis, index, src.data()),
                edge(x, [](auto& g) { return g; }),
                edge(src, [axis](auto& g, auto& index) { return gather(g, axis, index.data()); }, Variable(index)));
}

Variable index_select(const Variable& x, Index axis, const Tensor& index) {
  return record("index_select", index_select(x.data(), axis, index), edge(x, [axis, from = x.shape()](auto& g, auto& index) {
                  return index_add(zeros(from, g.dtype()), axis, index.data(), g);
                }, Variable(index)));
}
Variable index_add(const Variable& x, Index axis, const Tensor& index, const Variable& src) {
  return record("index_add", index_add(x.data(), axis, index, src.data()),
                edge(x, [](auto& g) { return g; }),
                edge(src, [axis](auto& g, auto& index) { return index_select(g, axis, index.data()); }, Variable(index)));
}
Variable index(const Variable& x, const Tensor& t) {
  const IndexPlan plan = plan_index(x.shape(), t);
  return reshape(index_select(reshape(x, plan.joined), 0, plan.positions), plan.shape);
}
Variable masked_select(const Variable& x, const Tensor& mask) {
  if (mask.dtype() != DType::boolean) fail<DTypeError>("masked_select: the mask must be bool: got ", mask.dtype());
  const Shape shape = broadcast_shapes("masked_select", x.shape(), mask.shape());
  return index(expand(x, shape), expand(mask, shape));
}
Variable Variable::operator[](Index i) const { return select(*this, 0, i); }
Variable Variable::operator[](const Tensor& t) const { return index(*this, t); }

}  // namespace gradus
