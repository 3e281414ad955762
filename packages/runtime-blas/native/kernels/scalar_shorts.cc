#include "dispatch.h"

namespace vorab::blas::VORAB_ISA {

ScalarFn find_shorts(const Signature& signature) {
  return find_among<Dt::U8, Dt::I8, Dt::F16, Dt::BF16>(signature);
}

}  // namespace vorab::blas::VORAB_ISA
