#pragma once

#include <gmp.h>
#include <mpfr.h>

#include "assay/scalar/convert.hpp"

namespace assay {

/// A number of MPFR, the independent reference of the tests.
class Mpfr {
 public:
  explicit Mpfr(mpfr_prec_t bits) { mpfr_init2(x_, bits); }
  template <class S>
  Mpfr(mpfr_prec_t bits, const S& value) : Mpfr(bits) {
    mpfr_set_q(x_, convert<Rational>(value).backend().data(), MPFR_RNDN);
  }
  Mpfr(const Mpfr&) = delete;
  Mpfr& operator=(const Mpfr&) = delete;
  ~Mpfr() { mpfr_clear(x_); }

  operator mpfr_ptr() { return x_; }

  Rational exact() const {
    Rational value;
    mpfr_get_q(value.backend().data(), x_);
    return value;
  }

 private:
  mpfr_t x_;
};

}  // namespace assay
