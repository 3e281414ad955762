// A session's own MLX stream. MLX starts a thread for each stream and never ends it, so streams are
// used again.
#pragma once

#include "runtime-mlx/native/mlx.h"

namespace vorab::on_mlx {

class StreamLease {
 public:
  StreamLease();
  ~StreamLease();
  StreamLease(const StreamLease&) = delete;
  StreamLease& operator=(const StreamLease&) = delete;

  // What this thread builds from here on runs on this stream.
  void use() const { mx::set_default_stream(stream_); }

 private:
  mx::Stream stream_;
};

}  // namespace vorab::on_mlx
