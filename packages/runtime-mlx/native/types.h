// Types of the artifact as MLX's, and how they read in messages.
#pragma once

#include <span>
#include <string>

#include "artifact/native/program.h"
#include "runtime-mlx/native/mlx.h"

namespace vorab::on_mlx {

// dtype and extents of one tensor at one binding.
struct Type {
  mx::Dtype dtype;
  mx::Shape shape;
};

mx::Dtype to_mlx(fb::DType dtype);
fb::DType from_mlx(mx::Dtype dtype);

// Extents are below 2^31 by the schema's bounds; a product of them may not be, and then this
// throws.
mx::Shape to_mlx(const Shape& shape);
std::vector<int> to_ints(std::span<const int64_t> values);

Type type_of(const fb::TensorType& type, const Binding& binding);
inline Type type_of(const mx::array& a) { return {a.dtype(), a.shape()}; }
bool operator==(const Type& a, const Type& b);
std::string describe(const Type& type);  // "f32[2, 3]"
size_t byte_size(const Type& type);

}  // namespace vorab::on_mlx
