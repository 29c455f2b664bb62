# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` adds to the programs and libraries, which their own
# folders install: data, LibTorch, and the CMake package `facet` with the target
# facet::client.

# Where facetd looks for it: server/main/program_paths.h.
install(DIRECTORY data/ DESTINATION "${CMAKE_INSTALL_DATADIR}/facet")
# The cascade that finds faces (package opencv-data), so that a machine which only
# runs facetd need not have it.
find_file(FACET_FACE_CASCADE haarcascade_frontalface_default.xml
          PATHS /usr/share/opencv4/haarcascades /usr/local/share/opencv4/haarcascades NO_DEFAULT_PATH)
if(FACET_FACE_CASCADE)
  install(FILES "${FACET_FACE_CASCADE}" DESTINATION "${CMAKE_INSTALL_DATADIR}/facet/haarcascades")
endif()
# The shared libraries of LibTorch, and of CUDA where the wheel brings them, so
# that nothing of the build is needed any more: INSTALL_RPATH of facetd and
# facet-trainer. What belongs to Python or to LibTorch's own tests stays behind.
if(FACET_BUILD_MODEL)
  file(GLOB _torch_libraries "${LibTorch_ROOT_DIR}/lib/*.so*")
  file(GLOB_RECURSE _cuda_libraries "${LibTorch_ROOT_DIR}/../nvidia/*.so*")
  list(APPEND _torch_libraries ${_cuda_libraries})
  list(FILTER _torch_libraries EXCLUDE REGEX
       "/(libtorch_python|libshm|libaoti_custom_ops|libbackend_with_compiler)[^/]*$|_test\\.so$")
  install(FILES ${_torch_libraries} DESTINATION lib/facet)
endif()
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/facet")

if(FACET_BUILD_SERVICE)
  include(CMakePackageConfigHelpers)
  set(_package "${CMAKE_INSTALL_LIBDIR}/cmake/facet")
  configure_package_config_file(cmake/facetConfig.cmake.in facetConfig.cmake INSTALL_DESTINATION "${_package}")
  write_basic_package_version_file(facetConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(FILES "${CMAKE_BINARY_DIR}/facetConfig.cmake" "${CMAKE_BINARY_DIR}/facetConfigVersion.cmake"
          DESTINATION "${_package}")
  install(EXPORT facetTargets NAMESPACE facet:: DESTINATION "${_package}")
endif()
