#include "runtime-mlx/native/function.h"

#include "artifact/native/ops.h"
#include "runtime-mlx/native/builder.h"
#include "runtime-mlx/native/failure.h"

namespace vorab::on_mlx {
namespace {

// The bits of a value under an alias's dtype and shape.
mx::array reinterpret(const mx::array& value, const Type& type) {
  const mx::array bits = value.dtype() == type.dtype ? value : mx::view(value, type.dtype);
  return mx::reshape(bits, type.shape);
}

std::string op_name(uint16_t op) {
  const OpInfo* info = find_op(op);
  return info ? info->name : "op " + std::to_string(op);
}

void expect(const Instruction& instruction, size_t output, const mx::array& value) {
  const Type& expected = instruction.types[output];
  const Type found = type_of(value);
  if (found == expected) return;
  throw Failure(VORAB_INVALID,
                op_name(instruction.op) + ": MLX gave " + describe(found) + ", the plan says " +
                    describe(expected),
                instruction.step);
}

}  // namespace

void Cancel::check() const {
  if (flag && __atomic_load_n(flag, __ATOMIC_RELAXED) != 0) {
    throw Failure(VORAB_ABORTED, "the call was cancelled before evaluation; no state changed");
  }
}

Function::Function(const fb::Program& program, const fb::EntryPlan& plan, const Binding& binding) {
  FunctionBuilder(program, plan, binding, *this).build();
}

void Function::build(const std::vector<Type>& leaf_types) {
  if (device().compiles) {
    compiled_ = mx::compile([this](const std::vector<mx::array>& leaves) { return trace(leaves); });
  }
  std::vector<mx::array> leaves;
  leaves.reserve(leaf_types.size());
  for (const Type& type : leaf_types) leaves.push_back(mx::zeros(type.shape, type.dtype));
  (*this)(leaves, {});
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

void Function::step(const Instruction& instruction, Slots& slots) const try {
  std::vector<mx::array> inputs;
  inputs.reserve(instruction.inputs.size());
  for (const Operand& operand : instruction.inputs) {
    const mx::array& value = slots[operand.slot].value();
    inputs.push_back(operand.alias ? reinterpret(value, *operand.alias) : value);
  }
  const Call call{inputs, instruction.attributes, instruction.types, instruction.step, findings_};
  std::vector<mx::array> outputs = instruction.lower(call);
  for (size_t i = 0; i < instruction.outputs.size(); ++i) {
    expect(instruction, i, outputs.at(i));
    const Operand& target = instruction.outputs[i];
    slots[target.slot] = target.alias ? reinterpret(outputs[i], *target.alias) : outputs[i];
  }
} catch (const Failure&) {
  throw;
} catch (const std::exception& error) {
  // MLX checks shapes and dtypes as the graph is built: it lacks what the plan asks for.
  throw Failure(VORAB_UNSUPPORTED, op_name(instruction.op) + ": " + error.what(), instruction.step);
}

}  // namespace vorab::on_mlx
