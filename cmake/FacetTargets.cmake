# SPDX-License-Identifier: Apache-2.0
# One helper for libraries, one for programs, two for tests, one for
# benchmarks. DEPS are public: what a header of the target includes;
# PRIVATE_DEPS are what only its sources include.

function(facet_library name)
  cmake_parse_arguments(ARG "" "" "SRCS;HDRS;DEPS;PRIVATE_DEPS" ${ARGN})
  if(ARG_SRCS)
    add_library(${name} STATIC ${ARG_SRCS} ${ARG_HDRS})
    # Not for those who link an installed library.
    target_link_libraries(${name} PUBLIC ${ARG_DEPS}
      PRIVATE $<BUILD_INTERFACE:facet_compile_options> ${ARG_PRIVATE_DEPS})
    target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>)
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${ARG_DEPS})
    target_include_directories(${name} INTERFACE $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>)
  endif()
endfunction()

# Sources that every program of a build has, whatever it does.
set(_facet_program_sources)
set(_facet_test_environment "FACET_SOURCE_DIR=${CMAKE_SOURCE_DIR}" "FACET_BIN_DIR=${CMAKE_BINARY_DIR}/bin")
if(FACET_SANITIZER STREQUAL "thread")
  list(APPEND _facet_program_sources "${CMAKE_SOURCE_DIR}/cmake/tsan_abseil.cc")
  # gRPC, GDAL and others are packaged without it: what they free or copy, and
  # the order of their own locks, is not judged. Our accesses all are.
  list(APPEND _facet_test_environment "TSAN_OPTIONS=ignore_noninstrumented_modules=1 \
suppressions=${CMAKE_SOURCE_DIR}/cmake/tsan_suppressions.txt")
elseif(FACET_SANITIZER STREQUAL "address")
  # As without it: tests ask for more memory than there is.
  list(APPEND _facet_test_environment "ASAN_OPTIONS=allocator_may_return_null=1")
endif()

# Of sources of the calling folder that parse JSON or a command line: what they
# do is little, and optimising those libraries' templates takes longest of all.
function(facet_optimise_little)
  set_property(SOURCE ${ARGN} APPEND PROPERTY COMPILE_OPTIONS "$<$<CONFIG:Release>:-O1>")
endfunction()

function(facet_program name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SRCS} ${_facet_program_sources})
  target_link_libraries(${name} PRIVATE facet_compile_options ${ARG_DEPS})
endfunction()

add_library(facet_test_options INTERFACE)
target_link_libraries(facet_test_options INTERFACE facet_compile_options GTest::gmock_main)
target_compile_options(facet_test_options INTERFACE $<$<CONFIG:Release>:-O1>)

# One ctest entry a test program. LABELS as in ctest; TIMEOUT in seconds.
# Compiled with few optimisations: compiling tests is most of what a change
# costs.
function(facet_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SRCS;DEPS;LABELS;ENVIRONMENT" ${ARGN})
  add_executable(${name} ${ARG_SRCS} ${_facet_program_sources})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} facet_test_options)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  if(TARGET facet_gmock_pch)
    target_precompile_headers(${name} REUSE_FROM facet_gmock_pch)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT}
    ENVIRONMENT "${_facet_test_environment};${ARG_ENVIRONMENT}")
  if(ARG_LABELS)
    set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}")
  endif()
endfunction()

# One ctest entry: Python, with `COMMAND` as its arguments. TIMEOUT in seconds.
function(facet_python_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "COMMAND;ENVIRONMENT" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_test(NAME ${name} COMMAND "${FACET_PYTHON}" -B ${ARG_COMMAND})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT}
    ENVIRONMENT "${_facet_test_environment};${ARG_ENVIRONMENT}")
endfunction()

function(facet_benchmark name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  if(NOT FACET_BUILD_BENCHMARKS)
    return()
  endif()
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE facet_compile_options ${ARG_DEPS} benchmark::benchmark_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bench")
endfunction()
