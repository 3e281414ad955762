#include "runtime/native/held.h"

#include <cstring>
#include <utility>

namespace vorab::runtime {
namespace {

constexpr size_t kAlignment = 64;

}  // namespace

std::byte* aligned_memory(std::unique_ptr<std::byte[]>& own, uint64_t bytes) {
  own = std::make_unique_for_overwrite<std::byte[]>(bytes + kAlignment);
  void* start = own.get();
  size_t space = bytes + kAlignment;
  return static_cast<std::byte*>(std::align(kAlignment, bytes, start, space));
}

Held::Held(std::shared_ptr<Session> session, const void* data, uint64_t bytes)
    : session_(std::move(session)), bytes_(bytes), staged_(session_->stage(bytes, &data_)) {
  if (staged_ == nullptr) data_ = aligned_memory(own_, bytes);
  if (bytes != 0) std::memcpy(data_, data, bytes);
}

Held::Held(Held&& other) noexcept
    : session_(std::move(other.session_)),
      bytes_(other.bytes_),
      data_(other.data_),
      staged_(std::exchange(other.staged_, nullptr)),
      own_(std::move(other.own_)) {}

Held::~Held() {
  if (staged_ != nullptr) session_->unstage(staged_);
}

}  // namespace vorab::runtime
