#include "runtime-mlx/native/types.h"

#include <limits>

#include "runtime-mlx/native/failure.h"

namespace vorab::on_mlx {

mx::Dtype to_mlx(fb::DType dtype) {
  switch (dtype) {
    case fb::DType::Bool: return mx::bool_;
    case fb::DType::U8: return mx::uint8;
    case fb::DType::I8: return mx::int8;
    case fb::DType::U32: return mx::uint32;
    case fb::DType::I32: return mx::int32;
    case fb::DType::I64: return mx::int64;
    case fb::DType::F16: return mx::float16;
    case fb::DType::BF16: return mx::bfloat16;
    case fb::DType::F32: return mx::float32;
    case fb::DType::F64: return mx::float64;
  }
  throw Failure(VORAB_INVALID, "unknown dtype " + std::to_string(static_cast<int>(dtype)));
}

fb::DType from_mlx(mx::Dtype dtype) {
  for (const fb::DType candidate : fb::EnumValuesDType()) {
    if (to_mlx(candidate) == dtype) return candidate;
  }
  throw Failure(VORAB_INVALID, "MLX gave a dtype that an artifact does not have");
}

mx::Shape to_mlx(const Shape& shape) {
  mx::Shape result;
  for (const int64_t extent : shape) {
    if (extent < 0 || extent > std::numeric_limits<mx::ShapeElem>::max()) {
      throw Failure(VORAB_UNSUPPORTED,
                    "an extent of " + std::to_string(extent) + ", MLX takes up to 2147483647");
    }
    result.push_back(static_cast<mx::ShapeElem>(extent));
  }
  return result;
}

std::vector<int> to_ints(std::span<const int64_t> values) { return {values.begin(), values.end()}; }

Type type_of(const fb::TensorType& type, const Binding& binding) {
  return {to_mlx(type.dtype()), to_mlx(shape(type, binding))};
}

bool operator==(const Type& a, const Type& b) { return a.dtype == b.dtype && a.shape == b.shape; }

std::string describe(const Type& type) {
  std::string text = dtype_name(from_mlx(type.dtype));
  text += '[';
  for (size_t axis = 0; axis < type.shape.size(); ++axis) {
    if (axis > 0) text += ", ";
    text += std::to_string(type.shape[axis]);
  }
  return text + ']';
}

size_t byte_size(const Type& type) {
  size_t bytes = mx::size_of(type.dtype);
  for (const auto extent : type.shape) bytes *= static_cast<size_t>(extent);
  return bytes;
}

}  // namespace vorab::on_mlx
