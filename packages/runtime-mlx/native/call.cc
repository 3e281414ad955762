#include "runtime-mlx/native/call.h"

#include "runtime-mlx/native/failure.h"

namespace vorab::on_mlx {
namespace {

// Places and pads, which may be negative.
mx::Shape numbers(const Shape& list) {
  mx::Shape result;
  for (const int64_t n : list) {
    if (n != static_cast<mx::ShapeElem>(n))
      throw Failure(VORAB_UNSUPPORTED, std::to_string(n) + " in an attribute; MLX takes 32 bits");
    result.push_back(static_cast<mx::ShapeElem>(n));
  }
  return result;
}

AttributeValue resolve(Attributes list, uint32_t i, const Binding& binding) {
  switch (list->Get(i)->value_type()) {
    case fb::AttributeValue::IntAttr: return int_attr(list, i);
    case fb::AttributeValue::FloatAttr: return float_attr(list, i);
    case fb::AttributeValue::BoolAttr: return bool_attr(list, i);
    case fb::AttributeValue::StringAttr: return std::string(string_attr(list, i));
    case fb::AttributeValue::IntsAttr: return ints_attr(list, i);
    case fb::AttributeValue::DTypeAttr: return to_mlx(dtype_attr(list, i));
    case fb::AttributeValue::DimAttr: return dim_attr(list, i, binding);
    case fb::AttributeValue::ShapeAttr: return numbers(shape_attr(list, i, binding));
    case fb::AttributeValue::ConstantAttr: return int64_t{constant_attr(list, i)};
    case fb::AttributeValue::BoolsAttr: {
      const std::vector<uint8_t> flags = bools_attr(list, i);
      return std::vector<int64_t>(flags.begin(), flags.end());
    }
    case fb::AttributeValue::FunctionAttr: return int64_t{function_attr(list, i)};
    case fb::AttributeValue::NONE: break;
  }
  throw Failure(VORAB_INVALID, "attribute " + std::to_string(i) + " has no value");
}

}  // namespace

AttributeValues::AttributeValues(Attributes attributes, const Binding& binding) {
  const uint32_t count = items(attributes).size();
  values_.reserve(count);
  for (uint32_t i = 0; i < count; ++i) values_.push_back(resolve(attributes, i, binding));
}

}  // namespace vorab::on_mlx
