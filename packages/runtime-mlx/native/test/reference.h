// Ops on host arrays in the plainest form: the meaning that the lowerings are held against.
#pragma once

#include <functional>

#include "runtime-mlx/native/test/array.h"

namespace vorab::test {

using Index = std::vector<int64_t>;

// Row-major: the index of element i, and back.
Index unravel(size_t i, const std::vector<int64_t>& shape);
size_t ravel(const Index& index, const std::vector<int64_t>& shape);

// Every element of an array of this type, from its index.
Array generate(fb::DType dtype, std::vector<int64_t> shape,
               const std::function<double(const Index&)>& element);
double at(const std::vector<double>& values, const std::vector<int64_t>& shape, const Index& index);

// Checks type and elements.
void expect_close(const char* file, int line, const std::string& what, const Array& found,
                  const Array& expected, double ulp);

}  // namespace vorab::test

#define EXPECT_CLOSE(what, found, expected, ulp) \
  ::vorab::test::expect_close(__FILE__, __LINE__, what, found, expected, ulp)
