// vorab_kernel_cast_sum_div_cast_sub_5_more_932c151c0d91
// x0: bf16[9, 160] -> y0: bf16[9, 160], y1: bf16[9]; sizes []
// 64 threads for each of 9 rows, 1 rows in a threadgroup

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
  // kernel cast+sum+div+cast+sub+5 more
  threadgroup float s2[2];
  threadgroup float s10[2];
  const int row = thread_position_in_grid.y;
  const int lane = thread_position_in_threadgroup.x;
  const float v3 = 160.0f;
  // sum over the row
  float a2 = 0.0f;
  for (int j = lane; j < 160; j += 64) {
    const bfloat16_t v0 = x0[row * 160 + j];
    const float v1 = float(float(v0));
    a2 = vorab_sum::of(a2, v1);
  }
  a2 = vorab_simd<vorab_sum>(a2);
  if (thread_index_in_simdgroup == 0) s2[simdgroup_index_in_threadgroup] = a2;
  threadgroup_barrier(metal::mem_flags::mem_threadgroup);
  a2 = s2[0];
  for (ushort g = 1; g < 2; g++) a2 = vorab_sum::of(a2, s2[g]);
  const float v2 = a2;
  const float v4 = metal::precise::divide(v2, v3);
  const bfloat16_t v5 = bfloat16_t(float(v4));
  // sum over the row
  float a10 = 0.0f;
  for (int j = lane; j < 160; j += 64) {
    const bfloat16_t v0 = x0[row * 160 + j];
    const bfloat16_t v6 = bfloat16_t(float(v0) - float(v5));
    const bfloat16_t v8 = bfloat16_t(float(v6) * float(v6));
    const float v9 = float(float(v8));
    a10 = vorab_sum::of(a10, v9);
    y0[row * 160 + j] = v6;
  }
  a10 = vorab_simd<vorab_sum>(a10);
  if (thread_index_in_simdgroup == 0) s10[simdgroup_index_in_threadgroup] = a10;
  threadgroup_barrier(metal::mem_flags::mem_threadgroup);
  a10 = s10[0];
  for (ushort g = 1; g < 2; g++) a10 = vorab_sum::of(a10, s10[g]);
  const float v10 = a10;
  const float v11 = metal::precise::divide(v10, v3);
  const bfloat16_t v12 = bfloat16_t(float(v11));
  if (lane == 0) y1[row] = v12;
}
