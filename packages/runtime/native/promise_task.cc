#include "runtime/native/promise_task.h"

#include <algorithm>
#include <exception>

namespace vorab::runtime {
namespace {

void set_number(napi_env env, napi_value object, const char* name, double number) {
  napi_value value = nullptr;
  napi_create_double(env, number, &value);
  napi_set_named_property(env, object, name, value);
}

}  // namespace

napi_value make_error(napi_env env, int status, const char* message) {
  napi_value text = nullptr;
  napi_value error = nullptr;
  napi_create_string_utf8(env, message, NAPI_AUTO_LENGTH, &text);
  napi_create_error(env, nullptr, text, &error);
  set_number(env, error, "status", status);
  return error;
}

napi_value make_error(napi_env env, int status, const vorab_error& error) {
  const napi_value made = make_error(env, status, error.message);
  if (error.step != VORAB_NO_STEP) set_number(env, made, "step", error.step);
  if (status != VORAB_FAILED || error.index_rank == 0) return made;
  napi_value index = nullptr;
  napi_create_array(env, &index);
  for (uint32_t axis = 0; axis < std::min<uint32_t>(error.index_rank, VORAB_MAX_RANK); ++axis) {
    napi_value at = nullptr;
    napi_create_double(env, static_cast<double>(error.index[axis]), &at);
    napi_set_element(env, index, axis, at);
  }
  napi_set_named_property(env, made, "index", index);
  return made;
}

void PromiseTask::execute() noexcept {
  clear(error_);
  if (cancelled.load(std::memory_order_acquire) != 0) {
    status_ = fail(error_, VORAB_ABORTED, "aborted before it ran");
    return;
  }
  try {
    status_ = work(error_);
  } catch (const std::exception& problem) {
    status_ = fail(error_, VORAB_FAILED, problem.what());
  }
}

napi_value PromiseTask::start(napi_env env) {
  napi_value promise = nullptr;
  napi_create_promise(env, &deferred_, &promise);
  return promise;
}

void PromiseTask::settle(napi_env env) {
  if (status_ != VORAB_OK) {
    napi_reject_deferred(env, deferred_, make_error(env, status_, error_));
  } else {
    napi_resolve_deferred(env, deferred_, value(env));
  }
  cleanup(env);
}

void PromiseTask::reject(napi_env env, int status, const char* message) {
  napi_reject_deferred(env, deferred_, make_error(env, status, message));
  cleanup(env);
}

}  // namespace vorab::runtime
