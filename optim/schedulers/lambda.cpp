#include <gradus/optim/schedulers/lambda.hpp>

namespace gradus::optim {
namespace {

void check_functions(const Scheduler& s, const std::vector<LrFunction>& functions, bool shared) {
  if (!shared && functions.size() != s.optimizer().group_count())
    fail<ValueError>(s.name(), ": needs one function for all groups or one per group: got ", functions.size(), " for ",
                     s.optimizer().group_count(), " groups");
  for (const auto& f : functions)
    if (!f) fail<ValueError>(s.name(), ": a function is empty");
}
std::size_t function_of(const Scheduler& s, std::size_t group, std::size_t count, bool shared) {
  if (!shared && group >= count)
    fail<StateError>(s.name(), ": group ", group, " was added after the schedule was made: it has ", count, " groups");
  return shared ? 0 : group;
}

}  // namespace

LambdaLR::LambdaLR(OptimizerBase& optimizer, std::vector<LrFunction> fs, bool shared)
    : Scheduler("LambdaLR", optimizer), functions_(std::move(fs)), shared_(shared) {
  check_functions(*this, functions_, shared_);
  start();
}
double LambdaLR::rate(std::size_t group, Index e, double) const {
  return base_lr(group) * functions_[function_of(*this, group, functions_.size(), shared_)](e);
}

MultiplicativeLR::MultiplicativeLR(OptimizerBase& optimizer, std::vector<LrFunction> fs, bool shared)
    : Scheduler("MultiplicativeLR", optimizer), functions_(std::move(fs)), shared_(shared) {
  check_functions(*this, functions_, shared_);
  products_.assign(functions_.size(), {1.0});
  start();
}
double MultiplicativeLR::rate(std::size_t group, Index e, double before) const {
  const std::size_t f = function_of(*this, group, functions_.size(), shared_);
  if (e > 100'000'000) fail<ValueError>(name(), ": index ", e, " is a product of too many factors");
  auto& product = products_[f];
  for (auto i = static_cast<Index>(product.size()); i <= e; ++i) product.push_back(product.back() * functions_[f](i));
  return before * product[static_cast<std::size_t>(e)];
}

}  // namespace gradus::optim
