#include <gradus/autograd/observer.hpp>
#include <gradus/nn/module.hpp>

#include <atomic>
#include <mutex>
#include <set>

namespace gradus::nn {
namespace {

bool fits(const Tensor& a, const Tensor& b) {
  return a.defined() && b.defined() && a.shape() == b.shape() && a.dtype() == b.dtype();
}

/// A copy of the text that lives for ever, the same one for equal texts.
const char* intern(const std::string& text) {
  static std::mutex mutex;
  static auto* texts = new std::set<std::string>;
  const std::lock_guard lock(mutex);
  return texts->insert(text).first->c_str();
}

constinit thread_local ModuleBase* current_root = nullptr;

}  // namespace

Parameter& Parameter::operator=(const Parameter& other) {
  if (this == &other) return *this;
  if (fits(data(), other.data())) data().copy_from(other.data());
  else *this = Parameter(other);
  return *this;
}
Buffer& Buffer::operator=(const Buffer& other) {
  if (this == &other) return *this;
  if (fits(*this, other)) copy_from(other);
  else *this = Buffer(other);
  return *this;
}

void Fields::operator()(std::string_view name, ModuleBase& child) {
  const std::string before = std::exchange(prefix_, path(name));
  if (!on_module || on_module(prefix_, child)) child.visit(*this);
  prefix_ = before;
}

// ---- walks

std::vector<std::pair<std::string, Variable>> ModuleBase::named_parameters() {
  std::vector<std::pair<std::string, Variable>> found;
  Fields f;
  std::set<std::string> names;
  std::set<const Node*> seen;
  f.on_parameter = [&](const std::string& name, Parameter& p) {
    if (!names.insert(name).second)
      fail<ValueError>("named_parameters: ", type_name(), "::fields() gives a name twice: ", name);
    if (seen.insert(p.node().get()).second) found.emplace_back(name, p);
  };
  visit(f);
  return found;
}
std::vector<Variable> ModuleBase::parameters() {
  std::vector<Variable> found;
  for (auto& [name, p] : named_parameters()) found.push_back(std::move(p));
  return found;
}
Index ModuleBase::parameter_count() {
  Index n = 0;
  for (const Variable& p : parameters()) n += p.numel();
  return n;
}
void ModuleBase::zero_grad() {
  for (const Variable& p : parameters()) p.grad() = Tensor();
}

StateDict ModuleBase::state_dict() {
  StateDict state;
  const auto add = [&](const std::string& name, const Tensor& t) {
    if (!state.emplace(name, t).second)
      fail<ValueError>("state_dict: ", type_name(), "::fields() gives a name twice: ", name);
  };
  Fields f;
  f.on_parameter = [&](const std::string& name, Parameter& p) { add(name, p.data()); };
  f.on_buffer = [&](const std::string& name, Buffer& b) { add(name, b); };
  visit(f);
  return state;
}

LoadResult ModuleBase::load_state_dict(const StateDict& from, LoadOptions options) {
  StateDict to = state_dict();
  LoadResult result;
  std::string wrong;
  for (const auto& [name, t] : to) {
    const auto found = from.find(name);
    if (found == from.end()) {
      result.missing.push_back(name);
    } else if (const Tensor& value = found->second; !value.defined()) {
      wrong += join("; ", name, " is given without a value");
    } else if (!(value.shape() == t.shape())) {
      wrong += join("; ", name, " is ", t.shape(), ", given ", value.shape());
    } else if (value.dtype() != t.dtype() && !options.cast) {
      wrong += join("; ", name, " is ", t.dtype(), ", given ", value.dtype(), " (cast converts it)");
    }
  }
  for (const auto& [name, t] : from)
    if (!to.contains(name)) result.unexpected.push_back(name);
  if (options.strict) {
    for (const auto& name : result.missing) wrong += join("; missing ", name);
    for (const auto& name : result.unexpected) wrong += join("; unexpected ", name);
  }
  if (!wrong.empty()) fail<ValueError>("load_state_dict: the state does not fit ", type_name(), ": ", wrong.substr(2));
  for (auto& [name, t] : to)
    if (const auto found = from.find(name); found != from.end()) t.copy_from(found->second);
  return result;
}

void ModuleBase::apply(const std::function<void(ModuleBase&)>& f) {
  std::vector<ModuleBase*> modules;
  Fields fields;
  fields.on_module = [&](const std::string&, ModuleBase& m) {
    modules.push_back(&m);
    return true;
  };
  visit(fields);
  for (auto m = modules.rbegin(); m != modules.rend(); ++m) f(**m);
  f(*this);
}
void ModuleBase::train(bool on) {
  apply([on](ModuleBase& m) { m.training_ = on; });
}
void ModuleBase::to(DType dtype) {
  if (!is_floating(dtype)) fail<DTypeError>("to: modules hold f32 or f64: got ", dtype);
  Fields f;
  f.on_parameter = [&](const std::string&, Parameter& p) {
    if (p.dtype() != dtype) p = Parameter(gradus::to(p.data(), dtype));
  };
  f.on_buffer = [&](const std::string&, Buffer& b) {
    if (is_floating(b.dtype()) && b.dtype() != dtype) b = Buffer(gradus::to(b, dtype));
  };
  visit(f);
}

namespace {
void summarize(ModuleBase& m, const std::string& name, int depth, std::string& text) {
  std::vector<std::pair<std::string, ModuleBase*>> children;
  Fields f;
  f.on_module = [&](const std::string& child, ModuleBase& c) {
    children.emplace_back(child, &c);
    return false;
  };
  m.visit(f);
  text += join(std::string(static_cast<std::size_t>(2 * depth), ' '), name.empty() ? "" : join("(", name, "): "),
               m.type_name(), "(", m.extra_repr(), children.empty() ? ")\n" : "\n");
  for (const auto& [child, c] : children) summarize(*c, child, depth + 1, text);
  if (!children.empty()) text += join(std::string(static_cast<std::size_t>(2 * depth), ' '), ")\n");
}
}  // namespace

std::string ModuleBase::summary() {
  std::string text;
  summarize(*this, "", 0, text);
  return text + join(parameter_count(), " parameters\n");
}

// ---- names

std::string detail::short_type_name(std::string_view pretty) {
  // "... [with T = gradus::nn::Linear; ...]" in g++, "... [T = gradus::nn::Linear]" in clang
  const auto start = pretty.find("T = ") + 4;
  std::string_view name = pretty.substr(start, pretty.find_first_of(";]", start) - start);
  const auto scope = name.substr(0, name.find('<')).rfind("::");
  return std::string(scope == std::string_view::npos ? name : name.substr(scope + 2));
}

void ModuleBase::name_children() {
  static std::atomic<std::uint64_t> last_id{0};
  if (!id_) id_ = ++last_id;
  Fields f;
  f.on_module = [this](const std::string& name, ModuleBase& m) {
    m.name_ = intern(name);
    m.named_by_ = id_;
    return true;
  };
  visit(f);
}

ForwardScope::ForwardScope(ModuleBase& module) : path_before_(gradus::detail::module_path), root_before_(current_root) {
  // The walk runs the user's fields(), which may throw: nothing is changed before it.
  const char* path = "";
  if (current_root) {
    if (!module.named_by_ || module.named_by_ != current_root->id_) {
      module.name_ = nullptr;
      current_root->name_children();
      module.named_by_ = current_root->id_;  // also if fields() do not list it, or each call would walk again
    }
    path = module.name_ ? module.name_ : path_before_;
  } else {
    current_root = &module;
  }
  gradus::detail::module_path = path;
  gradus::detail::notify([](Observer& o) { o.enter_module(); });
}
ForwardScope::~ForwardScope() {
  gradus::detail::module_path = path_before_;
  current_root = root_before_;
}

}  // namespace gradus::nn
