#include "assay/cli/program.hpp"

int main(int argc, char** argv) { return assay::program(argc, argv); }
