#include "profiling/process_files.hpp"

#include <gtest/gtest.h>

namespace eventodb::profiling {
namespace {

TEST(ProcessFilesTest, ReadsAFileLargerThanOnePiece) {
  const auto text = read_proc_file("/proc/self/maps");
  ASSERT_TRUE(text.has_value());
  EXPECT_NE(text->find("[stack]"), std::string::npos);
}

TEST(ProcessFilesTest, MissingFileIsNothing) {
  EXPECT_FALSE(read_proc_file("/proc/self/task/0/stat").has_value());
}

TEST(ProcessFilesTest, CommandLineBeginsWithTheProgram) {
  const auto arguments = command_line();
  ASSERT_FALSE(arguments.empty());
  EXPECT_NE(arguments.front().find("unit_profiling_test"), std::string::npos);
}

TEST(ProcessFilesTest, MapsFollowTheirHeading) {
  EXPECT_EQ(mapped_libraries().find("\nMAPPED_LIBRARIES:\n"), 0u);
}

TEST(ProcessFilesTest, MemoryOfTheProcess) {
  const ProcessMemory memory = process_memory();
  EXPECT_GT(memory.resident_bytes, 0);
  EXPECT_GE(memory.resident_bytes_high_water, memory.resident_bytes);
  EXPECT_GT(memory.virtual_bytes, memory.resident_bytes);
}

}  // namespace
}  // namespace eventodb::profiling
