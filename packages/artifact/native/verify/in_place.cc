#include "artifact/native/verify/in_place.h"

#include <algorithm>
#include <optional>

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

bool moves_along_reduced(const fb::Program& program, const fb::Fused& fused,
                         const fb::Access& access) {
  const auto [from, to] = reduced_axes(fused);
  for (uint32_t axis = from; axis < to; ++axis) {
    if (is_zero(program, access.strides()->Get(axis))) return false;
  }
  return true;
}

}  // namespace

bool in_place(const PlanContext& plan, const fb::Step& step, uint64_t from, uint64_t to) {
  const fb::Fused* fused = step.body_as_Fused();
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
  return fused->inner() == 0 && moves_along_reduced(program, *fused, first) &&
         stores.at.front() > *reduce;
}

}  // namespace vorab::rules
