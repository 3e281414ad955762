// What runs in one stage of a tape, in which order, and what saves a pass over the tile.
#pragma once

#include "pairing.h"

namespace vorab::blas {

struct StagePlan {
  struct Fold {
    FoldFn fn = nullptr;
    size_t reduce = 0;
    bool alone = false;  // nobody else needs the elements
  };
  std::vector<size_t> events;
  std::vector<size_t> last_use;        // by instruction: position in events
  std::vector<int> forwards;           // by instruction: the access that it is computed into, or -1
  std::vector<bool> stored;            // by instruction (stores): done by forwarding
  std::vector<Fold> folds;             // by instruction: the reduction that takes it in at once
  std::vector<bool> folded;            // by instruction (reductions): done by a fold
  std::vector<bool> reduced_in_place;  // by instruction (loads): only reduced, where they lie
};

StagePlan plan_stage(const TapeSource& source, const Analysis& analysis, const Pairing& pairing,
                     const TapeProgram& program, int stage);

// f(argument) for every operand of an event, those of its guest included.
template <class F>
void each_operand(const TapeSource& source, const Pairing& pairing, size_t i, F f) {
  const SourceInstr& instr = source.instrs[i];
  if (instr.kind == Kind::Store) f(instr.arg[1]);
  if (instr.kind == Kind::Reduce) f(instr.arg[0]);
  if (instr.kind != Kind::Scalar) return;
  const Pairing::Host& host = pairing.hosts[i];
  if (host.guest == Pairing::kNone) {
    for (int k = 0; k < instr.arity; ++k) f(instr.arg[k]);
    return;
  }
  const SourceInstr& guest = source.instrs[static_cast<size_t>(host.guest)];
  f(guest.arg[0]);
  f(guest.arg[1]);
  if (!host.chained) f(host.other);
}

}  // namespace vorab::blas
