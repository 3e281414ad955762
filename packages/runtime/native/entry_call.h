// One entry bound once: what every call needs is looked up and allocated before the first.
#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <vector>

#include "runtime/native/host.h"
#include "runtime/native/session.h"
#include "runtime/native/signature.h"

namespace vorab::runtime {

// JavaScript sees { symbols, control, sync, start }.
//   symbols  Float64Array, one per Program.symbols; the caller fills it before each call.
//   control  Float64Array; [0] is the id of the call that start() began, [1 + i] the slot of output
//   i after sync(). sync, start   (...inputs, ...outputs). Input: a typed array or the number of a
//   tensor. Output: a typed array to
//                 fill, undefined for a tensor, null for neither. start() resolves to the outputs'
//                 slots.
class EntryCall {
 public:
  EntryCall(napi_env env, std::shared_ptr<Host> host, uint32_t entry);
  EntryCall(const EntryCall&) = delete;
  EntryCall& operator=(const EntryCall&) = delete;
  ~EntryCall();

  static napi_value bind(napi_env env, std::shared_ptr<Host> host, uint32_t entry);

 private:
  static napi_value sync_callback(napi_env env, napi_callback_info info);
  static napi_value start_callback(napi_env env, napi_callback_info info);

  napi_value sync(napi_env env);
  napi_value start(napi_env env);
  bool read_arguments(napi_env env, napi_callback_info info);
  bool read_input(napi_env env, size_t port);
  bool read_output(napi_env env, size_t port);
  bool refuse(napi_env env, const std::string& port, const std::string& problem);

  const napi_env env_;
  const std::shared_ptr<Host> host_;
  const uint32_t entry_;
  Signature signature_;
  double* symbols_ = nullptr;
  double* control_ = nullptr;
  napi_ref symbols_reference_ = nullptr;
  napi_ref control_reference_ = nullptr;

  // Reused by every call.
  std::vector<napi_value> arguments_;
  std::vector<vorab_input> inputs_;
  std::vector<uint32_t> input_slots_;
  std::vector<OutputRequest> outputs_;
};

}  // namespace vorab::runtime
