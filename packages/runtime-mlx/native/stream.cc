#include "runtime-mlx/native/stream.h"

#include <mutex>
#include <vector>

#include "runtime-mlx/native/device.h"

namespace vorab::on_mlx {
namespace {

struct Pool {
  std::mutex mutex;
  std::vector<mx::Stream> free;
};

Pool& pool() {
  static Pool streams;
  return streams;
}

mx::Stream take() {
  const std::lock_guard lock(pool().mutex);
  // Sessions come and go with their threads: a stream that belongs to one thread would be of no use
  // to the next.
  if (pool().free.empty()) return mx::new_thread_unsafe_stream(device().handle);
  const mx::Stream stream = pool().free.back();
  pool().free.pop_back();
  return stream;
}

}  // namespace

StreamLease::StreamLease() : stream_(take()) {}

// Every call waits for its results, so nothing is left to run.
StreamLease::~StreamLease() {
  const std::lock_guard lock(pool().mutex);
  pool().free.push_back(stream_);
}

}  // namespace vorab::on_mlx
