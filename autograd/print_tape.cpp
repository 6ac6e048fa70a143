#include <gradus/autograd/print_tape.hpp>
#include <gradus/autograd/text_table.hpp>

#include <cstdio>
#include <map>

namespace gradus {

std::vector<TapeEntry> tape(const Variable& y, const Profiler* profiler) {
  std::map<std::uint64_t, Node*, std::greater<>> nodes;
  std::vector<Node*> to_visit;
  const auto reach = [&](Node& n) {
    if (nodes.try_emplace(n.sequence(), &n).second) to_visit.push_back(&n);
  };
  if (y.node()) reach(*y.node());
  while (!to_visit.empty()) {
    Node* n = to_visit.back();
    to_visit.pop_back();
    n->each_input(reach);
  }
  std::vector<TapeEntry> entries;
  std::map<const void*, std::uint64_t> keeper;  // of each storage: the first node in the list that keeps it
  for (const auto& [number, node] : nodes) {
    TapeEntry e{number, node->op(), node->module(), node->shape(), node->dtype(), {}, node->kept(), 0, {}};
    node->each_input([&](Node& input) { e.inputs.push_back(input.sequence()); });
    for (const KeptValue& k : e.kept) {
      if (!k.tensor.defined()) continue;
      const auto [first, fresh] = keeper.try_emplace(k.tensor.storage_id(), number);
      if (fresh) e.kept_bytes += k.tensor.storage_bytes();
      else if (first->second != number) e.shared.push_back(first->second);
    }
    if (profiler) e.times = profiler->times(number);
    entries.push_back(std::move(e));
  }
  return entries;
}

namespace {
std::string kept_text(const TapeEntry& e) {
  std::size_t values = 0;
  for (const KeptValue& k : e.kept) values += k.tensor.defined();
  if (!values) return "";
  std::string text = join(values, values == 1 ? " value, " : " values, ", e.kept_bytes, " B");
  for (std::size_t i = 0; i < e.shared.size(); ++i) text += join(i ? " " : ", counted at ", e.shared[i]);
  return text;
}
std::string time_text(std::int64_t ns) {
  if (ns < 0) return "";
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", static_cast<double>(ns) / 1000);
  return text;
}
}  // namespace

std::string print_tape(const Variable& y, const Profiler* profiler) {
  const auto entries = tape(y, profiler);
  std::map<std::uint64_t, const TapeEntry*> by_number;
  for (const TapeEntry& e : entries) by_number[e.number] = &e;
  std::vector<std::vector<std::string>> rows{{"node", "op", "result", "gradient goes to", "keeps", "module"}};
  if (profiler) rows[0].insert(rows[0].end(), {"forward us", "backward us"});
  std::size_t bytes = 0, leaves = 0;
  std::int64_t forward = 0, backward = 0;
  for (const TapeEntry& e : entries) {
    std::string inputs;
    for (const std::uint64_t i : e.inputs) inputs += join(inputs.empty() ? "" : "  ", i, " ", by_number[i]->shape);
    rows.push_back({join(e.number), e.op, join(e.dtype, " ", e.shape), inputs, kept_text(e), e.module});
    if (profiler) rows.back().insert(rows.back().end(), {time_text(e.times.forward), time_text(e.times.backward)});
    bytes += e.kept_bytes;
    leaves += e.op == "leaf";
    forward += std::max<std::int64_t>(e.times.forward, 0);
    backward += std::max<std::int64_t>(e.times.backward, 0);
  }
  std::string text = detail::text_table(rows);
  text += join(entries.size() - leaves, entries.size() - leaves == 1 ? " operation, " : " operations, ", leaves,
               leaves == 1 ? " leaf; " : " leaves; ", bytes, " B kept for backward");
  if (profiler) text += join("; forward ", time_text(forward), " us, backward ", time_text(backward), " us");
  return text + "\n";
}

}  // namespace gradus
