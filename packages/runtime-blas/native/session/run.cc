// One call: inputs and outputs are given their memory, the steps run, results are handed out.
#include <cstring>

#include "../float_mode.h"
#include "clock.h"
#include "session.h"

namespace vorab::blas {
namespace {

alignas(64) std::byte nothing[64];  // where empty arrays lie

bool overlaps(const void* a, uint64_t a_bytes, const void* b, uint64_t b_bytes) {
  const auto x = reinterpret_cast<uintptr_t>(a), y = reinterpret_cast<uintptr_t>(b);
  return a != nullptr && b != nullptr && x < y + b_bytes && y < x + a_bytes;
}

bool aligned(const void* data, uint8_t dtype) {
  return reinterpret_cast<uintptr_t>(data) % width(static_cast<Dt>(dtype)) == 0;
}

}  // namespace

std::byte* Session::input_data(const Bound& bound, uint32_t port, const vorab_input& input) {
  const BoundType& type = bound.input_types[port];
  if (input.tensor != nullptr) {
    if (input.tensor->bytes != type.bytes)
      throw Failure(VORAB_INVALID, "an input tensor has another size");
    return input.tensor->memory.data();
  }
  if (type.bytes == 0) return nothing;
  if (input.host == nullptr) throw Failure(VORAB_INVALID, "an input has no data");
  // Steps never write to an input.
  if (aligned(input.host, type.type.dtype))
    return static_cast<std::byte*>(const_cast<void*>(input.host));
  input_copies_.push_back(
      buffer(type.type, type.bytes, VORAB_CAUSE_INPUT_MEMORY, bound.entry, port));
  std::memcpy(input_copies_.back()->memory.data(), input.host, type.bytes);
  ledger_.add(VORAB_CAUSE_INPUT_ALIGNED, bound.entry, port, type.bytes);
  return input_copies_.back()->memory.data();
}

void Session::place_inputs(Bound& bound, const vorab_input* inputs) {
  for (const BoundPort& p : bound.inputs)
    bound.bases[p.value] = input_data(bound, p.port, inputs[p.port]);
}

void Session::place_outputs(Bound& bound, const vorab_input* inputs, const vorab_output* outputs) {
  output_buffers_.clear();
  output_buffers_.resize(bound.output_types.size());
  const auto direct = [&](const vorab_output& output, const BoundType& type) {
    if (output.skip != 0 || output.host == nullptr || !aligned(output.host, type.type.dtype))
      return false;
    for (size_t i = 0; i < bound.input_types.size(); ++i) {
      if (overlaps(output.host, type.bytes, inputs[i].host, bound.input_types[i].bytes))
        return false;
    }
    return true;
  };
  for (const BoundPort& p : bound.outputs) {
    const BoundType& type = bound.output_types[p.port];
    if (direct(outputs[p.port], type)) {
      bound.bases[p.value] = static_cast<std::byte*>(outputs[p.port].host);
      continue;
    }
    auto& tensor = output_buffers_[p.port];
    if (!tensor)
      tensor = buffer(type.type, type.bytes, VORAB_CAUSE_OUTPUT_MEMORY, bound.entry, p.port);
    bound.bases[p.value] = tensor->memory.data() ? tensor->memory.data() : nothing;
  }
}

void Session::run_steps(Bound& bound, uint32_t first_write, const int32_t* cancel) {
  const DenormalScope denormals(flushes_);
  RunContext context{bound.bases.data(), *pool_, scratch_data_, workspace_.data(), nullptr};
  for (uint32_t i = 0; i < bound.steps.size(); ++i) {
    if (i <= first_write && cancel != nullptr && __atomic_load_n(cancel, __ATOMIC_ACQUIRE) != 0) {
      throw Failure(VORAB_ABORTED, "the call was cancelled; no state has changed", i);
    }
    context.cancel = i <= first_write ? cancel : nullptr;
    try {
      const uint64_t start = profiles_ ? now_ns() : 0;
      bound.steps[i]->run(context);
      if (profiles_) bound.times[i].runs += 1, bound.times[i].ns += now_ns() - start;
    } catch (const Cancelled& fault) {
      throw Failure(VORAB_ABORTED, fault.what(), i);
    } catch (const DataFault& fault) {
      // The compiler puts what may fail before every write of state.
      throw Failure(i >= first_write ? VORAB_BROKEN : VORAB_FAILED, fault.what(), i, fault.index);
    } catch (const std::exception& fault) {
      throw Failure(i >= first_write ? VORAB_BROKEN : VORAB_FAILED, fault.what(), i);
    }
  }
  stats_.steps += bound.steps.size();
}

void Session::hand_out(const Bound& bound, vorab_output* outputs) {
  for (uint32_t i = 0; i < bound.output_types.size(); ++i) {
    auto& buffer = output_buffers_[i];
    outputs[i].tensor = nullptr;
    if (!buffer) continue;
    if (outputs[i].skip != 0) continue;
    if (outputs[i].host != nullptr) {
      const uint64_t bytes = bound.output_types[i].bytes;
      if (bytes > 0) std::memcpy(outputs[i].host, buffer->memory.data(), bytes);
      ledger_.add(VORAB_CAUSE_OUTPUT_FILLED, bound.entry, i, bytes);
      continue;
    }
    stats_.tensors_live += 1;
    buffer->entry = bound.entry;
    buffer->output = i;
    outputs[i].tensor = buffer.release();
  }
}

void Session::drop_buffers() {
  for (auto* list : {&input_copies_, &output_buffers_}) {
    for (auto& tensor : *list) {
      if (tensor) tensors_.give(std::move(tensor));
    }
    list->clear();
  }
}

// What an entry that is not called again holds.
void Session::forget(uint32_t entry) {
  EntryState& state = entries_[entry];
  stats_.arena_bytes -= state.arena.size();
  state.arena = Memory();
  state.cache = BoundCache();
  state.ready = false;
}

void Session::run(uint32_t entry, const int64_t* symbols, const vorab_input* inputs,
                  vorab_output* outputs, const int32_t* cancel) {
  Bound& bound = bind(entry, symbols);
  const fb::EntryPlan& plan = *entries_[entry].plan;
  try {
    place_inputs(bound, inputs);
    place_outputs(bound, inputs, outputs);
    run_steps(bound, plan.first_write(), cancel);
    hand_out(bound, outputs);
  } catch (...) {
    drop_buffers();
    throw;
  }
  drop_buffers();
  ledger_.add(VORAB_CAUSE_RUN, entry, 0);
  stats_.casts += items(plan.casts()).size();
  if (items(root_.entries())[entry]->kind() == fb::EntryKind::Init && !profiles_) forget(entry);
}

}  // namespace vorab::blas
