// What whole runs cost: every golden experiment, in double and in full length.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "assay/run/run.hpp"

namespace {

void run(benchmark::State& state, const assay::Experiment& experiment) {
  const assay::Instance instance = assay::load_instance(experiment);
  for (auto _ : state) benchmark::DoNotOptimize(assay::run_experiment(experiment, instance));
  state.SetItemsProcessed(state.iterations() * experiment.iterations);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(ASSAY_GOLDEN "/experiments"))
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files)
    benchmark::RegisterBenchmark(file.stem().c_str(), run, assay::read_experiment(file))
        ->Unit(benchmark::kMillisecond);

  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
