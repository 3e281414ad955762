#include "runtime/native/slots.h"

#include <thread>
#include <vector>

#include "runtime/native/test/check.h"

using vorab::runtime::Slots;

namespace {

// Never looked into: the table only passes pointers on.
vorab_tensor* tensor_at(char& place) { return reinterpret_cast<vorab_tensor*>(&place); }

void counts_references() {
  Slots slots;
  char place = 0;
  const uint32_t slot = slots.add(tensor_at(place), 64);
  uint64_t bytes = 0;
  CHECK(slots.peek(slot, &bytes) == tensor_at(place) && bytes == 64 && slots.live_bytes() == 64);
  CHECK(slots.retain(slot) == tensor_at(place));
  CHECK(!slots.release(slot) && !slots.any_released());
  CHECK(slots.release(slot) && slots.any_released());
  CHECK(slots.peek(slot) == nullptr && slots.retain(slot) == nullptr && !slots.release(slot));
  CHECK(slots.take_released().size() == 1 && !slots.any_released());
  CHECK(slots.live() == 0 && slots.live_bytes() == 0);
  CHECK(slots.add(tensor_at(place), 1) == slot);
  CHECK(slots.retain(99) == nullptr && !slots.release(99));
}

void gives_all_back() {
  Slots slots;
  std::vector<char> places(5);
  for (char& place : places) slots.add(tensor_at(place), 1);
  slots.release(2);
  CHECK(slots.take_all().size() == 5 && slots.live() == 0);
}

void serves_two_threads() {
  Slots slots;
  char place = 0;
  std::thread other([&] {
    for (int i = 0; i < 10000; ++i) slots.release(slots.add(tensor_at(place), 8));
  });
  for (int i = 0; i < 10000; ++i) {
    slots.release(slots.add(tensor_at(place), 8));
    if (i % 100 == 0) slots.take_released();
  }
  other.join();
  CHECK(slots.live() == 0 && slots.live_bytes() == 0);
}

}  // namespace

void test_slots() {
  counts_references();
  gives_all_back();
  serves_two_threads();
}
