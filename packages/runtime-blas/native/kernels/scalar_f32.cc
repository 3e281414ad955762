#include "dispatch.h"

namespace vorab::blas::VORAB_ISA {

ScalarFn find_f32(const Signature& signature) { return find_among<Dt::F32>(signature); }

}  // namespace vorab::blas::VORAB_ISA
