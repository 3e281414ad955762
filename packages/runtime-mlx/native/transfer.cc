#include "runtime-mlx/native/transfer.h"

#include <cstring>
#include <new>

#include "runtime-mlx/native/staging.h"

namespace vorab::on_mlx {

mx::array copy_in(const void* host, const Type& type, const Counted& counted) {
  const size_t bytes = byte_size(type);
  if (auto data = take_staged(host)) {
    counted.took(bytes);
    return mx::array(std::move(*data), type.shape, type.dtype);
  }
  mx::allocator::Data data = mx::allocator::malloc(bytes);
  mx::allocator::Buffer buffer = data.buffer();
  // MLX's CPU device does not look at what malloc gives it.
  if (bytes > 0 && buffer.raw_ptr() == nullptr) throw std::bad_alloc();
  if (bytes > 0) std::memcpy(buffer.raw_ptr(), host, bytes);
  counted.copied(bytes);
  return mx::array(std::move(data), type.shape, type.dtype);
}

mx::array map_in(const void* host, const Type& type, const Counted& counted) {
  const size_t bytes = byte_size(type);
  if (bytes == 0) return mx::zeros(type.shape, type.dtype);
  // MLX takes a pointer to non-const, but never writes to memory that it does not own.
  mx::array mapped(const_cast<void*>(host), type.shape, type.dtype, [](void*) {});
  if (mapped.data<char>() != host) counted.copied(bytes);
  return mapped;
}

void copy_out(const mx::array& array, void* host) {
  if (array.nbytes() > 0) std::memcpy(host, array.data<char>(), array.nbytes());
}

std::vector<mx::array> evaluate_dense(const std::vector<mx::array>& arrays,
                                      const std::function<void(size_t, uint64_t)>& made_dense) {
  std::vector<mx::array> dense;
  dense.reserve(arrays.size());
  for (const mx::array& array : arrays) dense.push_back(mx::contiguous(array));
  mx::eval(dense);
  for (size_t i = 0; i < arrays.size(); ++i) {
    if (arrays[i].size() == 0 || dense[i].buffer().ptr() == arrays[i].buffer().ptr()) continue;
    made_dense(i, dense[i].nbytes());
  }
  return dense;
}

}  // namespace vorab::on_mlx
