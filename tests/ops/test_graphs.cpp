// Random graphs of operations (tests/golden/graphs.py) against PyTorch: what the operations are worth together, with
// values that are read several times, detached or never reached.
#include "catch.hpp"
#include "autograd_layer.hpp"
#include "golden.hpp"

#include <cmath>
#include <set>

using namespace gradus;
using nlohmann::json;

namespace {

using Inputs = std::vector<Variable>;
using Operation = std::function<Variable(Inputs&, const json&)>;

Index number(const json& a, const char* name) { return a.at(name).get<Index>(); }
double fraction(const json& a, const char* name) {
  const json& value = a.at(name);
  return value == "inf" ? INFINITY : value.get<double>();
}
std::vector<Index> numbers(const json& a, const char* name) { return a.at(name).get<std::vector<Index>>(); }
Shape shape_of(const json& extents) {
  Shape shape;
  for (const json& n : extents) shape.push_back(n.get<Index>());
  return shape;
}
Shape shape(const json& a, const char* name = "shape") { return shape_of(a.at(name)); }
bool keepdim(const json& a) { return a.at("keepdim").get<bool>(); }

/// Nested lists of whole numbers as i64.
Tensor whole(const json& nested) {
  Shape shape;
  for (const json* list = &nested; list->is_array(); list = &list->at(0)) shape.push_back(static_cast<Index>(list->size()));
  std::vector<Index> values;
  const std::function<void(const json&)> collect = [&](const json& j) {
    if (!j.is_array()) return values.push_back(j.get<Index>());
    for (const json& entry : j) collect(entry);
  };
  collect(nested);
  return tensor(values, shape);
}
Tensor mask(const json& a) { return to(whole(a.at("mask")), DType::boolean); }
Tensor index_of(const json& a) { return whole(a.at("index")); }

Variable checked(const VariableAndIndices& found, const json& a) {
  const Tensor wanted = whole(a.at("indices"));
  INFO("indices " << found.indices << " instead of " << wanted);
  CHECK(equal(found.indices, wanted));
  return found.values;
}
Variable loss_of(const Variable& x, const json& a) {
  CrossEntropyOptions o;
  const std::string reduction = a.at("reduction");
  o.reduction = reduction == "none" ? Reduction::none : reduction == "sum" ? Reduction::sum : Reduction::mean;
  o.label_smoothing = fraction(a, "label_smoothing");
  if (a.contains("ignore_index")) o.ignore_index = number(a, "ignore_index");
  return cross_entropy(x, whole(a.at("labels")), o);
}

#define UNARY(f) \
  {#f, [](auto& x, auto&) { return f(std::move(x[0])); }}
#define BINARY(f) \
  {#f, [](auto& x, auto&) { return f(x[0], x[1]); }}
const std::map<std::string, Operation> table = {
    UNARY(abs), UNARY(sign), UNARY(relu), UNARY(square), UNARY(floor), UNARY(ceil), UNARY(trunc), UNARY(round), UNARY(frac),
    UNARY(sqrt), UNARY(rsqrt), UNARY(reciprocal), UNARY(exp), UNARY(exp2), UNARY(expm1), UNARY(log), UNARY(log2),
    UNARY(log10), UNARY(log1p), UNARY(sigmoid), UNARY(sin), UNARY(cos), UNARY(tan), UNARY(asin), UNARY(acos), UNARY(atan),
    UNARY(sinh), UNARY(cosh), UNARY(tanh), UNARY(asinh), UNARY(acosh), UNARY(atanh), UNARY(erf), UNARY(erfc), UNARY(erfinv),
    UNARY(transpose), UNARY(diag), BINARY(maximum), BINARY(minimum), BINARY(atan2), BINARY(remainder), BINARY(pow),
    BINARY(matmul), BINARY(dot), BINARY(outer),
    {"add", [](auto& x, auto&) { return x[0] + x[1]; }},
    {"sub", [](auto& x, auto&) { return x[0] - x[1]; }},
    {"mul", [](auto& x, auto&) { return x[0] * x[1]; }},
    {"div", [](auto& x, auto&) { return x[0] / x[1]; }},
    {"neg", [](auto& x, auto&) { return -x[0]; }},
    {"add_scalar", [](auto& x, auto& a) { return x[0] + fraction(a, "value"); }},
    {"sub_scalar", [](auto& x, auto& a) { return x[0] - fraction(a, "value"); }},
    {"scalar_sub", [](auto& x, auto& a) { return fraction(a, "value") - x[0]; }},
    {"mul_scalar", [](auto& x, auto& a) { return x[0] * fraction(a, "value"); }},
    {"div_scalar", [](auto& x, auto& a) { return x[0] / fraction(a, "value"); }},
    {"scalar_div", [](auto& x, auto& a) { return fraction(a, "value") / x[0]; }},
    {"pow_scalar", [](auto& x, auto& a) { return pow(x[0], fraction(a, "value")); }},
    {"remainder_scalar", [](auto& x, auto& a) { return remainder(x[0], fraction(a, "value")); }},
    {"clamp", [](auto& x, auto& a) { return clamp(x[0], fraction(a, "low"), fraction(a, "high")); }},
    {"clamp_min", [](auto& x, auto& a) { return clamp_min(x[0], fraction(a, "low")); }},
    {"clamp_max", [](auto& x, auto& a) { return clamp_max(x[0], fraction(a, "high")); }},
    {"where", [](auto& x, auto& a) { return where(mask(a), x[0], x[1]); }},
    {"where_positive", [](auto& x, auto&) { return where(x[0] > 0, x[1], x[2]); }},
    {"masked_fill", [](auto& x, auto& a) { return masked_fill(x[0], mask(a), fraction(a, "value")); }},
    {"detach", [](auto& x, auto&) { return x[0].detach(); }},

    {"sum", [](auto& x, auto& a) { return a.contains("axes") ? sum(x[0], shape(a, "axes"), keepdim(a)) : sum(x[0]); }},
    {"mean", [](auto& x, auto& a) { return a.contains("axes") ? mean(x[0], shape(a, "axes"), keepdim(a)) : mean(x[0]); }},
    {"prod", [](auto& x, auto& a) { return a.contains("axes") ? prod(x[0], shape(a, "axes"), keepdim(a)) : prod(x[0]); }},
    {"var", [](auto& x, auto& a) {
       const double correction = fraction(a, "correction");
       return a.contains("axes") ? var(x[0], shape(a, "axes"), correction, keepdim(a)) : var(x[0], all_axes(x[0].rank()), correction);
     }},
    {"std", [](auto& x, auto& a) {
       const double correction = fraction(a, "correction");
       return a.contains("axes") ? stddev(x[0], shape(a, "axes"), correction, keepdim(a)) : stddev(x[0], all_axes(x[0].rank()), correction);
     }},
    {"norm", [](auto& x, auto& a) {
       const double p = fraction(a, "p");
       return a.contains("axes") ? norm(x[0], p, shape(a, "axes"), keepdim(a)) : norm(x[0], p);
     }},
    {"amax", [](auto& x, auto& a) { return amax(x[0], shape(a, "axes"), keepdim(a)); }},
    {"amin", [](auto& x, auto& a) { return amin(x[0], shape(a, "axes"), keepdim(a)); }},
    {"logsumexp", [](auto& x, auto& a) { return logsumexp(x[0], shape(a, "axes"), keepdim(a)); }},
    {"max", [](auto& x, auto& a) { return checked(max(x[0], number(a, "axis"), keepdim(a)), a); }},
    {"min", [](auto& x, auto& a) { return checked(min(x[0], number(a, "axis"), keepdim(a)), a); }},
    {"max_all", [](auto& x, auto&) { return max(x[0]); }},
    {"min_all", [](auto& x, auto&) { return min(x[0]); }},
    {"sort", [](auto& x, auto& a) { return checked(sort(x[0], number(a, "axis"), a.at("descending").template get<bool>()), a); }},
    {"topk", [](auto& x, auto& a) {
       return checked(topk(x[0], number(a, "k"), number(a, "axis"), a.at("largest").template get<bool>()), a);
     }},
    {"cumsum", [](auto& x, auto& a) { return cumsum(x[0], number(a, "axis")); }},
    {"cumprod", [](auto& x, auto& a) { return cumprod(x[0], number(a, "axis")); }},
    {"sum_to", [](auto& x, auto& a) { return sum_to(x[0], shape(a)); }},

    {"reshape", [](auto& x, auto& a) { return reshape(x[0], shape(a)); }},
    {"flatten", [](auto& x, auto& a) { return flatten(x[0], number(a, "first"), number(a, "last")); }},
    {"transpose_axes", [](auto& x, auto& a) { return transpose(x[0], number(a, "a"), number(a, "b")); }},
    {"permute", [](auto& x, auto& a) { return permute(x[0], shape(a, "axes")); }},
    {"expand", [](auto& x, auto& a) { return expand(x[0], shape(a)); }},
    {"squeeze", [](auto& x, auto& a) { return squeeze(x[0], number(a, "axis")); }},
    {"unsqueeze", [](auto& x, auto& a) { return unsqueeze(x[0], number(a, "axis")); }},
    {"slice", [](auto& x, auto& a) {
       return slice(x[0], number(a, "axis"), number(a, "start"), number(a, "stop"), number(a, "step"));
     }},
    {"narrow", [](auto& x, auto& a) { return narrow(x[0], number(a, "axis"), number(a, "start"), number(a, "length")); }},
    {"select", [](auto& x, auto& a) { return select(x[0], number(a, "axis"), number(a, "position")); }},
    {"embed", [](auto& x, auto& a) { return embed(x[0], shape(a), number(a, "axis"), number(a, "start"), number(a, "step")); }},

    {"split", [](auto& x, auto& a) { return split(x[0], number(a, "size"), number(a, "axis")).at(a.at("part")); }},
    {"split_sizes", [](auto& x, auto& a) { return split(x[0], numbers(a, "sizes"), number(a, "axis")).at(a.at("part")); }},
    {"chunk", [](auto& x, auto& a) { return chunk(x[0], number(a, "count"), number(a, "axis")).at(a.at("part")); }},
    {"pad", [](auto& x, auto& a) { return pad(x[0], numbers(a, "pads"), Scalar(fraction(a, "value"))); }},
    {"pad_reflect", [](auto& x, auto& a) { return pad(x[0], numbers(a, "pads"), PadMode::reflect); }},
    {"pad_replicate", [](auto& x, auto& a) { return pad(x[0], numbers(a, "pads"), PadMode::replicate); }},
    {"pad_circular", [](auto& x, auto& a) { return pad(x[0], numbers(a, "pads"), PadMode::circular); }},
    {"flip", [](auto& x, auto& a) { return flip(x[0], shape(a, "axes")); }},
    {"roll", [](auto& x, auto& a) { return roll(x[0], number(a, "shift"), number(a, "axis")); }},
    {"repeat", [](auto& x, auto& a) { return repeat(x[0], shape(a, "times")); }},
    {"tril", [](auto& x, auto& a) { return tril(x[0], number(a, "offset")); }},
    {"triu", [](auto& x, auto& a) { return triu(x[0], number(a, "offset")); }},
    {"diagonal", [](auto& x, auto& a) { return diagonal(x[0], number(a, "offset"), number(a, "axis_a"), number(a, "axis_b")); }},
    {"embed_diagonal", [](auto& x, auto& a) {
       return embed_diagonal(x[0], shape(a), number(a, "offset"), number(a, "axis_a"), number(a, "axis_b"));
     }},

    {"gather", [](auto& x, auto& a) { return gather(x[0], number(a, "axis"), index_of(a)); }},
    {"scatter_add", [](auto& x, auto& a) { return scatter_add(x[0], number(a, "axis"), index_of(a), x[1]); }},
    {"index_select", [](auto& x, auto& a) { return index_select(x[0], number(a, "axis"), index_of(a)); }},
    {"index_add", [](auto& x, auto& a) { return index_add(x[0], number(a, "axis"), index_of(a), x[1]); }},
    {"index", [](auto& x, auto& a) { return index(x[0], index_of(a)); }},
    {"index_mask", [](auto& x, auto& a) { return x[0][mask(a)]; }},
    {"masked_select", [](auto& x, auto& a) { return masked_select(x[0], mask(a)); }},
    {"concat", [](auto& x, auto& a) { return concat(x, number(a, "axis")); }},
    {"stack", [](auto& x, auto& a) { return stack(x, number(a, "axis")); }},

    {"linear", [](auto& x, auto&) { return linear(x[0], x[1], x.size() > 2 ? x[2] : Variable()); }},
    {"softmax", [](auto& x, auto& a) { return softmax(x[0], number(a, "axis")); }},
    {"log_softmax", [](auto& x, auto& a) { return log_softmax(x[0], number(a, "axis")); }},
    {"cross_entropy", [](auto& x, auto& a) { return loss_of(x[0], a); }},

    {"add_identity", [](auto& x, auto& a) { return x[0] + eye(x[0].size(-1), x[0].dtype()) * fraction(a, "value"); }},
    {"solve", [](auto& x, auto&) { return linalg::solve(x[0], x[1]); }},
    {"solve_triangular", [](auto& x, auto& a) {
       return linalg::solve_triangular(x[0], x[1], {.upper = a.at("upper").template get<bool>()});
     }},
    {"cholesky", [](auto& x, auto&) { return linalg::cholesky(x[0]); }},
    {"inv", [](auto& x, auto&) { return linalg::inv(x[0]); }},
    {"det", [](auto& x, auto&) { return linalg::det(x[0]); }},
    {"logabsdet", [](auto& x, auto&) { return linalg::slogdet(x[0]).logabsdet; }},
    {"qr_r", [](auto& x, auto&) { return linalg::qr(x[0]).r; }},
    {"eigvalsh", [](auto& x, auto&) { return linalg::eigvalsh(x[0]); }},
    {"svdvals", [](auto& x, auto&) { return linalg::svdvals(x[0]); }},
};
#undef UNARY
#undef BINARY

/// The numbers of one graph, taken from the front.
class Numbers {
 public:
  Numbers(const Tensor& flat, DType dtype) : flat_(flat), dtype_(dtype) {}
  Tensor take(const Shape& shape) {
    const Index start = std::exchange(start_, start_ + shape.numel());
    return copy(to(reshape(narrow(flat_, 0, start, shape.numel()), shape), dtype_));
  }
  std::vector<Tensor> take_all(const std::vector<Shape>& shapes) {
    std::vector<Tensor> all;
    for (const Shape& s : shapes) all.push_back(take(s));
    return all;
  }
  bool at_end() const { return start_ == flat_.numel(); }

 private:
  Tensor flat_;
  DType dtype_;
  Index start_ = 0;
};

std::vector<Tensor> data_of(const std::vector<Variable>& values) {
  std::vector<Tensor> data;
  for (const Variable& v : values) data.push_back(v.data());
  return data;
}
Variable weighted_sum(const std::vector<Variable>& values, const std::vector<Tensor>& weights) {
  Variable total = scalar_tensor(0, values[0].dtype());
  for (std::size_t i = 0; i < values.size(); ++i) total = total + sum(values[i] * weights[i]);
  return total;
}

/// What differs by more than rtol of the largest number among the wanted ones; empty if nothing does.
std::string difference(const char* what, const std::vector<Tensor>& got, const std::vector<Tensor>& wanted, double rtol) {
  double scale = 0;
  for (const Tensor& t : wanted) scale = std::max(scale, norm(to(t, DType::f64), INFINITY).item());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const bool same_kind = got[i].shape() == wanted[i].shape() && got[i].dtype() == wanted[i].dtype();
    if (same_kind && allclose(got[i], wanted[i], 0, rtol * scale)) continue;
    return join(what, " ", i, ": ", to_string(got[i]), " instead of ", to_string(wanted[i]), "\n");
  }
  return "";
}

/// What happens to the result of the named operation.
using Tweak = std::function<Variable(const std::string&, const Variable&)>;

/// The values of the outputs. Every value is handed over to the step that reads it last, which may then overwrite it.
std::vector<Variable> run(const json& graph, const std::vector<Variable>& leaves, const Tweak& tweak) {
  std::vector<Variable> values = leaves, outputs;
  std::vector<int> readers(leaves.size() + graph.at("steps").size());
  for (const json& step : graph.at("steps"))
    for (const std::size_t i : step.at(1)) ++readers.at(i);
  for (const json& step : graph.at("steps")) {
    const std::string name = step.at(0);
    const auto operation = table.find(name);
    if (operation == table.end()) throw std::runtime_error("graphs: no operation " + name);
    INFO(name);
    Inputs inputs;
    for (const std::size_t i : step.at(1)) inputs.push_back(--readers[i] ? values.at(i) : std::move(values.at(i)));
    values.push_back(tweak(name, operation->second(inputs, step.at(2))));
  }
  for (const json& output : graph.at("outputs")) outputs.push_back(values.at(output.at(0)));
  return outputs;
}

/// Values, gradients and, if there are, second derivatives of one graph: what differs from PyTorch.
std::string differences(const json& graph, Numbers numbers, double rtol, const Tweak& tweak) {
  std::vector<Shape> leaf_shapes, output_shapes;
  for (const json& extents : graph.at("leaves")) leaf_shapes.push_back(shape_of(extents));
  for (const json& output : graph.at("outputs")) output_shapes.push_back(shape_of(output.at(1)));
  std::vector<Variable> leaves;
  for (const Tensor& t : numbers.take_all(leaf_shapes)) leaves.push_back(leaf(t));
  const auto cotangents = numbers.take_all(output_shapes), wanted = numbers.take_all(output_shapes);
  const auto gradients = numbers.take_all(leaf_shapes);

  const auto outputs = run(graph, leaves, tweak);
  std::string found = difference("output", data_of(outputs), wanted, rtol);
  if (!found.empty()) return found;
  const Variable loss = weighted_sum(outputs, cotangents);
  if (graph.at("second").get<bool>()) {
    const auto direction = numbers.take_all(leaf_shapes), products = numbers.take_all(leaf_shapes);
    const auto first = grad({loss}, leaves, {.create_graph = true});
    found += difference("recorded gradient", data_of(first), gradients, rtol);
    const auto second = grad({weighted_sum(first, direction)}, leaves, {.retain_graph = true});
    found += difference("Hessian times direction", data_of(second), products, rtol);
  }
  if (!numbers.at_end()) found += "numbers are left\n";

  loss.backward({.retain_graph = true});
  loss.backward();  // adds the same once more
  std::vector<Tensor> got;
  std::vector<std::size_t> absent;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    if (!leaves[i].grad().defined()) absent.push_back(i);
    got.push_back(leaves[i].grad().defined() ? leaves[i].grad() / 2 : zeros_like(leaves[i].data()));
  }
  if (absent != graph.at("absent").get<std::vector<std::size_t>>()) found += "other leaves without a gradient\n";
  return found + difference("gradient", got, gradients, rtol);
}

struct Graphs {
  json graphs = golden::json("graphs.json");
  TensorFile file = golden::tensors("graphs.safetensors");
  Numbers numbers(std::size_t i, DType dtype) const { return {file.tensors.at(std::to_string(i)), dtype}; }
};

void compare_all(DType dtype, double rtol, const Tweak& tweak = [](auto&, auto& y) { return y; }) {
  const Graphs all;
  std::set<std::string> called;
  std::size_t second = 0;
  for (std::size_t i = 0; i < all.graphs.size(); ++i) {
    INFO("graph " << i << ": " << all.graphs[i]);
    CHECK(differences(all.graphs[i], all.numbers(i, dtype), rtol, [&](auto& name, auto& y) {
            called.insert(name);
            return tweak(name, y);
          }) == "");
    second += all.graphs[i].at("second").get<bool>();
  }
  CHECK(all.graphs.size() >= 300);
  CHECK(second >= 100);
  for (const auto& [name, operation] : table) {
    INFO(name);
    CHECK(called.count(name));
  }
}

bool calls(const json& graph, const std::string& name) {
  for (const json& step : graph.at("steps"))
    if (step.at(0) == name) return true;
  return false;
}

}  // namespace

TEST_CASE("random graphs have the values and derivatives of PyTorch", "[ops][graphs][golden]") {
  compare_all(DType::f64, 1e-11);
}

// The script keeps only graphs whose f32 is within a tenth of this in PyTorch, too.
TEST_CASE("random graphs have the values and derivatives of PyTorch in single precision", "[ops][graphs][golden]") {
  compare_all(DType::f32, 1e-3);
}

TEST_CASE("random graphs have these values and derivatives when all values have gaps with NaN", "[ops][graphs][golden]") {
  compare_all(DType::f64, 1e-11, [](auto&, auto& y) {
    return y.rank() == max_rank ? y : select(stack({y, full_like(y.data(), NAN)}, -1), -1, 0);
  });
}

TEST_CASE("random graphs notice a derivative that is off by a millionth", "[ops][graphs][golden]") {
  const Graphs all;
  for (const auto& [operation, call] : table) {
    const std::string& name = operation;
    if (std::set<std::string>{"sign", "floor", "ceil", "trunc", "round", "detach"}.count(name)) continue;
    const Tweak scaled = [&](auto& called, auto& y) { return called == name ? y + (y - y.detach()) * 1e-6 : y; };
    int noticed = 0, graphs = 0;
    for (std::size_t i = 0; i < all.graphs.size() && noticed < 3; ++i) {
      if (!calls(all.graphs[i], name)) continue;
      ++graphs;
      noticed += differences(all.graphs[i], all.numbers(i, DType::f64), 1e-11, scaled) != "";
    }
    INFO(name << " in " << graphs << " graphs");
    CHECK(noticed == 3);
  }
}
