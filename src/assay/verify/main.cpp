// The whole program.
#include "assay/cli/program.hpp"
#include "assay/verify/commands.hpp"

int main(int argc, char** argv) {
  return assay::program(argc, argv, "assay",
                        {assay::add_certify, assay::add_fuzz, assay::add_replay,
                         assay::add_diagnose, assay::add_perf});
}
