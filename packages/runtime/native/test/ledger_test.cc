#include "runtime/native/ledger.h"

#include <memory>
#include <vector>

#include "runtime/native/test/check.h"

namespace fb = vorab::fb;
using vorab::Ledger;

namespace {

std::unique_ptr<fb::EntryT> entry(size_t inputs, size_t outputs) {
  auto made = std::make_unique<fb::EntryT>();
  for (size_t i = 0; i < inputs; ++i) {
    made->inputs.push_back(std::make_unique<fb::PortT>());
    made->inputs.back()->name = "i";
  }
  for (size_t i = 0; i < outputs; ++i) {
    made->outputs.push_back(std::make_unique<fb::PortT>());
    made->outputs.back()->name = "o";
  }
  made->name = "entry";
  return made;
}

std::vector<vorab_count> all(const Ledger& ledger) {
  std::vector<vorab_count> counts(ledger.read(nullptr, 0));
  ledger.read(counts.data(), counts.size());
  return counts;
}

bool is(const vorab_count& found, vorab_cause cause, uint32_t of, uint32_t index, uint64_t count,
        uint64_t bytes) {
  return found.cause == cause && found.entry == of && found.index == index &&
         found.count == count && found.bytes == bytes;
}

void counts_by_cause_and_place() {
  fb::ProgramT program;
  program.producer = "test";
  program.entries.push_back(entry(2, 1));
  program.entries.push_back(entry(0, 0));
  program.entries.push_back(entry(1, 3));
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(fb::Program::Pack(builder, &program));
  Ledger ledger(*fb::GetProgram(builder.GetBufferPointer()));
  CHECK(all(ledger).empty());
  ledger.add(VORAB_CAUSE_INPUT_COPIED, 0, 1, 10);
  ledger.add(VORAB_CAUSE_INPUT_COPIED, 2, 0, 20);
  ledger.add(VORAB_CAUSE_INPUT_COPIED, 2, 0, 22);
  ledger.add(VORAB_CAUSE_OUTPUT_READ, 2, 2, 7);
  ledger.add(VORAB_CAUSE_BUILD, 1, 0, 0, 99);
  ledger.add(VORAB_CAUSE_TENSOR_READ, 0, 0, 5);
  const std::vector<vorab_count> counts = all(ledger);
  CHECK(counts.size() == 5);
  CHECK(is(counts[0], VORAB_CAUSE_BUILD, 1, 0, 1, 0) && counts[0].ns == 99);
  CHECK(is(counts[1], VORAB_CAUSE_INPUT_COPIED, 0, 1, 1, 10));
  CHECK(is(counts[2], VORAB_CAUSE_INPUT_COPIED, 2, 0, 2, 42));
  CHECK(is(counts[3], VORAB_CAUSE_OUTPUT_READ, 2, 2, 1, 7));
  CHECK(is(counts[4], VORAB_CAUSE_TENSOR_READ, 0, 0, 1, 5));
  vorab_stats stats{};
  ledger.sum(stats);
  CHECK(stats.copies_in == 3 && stats.bytes_in == 52 && stats.copies_out == 2);
  CHECK(stats.builds == 1 && stats.build_ns == 99 && stats.runs == 0);
  vorab_count one{};
  CHECK(ledger.read(&one, 1) == 5 && one.cause == VORAB_CAUSE_BUILD);
}

}  // namespace

void test_ledger() { counts_by_cause_and_place(); }
