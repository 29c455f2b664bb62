# SPDX-License-Identifier: Apache-2.0
# LibTorch out of the Python wheel, as the target LibTorch::LibTorch.
#
# The wheel's own TorchConfig.cmake asks for a CUDA toolkit where it was built
# with CUDA; only headers and libraries are needed here. Include from model/
# alone (see FacetDependencies.cmake).

file(GLOB _hints "${CMAKE_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch")
find_path(LibTorch_ROOT_DIR include/ATen/ATen.h HINTS ${_hints} NO_DEFAULT_PATH
          DOC "Folder torch/ of the wheel")
set(_torch_lib "${LibTorch_ROOT_DIR}/lib")
foreach(part torch torch_cpu c10)
  find_library(LibTorch_${part} ${part} PATHS ${_torch_lib} NO_DEFAULT_PATH)
endforeach()
foreach(part torch_cuda c10_cuda)
  find_library(LibTorch_${part} ${part} PATHS ${_torch_lib} NO_DEFAULT_PATH)
endforeach()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch
  REQUIRED_VARS LibTorch_ROOT_DIR LibTorch_torch LibTorch_torch_cpu LibTorch_c10
  REASON_FAILURE_MESSAGE "run scripts/setup, or set LibTorch_ROOT_DIR to the folder torch/ of an installed wheel")

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  target_include_directories(LibTorch::LibTorch SYSTEM INTERFACE
    "${LibTorch_ROOT_DIR}/include" "${LibTorch_ROOT_DIR}/include/torch/csrc/api/include")
  set(_libs ${LibTorch_torch_cpu} ${LibTorch_c10})
  if(LibTorch_torch_cuda)
    # Nothing refers to the CUDA libraries by symbol; they register themselves.
    list(APPEND _libs "-Wl,--no-as-needed" ${LibTorch_torch_cuda} ${LibTorch_c10_cuda} "-Wl,--as-needed")
  endif()
  target_link_libraries(LibTorch::LibTorch INTERFACE ${_libs} ${LibTorch_torch})
endif()
