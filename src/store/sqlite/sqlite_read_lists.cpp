#include <algorithm>

#include "store/sqlite/sqlite_read_task.hpp"

// Lists hold the border between index and tail still while they look at both, so that what they add
// up is one moment of the log.
namespace eventodb::store::sqlite {

ReadTask::Memory StreamList::look_in_memory(OpenFiles&) {
  return Memory::kNeedsFiles;
}

DbResult<std::vector<StreamList::Entry>> StreamList::indexed(ReadFiles& readers) const {
  std::vector<Entry> entries;
  auto query = readers.index.list_streams(prefix_, after_, limit_);
  if (!query) return query.error();
  Statement& rows = **query;
  const ResetAtEnd reset(rows);
  for (;;) {
    const Code code = rows.step();
    if (code != SQLITE_ROW && code != SQLITE_DONE) return readers.index.failure(code);
    if (code == SQLITE_DONE || !rows.bytes(0).starts_with(prefix_)) return entries;
    entries.push_back({std::string(rows.bytes(0)), rows.integer(1), Timestamp{rows.integer(2)}});
  }
}

void StreamList::merge_tail(OpenFiles& files, std::vector<Entry>& entries) const {
  const auto& names = files.new_streams.names();
  const auto indexed = static_cast<std::ptrdiff_t>(entries.size());
  auto at = prefix_ > after_ ? names.lower_bound(prefix_) : names.upper_bound(after_);
  for (std::int64_t added = 0; at != names.end() && added < limit_ && at->starts_with(prefix_);
       ++at, ++added) {
    entries.push_back({std::string(*at), 0, {}});
  }
  std::inplace_merge(entries.begin(), entries.begin() + indexed, entries.end(),
                     [](const Entry& a, const Entry& b) { return a.name < b.name; });
  if (std::cmp_greater(entries.size(), limit_)) {
    entries.erase(entries.begin() + limit_, entries.end());
  }
  for (Entry& entry : entries) {
    if (const auto newer = files.tail.find_stream(entry.name)) {
      entry.version = newer->last.value;
      entry.last_time = newer->last_time;
    }
  }
}

DbResult<void> StreamList::read_files(OpenFiles& files, ReadFiles& readers) {
  std::vector<Entry> entries;
  {
    const std::lock_guard border(files.border_mutex);
    auto found = indexed(readers);
    if (!found) return found.error();
    entries = std::move(*found);
    const std::lock_guard lock(mutex());
    merge_tail(files, entries);
  }
  for (const Entry& entry : entries) {
    visitor_.visit({entry.name, Position{entry.version}, entry.last_time});
  }
  answered();
  return {};
}

ReadTask::Memory CategoryList::look_in_memory(OpenFiles&) {
  return Memory::kNeedsFiles;
}

DbResult<std::vector<CategoryList::Entry>> CategoryList::indexed(ReadFiles& readers) const {
  std::vector<Entry> entries;
  auto query = readers.index.list_categories();
  if (!query) return query.error();
  Statement& rows = **query;
  const ResetAtEnd reset(rows);
  for (;;) {
    const Code code = rows.step();
    if (code != SQLITE_ROW && code != SQLITE_DONE) return readers.index.failure(code);
    if (code == SQLITE_DONE) return entries;
    entries.push_back({std::string(rows.bytes(0)), rows.integer(1), rows.integer(2)});
  }
}

DbResult<void> CategoryList::read_files(OpenFiles& files, ReadFiles& readers) {
  std::vector<Entry> entries;
  {
    const std::lock_guard border(files.border_mutex);
    auto found = indexed(readers);
    if (!found) return found.error();
    entries = std::move(*found);
    const auto by_name = [](const Entry& a, const Entry& b) { return a.name < b.name; };
    const auto count = static_cast<std::ptrdiff_t>(entries.size());
    const std::lock_guard lock(mutex());
    for (const auto& [name, streams] : files.new_streams.per_category()) {
      const Entry added{name, streams, 0};
      const auto at = std::lower_bound(entries.begin(), entries.begin() + count, added, by_name);
      if (at != entries.begin() + count && at->name == name) {
        at->streams += streams;
      } else {
        entries.push_back(added);
      }
    }
    std::inplace_merge(entries.begin(), entries.begin() + count, entries.end(), by_name);
    for (Entry& entry : entries) {
      if (const auto in_tail = files.tail.find_category(entry.name)) {
        entry.messages += in_tail->message_count;
      }
    }
  }
  for (const Entry& entry : entries) {
    visitor_.visit({entry.name, entry.streams, entry.messages});
  }
  answered();
  return {};
}

}  // namespace eventodb::store::sqlite
