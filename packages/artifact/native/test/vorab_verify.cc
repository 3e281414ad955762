// vorab-verify FILE...     a line per file: its verdict
// vorab-verify --batch     files on standard input, each after its length (u32, little endian); a
// JSON line per file:
//                          null, or ["code", "message"]

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "artifact/native/artifact.h"

namespace {

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += {'\\', c};
    } else if (byte < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof(escape), "\\u%04x", byte);
      result += escape;
    } else {
      result += c;
    }
  }
  return result + '"';
}

void print(const vorab::Result<vorab::Artifact>& result) {
  if (result) {
    std::puts("null");
  } else {
    const vorab::Fault& fault = result.fault();
    std::printf("[%s, %s]\n", quoted(fault.code).c_str(), quoted(fault.message).c_str());
  }
}

bool batch() {
  uint32_t length;
  while (std::fread(&length, sizeof(length), 1, stdin) == 1) {
    std::vector<uint8_t> bytes(length);
    if (length > 0 && std::fread(bytes.data(), length, 1, stdin) != 1) return false;
    print(vorab::Artifact::open(bytes));
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--batch") == 0) return batch() ? 0 : 2;
  bool ok = true;
  for (int i = 1; i < argc; ++i) {
    const auto result = vorab::Artifact::open(std::string(argv[i]), {.full = true});
    ok = ok && static_cast<bool>(result);
    std::printf("%s: ", argv[i]);
    print(result);
  }
  return ok ? 0 : 1;
}
