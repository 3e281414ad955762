#include "held.h"

namespace vorab::blas {

void HeldValues::open(int stage, const StagePlan& plan, std::vector<Op>& ops,
                      std::vector<uint16_t>& slots) {
  for (size_t i = 0; i < source_.instrs.size(); ++i) {
    const InstrInfo& info = analysis_.instrs[i];
    if (!info.held || (info.need >> stage & 1) == 0) continue;
    if (registers_[i] == 0) {
      rows_[i] = find_row(i, plan);
      const int64_t elements = rows_[i] == Link::kDense
                                   ? nest_.reduced_elements() * nest_.block + nest_.tile()
                                   : rows_[i] * nest_.block;
      const uint16_t ended = in_place(i, stage, plan);
      registers_[i] = ended != 0 ? ended : slots_.reg(elements, width_of(i));
      windows_[i] = slots_.pointer();
    }
    Op op;
    op.kind = OpKind::Window;
    op.out = windows_[i];
    op.a = registers_[i];
    op.log2_width = static_cast<uint8_t>(std::countr_zero(width_of(i)));
    ops.push_back(op);
    slots[i] = windows_[i];
  }
}

// The register of a value that nothing but the chain of i reads from now on, or 0: rows that stay
// take up the first-level cache.
uint16_t HeldValues::in_place(size_t i, int stage, const StagePlan& plan) const {
  if (!chaining_.members[i].linked) return 0;
  const bool waits = defers_ && (analysis_.instrs[i].need >> (analysis_.stages - 1) & 1) != 0;
  if (waits) return 0;
  for (size_t j = 0; j < source_.instrs.size(); ++j) {
    const bool ends =
        registers_[j] != 0 && rows_[j] == rows_[i] && analysis_.instrs[j].need >> stage == 1;
    if (ends && width_of(j) == width_of(i) && is_only_reader(i, j, plan)) return registers_[j];
  }
  return 0;
}

bool HeldValues::is_only_reader(size_t i, size_t of, const StagePlan& plan) const {
  bool reads = false, others = false;
  for (size_t event : plan.events) {
    each_operand(source_, chaining_, event, [&](uint16_t arg) {
      if (arg == of) (event == i ? reads : others) = true;
    });
  }
  return reads && !others;
}

// plan: of the stage that computes the value.
uint32_t HeldValues::find_row(size_t i, const StagePlan& plan) const {
  constexpr int64_t kVector = 16;  // f32 of a cache line
  if (!nest_.row_by_row() || !nest_.item_is_tile() || !is_of_chains(i, plan)) return Link::kDense;
  return static_cast<uint32_t>(ceil_div(nest_.tile_cols, kVector) * kVector);
}

// Computed by a chain, that also reduces it, and read by chains.
bool HeldValues::is_of_chains(size_t i, const StagePlan& plan) const {
  if (!chaining_.members[i].linked) return false;
  for (size_t u = 0; u < source_.instrs.size(); ++u) {
    if (!analysis_.instrs[u].used || chaining_.members[u].linked || u == plan.folds[i]) continue;
    bool reads = false;
    each_operand(source_, chaining_, u, [&](uint16_t arg) { reads = reads || arg == i; });
    if (reads) return false;
  }
  return true;
}

}  // namespace vorab::blas
