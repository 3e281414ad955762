#include "chaining.h"

#include <optional>

#include "artifact/native/ops.h"

namespace vorab::blas {
namespace {

using Code = Link::Code;

// Loads, stores, a reduction and what is fetched come on top.
constexpr int kMostLength = static_cast<int>(kMostLinks) / 2;

std::optional<Code> unary_code(uint16_t op) {
  switch (op) {
    case OP_neg: return Code::Negate;
    case OP_abs: return Code::Absolute;
    case OP_sqrt: return Code::Sqrt;
    case OP_rsqrt: return Code::Rsqrt;
    case OP_exp: return Code::Exp;
    case OP_log: return Code::Log;
    case OP_tanh: return Code::Tanh;
    case OP_erf: return Code::Erf;
    case OP_sigmoid: return Code::Sigmoid;
    default: return std::nullopt;
  }
}

std::optional<Code> binary_code(uint16_t op, bool value_is_right) {
  switch (op) {
    case OP_add: return Code::Add;
    case OP_sub: return value_is_right ? Code::SubtractFrom : Code::Subtract;
    case OP_mul: return Code::Multiply;
    case OP_div: return value_is_right ? Code::DivideInto : Code::Divide;
    case OP_minimum: return Code::Minimum;
    case OP_maximum: return Code::Maximum;
    default: return std::nullopt;
  }
}

std::vector<int> count_uses(const TapeSource& source) {
  std::vector<int> uses(source.instrs.size(), 0);
  for (const SourceInstr& instr : source.instrs) {
    if (instr.kind == Kind::Store) ++uses[instr.arg[1]];
    if (instr.kind == Kind::Reduce) ++uses[instr.arg[0]];
    for (int k = 0; instr.kind == Kind::Scalar && k < instr.arity; ++k) ++uses[instr.arg[k]];
  }
  return uses;
}

class Chainer {
 public:
  Chainer(const TapeSource& source, const Analysis& analysis)
      : source_(source), analysis_(analysis), uses_(count_uses(source)) {
    out_.members.resize(source.instrs.size());
    out_.is_guest.resize(source.instrs.size(), false);
  }

  Chaining run() {
    for (size_t i = 0; i < source_.instrs.size(); ++i) {
      const SourceInstr& instr = source_.instrs[i];
      const bool runs = info(i).used && info(i).level == Level::Tile;
      if (!runs || instr.kind != Kind::Scalar || instr.dtype != Dt::F32) continue;
      const bool square = instr.op == OP_mul && instr.arg[0] == instr.arg[1];
      if (square)
        link(i, Code::Square, 0, 2);
      else if (instr.arity == 1)
        link(i, unary_code(instr.op), 0, 1);
      else if (instr.arity == 2)
        link_binary(i);
    }
    return std::move(out_);
  }

 private:
  const InstrInfo& info(size_t i) const { return analysis_.instrs[i]; }

  // Runs as a link, and is needed by instruction i alone, `uses` times, wherever that runs.
  bool is_free(size_t i, uint16_t guest, int uses) const {
    const InstrInfo& g = info(guest);
    return out_.members[guest].linked && out_.members[guest].length < kMostLength &&
           uses_[guest] == uses && !g.held && g.exec == info(i).exec;
  }

  void link(size_t i, std::optional<Code> code, int k, int uses) {
    const uint16_t from = source_.instrs[i].arg[k];
    if (!code || source_.instrs[from].dtype != Dt::F32) return;
    const bool grows = is_free(i, from, uses);
    out_.members[i] = {true, *code, from, grows};
    if (!grows) return;
    out_.members[i].length += out_.members[from].length;
    out_.is_guest[from] = true;
  }

  // An element times what all elements share, for instruction i alone.
  bool scales(size_t i, uint16_t guest) const {
    const Chaining::Member& member = out_.members[guest];
    return is_free(i, guest, 1) && !member.grows && member.code == Code::Multiply &&
           info(member.from).level == Level::Tile &&
           info(static_cast<size_t>(member.other)).level == Level::Uniform;
  }

  // A sum of two chains, of which one is a product: that one needs no loop of its own.
  bool link_scaled(size_t i) {
    const SourceInstr& instr = source_.instrs[i];
    if (instr.op != OP_add || instr.arg[0] == instr.arg[1]) return false;
    for (int k : {0, 1}) {
      const uint16_t guest = instr.arg[1 - k];
      if (!is_free(i, instr.arg[k], 1) || !scales(i, guest)) continue;
      link(i, Code::AddScaled, k, 1);
      Chaining::Member& member = out_.members[i];
      member.other = out_.members[guest].from;
      member.factor = out_.members[guest].other;
      ++member.length;
      out_.is_guest[guest] = true;
      return true;
    }
    return false;
  }

  void link_binary(size_t i) {
    const SourceInstr& instr = source_.instrs[i];
    if (link_scaled(i)) return;
    const auto fits = [&](int k) { return is_free(i, instr.arg[k], 1); };
    const bool left = fits(0) || (!fits(1) && info(instr.arg[0]).level == Level::Tile);
    const int k = left ? 0 : 1;
    link(i, binary_code(instr.op, k == 1), k, 1);
    out_.members[i].other = instr.arg[1 - k];
  }

  const TapeSource& source_;
  const Analysis& analysis_;
  const std::vector<int> uses_;
  Chaining out_;
};

}  // namespace

Chaining chain_ops(const TapeSource& source, const Analysis& analysis) {
  return Chainer(source, analysis).run();
}

}  // namespace vorab::blas
