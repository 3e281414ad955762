#include "artifact/native/verify/uses.h"

#include "artifact/native/verify/ranges.h"

namespace vorab::rules {
namespace {

using Visit = std::function<void(const Path&, const Use&)>;

Wide product(const std::vector<Motion>& motions) {
  Wide result = 1;
  for (const Motion& motion : motions) result *= motion.extent;
  return result;
}

void of_fused(const PlanContext& plan, const Path& path, const fb::Fused& fused, bool write,
              const Visit& visit) {
  const Context& context = plan.context;
  const auto kind = write ? fb::InstrKind::Store : fb::InstrKind::Load;
  for (uint32_t i = 0; i < count(fused.tape()); ++i) {
    const fb::Instr& instr = *fused.tape()->Get(i);
    if (instr.kind() != kind) continue;
    const fb::Access& access = *fused.accesses()->Get(instr.a());
    Use use{access.value(), write, {}};
    if (write) {
      use.filled = {product(store_motions(context.program, fused, access, context.high)),
                    product(store_motions(context.program, fused, access, context.low))};
    }
    visit(path.at("tape", i), use);
  }
}

void of_contract(const PlanContext& plan, const Path& path, const fb::Contract& contract,
                 bool write, const Visit& visit) {
  if (!write) {
    visit(path.field("a"), {contract.a()->value(), false, {}});
    visit(path.field("b"), {contract.b()->value(), false, {}});
  }
  of_fused(plan, path.field("epilogue"), *contract.epilogue(), write, visit);
}

// Values that are read or written whole.
void of_values(const PlanContext& plan, const Path& path, const char* field,
               const flatbuffers::Vector<uint32_t>* of, bool write, const Visit& visit) {
  const auto& values = items(of);
  for (uint32_t i = 0; i < values.size(); ++i) {
    Use use{values[i], write, {}};
    const fb::TensorType& type = type_at(plan.context.program, plan.values[values[i]]->type());
    if (write) use.filled = {elements(type, plan.context.high), elements(type, plan.context.low)};
    visit(path.at(field, i), use);
  }
}

// Apply, or Control.
template <class Applied>
void of_apply(const PlanContext& plan, const Path& path, const Applied& apply, bool write,
              const Visit& visit) {
  if (write) of_values(plan, path, "outputs", apply.outputs(), true, visit);
  if (!write) of_values(plan, path, "inputs", apply.inputs(), false, visit);
}

void of_call(const PlanContext& plan, const Path& path, const fb::Call& call, bool write,
             const Visit& visit) {
  of_values(plan, path, write ? "outputs" : "inputs", write ? call.outputs() : call.inputs(), write,
            visit);
  of_values(plan, path, write ? "writes" : "reads", write ? call.writes() : call.reads(), write,
            visit);
}

void of_transfer(const PlanContext& plan, const Path& path, const fb::Transfer& transfer,
                 bool write, const Visit& visit) {
  if (!write) return visit(path.field("input"), {transfer.input(), false, {}});
  const fb::TensorType& type =
      type_at(plan.context.program, plan.values[transfer.output()]->type());
  visit(path.field("output"),
        {transfer.output(),
         true,
         {elements(type, plan.context.high), elements(type, plan.context.low)}});
}

}  // namespace

void each_use(const PlanContext& plan, const Path& path, const fb::Step& step, const Visit& visit) {
  const Path at = path.field("body");
  for (const bool write : {false, true}) {
    if (const auto* fused = step.body_as_Fused()) of_fused(plan, at, *fused, write, visit);
    if (const auto* contract = step.body_as_Contract()) {
      of_contract(plan, at, *contract, write, visit);
    }
    if (const auto* apply = step.body_as_Apply()) of_apply(plan, at, *apply, write, visit);
    if (const auto* call = step.body_as_Call()) of_call(plan, at, *call, write, visit);
    if (const auto* move = step.body_as_Transfer()) of_transfer(plan, at, *move, write, visit);
    if (const auto* control = step.body_as_Control()) {
      of_apply(plan, at, *control, write, visit);
      if (write) of_values(plan, at, "scratch", control->scratch(), true, visit);
    }
  }
}

}  // namespace vorab::rules
