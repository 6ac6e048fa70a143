// A Tensor and xtensor side by side: xtensor prepares the data, Gradus fits a line to them, xtensor looks at the result.
#include <gradus/gradus.hpp>
#include <gradus/tensor/xtensor.hpp>

#include <cstdio>

#if __has_include(<xtensor/views/xview.hpp>)
#include <xtensor/generators/xbuilder.hpp>
#include <xtensor/views/xview.hpp>
#else
#include <xtensor/xbuilder.hpp>
#include <xtensor/xview.hpp>
#endif

using namespace gradus;

int main() {
  // Points on y = 3 x - 1, as columns [x, 1]; the array moves into a tensor without a copy.
  xt::xarray<double> columns = xt::ones<double>({50, 2});
  xt::view(columns, xt::all(), 0) = xt::linspace<double>(-1, 1, 50);
  const Tensor x = from_xtensor(std::move(columns));

  // A tensor in an xtensor expression: xtensor evaluates it, with its own views and broadcasting.
  const auto rows = as_xtensor<double>(x);
  const Tensor y = from_xtensor(3. * xt::view(rows, xt::all(), xt::range(0, 1)) - 1.);

  // Gradus derives, and xtensor writes the step: the tape sees such a write like any other.
  Variable w = leaf(zeros({2, 1}, DType::f64));
  double loss = 0;
  for (int step = 0; step < 100; ++step) {
    const Variable error = nn::mse_loss(matmul(x, w), y);
    error.backward();
    loss = error.item();
    as_mutable_xtensor<double>(w.data()) -= 0.5 * as_xtensor<double>(w.grad());
    w.grad() = Tensor();
  }
  std::printf("slope %.4f  offset %.4f  loss %.1e\n", as_xtensor<double>(w.data())(0, 0),
              as_xtensor<double>(w.data())(1, 0), loss);
  return allclose(w.data(), tensor({{3.}, {-1.}}), 1e-3) ? 0 : 1;
}
