#include "runtime/native/artifact_file.h"

#include <fstream>
#include <iterator>
#include <vector>

namespace vorab::runtime {
namespace {

class Copy final : public ArtifactFile {
 public:
  explicit Copy(std::vector<uint8_t> bytes) : bytes_(std::move(bytes)) {}
  vorab_program view() const override {
    return {bytes_.data(), bytes_.size(), bytes_.data() + 128, bytes_.size() - 128};
  }
  const fb::Program& program() const override { return *fb::GetProgram(bytes_.data() + 128); }

 private:
  std::vector<uint8_t> bytes_;
};

}  // namespace

std::shared_ptr<const ArtifactFile> ArtifactFile::open(const std::string& path,
                                                       std::string& problem) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    problem = "cannot read " + path;
    return nullptr;
  }
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  return copy(bytes.data(), bytes.size(), problem);
}

std::shared_ptr<const ArtifactFile> ArtifactFile::copy(const void* bytes, size_t size,
                                                       std::string& problem) {
  if (size < 128) {
    problem = "too short";
    return nullptr;
  }
  const auto* start = static_cast<const uint8_t*>(bytes);
  return std::make_shared<Copy>(std::vector<uint8_t>(start, start + size));
}

}  // namespace vorab::runtime
