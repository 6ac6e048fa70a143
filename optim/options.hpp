// Hyper-parameters. Each optimizer's options are a flat struct with one row per field; validation, state dicts, command
// lines and schedulers all go by these rows.
#pragma once
#include <gradus/tensor/dtype.hpp>

#include <cmath>
#include <limits>
#include <span>
#include <variant>

namespace gradus::optim {

struct Range {
  double low = 0, high = std::numeric_limits<double>::infinity();
  bool high_open = false;  ///< high itself is outside
  bool low_open = false;   ///< low itself is outside
};
inline constexpr Range at_least_zero{};
inline constexpr Range above_zero{.low_open = true};
inline constexpr Range unit_closed{0, 1};              ///< [0, 1]
inline constexpr Range unit_open{0, 1, true};          ///< [0, 1)
inline constexpr Range unit_inside{0, 1, true, true};  ///< (0, 1)
/// Numbers of steps: exact in a double.
constexpr Range count_from(double least) { return {least, 1e15}; }
inline constexpr Range any_finite{-std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};

template <class O>
struct OptionRow {
  const char* name;
  std::variant<double O::*, Index O::*, bool O::*> member;
  Range range = at_least_zero;
};

namespace detail {
/// Throws ValueError naming optimizer, field and value unless value is finite and inside the range.
void check_range(const char* optimizer, const char* field, double value, const Range& range);
}  // namespace detail

// Below, O::rows() is the table, O::name the optimizer's name, and O::check(const O&), if there is one, tests what concerns
// several fields.
template <class O>
double get(const O& o, const OptionRow<O>& row) {
  return std::visit([&](auto member) { return static_cast<double>(o.*member); }, row.member);
}
template <class O>
void set(O& o, const OptionRow<O>& row, double value) {
  std::visit([&](auto member) { o.*member = static_cast<std::remove_reference_t<decltype(o.*member)>>(value); },
             row.member);
}
/// Throws ValueError where a flag is neither 0 nor 1, or a count is no whole number.
template <class O>
void check_kind(const char* optimizer, const OptionRow<O>& row, double value) {
  const bool flag = std::holds_alternative<bool O::*>(row.member),
             count = std::holds_alternative<Index O::*>(row.member);
  constexpr double largest = 1e15;  // above, a double no longer tells whole numbers apart
  if ((flag && value != 0 && value != 1) || (count && !(std::abs(value) <= largest && value == std::floor(value))))
    fail<ValueError>(optimizer, ": ", row.name, flag ? " must be 0 or 1: got " : " must be a whole number: got ",
                     value);
}
template <class O>
const OptionRow<O>* find_row(std::string_view name) {
  for (const OptionRow<O>& row : O::rows())
    if (name == row.name) return &row;
  return nullptr;
}
template <class O>
void validate(const char* optimizer, const O& o) {
  for (const OptionRow<O>& row : O::rows()) detail::check_range(optimizer, row.name, get(o, row), row.range);
  if constexpr (requires { O::check(o); }) O::check(o);
}

}  // namespace gradus::optim
