#include "fetch_ahead.h"

namespace vorab::blas {
namespace {

// Functions count for ten ops.
size_t work_of(const TapeProgram& program, const Op& op) {
  size_t work = 0;
  for (size_t l = 0; l < op.count; ++l)
    work += program.links[op.first + l].code >= Link::Code::Exp ? 10 : 1;
  return work;
}

struct Place {
  Stage* stage = nullptr;
  size_t op = 0;
};

// Rows come in the first stage, and the next ones after it.
Place longest_chain(TapeProgram& program) {
  Place found;
  const bool map = program.nest.mode == Mode::Map;
  for (size_t s = map ? 0 : 1; s < program.stages.size(); ++s) {
    Stage& stage = program.stages[s];
    for (size_t o = 0; o < stage.tile.size(); ++o) {
      if (stage.tile[o].kind != OpKind::Chain) continue;
      if (found.stage != nullptr &&
          work_of(program, stage.tile[o]) <= work_of(program, found.stage->tile[found.op]))
        continue;
      found = {&stage, o};
    }
  }
  return found;
}

// Tiles of f32 one behind the other; or rows, which leave the caches to the others.
bool fetches(const Nest& nest, const Access& access) {
  if (access.dtype != Dt::F32 || access.col != 1) return false;
  if (nest.mode == Mode::Map)
    return (access.row != 0 || nest.row.extent == 1) && !access.streams &&
           access.value != kAccValue;
  constexpr int64_t kMost = 16 << 10;
  const int64_t bytes = nest.col.extent << access.log2_width;
  return access.across == nest.col.extent && bytes * nest.block <= kMost;
}

// Before the others, so that a reduction stays the last one.
void prepend_link(TapeProgram& program, Op& op, Link link) {
  if (op.count == kMostLinks) return;
  std::vector<Link>& links = program.links;
  const auto first = static_cast<uint32_t>(links.size());
  links.push_back(link);
  for (size_t l = 0; l < op.count; ++l) links.push_back(Link(links[op.first + l]));
  op.first = first;
  op.row_by_row = op.row_by_row || link.is_apart();
  ++op.count;
}

}  // namespace

void fetch_ahead(TapeProgram& program, Slots& slots) {
  const Nest& nest = program.nest;
  if (nest.mode == Mode::Map ? !program.fetches : !nest.row_by_row()) return;
  const auto [stage, at] = longest_chain(program);
  if (stage == nullptr) return;
  size_t chain = at;
  std::vector<bool> fetched(program.accesses.size(), false);
  const std::vector<Op> first = program.stages[0].tile;
  for (const Op& point : first) {
    if (point.kind != OpKind::Point) continue;
    const Access& access = program.accesses[point.index];
    if (!fetches(nest, access) || fetched[point.index]) continue;
    fetched[point.index] = true;  // what is updated in place is loaded and stored
    Op ahead = point;
    ahead.kind = OpKind::Ahead;
    ahead.out = slots.pointer();
    stage->tile.insert(stage->tile.begin(), ahead);
    prepend_link(program, stage->tile[++chain],
                 {Link::Code::Fetch, Link::Reach::Element, ahead.out, access.link_row()});
  }
}

}  // namespace vorab::blas
