# After "cmake --install", find_package(assay) gives assay::assay with the arithmetic flags.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set_target_properties(assay_arithmetic PROPERTIES EXPORT_NAME arithmetic)
install(TARGETS assay assay_arithmetic EXPORT assay
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS assay_program)
install(DIRECTORY src/assay DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING
  PATTERN *.hpp PATTERN *_test.hpp EXCLUDE PATTERN perf EXCLUDE PATTERN cli EXCLUDE PATTERN verify EXCLUDE)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/assay)
install(EXPORT assay NAMESPACE assay:: FILE assay-targets.cmake DESTINATION ${package_dir})
configure_package_config_file(src/build/assay-config.cmake.in assay-config.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(assay-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/assay-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/assay-config-version.cmake
  DESTINATION ${package_dir})
