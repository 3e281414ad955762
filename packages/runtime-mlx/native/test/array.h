// Host arrays of every dtype, read and written as doubles.
#pragma once

#include <cstdint>
#include <vector>

#include "artifact/native/program.h"

namespace vorab::test {

struct Array {
  fb::DType dtype = fb::DType::F32;
  std::vector<int64_t> shape;
  std::vector<uint8_t> bytes;

  size_t size() const;
  std::vector<double> values() const;
};

// Zeros.
Array zeros(fb::DType dtype, std::vector<int64_t> shape);
Array array(fb::DType dtype, std::vector<int64_t> shape, const std::vector<double>& values);
inline Array f32(std::vector<int64_t> shape, const std::vector<double>& values) {
  return array(fb::DType::F32, std::move(shape), values);
}
inline Array i32(std::vector<int64_t> shape, const std::vector<double>& values) {
  return array(fb::DType::I32, std::move(shape), values);
}

// What x becomes when stored as dtype: floats round, integers wrap, bool is x != 0.
double rounded(fb::DType dtype, double x);

// As array values: equal, or both NaN, or within ulp units in the last place of dtype.
bool close(fb::DType dtype, double found, double expected, double ulp);

}  // namespace vorab::test
