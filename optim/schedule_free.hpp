// Learning without a schedule (Defazio et al., arXiv 2405.15682): three sequences z (where the steps go), x (their average:
// what to evaluate and keep) and y = (1 - beta) z + beta x (where gradients are taken). The parameters hold y while
// training and x after eval().
#pragma once
#include <gradus/optim/optimizer.hpp>

namespace gradus::optim {

/// What both rules share: the warm-up, the weights of the average, and the change between y and x.
template <class O>
class ScheduleFree : public Optimizer<O> {
 public:
  using Optimizer<O>::Optimizer;
  /// Throws StateError in evaluation mode.
  void check_step() const override;
  /// Puts the average x into the parameters, to evaluate or save; train() puts y back, bit for bit. Weights that were
  /// loaded in between stay: both sequences start again from them. Loaded while training, they need reset_state().
  void eval() override;
  void train() override;
  bool training() const { return training_; }

 protected:
  struct Weights {
    double gamma;  // step size, with warm-up
    double c;      // weight of the newest z in the average
  };
  Weights advance(Tensor& p, State& state, const O& o);
  /// x of parameter i, from its y.
  Tensor average(const Tensor& y, std::size_t i);
  void save_extra(StateDict& state) const override;
  void check_extra(const StateDict& state) const override;
  void load_extra(const StateDict& state) override;

 private:
  bool training_ = true;
  std::vector<Tensor> held_;  // y, while the parameters are x
};

struct ScheduleFreeSGDOptions {
  static constexpr const char* name = "ScheduleFreeSGD";
  double lr = 1;
  double beta = 0.9;           ///< in (0, 1): how much of the average the gradient's place has
  double weight_decay = 0;     ///< >= 0, at y
  Index warmup_steps = 0;      ///< >= 0, linear
  double r = 0;                ///< >= 0: weights grow like t^r
  double weight_lr_power = 2;  ///< >= 0: and like the largest lr to this power
  bool maximize = false;
  static std::span<const OptionRow<ScheduleFreeSGDOptions>> rows();
};
/// State: z, weight_sum, lr_max.
class ScheduleFreeSGD : public ScheduleFree<ScheduleFreeSGDOptions> {
 public:
  using ScheduleFree::ScheduleFree;

 protected:
  void update(Tensor& p, const Tensor& g, State& state, const Options& o) override;
  std::vector<StateRow> state_rows(const Shape& p) const override {
    return {{"z", p}, {"weight_sum", {}}, {"lr_max", {}}};
  }
};

struct ScheduleFreeAdamWOptions {
  static constexpr const char* name = "ScheduleFreeAdamW";
  double lr = 2.5e-3;
  double beta = 0.9;           ///< in (0, 1): how much of the average the gradient's place has
  double beta2 = 0.999;        ///< in [0, 1)
  double eps = 1e-8;           ///< >= 0, added after the root
  double weight_decay = 0;     ///< >= 0, decoupled, at y
  Index warmup_steps = 0;      ///< >= 0, linear
  double r = 0;                ///< >= 0: weights grow like t^r
  double weight_lr_power = 2;  ///< >= 0: and like the largest lr to this power
  bool maximize = false;
  static std::span<const OptionRow<ScheduleFreeAdamWOptions>> rows();
};
/// State: z, exp_avg_sq, weight_sum, lr_max.
class ScheduleFreeAdamW : public ScheduleFree<ScheduleFreeAdamWOptions> {
 public:
  using ScheduleFree::ScheduleFree;

 protected:
  void update(Tensor& p, const Tensor& g, State& state, const Options& o) override;
  std::vector<StateRow> state_rows(const Shape& p) const override {
    return {{"z", p}, {"exp_avg_sq", p}, {"weight_sum", {}}, {"lr_max", {}}};
  }
};

}  // namespace gradus::optim
