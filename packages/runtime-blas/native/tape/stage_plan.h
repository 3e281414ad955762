// What runs in one stage of a tape, in which order, and what saves a pass over the tile.
#pragma once

#include "chaining.h"

namespace vorab::blas {

struct StagePlan {
  static constexpr size_t kNone = static_cast<size_t>(-1);

  std::vector<size_t> events;
  std::vector<size_t> last_use;        // by instruction: position in events
  std::vector<int> forwards;           // by instruction: the access that it is computed into, or -1
  std::vector<bool> stored;            // by instruction (stores): done by forwarding
  std::vector<int> uses;               // by instruction: events that read it
  std::vector<size_t> folds;           // by instruction: the reduction that its chain ends with
  std::vector<bool> folded;            // by instruction (reductions): done by a chain
  std::vector<bool> reduced_in_place;  // by instruction (loads): only reduced, where they lie
  std::vector<bool> by_rows;           // by instruction: may lie in rows that are apart
};

StagePlan plan_stage(const TapeSource& source, const Analysis& analysis, const Chaining& chaining,
                     const TapeProgram& program, int stage);

// f(argument) for every operand of an event, those of the chain before it included.
template <class F>
void each_operand(const TapeSource& source, const Chaining& chaining, size_t i, F f) {
  const SourceInstr& instr = source.instrs[i];
  if (instr.kind == Kind::Store) f(instr.arg[1]);
  if (instr.kind == Kind::Reduce) f(instr.arg[0]);
  if (instr.kind != Kind::Scalar) return;
  const Chaining::Member& member = chaining.members[i];
  if (!member.linked) {
    for (int k = 0; k < instr.arity; ++k) f(instr.arg[k]);
    return;
  }
  if (member.grows)
    each_operand(source, chaining, member.from, f);
  else
    f(member.from);
  for (int operand : {member.other, member.factor})
    if (operand != Chaining::kNone) f(static_cast<uint16_t>(operand));
}

}  // namespace vorab::blas
