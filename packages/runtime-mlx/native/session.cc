#include "runtime-mlx/native/session.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include "runtime-mlx/native/failure.h"
#include "runtime-mlx/native/supports.h"
#include "runtime-mlx/native/transfer.h"

namespace vorab::on_mlx {
namespace {

const fb::Plan& plan_at(const fb::Program& program, uint32_t plan) {
  const auto& plans = items(program.plans());
  if (plan < plans.size()) return *plans.Get(plan);
  throw Failure(VORAB_INVALID,
                "plan " + std::to_string(plan) + " of " + std::to_string(plans.size()));
}

void refuse_foreign(const fb::Plan& plan) {
  for (const auto* target : items(plan.targets())) {
    if (text(target) == "mlx") continue;
    throw Failure(VORAB_UNSUPPORTED, "plan '" + std::string(text(plan.name())) +
                                         "' needs target '" + std::string(text(target)) +
                                         "' beside mlx");
  }
}

// The plan of a part holds some states alone; what other targets hold takes no memory here.
bool holds(const fb::Plan& plan, uint32_t state) {
  const auto& held = items(plan.holds());
  return !plan.part() || std::find(held.begin(), held.end(), state) != held.end();
}

void refuse_f64(const fb::Program& program, const fb::Plan& plan) {
  if (device().has_f64) return;
  uint32_t index = 0;
  for (const fb::State* state : items(program.states())) {
    if (!holds(plan, index++)) continue;
    if (type_at(program, state->type()).dtype() != fb::DType::F64) continue;
    throw Failure(VORAB_UNSUPPORTED, "state '" + std::string(text(state->name())) +
                                         "' is f64, which MLX has on its CPU device only");
  }
}

void expect_bytes(uint64_t given, size_t needed) {
  if (given == needed) return;
  throw Failure(VORAB_INVALID,
                std::to_string(given) + " bytes, expected " + std::to_string(needed));
}

uint64_t nanoseconds_since(std::chrono::steady_clock::time_point start) {
  const auto elapsed = std::chrono::steady_clock::now() - start;
  return static_cast<uint64_t>(std::chrono::nanoseconds(elapsed).count());
}

}  // namespace

Session::Session(const vorab_program& program, uint32_t plan, const Options& options)
    : file_(program),
      program_(*fb::GetProgram(program.flatbuffer)),
      plan_(plan_at(program_, plan)),
      constants_(items(program_.constants()).size()),
      cache_(options.cache),
      kernels_(options.kernels && device().kernels),
      ledger_(program_) {
  refuse_foreign(plan_);
  refuse_f64(program_, plan_);
  refuse_missing_ops(program_, plan_);
  mx::set_default_device(device().handle);
  stream_.use();
  for (const fb::EntryPlan* entry : items(plan_.entries())) entries_[entry->entry()] = entry;
  // State types have no symbolic dim: any binding will do.
  const std::vector<int64_t> symbols(items(program_.symbols()).size());
  const Binding binding(program_, symbols.data());
  for (const fb::State* state : items(program_.states())) {
    const Type type = type_of(type_at(program_, state->type()), binding);
    const bool held = holds(plan_, static_cast<uint32_t>(states_.size()));
    states_.push_back(held ? mx::zeros(type.shape, type.dtype) : mx::zeros({0}, type.dtype));
  }
  // What opening does is not counted.
  states_ = evaluate_dense(states_, [](size_t, uint64_t) {});
}

const fb::EntryPlan& Session::entry_plan(uint32_t entry) const {
  const auto found = entries_.find(entry);
  if (found != entries_.end()) return *found->second;
  throw Failure(VORAB_INVALID, "the plan has no entry " + std::to_string(entry));
}

// ------------------------------------------------------------------------------------------
// functions

void Session::prepare(uint32_t entry, const int64_t* symbols) {
  stream_.use();
  function(entry, Binding(program_, symbols));
}

Function& Session::function(uint32_t entry, const Binding& binding) {
  const fb::EntryPlan& plan = entry_plan(entry);
  FunctionKey key{entry, {}};
  for (const uint32_t symbol : items(program_.entries()->Get(entry)->symbols())) {
    key.symbols.push_back(binding.symbol(symbol));
  }
  if (Function* found = cache_.find(key)) {
    ledger_.add(VORAB_CAUSE_HIT, entry, 0);
    return *found;
  }
  ledger_.add(VORAB_CAUSE_MISS, entry, 0);
  const auto start = std::chrono::steady_clock::now();
  std::unique_ptr<Function> built = build(plan, binding);
  Function& result = *built;
  if (cache_.insert(std::move(key), std::move(built))) ledger_.add(VORAB_CAUSE_EVICTION, entry, 0);
  ledger_.add(VORAB_CAUSE_BUILD, entry, 0, 0, nanoseconds_since(start));
  return result;
}

std::unique_ptr<Function> Session::build(const fb::EntryPlan& plan, const Binding& binding) {
  auto built = std::make_unique<Function>(program_, plan, binding, kernels_);
  const fb::Entry& entry = *program_.entries()->Get(plan.entry());
  std::vector<Type> types;
  for (const Port port : built->leaves()) {
    types.push_back(port_type(port, entry, binding));
    // Mapped now, so that no call copies what the device does not take as it is.
    if (port.storage == fb::Storage::Constant) constant(port.index);
  }
  built->build(types);
  return built;
}

Type Session::port_type(Port port, const fb::Entry& entry, const Binding& binding) const {
  const auto type = [&](uint32_t index) { return type_of(type_at(program_, index), binding); };
  switch (port.storage) {
    case fb::Storage::Input: return type(entry.inputs()->Get(port.index)->type());
    case fb::Storage::State: return type(program_.states()->Get(port.index)->type());
    default: return type(program_.constants()->Get(port.index)->type());
  }
}

// ------------------------------------------------------------------------------------------ a call

void Session::run(uint32_t entry, const int64_t* symbols, const vorab_input* inputs,
                  vorab_output* outputs, const Cancel& cancel) {
  stream_.use();
  const Binding binding(program_, symbols);
  Function& function = this->function(entry, binding);
  std::vector<mx::array> leaves;
  leaves.reserve(function.leaves().size());
  for (const Port port : function.leaves()) leaves.push_back(leaf(port, entry, binding, inputs));
  cancel.check();

  std::vector<mx::array> results = function(leaves, cancel);
  std::vector<Port> ports;
  std::vector<mx::array> wanted;
  for (size_t i = 0; i < results.size(); ++i) {
    const Port port = function.results()[i];
    if (port.storage == fb::Storage::Output && outputs[port.index].skip) continue;
    ports.push_back(port);
    wanted.push_back(std::move(results[i]));
  }
  results.clear();
  cancel.check();
  std::vector<mx::array> values = evaluate(entry, ports, wanted);
  if (const auto failure = function.findings().take()) throw *failure;
  commit(entry, ports, std::move(values), outputs);
  ledger_.add(VORAB_CAUSE_RUN, entry, 0);
  stats_.steps += function.steps();
  stats_.casts += items(entry_plan(entry).casts()).size();
}

mx::array Session::leaf(Port port, uint32_t entry, const Binding& binding,
                        const vorab_input* inputs) {
  if (port.storage == fb::Storage::State) return states_[port.index];
  if (port.storage == fb::Storage::Constant) return constant(port.index);
  const fb::Entry& of = *program_.entries()->Get(entry);
  const Type type = port_type(port, of, binding);
  return input(port.index, *of.inputs()->Get(port.index), type, inputs[port.index], entry);
}

mx::array Session::input(uint32_t index, const fb::Port& port, const Type& type,
                         const vorab_input& input, uint32_t entry) {
  if (!input.tensor) {
    return copy_in(input.host, type,
                   {ledger_, VORAB_CAUSE_INPUT_COPIED, VORAB_CAUSE_INPUT_MEMORY, entry, index});
  }
  const Type found = type_of(input.tensor->value);
  if (found == type) return input.tensor->value;
  throw Failure(VORAB_INVALID, "input " + std::to_string(index) + " '" +
                                   std::string(text(port.name())) + "' is a tensor " +
                                   describe(found) + ", expected " + describe(type));
}

const mx::array& Session::constant(uint32_t index) {
  std::optional<mx::array>& constant = constants_[index];
  if (!constant) {
    const std::vector<int64_t> symbols(items(program_.symbols()).size());
    const Binding binding(program_, symbols.data());
    const Type type = type_of(type_at(program_, program_.constants()->Get(index)->type()), binding);
    constant =
        map_in(constant_data(file_.file, program_, index), type,
               {ledger_, VORAB_CAUSE_CONSTANT_COPIED, VORAB_CAUSE_CONSTANT_MEMORY, 0, index});
  }
  return *constant;
}

// What goes wrong here went wrong on these data; nothing has been bound yet.
std::vector<mx::array> Session::evaluate(uint32_t entry, const std::vector<Port>& ports,
                                         const std::vector<mx::array>& arrays) try {
  return evaluate_dense(arrays, [&](size_t i, uint64_t bytes) {
    const bool output = ports[i].storage == fb::Storage::Output;
    const vorab_cause cause = output ? VORAB_CAUSE_OUTPUT_LAYOUT : VORAB_CAUSE_STATE_LAYOUT;
    ledger_.add(cause, entry, ports[i].index, bytes);
  });
} catch (const std::exception& error) {
  throw Failure(is_memory_error(error) ? VORAB_MEMORY : VORAB_FAILED,
                std::string("MLX failed while evaluating: ") + error.what());
}

// Outputs first, since they may still fail; binding states cannot.
void Session::commit(uint32_t entry, const std::vector<Port>& ports, std::vector<mx::array> values,
                     vorab_output* outputs) {
  std::vector<std::unique_ptr<vorab_tensor>> tensors(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    if (ports[i].storage != fb::Storage::Output) continue;
    const uint32_t index = ports[i].index;
    if (!outputs[index].host) {
      tensors[i] = std::make_unique<vorab_tensor>(vorab_tensor{values[i], entry, index});
      continue;
    }
    copy_out(values[i], outputs[index].host);
    ledger_.add(VORAB_CAUSE_OUTPUT_FILLED, entry, index, values[i].nbytes());
  }
  for (size_t i = 0; i < values.size(); ++i) {
    if (ports[i].storage == fb::Storage::State) states_[ports[i].index] = std::move(values[i]);
    if (!tensors[i]) continue;
    ++stats_.tensors_live;
    tensor_bytes_ += tensors[i]->value.nbytes();
    outputs[ports[i].index].tensor = tensors[i].release();
  }
}

// ------------------------------------------------------------------------------------------
// states, tensors

void Session::state_read(uint32_t state, void* destination, uint64_t bytes) {
  expect_bytes(bytes, states_.at(state).nbytes());
  copy_out(states_[state], destination);
  ledger_.add(VORAB_CAUSE_STATE_READ, 0, state, bytes);
}

void Session::state_write(uint32_t state, const void* source, uint64_t bytes) {
  const Type type = type_of(states_.at(state));
  expect_bytes(bytes, byte_size(type));
  states_[state] = copy_in(
      source, type, {ledger_, VORAB_CAUSE_STATE_WRITTEN, VORAB_CAUSE_STATE_MEMORY, 0, state});
}

vorab_tensor* Session::tensor_create(const vorab_type& type, const void* host) {
  Shape shape;
  shape.rank = type.rank;
  std::copy_n(type.shape, type.rank, shape.dims.begin());
  const Type target{to_mlx(static_cast<fb::DType>(type.dtype)), to_mlx(shape)};
  auto tensor = std::make_unique<vorab_tensor>(vorab_tensor{copy_in(
      host, target, {ledger_, VORAB_CAUSE_TENSOR_CREATED, VORAB_CAUSE_TENSOR_MEMORY, 0, 0})});
  ++stats_.tensors_live;
  tensor_bytes_ += tensor->value.nbytes();
  return tensor.release();
}

void Session::tensor_release(vorab_tensor* tensor) {
  const std::unique_ptr<vorab_tensor> owned(tensor);
  if (!owned) return;
  --stats_.tensors_live;
  tensor_bytes_ -= owned->value.nbytes();
}

void Session::tensor_read(vorab_tensor* tensor, void* destination, uint64_t bytes) {
  expect_bytes(bytes, tensor->value.nbytes());
  copy_out(tensor->value, destination);
  if (tensor->entry == VORAB_NO_STEP)
    ledger_.add(VORAB_CAUSE_TENSOR_READ, 0, 0, bytes);
  else
    ledger_.add(VORAB_CAUSE_OUTPUT_READ, tensor->entry, tensor->output, bytes);
}

vorab_stats Session::stats() const {
  vorab_stats stats = stats_;
  ledger_.sum(stats);
  // MLX has no arena: what this session holds on the device between calls.
  stats.arena_bytes = tensor_bytes_;
  for (const mx::array& state : states_) stats.arena_bytes += state.nbytes();
  for (const auto& constant : constants_) stats.arena_bytes += constant ? constant->nbytes() : 0;
  return stats;
}

}  // namespace vorab::on_mlx
