// vorab_kernel_max_sub_exp_sum_div_5455010b9ea5
// x0: f16[N, 40] -> y0: f16[N, 40]; sizes []
// 32 threads for each of N rows, 8 rows in a threadgroup

// NaN passes; of two zeros the positive one.
template <typename T> inline T vorab_larger(T a, T b) { return a > b ? a : b; }
inline float vorab_larger(float a, float b) {
  if (metal::isnan(a) || metal::isnan(b)) return NAN;
  return a == b ? as_type<float>(as_type<uint>(a) & as_type<uint>(b)) : a > b ? a : b;
}

struct vorab_sum {
  template <typename T> static T of(T a, T b) { return a + b; }
};

struct vorab_max {
  template <typename T> static T of(T a, T b) { return vorab_larger(a, b); }
};

template <typename T> inline T vorab_shuffle(T x, ushort mask) {
  return metal::simd_shuffle_xor(x, mask);
}
// Metal shuffles at most 32 bits.
inline long vorab_shuffle(long x, ushort mask) {
  return as_type<long>(metal::simd_shuffle_xor(as_type<uint2>(x), mask));
}
inline ulong vorab_shuffle(ulong x, ushort mask) {
  return as_type<ulong>(metal::simd_shuffle_xor(as_type<uint2>(x), mask));
}

// The values of all threads of a simdgroup, combined as a tree: the same in each of them.
template <typename Op, typename T> inline T vorab_simd(T x) {
  for (ushort mask = 16; mask > 0; mask /= 2) x = Op::of(x, vorab_shuffle(x, mask));
  return x;
}

{
  // kernel max+sub+exp+sum+div
  const int row = thread_position_in_grid.y;
  const int lane = thread_position_in_threadgroup.x;
  // max over the row
  float a1 = -INFINITY;
  for (int j = lane; j < 40; j += 32) {
    const half v0 = x0[row * 40 + j];
    a1 = vorab_max::of(a1, float(v0));
  }
  a1 = vorab_simd<vorab_max>(a1);
  const half v1 = half(a1);
  // sum over the row
  float a4 = 0.0f;
  for (int j = lane; j < 40; j += 32) {
    const half v0 = x0[row * 40 + j];
    const half v2 = half(float(v0) - float(v1));
    const half v3 = half(metal::precise::exp(float(v2)));
    a4 = vorab_sum::of(a4, float(v3));
  }
  a4 = vorab_simd<vorab_sum>(a4);
  const half v4 = half(a4);
  for (int j = lane; j < 40; j += 32) {
    const half v0 = x0[row * 40 + j];
    const half v2 = half(float(v0) - float(v1));
    const half v3 = half(metal::precise::exp(float(v2)));
    const half v5 = half(metal::precise::divide(float(v3), float(v4)));
    y0[row * 40 + j] = v5;
  }
}

// vorab_kernel_mul_sum_e9580218587f
// x0: f16[N, 40] -> y0: f16[N]; sizes []
// 32 threads for each of N rows, 8 rows in a threadgroup

struct vorab_sum {
  template <typename T> static T of(T a, T b) { return a + b; }
};

template <typename T> inline T vorab_shuffle(T x, ushort mask) {
  return metal::simd_shuffle_xor(x, mask);
}
// Metal shuffles at most 32 bits.
inline long vorab_shuffle(long x, ushort mask) {
  return as_type<long>(metal::simd_shuffle_xor(as_type<uint2>(x), mask));
}
inline ulong vorab_shuffle(ulong x, ushort mask) {
  return as_type<ulong>(metal::simd_shuffle_xor(as_type<uint2>(x), mask));
}

// The values of all threads of a simdgroup, combined as a tree: the same in each of them.
template <typename Op, typename T> inline T vorab_simd(T x) {
  for (ushort mask = 16; mask > 0; mask /= 2) x = Op::of(x, vorab_shuffle(x, mask));
  return x;
}

{
  // kernel mul+sum
  const int row = thread_position_in_grid.y;
  const int lane = thread_position_in_threadgroup.x;
  // sum over the row
  float a2 = 0.0f;
  for (int j = lane; j < 40; j += 32) {
    const half v0 = x0[row * 40 + j];
    const half v1 = half(float(v0) * float(v0));
    a2 = vorab_sum::of(a2, float(v1));
  }
  a2 = vorab_simd<vorab_sum>(a2);
  const half v2 = half(a2);
  if (lane == 0) y0[row] = v2;
}
