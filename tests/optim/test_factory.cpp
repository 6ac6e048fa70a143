#include <gradus/gradus.hpp>

#include "catch.hpp"

using namespace gradus;
using namespace gradus::optim;

namespace {
std::vector<Variable> parameters() { return {leaf(tensor({1.0, 2.0}))}; }
std::unique_ptr<OptimizerBase> make(std::string_view text) { return optimizer_factory(text)(parameters()); }
}  // namespace

TEST_CASE("an optimizer made by name has the defaults and the options of its text", "[optim][factory]") {
  const auto plain = make("sgd");
  CHECK(std::string(plain->name()) == "SGD");
  CHECK(plain->get(0, "lr") == SGDOptions{}.lr);
  const auto sgd = make("sgd,momentum=0.9,nesterov=true,lr=5e-2,maximize=0");
  CHECK(sgd->get(0, "momentum") == 0.9);
  CHECK(sgd->get(0, "nesterov") == 1);
  CHECK(sgd->get(0, "lr") == 0.05);
  CHECK(make("adamw,lr=1e+1")->get(0, "lr") == 10);
  CHECK(make("lbfgs,max_iter=7")->get(0, "max_iter") == 7);
}

TEST_CASE("every listed name makes an optimizer or a schedule", "[optim][factory]") {
  CHECK(optimizer_names().size() == 23);
  for (const auto& name : optimizer_names()) {
    const bool wrapper = name == "lookahead" || name == "sam" || name == "asam";
    CHECK(make(wrapper ? name + ":adamw" : name)->group_count() >= 1);
  }
  CHECK(schedule_names() == std::vector<std::string>{"constant", "cosine", "cosine_restarts", "cyclic", "exponential",
                                                     "inverse_sqrt", "linear", "multistep", "noam", "onecycle",
                                                     "polynomial", "step", "swa", "warmup", "warmup_exponential",
                                                     "warmup_geometric", "wsd"});
  for (const auto& name : schedule_names())
    for (const char* optimizer_name : {"adamw", "lbfgs", "sgd"})
      for (const Index steps : {1, 2, 10, 1000}) {
        INFO(name << " of " << optimizer_name << " over " << steps);
        const auto optimizer = make(optimizer_name);
        const auto schedule = schedule_factory(name)(*optimizer, steps);
        CHECK(schedule->index() == 0);
        for (Index e = 0; e < steps; ++e) REQUIRE_NOTHROW(schedule->step());
      }
}

TEST_CASE("wrappers stack and options find their optimizer", "[optim][factory]") {
  const auto optimizer = make("lookahead:sam:rmsprop,k=3,alpha=0.8,rho=0.1,rmsprop.alpha=0.9,lr=0.5");
  auto& lookahead = dynamic_cast<Lookahead&>(*optimizer);
  CHECK(lookahead.options().k == 3);
  CHECK(lookahead.options().alpha == 0.8);
  CHECK(dynamic_cast<SAM&>(lookahead.inner()).options().rho == 0.1);
  CHECK(optimizer->get(0, "alpha") == 0.9);
  CHECK(optimizer->get(0, "lr") == 0.5);
  CHECK(dynamic_cast<SAM&>(*make("asam:sgd")).options().adaptive);
  const auto muon = make("muon,lr=0.02,adamw.lr=0.003,beta1=0.8");
  CHECK(dynamic_cast<Combined*>(muon.get()) != nullptr);
}

TEST_CASE("what an optimizer's text gets wrong is named with what there is", "[optim][factory]") {
  const auto refuses = [](const char* text, const std::string& message) {
    INFO(text);
    CHECK_THROWS_WITH(optimizer_factory(text), message);
  };
  const std::string all =
      "adadelta, adafactor, adagrad, adam, adamax, adamw, adan, asam, asgd, lamb, lars, lbfgs, lion, lookahead, muon, "
      "nadam, radam, rmsprop, rprop, sam, schedulefreeadamw, schedulefreesgd, sgd";
  refuses("zzzzzz", "optimizer: there is no zzzzzz — there are " + all);
  refuses("sgf", "optimizer: there is no sgf — did you mean sgd? There are " + all);
  refuses("AdamW", "optimizer: there is no AdamW — did you mean adamw? There are " + all);
  refuses("SGD", "optimizer: there is no SGD — did you mean sgd? There are " + all);
  refuses("lookahed:adamw", "optimizer: there is no lookahed — did you mean lookahead? There are " + all);
  refuses("lookahead", "optimizer: lookahead goes around another one: lookahead:sgd");
  refuses("lookahead:adamw,k=0", "lookahead: k must be a whole number of at least 1: got 0");
  refuses("lookahead:adamw,alpha=2", "lookahead: alpha must be in [0, 1]: got 2");
  refuses("lookahead:adamw,inner_state=rest",
          "inner_state of lookahead: there is no rest — did you mean reset? There are keep, reset, pullback");
  refuses("sam:sgd,rho=-1", "sam: rho must be finite and >= 0: got -1");
  refuses("sgd+adamw", "optimizer: these cannot be combined: got sgd+adamw");
  refuses("sgd:adamw", "optimizer: these cannot be combined: got sgd:adamw");
  refuses("sgd,momentun=1",
          "option of sgd: there is no momentun — did you mean momentum? There are lr, momentum, dampening, "
          "weight_decay, nesterov, maximize");
  refuses("sgd,lr=fast", "sgd: lr must be a number: got fast");
  refuses("sgd,lr=0x1", "sgd: lr must be a number: got 0x1");
  refuses("sgd,lr=nan", "sgd: lr must be finite and >= 0: got nan");
  refuses("adamw,beta1=1", "adamw: beta1 must be in [0, 1): got 1");
  refuses("adamw,amsgrad=2", "adamw: amsgrad must be 0 or 1: got 2");
  refuses("lbfgs,max_iter=1.5", "lbfgs: max_iter must be a whole number: got 1.5");
  refuses("lbfgs,max_iter=1e300", "lbfgs: max_iter must be in [1, 1e+15]: got 1e+300");
  CHECK_THROWS_WITH(optimizer_factory("sgd,nesterov=1"), ContainsSubstring("nesterov needs momentum > 0"));
  refuses("", "spec: a name is missing: got \"\" — write name,option=value,...");
  refuses("sgd,lr", "spec: an option is not option=value: got \"lr\" in \"sgd,lr\"");
  refuses("sgd,lr=", "spec: an option is not option=value: got \"lr=\" in \"sgd,lr=\"");
  refuses("sgd,lr=1,lr=2", "spec: an option is given twice: got lr in \"sgd,lr=1,lr=2\"");
}

TEST_CASE("chains and wrappers are parsed and spelled in one way", "[optim][factory]") {
  const auto wrapped = parse_specs("lookahead:adamw,k=5,lr=1e-3");
  REQUIRE(wrapped.size() == 1);
  CHECK(wrapped[0].names == std::vector<std::string>{"lookahead", "adamw"});
  CHECK(wrapped[0].options.at("k") == "5");
  const auto chain = parse_specs("warmup:200+cosine,min_lr=1e+3,b=2");
  REQUIRE(chain.size() == 2);
  CHECK(chain[0].names == std::vector<std::string>{"warmup", "200"});
  CHECK(chain[1].names == std::vector<std::string>{"cosine"});
  CHECK(chain[1].options.at("min_lr") == "1e+3");
  CHECK(to_text(chain) == "warmup:200+cosine,b=2,min_lr=1000");
  CHECK(to_text(parse_specs("sgd,nesterov=true,lr=0.0100,x=y")) == "sgd,lr=0.01,nesterov=1,x=y");
  for (const char* bad : {"+cosine", "cosine+", "a::b", ":a", "a:", ",lr=1"}) {
    INFO(bad);
    CHECK_THROWS_WITH(parse_specs(bad), ContainsSubstring("spec: a name is missing"));
  }
}

TEST_CASE("a schedule by name takes what its text leaves open from the run", "[optim][factory]") {
  const auto adamw = make("adamw,lr=0.5");
  const auto constant = schedule_factory("constant")(*adamw, 3);
  for (int i = 0; i < 5; ++i) {
    CHECK(adamw->get(0, "lr") == 0.5);
    constant->step();
  }
  const auto cycle = schedule_factory("onecycle,pct_start=0.5,anneal=linear")(*adamw, 20);
  const OneCycleLR wanted(*adamw, {.max_lr = 0.5, .total_steps = 20, .pct_start = 0.5, .anneal = Anneal::linear});
  for (Index e = 0; e <= 20; ++e) CHECK(cycle->lr(0, e) == wanted.lr(0, e));
  CHECK(schedule_factory("onecycle,max_lr=2")(*adamw, 20)->lr(0, 5) == 2);
  CHECK_NOTHROW(schedule_factory("onecycle")(*adamw, 1));
}

TEST_CASE("a one-cycle schedule by name gives no momentum to who runs without", "[optim][factory]") {
  const auto moved = [](const char* optimizer, const char* option, const char* schedule) {
    const auto o = make(optimizer);
    const double before = o->get(0, option);
    schedule_factory(schedule)(*o, 20);
    return o->get(0, option) != before;
  };
  CHECK(moved("adamw", "beta1", "onecycle"));
  CHECK(moved("sgd,momentum=0.9", "momentum", "onecycle"));
  CHECK_FALSE(moved("sgd", "momentum", "onecycle"));
  CHECK_FALSE(moved("sgd,momentum=0.9", "momentum", "onecycle,cycle_momentum=false"));
  const auto lbfgs = make("lbfgs");
  CHECK_NOTHROW(schedule_factory("onecycle")(*lbfgs, 20));
  CHECK_THROWS_WITH(schedule_factory("onecycle,cycle_momentum=1")(*lbfgs, 20), ContainsSubstring("LBFGS has neither"));
}

TEST_CASE("a schedule by name has every option of its class", "[optim][factory]") {
  const auto sgd = make("sgd,lr=0.5,momentum=0.9");
  const auto same = [&](const char* text, const Scheduler& wanted, Index total = 100) {
    const auto got = schedule_factory(text)(*sgd, total);
    INFO(text);
    CHECK(std::string(got->name()) == wanted.name());
    for (Index e = 0; e <= 100; ++e) CHECK(got->lr(0, e) == wanted.lr(0, e));
  };
  same("constant", ConstantLR(*sgd, {.factor = 1}));
  same("constant,factor=0.25,total_iters=7", ConstantLR(*sgd, {.factor = 0.25, .total_iters = 7}));
  same("cosine", CosineAnnealingLR(*sgd, {.T_max = 100}));
  same("cosine,eta_min=1e-2,T_max=30%,clamp_after=1",
       CosineAnnealingLR(*sgd, {.T_max = 30, .eta_min = 0.01, .clamp_after = true}));
  same("cosine_restarts", CosineAnnealingWarmRestarts(*sgd, {.T_0 = 25}));
  same("cosine_restarts,T_0=10,T_mult=2", CosineAnnealingWarmRestarts(*sgd, {.T_0 = 10, .T_mult = 2}));
  same("cyclic", CyclicLR(*sgd, {.base_lr = 0.05, .max_lr = 0.5, .step_size_up = 10}));
  same("cyclic,base_lr=0,max_lr=1,step_size_up=4,step_size_down=8,mode=exp_range,gamma=0.9",
       CyclicLR(*sgd, {.base_lr = 0,
                       .max_lr = 1,
                       .step_size_up = 4,
                       .step_size_down = 8,
                       .mode = CyclicMode::exp_range,
                       .gamma = 0.9}));
  same("exponential", ExponentialLR(*sgd, {.gamma = std::pow(0.01, 0.01)}));
  same("exponential,gamma=0.9", ExponentialLR(*sgd, {.gamma = 0.9}));
  same("inverse_sqrt", InverseSqrtLR(*sgd, {.warmup_steps = 10}));
  same("linear", LinearLR(*sgd, {.start_factor = 1, .end_factor = 0, .total_iters = 100}));
  same("linear,start_factor=0.5,end_factor=1,total_iters=20", LinearLR(*sgd, {.start_factor = 0.5, .total_iters = 20}));
  same("multistep", MultiStepLR(*sgd, {.milestones = {50, 75}}));
  same("multistep,milestones=10:20%:30,gamma=0.5", MultiStepLR(*sgd, {.milestones = {10, 20, 30}, .gamma = 0.5}));
  same("noam,d_model=64,warmup_steps=5,scale=2", NoamLR(*sgd, {.d_model = 64, .warmup_steps = 5, .scale = 2}));
  same("polynomial,power=2", PolynomialLR(*sgd, {.total_iters = 100, .power = 2}));
  same("step", StepLR(*sgd, {.step_size = 34}));
  same("step,step_size=30,gamma=0.2", StepLR(*sgd, {.step_size = 30, .gamma = 0.2}));
  same("swa,swa_lr=0.05,anneal_epochs=10,anneal=linear",
       SWALR(*sgd, {.swa_lr = 0.05, .anneal_epochs = 10, .anneal = Anneal::linear}));
  same("warmup", LinearWarmup(*sgd, {.warmup_steps = 100}));
  same("warmup:20,from_one=true", LinearWarmup(*sgd, {.warmup_steps = 20, .from_one = true}));
  same("warmup_exponential,tau=7.5", ExponentialWarmup(*sgd, {.tau = 7.5}));
  same("warmup_geometric:10%,start_factor=0.1", GeometricWarmup(*sgd, {.warmup_steps = 10, .start_factor = 0.1}));
  same("wsd", WSDLR(*sgd, {.warmup_steps = 5, .stable_steps = 75, .decay_steps = 20}));
  same(
      "wsd,warmup_steps=10,decay_steps=50%,cooldown=linear,min_ratio=0.1",
      WSDLR(
          *sgd,
          {.warmup_steps = 10, .stable_steps = 40, .decay_steps = 50, .cooldown = Cooldown::linear, .min_ratio = 0.1}));
}

TEST_CASE("the links of a chain follow each other and the last takes the rest", "[optim][factory]") {
  const auto adamw = make("adamw,lr=0.5");
  const auto chain = schedule_factory("warmup:20+cosine,eta_min=1e-2")(*adamw, 100);
  const CosineAnnealingLR cosine(*adamw, {.T_max = 80, .eta_min = 0.01});
  for (Index e = 0; e <= 100; ++e)
    CHECK(chain->lr(0, e) == (e < 20 ? 0.5 * static_cast<double>(e) / 20 : cosine.lr(0, e - 20)));
  const auto three = schedule_factory("warmup:10%+constant:50%+onecycle,pct_start=0.5")(*adamw, 100);
  CHECK(three->lr(0, 5) == 0.25);
  CHECK(three->lr(0, 10) == 0.5);
  CHECK(three->lr(0, 59) == 0.5);
  CHECK(three->lr(0, 60) == Approx(0.02));
  CHECK(three->momentum(0, 60) == 0.95);
  CHECK(std::isnan(three->momentum(0, 59)));
  CHECK(schedule_factory("warmup:0+cosine")(*adamw, 80)->lr(0, 7) == CosineAnnealingLR(*adamw, {.T_max = 80}).lr(0, 7));
  CHECK(schedule_factory("cosine:75%+swa,swa_lr=0.2,anneal_epochs=1")(*adamw, 8)->lr(0, 7) == 0.2);
  CHECK_THROWS_WITH(schedule_factory("warmup:200+cosine")(*adamw, 200),
                    "schedule: there are no steps left after warmup: a run of 200 steps, got warmup:200+cosine");
  CHECK_THROWS_WITH(schedule_factory("cosine")(*adamw, 0), "schedule: a run needs at least 1 step: got 0");
}

TEST_CASE("what a schedule's text gets wrong is named with what there is", "[optim][factory]") {
  const auto refuses = [](const char* text, const std::string& message) {
    INFO(text);
    CHECK_THROWS_WITH(schedule_factory(text), message);
  };
  std::string all;
  for (const auto& name : schedule_names()) all += (all.empty() ? "" : ", ") + name;
  refuses("onecycel", "schedule: there is no onecycel — did you mean onecycle? There are " + all);
  refuses("warmup:20+cosin", "schedule: there is no cosin — did you mean cosine? There are " + all);
  refuses("constant,lr=1", "option of constant: there is no lr — there are factor, total_iters");
  refuses("cosine,min_lr=1", "option of cosine: there is no min_lr — there are T_max, eta_min, clamp_after");
  refuses("onecycle,anneal=cubic", "onecycle: anneal must be cos or linear: got cubic");
  refuses("cyclic,mode=square", "cyclic: mode must be triangular, triangular2 or exp_range: got square");
  refuses("onecycle,pct_start=2", "onecycle: pct_start must be in [0, 1]: got 2");
  refuses("onecycle,cycle_momentum=3", "onecycle: cycle_momentum must be 0 or 1: got 3");
  refuses("onecycle,max_lr=-1", "onecycle: max_lr must be finite and >= 0: got -1");
  refuses("step,step_size=0", "step: step_size must be in [1, 1e+15]: got 0");
  refuses("step,step_size=2.5", "step: step_size must be a whole number: got 2.5");
  refuses("step,step_size=often", "step: step_size must be a number or a percentage: got often");
  refuses("step,step_size=120%", "step: step_size in % must be in [0, 100]: got 120");
  refuses("step,gamma=5%", "step: gamma must be a number: got 5%");
  refuses("multistep,milestones=5::6", "multistep: milestones must be a number or a percentage: got ");
  refuses("constant+onecycle",
          "schedule: constant needs its steps: got constant+onecycle — write warmup:200+cosine or warmup:5%+cosine");
  refuses("warmup:2:3+cosine",
          "schedule: warmup takes one number of steps: got warmup:2:3+cosine — write warmup:200+cosine or "
          "warmup:5%+cosine");
  refuses("warmup:many+cosine", "warmup: steps must be a number or a percentage: got many");
  refuses("warmup:-3+cosine", "warmup: steps must be in [0, 1e+15]: got -3");
  CHECK_THROWS_WITH(schedule_factory("warmup:60%+constant:40%+cosine"),
                    ContainsSubstring("no steps left after constant"));
  CHECK_THROWS_WITH(schedule_factory("plateau"), ContainsSubstring("plateau follows a metric"));
  CHECK_THROWS_WITH(schedule_factory("warmup:5+plateau,patience=3"), ContainsSubstring("use optim::ReduceLROnPlateau"));
}
