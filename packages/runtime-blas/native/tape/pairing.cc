#include "pairing.h"

namespace vorab::blas {
namespace {

std::vector<int> count_uses(const TapeSource& source) {
  std::vector<int> uses(source.instrs.size(), 0);
  for (const SourceInstr& instr : source.instrs) {
    if (instr.kind == Kind::Store) ++uses[instr.arg[1]];
    if (instr.kind == Kind::Reduce) ++uses[instr.arg[0]];
    for (int k = 0; instr.kind == Kind::Scalar && k < instr.arity; ++k) ++uses[instr.arg[k]];
  }
  return uses;
}

bool binary_f32(const SourceInstr& instr) {
  return instr.kind == Kind::Scalar && instr.arity == 2 && instr.dtype == Dt::F32;
}

}  // namespace

Pairing pair_ops(const TapeSource& source, const Analysis& analysis, const KernelTable& kernels) {
  const size_t n = source.instrs.size();
  Pairing out{std::vector<Pairing::Host>(n), std::vector<bool>(n, false)};
  const std::vector<int> uses = count_uses(source);
  for (size_t i = 0; i < n; ++i) {
    const SourceInstr& instr = source.instrs[i];
    const InstrInfo& host = analysis.instrs[i];
    if (!binary_f32(instr) || !host.used || host.level != Level::Tile) continue;
    for (int k = 0; k < 2 && out.hosts[i].guest == Pairing::kNone; ++k) {
      const uint16_t g = instr.arg[k];
      const InstrInfo& guest = analysis.instrs[g];
      const bool alone = uses[g] == 1 && !guest.held && out.hosts[g].guest == Pairing::kNone;
      if (!alone || guest.level != Level::Tile || guest.exec != host.exec ||
          !binary_f32(source.instrs[g]))
        continue;
      const ScalarFn fn = kernels.pair(source.instrs[g].op, instr.op, k == 1);
      if (fn == nullptr) continue;
      out.hosts[i] = {g, instr.arg[1 - k], fn};
      out.is_guest[g] = true;
    }
  }
  return out;
}

}  // namespace vorab::blas
