// vorab_kernel_max_sub_exp_sum_div_8c73e03e6c38
// x0: f32[N, 10] -> y0: f32[N, 10]; sizes []
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
  for (int j = lane; j < 10; j += 32) {
    const float v0 = x0[row * 10 + j];
    a1 = vorab_max::of(a1, v0);
  }
  a1 = vorab_simd<vorab_max>(a1);
  const float v1 = a1;
  // sum over the row
  float a4 = 0.0f;
  for (int j = lane; j < 10; j += 32) {
    const float v0 = x0[row * 10 + j];
    const float v2 = v0 - v1;
    const float v3 = metal::precise::exp(v2);
    a4 = vorab_sum::of(a4, v3);
  }
  a4 = vorab_simd<vorab_sum>(a4);
  const float v4 = a4;
  for (int j = lane; j < 10; j += 32) {
    const float v0 = x0[row * 10 + j];
    const float v2 = v0 - v1;
    const float v3 = metal::precise::exp(v2);
    const float v5 = metal::precise::divide(v3, v4);
    y0[row * 10 + j] = v5;
  }
}
