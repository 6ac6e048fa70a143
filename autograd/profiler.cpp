#include <gradus/autograd/profiler.hpp>
#include <gradus/autograd/text_table.hpp>

#include <cstdio>

namespace gradus {
namespace {
std::string microseconds(std::int64_t ns) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", static_cast<double>(ns) / 1000);
  return text;
}
}  // namespace

Profiler::Times Profiler::times(std::uint64_t number) const {
  const auto found = nodes_.find(number);
  return found == nodes_.end() ? Times{} : found->second;
}

Profiler::Row& Profiler::row(const char* op, const char* module) {
  Row& row = rows_[join(op, '\n', module)];
  if (row.calls == 0 && row.op.empty()) {
    row.op = op;
    row.module = module;
  }
  return row;
}

void Profiler::result(const char* op, const Tensor&, const Node* node) {
  if (in_backward()) return;
  const std::int64_t end = now(), took = end - last_;
  Row& r = row(op, detail::module_path ? detail::module_path : "");
  ++r.calls;
  r.forward += took;
  if (node) nodes_[node->sequence()].forward = took;
  last_ = now();
}
void Profiler::enter_module() {
  if (!in_backward()) last_ = now();
}
void Profiler::after(const Node& node) {
  const std::int64_t took = now() - started_;
  row(node.op(), node.module()).backward += took;
  std::int64_t& total = nodes_[node.sequence()].backward;
  total = std::max<std::int64_t>(total, 0) + took;
  last_ = now();
}

std::vector<Profiler::Row> Profiler::rows() const {
  std::vector<Row> sorted;
  for (const auto& [name, row] : rows_) sorted.push_back(row);
  std::sort(sorted.begin(), sorted.end(), [](const Row& a, const Row& b) {
    const auto x = a.forward + a.backward, y = b.forward + b.backward;
    return x != y ? x > y : join(a.op, a.module) < join(b.op, b.module);
  });
  return sorted;
}

std::string Profiler::table() const {
  const auto sorted = rows();
  std::int64_t total = 0;
  for (const Row& r : sorted) total += r.forward + r.backward;
  std::vector<std::vector<std::string>> text{{"op", "module", "calls", "forward us", "backward us", "share"}};
  for (const Row& r : sorted) {
    char share[16];
    std::snprintf(share, sizeof share, "%.1f %%",
                  total ? 100 * static_cast<double>(r.forward + r.backward) / static_cast<double>(total) : 0.0);
    text.push_back({r.op, r.module, join(r.calls), microseconds(r.forward), microseconds(r.backward), share});
  }
  return detail::text_table(text);
}

void Profiler::clear() {
  nodes_.clear();
  rows_.clear();
  last_ = now();
}

}  // namespace gradus
