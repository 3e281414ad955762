#include "runtime-mlx/native/kernel.h"

#include <algorithm>
#include <limits>

#include "runtime-mlx/native/failure.h"

namespace vorab::on_mlx {
namespace {

std::vector<std::string> numbered(const char* prefix, size_t count) {
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) names.push_back(prefix + std::to_string(i));
  return names;
}

bool is_empty(const Type& type) {
  return std::find(type.shape.begin(), type.shape.end(), 0) != type.shape.end();
}

// The kernel reads through pointers; MLX hands over an array without axes as a reference.
mx::array with_axis(const mx::array& x) { return x.ndim() == 0 ? mx::reshape(x, {1}) : x; }

std::string string_at(const fb::Program& program, uint32_t index) {
  return std::string(text(program.strings()->Get(index)));
}

}  // namespace

mx::fast::CustomKernelFunction metal_kernel(const std::string& name,
                                            const std::vector<std::string>& inputs,
                                            const std::vector<std::string>& outputs,
                                            const std::string& source, const std::string& header) {
  return mx::fast::metal_kernel(name, inputs, outputs, source, header);
}

std::shared_ptr<const Kernel> Kernel::make(const fb::Program& program, const fb::Kernel& kernel,
                                           std::span<const Type> inputs,
                                           std::span<const Type> outputs, const Binding& binding,
                                           MakeKernel make_kernel) {
  const int64_t rows = binding[kernel.rows()];
  const bool empty = std::any_of(inputs.begin(), inputs.end(), is_empty) ||
                     std::any_of(outputs.begin(), outputs.end(), is_empty);
  if (empty || rows < 1 || rows > std::numeric_limits<int>::max()) return nullptr;
  return std::shared_ptr<const Kernel>(new Kernel(program, kernel, outputs, binding, make_kernel));
}

Kernel::Kernel(const fb::Program& program, const fb::Kernel& kernel, std::span<const Type> outputs,
               const Binding& binding, MakeKernel make_kernel)
    : rows_(static_cast<int>(binding[kernel.rows()])),
      threads_(static_cast<int>(kernel.threads())),
      group_(static_cast<int>(kernel.group())) {
  std::vector<std::string> names = numbered("x", items(kernel.inputs()).size());
  std::vector<int64_t> sizes;
  for (const uint32_t expr : items(kernel.sizes())) sizes.push_back(binding[expr]);
  if (!sizes.empty()) {
    const mx::Shape shape{static_cast<mx::ShapeElem>(sizes.size())};
    sizes_.emplace_back(sizes.begin(), shape, mx::int64);
    names.emplace_back("sizes");
  }
  for (const Type& type : outputs) {
    shapes_.push_back(type.shape);
    dtypes_.push_back(type.dtype);
  }
  run_ = make_kernel(std::string(text(kernel.name())), names, numbered("y", outputs.size()),
                     string_at(program, kernel.source()), string_at(program, kernel.header()));
}

std::vector<mx::array> Kernel::operator()(const std::vector<mx::array>& inputs, uint32_t step) const
    try {
  std::vector<mx::array> given;
  given.reserve(inputs.size() + sizes_.size());
  for (const mx::array& input : inputs) given.push_back(with_axis(input));
  given.insert(given.end(), sizes_.begin(), sizes_.end());
  return run_(given, shapes_, dtypes_, {threads_, rows_, 1}, {threads_, group_, 1}, {},
              std::nullopt, false, {});
} catch (const std::exception& error) {
  throw Failure(VORAB_UNSUPPORTED,
                std::string("a Metal kernel: ") + error.what() +
                    "\nopen with kernels: false, and its steps run instead",
                step);
}

}  // namespace vorab::on_mlx
