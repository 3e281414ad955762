#include "runtime/native/arguments.h"

#include "runtime/native/promise_task.h"

namespace vorab::runtime {
namespace {

size_t element_bytes(napi_typedarray_type type) {
  switch (type) {
    case napi_int8_array:
    case napi_uint8_array:
    case napi_uint8_clamped_array: return 1;
    case napi_int16_array:
    case napi_uint16_array: return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array: return 4;
    default: return 8;
  }
}

bool has_type(napi_env env, napi_value value, napi_valuetype expected) {
  napi_valuetype type = napi_external;
  return napi_typeof(env, value, &type) == napi_ok && type == expected;
}

}  // namespace

bool read_view(napi_env env, napi_value value, View& view) {
  napi_typedarray_type type = napi_uint8_array;
  size_t length = 0;
  if (napi_get_typedarray_info(env, value, &type, &length, &view.data, nullptr, nullptr) != napi_ok)
    return false;
  view.bytes = length * element_bytes(type);
  // An empty array may have no memory at all, but a null pointer means something else to a backend.
  static uint8_t nothing = 0;
  if (view.bytes == 0) view.data = &nothing;
  return true;
}

bool read_index(napi_env env, napi_value value, uint32_t& index) {
  double number = 0;
  if (napi_get_value_double(env, value, &number) != napi_ok) return false;
  if (!(number >= 0 && number < 4294967295.0)) return false;
  index = static_cast<uint32_t>(number);
  return static_cast<double>(index) == number;
}

bool is_null(napi_env env, napi_value value) { return has_type(env, value, napi_null); }
bool is_undefined(napi_env env, napi_value value) { return has_type(env, value, napi_undefined); }

napi_value throw_argument(napi_env env, const std::string& message) {
  napi_throw(env, make_error(env, kArgument, message.c_str()));
  return nullptr;
}

}  // namespace vorab::runtime
