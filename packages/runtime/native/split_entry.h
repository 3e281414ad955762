// One entry of a plan over several targets, ready to run: its calls and transfers as a list.
#pragma once

#include <cstdint>
#include <vector>

#include "artifact/native/program.h"

namespace vorab::runtime {

// A tensor between parts: who holds it, and whether some part takes it as a tensor of that target.
struct Between {
  uint32_t type = 0;
  bool handed_on = false;  // to a later part of the same target, as it is
};

// Where an operand of a part lies.
struct Operand {
  enum class Kind : uint8_t { Port, Between };
  Kind kind;
  uint32_t index;  // of the entry's ports, or a value of the plan
};

// A call of a part, or a transfer: then from and to are values, and there are no operands.
struct SplitStep {
  uint32_t target;  // of the plan's targets
  uint32_t first;   // the number of its first step, counted over what is called
  bool writes;      // a state
  bool transfer;
  uint32_t entry;  // of the part
  uint32_t from, to;
  std::vector<Operand> inputs, outputs;
};

struct SplitEntry {
  std::vector<SplitStep> steps;
  std::vector<Between> values;  // by value of the plan
};

SplitEntry read_split_entry(const fb::Program& program, const fb::Plan& plan,
                            const fb::EntryPlan& entry);

}  // namespace vorab::runtime
