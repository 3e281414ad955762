// vorab_kernel_sum_div_sub_add_abs_2_more_9505277288bb
// x0: f32[7, 5, N, 3], x1: f32[5, 3] -> y0: f32[7, 5, N, 3], y1: f32[7, 5, N, 3], y2: f32[7, 5]; sizes [3*N, 15*N]
// 256 threads for each of 35 rows, 1 rows in a threadgroup

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
  // kernel sum+div+sub+add+abs+2 more
  threadgroup float s1[8];
  threadgroup float s11[8];
  const int n0 = sizes[0]; // 3*N
  const int n1 = sizes[1]; // 15*N
  const int row = thread_position_in_grid.y;
  const int lane = thread_position_in_threadgroup.x;
  const int i0 = row / 5;
  const int i1 = row % 5;
  const float v2 = float(n0);
  // sum over the row
  float a1 = 0.0f;
  for (int j = lane; j < n0; j += 256) {
    const int i2 = j / 3;
    const int i3 = j % 3;
    const float v0 = x0[i0 * n1 + i1 * n0 + i2 * 3 + i3];
    a1 = vorab_sum::of(a1, v0);
  }
  a1 = vorab_simd<vorab_sum>(a1);
  if (thread_index_in_simdgroup == 0) s1[simdgroup_index_in_threadgroup] = a1;
  threadgroup_barrier(metal::mem_flags::mem_threadgroup);
  a1 = s1[0];
  for (ushort g = 1; g < 8; g++) a1 = vorab_sum::of(a1, s1[g]);
  const float v1 = a1;
  const float v3 = metal::precise::divide(v1, v2);
  // sum over the row
  float a11 = 0.0f;
  for (int j = lane; j < n0; j += 256) {
    const int i2 = j / 3;
    const int i3 = j % 3;
    const float v0 = x0[i0 * n1 + i1 * n0 + i2 * 3 + i3];
    const float v4 = v0 - v3;
    const float v5 = x1[i1 * 3 + i3];
    const float v6 = v4 + v5;
    const float v8 = metal::abs(v6);
    const float v10 = v6 * v6;
    a11 = vorab_sum::of(a11, v10);
    y0[i0 * n1 + i1 * n0 + i2 * 3 + i3] = v6;
    y1[i0 * n1 + i1 * n0 + i2 * 3 + i3] = v8;
  }
  a11 = vorab_simd<vorab_sum>(a11);
  if (thread_index_in_simdgroup == 0) s11[simdgroup_index_in_threadgroup] = a11;
  threadgroup_barrier(metal::mem_flags::mem_threadgroup);
  a11 = s11[0];
  for (ushort g = 1; g < 8; g++) a11 = vorab_sum::of(a11, s11[g]);
  const float v11 = a11;
  if (lane == 0) y2[i0 * 5 + i1] = v11;
}
