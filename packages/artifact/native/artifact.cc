#include "artifact/native/artifact.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

namespace vorab {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Fault io_fault(const std::string& path, const char* action) {
  return {"io", path + ": cannot be " + action + ": " + std::strerror(errno)};
}

// Segments are aligned to 16 KiB at most, from the start of the file.
constexpr std::align_val_t kCopyAlignment{16384};

}  // namespace

Result<Artifact> Artifact::open(const std::string& path, const OpenOptions& options) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return io_fault(path, "opened");
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return io_fault(path, "examined");
  if (!S_ISREG(status.st_mode)) return Fault{"io", path + ": is not a regular file"};
  const auto size = static_cast<size_t>(status.st_size);
  if (size == 0) return verified(nullptr, {}, options);
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (address == MAP_FAILED) return io_fault(path, "mapped");
  Owner owner(address, [size](const void* at) { ::munmap(const_cast<void*>(at), size); });
  return verified(std::move(owner), {static_cast<const uint8_t*>(address), size}, options);
}

Result<Artifact> Artifact::open(std::span<const uint8_t> bytes, const OpenOptions& options) {
  if (bytes.empty()) return verified(nullptr, {}, options);
  void* address = ::operator new(bytes.size(), kCopyAlignment, std::nothrow);
  if (!address)
    return Fault{"io", "file: no memory for " + std::to_string(bytes.size()) + " bytes"};
  Owner owner(address,
              [](const void* at) { ::operator delete(const_cast<void*>(at), kCopyAlignment); });
  std::memcpy(address, bytes.data(), bytes.size());
  return verified(std::move(owner), {static_cast<const uint8_t*>(address), bytes.size()}, options);
}

Result<Artifact> Artifact::verified(Owner owner, std::span<const uint8_t> bytes,
                                    const OpenOptions& options) {
  if (auto fault = verify(bytes, options.full)) return std::move(*fault);
  uint64_t length;
  std::memcpy(&length, bytes.data() + 24, sizeof(length));
  return Artifact(std::move(owner), bytes, bytes.subspan(kHeaderBytes, length));
}

}  // namespace vorab
