// The program without oracles and properties: half the build, for a first run and for the
// sanitizers.
#include "assay/cli/program.hpp"

int main(int argc, char** argv) { return assay::program(argc, argv, {}); }
