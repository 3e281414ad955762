#include "values.h"

#include <bit>
#include <cmath>

namespace vorab::blas {
namespace {

static_assert(static_cast<int>(Dt::Bool) == static_cast<int>(fb::DType::Bool));
static_assert(static_cast<int>(Dt::I64) == static_cast<int>(fb::DType::I64));
static_assert(static_cast<int>(Dt::BF16) == static_cast<int>(fb::DType::BF16));
static_assert(static_cast<int>(Dt::F64) == static_cast<int>(fb::DType::F64));

Place place_of(const fb::Value& value) {
  Place place;
  const bool arena = value.storage() == fb::Storage::Arena;
  place.space = (static_cast<uint32_t>(value.storage()) + 1) << 24 | (arena ? 0 : value.index());
  place.offset = arena ? static_cast<int64_t>(value.offset()) : 0;
  return place;
}

uint16_t half_bits(double x) {
  if (std::isnan(x)) return 0x7e00;
  const uint16_t sign = std::signbit(x) ? 0x8000 : 0;
  const double a = std::fabs(x);
  if (a >= 65520) return static_cast<uint16_t>(sign | 0x7c00);
  if (a < 0x1p-14)
    return static_cast<uint16_t>(sign | static_cast<int>(std::nearbyint(a * 0x1p24)));
  const int exponent = std::ilogb(a);
  const double steps = std::nearbyint((std::ldexp(a, -exponent) - 1) * 1024);
  return static_cast<uint16_t>(sign | (((exponent + 15) << 10) + static_cast<int>(steps)));
}

uint16_t bfloat_bits(double x) {
  const auto bits = std::bit_cast<uint32_t>(static_cast<float>(x));
  if (std::isnan(x)) return 0x7fc0;
  return static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

}  // namespace

Values::Values(const fb::Program& program, const Table& values, const Binding& binding) {
  for (uint32_t i = 0; i < values.size(); ++i) {
    const fb::Value& value = *values[i];
    const fb::TensorType& type = type_at(program, value.type());
    ValueRef ref;
    const bool alias = value.storage() == fb::Storage::Alias;
    ref.value = alias ? value.index() : i;
    ref.place = alias ? refs_.at(value.index()).place : place_of(value);
    ref.dtype = dtype_of(type.dtype());
    ref.shape = shape(type, binding);
    ref.place.bytes = ref.bytes();
    refs_.push_back(ref);
  }
}

const ValueRef& Values::operator[](uint32_t value) const {
  if (value >= refs_.size()) throw BadPlan("a step refers to no value");
  return refs_[value];
}

std::vector<int64_t> dense_strides(const Shape& shape) {
  std::vector<int64_t> strides(shape.rank, 1);
  for (size_t d = shape.rank; d-- > 1;) strides[d - 1] = strides[d] * shape[d];
  return strides;
}

uint64_t bits_of(double x, Dt dtype) {
  switch (dtype) {
    case Dt::F32: return std::bit_cast<uint32_t>(static_cast<float>(x));
    case Dt::F64: return std::bit_cast<uint64_t>(x);
    case Dt::F16: return half_bits(x);
    case Dt::BF16: return bfloat_bits(x);
    case Dt::Bool: return x != 0;
    default: return bits_of(std::isfinite(x) ? static_cast<int64_t>(x) : int64_t{0}, dtype);
  }
}

uint64_t bits_of(int64_t x, Dt dtype) {
  if (is_float(dtype)) return bits_of(static_cast<double>(x), dtype);
  if (dtype == Dt::Bool) return x != 0;
  const size_t bytes = width(dtype);
  const auto all = static_cast<uint64_t>(x);
  return bytes == 8 ? all : all & ((uint64_t{1} << (8 * bytes)) - 1);
}

}  // namespace vorab::blas
