// Views over small shapes, zero sizes and scalars included, against index arithmetic.
#include <cmath>

#include "runtime-mlx/native/test/check.h"
#include "runtime-mlx/native/test/reference.h"
#include "runtime-mlx/native/test/session.h"

namespace vorab::test {
namespace {

constexpr fb::DType kDtypes[] = {fb::DType::Bool, fb::DType::U8,  fb::DType::I64,
                                 fb::DType::BF16, fb::DType::F32, fb::DType::F64};

Array counting(fb::DType dtype, const std::vector<int64_t>& shape) {
  return generate(dtype, shape,
                  [&](const Index& i) { return static_cast<double>(ravel(i, shape)); });
}

// Runs an op whose shape attributes are numbers, on counting data of every dtype.
struct ViewCase {
  const char* op;
  std::vector<int64_t> from;
  std::vector<int64_t> to;
  std::function<Attributes(ProgramBuilder&)> attributes;
  std::function<Index(const Index&)> source;  // where an element comes from; empty: the pad value
  double fill = 0;
};

Array run_view(const ViewCase& view, const Array& x) {
  ProgramBuilder program;
  EntryBuilder entry = program.entry("run");
  const uint32_t in = entry.input(program.type(x.dtype, x.shape));
  const uint32_t type = program.type(x.dtype, view.to);
  entry.output(entry.apply(op(view.op), {in}, type, view.attributes(program)));
  const Built built = program.finish();
  Session session(built);
  return session.run(0, {x}, {zeros(x.dtype, view.to)}).front();
}

void check_view(const ViewCase& view) {
  for (const fb::DType dtype : kDtypes) {
    const Array x = counting(dtype, view.from);
    const std::vector<double> values = x.values();
    const Array expected = generate(dtype, view.to, [&](const Index& i) {
      const Index source = view.source(i);
      return source.empty() && !view.from.empty() ? view.fill : at(values, view.from, source);
    });
    EXPECT_CLOSE(std::string(view.op) + ' ' + dtype_name(dtype), run_view(view, x), expected, 0);
  }
}

std::vector<uint32_t> exprs(ProgramBuilder& program, const std::vector<int64_t>& values) {
  std::vector<uint32_t> result;
  for (const int64_t value : values) result.push_back(program.expr(value));
  return result;
}

void check_slice(const Index& from, const Index& start, const Index& stop, const Index& step) {
  Index to;
  for (size_t a = 0; a < from.size(); ++a)
    to.push_back((stop[a] - start[a] + step[a] - 1) / step[a]);
  check_view({"slice", from, to,
              [=](ProgramBuilder& p) {
                return Attributes{shape(exprs(p, start)), shape(exprs(p, stop)), ints(step)};
              },
              [=](Index i) {
                for (size_t a = 0; a < i.size(); ++a) i[a] = start[a] + i[a] * step[a];
                return i;
              }});
}

void check_pad(const Index& from, const Index& low, const Index& high, const Index& interior,
               double fill) {
  Index to;
  for (size_t a = 0; a < from.size(); ++a) {
    const int64_t gaps = from[a] == 0 ? 0 : (from[a] - 1) * interior[a];
    to.push_back(low[a] + from[a] + gaps + high[a]);
  }
  check_view({"pad", from, to,
              [=](ProgramBuilder& p) {
                return Attributes{shape(exprs(p, low)), shape(exprs(p, high)), ints(interior),
                                  number(fill)};
              },
              [=](Index i) {
                for (size_t a = 0; a < i.size(); ++a) {
                  const int64_t place = i[a] - low[a];
                  const int64_t each = interior[a] + 1;
                  if (place < 0 || place % each != 0 || place / each >= from[a]) return Index{};
                  i[a] = place / each;
                }
                return i;
              },
              fill});
}

VORAB_TEST(reshape) {
  const auto check = [](const Index& from, const Index& to) {
    check_view({"reshape", from, to,
                [=](ProgramBuilder& p) { return Attributes{shape(exprs(p, to))}; },
                [=](const Index& i) { return unravel(ravel(i, to), from); }});
  };
  check({2, 3, 4}, {4, 6});
  check({1, 1}, {});
  check({}, {1, 1, 1});
  check({0, 3}, {3, 5, 0});
}

VORAB_TEST(transpose) {
  const auto check = [](const Index& from, const Index& axes) {
    Index to;
    for (const int64_t a : axes) to.push_back(from[static_cast<size_t>(a)]);
    check_view({"transpose", from, to, [=](ProgramBuilder&) { return Attributes{ints(axes)}; },
                [=](const Index& i) {
                  Index source(i.size());
                  for (size_t a = 0; a < i.size(); ++a) source[static_cast<size_t>(axes[a])] = i[a];
                  return source;
                }});
  };
  check({2, 3, 4}, {2, 0, 1});
  check({3, 0}, {1, 0});
  check({}, {});
}

VORAB_TEST(broadcast) {
  const auto check = [](const Index& from, const Index& to, const Index& axes) {
    check_view({"broadcast", from, to,
                [=](ProgramBuilder& p) { return Attributes{shape(exprs(p, to)), ints(axes)}; },
                [=](const Index& i) {
                  Index source;
                  for (const int64_t a : axes) source.push_back(i[static_cast<size_t>(a)]);
                  return source;
                }});
  };
  check({3}, {2, 3}, {1});
  check({3}, {3, 2}, {0});
  check({2, 4}, {2, 3, 4, 2}, {0, 2});
  check({}, {2, 2}, {});
  check({3}, {0, 3}, {1});
  check({1}, {1, 4}, {0});
}

VORAB_TEST(slice) {
  check_slice({6}, {1}, {6}, {2});
  check_slice({4, 5}, {0, 1}, {3, 5}, {1, 3});
  check_slice({4}, {2}, {2}, {1});
  check_slice({4, 0}, {1, 0}, {3, 0}, {1, 1});
  check_slice({}, {}, {}, {});
}

VORAB_TEST(pad) {
  check_pad({3}, {1}, {2}, {0}, 1);
  check_pad({3, 2}, {0, 1}, {1, 0}, {2, 1}, 0);
  check_pad({0}, {1}, {2}, {3}, 1);
  check_pad({2, 2}, {0, 0}, {0, 0}, {0, 0}, 1);
  check_pad({}, {}, {}, {}, 1);
}

VORAB_TEST(flip) {
  const auto check = [](const Index& from, const Index& axes) {
    check_view({"flip", from, from, [=](ProgramBuilder&) { return Attributes{ints(axes)}; },
                [=](Index i) {
                  for (const int64_t a : axes) {
                    i[static_cast<size_t>(a)] =
                        from[static_cast<size_t>(a)] - 1 - i[static_cast<size_t>(a)];
                  }
                  return i;
                }});
  };
  check({5}, {0});
  check({2, 3, 2}, {0, 2});
  check({0, 2}, {0, 1});
}

VORAB_TEST(concat) {
  const Array a = f32({2, 1}, {1, 2});
  const Array b = f32({2, 3}, {3, 4, 5, 6, 7, 8});
  const Array none = f32({2, 0}, {});
  const Array expected = f32({2, 4}, {1, 3, 4, 5, 2, 6, 7, 8});
  EXPECT_CLOSE("concat", run_op(op("concat"), {a, none, b}, zeros(a.dtype, {2, 4}), {integer(1)}),
               expected, 0);
  EXPECT_CLOSE("concat of one", run_op(op("concat"), {a}, zeros(a.dtype, {2, 1}), {integer(0)}), a,
               0);
}

VORAB_TEST(leaves) {
  ProgramBuilder program;
  const uint32_t n = program.symbol("N", 9);
  const uint32_t square = program.type_of(fb::DType::I32, {n, n});
  const uint32_t scalar = program.type(fb::DType::F32, {});
  const uint32_t bytes = program.type_of(fb::DType::U8, {n});
  EntryBuilder entry = program.entry("run");
  entry.output(
      entry.apply(op("iota"), {}, square, {shape({n, n}), integer(1), dtype(fb::DType::I32)}));
  entry.output(entry.apply(op("sizeOf"), {}, scalar, {dim(n), dtype(fb::DType::F32)}));
  entry.output(entry.apply(op("full"), {}, bytes, {number(250), dtype(fb::DType::U8), shape({n})}));
  const Built built = program.finish();
  Session session(built);
  const auto results = session.run(
      0, {}, {zeros(fb::DType::I32, {3, 3}), zeros(fb::DType::F32, {}), zeros(fb::DType::U8, {3})},
      {3});
  EXPECT_CLOSE("iota", results[0], i32({3, 3}, {0, 1, 2, 0, 1, 2, 0, 1, 2}), 0);
  EXPECT_CLOSE("sizeOf", results[1], f32({}, {3}), 0);
  EXPECT_CLOSE("full", results[2], array(fb::DType::U8, {3}, {250, 250, 250}), 0);
}

}  // namespace
}  // namespace vorab::test
