// A kernel of the plan at one binding: text in Metal's language, which MLX compiles and launches.
#pragma once

#include <mlx/fast.h>

#include <memory>

#include "runtime-mlx/native/types.h"

namespace vorab::on_mlx {

// mx::fast::metal_kernel, with what this backend gives it; tests give another.
using MakeKernel = mx::fast::CustomKernelFunction (*)(const std::string& name,
                                                      const std::vector<std::string>& inputs,
                                                      const std::vector<std::string>& outputs,
                                                      const std::string& source,
                                                      const std::string& header);
mx::fast::CustomKernelFunction metal_kernel(const std::string& name,
                                            const std::vector<std::string>& inputs,
                                            const std::vector<std::string>& outputs,
                                            const std::string& source, const std::string& header);

class Kernel {
 public:
  // Null where a launch could not hold it: an array is empty, or there are too many rows. Then its
  // steps run.
  static std::shared_ptr<const Kernel> make(const fb::Program& program, const fb::Kernel& kernel,
                                            std::span<const Type> inputs,
                                            std::span<const Type> outputs, const Binding& binding,
                                            MakeKernel make_kernel = metal_kernel);

  // One array for each output, not yet evaluated.
  std::vector<mx::array> operator()(const std::vector<mx::array>& inputs, uint32_t step) const;

 private:
  Kernel(const fb::Program& program, const fb::Kernel& kernel, std::span<const Type> outputs,
         const Binding& binding, MakeKernel make_kernel);

  mx::fast::CustomKernelFunction run_;
  std::vector<mx::array> sizes_;  // one array, or none
  std::vector<mx::Shape> shapes_;
  std::vector<mx::Dtype> dtypes_;
  int rows_;
  int threads_;
  int group_;
};

}  // namespace vorab::on_mlx
