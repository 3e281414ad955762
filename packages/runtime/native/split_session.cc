#include "runtime/native/split_session.h"

#include <algorithm>
#include <cstring>

#include "artifact/native/verify.h"
#include "runtime/native/library.h"
#include "runtime/native/session.h"

namespace vorab::runtime {
namespace {

constexpr int32_t kNotCancelled = 0;
constexpr size_t kMaxChecked = 1024;

bool is_set(const int32_t* flag) {
  return flag != nullptr && __atomic_load_n(flag, __ATOMIC_ACQUIRE) != 0;
}

// Never null: a tensor of no bytes lies somewhere too.
std::byte* room(std::vector<std::byte>& memory, uint64_t bytes) {
  const size_t least = std::max<size_t>(static_cast<size_t>(bytes), 1);
  if (memory.size() < least) memory.resize(least);
  return memory.data();
}

uint64_t bytes_at(const fb::Program& program, uint32_t type, const Binding& binding) {
  return static_cast<uint64_t>(byte_size(type_at(program, type), binding));
}

}  // namespace

SplitSession::SplitSession(const vorab_program& program, uint32_t plan)
    : view_(program), program_(*fb::GetProgram(program.flatbuffer)), plan_(plan) {
  const fb::Plan& of = *program_.plans()->Get(plan);
  owners_.resize(items(program_.states()).size());
  for (const uint32_t part : items(of.parts())) {
    for (const uint32_t state : items(program_.plans()->Get(part)->holds()))
      owners_[state] = static_cast<uint32_t>(parts_.size());
    parts_.push_back({nullptr, nullptr, part});
  }
  for (const fb::EntryPlan* entry : items(of.entries()))
    entries_[entry->entry()].steps = read_split_entry(program_, of, *entry);
}

SplitSession::~SplitSession() {
  for (auto& [entry, state] : entries_) drop(state);
  for (const Part& part : parts_) {
    if (part.session != nullptr) part.backend->close(part.session);
  }
}

int SplitSession::open(const std::vector<std::string>& libraries, const char* options,
                       vorab_error& error) {
  if (libraries.size() != parts_.size())
    return fail(error, VORAB_INVALID,
                std::to_string(libraries.size()) + " libraries for a plan over " +
                    std::to_string(parts_.size()) + " targets");
  for (size_t i = 0; i < parts_.size(); ++i) {
    const std::string target(text(program_.plans()->Get(parts_[i].plan)->targets()->Get(0)));
    std::string problem;
    parts_[i].backend = load_backend(libraries[i], problem);
    if (parts_[i].backend == nullptr) return fail(error, VORAB_UNSUPPORTED, problem);
    if (target != parts_[i].backend->name)
      return fail(error, VORAB_INVALID,
                  libraries[i] + " is target " + parts_[i].backend->name + ", not " + target);
    owner_thread_ = owner_thread_ || (parts_[i].backend->flags & VORAB_OWNER_THREAD) != 0;
    const int opened =
        parts_[i].backend->open(&view_, parts_[i].plan, options, &parts_[i].session, &error);
    if (opened == VORAB_OK) continue;
    parts_[i].session = nullptr;
    return opened;
  }
  return VORAB_OK;
}

// ------------------------------------------------------------------------------------------
// entries

int SplitSession::bind(uint32_t entry, const int64_t* symbols, EntryState** state,
                       vorab_error& error) {
  const auto found = entries_.find(entry);
  if (found == entries_.end())
    return fail(error, VORAB_INVALID, "the plan has no entry " + std::to_string(entry));
  EntryState& of = found->second;
  *state = &of;
  const std::vector<int64_t> now(symbols, symbols + items(program_.symbols()).size());
  if (!of.bytes.empty() && of.symbols == now) return VORAB_OK;
  if (!of.checked.contains(now)) {
    if (const int status = check(of, symbols, error); status != VORAB_OK) return status;
    if (of.checked.size() >= kMaxChecked) of.checked.clear();
    of.checked.insert(now);
  }
  const Binding binding(program_, symbols);
  of.held.resize(of.steps.values.size());
  of.bytes.clear();
  for (const Between& value : of.steps.values)
    of.bytes.push_back(bytes_at(program_, value.type, binding));
  of.port_bytes.clear();
  for (const fb::Port* port : items(program_.entries()->Get(entry)->inputs()))
    of.port_bytes.push_back(bytes_at(program_, port->type(), binding));
  of.ports.resize(of.port_bytes.size());
  of.symbols = now;
  return VORAB_OK;
}

int SplitSession::check(const EntryState& state, const int64_t* symbols, vorab_error& error) const {
  const Binding binding(program_, symbols);
  for (const SplitStep& step : state.steps.steps) {
    if (step.transfer) continue;
    const auto fault = check_binding(program_, parts_[step.target].plan, step.entry, binding);
    if (fault) return fail(error, VORAB_INVALID, fault->message);
  }
  return VORAB_OK;
}

int SplitSession::prepare(uint32_t entry, const int64_t* symbols, vorab_error& error) {
  EntryState* state = nullptr;
  if (const int status = bind(entry, symbols, &state, error); status != VORAB_OK) return status;
  for (const SplitStep& step : state->steps.steps) {
    if (step.transfer) continue;
    const Part& part = parts_[step.target];
    const int status = part.backend->prepare(part.session, step.entry, symbols, &error);
    if (status != VORAB_OK) return located(step, error, status);
  }
  return VORAB_OK;
}

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
    own_.runs += 1;
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
  for (const SplitStep& step : state.steps.steps) {
    if (!wrote && is_set(call.cancel)) {
      fail(error, VORAB_ABORTED, "the call was cancelled; no state has changed");
      return located(step, error, VORAB_ABORTED);
    }
    int status = VORAB_OK;
    try {
      // Once a target has written, the others must too.
      const int32_t* cancel = wrote ? &kNotCancelled : call.cancel;
      status =
          step.transfer ? transfer(state, step, error) : run_part(state, step, call, cancel, error);
    } catch (const std::exception& problem) {
      status = fail(error, VORAB_MEMORY, problem.what());
    }
    if (status != VORAB_OK) return located(step, error, wrote ? VORAB_BROKEN : status);
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
  count_copy(bytes);
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
  if (status == VORAB_OK) count_copy(bytes);
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

void SplitSession::count_copy(uint64_t bytes) {
  own_.copies_device += 1;
  own_.bytes_device += bytes;
}

// ------------------------------------------------------------------------------------------
// states, tensors

const SplitSession::Part* SplitSession::owner(uint32_t state, vorab_error& error) const {
  if (state < owners_.size()) return &parts_[owners_[state]];
  fail(error, VORAB_INVALID, "the artifact has no state " + std::to_string(state));
  return nullptr;
}

int SplitSession::state_read(uint32_t state, void* destination, uint64_t bytes,
                             vorab_error& error) {
  const Part* part = owner(state, error);
  if (part == nullptr) return VORAB_INVALID;
  return part->backend->state_read(part->session, state, destination, bytes, &error);
}

int SplitSession::state_write(uint32_t state, const void* source, uint64_t bytes,
                              vorab_error& error) {
  const Part* part = owner(state, error);
  if (part == nullptr) return VORAB_INVALID;
  return part->backend->state_write(part->session, state, source, bytes, &error);
}

vorab_tensor* SplitSession::wrap(uint32_t target, vorab_tensor* inner) {
  own_.tensors_live += 1;
  return std::make_unique<vorab_tensor>(vorab_tensor{target, parts_[target].backend, inner})
      .release();
}

int SplitSession::tensor_create(const vorab_type& type, const void* host, vorab_tensor** tensor,
                                vorab_error& error) {
  vorab_tensor* inner = nullptr;
  const Part& part = parts_.front();
  const int made = part.backend->tensor_create(part.session, &type, host, &inner, &error);
  if (made == VORAB_OK) *tensor = wrap(0, inner);
  return made;
}

void SplitSession::tensor_release(vorab_tensor* tensor) {
  const std::unique_ptr<vorab_tensor> owned(tensor);
  const Part& part = parts_[owned->target];
  part.backend->tensor_release(part.session, owned->inner);
  own_.tensors_live -= 1;
}

int SplitSession::tensor_read(vorab_tensor* tensor, void* destination, uint64_t bytes,
                              vorab_error& error) {
  const Part& part = parts_[tensor->target];
  return part.backend->tensor_read(part.session, tensor->inner, destination, bytes, &error);
}

// What the targets count, and what is only known here.
vorab_stats SplitSession::stats() const {
  constexpr size_t kFields = sizeof(vorab_stats) / sizeof(uint64_t);
  static_assert(kFields * sizeof(uint64_t) == sizeof(vorab_stats));
  std::array<uint64_t, kFields> sums{};
  for (const Part& part : parts_) {
    vorab_stats of{};
    part.backend->stats(part.session, &of);
    std::array<uint64_t, kFields> fields{};
    std::memcpy(fields.data(), &of, sizeof of);
    for (size_t i = 0; i < kFields; ++i) sums[i] += fields[i];
  }
  vorab_stats all{};
  std::memcpy(&all, sums.data(), sizeof all);
  all.runs = own_.runs;
  all.copies_device += own_.copies_device;
  all.bytes_device += own_.bytes_device;
  all.tensors_live = own_.tensors_live;
  return all;
}

}  // namespace vorab::runtime
