#include "runtime/native/split_session.h"

#include <algorithm>
#include <cstring>

#include "artifact/native/verify.h"
#include "runtime/native/library.h"
#include "runtime/native/session.h"

namespace vorab::runtime {
namespace {

constexpr size_t kMaxChecked = 1024;

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
  for (const fb::EntryPlan* entry : items(of.entries())) {
    EntryState& state = entries_[entry->entry()];
    state.entry = entry->entry();
    state.steps = read_split_entry(program_, of, *entry);
  }
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
  tensors_live_ += 1;
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
  tensors_live_ -= 1;
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
  all.runs = 0;
  for (const auto& [entry, state] : entries_) {
    all.runs += state.runs;
    for (const auto& [step, transfer] : state.transfers) {
      all.copies_device += transfer.count;
      all.bytes_device += transfer.bytes;
    }
  }
  all.tensors_live = tensors_live_;
  return all;
}

size_t SplitSession::ledger(vorab_count* counts, size_t capacity) const {
  size_t found = 0;
  const auto add = [&](const vorab_count& count) {
    if (found < capacity) counts[found] = count;
    ++found;
  };
  for (const Part& part : parts_) {
    std::vector<vorab_count> inner(part.backend->ledger(part.session, nullptr, 0));
    part.backend->ledger(part.session, inner.data(), inner.size());
    for (const vorab_count& count : inner) add(count);
  }
  for (const auto& [entry, state] : entries_) {
    if (state.runs > 0) add({VORAB_CAUSE_RUN, entry, 0, state.runs, 0, 0});
    for (const auto& [step, count] : state.transfers) add(count);
  }
  return found;
}

const char* SplitSession::profile() {
  profile_ = "[";
  const auto add = [&](const std::string& rows) {
    if (!rows.empty()) profile_ += (profile_.size() > 1 ? ", " : "") + rows;
  };
  for (const auto& [entry, state] : entries_) {
    for (const auto& [step, time] : state.times) {
      const auto moved = state.transfers.find(step);
      const bool transfer = state.steps.steps[step].transfer;
      const uint64_t bytes = transfer ? moved->second.bytes / moved->second.count : 0;
      add("{\"entry\": " + std::to_string(entry) + ", \"step\": " + std::to_string(step) +
          ", \"work\": \"" + (transfer ? "transfer" : "call") +
          "\", \"runs\": " + std::to_string(time.runs) + ", \"ns\": " + std::to_string(time.ns) +
          ", \"flops\": 0, \"bytes\": " + std::to_string(bytes) + "}");
    }
  }
  for (const Part& part : parts_) {
    if (part.backend->profile == nullptr) continue;
    const std::string rows = part.backend->profile(part.session);
    add(rows.substr(1, rows.size() - 2));
  }
  profile_ += "]";
  return profile_.c_str();
}

}  // namespace vorab::runtime
