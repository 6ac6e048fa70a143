#include <gradus/optim/element.hpp>

namespace gradus::optim::detail {

void refuse_layouts(std::initializer_list<const Tensor*> tensors) {
  std::string text;
  for (const Tensor* t : tensors)
    text += t->defined() ? join(text.empty() ? "" : ", ", t->dtype(), " ", t->shape(), " with strides ", t->strides())
                         : join(text.empty() ? "" : ", ", "an undefined tensor");
  fail<ShapeError>("for_each_element: tensors differ in shape, layout or dtype, or are not dense: ", text);
}

}  // namespace gradus::optim::detail
