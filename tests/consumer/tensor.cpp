// Uses one layer only.
#include <gradus/tensor/tensor.hpp>

#include <cstdio>

int main() {
  const gradus::Tensor x(gradus::Shape{2, 3}, gradus::DType::f32);
  std::printf("%d elements\n", static_cast<int>(x.numel()));
  return x.numel() == 6 ? 0 : 1;
}
