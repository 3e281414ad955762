#include "runtime-mlx/native/function.h"

#include <algorithm>

#include "runtime-mlx/native/apply.h"
#include "runtime-mlx/native/builder.h"
#include "runtime-mlx/native/depth.h"
#include "runtime-mlx/native/failure.h"

namespace vorab::on_mlx {
namespace {

// The bits of a value under an alias's dtype and shape.
mx::array reinterpret(const mx::array& value, const Type& type) {
  const mx::array bits = value.dtype() == type.dtype ? value : mx::view(value, type.dtype);
  return mx::reshape(bits, type.shape);
}

// MLX's compiler follows a graph by recursion, some 200 bytes for each array, on a thread that has
// as little as 512 KiB (macOS).
constexpr size_t kDeepest = 2000;

}  // namespace

Function::Function(const fb::Program& program, const fb::EntryPlan& plan, const Binding& binding,
                   bool kernels) {
  FunctionBuilder(program, plan, binding, kernels, *this).build();
}

void Function::build(const std::vector<Type>& leaf_types) {
  std::vector<mx::array> leaves;
  leaves.reserve(leaf_types.size());
  for (const Type& type : leaf_types) leaves.push_back(mx::zeros(type.shape, type.dtype));
  // What is evaluated as the graph is built is built again at each call.
  dry_ = std::any_of(instructions_.begin(), instructions_.end(), [](const Instruction& each) {
    return each.control && each.control->evaluates();
  });
  const std::vector<mx::array> traced = trace(leaves);
  if (!dry_ && !is_deeper(traced, kDeepest)) {
    compiled_ = mx::compile([this](const std::vector<mx::array>& given) { return trace(given); });
    compiled_(leaves);
  }
  dry_ = false;
}

std::vector<mx::array> Function::operator()(const std::vector<mx::array>& leaves,
                                            const Cancel& cancel) {
  findings_->take();  // of a call that ended otherwise
  cancel_ = cancel;
  std::vector<mx::array> results = compiled_ ? compiled_(leaves) : trace(leaves);
  cancel_ = {};
  return results;
}

std::vector<mx::array> Function::trace(const std::vector<mx::array>& leaves) const {
  Slots slots(slot_count_);
  for (size_t i = 0; i < leaves.size(); ++i) slots[leaf_slots_[i]] = leaves[i];
  for (const Instruction& instruction : instructions_) {
    cancel_.check();
    step(instruction, slots);
  }
  std::vector<mx::array> results;
  results.reserve(result_slots_.size());
  for (const uint32_t slot : result_slots_) results.push_back(slots[slot].value());
  return results;
}

void Function::step(const Instruction& instruction, Slots& slots) const {
  std::vector<mx::array> inputs;
  inputs.reserve(instruction.inputs.size());
  for (const Operand& operand : instruction.inputs) {
    const mx::array& value = slots[operand.slot].value();
    inputs.push_back(operand.alias ? reinterpret(value, *operand.alias) : value);
  }
  const std::vector<mx::array> outputs = outputs_of(instruction, inputs);
  for (size_t i = 0; i < instruction.outputs.size(); ++i) {
    const Operand& target = instruction.outputs[i];
    slots[target.slot] = target.alias ? reinterpret(outputs[i], *target.alias) : outputs[i];
  }
}

std::vector<mx::array> Function::outputs_of(const Instruction& instruction,
                                            const std::vector<mx::array>& inputs) const {
  const auto& [step, op, lower, control, constants, from, to, types, attributes, kernel] =
      instruction;
  if (kernel) return (*kernel)(inputs, step);
  if (!control) return apply(op, lower, {inputs, attributes, types, step, findings_});
  const Building building{cancel_, findings_, step, dry_};
  const std::span<const mx::array> all(inputs);
  const size_t own = all.size() - constants;
  return control->run(all.first(own), all.subspan(own), types, building);
}

}  // namespace vorab::on_mlx
