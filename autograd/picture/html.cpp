#include <gradus/autograd/picture/html.hpp>
#include <gradus/autograd/picture/page.hpp>
#include <gradus/autograd/picture/replay.hpp>
#include <gradus/autograd/print_tape.hpp>
#include <gradus/tensor/io/file.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <unordered_map>
#include <unordered_set>

namespace gradus {
namespace {

using detail::RecordedAgain, detail::Replay, detail::Statistics;
using nlohmann::json;

/// What the page needs to know, as JSON. Nodes are given in an order in which inputs come first, and refer to each other
/// by place in it.
class Content {
 public:
  Content(const Variable& y, const HtmlOptions& options)
      : pass_(detail::replay("to_html", y)), entries_(tape(y, options.profiler)) {
    std::reverse(entries_.begin(), entries_.end());
    for (const auto& [name, x] : options.names)
      if (x.node()) names_.try_emplace(x.node()->sequence(), name);
    put_in_order();
    for (const TapeEntry& e : entries_) add(e);
    steps();
    out_["title"] = options.title.empty() ? "tape" : options.title;
  }

  /// Safe inside a <script> element: no "<" is left, whatever the names are.
  std::string text() const {
    const std::string plain = out_.dump(-1, ' ', false, json::error_handler_t::replace);
    std::string safe;
    for (const char c : plain) {
      if (c == '<') safe += "\\u003c";
      else safe += c;
    }
    return safe;
  }

 private:
  static json numbers(const Statistics& s) {
    return s.finite ? json{s.low, s.high, s.mean, s.norm, s.nan, s.infinite}
                    : json{nullptr, nullptr, nullptr, nullptr, s.nan, s.infinite};
  }

  /// Puts what a node recorded again right before it; leaves, which are inputs of anything, by their age.
  void put_in_order() {
    std::unordered_map<std::uint64_t, std::vector<TapeEntry>> owned;
    std::unordered_map<std::uint64_t, std::vector<std::uint64_t>> goes_to;
    for (const auto& step : pass_.steps)
      for (const auto& g : step.sent) goes_to[step.node].push_back(g.to);
    for (const RecordedAgain& r : pass_.again) {
      again_.insert(r.number);
      TapeEntry e{r.number, r.op, r.module, r.shape, r.dtype, goes_to[r.number], r.kept, 0, {}};
      if (r.op == "leaf") entries_.push_back(std::move(e));
      else owned[r.owner].push_back(std::move(e));
    }
    for (TapeEntry& e : entries_)
      for (const std::uint64_t to : goes_to[e.number])
        if (again_.contains(to)) e.inputs.push_back(to);
    for (auto& [owner, some] : owned) std::sort(some.begin(), some.end(), older);
    std::sort(entries_.begin(), entries_.end(), older);
    std::vector<TapeEntry> ordered;
    const std::function<void(TapeEntry&)> put = [&](TapeEntry& e) {
      if (const auto found = owned.find(e.number); found != owned.end())
        for (TapeEntry& inside : found->second) put(inside);
      place_[e.number] = ordered.size();
      ordered.push_back(std::move(e));
    };
    for (TapeEntry& e : entries_) put(e);
    entries_ = std::move(ordered);
  }
  static bool older(const TapeEntry& a, const TapeEntry& b) { return a.number < b.number; }

  void add(const TapeEntry& e) {
    json node{{"number", e.number},          {"op", e.op},
              {"module", e.module},          {"dtype", name(e.dtype)},
              {"shape", join(e.shape)},      {"bytes", static_cast<std::size_t>(e.shape.numel()) * size_of(e.dtype)},
              {"inputs", json::array()},     {"reads", json::array()},
              {"keeps", e.kept_bytes},       {"forward", e.times.forward},
              {"backward", e.times.backward}};
    if (e.op == "leaf") node["leaf"] = true;
    if (const auto found = names_.find(e.number); found != names_.end()) node["name"] = found->second;
    const bool again = again_.contains(e.number);
    if (again) node["again"] = true;
    for (const std::uint64_t i : e.inputs) node["inputs"].push_back(place_.at(i));
    for (const KeptValue& k : e.kept) {
      if (!k.tensor.defined()) continue;
      json value{
          {"dtype", name(k.tensor.dtype())}, {"shape", join(k.tensor.shape())}, {"bytes", k.tensor.storage_bytes()}};
      if (k.is_output) value["output"] = true;
      if (!again) value["storage"] = storage(k.tensor, place_.at(e.number));  // what ran again is gone when we are done
      node["reads"].push_back(std::move(value));
    }
    out_["nodes"].push_back(std::move(node));
  }
  /// Number of the tensor's storage in the list of storages, each with the nodes that keep it.
  std::size_t storage(const Tensor& x, std::size_t keeper) {
    auto& list = out_["storages"];
    const auto [place, fresh] = storages_.try_emplace(x.storage_id(), storages_.size());
    if (fresh) list.push_back(json::array());
    if (list[place->second].empty() || list[place->second].back() != keeper) list[place->second].push_back(keeper);
    return place->second;
  }

  void steps() {
    for (const auto& step : pass_.steps) {
      json sent = json::array();
      for (const auto& g : step.sent) sent.push_back({{"to", place_.at(g.to)}, {"values", numbers(g.values)}});
      const std::size_t at = place_.at(step.node);
      out_["steps"].push_back({{"node", at}, {"gradient", numbers(step.gradient)}, {"sent", std::move(sent)}});
      json& node = out_["nodes"][at];
      if (node["backward"] == -1) node["backward"] = step.nanoseconds;
    }
  }

  Replay pass_;
  std::vector<TapeEntry> entries_;
  std::unordered_map<std::uint64_t, std::string> names_{};
  std::unordered_map<std::uint64_t, std::size_t> place_{};
  std::unordered_set<std::uint64_t> again_{};
  std::unordered_map<const void*, std::size_t> storages_{};
  json out_{{"nodes", json::array()}, {"storages", json::array()}, {"steps", json::array()}};
};

}  // namespace

void to_html(const Variable& y, const std::filesystem::path& file, const HtmlOptions& options) {
  const Content content(y, options);
  const std::string data = content.text();
  io::write_file_atomically(file, [&](io::AtomicFile& out) {
    std::string_view rest = detail::page_html;
    for (const auto& [mark, part] :
         std::initializer_list<std::pair<std::string_view, std::string_view>>{{"/* page.css */", detail::page_css},
                                                                              {"/* data */", data},
                                                                              {"/* layout.js */", detail::layout_js},
                                                                              {"/* draw.js */", detail::draw_js},
                                                                              {"/* page.js */", detail::page_js}}) {
      const std::size_t at = rest.find(mark);
      out.write(rest.substr(0, at));
      out.write(part);
      rest.remove_prefix(at + mark.size());
    }
    out.write(rest);
  });
}

}  // namespace gradus
