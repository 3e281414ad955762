#include "artifact/native/verify/accumulation.h"

#include <algorithm>
#include <set>
#include <string>

#include "artifact/native/ops.h"

namespace vorab::rules {
namespace {

using DTypes = std::set<fb::DType>;

fb::DType accumulator_of(fb::DType dtype) {
  return dtype == fb::DType::F16 || dtype == fb::DType::BF16 ? fb::DType::F32 : dtype;
}

bool accumulates(uint16_t op) {
  const OpInfo* info = find_op(op);
  return info && info->accumulates;
}

// Functions that are run, each looked at once; a function refers to later ones alone.
void add_functions(std::set<uint32_t>& functions, Attributes attributes) {
  for (uint32_t i = 0; i < items(attributes).size(); ++i) {
    if (attributes->Get(i)->value_type() == fb::AttributeValue::FunctionAttr)
      functions.insert(function_attr(attributes, i));
  }
}

void add_function(const fb::Program& program, uint32_t index, DTypes& found,
                  std::set<uint32_t>& functions) {
  const fb::Function& of = *program.functions()->Get(index);
  const auto& parameters = items(of.parameters());
  std::vector<uint32_t> types(parameters.begin(), parameters.end());
  for (const fb::Node* node : items(of.nodes())) {
    if (accumulates(node->op()) && count(node->inputs()) > 0) {
      const uint32_t type = types[node->inputs()->Get(0)];
      found.insert(accumulator_of(type_at(program, type).dtype()));
    }
    add_functions(functions, node->attributes());
    const auto& outputs = items(node->outputs());
    types.insert(types.end(), outputs.begin(), outputs.end());
  }
}

void add_apply(const PlanContext& plan, const fb::Apply& apply, DTypes& found) {
  const fb::Program& program = plan.context.program;
  if (accumulates(apply.op()) && count(apply.inputs()) > 0)
    found.insert(accumulator_of(dtype_of(program, plan.values, apply.inputs()->Get(0))));
  std::set<uint32_t> functions;
  add_functions(functions, apply.attributes());
  for (const uint32_t index : functions) add_function(program, index, found, functions);
}

DTypes accumulation_of(const PlanContext& plan, const fb::Step& step) {
  DTypes found;
  if (const fb::Contract* contract = step.body_as_Contract()) {
    const uint32_t a = contract->a()->value();
    found.insert(accumulator_of(dtype_of(plan.context.program, plan.values, a)));
  } else if (const fb::Fused* fused = step.body_as_Fused()) {
    for (const fb::Instr* instr : items(fused->tape())) {
      if (instr->kind() == fb::InstrKind::Reduce && accumulates(instr->op()))
        found.insert(accumulator_of(instr->dtype()));
    }
  } else if (const fb::Apply* apply = step.body_as_Apply()) {
    add_apply(plan, *apply, found);
  }
  return found;
}

template <class List>
std::string listed(const List& dtypes) {
  std::string text;
  for (const auto dtype : dtypes)
    text += (text.empty() ? "" : ", ") + std::string(dtype_name(static_cast<fb::DType>(dtype)));
  return text.empty() ? "nothing" : text;
}

}  // namespace

void check_accumulation(const PlanContext& plan, const Path& path, const fb::Step& step) {
  const DTypes expected = accumulation_of(plan, step);
  const auto& stated = items(step.accumulates());
  const bool same = std::equal(
      stated.begin(), stated.end(), expected.begin(), expected.end(),
      [](auto number, fb::DType dtype) { return static_cast<fb::DType>(number) == dtype; });
  if (same) return;
  fail("accumulation", path, "accumulates ", listed(stated), ", expected ", listed(expected));
}

}  // namespace vorab::rules
