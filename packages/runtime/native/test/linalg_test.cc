// Factorizations, judged by what they multiply to; what is refused, and in which words.
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "runtime/native/linalg/routine.h"
#include "runtime/native/test/check.h"

namespace vorab::linalg {
namespace {

template <class T>
using Matrix = std::vector<T>;

Shape shape_of(std::initializer_list<int64_t> dims) {
  Shape shape;
  for (const int64_t d : dims) shape.dims[shape.rank++] = d;
  return shape;
}

template <class T>
constexpr fb::DType dtype = std::is_same_v<T, double> ? fb::DType::F64 : fb::DType::F32;

// Numbers in [-1, 1), and i + 1 on the diagonal.
template <class T>
Matrix<T> graded(int64_t batch, int64_t m, int64_t n, uint32_t seed) {
  Matrix<T> out;
  for (int64_t b = 0; b < batch; ++b) {
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        seed = seed * 1664525u + 1013904223u;
        const double random = static_cast<double>(seed >> 8) / double{1 << 23} - 1;
        out.push_back(static_cast<T>(0.4 * random + (i == j ? static_cast<double>(i) + 1 : 0)));
      }
    }
  }
  return out;
}

// Runs a routine on a whole batch; results are filled with NaN bits before, to show what is not
// written.
template <class T>
class Run {
 public:
  Run(uint16_t op, std::vector<Shape> in, std::vector<Shape> out, std::vector<bool> flags = {})
      : routine_({op, dtype<T>, std::move(in), out, std::move(flags)}) {
    for (size_t i = 0; i < out.size(); ++i) {
      const bool permutation = op == OP_lu && i == 1;
      const size_t width = permutation ? sizeof(int32_t) : sizeof(T);
      results_.emplace_back(static_cast<size_t>(out[i].elements()) * width, std::byte{0xff});
    }
  }

  Refusal operator()(std::vector<const Matrix<T>*> operands) {
    std::vector<const std::byte*> in;
    std::vector<std::byte*> out;
    for (const auto* x : operands) in.push_back(reinterpret_cast<const std::byte*>(x->data()));
    for (auto& x : results_) out.push_back(x.data());
    std::vector<std::byte> work(static_cast<size_t>(routine_.work_bytes()) + 64);
    void* start = work.data();
    size_t space = work.size();
    std::align(64, space - 64, start, space);
    for (int64_t b = 0; b < routine_.batch(); ++b) {
      auto* const from = static_cast<std::byte*>(start);
      if (Refusal refusal = routine_.run(b, in, out, from, run_halves_)) {
        refused_ = routine_.index(b);
        return refusal;
      }
    }
    return std::nullopt;
  }

  void share(const RunHalves& run_halves) { run_halves_ = &run_halves; }

  Matrix<T> result(size_t i) const { return read<T>(i); }
  std::vector<int32_t> integers(size_t i) const { return read<int32_t>(i); }
  const std::vector<int64_t>& refused() const { return refused_; }

 private:
  template <class U>
  std::vector<U> read(size_t i) const {
    std::vector<U> out(results_[i].size() / sizeof(U));
    if (!out.empty()) std::memcpy(out.data(), results_[i].data(), results_[i].size());
    return out;
  }

  BatchedRoutine routine_;
  const RunHalves* run_halves_ = nullptr;
  std::vector<std::vector<std::byte>> results_;
  std::vector<int64_t> refused_;
};

// a[m, k] · b[k, n], where either may be transposed.
template <class T>
Matrix<T> product(const Matrix<T>& a, const Matrix<T>& b, int64_t m, int64_t k, int64_t n,
                  bool ta = false, bool tb = false) {
  Matrix<T> out;
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (int64_t l = 0; l < k; ++l) {
        const T x = a[static_cast<size_t>(ta ? l * m + i : i * k + l)];
        const T y = b[static_cast<size_t>(tb ? j * k + l : l * n + j)];
        sum += double{x} * double{y};
      }
      out.push_back(static_cast<T>(sum));
    }
  }
  return out;
}

// Column j of a[m, n] times factors[j].
template <class T>
Matrix<T> scaled(Matrix<T> a, const Matrix<T>& factors) {
  for (size_t i = 0; i < a.size(); ++i) a[i] *= factors[i % factors.size()];
  return a;
}

template <class T>
bool near(const Matrix<T>& a, const Matrix<T>& b, double scale) {
  const double tolerance = scale * (std::is_same_v<T, double> ? 1e-13 : 1e-5);
  for (size_t i = 0; i < a.size(); ++i) {
    if (!(std::fabs(double{a[i]} - double{b[i]}) <= tolerance)) return false;
  }
  return a.size() == b.size();
}

template <class T>
Matrix<T> identity(int64_t n) {
  Matrix<T> out(static_cast<size_t>(n * n));
  for (int64_t i = 0; i < n; ++i) out[static_cast<size_t>(i * n + i)] = 1;
  return out;
}

template <class T>
void factorizations(int64_t m, int64_t n) {
  const int64_t k = std::min(m, n);
  const double scale = static_cast<double>(m + n) + 1;
  const Matrix<T> a = graded<T>(1, m, n, static_cast<uint32_t>(m * 100 + n));
  const Shape whole = shape_of({m, n});

  Run<T> svd(OP_svd, {whole}, {shape_of({m, k}), shape_of({k}), shape_of({k, n})});
  CHECK(!svd({&a}));
  const Matrix<T> u = svd.result(0), s = svd.result(1);
  CHECK(near(product(u, u, k, m, k, true), identity<T>(k), scale));
  for (int64_t i = 0; i + 1 < k; ++i)
    CHECK(s[static_cast<size_t>(i)] >= s[static_cast<size_t>(i) + 1]);
  CHECK(near(product(scaled(u, s), svd.result(2), m, k, n), a, scale));
  Run<T> values(OP_svdvals, {whole}, {shape_of({k})});
  CHECK(!values({&a}));
  CHECK(near(values.result(0), s, scale));

  for (const bool full : {false, true}) {
    const int64_t columns = full ? m : k;
    Run<T> qr(OP_qr, {whole}, {shape_of({m, columns}), shape_of({columns, n})}, {full});
    CHECK(!qr({&a}));
    const Matrix<T> q = qr.result(0), r = qr.result(1);
    CHECK(near(product(q, q, columns, m, columns, true), identity<T>(columns), scale));
    CHECK(near(product(q, r, m, columns, n), a, scale));
    for (int64_t i = 0; i < columns; ++i) {
      for (int64_t j = 0; j < std::min(i, n); ++j) CHECK(r[static_cast<size_t>(i * n + j)] == 0);
      if (i < k) CHECK(r[static_cast<size_t>(i * n + i)] >= 0);
    }
  }

  Run<T> lu(OP_lu, {whole}, {whole, shape_of({m}), shape_of({})});
  CHECK(!lu({&a}));
  const Matrix<T> packed = lu.result(0);
  Matrix<T> l(static_cast<size_t>(m * k)), upper(static_cast<size_t>(k * n));
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      const T x = packed[static_cast<size_t>(i * n + j)];
      if (i <= j && i < k) upper[static_cast<size_t>(i * n + j)] = x;
      if (i > j && j < k) l[static_cast<size_t>(i * k + j)] = x;
    }
    if (i < k) l[static_cast<size_t>(i * k + i)] = 1;
  }
  const Matrix<T> rows = product(l, upper, m, k, n);
  Matrix<T> back(rows.size());
  const std::vector<int32_t> permutation = lu.integers(1);
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      const int64_t to = permutation[static_cast<size_t>(i)];
      back[static_cast<size_t>(to * n + j)] = rows[static_cast<size_t>(i * n + j)];
    }
  }
  CHECK(near(back, a, scale));
  CHECK(std::fabs(double{lu.result(2)[0]}) == 1);
}

// Vectors of both sides at once are the same to the bit, and right however large the elements are.
template <class T>
void halves(int64_t m, int64_t n, double factor) {
  const int64_t k = std::min(m, n);
  Matrix<T> a = graded<T>(1, m, n, 11);
  for (T& x : a) x = static_cast<T>(double{x} * factor);
  const std::vector<Shape> results = {shape_of({m, k}), shape_of({k}), shape_of({k, n})};
  Run<T> alone(OP_svd, {shape_of({m, n})}, results), shared(OP_svd, {shape_of({m, n})}, results);
  int pairs = 0;
  const RunHalves both = [&](const Halves& half) {
    ++pairs;
    std::thread other([&] { half(0); });
    half(1);
    other.join();
  };
  shared.share(both);
  CHECK(!alone({&a}) && !shared({&a}));
  CHECK(pairs == (factor == 1 ? 1 : 0));
  for (size_t i = 0; i < 3; ++i) CHECK(alone.result(i) == shared.result(i));
  Matrix<T> s = alone.result(1);
  for (Matrix<T>* x : {&a, &s}) {
    for (T& element : *x) element = static_cast<T>(double{element} / factor);
  }
  const Matrix<T> u = scaled(alone.result(0), s);
  CHECK(near(product(u, alone.result(2), m, k, n), a, static_cast<double>(m + n)));
}

template <class T>
void symmetric(int64_t n) {
  const double scale = static_cast<double>(n * n) + 1;
  const Matrix<T> r = graded<T>(1, n, n, 7);
  const Matrix<T> a = product(r, r, n, n, n, false, true);
  Matrix<T> lower = a;  // what lies above the diagonal is not read
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = i + 1; j < n; ++j) lower[static_cast<size_t>(i * n + j)] = std::nan("");
  }
  const Shape square = shape_of({n, n});
  Run<T> cholesky(OP_cholesky, {square}, {square});
  CHECK(!cholesky({&lower}));
  const Matrix<T> l = cholesky.result(0);
  CHECK(near(product(l, l, n, n, n, false, true), a, scale));

  Run<T> eigh(OP_eigh, {square}, {shape_of({n}), square});
  CHECK(!eigh({&lower}));
  const Matrix<T> v = eigh.result(1), w = eigh.result(0);
  CHECK(near(product(scaled(v, w), v, n, n, n, false, true), a, scale));
  Run<T> values(OP_eigvalsh, {square}, {shape_of({n})});
  CHECK(!values({&lower}));
  CHECK(near(values.result(0), w, scale));
}

template <class T>
void triangles(int64_t n, int64_t sides) {
  const Matrix<T> a = graded<T>(1, n, n, 3), b = graded<T>(1, n, sides, 4);
  const Shape left = shape_of({n, n}), right = shape_of({n, sides});
  for (int flags = 0; flags < 8; ++flags) {
    const bool lower = flags & 1, transpose = flags & 2, unit = flags & 4;
    Run<T> solve(OP_triangularSolve, {left, right}, {right}, {lower, transpose, unit});
    CHECK(!solve({&a, &b}));
    Matrix<T> triangle = a;
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        if (lower ? j > i : j < i) triangle[static_cast<size_t>(i * n + j)] = 0;
        if (unit && i == j) triangle[static_cast<size_t>(i * n + j)] = 1;
      }
    }
    CHECK(near(product(triangle, solve.result(0), n, n, sides, transpose), b, 1e3));
  }
}

bool begins(const Refusal& refusal, const std::string& text) {
  return refusal && refusal->substr(0, text.size()) == text;
}

void refusals() {
  const Shape batch = shape_of({2, 2, 2, 2});
  Matrix<float> a = graded<float>(4, 2, 2, 5);
  Run<float> cholesky(OP_cholesky, {batch}, {batch});
  a[8] = a[11] = 4;
  a[10] = 5;
  CHECK(
      begins(cholesky({&a}), "the matrix is not positive definite: its leading block of order 2"));
  CHECK((cholesky.refused() == std::vector<int64_t>{1, 0}));

  const Shape values = shape_of({2, 2, 2});
  for (const float bad : {std::nanf(""), HUGE_VALF, -HUGE_VALF}) {
    a[14] = bad;
    Run<float> svd(OP_svdvals, {batch}, {values});
    CHECK(begins(svd({&a}), "the matrix holds NaN or an infinity"));
    CHECK((svd.refused() == std::vector<int64_t>{1, 1}));
  }
  Matrix<float> triangle = {1, 0, 3, 0};
  const Shape square = shape_of({2, 2});
  Run<float> solve(OP_triangularSolve, {square, square}, {square}, {true, false, false});
  CHECK(begins(solve({&triangle, &triangle}),
               "the matrix is singular: element [1, 1] of its triangle is 0"));
}

template <class Make>
bool refuses(Make make) {
  try {
    make();
  } catch (const std::invalid_argument&) {
    return true;
  }
  return false;
}

// A plan's shapes are not trusted to fit an op.
void misfits() {
  const Shape wide = shape_of({2, 3}), square = shape_of({2, 2}), line = shape_of({2});
  const auto make = [](uint16_t op, std::vector<Shape> in, std::vector<Shape> out,
                       std::vector<bool> flags = {}) {
    return [=] { BatchedRoutine({op, fb::DType::F32, in, out, flags}); };
  };
  CHECK(refuses(make(OP_cholesky, {wide}, {wide})));
  CHECK(refuses(make(OP_cholesky, {line}, {line})));
  CHECK(refuses(make(OP_cholesky, {}, {square})));
  CHECK(refuses(make(OP_cholesky, {square}, {wide})));
  CHECK(refuses(make(OP_svd, {wide}, {square, line})));
  CHECK(refuses(make(OP_svd, {wide}, {square, line, square})));
  CHECK(refuses(make(OP_triangularSolve, {square, wide}, {square}, {true, true, true})));
  CHECK(refuses(make(OP_triangularSolve, {square, line}, {line}, {true, true, true})));
  CHECK(refuses(make(OP_add, {square}, {square})));
  CHECK(!refuses(make(OP_svd, {wide}, {square, line, wide})));
}

template <class T>
void all() {
  for (const int64_t m : {1, 2, 5, 33}) {
    for (const int64_t n : {1, 3, 5, 40}) factorizations<T>(m, n);
  }
  const double extreme = std::is_same_v<T, double> ? 1e140 : 1e20;
  for (const double factor : {1.0, 1 / extreme, extreme}) {
    halves<T>(60, 60, factor);
    halves<T>(150, 131, factor);
    halves<T>(33, 40, factor);
  }
  for (const int64_t n : {1, 2, 5, 33}) {
    symmetric<T>(n);
    triangles<T>(n, 1);
    triangles<T>(n, 4);
  }
  factorizations<T>(3, 0);
  factorizations<T>(0, 3);
}

}  // namespace
}  // namespace vorab::linalg

void test_linalg() {
  vorab::linalg::all<float>();
  vorab::linalg::all<double>();
  vorab::linalg::refusals();
  vorab::linalg::misfits();
}
