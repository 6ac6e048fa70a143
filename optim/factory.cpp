#include <gradus/optim/adadelta.hpp>
#include <gradus/optim/adafactor.hpp>
#include <gradus/optim/adagrad.hpp>
#include <gradus/optim/adam.hpp>
#include <gradus/optim/adamax.hpp>
#include <gradus/optim/adamw.hpp>
#include <gradus/optim/adan.hpp>
#include <gradus/optim/asgd.hpp>
#include <gradus/optim/combined.hpp>
#include <gradus/optim/factory.hpp>
#include <gradus/optim/lamb.hpp>
#include <gradus/optim/lars.hpp>
#include <gradus/optim/lbfgs.hpp>
#include <gradus/optim/lion.hpp>
#include <gradus/optim/lookahead.hpp>
#include <gradus/optim/nadam.hpp>
#include <gradus/optim/radam.hpp>
#include <gradus/optim/rmsprop.hpp>
#include <gradus/optim/rprop.hpp>
#include <gradus/optim/sam.hpp>
#include <gradus/optim/schedule_free.hpp>
#include <gradus/optim/sgd.hpp>
#include <gradus/optim/spec_reader.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

namespace gradus::optim {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Parts between separators; one in a row of n gives n + 1 parts. A '+' that no letter follows belongs to a number: 1e+3.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == separator && !(separator == '+' && i + 1 < text.size() && !is_letter(text[i + 1]))) {
      parts.push_back(text.substr(start, i - start));
      start = i + 1;
    }
  parts.push_back(text.substr(start));
  return parts;
}

/// Least number of letters to insert, remove or replace (Levenshtein 1966).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j)
      diagonal = std::exchange(row[j], std::min({diagonal + (a[i - 1] != b[j - 1]), row[j] + 1, row[j - 1] + 1}));
  }
  return row.back();
}

// ---- What there is ------------------------------------------------------------------------------------------------

template <class Factory>
struct Entry {
  const char* name;
  Factory (*read)(Reader&);
};
template <class Optimizer>
OptimizerFactory read_optimizer(Reader& reader) {
  typename Optimizer::Options o;
  reader.fill(o);
  validate(reader.what(), o);
  return [o](const std::vector<Variable>& parameters) { return std::make_unique<Optimizer>(parameters, o); };
}
/// Muon for weights with two axes or more and AdamW, whose options are written adamw.lr, for the others.
OptimizerFactory read_muon(Reader& reader) {
  MuonOptions muon;
  AdamWOptions adamw;
  reader.fill(muon);
  reader.read_for("adamw");
  reader.fill(adamw);
  validate("muon", muon);
  validate("adamw", adamw);
  return [muon, adamw](const std::vector<Variable>& parameters) {
    NamedParameters named;
    for (const Variable& p : parameters) named.emplace_back("", p);
    return muon_with_adamw(named, muon, adamw);
  };
}

using Wrap = std::function<std::unique_ptr<OptimizerBase>(std::unique_ptr<OptimizerBase>)>;
Wrap read_lookahead(Reader& reader) {
  LookaheadOptions o;
  if (const auto k = reader.number("k")) {
    if (!(*k >= 1 && *k < 1e9) || *k != std::floor(*k))
      fail<ValueError>("lookahead: k must be a whole number of at least 1: got ", *k);
    o.k = static_cast<Index>(*k);
  }
  o.alpha = reader.number("alpha").value_or(o.alpha);
  detail::check_range("lookahead", "alpha", o.alpha, {0, 1});
  if (const auto state = reader.text("inner_state")) {
    const std::vector<std::string> names{"keep", "reset", "pullback"};
    const auto found = std::find(names.begin(), names.end(), *state);
    if (found == names.end()) fail_unknown("inner_state of lookahead", *state, names);
    o.inner_state = static_cast<InnerState>(found - names.begin());
  }
  return [o](std::unique_ptr<OptimizerBase> inner) { return std::make_unique<Lookahead>(std::move(inner), o); };
}
template <bool adaptive>
Wrap read_sam(Reader& reader) {
  SAMOptions o{.rho = adaptive ? 0.5 : 0.05, .adaptive = adaptive};
  o.rho = reader.number("rho").value_or(o.rho);
  detail::check_range(reader.what(), "rho", o.rho, at_least_zero);
  if (adaptive) {
    o.eta = reader.number("eta").value_or(o.eta);
    detail::check_range(reader.what(), "eta", o.eta, at_least_zero);
  }
  return [o](std::unique_ptr<OptimizerBase> inner) { return std::make_unique<SAM>(std::move(inner), o); };
}

// Tables in alphabetical order; an optimizer is one line.
const Entry<Wrap> wrappers[] = {{"asam", read_sam<true>}, {"lookahead", read_lookahead}, {"sam", read_sam<false>}};
const Entry<OptimizerFactory> optimizers[] = {{"adadelta", read_optimizer<Adadelta>},
                                              {"adafactor", read_optimizer<Adafactor>},
                                              {"adagrad", read_optimizer<Adagrad>},
                                              {"adam", read_optimizer<Adam>},
                                              {"adamax", read_optimizer<Adamax>},
                                              {"adamw", read_optimizer<AdamW>},
                                              {"adan", read_optimizer<Adan>},
                                              {"asgd", read_optimizer<ASGD>},
                                              {"lamb", read_optimizer<LAMB>},
                                              {"lars", read_optimizer<LARS>},
                                              {"lbfgs", read_optimizer<LBFGS>},
                                              {"lion", read_optimizer<Lion>},
                                              {"muon", read_muon},
                                              {"nadam", read_optimizer<NAdam>},
                                              {"radam", read_optimizer<RAdam>},
                                              {"rmsprop", read_optimizer<RMSprop>},
                                              {"rprop", read_optimizer<Rprop>},
                                              {"schedulefreeadamw", read_optimizer<ScheduleFreeAdamW>},
                                              {"schedulefreesgd", read_optimizer<ScheduleFreeSGD>},
                                              {"sgd", read_optimizer<SGD>}};

}  // namespace

std::optional<double> to_number(std::string_view text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && rest == end ? std::optional(value) : std::nullopt;
}

// ---- Texts --------------------------------------------------------------------------------------------------------

std::string to_text(const std::vector<Spec>& links) {
  std::string out;
  for (const Spec& link : links) {
    const char* separator = out.empty() ? "" : "+";
    for (const std::string& name : link.names) out += std::exchange(separator, ":") + name;
    for (const auto& [name, value] : link.options) {
      const auto number = to_number(value);
      out += "," + name + "=" + (number ? join(*number) : value == "true" ? "1" : value == "false" ? "0" : value);
    }
  }
  return out;
}

std::vector<Spec> parse_specs(std::string_view text) {
  std::vector<Spec> links;
  for (const std::string_view link : split(text, '+')) {
    Spec spec;
    const auto parts = split(link, ',');
    for (const std::string_view name : split(parts[0], ':')) {
      if (name.empty()) fail<ValueError>("spec: a name is missing: got \"", text, "\" — write name,option=value,...");
      spec.names.emplace_back(name);
    }
    for (std::size_t i = 1; i < parts.size(); ++i) {
      const std::size_t equals = parts[i].find('=');
      if (equals == std::string_view::npos || equals == 0 || equals + 1 == parts[i].size())
        fail<ValueError>("spec: an option is not option=value: got \"", parts[i], "\" in \"", text, "\"");
      const std::string name(parts[i].substr(0, equals));
      if (!spec.options.emplace(name, parts[i].substr(equals + 1)).second)
        fail<ValueError>("spec: an option is given twice: got ", name, " in \"", text, "\"");
    }
    links.push_back(std::move(spec));
  }
  return links;
}

void fail_unknown(const char* what, std::string_view name, const std::vector<std::string>& known) {
  std::string list, nearest;
  const auto lower = [](std::string_view text) {
    std::string s(text);
    for (char& c : s) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return s;
  };
  std::size_t best = name.size() < 4 ? 2 : 3;  // more than two letters apart (one in a short name) is another name
  for (const std::string& k : known) {
    list += (list.empty() ? "" : ", ") + k;
    if (const std::size_t d = distance(lower(name), lower(k)); d < best) {
      best = d;
      nearest = " — did you mean " + k + "?";
    }
  }
  fail<ValueError>(what, ": there is no ", name, nearest, nearest.empty() ? " — there are " : " There are ", list);
}

OptimizerFactory optimizer_factory(std::string_view text) {
  const std::vector<Spec> links = parse_specs(text);
  const auto find = [](const auto& table, const std::string& name) {
    return std::find_if(std::begin(table), std::end(table), [&](const auto& e) { return name == e.name; });
  };
  const std::vector<std::string>& names = links[0].names;
  for (const Spec& link : links)
    for (const std::string& name : link.names)
      if (find(wrappers, name) == std::end(wrappers) && find(optimizers, name) == std::end(optimizers))
        fail_unknown("optimizer", name, optimizer_names());
  const auto* const innermost = find(optimizers, names.back());
  if (innermost == std::end(optimizers))
    fail<ValueError>("optimizer: ", names.back(), " goes around another one: ", names.back(), ":sgd");
  Reader reader(innermost->name, links[0]);
  std::vector<Wrap> around;
  for (std::size_t i = 0; i + 1 < names.size(); ++i) {
    const auto* const wrapper = find(wrappers, names[i]);
    if (links.size() > 1 || wrapper == std::end(wrappers))
      fail<ValueError>("optimizer: these cannot be combined: got ", text);
    reader.read_for(wrapper->name);
    around.push_back(wrapper->read(reader));
  }
  if (links.size() > 1) fail<ValueError>("optimizer: these cannot be combined: got ", text);
  reader.read_for(innermost->name);
  OptimizerFactory make = innermost->read(reader);
  reader.read_for(innermost->name);
  reader.finish();
  return [make, around](const std::vector<Variable>& parameters) {
    std::unique_ptr<OptimizerBase> optimizer = make(parameters);
    for (auto wrap = around.rbegin(); wrap != around.rend(); ++wrap) optimizer = (*wrap)(std::move(optimizer));
    return optimizer;
  };
}
std::vector<std::string> optimizer_names() {
  std::vector<std::string> names = names_of(optimizers);
  for (std::string& name : names_of(wrappers)) names.push_back(std::move(name));
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace gradus::optim
