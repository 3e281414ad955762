#include "runtime/native/executor.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "runtime/native/test/check.h"

using vorab::runtime::Executor;
using vorab::runtime::Task;
using vorab::runtime::TaskPointer;

namespace {

class Work final : public Task {
 public:
  explicit Work(std::function<void(Work&)> body) : body_(std::move(body)) {}
  void execute() noexcept override { body_(*this); }

 private:
  std::function<void(Work&)> body_;
};

TaskPointer work(uint64_t id, std::function<void(Work&)> body) {
  auto task = std::make_unique<Work>(std::move(body));
  task->id = id;
  return task;
}

void until_cancelled(Work& task) {
  while (task.cancelled.load() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void runs_in_order() {
  std::atomic<int> housekeeping{0};
  std::atomic<int> notices{0};
  Executor executor(1000, [&] { ++housekeeping; }, [&] { ++notices; });
  std::vector<int> order;
  for (int i = 0; i < 100; ++i) {
    TaskPointer task = work(0, [&order, i](Work&) { order.push_back(i); });
    CHECK(executor.post(task) && task == nullptr);
  }
  executor.wait_idle();
  CHECK(executor.idle() && order.size() == 100 && order[99] == 99);
  CHECK(housekeeping >= 100 && notices >= 1);
  CHECK(executor.take_finished().size() == 100 && executor.take_finished().empty());
}

void bounds_its_queue_and_cancels() {
  Executor executor(2, [] {}, [] {});
  std::atomic<bool> started{false};
  std::atomic<int> ran{0};
  TaskPointer running = work(1, [&](Work& task) {
    started = true;
    until_cancelled(task);
  });
  CHECK(executor.post(running));
  while (!started) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  for (uint64_t id = 2; id < 4; ++id) {
    TaskPointer task = work(id, [&](Work&) { ++ran; });
    CHECK(executor.post(task));
  }
  TaskPointer task = work(4, [&](Work&) { ++ran; });
  CHECK(!executor.post(task) && task != nullptr);
  CHECK(executor.post(task, true) && executor.outstanding() == 4);
  CHECK(executor.cancel(2) != nullptr && executor.cancel(2) == nullptr);
  CHECK(executor.cancel(1) == nullptr);
  executor.wait_idle();
  CHECK(ran == 2);
}

void runs_while_the_caller_waits() {
  Executor executor(10, [] {}, [] {});
  std::vector<int> order;
  TaskPointer task = work(1, [&](Work&) { order.push_back(1); });
  CHECK(executor.post(task));
  std::thread::id where;
  executor.run_and_wait([&] {
    order.push_back(2);
    where = std::this_thread::get_id();
  });
  CHECK(order == (std::vector<int>{1, 2}) && where != std::this_thread::get_id());
}

void stops_at_once() {
  bool last = false;
  std::atomic<bool> ran{false};
  Executor executor(10, [] {}, [] {});
  TaskPointer running = work(1, until_cancelled);
  TaskPointer queued = work(2, [&](Work&) { ran = true; });
  CHECK(executor.post(running) && executor.post(queued));
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  executor.wake();
  executor.stop([&] { last = true; });
  CHECK(last && !ran && executor.idle());
  TaskPointer late = work(3, [](Work&) {});
  CHECK(!executor.post(late));
}

}  // namespace

void test_executor() {
  runs_in_order();
  bounds_its_queue_and_cancels();
  runs_while_the_caller_waits();
  stops_at_once();
}
