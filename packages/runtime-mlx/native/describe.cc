#include "runtime-mlx/native/describe.h"

#include <sstream>

#include "runtime-mlx/native/device.h"
#include "runtime-mlx/native/lowering.h"

namespace vorab::on_mlx {
namespace {

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return result + '"';
}

template <class List>
std::string quoted_list(const List& list) {
  std::string result = "[";
  for (const std::string_view item : list) {
    if (result.size() > 1) result += ", ";
    result += quoted(item);
  }
  return result + ']';
}

std::vector<const char*> dtypes() {
  std::vector<const char*> names;
  for (const fb::DType dtype : fb::EnumValuesDType()) {
    if (dtype != fb::DType::F64 || device().has_f64) names.push_back(dtype_name(dtype));
  }
  return names;
}

std::string device_name() {
  const auto& info = mx::device_info(device().handle);
  const auto found = info.find("device_name");
  const auto* name = found == info.end() ? nullptr : std::get_if<std::string>(&found->second);
  return name ? *name : device().kind;
}

const char* flag(bool value) { return value ? "true" : "false"; }

constexpr const char* kCompiles = "MLX keeps the graph of a function that it has traced";
constexpr const char* kCompiled =
    "an entry is traced once for its sizes; those with cond, whileLoop or a long scan at each call";

std::string capability(bool available, const char* reason, const char* effect) {
  return std::string("{\"available\": ") + flag(available) + ", \"reason\": " + quoted(reason) +
         ", \"effect\": " + quoted(effect) + '}';
}

}  // namespace

std::string describe_backend() {
  std::ostringstream json;
  json << "{\"name\": \"mlx\", \"version\": " << quoted(mx::version())
       << ", \"device\": " << quoted(device().kind) << ", \"deviceName\": " << quoted(device_name())
       << ", \"compile\": " << capability(true, kCompiles, kCompiled)
       << ", \"fuse\": " << capability(device().fuses, device().fuse_reason, device().fuse_effect)
       << ", \"kernels\": "
       << capability(device().kernels, device().kernels_reason, device().kernels_effect)
       << ", \"tf32\": " << flag(tf32_enabled()) << ", \"dtypes\": " << quoted_list(dtypes())
       << ", \"composites\": " << quoted_list(whole_composites())
       << ", \"memory\": {\"limit\": " << mx::get_memory_limit()
       << ", \"active\": " << mx::get_active_memory() << ", \"peak\": " << mx::get_peak_memory()
       << ", \"cache\": " << mx::get_cache_memory() << "}}";
  return json.str();
}

}  // namespace vorab::on_mlx
