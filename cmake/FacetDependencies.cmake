# SPDX-License-Identifier: Apache-2.0
# Everything from outside except LibTorch, which model/ alone may see
# (cmake/FindLibTorch.cmake): its wheel carries headers of another protobuf.

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(absl REQUIRED)
find_package(Protobuf REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(ZLIB REQUIRED)
find_package(nlohmann_json REQUIRED)
# OpenCV module by module: Debian's OpenCVConfig.cmake asks for every module's
# development package, VTK and Qt among them, where four are used.
find_path(OpenCV_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4 REQUIRED)
add_library(facet_opencv INTERFACE)
target_include_directories(facet_opencv SYSTEM INTERFACE "${OpenCV_INCLUDE_DIR}")
foreach(_module core imgproc imgcodecs objdetect)
  find_library(OpenCV_${_module} opencv_${_module} REQUIRED)
  target_link_libraries(facet_opencv INTERFACE "${OpenCV_${_module}}")
endforeach()

if(FACET_BUILD_SERVICE)
  find_package(gRPC REQUIRED)
  find_package(prometheus-cpp REQUIRED CONFIG)
  find_package(spdlog REQUIRED)
  find_package(CLI11 REQUIRED)
  find_package(SQLite3 REQUIRED)
  find_package(GIF REQUIRED)
  find_package(LibArchive REQUIRED)
  pkg_check_modules(YamlCpp REQUIRED IMPORTED_TARGET yaml-cpp)
endif()
if(FACET_BUILD_TESTS)
  find_package(GTest REQUIRED)
  find_program(FACET_PYTHON python3 HINTS "${CMAKE_SOURCE_DIR}/.venv/bin" REQUIRED
               DOC "Python with the packages of scripts/requirements-dev.txt")
endif()
if(FACET_BUILD_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()
find_package(mimalloc QUIET)

# The .proto files of google/rpc and google/api come with the Python package
# googleapis-common-protos, which scripts/setup puts beside LibTorch.
file(GLOB _facet_site_packages "${CMAKE_SOURCE_DIR}/.venv/lib/python3*/site-packages")
find_path(FACET_GOOGLEAPIS_DIR google/rpc/error_details.proto
          HINTS ${_facet_site_packages} PATHS /usr/share/googleapis
          DOC "Folder with google/rpc/error_details.proto")
if(NOT FACET_GOOGLEAPIS_DIR)
  message(FATAL_ERROR "google/rpc/error_details.proto not found: run scripts/setup, or set FACET_GOOGLEAPIS_DIR")
endif()
