#include "artifact/native/verify/ranges.h"

#include <algorithm>

#include "artifact/native/verify/tables.h"

namespace vorab::rules {
namespace {

// The values of a plan, or of a body, for the checks at one binding.
struct RangeContext {
  const fb::Program& program;
  const Values& values;
  const Binding& binding;
};

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
  const fb::Value& value = *range.values[access.value()];
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
    const fb::Value& base = *range.values[value.index()];
    const int64_t own = elements(type, range.binding);
    const int64_t other = elements(type_at(range.program, base.type()), range.binding);
    if (own != other) fail("alias", path, "has ", own, " elements of a value of ", other);
  }
}

void check_rows(const RangeContext& range, const Path& path, const fb::Kernel& kernel) {
  const int64_t rows = range.binding[kernel.rows()];
  if (rows < 0) fail("extent", path.field("rows"), "is ", rows, ", expected at least 0");
}

void check_bodies(const RangeContext& range, const Path& path, const fb::Control& control);

void check_step(const RangeContext& range, const Path& path, const fb::Step& step) {
  if (const auto* fused = step.body_as_Fused()) check_fused(range, path, *fused);
  if (const auto* contract = step.body_as_Contract()) check_contract(range, path, *contract);
  if (const auto* control = step.body_as_Control()) check_bodies(range, path, *control);
  if (const auto* kernel = step.body_as_Kernel()) check_rows(range, path, *kernel);
}

void check_steps(const RangeContext& range, const Path& path,
                 const flatbuffers::Vector<flatbuffers::Offset<fb::Step>>* steps) {
  for (uint32_t s = 0; s < count(steps); ++s) {
    const Path step = path.at("steps", s);
    check_step(range, step.field("body"), *steps->Get(s));
  }
}

void check_values(const RangeContext& range, const Path& path) {
  for (uint32_t i = 0; i < range.values.size(); ++i) {
    check_value(range, path.at("values", i), *range.values[i]);
  }
}

void check_bodies(const RangeContext& range, const Path& path, const fb::Control& control) {
  for (uint32_t i = 0; i < count(control.bodies()); ++i) {
    const fb::Body& body = *control.bodies()->Get(i);
    const RangeContext own{range.program, items(body.values()), range.binding};
    const Path at = path.at("bodies", i);
    check_values(own, at);
    check_steps(own, at, body.steps());
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

void check_ranges(const Path& path, const fb::Program& program, const fb::EntryPlan& plan,
                  const Binding& binding) {
  const RangeContext range{program, items(plan.values()), binding};
  check_values(range, path);
  for (uint32_t r = 0; r < count(plan.regions()); ++r) {
    check_steps(range, path.at("regions", r), plan.regions()->Get(r)->steps());
  }
}

}  // namespace vorab::rules
