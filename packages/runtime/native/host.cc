#include "runtime/native/host.h"

#include <cstdlib>

namespace vorab::runtime {
namespace {

class CloseTask final : public PromiseTask {
 public:
  CloseTask(std::shared_ptr<Session> session, std::function<void()> closed)
      : PromiseTask(std::move(session)), closed_(std::move(closed)) {}

 protected:
  int work(vorab_error&) override {
    session().close();
    return VORAB_OK;
  }
  napi_value value(napi_env env) override {
    napi_value undefined = nullptr;
    napi_get_undefined(env, &undefined);
    return undefined;
  }
  void cleanup(napi_env) override { closed_(); }

 private:
  std::function<void()> closed_;
};

}  // namespace

Host::Host(napi_env env, std::shared_ptr<Session> session, size_t queue)
    : env_(env), session_(std::move(session)) {
  napi_value name = nullptr;
  napi_create_string_utf8(env, "vorab session", NAPI_AUTO_LENGTH, &name);
  napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, this,
                                  settle_finished, &notify_);
  napi_unref_threadsafe_function(env, notify_);
  // After the thread-safe function, so that it runs before that one's own hook: the thread must end
  // first.
  napi_add_env_cleanup_hook(env, environment_ends, this);
  executor_ = std::make_unique<Executor>(
      queue, [this] { session_->release_waiting(); },
      [this] { napi_call_threadsafe_function(notify_, nullptr, napi_tsfn_nonblocking); });
}

Host::~Host() { shutdown(); }

void Host::environment_ends(void* context) { static_cast<Host*>(context)->shutdown(); }

void Host::abandon() {
  shutdown();
  report_memory(0);
}

void Host::shutdown() {
  closed_ = true;
  if (!executor_) return;
  // The owner's thread must be the one that closes.
  executor_->stop([this] { session_->close(); });
  executor_.reset();
  napi_remove_env_cleanup_hook(env_, environment_ends, this);
  napi_release_threadsafe_function(notify_, napi_tsfn_abort);
}

napi_value Host::post(std::unique_ptr<PromiseTask> task, bool always) {
  napi_value promise = task->start(env_);
  if (closed_) {
    task->reject(env_, kClosed, "the session is closed");
    return promise;
  }
  task->id = ++next_id_;
  TaskPointer pointer = std::move(task);
  if (executor_->post(pointer, always)) {
    pend(1);
  } else {
    static_cast<PromiseTask*>(pointer.get())
        ->reject(env_, kQueueFull, "the session's queue is full");
  }
  return promise;
}

void Host::abort(uint64_t id) {
  if (!executor_) return;
  const TaskPointer task = executor_->cancel(id);
  if (!task) return;
  static_cast<PromiseTask*>(task.get())->reject(env_, VORAB_ABORTED, "aborted before it ran");
  pend(-1);
}

bool Host::throw_if_closed() {
  if (!closed_) return false;
  napi_throw(env_, make_error(env_, kClosed, "the session is closed"));
  return true;
}

void Host::release(uint32_t slot) {
  if (closed_ || !session_->slots().release(slot)) return;
  if (session_->owner_thread() || !session_->try_release_waiting()) executor_->wake();
  report_memory();
}

napi_value Host::close() {
  // The thread ends after the promise's task; what the task leaves is freed when it has settled.
  napi_value promise = post(std::make_unique<CloseTask>(session_, [this] { abandon(); }), true);
  closed_ = true;
  return promise;
}

void Host::report_memory(int64_t step) {
  const int64_t live = static_cast<int64_t>(session_->slots().live_bytes());
  if (std::llabs(live - reported_bytes_) < step) return;
  int64_t total = 0;
  napi_adjust_external_memory(env_, live - reported_bytes_, &total);
  reported_bytes_ = live;
}

void Host::pend(int change) {
  const bool before = pending_ != 0;
  pending_ = static_cast<size_t>(static_cast<int64_t>(pending_) + change);
  const bool now = pending_ != 0;
  if (before == now) return;
  // Referenced only while promises wait: otherwise a process with an open session would never end.
  if (executor_ && now) napi_ref_threadsafe_function(env_, notify_);
  if (executor_ && !now) napi_unref_threadsafe_function(env_, notify_);
  if (on_pending_) on_pending_(now);
}

void Host::settle_finished(napi_env env, napi_value, void* context, void*) {
  if (env != nullptr) static_cast<Host*>(context)->settle_all();
}

void Host::settle_all() {
  if (!executor_) return;
  for (TaskPointer& task : executor_->take_finished()) {
    const Napi::HandleScope scope(env_);
    static_cast<PromiseTask*>(task.get())->settle(env_);
    pend(-1);
  }
  report_memory();
}

}  // namespace vorab::runtime
