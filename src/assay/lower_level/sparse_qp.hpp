#pragma once

#include <memory>
#include <vector>

#include "assay/lower_level/active_set_qp.hpp"
#include "assay/lower_level/solver.hpp"
#include "assay/problem/sparse_program.hpp"

namespace assay {

/// y*(x) of a sparse lower level, and the products of its derivative: ActiveSetQp on a sparse
/// factor of H and a dense one of B_I H^-1 B_I', I the active rows. Every row that was ever active
/// keeps its H^-1 b, m numbers: meant for some hundred of them. Once each has been, a solve takes
/// no memory.
///
/// For programs and benches; a run works with ActiveSetLowerLevel.
template <class S>
class SparseQp {
 public:
  /// @param program  only viewed; has to outlive this
  explicit SparseQp(const SparseProgram<S>& program);
  explicit SparseQp(const SparseProgram<S>&& program) = delete;

  /// The next solve starts without inequalities instead of those active last time.
  void forget();

  /// As LowerLevel::solve; after SparseProgram::set_H with the new H, from the rows of last time.
  /// not_converged also where a number leaves the range of S. @param x (n), q (m) or of size 0
  /// @throws InputError: sizes that do not fit, an entry that is not finite
  const LowerSolution<S>& solve(const Vec<S>& x, const Vec<S>& q = {});

  /// out = (dy*/dx)'v at the x solved last: -M'p - A_I'nu, where [H B_I'; B_I 0][p; nu] = [v; 0]
  /// and I are the rows solution.active. So grad F = grad_x f + vjp(grad_y f).
  /// @param v  (m), out (n). @throws NumericalError: the last solve() did not return solved, or H
  ///         was set since
  void vjp(const Vec<S>& v, Vec<S>& out);

  long iterations() const { return qp_->iterations(); }

 private:
  void renew();

  const SparseProgram<S>& p_;
  long revision_ = 0;  ///< of p_, that qp_ is made for
  bool is_solved_ = false;
  std::unique_ptr<ActiveSetQp<S, SparseData<S>>> qp_;
  Certifier<S> certifier_;
  LowerSolution<S> solution_;
  std::vector<Index> warm_, held_;
  Vec<S> linear_, limits_, slack_, solved_, nu_, of_rows_;
  DataTerms<S> terms_;
};

}  // namespace assay
