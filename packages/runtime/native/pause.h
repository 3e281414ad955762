// A turn of a loop that waits for another thread.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace vorab {

inline void pause() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace vorab
