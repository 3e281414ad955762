// Two f32 ops in one loop: one store and one load less. No rounding is left out.
#pragma once

#include "dispatch.h"

namespace vorab::blas::VORAB_ISA {

// second(first(x, y), z), or second(z, first(x, y)).
template <class First, class Second, bool FirstIsRight>
struct Pair : OpTraits<Form::Same, Class::Float, 3> {
  template <class V>
  static V apply(V x, V y, V z) {
    const V t = First::apply(x, y);
    return FirstIsRight ? Second::apply(z, t) : Second::apply(t, z);
  }
};

// second(first(x, y))
template <class First, class Second>
struct Chain : OpTraits<Form::Same, Class::Float, 2> {
  template <class V>
  static V apply(V x, V y) {
    return Second::apply(First::apply(x, y));
  }
};

struct Square : OpTraits<Form::Same, Class::Float, 1> {
  template <class V>
  static V apply(V x) {
    return x * x;
  }
};

}  // namespace vorab::blas::VORAB_ISA
