// A backend's session with what the addon adds: one caller at a time, tensors as slots, deferred
// releases.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "artifact/native/artifact.h"
#include "runtime/native/backend.h"
#include "runtime/native/ledger.h"
#include "runtime/native/slots.h"

namespace vorab::runtime {

constexpr uint32_t kNoSlot = 0xffffffffu;

// What a call gives for one output.
struct OutputRequest {
  vorab_output output{};
  uint64_t bytes = 0;
  uint32_t slot = kNoSlot;
};

// Every function that takes a vorab_error must run where the backend allows: on the executor's
// thread, or, for a backend without VORAB_OWNER_THREAD, anywhere while the executor is idle.
class Session {
 public:
  // libraries: of the plan's targets, in their order
  Session(std::shared_ptr<const Artifact> artifact, std::vector<std::string> libraries,
          uint32_t plan);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Loads the backends' libraries and opens the plan.
  int open(const std::string& options, vorab_error& error);
  void close();

  int prepare(uint32_t entry, const int64_t* symbols, vorab_error& error);
  int run(uint32_t entry, const int64_t* symbols, const std::vector<vorab_input>& inputs,
          std::vector<OutputRequest>& outputs, const int32_t* cancel, vorab_error& error);
  int state_read(uint32_t state, void* destination, uint64_t bytes, vorab_error& error);
  int state_write(uint32_t state, const void* source, uint64_t bytes, vorab_error& error);
  int tensor_create(const vorab_type& type, const void* host, uint64_t bytes, uint32_t& slot,
                    vorab_error& error);
  int tensor_read(vorab_tensor* tensor, void* destination, uint64_t bytes, vorab_error& error);
  int stats(vorab_stats& stats, vorab_error& error);
  int profile(std::string& json, vorab_error& error);
  // The backend's counts and those of the addon itself.
  int ledger(std::vector<vorab_count>& counts, vorab_error& error);

  // Any thread: counts what the addon itself does.
  void count(vorab_cause cause, uint32_t entry, uint32_t index, uint64_t bytes);
  // Any thread: null where the backend reads host memory as it is.
  vorab_staged* stage(uint64_t bytes, void** memory);
  void unstage(vorab_staged* staged);

  // Hands back what Slots::release has put aside.
  void release_waiting();
  // The same where no other thread is inside the backend; false: one is.
  bool try_release_waiting();

  bool owner_thread() const { return owner_thread_.load(std::memory_order_acquire); }
  const fb::Program& program() const { return artifact_->program(); }
  uint32_t plan() const { return plan_; }
  Slots& slots() { return slots_; }

 private:
  int open_alone(const std::string& options, vorab_error& error);
  void release(const std::vector<vorab_tensor*>& tensors);
  int unusable(vorab_error& error) const;  // VORAB_OK when it can be used

  const std::shared_ptr<const Artifact> artifact_;
  const std::vector<std::string> libraries_;
  const vorab_program view_;
  std::atomic<bool> owner_thread_{true};  // until open() knows better
  const vorab_backend* backend_ = nullptr;
  std::mutex mutex_;  // held inside the backend
  vorab_session* session_ = nullptr;
  const uint32_t plan_;
  bool broken_ = false;
  Slots slots_;
  std::vector<vorab_output> outputs_;
  std::mutex own_mutex_;  // of what follows
  Ledger own_;
};

// Nothing is wrong yet.
void clear(vorab_error& error);
// Fills `error` and returns `status`.
int fail(vorab_error& error, vorab_status status, const std::string& message);

}  // namespace vorab::runtime
