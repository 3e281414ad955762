#include "rematerialize.h"

#include <bit>
#include <map>

#include "artifact/native/ops.h"

namespace vorab::blas {
namespace {

class Rematerializer {
 public:
  Rematerializer(const TapeSource& source, const Analysis& analysis,
                 const std::vector<Access>& accesses)
      : source_(source), analysis_(analysis), accesses_(accesses) {}

  TapeSource run() {
    TapeSource out = source_;
    out.instrs.clear();
    moved_.resize(source_.instrs.size());
    copies_.resize(source_.instrs.size());
    for (size_t i = 0; i < source_.instrs.size(); ++i) {
      SourceInstr instr = source_.instrs[i];
      each_argument(instr, [&](uint16_t& arg) { arg = renamed(arg, stages_of(i)); });
      moved_[i] = append(out, instr);
      if (!is_cheap(i)) continue;
      for (uint64_t left = analysis_.instrs[i].need; left != 0; left &= left - 1)
        copies_[i][left & (~left + 1)] = append(out, instr);
    }
    return out;
  }

 private:
  static uint16_t append(TapeSource& out, const SourceInstr& instr) {
    out.instrs.push_back(instr);
    return static_cast<uint16_t>(out.instrs.size() - 1);
  }

  template <class F>
  static void each_argument(SourceInstr& instr, F f) {
    if (instr.kind == Kind::Store) f(instr.arg[1]);
    if (instr.kind == Kind::Reduce) f(instr.arg[0]);
    for (int k = 0; instr.kind == Kind::Scalar && k < instr.arity; ++k) f(instr.arg[k]);
  }

  // The stages in which instruction i reads its operands.
  uint64_t stages_of(size_t i) const {
    const InstrInfo& info = analysis_.instrs[i];
    if (source_.instrs[i].kind == Kind::Store) return uint64_t{1} << info.stage;
    if (source_.instrs[i].kind == Kind::Reduce) return uint64_t{1} << (info.depth - 1);
    return info.exec;
  }

  // Whoever runs in several stages keeps the original.
  uint16_t renamed(uint16_t arg, uint64_t stages) const {
    const auto found = copies_[arg].find(stages);
    return found == copies_[arg].end() ? moved_[arg] : found->second;
  }

  // One instruction, of what lies in memory and of what is the same for the whole item.
  bool is_cheap(size_t i) const {
    const SourceInstr& instr = source_.instrs[i];
    const InstrInfo& info = analysis_.instrs[i];
    const bool arithmetic = instr.op == OP_add || instr.op == OP_sub || instr.op == OP_mul;
    if (instr.kind != Kind::Scalar || instr.dtype != Dt::F32 || !arithmetic || !info.held)
      return false;
    for (int k = 0; k < instr.arity; ++k) {
      const SourceInstr& arg = source_.instrs[instr.arg[k]];
      if (analysis_.instrs[instr.arg[k]].level != Level::Tile) continue;
      if (arg.kind != Kind::Load || !accesses_[arg.arg[0]].direct_tile) return false;
    }
    return true;
  }

  const TapeSource& source_;
  const Analysis& analysis_;
  const std::vector<Access>& accesses_;
  std::vector<uint16_t> moved_;                       // by instruction
  std::vector<std::map<uint64_t, uint16_t>> copies_;  // by instruction and stage
};

}  // namespace

TapeSource rematerialize(const TapeSource& source, const Analysis& analysis,
                         const std::vector<Access>& accesses) {
  return Rematerializer(source, analysis, accesses).run();
}

}  // namespace vorab::blas
