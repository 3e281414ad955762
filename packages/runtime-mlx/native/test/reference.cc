#include "runtime-mlx/native/test/reference.h"

#include "runtime-mlx/native/test/check.h"

namespace vorab::test {

Index unravel(size_t i, const std::vector<int64_t>& shape) {
  Index index(shape.size());
  for (size_t axis = shape.size(); axis-- > 0;) {
    index[axis] = static_cast<int64_t>(i) % shape[axis];
    i /= static_cast<size_t>(shape[axis]);
  }
  return index;
}

size_t ravel(const Index& index, const std::vector<int64_t>& shape) {
  int64_t i = 0;
  for (size_t axis = 0; axis < shape.size(); ++axis) i = i * shape[axis] + index[axis];
  return static_cast<size_t>(i);
}

Array generate(fb::DType dtype, std::vector<int64_t> shape,
               const std::function<double(const Index&)>& element) {
  std::vector<double> values(zeros(dtype, shape).size());
  for (size_t i = 0; i < values.size(); ++i) values[i] = element(unravel(i, shape));
  return array(dtype, std::move(shape), values);
}

double at(const std::vector<double>& values, const std::vector<int64_t>& shape,
          const Index& index) {
  return values.at(ravel(index, shape));
}

void expect_close(const char* file, int line, const std::string& what, const Array& found,
                  const Array& expected, double ulp) {
  const std::vector<double> a = found.values();
  const std::vector<double> b = expected.values();
  int shown = 0;
  for (size_t i = 0; i < b.size() && shown < 5; ++i) {
    if (close(expected.dtype, a[i], b[i], ulp)) continue;
    ++shown;
    fail(file, line, what + " at " + std::to_string(i) + ": " + both(a[i], b[i]));
  }
}

}  // namespace vorab::test
