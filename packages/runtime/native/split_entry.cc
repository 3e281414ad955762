#include "runtime/native/split_entry.h"

#include <algorithm>

namespace vorab::runtime {
namespace {

uint32_t target_of(const fb::Plan& plan, const fb::Region& region) {
  uint32_t index = 0;
  for (const auto* target : items(plan.targets())) {
    if (text(target) == text(region.target())) break;
    ++index;
  }
  return index;
}

uint32_t steps_of(const fb::Program& program, uint32_t part, uint32_t entry) {
  uint32_t steps = 0;
  for (const fb::EntryPlan* plan : items(program.plans()->Get(part)->entries())) {
    if (plan->entry() != entry) continue;
    for (const fb::Region* region : items(plan->regions())) steps += items(region->steps()).size();
  }
  return steps;
}

std::vector<Operand> operands(const fb::EntryPlan& entry,
                              const flatbuffers::Vector<uint32_t>* values) {
  std::vector<Operand> all;
  for (const uint32_t value : items(values)) {
    const fb::Value& of = *entry.values()->Get(value);
    const bool between = of.storage() == fb::Storage::Device;
    all.push_back(
        {between ? Operand::Kind::Between : Operand::Kind::Port, between ? value : of.index()});
  }
  return all;
}

SplitStep call_step(const fb::EntryPlan& entry, const fb::Call& call, uint32_t target,
                    uint32_t first) {
  return {target,
          first,
          items(call.writes()).size() > 0,
          false,
          call.entry(),
          0,
          0,
          operands(entry, call.inputs()),
          operands(entry, call.outputs())};
}

}  // namespace

SplitEntry read_split_entry(const fb::Program& program, const fb::Plan& plan,
                            const fb::EntryPlan& entry) {
  SplitEntry read;
  for (const fb::Value* value : items(entry.values()))
    read.values.push_back({value->type(), false});
  std::vector<bool> copied(read.values.size());
  uint32_t first = 0;
  for (const fb::Region* region : items(entry.regions())) {
    const uint32_t target = target_of(plan, *region);
    for (const fb::Step* step : items(region->steps())) {
      if (const fb::Transfer* move = step->body_as_Transfer()) {
        copied[move->output()] = true;
        read.steps.push_back(
            {target, first++, false, true, 0, move->input(), move->output(), {}, {}});
        continue;
      }
      const fb::Call& call = *step->body_as_Call();
      read.steps.push_back(call_step(entry, call, target, first));
      first += steps_of(program, plan.parts()->Get(target), call.entry());
    }
  }
  for (const SplitStep& step : read.steps) {
    for (const Operand& input : step.inputs) {
      if (input.kind == Operand::Kind::Between && !copied[input.index])
        read.values[input.index].handed_on = true;
    }
  }
  return read;
}

}  // namespace vorab::runtime
