#pragma once

#include "assay/diagnose/proof.hpp"
#include "assay/problem/instance.hpp"

namespace assay {

/// Proofs by enclosure of |grad F| on one instance. The instance has to outlive them.
Prover make_prover(const Instance& instance);

}  // namespace assay
