// A task whose end settles a JavaScript promise.
#pragma once

#include <napi.h>

#include <memory>
#include <utility>

#include "runtime/native/executor.h"
#include "runtime/native/session.h"

namespace vorab::runtime {

// Statuses of the addon itself, beside vorab_status; TypeScript maps both to error codes.
constexpr int kClosed = -1;
constexpr int kQueueFull = -2;
constexpr int kArgument = -3;

// An Error with `status`.
napi_value make_error(napi_env env, int status, const char* message);
// An Error with `status`, and `step` and `index` where the backend knows them.
napi_value make_error(napi_env env, int status, const vorab_error& error);

class PromiseTask : public Task {
 public:
  explicit PromiseTask(std::shared_ptr<Session> session) : session_(std::move(session)) {}

  void execute() noexcept final;

  // JavaScript thread, all of these.
  napi_value start(napi_env env);  // the promise
  void settle(napi_env env);
  void reject(napi_env env, int status, const char* message);

 protected:
  virtual int work(vorab_error& error) = 0;    // executor's thread
  virtual napi_value value(napi_env env) = 0;  // what the promise resolves to
  virtual void cleanup(napi_env) {}            // drop references, whatever happened

  Session& session() { return *session_; }

 private:
  std::shared_ptr<Session> session_;
  napi_deferred deferred_ = nullptr;
  int status_ = VORAB_OK;
  vorab_error error_;
};

}  // namespace vorab::runtime
