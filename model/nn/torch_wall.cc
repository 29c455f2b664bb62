// SPDX-License-Identifier: Apache-2.0
#include "model/nn/torch_wall.h"

#include <c10/util/Exception.h>

#include <new>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/error.h"

namespace facet::model {
namespace {

// The first line of a message; LibTorch adds hints for developers below it.
std::string FirstLine(absl::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

absl::Status OutOfMemory(absl::string_view what, absl::string_view message) {
  return WithReason(absl::ResourceExhaustedError(absl::StrCat(what, ": out of memory: ", message)), "OUT_OF_MEMORY");
}

absl::Status Internal(absl::string_view what, absl::string_view reason, absl::string_view message) {
  return WithReason(absl::InternalError(absl::StrCat(what, ": ", message)), reason);
}

// By its text where LibTorch has no type for it.
bool IsOutOfMemory(absl::string_view message) {
  return absl::StrContains(message, "DefaultCPUAllocator") || absl::StrContains(message, "out of memory");
}

bool IsDeviceFault(absl::string_view message) {
  return absl::StrContains(message, "CUDA error") || absl::StrContains(message, "CUDNN_STATUS") ||
         absl::StrContains(message, "CUBLAS_STATUS");
}

absl::Status FromText(absl::string_view what, const std::string& message) {
  if (IsOutOfMemory(message)) return OutOfMemory(what, message);
  return Internal(what, IsDeviceFault(message) ? "DEVICE_FAULT" : "TORCH_ERROR", message);
}

}  // namespace

absl::Status StatusFromException(absl::string_view what, std::exception_ptr error) {
  try {
    std::rethrow_exception(std::move(error));
  } catch (const c10::OutOfMemoryError& e) {
    return OutOfMemory(what, FirstLine(e.what_without_backtrace()));
  } catch (const c10::AcceleratorError& e) {
    return Internal(what, "DEVICE_FAULT", FirstLine(e.what_without_backtrace()));
  } catch (const c10::Error& e) {
    return FromText(what, FirstLine(e.what_without_backtrace()));
  } catch (const std::bad_alloc&) {
    return OutOfMemory(what, "no memory left for the request");
  } catch (const std::exception& e) {
    return FromText(what, FirstLine(e.what()));
  } catch (...) {
    return Internal(what, "TORCH_ERROR", "an exception of unknown type");
  }
}

}  // namespace facet::model
