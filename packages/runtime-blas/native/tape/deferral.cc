#include "deferral.h"

#include <algorithm>

namespace vorab::blas {
namespace {

// Null where there is more than one, or anything else that computes.
Op* only_chain(Stage& stage) {
  Op* chain = nullptr;
  for (Op& op : stage.tile) {
    const bool finds =
        op.kind == OpKind::Point || op.kind == OpKind::Ahead || op.kind == OpKind::Window;
    if (finds) continue;
    if (op.kind != OpKind::Chain || chain != nullptr) return nullptr;
    chain = &op;
  }
  return chain;
}

// A value of an item that the stage makes.
bool makes(const Stage& stage, uint16_t slot) {
  const auto is_out = [&](const auto& made) { return made.out == slot; };
  return std::any_of(stage.accumulators.begin(), stage.accumulators.end(), is_out) ||
         std::any_of(stage.item.begin(), stage.item.end(), is_out);
}

bool stores(const Link* links, size_t count, uint16_t slot) {
  return std::any_of(links, links + count, [&](const Link& link) {
    return link.code == Link::Code::Store && link.slot == slot;
  });
}

}  // namespace

bool may_defer(const TapeProgram& program) {
  const Nest& nest = program.nest;
  return program.streams && program.chunks == 1 && nest.row_by_row() && nest.item_is_tile();
}

void defer_last_stage(TapeProgram& program, Slots& slots) {
  const size_t stages = program.stages.size();
  if (!may_defer(program) || stages < 2 || !program.item_last.empty()) return;
  Stage &last = program.stages[stages - 1], &host = program.stages[stages - 2];
  const Op* late = only_chain(last);
  Op* chain = only_chain(host);
  if (late == nullptr || chain == nullptr) return;
  std::vector<Link> links(program.links.begin() + late->first,
                          program.links.begin() + late->first + late->count);
  const Link* own = program.links.data() + chain->first;
  const PairFn pair = program.kernels->pair(links.data(), links.size(), own, chain->count);
  if (pair == nullptr) return;
  // What it reads is made by the host, and so the same until the next item's host ends.
  Link& stored = links.back();
  for (const Link& link : links) {
    if (&link == &stored) continue;
    if (link.reach == Link::Reach::Row && !makes(host, link.slot)) return;
    if (link.reach == Link::Reach::Element && !stores(own, chain->count, link.slot)) return;
  }
  const auto point = std::find_if(last.tile.begin(), last.tile.end(), [&](const Op& op) {
    return op.kind == OpKind::Point && op.out == stored.slot;
  });
  if (point == last.tile.end()) return;
  stored.slot = slots.pointer();
  program.late = {static_cast<uint32_t>(program.links.size()), static_cast<uint32_t>(links.size()),
                  point->index, stored.slot};
  program.links.insert(program.links.end(), links.begin(), links.end());
  chain->pair = pair;
}

}  // namespace vorab::blas
