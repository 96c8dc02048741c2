#pragma once

#include "assay/scalar/scalar.hpp"

/// Templates live in .cpp files and are instantiated there, for the lists below, by
///
///     #define ASSAY_INSTANTIATE(S) template class Thing<S>;
///     ASSAY_FOR_EACH_REAL(ASSAY_INSTANTIATE)
///
/// REAL: everything with a square root. FIELD: those and Rational. Built with ASSAY_ARCHETYPE both
/// lists hold only the archetype, a scalar without implicit conversions: a literal computed in
/// double before it is widened then does not compile.
#ifdef ASSAY_ARCHETYPE
#include "assay/scalar/archetype.hpp"
#define ASSAY_FOR_EACH_REAL(X) X(::assay::Archetype)
#define ASSAY_FOR_EACH_FIELD(X) X(::assay::Archetype)
#else
#define ASSAY_FOR_EACH_REAL(X) \
  X(double)                    \
  X(::assay::Soft53)           \
  X(::assay::Real50)           \
  X(::assay::Real100)
#define ASSAY_FOR_EACH_FIELD(X) \
  ASSAY_FOR_EACH_REAL(X)        \
  X(::assay::Rational)
#endif
