// vorab_kernel_mul_sum_sqrt_div_f1036ae006c0
// x0: f32[9, 30] -> y0: f32[], y1: f32[9, 30]; sizes []
// 96 threads for each of 1 rows, 1 rows in a threadgroup

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
  // kernel mul+sum+sqrt+div
  threadgroup float s2[3];
  const int row = thread_position_in_grid.y;
  const int lane = thread_position_in_threadgroup.x;
  // sum over the row
  float a2 = 0.0f;
  for (int j = lane; j < 270; j += 96) {
    const float v0 = x0[j];
    const float v1 = v0 * v0;
    a2 = vorab_sum::of(a2, v1);
  }
  a2 = vorab_simd<vorab_sum>(a2);
  if (thread_index_in_simdgroup == 0) s2[simdgroup_index_in_threadgroup] = a2;
  threadgroup_barrier(metal::mem_flags::mem_threadgroup);
  a2 = s2[0];
  for (ushort g = 1; g < 3; g++) a2 = vorab_sum::of(a2, s2[g]);
  const float v2 = a2;
  const float v3 = metal::precise::sqrt(v2);
  if (lane == 0) y0[0] = v3;
  for (int j = lane; j < 270; j += 96) {
    const float v0 = x0[j];
    const float v5 = metal::precise::divide(v0, v3);
    y1[j] = v5;
  }
}
