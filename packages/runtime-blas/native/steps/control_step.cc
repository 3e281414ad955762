#include "control_step.h"

#include <algorithm>
#include <cstring>

namespace vorab::blas {
namespace {

// Between two steps of a loop nothing has been written that outlives the call.
void check_cancel(const RunContext& context) {
  if (context.cancel != nullptr && __atomic_load_n(context.cancel, __ATOMIC_ACQUIRE) != 0)
    throw Cancelled("the call was cancelled; no state has changed");
}

}  // namespace

int64_t ControlStep::scratch_bytes() const {
  int64_t most = 0;
  for (const Body& body : bodies_) most = std::max(most, body.scratch_bytes());
  return most;
}

int64_t ControlStep::workspace_bytes() const {
  int64_t most = 0;
  for (const Body& body : bodies_) most = std::max(most, body.workspace_bytes());
  return most;
}

void ControlStep::begin_carries(const RunContext& context, size_t carries) const {
  for (size_t i = 0; i < carries; ++i) {
    const auto bytes = static_cast<size_t>(inputs_[i].bytes);
    if (bytes == 0) continue;
    std::memcpy(context.values[outputs_[i].value], context.values[inputs_[i].value], bytes);
  }
}

ScanStep::ScanStep(std::vector<Body> bodies, std::vector<Whole> inputs, std::vector<Whole> outputs,
                   Extent extent)
    : ControlStep(std::move(bodies), std::move(inputs), std::move(outputs)),
      extent_(extent),
      from_(inputs_.size()),
      to_(outputs_.size()),
      moving_from_(extent.sequences),
      moving_to_(outputs_.size() - extent.carries) {}

void ScanStep::run(const RunContext& context) {
  const auto [length, carries, sequences, reverse] = extent_;
  begin_carries(context, carries);
  if (length == 0) return;
  for (size_t i = 0; i < carries; ++i) from_[i] = context.values[outputs_[i].value];
  for (size_t i = carries; i < inputs_.size(); ++i) from_[i] = context.values[inputs_[i].value];
  for (size_t i = 0; i < sequences; ++i) {
    const Whole& of = inputs_[carries + i];
    moving_from_[i] = {context.values[of.value], of.bytes / length};
  }
  for (size_t i = 0; i < moving_to_.size(); ++i) {
    const Whole& of = outputs_[carries + i];
    moving_to_[i] = {context.values[of.value], of.bytes / length};
  }
  for (int64_t step = 0; step < length; ++step) {
    check_cancel(context);
    const int64_t at = reverse ? length - 1 - step : step;
    for (size_t i = 0; i < sequences; ++i)
      from_[carries + i] = moving_from_[i].base + at * moving_from_[i].bytes;
    for (size_t i = 0; i < moving_to_.size(); ++i)
      to_[carries + i] = moving_to_[i].base + at * moving_to_[i].bytes;
    bodies_[0].run(context, from_, to_);
  }
}

CondStep::CondStep(std::vector<Body> bodies, std::vector<Whole> inputs, std::vector<Whole> outputs)
    : ControlStep(std::move(bodies), std::move(inputs), std::move(outputs)),
      from_(inputs_.size() - 1),
      to_(outputs_.size()) {}

void CondStep::run(const RunContext& context) {
  for (size_t i = 0; i < from_.size(); ++i) from_[i] = context.values[inputs_[i + 1].value];
  for (size_t i = 0; i < to_.size(); ++i) to_[i] = context.values[outputs_[i].value];
  const bool holds = *context.values[inputs_[0].value] != std::byte{0};
  bodies_[holds ? 0 : 1].run(context, from_, to_);
}

WhileStep::WhileStep(std::vector<Body> bodies, std::vector<Whole> inputs,
                     std::vector<Whole> outputs, uint32_t carries)
    : ControlStep(std::move(bodies), std::move(inputs), std::move(outputs)),
      carries_(carries),
      from_(inputs_.size()),
      to_(outputs_.size()) {}

bool WhileStep::holds(const RunContext& context) {
  std::byte holds{0};
  std::byte* const to[] = {&holds};
  bodies_[0].run(context, from_, to);
  return holds != std::byte{0};
}

void WhileStep::run(const RunContext& context) {
  begin_carries(context, carries_);
  for (size_t i = 0; i < inputs_.size(); ++i)
    from_[i] = context.values[i < carries_ ? outputs_[i].value : inputs_[i].value];
  while (holds(context)) {
    check_cancel(context);
    bodies_[1].run(context, from_, to_);
  }
}

}  // namespace vorab::blas
