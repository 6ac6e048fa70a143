// Element types, and the one place where a run-time dtype becomes a C++ type.
#pragma once
#include <gradus/tensor/error.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

namespace gradus {

using Index = std::int64_t;

/// Element types in promotion order: mixing two gives the later one (so i64 with f32 is f32, as in PyTorch).
enum class DType : std::uint8_t { boolean, u8, i64, f32, f64 };

/// "bool", "u8", "i64", "f32" or "f64".
constexpr const char* name(DType d) {
  constexpr const char* names[] = {"bool", "u8", "i64", "f32", "f64"};
  return names[static_cast<int>(d)];
}
constexpr std::size_t size_of(DType d) {
  constexpr std::size_t sizes[] = {1, 1, 8, 4, 8};
  return sizes[static_cast<int>(d)];
}
constexpr bool is_floating(DType d) { return d >= DType::f32; }
/// The dtype of an operation between a and b.
constexpr DType promote(DType a, DType b) { return a > b ? a : b; }

/// The dtype that stores C++ type T; other types do not compile.
template <class T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, bool>) return DType::boolean;
  else if constexpr (std::is_same_v<T, std::uint8_t>) return DType::u8;
  else if constexpr (std::is_same_v<T, Index>) return DType::i64;
  else if constexpr (std::is_same_v<T, float>) return DType::f32;
  else {
    static_assert(std::is_same_v<T, double>, "elements are bool, uint8_t, int64_t, float or double");
    return DType::f64;
  }
}

/// Calls f.operator()<T>() with the C++ type of d.
template <class F>
decltype(auto) dispatch(DType d, F&& f) {
  switch (d) {
    case DType::boolean: return f.template operator()<bool>();
    case DType::u8: return f.template operator()<std::uint8_t>();
    case DType::i64: return f.template operator()<Index>();
    case DType::f32: return f.template operator()<float>();
    case DType::f64: return f.template operator()<double>();
  }
  __builtin_unreachable();
}
/// The same for f32 and f64; any other dtype throws DTypeError naming the op.
template <class F>
decltype(auto) dispatch_floating(DType d, const char* op, F&& f) {
  if (d == DType::f32) return f.template operator()<float>();
  if (d == DType::f64) return f.template operator()<double>();
  fail<DTypeError>(op, ": needs f32 or f64: got ", name(d), " — convert with to(x, DType::f32)");
}
/// The same for all dtypes but bool.
template <class F>
decltype(auto) dispatch_number(DType d, const char* op, F&& f) {
  switch (d) {
    case DType::u8: return f.template operator()<std::uint8_t>();
    case DType::i64: return f.template operator()<Index>();
    case DType::f32: return f.template operator()<float>();
    case DType::f64: return f.template operator()<double>();
    default: fail<DTypeError>(op, ": needs numbers: got bool — convert with to(x, DType::i64)");
  }
}

inline void append(std::string& to, DType d) { to += name(d); }

/// Whether v, cut towards zero, is a number of the whole-number type T.
template <class T, class From>
bool fits(From v) {
  if constexpr (std::is_integral_v<From>) return std::in_range<T>(v);
  else {
    // The largest number itself may be no From, one more is a power of two; NaN fails both comparisons.
    constexpr From end = From(2) * static_cast<From>(std::numeric_limits<T>::max() / 2 + 1);
    const From whole = std::trunc(v);
    return whole >= static_cast<From>(std::numeric_limits<T>::min()) && whole < end;
  }
}
/// Whether v is finite, also when rounded to d.
inline bool is_finite_in(DType d, double v) {
  return std::isfinite(d == DType::f32 ? static_cast<double>(static_cast<float>(v)) : v);
}

/// A C++ number used next to a tensor; it takes the tensor's dtype (a fraction does not fit an integer tensor).
class Scalar {
 public:
  template <class T>
    requires std::is_arithmetic_v<T>
  constexpr Scalar(T value)  // NOLINT(google-explicit-constructor): `x * 2` is the point
      : real_(static_cast<double>(value)), integer_(is_index(value) ? static_cast<Index>(value) : 0),
        integral_(is_index(value)) {}
  constexpr double as_double() const { return real_; }
  constexpr bool is_integral() const { return integral_; }
  /// The value as element type T.
  template <class T>
  constexpr T to() const {
    return integral_ ? static_cast<T>(integer_) : static_cast<T>(real_);
  }
  /// Throws DTypeError if d holds whole numbers only and this is a fraction, infinite, NaN or beyond d's range.
  void check_fits(DType d, const char* op) const;

 private:
  template <class T>
  static constexpr bool is_index(T value) {  // unsigned numbers from 2^63 on are kept as double
    if constexpr (std::is_unsigned_v<T> && sizeof(T) >= sizeof(Index)) return value <= static_cast<T>(INT64_MAX);
    else return std::is_integral_v<T>;
  }
  double real_;
  Index integer_;
  bool integral_;
};

}  // namespace gradus
