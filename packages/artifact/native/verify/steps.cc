#include "artifact/native/verify/steps.h"

#include <algorithm>

#include "artifact/native/verify/accumulation.h"
#include "artifact/native/verify/control.h"
#include "artifact/native/verify/functions.h"
#include "artifact/native/verify/kernel.h"
#include "artifact/native/verify/split.h"
#include "artifact/native/verify/tape.h"

namespace vorab::rules {
namespace {

void check_access(const PlanContext& plan, const Path& path, const fb::Access& access,
                  uint32_t dims) {
  const uint32_t exprs = count(plan.context.program.exprs());
  refers_to(path.field("value"), "value", access.value(), plan.values.size());
  if (plan.values[access.value()]->storage() == fb::Storage::Device) {
    fail("storage", path, "addresses value ", access.value(), ", which is of storage Device");
  }
  refers_to(path.field("offset"), "expr", access.offset(), exprs);
  each_refers_to(path, "strides", "expr", access.strides(), exprs);
  if (count(access.strides()) != dims) {
    fail("access", path, "has ", count(access.strides()), " strides, expected ", dims);
  }
}

// acc: what an epilogue may accumulate in; empty elsewhere.
void check_fused(const PlanContext& plan, const Path& path, const fb::Fused& fused, bool epilogue,
                 std::span<const fb::DType> acc) {
  const uint32_t dims = count(fused.dims());
  const unsigned reduced = fused.reduced();
  const unsigned inner = fused.inner();
  if (dims > kMaxRank) fail("rank", path, "has ", dims, " dims, expected at most ", kMaxRank);
  each_refers_to(path, "dims", "expr", fused.dims(), count(plan.context.program.exprs()));
  if (reduced + inner > dims) {
    fail("rank", path, "has ", reduced, " reduced and ", inner, " inner dims of ", dims);
  }
  for (uint32_t i = 0; i < count(fused.accesses()); ++i) {
    check_access(plan, path.at("accesses", i), *fused.accesses()->Get(i), dims);
  }
  check_tape(path, {plan.context.program, fused, plan.values, epilogue, acc});
}

// What a contraction of this dtype may accumulate in.
std::vector<fb::DType> accumulators(fb::DType dtype) {
  if (dtype == fb::DType::F16 || dtype == fb::DType::BF16) return {dtype, fb::DType::F32};
  return {dtype};
}

bool is_outer(const fb::Contract& contract, const flatbuffers::Vector<uint32_t>& dims) {
  const auto& batch = items(contract.batch());
  std::vector<uint32_t> outer(batch.begin(), batch.end());
  outer.push_back(contract.m());
  outer.push_back(contract.n());
  return std::equal(outer.begin(), outer.end(), dims.begin(), dims.end());
}

// The operand's access, whose stride on the other's dim must be 0.
fb::DType check_operand(const PlanContext& plan, const Path& path, const fb::Access& access,
                        uint32_t dims, uint32_t other) {
  check_access(plan, path, access, dims);
  if (!is_zero(plan.context.program, access.strides()->Get(other))) {
    fail("access", path.at("strides", other), "is not 0 on the dim of the other operand");
  }
  return dtype_of(plan.context.program, plan.values, access.value());
}

void check_contract(const PlanContext& plan, const Path& path, const fb::Contract& contract) {
  const uint32_t exprs = count(plan.context.program.exprs());
  const uint32_t batch = count(contract.batch());
  if (batch > kMaxRank - 2) {
    fail("rank", path, "has ", batch, " batch dims, expected at most ", kMaxRank - 2);
  }
  each_refers_to(path, "batch", "expr", contract.batch(), exprs);
  refers_to(path.field("m"), "expr", contract.m(), exprs);
  refers_to(path.field("n"), "expr", contract.n(), exprs);
  refers_to(path.field("k"), "expr", contract.k(), exprs);
  const uint32_t dims = batch + 3;
  const fb::DType a = check_operand(plan, path.field("a"), *contract.a(), dims, dims - 2);
  const fb::DType b = check_operand(plan, path.field("b"), *contract.b(), dims, dims - 3);
  if (a != b || a == fb::DType::Bool) {
    fail("dtype", path, "multiplies ", dtype_name(a), " and ", dtype_name(b),
         ", expected one numeric dtype");
  }
  const Path at = path.field("epilogue");
  if (!is_outer(contract, items(contract.epilogue()->dims()))) {
    fail("rank", at, "has other dims than batch, m, n");
  }
  check_fused(plan, at, *contract.epilogue(), true, accumulators(a));
}

void check_apply(const PlanContext& plan, const Path& path, const fb::Apply& apply) {
  const OpInfo& op = check_op(path, apply.op(), count(apply.inputs()), count(apply.outputs()));
  each_refers_to(path, "inputs", "value", apply.inputs(), plan.values.size());
  each_refers_to(path, "outputs", "value", apply.outputs(), plan.values.size());
  check_attributes(plan.context, path, op, apply.attributes(), -1);
}

void check_placement(const fb::Program& program, const Path& path, const fb::Placement& placement) {
  const uint32_t strings = count(program.strings());
  refers_to(path.field("reason"), "string", placement.reason(), strings);
  for (uint32_t i = 0; i < count(placement.costs()); ++i) {
    const Path at = path.at("costs", i);
    refers_to(at.field("problem"), "string", placement.costs()->Get(i)->problem(), strings);
  }
}

}  // namespace

void check_step(const PlanContext& plan, const Path& path, const fb::Step& step) {
  const fb::Program& program = plan.context.program;
  refers_to(path.field("reason"), "string", step.reason(), count(program.strings()));
  refers_to(path.field("border"), "string", step.border(), count(program.strings()));
  each_refers_to(path, "nodes", "node", step.nodes(), plan.frame.nodes);
  each_refers_to(path, "locations", "location", step.locations(), count(program.locations()));
  if (step.placement()) check_placement(program, path.field("placement"), *step.placement());
  const Path at = path.field("body");
  if (is_split_step(step) != plan.split) {
    fail("plan", at, "is of step kind ", static_cast<unsigned>(step.body_type()), ", in a plan of ",
         plan.split ? "several targets" : "one target");
  }
  switch (step.body_type()) {
    case fb::StepBody::Fused: check_fused(plan, at, *step.body_as_Fused(), false, {}); break;
    case fb::StepBody::Contract: check_contract(plan, at, *step.body_as_Contract()); break;
    case fb::StepBody::Apply: check_apply(plan, at, *step.body_as_Apply()); break;
    case fb::StepBody::Control: check_control(plan, at, *step.body_as_Control()); break;
    case fb::StepBody::Call: check_call(plan, at, *step.body_as_Call()); break;
    case fb::StepBody::Transfer: check_transfer(plan, at, *step.body_as_Transfer()); break;
    case fb::StepBody::Kernel: check_kernel(plan, at, *step.body_as_Kernel()); break;
    default:
      fail("kind", at, "is of step kind ", static_cast<unsigned>(step.body_type()),
           ", expected 1 to 7");
  }
  check_accumulation(plan, path, step);
}

}  // namespace vorab::rules
