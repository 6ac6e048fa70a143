#include <gradus/autograd/observer.hpp>
#include <gradus/nn/module.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <unordered_set>

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
/// While a module is copied to see what it owns: the nodes of all parameters that are copied, without their values.
constinit thread_local std::unordered_set<const Node*>* copied_parameters = nullptr;

}  // namespace

Parameter::Parameter(Tensor value) : Variable(leaf(std::move(value))) { held() = Leaf::Holder::parameter; }
Parameter::Parameter(const Parameter& other) : Variable() {
  if (!other.defined()) return;
  if (copied_parameters) copied_parameters->insert(other.node().get());
  *this = Parameter(copied_parameters ? empty_like(other.data()) : copy(other.data()));
}
Parameter& Parameter::operator=(const Parameter& other) {
  if (this == &other) return *this;
  if (fits(data(), other.data())) data().copy_from(other.data());
  else *this = Parameter(other);
  return *this;
}
Parameter& Parameter::operator=(Parameter&& other) {
  if (this == &other) return *this;
  if (fits(data(), other.data())) {
    data().copy_from(other.data());
    return *this;
  }
  if (node() && node().get() != other.node().get()) {
    held() = Leaf::Holder::gone;
    grad() = Tensor();  // of a weight that nobody uses any more
  }
  Variable::operator=(Variable(std::move(other.data()), other.node()));
  return *this;
}
Buffer& Buffer::operator=(const Buffer& other) {
  if (this == &other) return *this;
  if (fits(*this, other)) copy_from(other);
  else *this = Buffer(other);
  return *this;
}
Buffer& Buffer::operator=(Buffer&& other) {
  if (this == &other) return *this;
  if (fits(*this, other)) copy_from(other);
  else Tensor::operator=(std::move(other));
  return *this;
}

void Fields::operator()(std::string_view name, ModuleBase& child) {
  const std::string before = std::exchange(prefix_, path(name));
  if (!on_module || on_module(prefix_, child)) child.visit(*this);
  prefix_ = before;
}

// ---- walks

std::vector<std::pair<std::string, Variable>> ModuleBase::named_parameters() const {
  std::vector<std::pair<std::string, Variable>> found;
  Fields f;
  std::set<std::string> names;
  std::set<const Node*> seen;
  f.on_parameter = [&](const std::string& name, Parameter& p) {
    if (!names.insert(name).second)
      fail<ValueError>("named_parameters: ", type_name(), "::fields() gives a name twice: ", name);
    if (seen.insert(p.node().get()).second) found.emplace_back(name, p);
  };
  look(f);
  return found;
}
std::vector<Variable> ModuleBase::parameters() const {
  std::vector<Variable> found;
  for (auto& [name, p] : named_parameters()) found.push_back(std::move(p));
  return found;
}
Index ModuleBase::parameter_count() const {
  Index n = 0;
  for (const Variable& p : parameters()) n += p.numel();
  return n;
}
void ModuleBase::zero_grad() {
  for (const Variable& p : parameters()) p.grad() = Tensor();
}

StateDict ModuleBase::state_dict() const {
  StateDict state;
  const auto add = [&](const std::string& name, const Tensor& t) {
    if (!state.emplace(name, t).second)
      fail<ValueError>("state_dict: ", type_name(), "::fields() gives a name twice: ", name);
  };
  Fields f;
  f.on_parameter = [&](const std::string& name, Parameter& p) { add(name, p.data()); };
  f.on_buffer = [&](const std::string& name, Buffer& b) { add(name, b); };
  look(f);
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

std::string ModuleBase::summary() const {
  std::string text;
  summarize(const_cast<ModuleBase&>(*this), "", 0, text);  // which only looks
  return text + join(parameter_count(), " parameters\n");
}

// ---- what fields() forgot

namespace {
struct Use {
  Leaf* leaf;
  std::string module;  ///< path of the module that used it
};
/// The leaves of parameters that the results were computed from, oldest first, but for those listed.
std::vector<Use> unlisted_parameters(const std::vector<Variable>& results, std::unordered_set<const Node*> listed) {
  std::vector<Use> found;
  std::vector<Node*> to_visit;
  std::unordered_set<const Node*>& seen = listed;
  const auto reach = [&](Node& n, const char* module) {
    if (!seen.insert(&n).second) return;
    if (!n.is_leaf()) to_visit.push_back(&n);
    else if (auto& leaf = static_cast<Leaf&>(n); leaf.holder == Leaf::Holder::parameter)
      found.push_back({&leaf, module});
  };
  for (const Variable& y : results)
    if (y.node()) reach(*y.node(), "");
  while (!to_visit.empty()) {
    Node* n = to_visit.back();
    to_visit.pop_back();
    n->each_input([&](Node& input) { reach(input, n->module()); });
  }
  std::sort(found.begin(), found.end(), [](auto& a, auto& b) { return a.leaf->sequence() < b.leaf->sequence(); });
  return found;
}
}  // namespace

void ModuleBase::check_fields(const std::vector<Variable>& results) {
  if (std::none_of(results.begin(), results.end(), [](const Variable& y) { return y.requires_grad(); })) return;
  std::unordered_set<const Node*> listed, owned;
  for (const Variable& p : parameters()) listed.insert(p.node().get());
  std::vector<Use> unlisted = unlisted_parameters(results, std::move(listed));
  std::map<std::string, const ModuleBase*> modules = {{"", this}};
  if (!unlisted.empty()) {
    Fields f;
    f.on_module = [&](const std::string& name, ModuleBase& m) { return modules.emplace(name, &m).second; };
    visit(f);
    const struct Counting {
      explicit Counting(std::unordered_set<const Node*>& nodes) { copied_parameters = &nodes; }
      ~Counting() { copied_parameters = nullptr; }
    } counting(owned);
    for (const auto& [name, m] : modules) m->copy_and_drop();
  }
  std::erase_if(unlisted, [&](const Use& u) { return !owned.contains(u.leaf); });
  if (!unlisted.empty()) {
    const auto& path = unlisted[0].module;
    std::string weights;
    for (const Use& u : unlisted)
      if (u.module == path) weights += join(weights.empty() ? "" : ", ", u.leaf->dtype(), " ", u.leaf->shape());
    fail<StateError>(modules.contains(path) ? modules[path]->type_name() : type_name(),
                     "::fields() does not list a weight that forward uses: ", weights,
                     path.empty() ? "" : join(" in module ", path),
                     " — name it there, or use it under NoGrad if it is not to be trained");
  }
  checked_ = true;
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
