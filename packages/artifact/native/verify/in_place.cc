#include "artifact/native/verify/in_place.h"

#include <algorithm>
#include <array>
#include <optional>

#include "artifact/native/ops.h"

namespace vorab::rules {
namespace {

// Positions on the tape of the instructions of a kind that address a place, and their accesses.
struct Addressing {
  std::vector<uint32_t> at;
  std::vector<const fb::Access*> accesses;
};

Addressing addressing(const PlanContext& plan, const fb::Fused& fused, fb::InstrKind kind,
                      uint64_t place) {
  Addressing result;
  for (uint32_t i = 0; i < count(fused.tape()); ++i) {
    const fb::Instr& instr = *fused.tape()->Get(i);
    if (instr.kind() != kind) continue;
    const fb::Access* access = fused.accesses()->Get(instr.a());
    if (place_of(plan.values, access->value()) != place) continue;
    result.at.push_back(i);
    result.accesses.push_back(access);
  }
  return result;
}

bool same_access(const fb::Access& a, const fb::Access& b) {
  const auto& one = items(a.strides());
  const auto& other = items(b.strides());
  return a.offset() == b.offset() && std::equal(one.begin(), one.end(), other.begin(), other.end());
}

std::optional<uint32_t> last_reduce(const fb::Fused& fused) {
  for (uint32_t i = count(fused.tape()); i-- > 0;) {
    if (fused.tape()->Get(i)->kind() == fb::InstrKind::Reduce) return i;
  }
  return std::nullopt;
}

// Along how many reduced dims the access moves.
uint32_t moves_along_reduced(const fb::Program& program, const fb::Fused& fused,
                             const fb::Access& access) {
  const auto [from, to] = reduced_axes(fused);
  uint32_t moves = 0;
  for (uint32_t axis = from; axis < to; ++axis) {
    if (!is_zero(program, access.strides()->Get(axis))) ++moves;
  }
  return moves;
}

// Whether an instruction after the first Reduce varies over the reduced dims: a second pass.
bool has_second_pass(const fb::Program& program, const fb::Fused& fused) {
  const auto [from, to] = reduced_axes(fused);
  std::vector<bool> varying;
  bool reduced = false;
  for (uint32_t i = 0; i < count(fused.tape()); ++i) {
    const fb::Instr& instr = *fused.tape()->Get(i);
    const std::array<uint16_t, 4> operands{instr.a(), instr.b(), instr.c(), instr.d()};
    bool varies = false;
    if (instr.kind() == fb::InstrKind::Load || instr.kind() == fb::InstrKind::Store) {
      varies = access_varies(program, fused, *fused.accesses()->Get(instr.a()));
    } else if (instr.kind() == fb::InstrKind::Index) {
      varies = instr.a() >= from && instr.a() < to;
    } else if (instr.kind() == fb::InstrKind::Scalar) {
      const OpInfo* op = find_op(instr.op());
      varies = op && std::any_of(operands.begin(), operands.begin() + op->min_inputs,
                                 [&](uint16_t index) { return varying[index]; });
    }
    if (reduced && varies) return true;
    reduced = reduced || instr.kind() == fb::InstrKind::Reduce;
    varying.push_back(varies);
  }
  return false;
}

// The tape of a step, unless the step needs `place` for more than the tape.
const fb::Fused* tape_of(const PlanContext& plan, const fb::Step& step, uint64_t place) {
  if (const fb::Fused* fused = step.body_as_Fused()) return fused;
  const fb::Contract* contract = step.body_as_Contract();
  if (!contract) return nullptr;
  const auto needs = [&](const fb::Access* access) {
    return place_of(plan.values, access->value()) == place;
  };
  return needs(contract->a()) || needs(contract->b()) ? nullptr : contract->epilogue();
}

}  // namespace

bool in_place(const PlanContext& plan, const fb::Step& step, uint64_t from, uint64_t to) {
  const fb::Fused* fused = tape_of(plan, step, from);
  if (!fused) return false;
  const Addressing loads = addressing(plan, *fused, fb::InstrKind::Load, from);
  const Addressing stores = addressing(plan, *fused, fb::InstrKind::Store, to);
  if (loads.at.empty() || stores.at.empty()) return false;
  const fb::Program& program = plan.context.program;
  const fb::Access& first = *loads.accesses.front();
  const auto width = [&](const fb::Access& access) {
    return dtype_size(dtype_of(program, plan.values, access.value()));
  };
  const auto is_same = [&](const fb::Access* access) {
    return same_access(*access, first) && width(*access) == width(first);
  };
  if (!std::all_of(loads.accesses.begin(), loads.accesses.end(), is_same) ||
      !std::all_of(stores.accesses.begin(), stores.accesses.end(), is_same) ||
      loads.at.back() > stores.at.front()) {
    return false;
  }
  const auto reduce = last_reduce(*fused);
  if (!reduce) return true;
  if (stores.at.front() < *reduce) return false;
  const auto [begin, end] = reduced_axes(*fused);
  const uint32_t moves = moves_along_reduced(program, *fused, first);
  if (moves == 0) return !has_second_pass(program, *fused);
  return fused->inner() == 0 && moves == end - begin;
}

}  // namespace vorab::rules
