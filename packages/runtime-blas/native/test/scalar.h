// Single elements: values of any dtype as long double (which holds every i64 and f64 exactly), and
// the meaning of every elementwise op on them.
#pragma once

#include <random>
#include <string>

#include "../dtype.h"
#include "../kernels/table.h"

namespace vorab::blas::test {

using Real = long double;

Real read(Dt dtype, const std::byte* data, int64_t i);
void write(Dt dtype, std::byte* data, int64_t i, Real x);  // rounds, wraps

// x as an element of dtype.
Real rounded(Dt dtype, Real x);

// Distance in units in the last place of dtype at the expected value; 0 when equal or both NaN.
double ulps(Dt dtype, Real found, Real expected);

// Result dtype of an op on operands of these dtypes, or false when it does not take them.
bool accepts(const std::string& op, const Signature& signature);

// The exact result before it is rounded to the result's dtype.
Real meaning(const std::string& op, const Signature& signature, const Real* x);

// How far a kernel may be off for this op in this dtype, in ulp.
double tolerance(const std::string& op, Dt dtype);

std::vector<std::byte> random_data(Dt dtype, size_t n, std::mt19937& random);

}  // namespace vorab::blas::test
