#include <gradus/optim/options.hpp>

#include <cmath>

namespace gradus::optim::detail {

void check_range(const char* optimizer, const char* field, double value, const Range& r) {
  const bool above = r.low_open ? value > r.low : value >= r.low,
             below = r.high_open ? value < r.high : value <= r.high;
  if (std::isfinite(value) && above && below) return;
  std::string range = "finite";
  if (std::isfinite(r.low) && std::isfinite(r.high))
    range = join("in ", r.low_open ? "(" : "[", r.low, ", ", r.high, r.high_open ? ")" : "]");
  else if (std::isfinite(r.low)) range = join("finite and ", r.low_open ? "> " : ">= ", r.low);
  else if (std::isfinite(r.high)) range = join("finite and ", r.high_open ? "< " : "<= ", r.high);
  fail<ValueError>(optimizer, ": ", field, " must be ", range, ": got ", value);
}

}  // namespace gradus::optim::detail
