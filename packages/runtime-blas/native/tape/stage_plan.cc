#include "stage_plan.h"

#include "overlap.h"

namespace vorab::blas {
namespace {

constexpr size_t kNever = static_cast<size_t>(-1);

class StagePlanner {
 public:
  StagePlanner(const TapeSource& source, const Analysis& analysis, const Chaining& chaining,
               const TapeProgram& program, int stage)
      : source_(source),
        analysis_(analysis),
        chaining_(chaining),
        program_(program),
        stage_(stage) {}

  StagePlan run() {
    const size_t n = source_.instrs.size();
    plan_.last_use.assign(n, kNever);
    plan_.forwards.assign(n, -1);
    plan_.stored.assign(n, false);
    plan_.uses.assign(n, 0);
    plan_.folds.assign(n, StagePlan::kNone);
    plan_.folded.assign(n, false);
    plan_.reduced_in_place.assign(n, false);
    plan_.by_rows.assign(n, false);
    collect();
    find_uses();
    find_by_rows();
    find_forwards();
    find_folds();
    find_reduced_in_place();
    return std::move(plan_);
  }

 private:
  const InstrInfo& info(size_t i) const { return analysis_.instrs[i]; }

  bool runs(size_t i) const {
    return info(i).level == Level::Tile && (info(i).exec >> stage_ & 1) != 0 &&
           !chaining_.is_guest[i];
  }

  // Stores over a loaded value come last: later instructions may still read through its pointer.
  void collect() {
    std::vector<size_t> late;
    for (size_t i = 0; i < source_.instrs.size(); ++i) {
      const SourceInstr& instr = source_.instrs[i];
      if (!info(i).used) continue;
      if (instr.kind == Kind::Store) {
        if (info(i).level != Level::Tile || info(i).stage != stage_) continue;
        (over_a_load(i) ? late : plan_.events).push_back(i);
      } else if (instr.kind == Kind::Reduce ? info(i).depth - 1 == stage_ : runs(i)) {
        plan_.events.push_back(i);
      }
    }
    plan_.events.insert(plan_.events.end(), late.begin(), late.end());
  }

  bool over_a_load(size_t store) const {
    for (const SourceInstr& instr : source_.instrs) {
      if (instr.kind != Kind::Load) continue;
      if (overlap(source_, source_.accesses[source_.instrs[store].arg[0]],
                  source_.accesses[instr.arg[0]]))
        return true;
    }
    return false;
  }

  void find_uses() {
    for (size_t at = 0; at < plan_.events.size(); ++at) {
      each_operand(source_, chaining_, plan_.events[at],
                   [&](uint16_t arg) { plan_.last_use[arg] = at, ++plan_.uses[arg]; });
    }
  }

  // Loads that chains alone read, and results of chains that beside them one store takes.
  void find_by_rows() {
    if (program_.nest.mode != Mode::Map && !program_.nest.row_by_row()) return;
    std::vector<int> stores(source_.instrs.size(), 0), others(source_.instrs.size(), 0);
    for (size_t i : plan_.events) {
      if (chaining_.members[i].linked) continue;
      auto& readers = source_.instrs[i].kind == Kind::Store ? stores : others;
      each_operand(source_, chaining_, i, [&](uint16_t arg) { ++readers[arg]; });
    }
    for (size_t i : plan_.events) {
      const SourceInstr& instr = source_.instrs[i];
      const bool load = instr.kind == Kind::Load;
      plan_.by_rows[i] =
          others[i] == 0 && (load ? stores[i] == 0 && program_.accesses[instr.arg[0]].direct_rows
                                  : stores[i] == 1 && chaining_.members[i].linked);
    }
  }

  // Whether value v may be computed straight into the store's memory, at its own position in the
  // stage.
  bool may_forward(size_t store, size_t v) const {
    const SourceAccess& stored = source_.accesses[source_.instrs[store].arg[0]];
    for (size_t l = 0; l < source_.instrs.size(); ++l) {
      const SourceInstr& load = source_.instrs[l];
      if (load.kind != Kind::Load || !overlap(source_, stored, source_.accesses[load.arg[0]]))
        continue;
      const size_t last = plan_.last_use[l];
      if (last != kNever && plan_.events[last] > v) return false;
    }
    return true;
  }

  // Whether a chain may store v past the caches: nobody reads it there.
  bool may_stream(size_t v) const { return plan_.uses[v] == 1 && chaining_.members[v].linked; }

  void find_forwards() {
    for (size_t i : plan_.events) {
      const SourceInstr& instr = source_.instrs[i];
      if (instr.kind != Kind::Store) continue;
      const size_t v = instr.arg[1];
      const Access& access = program_.accesses[instr.arg[0]];
      const bool direct = access.direct_tile || (access.direct_rows && plan_.by_rows[v]);
      if (!direct || !runs(v) || info(v).held || plan_.forwards[v] >= 0 ||
          (access.streams && !may_stream(v)))
        continue;
      const SourceInstr& made = source_.instrs[v];
      const bool pointer = made.kind == Kind::Load &&
                           (program_.accesses[made.arg[0]].direct_tile || plan_.by_rows[v]);
      if (pointer || !may_forward(i, v)) continue;
      plan_.forwards[v] = info(i).access;
      plan_.stored[i] = true;
    }
  }

  // A reduction of a chain of this stage runs in the same loop.
  void find_folds() {
    if (!program_.nest.one_item()) return;
    for (size_t i : plan_.events) {
      const SourceInstr& instr = source_.instrs[i];
      const size_t v = instr.arg[0];
      const bool folds = instr.kind == Kind::Reduce && instr.dtype == Dt::F32 &&
                         (instr.reduction == Reduction::Sum || instr.reduction == Reduction::Max);
      if (!folds || !runs(v) || !chaining_.members[v].linked || plan_.folds[v] != StagePlan::kNone)
        continue;
      plan_.folds[v] = i;
      plan_.folded[i] = true;
    }
  }

  // Sums of columns need no copy of rows that lie apart.
  void find_reduced_in_place() {
    if (program_.nest.mode != Mode::Columns) return;
    for (size_t i : plan_.events) {
      const SourceInstr& instr = source_.instrs[i];
      plan_.reduced_in_place[i] = instr.kind == Kind::Load && !info(i).held &&
                                  plan_.forwards[i] < 0 && program_.accesses[instr.arg[0]].col == 1;
    }
    for (size_t i : plan_.events) {
      if (source_.instrs[i].kind == Kind::Reduce) continue;
      each_operand(source_, chaining_, i,
                   [&](uint16_t arg) { plan_.reduced_in_place[arg] = false; });
    }
  }

  const TapeSource& source_;
  const Analysis& analysis_;
  const Chaining& chaining_;
  const TapeProgram& program_;
  const int stage_;
  StagePlan plan_;
};

}  // namespace

StagePlan plan_stage(const TapeSource& source, const Analysis& analysis, const Chaining& chaining,
                     const TapeProgram& program, int stage) {
  return StagePlanner(source, analysis, chaining, program, stage).run();
}

}  // namespace vorab::blas
