#include <gradus/optim/options.hpp>

#include <cmath>

namespace gradus::optim::detail {

void check_range(const char* optimizer, const char* field, double value, const Range& r) {
  if (std::isfinite(value) && (r.low_open ? value > r.low : value >= r.low) &&
      (r.high_open ? value < r.high : value <= r.high))
    return;
  std::string range = "finite";
  if (std::isfinite(r.low) && std::isfinite(r.high))
    range = join("in ", r.low_open ? "(" : "[", r.low, ", ", r.high, r.high_open ? ")" : "]");
  else if (std::isfinite(r.low)) range = join("finite and ", r.low_open ? "> " : ">= ", r.low);
  fail<ValueError>(optimizer, ": ", field, " must be ", range, ": got ", value);
}

}  // namespace gradus::optim::detail
