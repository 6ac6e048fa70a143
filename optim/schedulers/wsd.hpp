#pragma once
#include <gradus/optim/schedulers/schedule_options.hpp>

namespace gradus::optim {

/// How the last phase falls from 1 to 0, over the share p of it that is done.
enum class Cooldown {
  sqrt,         ///< 1 - sqrt(p) (Hägele et al., arXiv 2405.18392)
  linear,       ///< 1 - p
  square,       ///< 1 - p^2
  cosine,       ///< (1 + cos(pi p)) / 2
  exponential,  ///< 2^(-10 p), shifted and scaled to end at 0: ten half-lives (after MiniCPM, arXiv 2404.06395)
};
struct WSDLROptions {
  Index warmup_steps = 0, stable_steps = 0, decay_steps = 0;  ///< >= 0
  Cooldown cooldown = Cooldown::sqrt;
  double min_ratio = 0;  ///< in [0, 1]: what is left of the base rate at the end, and after
  static std::span<const OptionRow<WSDLROptions>> rows();
  static std::span<const ChoiceRow<WSDLROptions>> choices();
  static void check(const WSDLROptions&) {}
};
/// Warm-up, stable, decay: e / warmup_steps, then 1, then min_ratio + (1 - min_ratio) * cooldown, then min_ratio.
class WSDLR final : public FactorSchedule<WSDLROptions> {
 public:
  WSDLR(OptimizerBase& optimizer, Options options) : FactorSchedule("WSDLR", optimizer, options) { start(); }
  double factor(Index e) const override;
};

}  // namespace gradus::optim
