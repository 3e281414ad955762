#include "runtime-mlx/native/transfer.h"

#include <cstring>

namespace vorab::on_mlx {

mx::array copy_in(const void* host, const Type& type, vorab_stats& stats) {
  const size_t bytes = byte_size(type);
  mx::allocator::Data data = mx::allocator::malloc(bytes);
  if (bytes > 0) std::memcpy(data.buffer().raw_ptr(), host, bytes);
  ++stats.copies_in;
  stats.bytes_in += bytes;
  ++stats.allocations;
  stats.allocated_bytes += bytes;
  return mx::array(std::move(data), type.shape, type.dtype);
}

mx::array map_in(const void* host, const Type& type, vorab_stats& stats) {
  const size_t bytes = byte_size(type);
  if (bytes == 0) return mx::zeros(type.shape, type.dtype);
  // MLX takes a pointer to non-const, but never writes to memory that it does not own.
  mx::array mapped(const_cast<void*>(host), type.shape, type.dtype, [](void*) {});
  if (mapped.data<char>() != host) {
    ++stats.copies_in;
    stats.bytes_in += bytes;
    ++stats.allocations;
    stats.allocated_bytes += bytes;
  }
  return mapped;
}

void copy_out(const mx::array& array, void* host, vorab_stats& stats) {
  if (array.nbytes() > 0) std::memcpy(host, array.data<char>(), array.nbytes());
  ++stats.copies_out;
  stats.bytes_out += array.nbytes();
}

std::vector<mx::array> evaluate_dense(const std::vector<mx::array>& arrays, vorab_stats& stats) {
  std::vector<mx::array> dense;
  dense.reserve(arrays.size());
  for (const mx::array& array : arrays) dense.push_back(mx::contiguous(array));
  mx::eval(dense);
  for (size_t i = 0; i < arrays.size(); ++i) {
    if (arrays[i].size() == 0 || dense[i].buffer().ptr() == arrays[i].buffer().ptr()) continue;
    ++stats.copies_device;
    stats.bytes_device += dense[i].nbytes();
  }
  return dense;
}

}  // namespace vorab::on_mlx
