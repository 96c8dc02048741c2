#include "properties/textbook_loop.hpp"

namespace assay::properties {

using reference::size_of;

ExactVector Sampling::q(Index m, long iteration, std::uint32_t sample) const {
  return Exact(width) * as_exact(draws(Purpose::lower_perturbation, iteration, sample).normals(m));
}

namespace {

/// grad_x f and grad_y f get noise of their own: z over both, and a symmetric matrix by its lower
/// triangle, column by column. @return a bound on its size and on its slope in x
Exact add_noise(const Textbook& book, const Sampling& s, const ExactVector& x, long iteration,
                std::uint32_t sample, ExactVector& fx, ExactVector& fy) {
  Exact size(0);
  if (s.gradient > 0) {
    const ExactVector z =
        Exact(s.gradient) *
        as_exact(s.draws(Purpose::upper_noise, iteration, sample).normals(book.n + book.m));
    fx += z.head(book.n);
    fy += z.tail(book.m);
    size += size_of(z);
  }
  if (s.upper_hessian > 0) {
    const RandomStream stream = s.draws(Purpose::upper_noise, iteration, sample | 0x80000000U);
    Textbook::Matrix Z(book.n, book.n);
    std::uint64_t k = 0;
    for (Index j = 0; j < book.n; ++j)
      for (Index i = j; i < book.n; ++i)
        Z(i, j) = Z(j, i) = Exact(s.upper_hessian) * Exact(stream.normal(k++));
    fx += Z * (x - book.xt);
    size += size_of(Z) * (1 + size_of(ExactVector(x - book.xt)));
  }
  return size;
}

}  // namespace

Estimate estimate(Textbook& book, const Sampling& s, const ExactVector& x, const Exact& x_error,
                  long iteration, const ExactVector* fixed, const Exact& u) {
  Estimate out;
  out.value = ExactVector::Zero(book.n);
  Exact largest(0);
  for (long k = 0; k < s.samples; ++k) {
    const auto sample = static_cast<std::uint32_t>(k);
    out.last_q = fixed ? *fixed : s.width > 0 ? s.q(book.m, iteration, sample) : ExactVector();
    ExactVector linear = out.last_q;
    if (s.lower_linear > 0) {
      if (linear.size() == 0) linear = ExactVector::Zero(book.m);
      linear += Exact(s.lower_linear) *
                as_exact(s.draws(Purpose::lower_noise, iteration, sample).normals(book.m));
    }
    // width z, the noise and their sum are rounded.
    const Exact q_error = 3 * u * (size_of(linear) + size_of(out.last_q));
    const auto& at = book.solve(x, linear);
    if (!at.found) return out;
    const Exact shift = book.margin_slope(at.active) * (x_error + q_error) +
                        (1 + size_of(book.B)) * book.answer_error(at, x, u);
    if (!(at.margin > shift)) return out;
    ExactVector fx = at.upper_x, fy = at.upper_y;
    const Exact noise = add_noise(book, s, x, iteration, sample, fx, fy);
    const ExactVector g = fx + book.implicit(at, fy);
    out.value += g;
    out.error += book.gradient_error(at, x, u, noise) + book.gradient_slope(at.active) * x_error +
                 Exact(s.upper_hessian > 0 ? 1 : 0) * noise * x_error +
                 book.gradient_slope_q(at.active) * q_error;
    largest = larger(largest, size_of(g));
  }
  const Exact count(static_cast<double>(s.samples));
  out.value /= count;
  out.error = out.error / count + (count + 1) * u * largest;
  out.certain = true;
  return out;
}

}  // namespace assay::properties
