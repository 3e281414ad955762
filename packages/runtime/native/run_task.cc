#include "runtime/native/run_task.h"

#include <cstring>
#include <utility>

#include "runtime/native/arguments.h"

namespace vorab::runtime {
RunTask::RunTask(Host& host, uint32_t entry, const Signature& signature)
    : PromiseTask(host.shared_session()),
      host_(host),
      entry_(entry),
      symbols_(signature.symbols(), signature.symbols() + signature.symbol_count()) {
  inputs_.reserve(signature.inputs());
  outputs_.reserve(signature.outputs());
}

void RunTask::add_input(const vorab_input& input, uint64_t bytes, uint32_t slot) {
  inputs_.push_back(input);
  if (input.tensor != nullptr) {
    session().slots().retain(slot);
    retained_.push_back(slot);
    return;
  }
  const auto port = static_cast<uint32_t>(inputs_.size() - 1);
  held_.push_back({port, Held(host_.shared_session(), input.host, bytes)});
  inputs_.back().host = held_.back().copy.data();
}

void RunTask::add_output(napi_env env, const OutputRequest& request, napi_value array) {
  outputs_.push_back(request);
  arrays_.push_back(nullptr);
  if (request.output.host == nullptr) return;
  outputs_.back().output.host = aligned_memory(filled_.emplace_back(), request.bytes);
  napi_create_reference(env, array, 1, &arrays_.back());
}

int RunTask::work(vorab_error& error) {
  // The C table reads a plain int32_t with an atomic load.
  const auto* cancel = reinterpret_cast<const int32_t*>(&cancelled);
  static_assert(sizeof cancelled == sizeof(int32_t) && std::atomic<int32_t>::is_always_lock_free);
  count_held();
  const int ran = session().run(entry_, symbols_.data(), inputs_, outputs_, cancel, error);
  if (ran != VORAB_OK) return ran;
  // Counted with the call, so that whoever asks after it sees them, though they are yet to be made.
  for (uint32_t port = 0; port < outputs_.size(); ++port) {
    if (arrays_[port] != nullptr)
      session().count(VORAB_CAUSE_OUTPUT_HANDED, entry_, port, outputs_[port].bytes);
  }
  return ran;
}

// In the order of calls, so that the ledger that is read between two of them has those of the
// first.
void RunTask::count_held() {
  if (std::exchange(counted_, true)) return;
  for (const HeldInput& input : held_)
    session().count(VORAB_CAUSE_INPUT_HELD, entry_, input.port, input.copy.bytes());
}

bool RunTask::fill(napi_env env, size_t port) {
  napi_value array = nullptr;
  View view;
  napi_get_reference_value(env, arrays_[port], &array);
  if (!read_view(env, array, view) || view.bytes != outputs_[port].bytes) return false;
  if (view.bytes != 0) std::memcpy(view.data, outputs_[port].output.host, view.bytes);
  return true;
}

napi_value RunTask::value(napi_env env) {
  napi_value slots = nullptr;
  napi_create_array_with_length(env, outputs_.size(), &slots);
  for (size_t port = 0; port < outputs_.size(); ++port) {
    // -1: no tensor. -2: the caller's array was transferred or resized meanwhile.
    double number = -1;
    if (outputs_[port].slot != kNoSlot) number = outputs_[port].slot;
    if (arrays_[port] != nullptr && !fill(env, port)) number = -2;
    napi_value element = nullptr;
    napi_create_double(env, number, &element);
    napi_set_element(env, slots, static_cast<uint32_t>(port), element);
  }
  return slots;
}

void RunTask::cleanup(napi_env env) {
  count_held();  // of a call that never ran
  for (napi_ref& array : arrays_) {
    if (array != nullptr) napi_delete_reference(env, array);
    array = nullptr;
  }
  for (const uint32_t slot : retained_) host_.release(slot);
  retained_.clear();
}

}  // namespace vorab::runtime
