#include "artifact/native/container.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "artifact/native/path.h"
#include "artifact/native/program.h"
#include "artifact/native/sha256.h"

namespace vorab {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is read as it lies");

constexpr uint8_t kMagic[8] = {0x89, 'V', 'O', 'R', 'A', 'B', '\r', '\n'};

struct Header {
  uint8_t magic[8];
  uint32_t generation;
  uint32_t header_size;
  uint64_t program_offset;
  uint64_t program_length;
  uint64_t file_length;
  uint8_t program_hash[32];
  uint8_t reserved[56];
};
static_assert(sizeof(Header) == kHeaderBytes);

template <class... Parts>
[[noreturn]] void fail_file(const char* code, const Parts&... parts) {
  fail(code, Path().field("file"), parts...);
}

bool all_zero(std::span<const uint8_t> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
}

bool same(const uint8_t* expected, const Digest& found) {
  return std::memcmp(expected, found.data(), found.size()) == 0;
}

void check_fields(const Header& header, uint64_t size) {
  if (header.generation != kGeneration) {
    fail_file("generation", "is of generation ", header.generation, ", expected ", kGeneration);
  }
  if (header.header_size != kHeaderBytes) {
    fail_file("header", "has a header of ", header.header_size, " bytes, expected ", kHeaderBytes);
  }
  if (!all_zero(header.reserved)) fail_file("header", "has header bytes that should be zero");
  if (header.program_offset != kHeaderBytes) {
    fail_file("header", "has its program at byte ", header.program_offset, ", expected ",
              kHeaderBytes);
  }
  if (header.program_length > kMaxProgramBytes) {
    fail_file("header", "has a program of ", header.program_length, " bytes, expected at most ",
              kMaxProgramBytes);
  }
  if (header.file_length < kHeaderBytes + header.program_length) {
    fail_file("header", "has a length of ", header.file_length, " bytes, expected at least ",
              kHeaderBytes + header.program_length);
  }
  if (size < header.file_length) {
    fail_file("truncated", "has ", size, " bytes, expected ", header.file_length);
  }
  if (size > header.file_length) {
    fail_file("trailing", "has ", size, " bytes, expected ", header.file_length);
  }
}

}  // namespace

std::span<const uint8_t> check_header(std::span<const uint8_t> file) {
  const size_t known = std::min(file.size(), sizeof(kMagic));
  if (known > 0 && std::memcmp(file.data(), kMagic, known) != 0) {
    fail_file("magic", "does not start like a .vorab file");
  }
  if (file.size() < kHeaderBytes) {
    fail_file("truncated", "has ", file.size(), " bytes, expected at least ", kHeaderBytes);
  }
  Header header;
  std::memcpy(&header, file.data(), sizeof(header));
  check_fields(header, file.size());
  const auto program = file.subspan(kHeaderBytes, header.program_length);
  if (!same(header.program_hash, sha256(program))) {
    fail_file("hash", "has a program that does not match its SHA-256");
  }
  return program;
}

void check_segments(std::span<const uint8_t> file, const fb::Program& program, bool all) {
  uint64_t program_length;
  std::memcpy(&program_length, file.data() + offsetof(Header, program_length), 8);
  uint64_t end = kHeaderBytes + program_length;
  const auto& segments = items(program.segments());
  for (uint32_t i = 0; i < segments.size(); ++i) {
    const Path root;
    const Path path = root.at("segments", i);
    const fb::Segment& segment = *segments[i];
    const uint32_t alignment = segment.alignment();
    if (!std::has_single_bit(alignment) || alignment < 64 || alignment > 16384) {
      fail("segment", path, "has alignment ", alignment,
           ", expected a power of two from 64 to 16384");
    }
    const uint64_t offset = segment.offset();
    if (offset % alignment != 0) {
      fail("segment", path, "starts at byte ", offset, ", expected a multiple of ", alignment);
    }
    if (offset < end) {
      fail("segment", path, "starts at byte ", offset, ", expected at least ", end);
    }
    if (offset > file.size() || segment.length() > file.size() - offset) {
      fail("segment", path, "has ", segment.length(), " bytes from byte ", offset,
           ", expected its end at most ", file.size());
    }
    if (!all_zero(file.subspan(end, offset - end))) {
      fail("padding", path, "is preceded by bytes that should be zero");
    }
    end = offset + segment.length();
    const auto bytes = file.subspan(offset, segment.length());
    if (!all && bytes.size() > kHashedOnOpen) continue;
    if (!same(segment.sha256()->bytes()->data(), sha256(bytes))) {
      fail("segment-hash", path, "does not match its SHA-256");
    }
  }
  if (end != file.size()) {
    fail_file("trailing", "has ", file.size(), " bytes, expected ", end);
  }
}

}  // namespace vorab
