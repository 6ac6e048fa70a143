#include <gradus/nn/forward_hook.hpp>

namespace gradus::nn {

constinit thread_local ForwardHook* ForwardHook::newest_ = nullptr;

ForwardHook::ForwardHook(Function f) : f_(std::move(f)), next_(newest_) {
  if (!f_) fail<ValueError>("ForwardHook: needs a function: it is empty");
  newest_ = this;
}
ForwardHook::~ForwardHook() { newest_ = next_; }

void ForwardHook::notify_all(ModuleBase& module, const Variable& output) {
  // A hook that runs a model itself is not called for that.
  const struct Silence {
    ForwardHook* hooks = std::exchange(newest_, nullptr);
    ~Silence() { newest_ = hooks; }
  } silence;
  for (ForwardHook* h = silence.hooks; h; h = h->next_) h->f_(module, output);
}

}  // namespace gradus::nn
