// Reading JavaScript values: the few kinds that the TypeScript side passes.
#pragma once

#include <napi.h>

#include <cstdint>
#include <string>

namespace vorab::runtime {

struct View {
  void* data = nullptr;
  size_t bytes = 0;
};

// False: `value` is not a typed array.
bool read_view(napi_env env, napi_value value, View& view);

// False: `value` is not a number that is one of uint32_t.
bool read_index(napi_env env, napi_value value, uint32_t& index);

bool is_null(napi_env env, napi_value value);
bool is_undefined(napi_env env, napi_value value);

// Throws an Error with status kArgument; returns nullptr, to be returned.
napi_value throw_argument(napi_env env, const std::string& message);

}  // namespace vorab::runtime
