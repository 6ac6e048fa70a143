// tensor/linalg.hpp for Variables: decompositions and linear systems that can be differentiated, once or more often.
#pragma once
#include <gradus/autograd/variable.hpp>
#include <gradus/tensor/linalg.hpp>

namespace gradus::linalg {

/// The derivative needs r [..., k, n] to have no 0 on its diagonal: linearly independent columns, the first m if m < n.
Qr<Variable> qr(const Variable& a);
/// The gradient is symmetric, though only the lower triangle is read. Eigenvectors of equal eigenvalues are arbitrary: a
/// loss that depends on the choice has an infinite or NaN gradient (PyTorch: any loss), one of the values alone has not.
Eigh<Variable> eigh(const Variable& a);
Variable eigvalsh(const Variable& a);
/// The gradient is symmetric, though only the lower triangle is read.
Variable cholesky(const Variable& a);
/// Equal singular values as in eigh; where a is not square, u and vh also need all singular values to be above 0.
Svd<Variable> svd(const Variable& a);
Variable svdvals(const Variable& a);

Variable solve(const Variable& a, const Variable& b);
/// The gradient for a is 0 outside the triangle that is read.
Variable solve_triangular(const Variable& a, const Variable& b, const TriangularOptions& options = {});
Variable inv(const Variable& a);
/// The second derivative needs an invertible a, else ValueError.
Variable det(const Variable& a);
/// The sign is a constant. The derivative needs an invertible a, else ValueError.
Slogdet<Variable> slogdet(const Variable& a);

}  // namespace gradus::linalg
