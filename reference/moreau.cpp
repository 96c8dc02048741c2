#include "reference/moreau.hpp"

namespace assay::reference {

namespace {

/// Gaussian elimination with row exchanges. @pre A regular
Textbook::Vector solved(Textbook::Matrix A, Textbook::Vector b) {
  const Index n = b.size();
  for (Index k = 0; k < n; ++k) {
    Index pivot = k;
    for (Index i = k; i < n; ++i)
      if (magnitude(A(pivot, k)) < magnitude(A(i, k))) pivot = i;
    A.row(k).swap(A.row(pivot));
    std::swap(b[k], b[pivot]);
    for (Index i = k + 1; i < n; ++i) {
      const Textbook::R factor = A(i, k) / A(k, k);
      for (Index j = k; j < n; ++j) A(i, j) -= factor * A(k, j);
      b[i] -= factor * b[k];
    }
  }
  for (Index i = n - 1; i >= 0; --i) {
    for (Index j = i + 1; j < n; ++j) b[i] -= A(i, j) * b[j];
    b[i] /= A(i, i);
  }
  return b;
}

}  // namespace

Moreau moreau(const Textbook::Matrix& Q, const Textbook::Vector& gradient,
              const Textbook::Vector& x, const Textbook::R& rho) {
  Textbook::Matrix shifted = Q;
  for (Index i = 0; i < x.size(); ++i) shifted(i, i) += rho;
  const Textbook::Vector move = -solved(shifted, gradient);
  Moreau out;
  out.prox = x + move;
  out.gradient = -rho * move;
  // F(x) - F(z) - rho/2 |z - x|^2 with F(z) = F(x) + g'd + d'Qd/2.
  out.drop = -(gradient.dot(move) + move.dot(Q * move) / 2 + rho * move.dot(move) / 2);
  return out;
}

}  // namespace assay::reference
