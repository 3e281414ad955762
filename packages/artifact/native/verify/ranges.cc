#include "artifact/native/verify/ranges.h"

#include <algorithm>

#include "artifact/native/verify/tables.h"

namespace vorab::rules {
namespace {

bool is_empty(const std::vector<Motion>& motions) {
  return std::any_of(motions.begin(), motions.end(),
                     [](const Motion& motion) { return motion.extent == 0; });
}

std::string decimal(Wide value) {
  if (value < 0) return "-" + decimal(-value);
  std::string digits(1, static_cast<char>('0' + static_cast<int>(value % 10)));
  return value < 10 ? digits : decimal(value / 10) + digits;
}

// Along dims whose stride is 0 by itself an access does not move, not even where the extent is 0.
std::vector<Motion> motions_of(const RangeContext& range, const fb::Access& access,
                               std::span<const int64_t> extents) {
  std::vector<Motion> motions;
  for (uint32_t axis = 0; axis < count(access.strides()); ++axis) {
    const uint32_t stride = access.strides()->Get(axis);
    if (is_zero(range.program, stride)) continue;
    motions.push_back({extents[axis], range.binding[stride]});
  }
  return motions;
}

// Every address lies inside the value.
void check_access(const RangeContext& range, const Path& path, const fb::Access& access,
                  std::span<const int64_t> extents) {
  const std::vector<Motion> motions = motions_of(range, access, extents);
  if (is_empty(motions)) return;
  Wide first = range.binding[access.offset()];
  Wide last = first;
  for (const auto [extent, stride] : motions) {
    const Wide reach = Wide{extent - 1} * stride;
    (reach < 0 ? first : last) += reach;
  }
  const fb::Value& value = *range.plan.values()->Get(access.value());
  const int64_t size = elements(type_at(range.program, value.type()), range.binding);
  if (first < 0 || last >= size) {
    fail("access", path, "reaches elements ", decimal(first), " to ", decimal(last),
         " of a value of ", size);
  }
}

// No element is written twice: sorted, each stride is larger than all that the smaller ones reach.
void check_store(const RangeContext& range, const Path& path, const fb::Fused& fused,
                 const fb::Access& access) {
  std::vector<Motion> motions = store_motions(range.program, fused, access, range.binding);
  if (is_empty(motions)) return;
  std::erase_if(motions, [](const Motion& motion) { return motion.extent == 1; });
  for (Motion& motion : motions) motion.stride = std::abs(motion.stride);
  std::sort(motions.begin(), motions.end(),
            [](const Motion& a, const Motion& b) { return a.stride < b.stride; });
  Wide reach = 0;
  for (const auto [extent, stride] : motions) {
    if (stride <= reach) fail("store", path, "may write an element more than once");
    reach += Wide{extent - 1} * stride;
  }
}

void check_fused(const RangeContext& range, const Path& path, const fb::Fused& fused) {
  const auto extents = extents_of(path, "dims", fused.dims(), range.binding);
  check_product(path, extents, 1);
  for (uint32_t i = 0; i < count(fused.accesses()); ++i) {
    check_access(range, path.at("accesses", i), *fused.accesses()->Get(i), extents);
  }
  for (uint32_t i = 0; i < count(fused.tape()); ++i) {
    const fb::Instr& instr = *fused.tape()->Get(i);
    if (instr.kind() != fb::InstrKind::Store) continue;
    check_store(range, path.at("tape", i), fused, *fused.accesses()->Get(instr.a()));
  }
}

void check_contract(const RangeContext& range, const Path& path, const fb::Contract& contract) {
  auto extents = extents_of(path, "batch", contract.batch(), range.binding);
  extents.push_back(extent_of(path.field("m"), contract.m(), range.binding));
  extents.push_back(extent_of(path.field("n"), contract.n(), range.binding));
  extents.push_back(extent_of(path.field("k"), contract.k(), range.binding));
  check_product(path, extents, 1);
  check_access(range, path.field("a"), *contract.a(), extents);
  check_access(range, path.field("b"), *contract.b(), extents);
  check_fused(range, path.field("epilogue"), *contract.epilogue());
}

void check_value(const RangeContext& range, const Path& path, const fb::Value& value) {
  const fb::TensorType& type = type_at(range.program, value.type());
  if (value.storage() == fb::Storage::Arena) {
    const auto bytes = static_cast<uint64_t>(byte_size(type, range.binding));
    if (bytes > value.bytes()) {
      fail("arena", path, "needs ", bytes, " bytes, but has ", value.bytes());
    }
  } else if (value.storage() == fb::Storage::Alias) {
    const fb::Value& base = *range.plan.values()->Get(value.index());
    const int64_t own = elements(type, range.binding);
    const int64_t other = elements(type_at(range.program, base.type()), range.binding);
    if (own != other) fail("alias", path, "has ", own, " elements of a value of ", other);
  }
}

}  // namespace

std::vector<Motion> store_motions(const fb::Program& program, const fb::Fused& fused,
                                  const fb::Access& access, const Binding& binding) {
  const auto [from, to] = reduced_axes(fused);
  const bool kept = !access_varies(program, fused, access);
  std::vector<Motion> motions;
  for (uint32_t axis = 0; axis < count(fused.dims()); ++axis) {
    if (kept && axis >= from && axis < to) continue;
    motions.push_back({binding[fused.dims()->Get(axis)], binding[access.strides()->Get(axis)]});
  }
  return motions;
}

void check_ranges(const Path& path, const RangeContext& range) {
  for (uint32_t i = 0; i < count(range.plan.values()); ++i) {
    check_value(range, path.at("values", i), *range.plan.values()->Get(i));
  }
  for (uint32_t r = 0; r < count(range.plan.regions()); ++r) {
    const fb::Region& region = *range.plan.regions()->Get(r);
    const Path at = path.at("regions", r);
    for (uint32_t s = 0; s < count(region.steps()); ++s) {
      const fb::Step& step = *region.steps()->Get(s);
      const Path step_path = at.at("steps", s);
      const Path body = step_path.field("body");
      if (const auto* fused = step.body_as_Fused()) check_fused(range, body, *fused);
      if (const auto* contract = step.body_as_Contract()) check_contract(range, body, *contract);
    }
  }
}

}  // namespace vorab::rules
