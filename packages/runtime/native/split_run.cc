// One call over several targets: parts in order, and what moves between them.
#include <algorithm>
#include <chrono>

#include "runtime/native/session.h"
#include "runtime/native/split_session.h"

namespace vorab::runtime {
namespace {

constexpr int32_t kNotCancelled = 0;

bool is_set(const int32_t* flag) {
  return flag != nullptr && __atomic_load_n(flag, __ATOMIC_ACQUIRE) != 0;
}

// Never null: a tensor of no bytes lies somewhere too.
std::byte* room(std::vector<std::byte>& memory, uint64_t bytes) {
  const size_t least = std::max<size_t>(static_cast<size_t>(bytes), 1);
  if (memory.size() < least) memory.resize(least);
  return memory.data();
}

}  // namespace

int SplitSession::run(uint32_t entry, const int64_t* symbols, const vorab_input* inputs,
                      vorab_output* outputs, const int32_t* cancel, vorab_error& error) {
  EntryState* state = nullptr;
  if (const int status = bind(entry, symbols, &state, error); status != VORAB_OK) return status;
  const uint32_t count = items(program_.entries()->Get(entry)->outputs()).size();
  const Call call{symbols, inputs, outputs, cancel};
  for (uint32_t i = 0; i < count; ++i) outputs[i].tensor = nullptr;
  const int status = run_steps(*state, call, error);
  drop(*state);
  if (status == VORAB_OK) {
    state->runs += 1;
    return status;
  }
  for (uint32_t i = 0; i < count; ++i) {
    if (outputs[i].tensor != nullptr) tensor_release(outputs[i].tensor);
    outputs[i].tensor = nullptr;
  }
  return status;
}

int SplitSession::run_steps(EntryState& state, const Call& call, vorab_error& error) {
  bool wrote = false;
  for (state.step = 0; state.step < state.steps.steps.size(); ++state.step) {
    const SplitStep& step = state.steps.steps[state.step];
    if (!wrote && is_set(call.cancel)) {
      fail(error, VORAB_ABORTED, "the call was cancelled; no state has changed");
      return located(step, error, VORAB_ABORTED);
    }
    int status = VORAB_OK;
    const auto start = std::chrono::steady_clock::now();
    try {
      // Once a target has written, the others must too.
      const int32_t* cancel = wrote ? &kNotCancelled : call.cancel;
      status =
          step.transfer ? transfer(state, step, error) : run_part(state, step, call, cancel, error);
    } catch (const std::exception& problem) {
      status = fail(error, VORAB_MEMORY, problem.what());
    }
    if (status != VORAB_OK) return located(step, error, wrote ? VORAB_BROKEN : status);
    const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - start;
    StepTime& time = state.times[state.step];
    time.runs += 1, time.ns += static_cast<uint64_t>(took.count());
    wrote = wrote || step.writes;
  }
  return VORAB_OK;
}

int SplitSession::run_part(EntryState& state, const SplitStep& step, const Call& call,
                           const int32_t* cancel, vorab_error& error) {
  inputs_.assign(step.inputs.size(), {});
  for (size_t i = 0; i < step.inputs.size(); ++i) {
    const int status = input_for(state, step, step.inputs[i], call, inputs_[i], error);
    if (status != VORAB_OK) return status;
  }
  outputs_.clear();
  for (const Operand& output : step.outputs) outputs_.push_back(output_for(state, output, call));
  const Part& part = parts_[step.target];
  const int ran = part.backend->run(part.session, step.entry, call.symbols, inputs_.data(),
                                    outputs_.data(), cancel, &error);
  if (ran != VORAB_OK) return ran;
  for (size_t i = 0; i < step.outputs.size(); ++i)
    take_output(state, step, step.outputs[i], outputs_[i], call);
  return VORAB_OK;
}

int SplitSession::transfer(EntryState& state, const SplitStep& step, vorab_error& error) {
  const Held& from = state.held[step.from];
  Held& to = state.held[step.to];
  const uint64_t bytes = state.bytes[step.to];
  if (from.tensor == nullptr) {
    to.data = from.data;  // its maker has put it there
  } else if (const int status = copy(from.target, from.tensor, to.host, bytes, error);
             status != VORAB_OK) {
    return status;
  } else {
    to.data = to.host.data();
  }
  count_copy(state, bytes);
  return VORAB_OK;
}

int SplitSession::input_for(EntryState& state, const SplitStep& step, const Operand& operand,
                            const Call& call, vorab_input& input, vorab_error& error) {
  if (operand.kind == Operand::Kind::Between) {
    const Held& held = state.held[operand.index];
    input = held.tensor != nullptr ? vorab_input{held.tensor, nullptr}
                                   : vorab_input{nullptr, held.data};
    return VORAB_OK;
  }
  input = call.inputs[operand.index];
  if (input.tensor == nullptr) return VORAB_OK;
  const vorab_tensor& given = *input.tensor;
  if (given.target == step.target) {
    input.tensor = given.inner;
    return VORAB_OK;
  }
  std::vector<std::byte>& host = state.ports[operand.index];
  const uint64_t bytes = state.port_bytes[operand.index];
  const int status = copy(given.target, given.inner, host, bytes, error);
  input = {nullptr, host.data()};
  if (status == VORAB_OK) count_copy(state, bytes);
  return status;
}

vorab_output SplitSession::output_for(EntryState& state, const Operand& operand, const Call& call) {
  if (operand.kind == Operand::Kind::Port) return call.outputs[operand.index];
  if (state.steps.values[operand.index].handed_on) return {};
  Held& held = state.held[operand.index];
  held.data = room(held.host, state.bytes[operand.index]);
  return {held.host.data(), nullptr, 0};
}

void SplitSession::take_output(EntryState& state, const SplitStep& step, const Operand& operand,
                               const vorab_output& given, const Call& call) {
  if (given.tensor == nullptr) return;
  if (operand.kind == Operand::Kind::Between) {
    state.held[operand.index].tensor = given.tensor;
    state.held[operand.index].target = step.target;
  } else {
    call.outputs[operand.index].tensor = wrap(step.target, given.tensor);
  }
}

void SplitSession::drop(EntryState& state) {
  for (Held& held : state.held) {
    if (held.tensor == nullptr) continue;
    const Part& part = parts_[held.target];
    part.backend->tensor_release(part.session, held.tensor);
    held.tensor = nullptr;
  }
}

// The step of the entry's plan, counted over the steps of what it calls.
int SplitSession::located(const SplitStep& step, vorab_error& error, int status) {
  error.step = step.first + (error.step == VORAB_NO_STEP ? 0 : error.step);
  return status;
}

int SplitSession::copy(uint32_t target, vorab_tensor* tensor, std::vector<std::byte>& host,
                       uint64_t bytes, vorab_error& error) {
  const Part& part = parts_[target];
  return part.backend->tensor_read(part.session, tensor, room(host, bytes), bytes, &error);
}

void SplitSession::count_copy(EntryState& state, uint64_t bytes) {
  vorab_count& count = state.transfers[state.step];
  count.cause = VORAB_CAUSE_TRANSFER, count.entry = state.entry, count.index = state.step;
  count.count += 1;
  count.bytes += bytes;
}

}  // namespace vorab::runtime
