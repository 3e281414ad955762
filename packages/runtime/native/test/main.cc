#include <cstdio>

void test_executor();
void test_slots();

int main() {
  test_executor();
  test_slots();
  std::puts("ok");
  return 0;
}
