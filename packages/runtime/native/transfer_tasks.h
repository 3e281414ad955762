// Promise calls that move data: states and tensors, in and out.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/native/host.h"
#include "runtime/native/promise_task.h"

namespace vorab::runtime {

// A fresh ArrayBuffer of `bytes` and its memory.
napi_value make_buffer(napi_env env, uint64_t bytes, void** data);

// Numbers of a vorab_stats in the order of its fields.
napi_value stats_array(napi_env env, const vorab_stats& stats);
// Six doubles a count: cause, entry, index, count, bytes, ns.
napi_value ledger_buffer(napi_env env, const std::vector<vorab_count>& counts);

std::unique_ptr<PromiseTask> prepare_task(Host& host, uint32_t entry, std::vector<int64_t> symbols);
std::unique_ptr<PromiseTask> read_state_task(napi_env env, Host& host, uint32_t state,
                                             uint64_t bytes);
std::unique_ptr<PromiseTask> write_state_task(Host& host, uint32_t state, const void* source,
                                              uint64_t bytes);
std::unique_ptr<PromiseTask> create_tensor_task(Host& host, const vorab_type& type,
                                                const void* source, uint64_t bytes);
// The slot must be one of the session's.
std::unique_ptr<PromiseTask> read_tensor_task(napi_env env, Host& host, uint32_t slot);
std::unique_ptr<PromiseTask> stats_task(Host& host);
std::unique_ptr<PromiseTask> ledger_task(Host& host);
std::unique_ptr<PromiseTask> profile_task(Host& host);

}  // namespace vorab::runtime
