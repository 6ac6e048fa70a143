// Averages of weights over the course of training: better than the last weights, which are still moving.
#pragma once
#include <gradus/optim/optimizer.hpp>

namespace gradus::optim {

enum class Average {
  equal,  ///< the mean of all weights seen: SWA (Izmailov et al., arXiv 1803.05407) when updated at epoch ends, Polyak
          ///< and Ruppert's when updated at every step (of the tail, if begun late)
  exponential  ///< EMA: decay * average + (1 - decay) * weights
};
enum class EmaWarmup {
  none,
  tensorflow,  ///< min(decay, (1 + t) / (10 + t))
  power        ///< min(decay, 1 - (1 + t)^(-2/3))
};
struct AveragingOptions {
  Average kind = Average::equal;
  double decay = 0.999;                ///< in [0, 1], of exponential averages
  EmaWarmup warmup = EmaWarmup::none;  ///< a smaller decay while there are few updates
  bool from_zero = false;              ///< exponential: start at 0 and divide by 1 - decay^n, instead of from a copy
};

/// Keeps an average of each parameter. Buffers (batch-norm statistics) are copied from the model, not averaged: refresh
/// them after a swap.
class WeightAverage {
 public:
  /// Handles on the live weights; the averages are copies. Throws ValueError for options out of range, or a parameter
  /// with holes in its memory.
  explicit WeightAverage(const std::vector<Variable>& parameters, AveragingOptions options = {},
                         const std::vector<Tensor>& buffers = {});
  /// Takes in the weights as they are now. Like apply() and swap(), throws StateError if others have replaced them.
  void update();
  Index updates() const { return updates_; }
  /// The averages (corrected, if they started from zero). Throws StateError before the first update().
  std::vector<Tensor> averages() const;
  /// Writes the averages into the live weights.
  void apply();

  /// The averages in the live weights until the end of the scope, then the weights again, bit for bit.
  class Swap {
   public:
    explicit Swap(WeightAverage& average);
    ~Swap();
    Swap(const Swap&) = delete;
    Swap& operator=(const Swap&) = delete;

   private:
    WeightAverage* average_;
    std::vector<Tensor> weights_, buffers_;
  };
  [[nodiscard]] Swap swap() { return Swap(*this); }

  StateDict state_dict() const;
  /// All or nothing; throws ValueError for a state that does not fit.
  void load_state_dict(const StateDict& state);

 private:
  double decay_now() const;

  std::vector<Variable> parameters_;
  std::vector<Tensor> buffers_, averages_, kept_buffers_;
  AveragingOptions options_;
  Index updates_ = 0;
  double remaining_ = 1;  // from_zero: the product of all decays
};

}  // namespace gradus::optim
