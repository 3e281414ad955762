// vorab_kernel_sum_div_sub_mul_sum_div_b84c5bf64505
// x0: f32[6, 96] -> y0: f32[6, 96], y1: f32[6]; sizes []
// 32 threads for each of 6 rows, 8 rows in a threadgroup

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
  // kernel sum+div+sub+mul+sum+div
  const int row = thread_position_in_grid.y;
  const int lane = thread_position_in_threadgroup.x;
  const float v2 = 96.0f;
  // sum over the row
  float a1 = 0.0f;
  for (int j = lane; j < 96; j += 32) {
    const float v0 = x0[row * 96 + j];
    a1 = vorab_sum::of(a1, v0);
  }
  a1 = vorab_simd<vorab_sum>(a1);
  const float v1 = a1;
  const float v3 = metal::precise::divide(v1, v2);
  // sum over the row
  float a7 = 0.0f;
  for (int j = lane; j < 96; j += 32) {
    const float v0 = x0[row * 96 + j];
    const float v4 = v0 - v3;
    const float v6 = v4 * v4;
    a7 = vorab_sum::of(a7, v6);
    y0[row * 96 + j] = v4;
  }
  a7 = vorab_simd<vorab_sum>(a7);
  const float v7 = a7;
  const float v8 = metal::precise::divide(v7, v2);
  if (lane == 0) y1[row] = v8;
}

// vorab_kernel_mul_mul_mul_sum_aa8002a6ce7f
// x0: f32[6, 96], x1: f32[96], x2: f32[6, 1], x3: f32[6, 96] -> y0: f32[6, 96], y1: f32[6]; sizes []
// 32 threads for each of 6 rows, 8 rows in a threadgroup

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
  // kernel mul+mul+mul+sum
  const int row = thread_position_in_grid.y;
  const int lane = thread_position_in_threadgroup.x;
  const float v3 = x2[row];
  // sum over the row
  float a8 = 0.0f;
  for (int j = lane; j < 96; j += 32) {
    const float v0 = x0[row * 96 + j];
    const float v1 = x1[j];
    const float v2 = v0 * v1;
    const float v4 = v2 * v3;
    const float v6 = x3[row * 96 + j];
    const float v7 = v2 * v6;
    a8 = vorab_sum::of(a8, v7);
    y0[row * 96 + j] = v4;
  }
  a8 = vorab_simd<vorab_sum>(a8);
  const float v8 = a8;
  if (lane == 0) y1[row] = v8;
}

// vorab_kernel_mul_add_add_neg_sum_2_more_7a1a9d0b3626
// x0: f32[6], x1: f32[6, 96], x2: f32[6, 96] -> y0: f32[6, 96]; sizes []
// 32 threads for each of 6 rows, 8 rows in a threadgroup

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
  // kernel mul+add+add+neg+sum+2 more
  const int row = thread_position_in_grid.y;
  const int lane = thread_position_in_threadgroup.x;
  const float v0 = x0[row];
  const float v8 = 96.0f;
  // sum over the row
  float a7 = 0.0f;
  for (int j = lane; j < 96; j += 32) {
    const float v1 = x1[row * 96 + j];
    const float v2 = v0 * v1;
    const float v3 = x2[row * 96 + j];
    const float v4 = v3 + v2;
    const float v5 = v4 + v2;
    const float v6 = -v5;
    a7 = vorab_sum::of(a7, v6);
  }
  a7 = vorab_simd<vorab_sum>(a7);
  const float v7 = a7;
  const float v9 = metal::precise::divide(v7, v8);
  for (int j = lane; j < 96; j += 32) {
    const float v1 = x1[row * 96 + j];
    const float v2 = v0 * v1;
    const float v3 = x2[row * 96 + j];
    const float v4 = v3 + v2;
    const float v5 = v4 + v2;
    const float v10 = v5 + v9;
    y0[row * 96 + j] = v10;
  }
}
