// From an op id and dtypes to a leaf loop, for a list of dtypes; one translation unit per list
// keeps builds parallel.
#pragma once

#include "artifact/native/ops.h"
#include "loops.h"

namespace vorab::blas::VORAB_ISA {

inline bool same_operands(const Signature& s, int from) {
  for (int i = from + 1; i < s.arity; ++i) {
    if (s.in[i] != s.in[from]) return false;
  }
  return true;
}

template <class Op, Dt D>
ScalarFn loop_for(const Signature& s) {
  if constexpr (Op::kForm == Form::Same && takes<Op::kClass, D>()) {
    return same_operands(s, 0) && s.out == D ? &map_same<Op, D> : nullptr;
  } else if constexpr (Op::kForm == Form::Test && takes<Op::kClass, D>()) {
    return same_operands(s, 0) && s.out == Dt::Bool ? &map_test<Op, D> : nullptr;
  } else if constexpr (Op::kForm == Form::Choose) {
    return s.in[0] == Dt::Bool && same_operands(s, 1) && s.out == D ? &map_choose<Op, D> : nullptr;
  } else {
    return nullptr;
  }
}

template <class Op, Dt... Ds>
ScalarFn pick(const Signature& s) {
  if (s.arity != Op::kArity) return nullptr;
  const Dt key = s.in[Op::kForm == Form::Choose ? 1 : 0];
  ScalarFn found = nullptr;
  ((key == Ds ? (void)(found = loop_for<Op, Ds>(s)) : (void)0), ...);
  return found;
}

template <Dt... Ds>
ScalarFn find_among(const Signature& s) {
  switch (s.op) {
#define VORAB_ROW_Leaf(name, arity)
#define VORAB_ROW_Reduce(name, arity)
#define VORAB_ROW_View(name, arity)
#define VORAB_ROW_Contract(name, arity)
#define VORAB_ROW_Indexed(name, arity)
#define VORAB_ROW_Routine(name, arity)
#define VORAB_ROW_Composite(name, arity)
#define VORAB_ROW_Call(name, arity)
#define VORAB_ROW_Elementwise(name, arity)                                              \
  case OP_##name:                                                                       \
    static_assert(op_##name::kArity == arity, #name " has another number of operands"); \
    return pick<op_##name, Ds...>(s);
#define VORAB_OP(id, name, kind, min_inputs, max_inputs, outputs, attributes, accumulates) \
  VORAB_ROW_##kind(name, min_inputs)
#include "artifact/native/generated/ops.inc"
#undef VORAB_OP
    default: return nullptr;
  }
}

ScalarFn find_f32(const Signature& signature);
ScalarFn find_words(const Signature& signature);   // i32 u32 bool
ScalarFn find_longs(const Signature& signature);   // i64 f64
ScalarFn find_shorts(const Signature& signature);  // u8 i8 f16 bf16
ScalarFn find_cast(Dt from, Dt to);
ChainFn find_chain(Link* links, size_t count);
ChainFn find_pass(const Link* links, size_t count);  // null: not one of those that have a loop
PairFn find_pair(const Link* first, size_t count, const Link* second, size_t other);

bool find_reducer(Reduction reduction, Dt dtype, Reducer& out);
void fill_moves(KernelTable& table);
void fill_sums(KernelTable& table);
void fill_scores(KernelTable& table);
void fill_product(KernelTable& table);

}  // namespace vorab::blas::VORAB_ISA
