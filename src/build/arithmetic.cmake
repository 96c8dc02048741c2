# The arithmetic contract. Everything that computes links this, and whoever links assay inherits it.
add_library(assay_arithmetic INTERFACE)
target_compile_features(assay_arithmetic INTERFACE cxx_std_20)
# Eigen stores; its vectorised reductions would make the order depend on the instruction set.
target_compile_definitions(assay_arithmetic INTERFACE EIGEN_DONT_VECTORIZE EIGEN_DONT_PARALLELIZE)
# -fno-tree-vectorize: g++ 12 fuses multiply-add pairs in its vectoriser in spite of -ffp-contract=off.
# Kept on every instruction set: the kernels are written in vector types and don't need it.
target_compile_options(assay_arithmetic INTERFACE
  $<$<CXX_COMPILER_ID:GNU,Clang,AppleClang>:-ffp-contract=off;-fno-fast-math>
  $<$<CXX_COMPILER_ID:GNU>:-fno-tree-vectorize>)
