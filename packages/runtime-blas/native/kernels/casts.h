// Conversions. Float to integer truncates and saturates, NaN gives 0; integer to integer wraps; to
// bool is x != 0.
#pragma once

#include "loops.h"

namespace vorab::blas::VORAB_ISA {

template <class T>
struct Limits;
// Largest and smallest integer of T, as bounds that floats represent exactly: lowest <= x < beyond.
// clang-format off
template <> struct Limits<uint8_t> { static constexpr double lowest = 0, beyond = 256; };
template <> struct Limits<int8_t> { static constexpr double lowest = -128, beyond = 128; };
template <> struct Limits<uint32_t> { static constexpr double lowest = 0, beyond = 0x1p32; };
template <> struct Limits<int32_t> { static constexpr double lowest = -0x1p31, beyond = 0x1p31; };
template <> struct Limits<int64_t> { static constexpr double lowest = -0x1p63, beyond = 0x1p63; };
// clang-format on

template <class To, int N, class F>
inline Vec<To, N> saturate(F x) {
  using T = Vec<To, N>;
  using B = typename IntOf<sizeof(To), true>::type;
  constexpr bool kSigned = std::is_signed_v<To>;
  const F low = splat<F>(static_cast<Lane<F>>(Limits<To>::lowest));
  const F beyond = splat<F>(static_cast<Lane<F>>(Limits<To>::beyond));
  const auto inside = (x > low) & (x < beyond);
  T out = lanes_as<T>(inside ? x : F{});
  constexpr To kTop = kSigned ? static_cast<To>((uint64_t{1} << (sizeof(To) * 8 - 1)) - 1)
                              : static_cast<To>(~To{0});
  constexpr To kBottom = kSigned ? static_cast<To>(uint64_t{1} << (sizeof(To) * 8 - 1)) : To{0};
  const Vec<B, N> above = lanes_as<Vec<B, N>>(x >= beyond);
  const Vec<B, N> below = lanes_as<Vec<B, N>>(x <= low);
  out = above != 0 ? splat<T>(kTop) : out;
  return below != 0 ? splat<T>(kBottom) : out;
}

template <Dt From, Dt To, int N>
inline Vec<Compute<To>, N> convert(Vec<Compute<From>, N> x) {
  using T = Vec<Compute<To>, N>;
  if constexpr (To == Dt::Bool) {
    return to_bool<N>(x != 0);
  } else if constexpr (is_float(From) && !is_float(To)) {
    return saturate<Compute<To>, N>(x);
  } else {
    return lanes_as<T>(x);
  }
}

template <Dt From, Dt To>
struct CastBody {
  static constexpr int kWidest = sizeof(Compute<From>) > sizeof(Compute<To>) ? sizeof(Compute<From>)
                                                                             : sizeof(Compute<To>);
  static constexpr int N = kVectorBytes / kWidest;
  void* out;
  const void* a;
  uint32_t fixed;

  template <int Count>
  VORAB_INLINE void run(size_t i) const {
    const size_t ia = at(i, fixed, 0);
#pragma GCC unroll 4
    for (int k = 0; k < Count; ++k) {
      store<To, N>(out, i + k * N, convert<From, To, N>(load<From, N>(a, ia + k * N)));
    }
  }
  void part(size_t i, size_t n) const {
    store_part<To, N>(out, i, n, convert<From, To, N>(load_part<From, N>(a, at(i, fixed, 0), n)));
  }
};

template <Dt From, Dt To>
void map_cast(void* out, const void* a, const void*, const void*, const void*, size_t n,
              uint32_t fixed) {
  constexpr int kTurns = kTurn<From> < kTurn<To> ? kTurn<From> : kTurn<To>;
  each_vector<CastBody<From, To>::N, kTurns>(n, CastBody<From, To>{out, a, fixed});
}

// Any move of bits is a cast between equal integer types.
template <size_t Width>
void map_bits(void* out, const void* a, const void*, const void*, const void*, size_t n,
              uint32_t fixed) {
  for (size_t i = 0; i < n; i += kFixed) {
    const size_t count = n - i < kFixed ? n - i : kFixed;
    __builtin_memmove(static_cast<char*>(out) + i * Width,
                      static_cast<const char*>(a) + at(i, fixed, 0) * Width, count * Width);
  }
}

}  // namespace vorab::blas::VORAB_ISA
