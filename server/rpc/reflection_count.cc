// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/reflection_count.h"

#include "absl/strings/match.h"

namespace facet::server {
namespace {

// Lives as long as its stream.
class CountedStream final : public grpc::experimental::Interceptor {
 public:
  explicit CountedStream(std::atomic<int>* open) : open_(open) { open_->fetch_add(1); }
  ~CountedStream() override { open_->fetch_sub(1); }
  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override { methods->Proceed(); }

 private:
  std::atomic<int>* const open_;
};

class Observer final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit Observer(std::atomic<int>* open) : open_(open) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(grpc::experimental::ServerRpcInfo* info) override {
    // Null is none: all other calls pass untouched.
    return absl::StartsWith(info->method(), "/grpc.reflection.") ? new CountedStream(open_) : nullptr;
  }

 private:
  std::atomic<int>* const open_;
};

}  // namespace

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> ReflectionCount::MakeObserver() {
  return std::make_unique<Observer>(&open_);
}

}  // namespace facet::server
