#include <gradus/tensor/kernels/fold.hpp>
#include <gradus/tensor/kernels/zip.hpp>
#include <gradus/tensor/logic.hpp>

#include <algorithm>
#include <cmath>

namespace gradus {
namespace {

using kernels::zip;

constexpr auto greater = [](auto a, auto b) { return a > b; };
constexpr auto greater_equal = [](auto a, auto b) { return a >= b; };
constexpr auto less = [](auto a, auto b) { return a < b; };
constexpr auto less_equal = [](auto a, auto b) { return a <= b; };
constexpr auto same = [](auto a, auto b) { return a == b; };
constexpr auto different = [](auto a, auto b) { return a != b; };

const Tensor& check_mask(const char* op, const Tensor& mask) {
  if (!mask.defined() || mask.dtype() != DType::boolean)
    fail<DTypeError>(op, ": the mask must be bool: got ", mask.defined() ? name(mask.dtype()) : "an undefined tensor");
  return mask;
}
Tensor truth(const Tensor& x) { return to(x, DType::boolean); }

/// f on masks, or on whole numbers bit by bit.
template <class F>
Tensor bits(const char* op, const Tensor& a, const Tensor& b, F f) {
  const DType d = promote(a.dtype(), b.dtype());
  if (is_floating(d)) fail<DTypeError>(op, ": needs masks or whole numbers: got ", a.dtype(), " and ", b.dtype());
  if (d != DType::boolean) return zip(op, a, b, f);
  // true and false are stored as 1 and 0: bits of u8.
  return truth(zip(op, to(a, DType::u8), to(b, DType::u8), f));
}
constexpr auto bit_and = [](auto a, auto b) {
  if constexpr (std::is_integral_v<decltype(a)>) return static_cast<decltype(a)>(a & b);
  else return a;  // not called: dtypes are checked before
};
constexpr auto bit_or = [](auto a, auto b) {
  if constexpr (std::is_integral_v<decltype(a)>) return static_cast<decltype(a)>(a | b);
  else return a;
};
constexpr auto bit_xor = [](auto a, auto b) {
  if constexpr (std::is_integral_v<decltype(a)>) return static_cast<decltype(a)>(a ^ b);
  else return a;
};

}  // namespace

Tensor operator>(const Tensor& a, const Tensor& b) { return zip("gt", a, b, greater); }
Tensor operator>=(const Tensor& a, const Tensor& b) { return zip("ge", a, b, greater_equal); }
Tensor operator<(const Tensor& a, const Tensor& b) { return zip("lt", a, b, less); }
Tensor operator<=(const Tensor& a, const Tensor& b) { return zip("le", a, b, less_equal); }
Tensor operator==(const Tensor& a, const Tensor& b) { return zip("eq", a, b, same); }
Tensor operator!=(const Tensor& a, const Tensor& b) { return zip("ne", a, b, different); }
Tensor operator>(const Tensor& a, Scalar b) { return zip("gt", a, b, greater); }
Tensor operator>=(const Tensor& a, Scalar b) { return zip("ge", a, b, greater_equal); }
Tensor operator<(const Tensor& a, Scalar b) { return zip("lt", a, b, less); }
Tensor operator<=(const Tensor& a, Scalar b) { return zip("le", a, b, less_equal); }
Tensor operator==(const Tensor& a, Scalar b) { return zip("eq", a, b, same); }
Tensor operator!=(const Tensor& a, Scalar b) { return zip("ne", a, b, different); }

Tensor isclose(const Tensor& a, const Tensor& b, double rtol, double atol, bool equal_nan) {
  if (!(rtol >= 0) || !(atol >= 0))
    fail<ValueError>("isclose: tolerances must be at least 0: rtol is ", rtol, ", atol is ", atol);
  return truth(zip("isclose", to(a, DType::f64), to(b, DType::f64), [=](auto x, auto y) {
    if constexpr (std::is_floating_point_v<decltype(x)>)
      return x == y || (equal_nan && x != x && y != y) ||
             (std::isfinite(y) && std::abs(x - y) <= atol + rtol * std::abs(y));
    else return x == y;
  }));
}

Tensor operator&(const Tensor& a, const Tensor& b) { return bits("and", a, b, bit_and); }
Tensor operator|(const Tensor& a, const Tensor& b) { return bits("or", a, b, bit_or); }
Tensor operator^(const Tensor& a, const Tensor& b) { return bits("xor", a, b, bit_xor); }
Tensor operator!(const Tensor& mask) {
  return kernels::map<bool, bool>(check_mask("not", mask), [](bool b) { return !b; });
}
Tensor logical_and(const Tensor& a, const Tensor& b) { return truth(a) & truth(b); }
Tensor logical_or(const Tensor& a, const Tensor& b) { return truth(a) | truth(b); }
Tensor logical_xor(const Tensor& a, const Tensor& b) { return truth(a) ^ truth(b); }
Tensor logical_not(const Tensor& x) { return !truth(x); }

Tensor where(const Tensor& mask, const Tensor& a, const Tensor& b) {
  check_mask("where", mask);
  const DType d = promote(a.dtype(), b.dtype());
  const Shape shape = broadcast_shapes("where", mask.shape(), broadcast_shapes("where", a.shape(), b.shape()));
  const Tensor m = expand(mask, shape), x = expand(to(a, d), shape), z = expand(to(b, d), shape);
  Tensor y(shape, d);
  dispatch(d, [&]<class T>() {
    T* out = y.write<T>();
    const bool* take = m.read<bool>();
    const T *p = x.read<T>(), *q = z.read<T>();
    kernels::for_rows<4>(shape, {y.strides(), m.strides(), x.strides(), z.strides()}, [&](auto& o, Index n, auto& s) {
      for (Index i = 0; i < n; ++i)
        out[o[0] + i * s[0]] = take[o[1] + i * s[1]] ? p[o[2] + i * s[2]] : q[o[3] + i * s[3]];
    });
  });
  return y;
}
Tensor masked_fill(const Tensor& x, const Tensor& mask, Scalar value) {
  check_mask("masked_fill", mask);
  value.check_fits(x.dtype(), "masked_fill");
  if (!(broadcast_shapes("masked_fill", mask.shape(), x.shape()) == x.shape()))
    fail<ShapeError>("masked_fill: the mask does not fit: mask is ", mask.shape(), ", x is ", x.shape());
  return where(mask, scalar_tensor(value, x.dtype()), x);
}

bool all(const Tensor& mask) {
  const Tensor m = contiguous(check_mask("all", mask));
  return std::all_of(m.read<bool>(), m.read<bool>() + m.numel(), [](bool b) { return b; });
}
bool any(const Tensor& mask) {
  const Tensor m = contiguous(check_mask("any", mask));
  return std::any_of(m.read<bool>(), m.read<bool>() + m.numel(), [](bool b) { return b; });
}
Tensor all(const Tensor& mask, const Axes& axes, bool keepdim) {
  return kernels::fold<bool, bool>("all", check_mask("all", mask), axes, keepdim, [](auto each) {
    bool result = true;
    each([&](bool b) { result &= b; });
    return result;
  });
}
Tensor any(const Tensor& mask, const Axes& axes, bool keepdim) {
  return kernels::fold<bool, bool>("any", check_mask("any", mask), axes, keepdim, [](auto each) {
    bool result = false;
    each([&](bool b) { result |= b; });
    return result;
  });
}

}  // namespace gradus
