#include <cstdio>

void test_executor();
void test_ledger();
void test_linalg();
void test_slots();

int main() {
  test_executor();
  test_slots();
  test_ledger();
  test_linalg();
  std::puts("ok");
  return 0;
}
