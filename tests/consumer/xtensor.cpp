// Mixes tensors with xtensor, through the target that is there only with xtensor.
#include <gradus/tensor/xtensor.hpp>

#include <cstdio>

int main() {
  const gradus::Tensor a = gradus::from_xtensor(xt::xarray<float>{1, 2, 3});
  const gradus::Tensor b = gradus::from_xtensor(gradus::as_xtensor<float>(a) + 1.f);
  std::printf("%s\n", to_string(b).c_str());
  return equal(b, gradus::tensor({2.f, 3.f, 4.f})) ? 0 : 1;
}
