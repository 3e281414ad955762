#include "casts.h"
#include "dispatch.h"

namespace vorab::blas {
namespace VORAB_ISA {
namespace {

ScalarFn find_bitcast(const Signature& s) {
  if (width(s.in[0]) != width(s.out) || s.in[0] == Dt::Bool || s.out == Dt::Bool) return nullptr;
  switch (width(s.out)) {
    case 1: return &map_bits<1>;
    case 2: return &map_bits<2>;
    case 4: return &map_bits<4>;
    default: return &map_bits<8>;
  }
}

template <class Op>
ScalarFn find_conversion(const Signature& s) {
  return Op::kForm == Form::Convert ? find_cast(s.in[0], s.out) : find_bitcast(s);
}

// Null unless the op is a cast or bitcast.
ScalarFn find_converting(const Signature& s) {
  switch (s.op) {
#undef VORAB_ROW_Elementwise
#define VORAB_ROW_Elementwise(name, arity)                                            \
  case OP_##name:                                                                     \
    return op_##name::kForm == Form::Convert || op_##name::kForm == Form::Reinterpret \
               ? find_conversion<op_##name>(s)                                        \
               : nullptr;
#define VORAB_OP(id, name, kind, min_inputs, max_inputs, outputs, attributes, accumulates) \
  VORAB_ROW_##kind(name, min_inputs)
#include "artifact/native/generated/ops.inc"
#undef VORAB_OP
    default: return nullptr;
  }
}

ScalarFn find_scalar(const Signature& s) {
  if (ScalarFn found = find_converting(s)) return found;
  if (ScalarFn found = find_f32(s)) return found;
  if (ScalarFn found = find_words(s)) return found;
  if (ScalarFn found = find_longs(s)) return found;
  return find_shorts(s);
}

KernelTable make_table() {
  KernelTable table{};
  table.scalar = &find_scalar;
  table.chain = &find_chain;
  table.pair = &find_pair;
  table.reducer = &find_reducer;
  fill_moves(table);
  fill_sums(table);
  fill_scores(table);
  fill_product(table);
  return table;
}

}  // namespace
}  // namespace VORAB_ISA

const KernelTable& VORAB_KERNELS() {
  static const KernelTable table = VORAB_ISA::make_table();
  return table;
}

}  // namespace vorab::blas
