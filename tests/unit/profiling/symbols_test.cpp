#include "profiling/symbols.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

namespace eventodb::profiling {
namespace {

__attribute__((noinline)) int function_nobody_exports(int value) {
  return value + 1;
}

TEST(SymbolsTest, NamesStaticFunctions) {
  Symbols symbols;
  const auto address = reinterpret_cast<std::uintptr_t>(&function_nobody_exports);
  EXPECT_EQ(symbols.name_of(address),
            "eventodb::profiling::(anonymous namespace)::function_nobody_exports(int)");
  EXPECT_EQ(symbols.name_of(address + 1), symbols.name_of(address));
}

TEST(SymbolsTest, NamesFunctionsOfSharedLibraries) {
  Symbols symbols;
  EXPECT_NE(symbols.name_of(reinterpret_cast<std::uintptr_t>(&qsort)).find("qsort"),
            std::string::npos);
}

TEST(SymbolsTest, SaysFileAndOffsetWhereThereIsNoFunction) {
  static const char text[] = "not code";
  Symbols symbols;
  EXPECT_NE(symbols.name_of(reinterpret_cast<std::uintptr_t>(text)).find("unit_profiling_test+0x"),
            std::string::npos);
}

TEST(SymbolsTest, KnowsNothingOfUnmappedMemory) {
  Symbols symbols;
  EXPECT_EQ(symbols.name_of(0), "");
  EXPECT_EQ(symbols.name_of(~std::uintptr_t{0}), "");
}

}  // namespace
}  // namespace eventodb::profiling
