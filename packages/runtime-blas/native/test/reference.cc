#include "reference.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "artifact/native/ops.h"

namespace vorab::blas::test {

bool ReferenceTape::next(Index& at, size_t from, size_t to) const {
  for (size_t d = to; d-- > from;) {
    if (++at[d] < source_.dims[d]) return true;
    at[d] = 0;
  }
  return false;
}

int64_t ReferenceTape::address(const SourceAccess& access, const Index& at) const {
  int64_t address = access.offset;
  for (size_t d = 0; d < at.size(); ++d) address += at[d] * access.strides[d];
  return address;
}

Real ReferenceTape::reduce(const SourceInstr& instr, uint16_t id, Index at) {
  const size_t to = source_.dims.size() - source_.inner, from = to - source_.reduced;
  for (size_t d = from; d < to; ++d) at[d] = 0;
  if (const auto found = reductions_.find({id, at}); found != reductions_.end())
    return found->second;
  const Index key = at;
  bool empty = false;
  for (size_t d = from; d < to; ++d) empty = empty || source_.dims[d] == 0;
  const Real inf = std::numeric_limits<Real>::infinity();
  Real acc = instr.reduction == Reduction::Max ? -inf : instr.reduction == Reduction::Min ? inf : 0;
  if (instr.reduction == Reduction::Prod || instr.reduction == Reduction::All) acc = 1;
  if (empty) return rounded(instr.dtype, acc);
  do {
    const Real x = value(instr.arg[0], at);
    switch (instr.reduction) {
      case Reduction::Sum: acc += x; break;
      case Reduction::Prod: acc *= x; break;
      case Reduction::Max: acc = x != x || x > acc ? x : acc; break;
      case Reduction::Min: acc = x != x || x < acc ? x : acc; break;
      case Reduction::Any: acc = acc != 0 || x != 0; break;
      case Reduction::All: acc = acc != 0 && x != 0; break;
    }
  } while (next(at, from, to));
  return reductions_[{id, key}] = rounded(instr.dtype, acc);
}

Real ReferenceTape::value(uint16_t id, const Index& at) {
  const SourceInstr& instr = source_.instrs[id];
  switch (instr.kind) {
    case Kind::Load: {
      const SourceAccess& access = source_.accesses[instr.arg[0]];
      return read(access.dtype, before_[access.value].data(), address(access, at));
    }
    case Kind::Const: {
      std::byte bits[8];
      std::memcpy(bits, &instr.bits, 8);
      return read(instr.dtype, bits, 0);
    }
    case Kind::Index: return static_cast<Real>(at[instr.arg[0]]);
    case Kind::Reduce: return reduce(instr, id, at);
    case Kind::Scalar: {
      Real x[4] = {};
      Signature signature{instr.op, instr.arity, instr.dtype, {}};
      for (int k = 0; k < instr.arity; ++k) {
        x[k] = value(instr.arg[k], at);
        signature.in[k] = source_.instrs[instr.arg[k]].dtype;
      }
      return rounded(instr.dtype, meaning(find_op(instr.op)->name, signature, x));
    }
    case Kind::Store: break;
  }
  return 0;
}

Buffers ReferenceTape::run() {
  Buffers after = before_;
  for (int64_t extent : source_.dims) {
    if (extent == 0 && source_.reduced == 0) return after;
  }
  for (const SourceInstr& instr : source_.instrs) {
    if (instr.kind != Kind::Store) continue;
    const SourceAccess& access = source_.accesses[instr.arg[0]];
    Index at(source_.dims.size(), 0);
    const size_t to = source_.dims.size() - source_.inner, from = to - source_.reduced;
    // Over an empty row nothing is stored but what the reductions give.
    bool empty = false;
    for (size_t d = 0; d < at.size(); ++d) {
      empty = empty || (source_.dims[d] == 0 && (d < from || d >= to || access.strides[d] != 0));
    }
    if (empty) continue;
    do {
      write(access.dtype, after[access.value].data(), address(access, at), value(instr.arg[1], at));
    } while (next(at, 0, at.size()));
  }
  return after;
}

}  // namespace vorab::blas::test
