// vorab_kernel_mul_sum_e9f3df15792e
// x0: f32[N, 50] -> y0: f32[N, 50], y1: f32[N]; sizes []
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
  float a5 = 0.0f;
  for (int j = lane; j < 50; j += 32) {
    const float v0 = x0[row * 50 + j];
    const int v1 = j;
    const float v2 = float(v1);
    const float v3 = v0 * v2;
    a5 = vorab_sum::of(a5, v3);
    y0[row * 50 + j] = v3;
  }
  a5 = vorab_simd<vorab_sum>(a5);
  const float v5 = a5;
  if (lane == 0) y1[row] = v5;
}
