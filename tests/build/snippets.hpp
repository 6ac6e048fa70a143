// What the blocks of C++ in the documentation take for granted: a model, data, an optimizer. Compiled by snippets.sh only.
#include <gradus/gradus.hpp>

#include <fstream>
#include <iostream>

using namespace gradus;

struct Mlp : nn::Module<Mlp> {
  nn::Linear fc1{64, 64}, fc2{64, 10};
  Variable forward(const Variable& x) { return fc2(relu(fc1(x))); }
  void fields(nn::Fields& f) {
    f("fc1", fc1);
    f("fc2", fc2);
  }
};
extern Mlp model;
extern Tensor x, y, v, t;
extern Variable w;
extern optim::AdamW optimizer;
extern optim::OneCycleLR schedule;
extern optim::OptimizerBase& o;
extern data::DataLoader loader, batches;
extern Index epochs, blocks;
extern bool resume;
void train_one_step();

#if __has_include(<xtensor/containers/xarray.hpp>) || __has_include(<xtensor/xarray.hpp>)
#include <gradus/tensor/xtensor.hpp>
extern xt::xarray<float> a, array;
#endif
