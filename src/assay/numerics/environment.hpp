#pragma once

#include <string>
#include <vector>

namespace assay {

/// Tests that the arithmetic this program was built with, on this machine, now, keeps the contract:
/// rounding to nearest, no contraction, no reassociation, no flush to zero, no excess precision,
/// NaN honoured, and a known digest of kernels and random streams.
/// @return one sentence per broken promise; empty when all hold.
std::vector<std::string> check_arithmetic();

/// For whoever is about to compute what others will compare.
/// @throws Error(environment) when a promise is broken
void require_arithmetic();

/// Facts about compiler, flags, processor and libraries, "key: value"; shown, never compared.
std::vector<std::pair<std::string, std::string>> environment_facts();

}  // namespace assay
