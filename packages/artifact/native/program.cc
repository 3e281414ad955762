#include "artifact/native/program.h"

#include <algorithm>

namespace vorab {
namespace {

// Two's complement without undefined overflow: the verifier rules it out, a bad binding must not
// crash.
int64_t wrapping_add(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

int64_t wrapping_mul(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}

int64_t evaluate(const fb::Expr& expr, const std::vector<int64_t>& symbols,
                 const std::vector<int64_t>& earlier) {
  switch (expr.kind()) {
    case fb::ExprKind::Const: return expr.value();
    case fb::ExprKind::Symbol: return symbols[static_cast<size_t>(expr.value())];
    case fb::ExprKind::Add: return wrapping_add(earlier[expr.lhs()], earlier[expr.rhs()]);
    case fb::ExprKind::Mul: return wrapping_mul(earlier[expr.lhs()], earlier[expr.rhs()]);
    case fb::ExprKind::FloorDiv: return floor_div(earlier[expr.lhs()], earlier[expr.rhs()]);
  }
  return 0;
}

template <class T>
const T& attribute(Attributes attributes, uint32_t index) {
  return *attributes->Get(index)->template value_as<T>();
}

}  // namespace

int64_t floor_div(int64_t dividend, int64_t divisor) {
  if (divisor == 0) return 0;
  if (divisor == -1) return wrapping_mul(dividend, -1);
  const int64_t quotient = dividend / divisor;
  const bool inexact = dividend % divisor != 0;
  return inexact && (dividend < 0) != (divisor < 0) ? quotient - 1 : quotient;
}

bool Shape::operator==(const Shape& other) const {
  return rank == other.rank && std::equal(begin(), end(), other.begin());
}

int64_t Shape::elements() const {
  int64_t product = 1;
  for (const int64_t extent : *this) product = wrapping_mul(product, extent);
  return product;
}

Binding::Binding(const fb::Program& program, const int64_t* symbols)
    : symbols_(symbols, symbols + items(program.symbols()).size()) {
  const auto& exprs = items(program.exprs());
  exprs_.reserve(exprs.size());
  for (const fb::Expr* expr : exprs) exprs_.push_back(evaluate(*expr, symbols_, exprs_));
}

Shape Binding::shape(const flatbuffers::Vector<uint32_t>* exprs) const {
  Shape result;
  result.rank = std::min(items(exprs).size(), kMaxRank);
  for (uint32_t axis = 0; axis < result.rank; ++axis) result[axis] = exprs_[exprs->Get(axis)];
  return result;
}

int64_t dtype_size(fb::DType dtype) {
  switch (dtype) {
    case fb::DType::Bool:
    case fb::DType::U8:
    case fb::DType::I8: return 1;
    case fb::DType::F16:
    case fb::DType::BF16: return 2;
    case fb::DType::U32:
    case fb::DType::I32:
    case fb::DType::F32: return 4;
    case fb::DType::I64:
    case fb::DType::F64: return 8;
  }
  return 0;
}

const char* dtype_name(fb::DType dtype) {
  static constexpr const char* kNames[] = {"bool", "u8",  "i8",   "u32", "i32",
                                           "i64",  "f16", "bf16", "f32", "f64"};
  const auto index = static_cast<size_t>(dtype);
  return index < std::size(kNames) ? kNames[index] : "?";
}

bool is_float(fb::DType dtype) { return dtype >= fb::DType::F16 && dtype <= fb::DType::F64; }

bool is_integer(fb::DType dtype) { return dtype >= fb::DType::U8 && dtype <= fb::DType::I64; }

Shape shape(const fb::TensorType& type, const Binding& binding) {
  return binding.shape(type.shape());
}

int64_t elements(const fb::TensorType& type, const Binding& binding) {
  return shape(type, binding).elements();
}

int64_t byte_size(const fb::TensorType& type, const Binding& binding) {
  return elements(type, binding) * dtype_size(type.dtype());
}

const fb::TensorType& type_at(const fb::Program& program, uint32_t type) {
  return *program.types()->Get(type);
}

const std::byte* constant_data(const uint8_t* file, const fb::Program& program, uint32_t constant) {
  const fb::Constant& entry = *program.constants()->Get(constant);
  const fb::Segment& segment = *program.segments()->Get(entry.segment());
  return reinterpret_cast<const std::byte*>(file + segment.offset() + entry.offset());
}

int64_t int_attr(Attributes attributes, uint32_t index) {
  return attribute<fb::IntAttr>(attributes, index).value();
}

double float_attr(Attributes attributes, uint32_t index) {
  return attribute<fb::FloatAttr>(attributes, index).value();
}

bool bool_attr(Attributes attributes, uint32_t index) {
  return attribute<fb::BoolAttr>(attributes, index).value();
}

std::string_view string_attr(Attributes attributes, uint32_t index) {
  return text(attribute<fb::StringAttr>(attributes, index).value());
}

std::vector<int64_t> ints_attr(Attributes attributes, uint32_t index) {
  const auto& values = *attribute<fb::IntsAttr>(attributes, index).value();
  return {values.begin(), values.end()};
}

fb::DType dtype_attr(Attributes attributes, uint32_t index) {
  return attribute<fb::DTypeAttr>(attributes, index).value();
}

int64_t dim_attr(Attributes attributes, uint32_t index, const Binding& binding) {
  return binding[attribute<fb::DimAttr>(attributes, index).value()];
}

Shape shape_attr(Attributes attributes, uint32_t index, const Binding& binding) {
  return binding.shape(attribute<fb::ShapeAttr>(attributes, index).value());
}

uint32_t function_attr(Attributes attributes, uint32_t index) {
  return attribute<fb::FunctionAttr>(attributes, index).value();
}

uint32_t constant_attr(Attributes attributes, uint32_t index) {
  return attribute<fb::ConstantAttr>(attributes, index).value();
}

std::vector<uint8_t> bools_attr(Attributes attributes, uint32_t index) {
  const auto& values = *attribute<fb::BoolsAttr>(attributes, index).value();
  return {values.begin(), values.end()};
}

}  // namespace vorab
