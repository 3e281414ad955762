// One promise call of an entry.
#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "runtime/native/held.h"
#include "runtime/native/host.h"
#include "runtime/native/promise_task.h"
#include "runtime/native/signature.h"

namespace vorab::runtime {

// Inputs are copied when it is made, so that the caller may reuse theirs at once. Outputs that the
// caller gave are filled when it settles, on the JavaScript thread: until then their memory may
// move or go away.
class RunTask final : public PromiseTask {
 public:
  RunTask(Host& host, uint32_t entry, const Signature& signature);

  void add_input(const vorab_input& input, uint64_t bytes, uint32_t slot);
  void add_output(napi_env env, const OutputRequest& request, napi_value array);

 protected:
  int work(vorab_error& error) override;
  napi_value value(napi_env env) override;
  void cleanup(napi_env env) override;

 private:
  void count_held();
  bool fill(napi_env env, size_t port);

  Host& host_;
  const uint32_t entry_;
  std::vector<int64_t> symbols_;
  std::vector<vorab_input> inputs_;
  std::vector<OutputRequest> outputs_;
  std::vector<napi_ref> arrays_;
  std::vector<uint32_t> retained_;
  struct HeldInput {
    uint32_t port;
    Held copy;
  };
  std::vector<HeldInput> held_;
  bool counted_ = false;
  std::vector<std::unique_ptr<std::byte[]>> filled_;  // what `fill` copies
};

}  // namespace vorab::runtime
