#include "runtime/native/session.h"

#include <algorithm>
#include <cstring>

#include "runtime/native/library.h"
#include "runtime/native/split.h"

namespace vorab::runtime {
namespace {

vorab_program view_of(const Artifact& artifact) {
  return {artifact.file().data(), artifact.file().size(), artifact.flatbuffer().data(),
          artifact.flatbuffer().size()};
}

}  // namespace

void clear(vorab_error& error) {
  error.step = VORAB_NO_STEP;
  error.index_rank = 0;
  error.message[0] = '\0';
}

int fail(vorab_error& error, vorab_status status, const std::string& message) {
  clear(error);
  const size_t length = std::min(message.size(), sizeof error.message - 1);
  std::memcpy(error.message, message.data(), length);
  error.message[length] = '\0';
  return status;
}

Session::Session(std::shared_ptr<const Artifact> artifact, std::vector<std::string> libraries,
                 uint32_t plan)
    : artifact_(std::move(artifact)),
      libraries_(std::move(libraries)),
      view_(view_of(*artifact_)),
      plan_(plan),
      own_(artifact_->program()) {}

int Session::open(const std::string& options, vorab_error& error) {
  const std::lock_guard lock(mutex_);
  const int opened = is_split(view_, plan_)
                         ? open_split(libraries_, view_, plan_, options.c_str(), &session_, error)
                         : open_alone(options, error);
  if (opened != VORAB_OK) session_ = nullptr;
  if (session_ != nullptr && is_split(view_, plan_)) backend_ = &split_backend(session_);
  if (backend_ == nullptr) return opened;
  owner_thread_.store((backend_->flags & VORAB_OWNER_THREAD) != 0, std::memory_order_release);
  return opened;
}

int Session::open_alone(const std::string& options, vorab_error& error) {
  std::string problem;
  backend_ = load_backend(libraries_.front(), problem);
  if (backend_ == nullptr) return fail(error, VORAB_UNSUPPORTED, problem);
  return backend_->open(&view_, plan_, options.c_str(), &session_, &error);
}

void Session::close() {
  const std::lock_guard lock(mutex_);
  if (session_ == nullptr) return;
  release(slots_.take_all());
  backend_->close(session_);
  session_ = nullptr;
}

int Session::unusable(vorab_error& error) const {
  if (session_ == nullptr) return fail(error, VORAB_INVALID, "the session is closed");
  if (!broken_) return VORAB_OK;
  return fail(error, VORAB_BROKEN,
              "an earlier call failed after it had written state; open the artifact again");
}

int Session::prepare(uint32_t entry, const int64_t* symbols, vorab_error& error) {
  const std::lock_guard lock(mutex_);
  if (const int status = unusable(error); status != VORAB_OK) return status;
  return backend_->prepare(session_, entry, symbols, &error);
}

int Session::run(uint32_t entry, const int64_t* symbols, const std::vector<vorab_input>& inputs,
                 std::vector<OutputRequest>& outputs, const int32_t* cancel, vorab_error& error) {
  const std::lock_guard lock(mutex_);
  if (const int status = unusable(error); status != VORAB_OK) return status;
  outputs_.clear();
  for (const OutputRequest& request : outputs) outputs_.push_back(request.output);
  const int ran =
      backend_->run(session_, entry, symbols, inputs.data(), outputs_.data(), cancel, &error);
  if (ran == VORAB_OK) {
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (outputs_[i].tensor != nullptr)
        outputs[i].slot = slots_.add(outputs_[i].tensor, outputs[i].bytes);
    }
  }
  broken_ = broken_ || ran == VORAB_BROKEN;
  return ran;
}

int Session::state_read(uint32_t state, void* destination, uint64_t bytes, vorab_error& error) {
  const std::lock_guard lock(mutex_);
  if (const int status = unusable(error); status != VORAB_OK) return status;
  return backend_->state_read(session_, state, destination, bytes, &error);
}

int Session::state_write(uint32_t state, const void* source, uint64_t bytes, vorab_error& error) {
  const std::lock_guard lock(mutex_);
  if (const int status = unusable(error); status != VORAB_OK) return status;
  return backend_->state_write(session_, state, source, bytes, &error);
}

int Session::tensor_create(const vorab_type& type, const void* host, uint64_t bytes, uint32_t& slot,
                           vorab_error& error) {
  const std::lock_guard lock(mutex_);
  if (const int status = unusable(error); status != VORAB_OK) return status;
  vorab_tensor* tensor = nullptr;
  const int made = backend_->tensor_create(session_, &type, host, &tensor, &error);
  if (made == VORAB_OK) slot = slots_.add(tensor, bytes);
  return made;
}

int Session::tensor_read(vorab_tensor* tensor, void* destination, uint64_t bytes,
                         vorab_error& error) {
  const std::lock_guard lock(mutex_);
  if (const int status = unusable(error); status != VORAB_OK) return status;
  return backend_->tensor_read(session_, tensor, destination, bytes, &error);
}

int Session::stats(vorab_stats& stats, vorab_error& error) {
  const std::lock_guard lock(mutex_);
  if (session_ == nullptr) return fail(error, VORAB_INVALID, "the session is closed");
  std::memset(&stats, 0, sizeof stats);
  backend_->stats(session_, &stats);
  return VORAB_OK;
}

int Session::profile(std::string& json, vorab_error& error) {
  const std::lock_guard lock(mutex_);
  if (const int status = unusable(error); status != VORAB_OK) return status;
  if (backend_->profile == nullptr)
    return fail(error, VORAB_UNSUPPORTED, "the steps of this backend have no times of their own");
  json = backend_->profile(session_);
  return VORAB_OK;
}

int Session::ledger(std::vector<vorab_count>& counts, vorab_error& error) {
  const std::lock_guard lock(mutex_);
  if (session_ == nullptr) return fail(error, VORAB_INVALID, "the session is closed");
  const std::lock_guard own_lock(own_mutex_);
  const size_t backends = backend_->ledger(session_, nullptr, 0);
  const size_t own = own_.read(nullptr, 0);
  counts.resize(backends + own);
  backend_->ledger(session_, counts.data(), backends);
  own_.read(counts.data() + backends, own);
  return VORAB_OK;
}

void Session::count(vorab_cause cause, uint32_t entry, uint32_t index, uint64_t bytes) {
  const std::lock_guard lock(own_mutex_);
  own_.add(cause, entry, index, bytes);
}

vorab_staged* Session::stage(uint64_t bytes, void** memory) {
  if (backend_ == nullptr || backend_->stage == nullptr) return nullptr;
  return backend_->stage(bytes, memory);
}

void Session::unstage(vorab_staged* staged) { backend_->unstage(staged); }

void Session::release_waiting() {
  if (!slots_.any_released()) return;
  const std::lock_guard lock(mutex_);
  if (session_ != nullptr) release(slots_.take_released());
}

bool Session::try_release_waiting() {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return false;
  if (session_ != nullptr) release(slots_.take_released());
  return true;
}

void Session::release(const std::vector<vorab_tensor*>& tensors) {
  for (vorab_tensor* tensor : tensors) backend_->tensor_release(session_, tensor);
}

}  // namespace vorab::runtime
