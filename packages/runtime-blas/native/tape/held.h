// Values of whole items that later stages read again: registers, and windows into them for the tile
// at hand.
#pragma once

#include <bit>

#include "deferral.h"
#include "stage_plan.h"

namespace vorab::blas {

class HeldValues {
 public:
  HeldValues(const TapeSource& source, const Analysis& analysis, const Chaining& chaining,
             const TapeProgram& program, Slots& slots)
      : source_(source),
        analysis_(analysis),
        chaining_(chaining),
        nest_(program.nest),
        defers_(may_defer(program)),
        slots_(slots),
        registers_(source.instrs.size(), 0),
        windows_(source.instrs.size(), 0),
        rows_(source.instrs.size(), Link::kDense) {}

  // Elements from one row of the value to the next: whole vectors, where chains alone touch it.
  uint32_t row_of(size_t i) const { return rows_[i]; }

  // Opens the windows of a stage: adds ops, and fills the slots of the values.
  void open(int stage, const StagePlan& plan, std::vector<Op>& ops, std::vector<uint16_t>& slots);

 private:
  size_t width_of(size_t i) const { return width(source_.instrs[i].dtype); }
  uint16_t in_place(size_t i, int stage, const StagePlan& plan) const;
  uint32_t find_row(size_t i, const StagePlan& plan) const;
  bool is_of_chains(size_t i, const StagePlan& plan) const;
  bool is_only_reader(size_t i, size_t of, const StagePlan& plan) const;

  const TapeSource& source_;
  const Analysis& analysis_;
  const Chaining& chaining_;
  const Nest& nest_;
  const bool defers_;
  Slots& slots_;
  // By instruction.
  std::vector<uint16_t> registers_, windows_;
  std::vector<uint32_t> rows_;
};

}  // namespace vorab::blas
