#include "session.h"

#include <algorithm>
#include <cstring>

#include "../gemm/product.h"
#include "clock.h"

namespace vorab::blas {
namespace {

const fb::Plan& plan_at(const fb::Program& program, uint32_t plan) {
  const auto& plans = items(program.plans());
  if (plan >= plans.size())
    throw Failure(VORAB_INVALID, "the artifact has no plan " + std::to_string(plan));
  return *plans[plan];
}

void check_targets(const fb::EntryPlan& entry) {
  for (const fb::Region* region : items(entry.regions())) {
    if (text(region->target()) != "blas") {
      throw Failure(VORAB_UNSUPPORTED, "a region of the plan runs on " +
                                           std::string(text(region->target())) + ", not on blas");
    }
  }
}

// The plan of a part holds some states alone; what other targets hold takes no memory here.
bool holds(const fb::Plan& plan, uint32_t state) {
  const auto& held = items(plan.holds());
  return !plan.part() || std::find(held.begin(), held.end(), state) != held.end();
}

uint64_t state_bytes(const fb::Program& program, const fb::State& state) {
  const std::vector<int64_t> none(items(program.symbols()).size(), 1);
  return static_cast<uint64_t>(
      byte_size(type_at(program, state.type()), Binding(program, none.data())));
}

}  // namespace

Session::Session(const vorab_program& program, uint32_t plan, const Options& options)
    : program_(program),
      root_(*fb::GetProgram(program.flatbuffer)),
      plan_(plan),
      kernels_(choose_kernels(options.cpu)),
      pool_(Pool::shared(options.threads > 0 ? options.threads : default_threads())),
      ledger_(root_),
      cache_(static_cast<size_t>(options.cache)),
      profiles_(options.profile),
      flushes_(options.flush) {
  prepare_blas();
  entries_.resize(items(root_.entries()).size());
  for (const fb::EntryPlan* entry : items(plan_at(root_, plan).entries())) {
    check_targets(*entry);
    entries_.at(entry->entry()).plan = entry;
  }
  allocate_states();
  scratch_.resize(static_cast<size_t>(pool_->threads()));
  scratch_data_.resize(scratch_.size());
}

// In one piece, so that small ones lie on huge pages too. Gaps keep equal places of a parameter and
// its moments from falling on equal places of a page, which stores and loads would mistake for each
// other.
void Session::allocate_states() {
  constexpr uint64_t kGap = 320;
  std::vector<uint64_t> offsets;
  uint64_t end = 0;
  for (const fb::State* state : items(root_.states())) {
    const bool held = holds(plan_at(root_, plan_), static_cast<uint32_t>(state_bytes_.size()));
    state_bytes_.push_back(held ? state_bytes(root_, *state) : 0);
    offsets.push_back(end);
    end += (state_bytes_.back() + 63) / 64 * 64 + kGap;
  }
  states_ = Memory(end);
  for (uint64_t offset : offsets) state_data_.push_back(states_.data() + offset);
}

Session::EntryState& Session::entry_state(uint32_t entry) {
  if (entry >= entries_.size() || entries_[entry].plan == nullptr) {
    throw Failure(VORAB_INVALID, "the plan has no entry " + std::to_string(entry));
  }
  return entries_[entry];
}

Bound& Session::bind(uint32_t entry, const int64_t* symbols) {
  EntryState& state = entry_state(entry);
  const auto& wanted = items(items(root_.entries())[entry]->symbols());
  if (Bound* found = state.cache.find(wanted, symbols)) {
    ledger_.add(VORAB_CAUSE_HIT, entry, 0);
    return *found;
  }
  ledger_.add(VORAB_CAUSE_MISS, entry, 0);
  const uint64_t start = now_ns();
  open_arena(entry, state);
  const auto [bound, evicted] = state.cache.insert(build(state, symbols), cache_);
  if (evicted) ledger_.add(VORAB_CAUSE_EVICTION, entry, 0);
  reserve(*bound);
  ledger_.add(VORAB_CAUSE_BUILD, entry, 0, 0, now_ns() - start);
  return *bound;
}

void Session::open_arena(uint32_t entry, EntryState& state) {
  if (state.ready) return;
  state.arena = Memory(state.plan->arena_bytes());
  state.ready = true;
  stats_.arena_bytes += state.arena.size();
  if (state.arena.size() > 0) ledger_.add(VORAB_CAUSE_ARENA, entry, 0, state.arena.size());
}

Bound Session::build(EntryState& state, const int64_t* symbols) {
  uint32_t step = VORAB_NO_STEP;
  const Memories memories{program_.file, state.arena.data(), state_data_};
  try {
    return bind_entry({root_, plan_, *state.plan, *kernels_.kernels, memories}, symbols, step);
  } catch (const BadPlan& fault) {
    throw Failure(VORAB_INVALID, fault.what(), step);
  } catch (const Unsupported& fault) {
    throw Failure(VORAB_UNSUPPORTED, fault.what(), step);
  }
}

void Session::reserve(const Bound& bound) {
  const auto grow = [&](Memory& memory, int64_t bytes) {
    if (memory.size() >= static_cast<uint64_t>(bytes)) return;
    memory = Memory(static_cast<uint64_t>(bytes));
    ledger_.add(VORAB_CAUSE_ARENA, bound.entry, 0, memory.size());
  };
  for (size_t t = 0; t < scratch_.size(); ++t) {
    grow(scratch_[t], bound.scratch_bytes);
    scratch_data_[t] = scratch_[t].data();
  }
  grow(workspace_, bound.workspace_bytes);
}

std::byte* Session::state_memory(uint32_t state, uint64_t bytes) {
  if (state >= state_data_.size())
    throw Failure(VORAB_INVALID, "the artifact has no state " + std::to_string(state));
  if (state_bytes_[state] != bytes) {
    throw Failure(VORAB_INVALID, "state " + std::to_string(state) + " has " +
                                     std::to_string(state_bytes_[state]) + " bytes, not " +
                                     std::to_string(bytes));
  }
  return state_data_[state];
}

void Session::state_read(uint32_t state, void* destination, uint64_t bytes) {
  const std::byte* memory = state_memory(state, bytes);
  if (bytes > 0) std::memcpy(destination, memory, bytes);
  ledger_.add(VORAB_CAUSE_STATE_READ, 0, state, bytes);
}

void Session::state_write(uint32_t state, const void* source, uint64_t bytes) {
  std::byte* memory = state_memory(state, bytes);
  if (bytes > 0) std::memcpy(memory, source, bytes);
  ledger_.add(VORAB_CAUSE_STATE_WRITTEN, 0, state, bytes);
}

std::unique_ptr<vorab_tensor> Session::buffer(const vorab_type& type, uint64_t bytes,
                                              vorab_cause cause, uint32_t entry, uint32_t index) {
  bool fresh = false;
  auto tensor = tensors_.take(type, bytes, fresh);
  if (fresh) ledger_.add(cause, entry, index, tensor->memory.size());
  return tensor;
}

vorab_tensor* Session::tensor_create(const vorab_type& type, const void* host) {
  uint64_t bytes = width(static_cast<Dt>(type.dtype));
  for (int d = 0; d < type.rank; ++d) bytes *= static_cast<uint64_t>(type.shape[d]);
  auto tensor = buffer(type, bytes, VORAB_CAUSE_TENSOR_MEMORY, 0, 0);
  if (bytes > 0) std::memcpy(tensor->memory.data(), host, bytes);
  ledger_.add(VORAB_CAUSE_TENSOR_CREATED, 0, 0, bytes);
  stats_.tensors_live += 1;
  return tensor.release();
}

void Session::tensor_release(vorab_tensor* tensor) {
  stats_.tensors_live -= 1;
  tensors_.give(std::unique_ptr<vorab_tensor>(tensor));
}

void Session::tensor_read(const vorab_tensor& tensor, void* destination, uint64_t bytes) {
  if (bytes != tensor.bytes) {
    throw Failure(VORAB_INVALID, "the tensor has " + std::to_string(tensor.bytes) + " bytes, not " +
                                     std::to_string(bytes));
  }
  if (bytes > 0) std::memcpy(destination, tensor.memory.data(), bytes);
  if (tensor.entry == VORAB_NO_STEP)
    ledger_.add(VORAB_CAUSE_TENSOR_READ, 0, 0, bytes);
  else
    ledger_.add(VORAB_CAUSE_OUTPUT_READ, tensor.entry, tensor.output, bytes);
}

vorab_stats Session::stats() const {
  vorab_stats stats = stats_;
  ledger_.sum(stats);
  return stats;
}

const char* Session::profile() {
  std::string out;
  for (size_t e = 0; e < entries_.size(); ++e) {
    for (const Bound& bound : entries_[e].cache.items()) {
      for (size_t i = 0; i < bound.steps.size(); ++i) {
        const StepTime& time = bound.times[i];
        if (time.runs == 0) continue;
        const Work work = bound.steps[i]->work();
        out += out.empty() ? "" : ", ";
        out += "{\"entry\": " + std::to_string(e) + ", \"step\": " + std::to_string(i) +
               ", \"work\": \"" + work.what + "\", \"runs\": " + std::to_string(time.runs) +
               ", \"ns\": " + std::to_string(time.ns) +
               ", \"flops\": " + std::to_string(work.flops) +
               ", \"bytes\": " + std::to_string(work.bytes) + "}";
      }
    }
  }
  profile_ = "[" + out + "]";
  return profile_.c_str();
}

}  // namespace vorab::blas
