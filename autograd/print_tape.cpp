#include <gradus/autograd/print_tape.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace gradus {

std::vector<TapeEntry> tape(const Variable& y) {
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
  std::set<const void*> storages;
  for (const auto& [number, node] : nodes) {
    TapeEntry e{number, node->op(), node->module(), node->shape(), node->dtype(), {}, node->kept(), 0};
    node->each_input([&](Node& input) { e.inputs.push_back(input.sequence()); });
    for (const KeptValue& k : e.kept)
      if (k.tensor.defined() && storages.insert(k.tensor.storage_id()).second) e.kept_bytes += k.tensor.storage_bytes();
    entries.push_back(std::move(e));
  }
  return entries;
}

std::string print_tape(const Variable& y) {
  std::vector<std::vector<std::string>> rows{{"node", "op", "result", "inputs", "keeps", "module"}};
  for (const TapeEntry& e : tape(y)) {
    std::string inputs;
    for (const std::uint64_t i : e.inputs) inputs += join(inputs.empty() ? "" : " ", i);
    rows.push_back(
        {join(e.number), e.op, join(e.dtype, " ", e.shape), inputs,
         e.kept.empty() ? "" : join(e.kept.size(), e.kept.size() == 1 ? " value, " : " values, ", e.kept_bytes, " B"),
         e.module});
  }
  std::vector<std::size_t> width(rows[0].size(), 0);
  for (const auto& row : rows)
    for (std::size_t c = 0; c < row.size(); ++c) width[c] = std::max(width[c], row[c].size());
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      line += row[c];
      line.append(width[c] - row[c].size() + 2, ' ');
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

}  // namespace gradus
