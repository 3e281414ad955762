#include "dispatch.h"

namespace vorab::blas::VORAB_ISA {

ScalarFn find_words(const Signature& signature) {
  return find_among<Dt::I32, Dt::U32, Dt::Bool>(signature);
}

}  // namespace vorab::blas::VORAB_ISA
