// One entry at one binding of symbols as one function on MLX arrays: leaves in, outputs and new
// states out.
#pragma once

#include <compare>
#include <functional>
#include <optional>
#include <vector>

#include "runtime-mlx/native/control.h"
#include "runtime-mlx/native/device.h"
#include "runtime-mlx/native/kernel.h"

namespace vorab::on_mlx {

// What enters or leaves a function: an input, a constant, a state (old where it enters, new where
// it leaves), an output.
struct Port {
  fb::Storage storage;
  uint32_t index;
  auto operator<=>(const Port&) const = default;
};

// A value as a step sees it: a slot, perhaps seen through an alias.
struct Operand {
  uint32_t slot;
  std::optional<Type> alias;
};

struct Instruction {
  uint32_t step;
  uint16_t op;
  Lower lower;                             // null: control, or a kernel
  std::shared_ptr<const Control> control;  // null: lower
  size_t constants;                        // inputs at the end that only functions of it take
  std::vector<Operand> inputs;
  std::vector<Operand> outputs;
  std::vector<Type> types;  // of the outputs
  AttributeValues attributes;
  std::shared_ptr<const Kernel> kernel;  // instead of an op
};

class Function {
 public:
  Function(const fb::Program& program, const fb::EntryPlan& plan, const Binding& binding,
           bool kernels);
  Function(const Function&) = delete;  // mx::compile holds on to this
  Function& operator=(const Function&) = delete;

  const std::vector<Port>& leaves() const { return leaves_; }
  const std::vector<Port>& results() const { return results_; }
  size_t steps() const { return instructions_.size(); }
  Findings& findings() { return *findings_; }  // of the arrays that were evaluated last

  // Traces with arrays that are never evaluated: all that MLX refuses, it refuses here. Unless some
  // of it is evaluated while a graph is built, the trace is kept (mx::compile).
  void build(const std::vector<Type>& leaf_types);

  // One array per result, not yet evaluated.
  std::vector<mx::array> operator()(const std::vector<mx::array>& leaves, const Cancel& cancel);

 private:
  friend class FunctionBuilder;
  using Slots = std::vector<std::optional<mx::array>>;

  std::vector<mx::array> trace(const std::vector<mx::array>& leaves) const;
  void step(const Instruction& instruction, Slots& slots) const;
  std::vector<mx::array> outputs_of(const Instruction& instruction,
                                    const std::vector<mx::array>& inputs) const;

  std::vector<Instruction> instructions_;
  std::vector<Port> leaves_;
  std::vector<uint32_t> leaf_slots_;
  std::vector<Port> results_;
  std::vector<uint32_t> result_slots_;
  uint32_t slot_count_ = 0;
  std::shared_ptr<Findings> findings_ = std::make_shared<Findings>();
  Cancel cancel_;  // of the call that is being traced
  bool dry_ = false;
  std::function<std::vector<mx::array>(const std::vector<mx::array>&)> compiled_;
};

}  // namespace vorab::on_mlx
