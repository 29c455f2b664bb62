// SPDX-License-Identifier: Apache-2.0
#ifndef FACET_SERVER_RPC_SERVICE_STACK_H_
#define FACET_SERVER_RPC_SERVICE_STACK_H_

namespace facet::server {

// Generated code offers each method as a mixin, `WithRawCallbackMethod_X<Base>`.
// This puts them on top of each other:
//
//   using Base = ServiceStack<v1::ModelService::Service,
//                             v1::ModelService::WithRawCallbackMethod_GetModel, ...>;
template <typename Base, template <typename> typename... Methods>
struct ServiceStackOf {
  using type = Base;
};
template <typename Base, template <typename> typename First, template <typename> typename... Rest>
struct ServiceStackOf<Base, First, Rest...> {
  using type = First<typename ServiceStackOf<Base, Rest...>::type>;
};
template <typename Base, template <typename> typename... Methods>
using ServiceStack = typename ServiceStackOf<Base, Methods...>::type;

}  // namespace facet::server

#endif  // FACET_SERVER_RPC_SERVICE_STACK_H_
