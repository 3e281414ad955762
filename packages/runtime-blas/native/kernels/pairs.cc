// Pairs of f32 ops that follow each other often.
#include "pairs.h"

namespace vorab::blas::VORAB_ISA {
namespace {

template <class First, class Second>
ScalarFn either(bool first_is_right) {
  return first_is_right ? &map_same<Pair<First, Second, true>, Dt::F32>
                        : &map_same<Pair<First, Second, false>, Dt::F32>;
}

template <class First>
ScalarFn pair_after(uint16_t second, bool first_is_right) {
  switch (second) {
    case OP_add: return either<First, op_add>(false);  // the sides may be exchanged
    case OP_mul: return either<First, op_mul>(false);
    case OP_maximum: return either<First, op_maximum>(false);
    case OP_sub: return either<First, op_sub>(first_is_right);
    case OP_div: return either<First, op_div>(first_is_right);
    default: return nullptr;
  }
}

template <class First>
ScalarFn chain_after(uint16_t second) {
  switch (second) {
    case OP_mul: return &map_same<Chain<First, Square>, Dt::F32>;
    case OP_exp: return &map_same<Chain<First, op_exp>, Dt::F32>;
    case OP_tanh: return &map_same<Chain<First, op_tanh>, Dt::F32>;
    case OP_erf: return &map_same<Chain<First, op_erf>, Dt::F32>;
    case OP_sigmoid: return &map_same<Chain<First, op_sigmoid>, Dt::F32>;
    case OP_sqrt: return &map_same<Chain<First, op_sqrt>, Dt::F32>;
    default: return nullptr;
  }
}

}  // namespace

ScalarFn find_pair(uint16_t first, uint16_t second, bool first_is_right) {
  switch (first) {
    case OP_add: return pair_after<op_add>(second, first_is_right);
    case OP_sub: return pair_after<op_sub>(second, first_is_right);
    case OP_mul: return pair_after<op_mul>(second, first_is_right);
    case OP_div: return pair_after<op_div>(second, first_is_right);
    default: return nullptr;
  }
}

ScalarFn find_chain(uint16_t first, uint16_t second) {
  switch (first) {
    case OP_add: return chain_after<op_add>(second);
    case OP_sub: return chain_after<op_sub>(second);
    case OP_mul: return chain_after<op_mul>(second);
    default: return nullptr;
  }
}

}  // namespace vorab::blas::VORAB_ISA
