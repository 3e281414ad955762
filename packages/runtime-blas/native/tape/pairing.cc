#include "pairing.h"

#include "artifact/native/ops.h"

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

bool is_f32(const SourceInstr& instr, uint8_t arity) {
  return instr.kind == Kind::Scalar && instr.arity == arity && instr.dtype == Dt::F32;
}

class Pairer {
 public:
  Pairer(const TapeSource& source, const Analysis& analysis, const KernelTable& kernels)
      : source_(source), analysis_(analysis), kernels_(kernels), uses_(count_uses(source)) {
    out_.hosts.resize(source.instrs.size());
    out_.is_guest.resize(source.instrs.size(), false);
  }

  Pairing run() {
    for (size_t i = 0; i < source_.instrs.size(); ++i) {
      const InstrInfo& info = analysis_.instrs[i];
      if (info.used && info.level == Level::Tile) find_guest(i);
    }
    return std::move(out_);
  }

 private:
  void find_guest(size_t i) {
    const SourceInstr& instr = source_.instrs[i];
    const bool square = is_f32(instr, 2) && instr.arg[0] == instr.arg[1];
    if (square || is_f32(instr, 1)) {
      chain(i, instr.arg[0], square ? 2 : 1);
    } else if (is_f32(instr, 2)) {
      for (int k = 0; k < 2 && out_.hosts[i].guest == Pairing::kNone; ++k) pair(i, k);
    }
  }

  // Needed by instruction i alone, `uses` times, wherever that runs.
  bool is_free(size_t i, uint16_t guest, int uses) const {
    const InstrInfo& g = analysis_.instrs[guest];
    return is_f32(source_.instrs[guest], 2) && uses_[guest] == uses && !g.held &&
           g.level == Level::Tile && g.exec == analysis_.instrs[i].exec &&
           out_.hosts[guest].guest == Pairing::kNone;
  }

  void chain(size_t i, uint16_t guest, int uses) {
    if (!is_free(i, guest, uses) || (uses == 2 && source_.instrs[i].op != OP_mul)) return;
    take(i, guest, 0, true, false, kernels_.chain(source_.instrs[guest].op, source_.instrs[i].op));
  }

  void pair(size_t i, int k) {
    const SourceInstr& instr = source_.instrs[i];
    const uint16_t guest = instr.arg[k];
    if (!is_free(i, guest, 1)) return;
    take(i, guest, instr.arg[1 - k], false, k == 1,
         kernels_.pair(source_.instrs[guest].op, instr.op, k == 1));
  }

  void take(size_t i, uint16_t guest, uint16_t other, bool chained, bool right, ScalarFn fn) {
    if (fn == nullptr) return;
    out_.hosts[i] = {guest, chained, right, other, fn};
    out_.is_guest[guest] = true;
  }

  const TapeSource& source_;
  const Analysis& analysis_;
  const KernelTable& kernels_;
  const std::vector<int> uses_;
  Pairing out_;
};

}  // namespace

Pairing pair_ops(const TapeSource& source, const Analysis& analysis, const KernelTable& kernels) {
  return Pairer(source, analysis, kernels).run();
}

}  // namespace vorab::blas
