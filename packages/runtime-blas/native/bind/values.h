// The values of an entry's plan at one binding of symbols.
#pragma once

#include <vector>

#include "../tape/source.h"
#include "artifact/native/program.h"

namespace vorab::blas {

struct ValueRef {
  uint32_t value = 0;  // root: never an alias
  Dt dtype = Dt::F32;
  Place place;
  Shape shape;

  int64_t elements() const { return shape.elements(); }
  int64_t bytes() const { return elements() * static_cast<int64_t>(width(dtype)); }
};

inline Dt dtype_of(fb::DType dtype) { return static_cast<Dt>(dtype); }

class Values {
 public:
  using Table = flatbuffers::Vector<flatbuffers::Offset<fb::Value>>;
  Values(const fb::Program& program, const Table& values, const Binding& binding);

  const ValueRef& operator[](uint32_t value) const;
  size_t size() const { return refs_.size(); }

 private:
  std::vector<ValueRef> refs_;
};

// Row-major strides of a dense shape, in elements.
std::vector<int64_t> dense_strides(const Shape& shape);

// The bits of a number as an element of dtype; integers wrap, bool is x != 0.
uint64_t bits_of(double x, Dt dtype);
uint64_t bits_of(int64_t x, Dt dtype);

}  // namespace vorab::blas
