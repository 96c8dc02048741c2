# Unit tests ("unit") run in the presets sanitize and debug. In release run the oracles' own tests and
# those of the whole program ("oracle"), the laws ("property") and the checks of sources and build
# ("build"); that its bits are those of the other compiler is for the golden gate ("golden", in both).
find_package(GTest REQUIRED)
include(GoogleTest)
enable_testing()

# assay_test_program(NAME LABEL PROGRAM SOURCES...): the tests of one part, each a test of CTest, some
# of which start the program.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  set(property_percent 100)
else()
  set(property_percent 15)  # slow builds try fewer cases
endif()
function(assay_test_program name label program)
  add_executable(${name} ${ARGN})
  set_target_properties(${name} PROPERTIES UNITY_BUILD ${ASSAY_UNITY})
  target_link_libraries(${name} PRIVATE assay_warnings GTest::gtest GTest::gtest_main fmt::fmt mpfr)
  if(name STREQUAL assay_tests)
    target_precompile_headers(assay_tests PRIVATE ${precompiled} <gtest/gtest.h>)
  else()
    target_precompile_headers(${name} REUSE_FROM assay_precompiled)
  endif()
  target_compile_definitions(${name} PRIVATE
    ASSAY_GOLDEN="${CMAKE_CURRENT_SOURCE_DIR}/golden"
    ASSAY_CORPUS="${CMAKE_CURRENT_SOURCE_DIR}/properties/corpus"
    ASSAY_PROGRAM="$<TARGET_FILE:${program}>")
  add_dependencies(${name} ${program})
  gtest_discover_tests(${name} NO_PRETTY_TYPES NO_PRETTY_VALUES DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${label} ENVIRONMENT ASSAY_PROPERTY_PERCENT=${property_percent})
endfunction()

# Tests beside the code, the oracles' own tests, and laws on random instances.
file(GLOB unit_tests CONFIGURE_DEPENDS src/assay/*/*_test.cpp)
file(GLOB reference_tests CONFIGURE_DEPENDS reference/*_test.cpp)
file(GLOB property_tests CONFIGURE_DEPENDS properties/*_test.cpp)
# Those of certify, fuzz and replay start the whole program, with the oracles and the laws.
set(whole_program ${unit_tests})
list(FILTER unit_tests EXCLUDE REGEX "src/assay/verify/")
list(FILTER whole_program INCLUDE REGEX "src/assay/verify/")
assay_test_program(assay_tests unit assay_core ${unit_tests})
assay_test_program(assay_reference_tests oracle assay_program ${reference_tests} ${whole_program})
assay_test_program(assay_property_tests property assay_program ${property_tests})
target_link_libraries(assay_tests PRIVATE assay_cli assay_perf assay_reference)
target_link_libraries(assay_reference_tests PRIVATE assay_verify)
target_link_libraries(assay_property_tests PRIVATE assay_verify)

# Coverage-guided fuzzing of every parser, where the sanitizers are. Each target first replays the
# inputs kept under properties/parsers.
if(ASSAY_FUZZERS)
  file(GLOB fuzzers CONFIGURE_DEPENDS properties/*_fuzzer.cpp)
  set(ASSAY_FUZZ_SECONDS 30 CACHE STRING "how long each parser is fuzzed in a test")
  add_custom_target(assay_fuzzers)
  foreach(source IN LISTS fuzzers)
    get_filename_component(name ${source} NAME_WE)
    string(REPLACE "_fuzzer" "" parser ${name})
    add_executable(assay_${name} ${source})
    target_include_directories(assay_${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(assay_${name} PRIVATE assay assay_warnings fmt::fmt)
    target_link_options(assay_${name} PRIVATE -fsanitize=fuzzer)
    add_dependencies(assay_fuzzers assay_${name})
    add_test(NAME fuzz.${parser} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/properties/fuzz_parser
      $<TARGET_FILE:assay_${name}> ${parser} ${ASSAY_FUZZ_SECONDS} ${CMAKE_BINARY_DIR}/fuzz)
    set_tests_properties(fuzz.${parser} PROPERTIES LABELS fuzz TIMEOUT 900)
  endforeach()
  target_sources(assay_case_fuzzer PRIVATE properties/case.cpp)  # its parser belongs to the properties
  target_compile_options(assay_case_fuzzer PRIVATE -fsanitize=fuzzer-no-link)
endif()

# The golden gate. Presets differ in compiler, optimisation and assertions; the bits may not.
add_test(NAME golden.check COMMAND assay_core check --jobs 2
  --golden ${CMAKE_CURRENT_SOURCE_DIR}/golden --junit ${CMAKE_BINARY_DIR}/golden.xml)
set_tests_properties(golden.check PROPERTIES LABELS golden PROCESSORS 2 TIMEOUT 900)

set(here ${CMAKE_CURRENT_LIST_DIR})
function(assay_check name)
  add_test(NAME build.${name} COMMAND ${ARGN})
  set_tests_properties(build.${name} PROPERTIES LABELS build SKIP_RETURN_CODE 77)
endfunction()

# What the sources say.
assay_check(layers ${here}/check_layers)
assay_check(sources ${here}/check_sources)
assay_check(format ${here}/check_format)

# What the objects hold.
file(GENERATE OUTPUT assay.objects CONTENT "$<JOIN:$<TARGET_OBJECTS:assay>,\n>\n")
assay_check(symbols ${here}/check_symbols ${CMAKE_CXX_COMPILER} ${CMAKE_BINARY_DIR}/assay.objects)
assay_check(contraction ${here}/check_contraction ${CMAKE_BINARY_DIR}/assay.objects)

assay_check(environment ${here}/check_environment ${CMAKE_CXX_COMPILER} $<TARGET_FILE:assay>
  $<TARGET_PROPERTY:Eigen3::Eigen,INTERFACE_INCLUDE_DIRECTORIES> ${CMAKE_BINARY_DIR}/environment)

# What a killed process and a failing disk leave.
assay_check(kills ${here}/check_kills ${CMAKE_CXX_COMPILER} $<TARGET_FILE:assay_program>
  ${CMAKE_BINARY_DIR}/kills)
set_tests_properties(build.kills PROPERTIES PROCESSORS 2 TIMEOUT 900)

# What must compile. Built only when tested, one after the other: ninja does not share a build tree.
function(assay_compile_check name)
  assay_check(${name} ${CMAKE_COMMAND} --build ${CMAKE_BINARY_DIR} --target assay_${name})
  set_tests_properties(build.${name} PROPERTIES RESOURCE_LOCK build_tree)
endfunction()

# Every template once more with a scalar that converts only explicitly.
set(archetype_sources "")
foreach(source IN LISTS assay_sources)
  file(STRINGS ${source} instantiates REGEX "^ASSAY_FOR_EACH_" LIMIT_COUNT 1)
  if(instantiates)
    list(APPEND archetype_sources ${source})
  endif()
endforeach()
if(archetype_sources)
  add_library(assay_archetype OBJECT EXCLUDE_FROM_ALL ${archetype_sources})
  set_target_properties(assay_archetype PROPERTIES UNITY_BUILD ${ASSAY_UNITY}
    UNITY_BUILD_CODE_BEFORE_INCLUDE "#undef ASSAY_INSTANTIATE")
  target_link_libraries(assay_archetype PRIVATE assay assay_warnings fmt::fmt)
  target_compile_definitions(assay_archetype PRIVATE ASSAY_ARCHETYPE)
  target_precompile_headers(assay_archetype REUSE_FROM assay_precompiled)
  assay_compile_check(archetype)
endif()

# Every header alone. A header with a .cpp is alone there, being included first (check_sources).
file(GLOB headers CONFIGURE_DEPENDS src/assay/*/*.hpp)
list(FILTER headers EXCLUDE REGEX "_test\\.hpp$")
set(header_sources "")
foreach(header IN LISTS headers)
  string(REGEX REPLACE "\\.hpp$" ".cpp" source ${header})
  if(NOT EXISTS ${source})
    file(RELATIVE_PATH header ${CMAKE_CURRENT_SOURCE_DIR}/src ${header})
    set(source ${CMAKE_CURRENT_BINARY_DIR}/headers/${header}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${header}\"\n#include \"${header}\"\n")
    list(APPEND header_sources ${source})
  endif()
endforeach()
if(header_sources)
  add_library(assay_headers OBJECT EXCLUDE_FROM_ALL ${header_sources})
  target_link_libraries(assay_headers PRIVATE assay assay_warnings)
  target_compile_options(assay_headers PRIVATE -O0 -g0)
  assay_compile_check(headers)
endif()

# What a user of the installed package gets.
assay_check(install ${here}/check_install ${CMAKE_COMMAND} ${CMAKE_BINARY_DIR} ${CMAKE_CXX_COMPILER})
set_tests_properties(build.install PROPERTIES RESOURCE_LOCK build_tree)

# Not a test: "./dev bench" and "./dev perf" build and run it.
find_package(benchmark REQUIRED)
file(GLOB benches CONFIGURE_DEPENDS bench/*_bench.cpp)
add_executable(assay_bench EXCLUDE_FROM_ALL ${benches})
target_link_libraries(assay_bench PRIVATE assay_reference assay_warnings benchmark::benchmark)
target_include_directories(assay_bench PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_compile_definitions(assay_bench PRIVATE ASSAY_GOLDEN="${CMAKE_CURRENT_SOURCE_DIR}/golden")
# What the kernels are compared with keeps its own flags and its names to itself.
add_library(assay_peers SHARED EXCLUDE_FROM_ALL bench/peers.cpp)
target_include_directories(assay_peers PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(assay_peers PRIVATE Eigen3::Eigen assay_warnings)
target_compile_features(assay_peers PRIVATE cxx_std_20)
target_compile_options(assay_peers PRIVATE -O3 -march=native -DNDEBUG -fvisibility=hidden)
target_link_options(assay_peers PRIVATE -Wl,-Bsymbolic)
find_library(OPENBLAS openblas)
if(OPENBLAS)
  target_compile_definitions(assay_peers PRIVATE ASSAY_OPENBLAS)
  target_link_libraries(assay_peers PRIVATE ${OPENBLAS})
endif()
target_link_libraries(assay_bench PRIVATE assay_peers)

# What is counted instruction by instruction, and the gate on it. Counts are those of one compiler and
# its flags; with others the test is skipped.
file(GLOB counts_sources CONFIGURE_DEPENDS bench/counts/*.cpp)
add_executable(assay_counts ${counts_sources})
target_link_libraries(assay_counts PRIVATE assay assay_warnings)
target_include_directories(assay_counts PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/bench)
string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
string(STRIP "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${build_type}}" counts_flags)
target_compile_definitions(assay_counts PRIVATE
  ASSAY_GOLDEN="${CMAKE_CURRENT_SOURCE_DIR}/golden"
  ASSAY_FLAGS="${counts_flags} unity ${ASSAY_UNITY}")
target_precompile_headers(assay_counts REUSE_FROM assay_precompiled)
add_test(NAME perf.counts COMMAND assay_program perf check
  --counts ${CMAKE_CURRENT_SOURCE_DIR}/bench/counts.txt --program $<TARGET_FILE:assay_counts>)
set_tests_properties(perf.counts PROPERTIES LABELS build SKIP_RETURN_CODE 77 TIMEOUT 900)
