#include "runtime-mlx/native/test/check.h"

int main(int count, char** arguments) { return vorab::test::run_cases(count, arguments); }
