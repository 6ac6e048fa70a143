// Private to the factories: what they read their options with.
#pragma once
#include <gradus/optim/factory.hpp>
#include <gradus/optim/schedulers/schedule_options.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

namespace gradus::optim {

std::optional<double> to_number(std::string_view text);

template <class Entry, std::size_t n>
std::vector<std::string> names_of(const Entry (&table)[n]) {
  std::vector<std::string> names;
  for (const Entry& entry : table) names.emplace_back(entry.name);
  return names;
}
/// The line of a table that has this name. Throws ValueError listing those that there are.
template <class Entry, std::size_t n>
const Entry& find_entry(const char* what, const Entry (&table)[n], std::string_view name) {
  for (const Entry& entry : table)
    if (name == entry.name) return entry;
  fail_unknown(what, name, names_of(table));
}

/// Hands out a spec's options and notes who asked for what: what nobody asked for is unknown, what was asked for exists.
class Reader {
 public:
  /// With `steps`, numbers of steps may be percentages of it.
  Reader(const char* what, const Spec& spec, Index steps = 0) : what_(what), options_(spec.options), steps_(steps) {}
  const char* what() const { return what_; }
  /// What the next options are for.
  void read_for(const char* what) { what_ = what; }
  /// Of several that know an option, the first to ask gets it; another one's is written with its name: rmsprop.alpha=0.9.
  std::optional<std::string> text(const char* name) {
    known_.emplace_back(name);
    for (const std::string& key : {join(what_, ".", name), std::string(name)}) {
      const auto found = options_.find(key);
      if (found != options_.end() && taken_.insert(key).second) return found->second;
    }
    return std::nullopt;
  }
  /// true and false stand for 1 and 0.
  std::optional<double> number(const char* name) {
    const auto given = text(name);
    if (!given) return std::nullopt;
    if (*given == "true" || *given == "false") return *given == "true";
    const auto value = to_number(*given);
    if (!value) fail<ValueError>(what_, ": ", name, " must be a number: got ", *given);
    return value;
  }
  /// A flag that has a third state, not given.
  std::optional<bool> flag(const char* name) {
    const auto value = number(name);
    if (value && *value != 0 && *value != 1) fail<ValueError>(what_, ": ", name, " must be 0 or 1: got ", *value);
    return value ? std::optional(*value == 1) : std::nullopt;
  }
  /// "200" or "5%" as steps.
  Index count(const char* name, const std::string& given, const Range& range) const {
    const bool share = steps_ > 0 && given.ends_with('%');
    const auto value = to_number(share ? std::string_view(given).substr(0, given.size() - 1) : given);
    if (!value)
      fail<ValueError>(what_, ": ", name, " must be a number", steps_ > 0 ? " or a percentage: got " : ": got ", given);
    if (share) {
      detail::check_range(what_, join(name, " in %").c_str(), *value, {0, 100});
      return std::max<Index>(std::llround(*value / 100 * static_cast<double>(steps_)), static_cast<Index>(range.low));
    }
    detail::check_range(what_, name, *value, range);
    detail::check_range(what_, name, *value, count_from(0));
    if (*value != std::floor(*value)) fail<ValueError>(what_, ": ", name, " must be a whole number: got ", *value);
    return static_cast<Index>(*value);
  }
  /// Fills options by their rows and choices, so that every field can be given by its name. Those named in `others` are
  /// not: they are read elsewhere.
  template <class O>
  void fill(O& o, std::initializer_list<std::string_view> others = {}) {
    for (const OptionRow<O>& row : O::rows()) {
      if (std::find(others.begin(), others.end(), row.name) != others.end()) continue;
      if (const auto* member = std::get_if<Index O::*>(&row.member)) {
        if (const auto given = text(row.name)) o.*(*member) = count(row.name, *given, row.range);
      } else if (const auto value = number(row.name)) {
        detail::check_range(what_, row.name, *value, row.range);
        check_kind(what_, row, *value);
        set(o, row, *value);
      }
    }
    for (const ChoiceRow<O>& row : choices_of<O>())
      if (const auto given = text(row.name)) {
        const auto word = std::find(row.words.begin(), row.words.end(), *given);
        if (word == row.words.end()) {
          std::string list;
          for (std::size_t i = 0; i < row.words.size(); ++i)
            list += join(i == 0 ? "" : i + 1 == row.words.size() ? " or " : ", ", row.words[i]);
          fail<ValueError>(what_, ": ", row.name, " must be ", list, ": got ", *given);
        }
        row.set(o, static_cast<int>(word - row.words.begin()));
      }
  }
  void finish() const {
    for (const auto& [name, value] : options_)
      if (!taken_.contains(name)) {
        if (known_.empty()) fail<ValueError>(what_, ": takes no options: got ", name);
        fail_unknown(join("option of ", what_).c_str(), name, known_);
      }
  }

 private:
  const char* what_;
  const std::map<std::string, std::string>& options_;
  Index steps_;
  std::vector<std::string> known_;
  std::set<std::string> taken_;
};

}  // namespace gradus::optim
