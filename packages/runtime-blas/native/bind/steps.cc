#include "steps.h"

#include <cstring>

#include "../routines/routine.h"
#include "../steps/contract_step.h"
#include "../steps/tape_step.h"
#include "../tape/compile.h"
#include "control.h"

namespace vorab::blas {
namespace {

std::vector<int64_t> evaluate(const Binder& binder, const flatbuffers::Vector<uint32_t>* exprs) {
  std::vector<int64_t> out;
  for (uint32_t expr : items(exprs)) out.push_back(binder.binding[expr]);
  return out;
}

SourceAccess source_access(const Binder& binder, const fb::Access& access) {
  const ValueRef& ref = binder.values[access.value()];
  return {ref.value, ref.dtype, ref.place, binder.binding[access.offset()],
          evaluate(binder, access.strides())};
}

Reduction reduction_of(uint16_t id) {
  const OpInfo* op = find_op(id);
  const char* names[] = {"sum", "prod", "max", "min", "any", "all"};
  for (int i = 0; i < 6; ++i) {
    if (op != nullptr && std::strcmp(op->name, names[i]) == 0) return static_cast<Reduction>(i);
  }
  throw Unsupported(std::string("no reduction ") + (op ? op->name : "of this id"));
}

uint8_t arity_of(uint16_t id) {
  const OpInfo* op = find_op(id);
  if (op == nullptr || op->kind != vorab::OpKind::Elementwise)
    throw BadPlan("a tape applies what is not elementwise");
  return op->min_inputs;
}

SourceInstr source_instr(const Binder& binder, const fb::Instr& instr) {
  SourceInstr out;
  out.dtype = dtype_of(instr.dtype());
  out.op = instr.op();
  const uint16_t args[4] = {instr.a(), instr.b(), instr.c(), instr.d()};
  std::memcpy(out.arg, args, sizeof args);
  switch (instr.kind()) {
    case fb::InstrKind::Load:
    case fb::InstrKind::Acc: out.kind = Kind::Load; break;
    case fb::InstrKind::Const:
      out.kind = Kind::Const;
      out.bits = instr.imm();
      break;
    case fb::InstrKind::Index: out.kind = Kind::Index; break;
    case fb::InstrKind::Size:
      out.kind = Kind::Const;
      out.bits = bits_of(binder.binding[static_cast<uint32_t>(instr.imm())], out.dtype);
      break;
    case fb::InstrKind::Scalar:
      out.kind = Kind::Scalar;
      out.arity = arity_of(instr.op());
      break;
    case fb::InstrKind::Reduce:
      out.kind = Kind::Reduce;
      out.reduction = reduction_of(instr.op());
      break;
    case fb::InstrKind::Store: out.kind = Kind::Store; break;
  }
  return out;
}

}  // namespace

TapeSource tape_source(const Binder& binder, const fb::Fused& fused) {
  TapeSource out;
  out.dims = evaluate(binder, fused.dims());
  out.reduced = fused.reduced();
  out.inner = fused.inner();
  for (const fb::Access* access : items(fused.accesses()))
    out.accesses.push_back(source_access(binder, *access));
  for (const fb::Instr* instr : items(fused.tape()))
    out.instrs.push_back(source_instr(binder, *instr));
  return out;
}

ContractSource contract_source(const Binder& binder, const fb::Contract& contract) {
  ContractSource out;
  out.batch = evaluate(binder, contract.batch());
  out.m = binder.binding[contract.m()];
  out.n = binder.binding[contract.n()];
  out.k = binder.binding[contract.k()];
  out.a = source_access(binder, *contract.a());
  out.b = source_access(binder, *contract.b());
  out.epilogue = tape_source(binder, *contract.epilogue());
  const auto& tape = items(contract.epilogue()->tape());
  for (uint32_t i = 0; i < tape.size(); ++i) {
    if (tape[i]->kind() != fb::InstrKind::Acc) continue;
    if (out.acc < 0) {
      out.acc = static_cast<int>(out.epilogue.accesses.size());
      const std::vector<int64_t> strides(out.epilogue.dims.size(), 0);
      out.epilogue.accesses.push_back(
          {kAccValue, dtype_of(tape[i]->dtype()), {kAccSpace, 0, 0}, 0, strides});
    }
    out.epilogue.instrs[i].arg[0] = static_cast<uint16_t>(out.acc);
  }
  return out;
}

StepPtr bind_step(const Binder& binder, const fb::Step& step) {
  switch (step.body_type()) {
    case fb::StepBody::Fused:
      return std::make_unique<TapeStep>(
          compile_tape(tape_source(binder, *step.body_as_Fused()), binder.kernels));
    case fb::StepBody::Contract:
      return std::make_unique<ContractStep>(contract_source(binder, *step.body_as_Contract()),
                                            binder.kernels);
    case fb::StepBody::Control: return bind_control(binder, *step.body_as_Control());
    case fb::StepBody::Apply: return bind_routine(binder, *step.body_as_Apply());
    default: throw BadPlan("a step without a body");
  }
}

}  // namespace vorab::blas
