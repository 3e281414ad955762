#include "artifact/native/artifact.h"

#include <unistd.h>

#include <cstring>

#include "artifact/native/test/check.h"

namespace vorab::test {
namespace {

// A file that goes when the test ends.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::vector<uint8_t>& bytes) {
    const int fd = ::mkstemp(path_);
    VORAB_CHECK(fd >= 0);
    VORAB_CHECK(::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    ::close(fd);
  }
  ~TemporaryFile() { ::unlink(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  std::string path() const { return path_; }

 private:
  char path_[32] = "/tmp/vorab-artifact-XXXXXX";
};

VORAB_TEST(open_maps_a_file) {
  const TemporaryFile file(sample());
  auto opened = Artifact::open(file.path());
  VORAB_CHECK(opened);
  if (!opened) return;
  const Artifact artifact = std::move(opened.value());
  VORAB_CHECK(text(artifact.program().producer()) == "vorab 0.1.0");
  float first;
  std::memcpy(&first, artifact.constant(0), sizeof(first));
  VORAB_CHECK(first == 0.5f);
  VORAB_CHECK(reinterpret_cast<uintptr_t>(artifact.constant(0)) % 64 == 0);
}

VORAB_TEST(open_copies_bytes) {
  auto bytes = sample();
  auto opened = Artifact::open(bytes);
  VORAB_CHECK(opened);
  if (!opened) return;
  std::fill(bytes.begin(), bytes.end(), uint8_t{0});
  VORAB_CHECK(items(opened.value().program().entries()).size() == 3);
}

VORAB_TEST(open_of_what_is_no_file) {
  VORAB_CHECK(Artifact::open(std::string("/nonexistent/a.vorab")).fault().code == "io");
  VORAB_CHECK(Artifact::open(std::string("/tmp")).fault().code == "io");
  const TemporaryFile empty({});
  VORAB_CHECK(Artifact::open(empty.path()).fault().code == "truncated");
}

VORAB_TEST(open_of_a_truncated_file) {
  const auto bytes = sample();
  for (size_t length = 0; length < bytes.size(); length += 97) {
    const auto opened = Artifact::open(std::span(bytes).first(length));
    VORAB_CHECK(!opened && opened.fault().code == "truncated");
  }
}

VORAB_TEST(attributes_by_position) {
  const auto opened = Artifact::open(sample());
  if (!opened) return;
  const fb::Program& program = opened.value().program();
  const int64_t symbols[] = {7, 2};
  const Binding binding(program, symbols);
  const fb::Node& broadcast = *program.functions()->Get(0)->nodes()->Get(2);
  const Shape shape = shape_attr(broadcast.attributes(), 0, binding);
  VORAB_CHECK(shape.rank == 2 && shape[0] == 7 && shape[1] == 10);
  VORAB_CHECK(ints_attr(broadcast.attributes(), 1) == std::vector<int64_t>{1});
  const fb::Node& iota = *program.functions()->Get(2)->nodes()->Get(0);
  VORAB_CHECK(int_attr(iota.attributes(), 1) == 0);
  VORAB_CHECK(dtype_attr(iota.attributes(), 2) == fb::DType::I32);
  const fb::Node& full = *program.functions()->Get(2)->nodes()->Get(1);
  VORAB_CHECK(float_attr(full.attributes(), 0) == 0.5);
  VORAB_CHECK(find_op(full.op())->id == OP_full);
}

}  // namespace
}  // namespace vorab::test
