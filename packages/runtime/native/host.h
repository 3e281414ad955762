// A session on the JavaScript side: its executor, its pending promises, its end.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>

#include "runtime/native/executor.h"
#include "runtime/native/promise_task.h"
#include "runtime/native/session.h"

namespace vorab::runtime {

// JavaScript thread only. `pending` is told when the first promise starts to wait and when the last
// is settled.
class Host {
 public:
  // Fewer bytes of tensors than this are not worth telling the garbage collector.
  static constexpr int64_t kReportStep = int64_t{1} << 20;

  Host(napi_env env, std::shared_ptr<Session> session, size_t queue);
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host();

  void on_pending(std::function<void(bool)> callback) { on_pending_ = std::move(callback); }

  // Queues the task and returns its promise, rejected when the session is closed or (unless
  // `always`) the queue full.
  napi_value post(std::unique_ptr<PromiseTask> task, bool always = false);
  uint64_t last_id() const { return next_id_; }
  void abort(uint64_t id);

  // Waits for what is queued, then runs `work(error)` where the backend allows. False: a JavaScript
  // error is pending.
  template <class Work>
  bool sync(const Work& work) {
    if (throw_if_closed()) return false;
    vorab_error error;
    clear(error);
    int status = VORAB_OK;
    if (session_->owner_thread()) {
      executor_->run_and_wait([&] { status = work(error); });
    } else {
      executor_->wait_idle();
      session_->release_waiting();
      status = work(error);
    }
    if (status != VORAB_OK) napi_throw(env_, make_error(env_, status, error));
    return status == VORAB_OK;
  }

  void release(uint32_t slot);

  // Resolves when what is queued has run and the backend has closed. Posting is over at once.
  napi_value close();

  // The end of a session that nobody closed: cancels, joins, closes.
  void abandon();

  bool closed() const { return closed_; }
  bool throw_if_closed();
  void report_memory(int64_t step = kReportStep);
  Session& session() { return *session_; }
  const std::shared_ptr<Session>& shared_session() const { return session_; }
  size_t outstanding() const { return executor_ ? executor_->outstanding() : 0; }

 private:
  static void settle_finished(napi_env env, napi_value, void* context, void*);
  static void environment_ends(void* context);
  void settle_all();
  void shutdown();
  void pend(int change);

  const napi_env env_;
  const std::shared_ptr<Session> session_;
  napi_threadsafe_function notify_ = nullptr;
  std::unique_ptr<Executor> executor_;
  std::function<void(bool)> on_pending_;
  uint64_t next_id_ = 0;
  int64_t reported_bytes_ = 0;
  size_t pending_ = 0;
  bool closed_ = false;
};

}  // namespace vorab::runtime
