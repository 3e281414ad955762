// Pairs of f32 ops that follow each other often: one loop saves a store and a load. No rounding is
// left out.
#include "dispatch.h"

namespace vorab::blas::VORAB_ISA {
namespace {

template <class First, class Second, bool FirstIsRight>
struct Pair : OpTraits<Form::Same, Class::Float, 3> {
  template <class V>
  static V apply(V x, V y, V z) {
    const V t = First::apply(x, y);
    return FirstIsRight ? Second::apply(z, t) : Second::apply(t, z);
  }
};

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

}  // namespace vorab::blas::VORAB_ISA
