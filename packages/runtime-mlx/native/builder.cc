#include "runtime-mlx/native/builder.h"

#include "artifact/native/ops.h"
#include "runtime-mlx/native/failure.h"
#include "runtime-mlx/native/supports.h"

namespace vorab::on_mlx {
namespace {

const char* body_name(fb::StepBody body) {
  return body == fb::StepBody::Fused ? "a fused tape" : "a contraction with an epilogue";
}

std::string quoted(const flatbuffers::String* name) {
  return '\'' + std::string(text(name)) + '\'';
}

}  // namespace

void FunctionBuilder::build() {
  for (const fb::Region* region : items(plan_.regions())) add_region(*region);
  add_results();
  function_.slot_count_ = static_cast<uint32_t>(slots_.size());
}

void FunctionBuilder::add_region(const fb::Region& region) {
  if (text(region.target()) != "mlx") {
    throw Failure(VORAB_UNSUPPORTED,
                  "a region for " + quoted(region.target()) + " in a plan that runs on mlx alone",
                  step_);
  }
  for (const fb::Step* step : items(region.steps())) {
    add_step(*step);
    ++step_;
  }
}

void FunctionBuilder::add_step(const fb::Step& step) {
  if (const fb::Apply* apply = step.body_as_Apply()) return add_apply(step, *apply);
  const fb::Kernel* kernel = step.body_as_Kernel();
  if (!kernel) {
    throw Failure(VORAB_UNSUPPORTED,
                  "step " + quoted(step.name()) + " is " + body_name(step.body_type()) +
                      "; mlx runs single ops",
                  step_);
  }
  add_kernel(*kernel);
}

// Where it does not run, its steps count as its own.
void FunctionBuilder::add_kernel(const fb::Kernel& kernel) {
  const std::vector<Type> outputs = types(kernel.outputs());
  const auto made = kernels_
                        ? Kernel::make(program_, kernel, types(kernel.inputs()), outputs, binding_)
                        : nullptr;
  if (!made) {
    for (const fb::Step* step : items(kernel.steps())) add_step(*step);
    return;
  }
  Instruction instruction{step_, 0, nullptr, nullptr, 0, {}, {}, outputs, {}, made};
  for (const uint32_t value : items(kernel.inputs())) instruction.inputs.push_back(read(value));
  for (const uint32_t value : items(kernel.outputs())) instruction.outputs.push_back(write(value));
  function_.instructions_.push_back(std::move(instruction));
}

void FunctionBuilder::add_apply(const fb::Step& step, const fb::Apply& apply) {
  const OpInfo* info = find_op(apply.op());
  const Lower lower = find_lowering(apply.op());
  std::vector<uint32_t> constants;
  auto control = Control::make(program_, apply.op(), apply.attributes(), binding_, constants);
  if (!lower && !control) {
    const std::string name = info ? info->name : "op " + std::to_string(apply.op());
    throw Failure(VORAB_UNSUPPORTED, "step " + quoted(step.name()) + ": mlx has no row for " + name,
                  step_);
  }
  std::vector<Operand> inputs;
  for (const uint32_t value : items(apply.inputs())) inputs.push_back(read(value));
  for (uint32_t i = 0; i < items(apply.attributes()).size(); ++i) {
    const bool constant =
        apply.attributes()->Get(i)->value_type() == fb::AttributeValue::ConstantAttr;
    if (constant) inputs.push_back(read_constant(constant_attr(apply.attributes(), i)));
  }
  for (const uint32_t constant : constants) inputs.push_back(read_constant(constant));
  std::vector<Operand> outputs;
  std::vector<Type> types;
  for (const uint32_t value : items(apply.outputs())) {
    outputs.push_back(write(value));
    types.push_back(type(value));
  }
  refuse_too_large(apply.op(), types, step_);
  function_.instructions_.push_back({step_, apply.op(), lower, std::move(control), constants.size(),
                                     std::move(inputs), std::move(outputs), std::move(types),
                                     AttributeValues(apply.attributes(), binding_), nullptr});
}

void FunctionBuilder::add_results() {
  const fb::Entry& entry = *program_.entries()->Get(plan_.entry());
  uint32_t index = 0;
  for (const fb::Port* port : items(entry.outputs())) {
    const std::string name = "output " + quoted(port->name());
    refuse_too_large(name, type_of(type_at(program_, port->type()), binding_), VORAB_NO_STEP);
    add_result({fb::Storage::Output, index++}, name);
  }
  for (const uint32_t state : items(entry.writes())) {
    add_result({fb::Storage::State, state},
               "state " + quoted(program_.states()->Get(state)->name()));
  }
}

void FunctionBuilder::add_result(Port port, const std::string& name) {
  if (!written_.contains(port)) throw Failure(VORAB_INVALID, "no step writes " + name);
  function_.results_.push_back(port);
  function_.result_slots_.push_back(slot(port));
}

bool FunctionBuilder::is_alias(uint32_t value) const {
  return plan_.values()->Get(value)->storage() == fb::Storage::Alias;
}

uint32_t FunctionBuilder::home(uint32_t value) const {
  return is_alias(value) ? plan_.values()->Get(value)->index() : value;
}

const fb::Value& FunctionBuilder::root(uint32_t value) const {
  return *plan_.values()->Get(home(value));
}

Type FunctionBuilder::type(uint32_t value) const {
  return type_of(type_at(program_, plan_.values()->Get(value)->type()), binding_);
}

std::vector<Type> FunctionBuilder::types(const flatbuffers::Vector<uint32_t>* values) const {
  std::vector<Type> types;
  for (const uint32_t value : items(values)) types.push_back(type(value));
  return types;
}

// Values of one input, output, state or constant share a slot; each device value has its own.
Port FunctionBuilder::port(uint32_t value) const {
  const fb::Value& origin = root(value);
  switch (origin.storage()) {
    case fb::Storage::Input:
    case fb::Storage::Output:
    case fb::Storage::State:
    case fb::Storage::Constant: return {origin.storage(), origin.index()};
    case fb::Storage::Device: return {origin.storage(), home(value)};
    case fb::Storage::Arena: throw Failure(VORAB_UNSUPPORTED, "mlx has no arena", step_);
    case fb::Storage::Alias: break;
  }
  throw Failure(VORAB_INVALID, "an alias of an alias", step_);
}

Operand FunctionBuilder::read(uint32_t value) {
  Operand operand{leaf(port(value)), std::nullopt};
  if (is_alias(value)) operand.alias = type(value);
  return operand;
}

// Written through an alias, a value is kept in its home's form.
Operand FunctionBuilder::write(uint32_t value) {
  const Port target = port(value);
  written_.insert(target);
  Operand operand{slot(target), std::nullopt};
  if (is_alias(value)) operand.alias = type(home(value));
  return operand;
}

Operand FunctionBuilder::read_constant(uint32_t constant) {
  return {leaf({fb::Storage::Constant, constant}), std::nullopt};
}

uint32_t FunctionBuilder::slot(Port port) {
  return slots_.try_emplace(port, static_cast<uint32_t>(slots_.size())).first->second;
}

// The slot of something read: unless a step has written it, it enters the function from outside.
uint32_t FunctionBuilder::leaf(Port port) {
  const bool known = slots_.contains(port);
  const uint32_t found = slot(port);
  if (known) return found;
  const bool outside = port.storage == fb::Storage::Input || port.storage == fb::Storage::State ||
                       port.storage == fb::Storage::Constant;
  if (!outside) throw Failure(VORAB_INVALID, "a value is read before a step writes it", step_);
  function_.leaves_.push_back(port);
  function_.leaf_slots_.push_back(found);
  return found;
}

}  // namespace vorab::on_mlx
