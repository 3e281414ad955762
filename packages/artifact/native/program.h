// Reading a verified program: dims at one binding of symbols, types, attributes, constants.
//
// Nothing here checks an index: the verifier has (verify.h). Only read_* of an unverified file is
// wrong.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "artifact/native/generated/vorab_generated.h"
#include "artifact/native/ops.h"

namespace vorab {

inline constexpr uint32_t kMaxRank = 8;

// A vector that the writer left out reads as an empty one.
template <class T>
const flatbuffers::Vector<T>& items(const flatbuffers::Vector<T>* vector) {
  alignas(8) static constexpr uint8_t kEmpty[8] = {};
  return vector ? *vector : *reinterpret_cast<const flatbuffers::Vector<T>*>(kEmpty);
}

inline std::string_view text(const flatbuffers::String* string) {
  return string ? std::string_view(string->c_str(), string->size()) : std::string_view();
}

// Extents of one tensor. Also strides: any short list of dims.
struct Shape {
  uint32_t rank = 0;
  std::array<int64_t, kMaxRank> dims{};

  int64_t operator[](size_t axis) const { return dims[axis]; }
  int64_t& operator[](size_t axis) { return dims[axis]; }
  const int64_t* begin() const { return dims.data(); }
  const int64_t* end() const { return dims.data() + rank; }
  std::span<const int64_t> span() const { return {dims.data(), rank}; }
  bool operator==(const Shape& other) const;
  int64_t elements() const;  // 1 for a scalar
};

// Every expr of a program at one binding of its symbols, evaluated once.
class Binding {
 public:
  // symbols: one value per Program.symbols. Out of their bounds nothing is undefined, but
  // check_binding refuses.
  Binding(const fb::Program& program, const int64_t* symbols);

  int64_t operator[](uint32_t expr) const { return exprs_[expr]; }
  int64_t symbol(uint32_t index) const { return symbols_[index]; }
  std::span<const int64_t> symbols() const { return symbols_; }
  std::span<const int64_t> exprs() const { return exprs_; }

  // One number per list of exprs; at most kMaxRank of them are kept.
  Shape shape(const flatbuffers::Vector<uint32_t>* exprs) const;

 private:
  std::vector<int64_t> symbols_;
  std::vector<int64_t> exprs_;
};

// Rounds to minus infinity; 0 when the divisor is 0.
int64_t floor_div(int64_t dividend, int64_t divisor);

int64_t dtype_size(fb::DType dtype);
const char* dtype_name(fb::DType dtype);  // "f32"
bool is_float(fb::DType dtype);
bool is_integer(fb::DType dtype);  // bool is neither

Shape shape(const fb::TensorType& type, const Binding& binding);
int64_t elements(const fb::TensorType& type, const Binding& binding);
int64_t byte_size(const fb::TensorType& type, const Binding& binding);

// Types by index, as most things in a program hold one.
const fb::TensorType& type_at(const fb::Program& program, uint32_t type);

// Where the dense elements of a constant start in the mapped file.
const std::byte* constant_data(const uint8_t* file, const fb::Program& program, uint32_t constant);

// Attributes are positional; their kinds are the op's own and have been verified.
using Attributes = const flatbuffers::Vector<flatbuffers::Offset<fb::Attribute>>*;

int64_t int_attr(Attributes attributes, uint32_t index);
double float_attr(Attributes attributes, uint32_t index);
bool bool_attr(Attributes attributes, uint32_t index);
std::string_view string_attr(Attributes attributes, uint32_t index);
std::vector<int64_t> ints_attr(Attributes attributes, uint32_t index);
fb::DType dtype_attr(Attributes attributes, uint32_t index);
int64_t dim_attr(Attributes attributes, uint32_t index, const Binding& binding);
Shape shape_attr(Attributes attributes, uint32_t index, const Binding& binding);
uint32_t function_attr(Attributes attributes, uint32_t index);
uint32_t constant_attr(Attributes attributes, uint32_t index);
std::vector<uint8_t> bools_attr(Attributes attributes, uint32_t index);

}  // namespace vorab
