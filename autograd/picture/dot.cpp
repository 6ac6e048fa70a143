#include <gradus/autograd/picture/dot.hpp>
#include <gradus/autograd/print_tape.hpp>

#include <algorithm>
#include <cstdio>
#include <map>
#include <sstream>
#include <unordered_map>

namespace gradus {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') out += "\\n";
    else if (static_cast<unsigned char>(c) >= 0x20) out += c;
  }
  return out + '"';
}

/// The path that two modules have in common: "encoder" of "encoder.0" and "encoder.1".
std::string common_module(const std::string& a, const std::string& b) {
  std::size_t n = 0, end = 0;
  for (; n < a.size() && n < b.size() && a[n] == b[n]; ++n)
    if (a[n] == '.') end = n;
  const bool a_ends = n == a.size() || a[n] == '.', b_ends = n == b.size() || b[n] == '.';
  return a.substr(0, a_ends && b_ends ? n : end);
}

/// A module with what it recorded itself and the modules inside.
struct Module {
  std::map<std::string, Module> children;
  std::vector<const TapeEntry*> entries;
};

class Writer {
 public:
  explicit Writer(const std::vector<TapeEntry>& entries) {
    for (const TapeEntry& e : entries) by_number_[e.number] = &e;
  }

  void module(const Module& m, const std::string& indent) {
    for (const TapeEntry* e : m.entries) node(*e, indent);
    for (const auto& [name, child] : m.children) {
      out_ << indent << "subgraph cluster_" << ++clusters_ << " {\n"
           << indent << "  label=" << quoted(name) << "; labeljust=l; style=\"rounded\"; color=\"#9ca3af\";\n";
      module(child, indent + "  ");
      out_ << indent << "}\n";
    }
  }
  void edges(const TapeEntry& e) {
    for (const std::uint64_t number : e.inputs) {
      const TapeEntry& from = *by_number_.at(number);
      const auto bytes = static_cast<std::size_t>(from.shape.numel()) * size_of(from.dtype);
      out_ << "  n" << number << " -> n" << e.number << " [label=" << quoted(join(from.shape, "\n", bytes, " B"))
           << "];\n";
    }
  }
  std::ostringstream& out() { return out_; }

 private:
  void node(const TapeEntry& e, const std::string& indent) {
    std::string label = join(e.number, " ", e.op, "\n", e.dtype, " ", e.shape);
    for (const auto& [what, ns] : {std::pair("forward", e.times.forward), std::pair("backward", e.times.backward)}) {
      char text[48];
      std::snprintf(text, sizeof text, "\n%s %.1f us", what, static_cast<double>(ns) / 1000);
      if (ns >= 0) label += text;
    }
    out_ << indent << "n" << e.number << " [label=" << quoted(label)
         << (e.op == "leaf" ? ", shape=ellipse, fillcolor=\"#fef3c7\"" : "") << "];\n";
  }

  std::ostringstream out_;
  std::unordered_map<std::uint64_t, const TapeEntry*> by_number_;
  int clusters_ = 0;
};

}  // namespace

std::string to_dot(const Variable& y, const Profiler* profiler) {
  const auto entries = tape(y, profiler);
  std::unordered_map<std::uint64_t, std::string> used_in;  // of each leaf: the module that holds all its uses
  for (const TapeEntry& e : entries)
    for (const std::uint64_t input : e.inputs) {
      const auto [place, first] = used_in.try_emplace(input, e.module);
      if (!first) place->second = common_module(place->second, e.module);
    }
  Module root;
  for (const TapeEntry& e : entries) {
    const std::string& path = e.op == "leaf" ? used_in[e.number] : e.module;
    Module* m = &root;
    for (std::size_t at = 0; at < path.size();) {
      const std::size_t end = std::min(path.find('.', at), path.size());
      m = &m->children[path.substr(at, end - at)];
      at = end + 1;
    }
    m->entries.push_back(&e);
  }
  Writer writer(entries);
  writer.out() << "digraph tape {\n  fontname=sans;\n  node [shape=box, style=\"rounded,filled\", fillcolor=white, "
                  "fontname=sans, fontsize=11];\n"
                  "  edge [fontname=sans, fontsize=9];\n";
  writer.module(root, "  ");
  for (const TapeEntry& e : entries) writer.edges(e);
  writer.out() << "}\n";
  return writer.out().str();
}

}  // namespace gradus
