// What in-place functions ask before they write: do the operands, or the elements written, share memory?
#pragma once
#include <gradus/tensor/tensor.hpp>

namespace gradus::kernels {

/// Throws ShapeError if a, about to be written, holds one element many times (an expanded axis).
void check_distinct(const char* op, const Tensor& a);
/// x, or a copy of it where it shares memory with `written` (of the same shape) other than element by element: writing
/// one element would change another that is still to be read.
Tensor keep_apart(const Tensor& x, const Tensor& written);

}  // namespace gradus::kernels
