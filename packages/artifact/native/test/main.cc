#include "artifact/native/test/check.h"

namespace vorab::test {
namespace {

std::string sample_path;

}  // namespace

std::vector<uint8_t> sample() {
  std::ifstream file(sample_path);
  std::vector<uint8_t> bytes;
  char digits[3] = {};
  while (file >> digits[0] >> digits[1]) {
    bytes.push_back(static_cast<uint8_t>(std::stoul(digits, nullptr, 16)));
  }
  return bytes;
}

}  // namespace vorab::test

int main(int argc, char** argv) {
  using namespace vorab::test;
  if (argc != 2) {
    std::fprintf(stderr, "usage: artifact_test <sample.hex>\n");
    return 2;
  }
  sample_path = argv[1];
  for (const Case& each : cases()) {
    const int before = failures();
    each.run();
    std::printf("%s %s\n", failures() == before ? "ok    " : "FAILED", each.name);
  }
  return failures() == 0 ? 0 : 1;
}
